"""Drafts of policies and their amendments: messages; the views and words are in views."""

from typing import Annotated

from msgspec import Meta

from diramoja.core import Command, Event, Personal
from diramoja.plugins.topic.views import AmendmentText, DraftText, Line, Reason, Title

__all__ = [
    "AmendmentDecided", "AmendmentProposed", "DecideAmendment", "DraftOpened", "OpenDraft", "ProposeAmendment",
    "StartDraft",
]  # fmt: skip

# --- from members, and from the topic of a draft ---


class StartDraft(Command):
    """Begin a draft of a policy; by the topic's creator, a leader or an official. Answers a DraftView."""

    draft_id: str
    title: Title
    text: DraftText


class OpenDraft(Command):
    """Become a draft; told by its topic. Answers a DraftView."""

    topic: str
    title: Title
    text: DraftText
    author: Personal[str]


class ProposeAmendment(Command):
    """Propose that the lines `from_line` to `to_line` (from 1, both included) of a version become `text`.

    `to_line` = `from_line` - 1 inserts before `from_line`; an empty text takes the lines out. Answers an AmendmentView.
    """

    amendment_id: str
    version: Annotated[int, Meta(ge=0)]
    from_line: Line
    to_line: Line
    text: AmendmentText
    reason: Reason


class DecideAmendment(Command):
    """Take an amendment or leave it; by the draft's author, a leader or an official. Answers an AmendmentView."""

    amendment_id: str
    is_accepted: bool
    reason: Reason


# --- events ---


class DraftOpened(Event, name="draft.opened", live=True):
    """A draft of a policy can be amended."""

    draft: str
    topic: str
    title: str
    author: Personal[str]


class AmendmentProposed(Event, name="draft.amendment.proposed", live=True):
    """Somebody proposes a change of a draft."""

    draft: str
    topic: str
    amendment: str
    author: Personal[str]


class AmendmentDecided(Event, name="draft.amendment.decided", live=True):
    """A change was taken, which makes a new version, or left."""

    draft: str
    topic: str
    amendment: str
    is_accepted: bool
    reason: str
    version: int
    sha256: str
