"""The information broker: messages and views."""

from datetime import datetime
from typing import Literal

from diramoja.core import Command, Event, Personal, View

__all__ = [
    "CheckPost",
    "NoteAttached",
    "NoteView",
    "PostChecked",
    "PostFlagged",
    "Rating",
    "SourceView",
    "Verdict",
]

type Verdict = Literal["cleared", "held", "hidden"]
type Rating = Literal["flagged", "trusted"]


class CheckPost(Command):
    """Look for links and claims in a post. `outcome` and `reason` of the screening are passed on."""

    post: str
    author: Personal[str]
    body: str
    outcome: Verdict
    reason: str = ""
    addressee: Personal[str] = ""


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
    body: str
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


class SourceView(View):
    """A source and what is said of it."""

    domain: str
    rating: Rating
    reason: str
    evidence_url: str
