"""The information broker of a topic: checks each post in order and attaches context notes."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from diramoja.core import AgentKind, Context, Decision, Event, Personal, Put, RemindAfter, Row, State, Tell, fact
from diramoja.core.ports.database import Database
from diramoja.plugins.information.contracts import (
    CheckPost,
    CheckSources,
    NoteAttached,
    PostChecked,
    PostFlagged,
    SourceView,
)
from diramoja.plugins.information.queries import sources_named
from diramoja.plugins.information.rules import candidates_in, claims_in, domains_in, source_of
from diramoja.plugins.information.settings import InformationSettings
from diramoja.plugins.member.forgetting_contracts import ForgetMember, forgotten_rows
from diramoja.plugins.moderator.contracts import PostCleared
from diramoja.plugins.notification.contracts import Notify, Subject, notify

__all__ = ["Information", "Note", "information", "sources_again", "sources_now"]

LOOK_AGAIN = timedelta(seconds=5)
ATTEMPTS = 6
UNKNOWN: tuple[SourceView, ...] | None = None
"""What people said could not be had in time."""
TOLD = "Your post shares {domain}, a flagged source: {reason} It stays, with a note, and is not recommended further."


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


@fact(CheckPost, fallback=UNKNOWN)
async def sources_now(messages: Sequence[CheckPost], db: Database) -> Sequence[tuple[SourceView, ...] | None]:
    """What people said of the sources that the posts of a batch may name; one query, and none without a domain."""
    return await sources_named(db, [candidates_in(message.body) for message in messages])


@fact(CheckSources, fallback=UNKNOWN)
async def sources_again(messages: Sequence[CheckSources], db: Database) -> Sequence[tuple[SourceView, ...] | None]:
    """The same, for those that could not be had in time."""
    return await sources_named(db, [candidates_in(message.body) for message in messages])


information = AgentKind("information", Information, prefix="inf", rows=[Note], facts=[sources_now, sources_again])


@information.on("absent", "watching")
def check(state: Information, message: CheckPost, context: Context) -> Decision:
    confirmed = context.fact(sources_now)
    sources = _known(confirmed, context)
    domains, claims = domains_in(message.body, sources), claims_in(message.body)
    flagged = _flagged_among(domains, sources)
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
    again = CheckSources(message.post, message.author, message.body, message.addressee, attempt=1)
    if flagged:
        return counted, checked, *_marked(flagged, again, context)
    return counted, checked, *_looked_up_later(again, context, missing=confirmed is None)


@information.on("absent", "watching")
def check_sources(state: Information, message: CheckSources, context: Context) -> Decision:
    """The post is out already; it is marked as soon as its sources can be looked up."""
    confirmed = context.fact(sources_again)
    sources = _known(confirmed, context)
    flagged = _flagged_among(domains_in(message.body, sources), sources)
    if flagged:
        return state.but(phase="watching", flagged=state.flagged + 1), *_marked(flagged, message, context)
    return _looked_up_later(message.but(attempt=message.attempt + 1), context, missing=confirmed is None)


def _looked_up_later(message: CheckSources, context: Context, *, missing: bool) -> tuple[RemindAfter, ...]:
    if not missing or message.attempt > ATTEMPTS or not candidates_in(message.body):
        return ()
    return (RemindAfter(LOOK_AGAIN * 2 ** (message.attempt - 1), message, f"sources:{message.post}"),)


def _known(confirmed: tuple[SourceView, ...] | None, context: Context) -> Mapping[str, SourceView]:
    """What two people said goes before the file of the deployment."""
    listed = context.settings(InformationSettings).sources
    return ChainMap({each.domain: each for each in confirmed}, listed) if confirmed else listed


def _flagged_among(domains: Sequence[str], sources: Mapping[str, SourceView]) -> SourceView | None:
    known = (found for domain in domains if (found := source_of(domain, sources)))
    return next((each for each in known if each.rating == "flagged"), None)


def _marked(found: SourceView, message: CheckSources, context: Context) -> list[Event | Put | Tell]:
    """Context comes before removal: the post stays, with a note; its author is told why, and people look at it."""
    text = f"This post shares {found.domain}, a flagged source: {found.reason}."
    evidence = (found.evidence_url,) if found.evidence_url else ()
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
        domain=found.domain,
        reason=text,
        addressee=message.addressee,
    )
    told = Notify(
        kind="information.post.flagged",
        notice_class="personal",
        subject=Subject("post", message.post),
        text=TOLD,
        values={"domain": found.domain, "reason": found.reason.rstrip(".") + "."},
    )
    attached = NoteAttached(context.id, message.post, note.id, text, evidence)
    return [flag, Put(note), attached, *notify(context, message.author, told)]


def after_screening(event: PostCleared) -> list[tuple[str, CheckPost]]:
    """Every screened post is checked, also one that is held: people may publish it."""
    check = CheckPost(event.post, event.author, event.body, event.outcome, event.reason, event.addressee)
    return [(event.topic, check)]


@information.on("absent", "watching")
def forget_member(state: Information, message: ForgetMember, context: Context) -> Decision:
    """A note stays, without whoever wrote it and whose post it is about."""
    return tuple(forgotten_rows(information, message, context))


information.hears(PostCleared, to=after_screening)
