"""The information broker of a topic: checks each post in order and attaches context notes."""

from datetime import datetime
from typing import Literal

from diramoja.core import AgentKind, Context, Decision, Personal, Put, Row, State
from diramoja.plugins.information.contracts import CheckPost, NoteAttached, PostChecked, PostFlagged, SourceView
from diramoja.plugins.information.rules import claims_in, domains_in, source_of
from diramoja.plugins.information.settings import InformationSettings
from diramoja.plugins.moderator.contracts import PostCleared

__all__ = ["Information", "Note", "information"]


class Note(Row):
    """A context note. `writer` is "" where software wrote it."""

    id: str
    post: str
    author: Personal[str]
    writer: Personal[str]
    text: str
    sources: tuple[str, ...]
    created_at: datetime


class Information(State, version=1):
    """Counts of a topic's posts: checked, with a claim, with a flagged source."""

    phase: Literal["absent", "watching"] = "absent"
    checked: int = 0
    claiming: int = 0
    flagged: int = 0


information = AgentKind("information", Information, prefix="inf", rows=[Note])


@information.on("absent", "watching")
def check(state: Information, message: CheckPost, context: Context) -> Decision:
    sources = context.settings(InformationSettings).sources
    domains, claims = domains_in(message.body, sources), claims_in(message.body)
    known = [source for domain in domains if (source := source_of(domain, sources))]
    flagged = next((source for source in known if source.rating == "flagged"), None)
    counted = state.but(
        phase="watching",
        checked=state.checked + 1,
        claiming=state.claiming + bool(claims),
        flagged=state.flagged + (flagged is not None),
    )
    checked = PostChecked(
        topic=context.id,
        post=message.post,
        outcome=message.outcome,
        reason=message.reason,
        domains=tuple(domains),
        claims=tuple(claims),
    )
    return (counted, checked, *_flagged(flagged, message, context)) if flagged else (counted, checked)


def _flagged(source: SourceView, message: CheckPost, context: Context) -> tuple[PostFlagged, Put, NoteAttached]:
    """Context comes before removal: the post stays, with a note, and people are asked to look."""
    text = f"This post shares {source.domain}, a flagged source: {source.reason}."
    evidence = (source.evidence_url,) if source.evidence_url else ()
    note = Note(
        id=context.new_id("not"),
        post=message.post,
        author=message.author,
        writer="",
        text=text,
        sources=evidence,
        created_at=context.now,
    )
    flag = PostFlagged(
        topic=context.id,
        post=message.post,
        author=message.author,
        body=message.body,
        domain=source.domain,
        reason=text,
        addressee=message.addressee,
    )
    return flag, Put(note), NoteAttached(context.id, message.post, note.id, text, evidence)


def after_screening(event: PostCleared) -> list[tuple[str, CheckPost]]:
    """Every screened post is checked, also one that is held: people may publish it."""
    check = CheckPost(event.post, event.author, event.body, event.outcome, event.reason, event.addressee)
    return [(event.topic, check)]


information.hears(PostCleared, to=after_screening)
