"""The information broker: messages and views."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from diramoja.core import Command, Event, Personal, View
from diramoja.fields import TEXT
from diramoja.plugins.moderator.contracts import Verdict

__all__ = [
    "CheckPost",
    "CheckSources",
    "ConfirmSource",
    "DecideObjection",
    "Domain",
    "EvidenceUrl",
    "ExpireSource",
    "NoteAttached",
    "NoteView",
    "ObjectToSource",
    "PostChecked",
    "PostFlagged",
    "ProposeSource",
    "Rating",
    "Reason",
    "SourceCleared",
    "SourceFlagged",
    "SourceState",
    "SourceStateView",
    "SourceView",
]

type Rating = Literal["flagged", "trusted"]
type SourceState = Literal["listed", "proposed", "confirmed", "disputed", "cleared", "expired"]
"""`listed`: in the file of the deployment. `confirmed` by two people, `disputed` while an objection waits: in force."""

type Domain = Annotated[
    str,
    Meta(pattern=r"^[\w-]{1,63}(\.[\w-]{1,63}){1,9}$(?!\n)", max_length=253, examples=["daily-hoax.example"]),
]
type EvidenceUrl = Annotated[
    str, Meta(pattern=r"^https?://[^\s<>\"']{1,2000}$(?!\n)", examples=["https://factcheck.example/daily-hoax"])
]
type Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        pattern=TEXT,
        examples=["Invented interviews, three times corrected by others."],
    ),
]


class CheckPost(Command):
    """Look for links and claims in a post. `outcome` and `reason` of the screening are passed on."""

    post: str
    author: Personal[str]
    body: str
    outcome: Verdict
    reason: str = ""
    addressee: Personal[str] = ""


class CheckSources(Command):
    """Look again for flagged sources in a post: they could not be looked up when it was checked."""

    post: str
    author: Personal[str]
    body: str
    addressee: Personal[str]
    attempt: int


# --- to a source ---


class ProposeSource(Command):
    """Rate a source; it takes effect when a second person confirms it. Answers a SourceStateView."""

    domain: Domain
    rating: Rating
    reason: Reason
    evidence_url: EvidenceUrl


class ConfirmSource(Command):
    """The second person agrees; for a year. Answers a SourceStateView."""


class ObjectToSource(Command):
    """Say why a rating in force is wrong; a third person decides. Answers a SourceStateView."""

    text: Annotated[str, Meta(min_length=1, max_length=4_000, pattern=r"^(?=[\s\S]*\S)")]


class DecideObjection(Command):
    """Decide an objection as somebody who took no part; upheld clears the source. Answers a SourceStateView."""

    upheld: bool
    reason: Reason


class ExpireSource(Command):
    """Nobody confirmed it in time, or its year is over."""


# --- events ---


class SourceFlagged(Event, name="information.source.flagged"):
    """Two people flagged a source; until `expires_at`."""

    source: str
    domain: str
    reason: str
    evidence_url: str
    expires_at: datetime


class SourceCleared(Event, name="information.source.cleared"):
    """A source is flagged no more: its year is over, or an objection was upheld."""

    source: str
    domain: str
    cause: Literal["expired", "objection"]


class PostChecked(Event, name="information.post.checked"):
    """The last word on a new post, with what screening said of it.

    `domains`: the first 20 that it links to. `claims`: the first 5 sentences that can be checked.
    """

    topic: str
    post: str
    outcome: Verdict
    reason: str
    domains: tuple[str, ...]
    claims: tuple[str, ...]


class PostFlagged(Event, name="information.post.flagged"):
    """A post that shares a flagged source."""

    topic: str
    post: str
    author: Personal[str]
    body: Personal[str]
    domain: str
    reason: str
    addressee: Personal[str] = ""


class NoteAttached(Event, name="information.note.attached"):
    """A context note stands by a post."""

    topic: str
    post: str
    note: str
    text: str
    sources: tuple[str, ...]


class NoteView(View):
    """A context note. `author_id` is None where software wrote it."""

    id: str
    post_id: str
    author_id: Personal[str] | None
    text: str
    sources: list[str]
    created_at: datetime


class SourceStateView(View):
    """A source, what is said of it and by which right. `expires_at`: None for those of the file."""

    id: str
    domain: str
    rating: Rating
    reason: str
    evidence_url: str
    state: SourceState
    expires_at: datetime | None = None


class SourceView(View):
    """A source in force and what is said of it."""

    domain: str
    rating: Rating
    reason: str
    evidence_url: str
