"""Reads of counts: how the ballots were counted, these ballots again as files, and all that a page shows of a vote."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Literal
from weakref import WeakKeyDictionary

import anyio
import attrs
import msgspec

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import ConflictError, MissingError
from diramoja.core.ports.database import Database
from diramoja.counting import Count, Methods, Profile, write_blt, write_csv
from diramoja.plugins.vote.ballot_queries import published_ballots
from diramoja.plugins.vote.dispute_queries import dispute_list
from diramoja.plugins.vote.methods import method_named
from diramoja.plugins.vote.participation import participation_of
from diramoja.plugins.vote.queries import next_votes, one_result, one_roll, one_vote, past_votes
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.views import DisputeView, ParticipationView, ResultView, RollView, VoteView

__all__ = ["Listed", "Shown", "ballot_file", "count_of", "listed_votes", "one_count", "shown_vote"]

type Ending = Literal["csv", "blt", "txt"]

WRITTEN: Mapping[Ending, Callable[[Profile], str]] = {"csv": write_csv, "blt": write_blt, "txt": attrgetter("record")}
"""How ballots are written; `txt`: what the `record_hash` is of."""
FILES_KEPT = 6
RUNNING = 50
"""Votes that are open, or to come, on their page."""


@attrs.define(eq=False)
class _Files:
    """Files of ballots that do not change any more, by vote and ending; and the last ballots, with their vote."""

    making: anyio.Lock = attrs.field(factory=anyio.Lock)
    last: tuple[str, Profile] | None = None
    kept: dict[tuple[str, Ending], str] = attrs.field(factory=dict)


_files: WeakKeyDictionary[Database, _Files] = WeakKeyDictionary()


@attrs.frozen
class Shown:
    """A vote as a page shows it.

    Attributes:
        result: from its publication on, with its `count`.
        disputes: the newest.
        participation: once it is counted who took part.
    """

    vote: VoteView
    roll: RollView
    result: ResultView | None = None
    count: Count | None = None
    disputes: Sequence[DisputeView] = ()
    participation: ParticipationView | None = None


@attrs.frozen
class Listed:
    """Votes as a page lists them: those that close next, those that open next, and one page of the others.

    On pages after the first there are only the others.
    """

    open: Sequence[VoteView]
    coming: Sequence[VoteView]
    over: Page[VoteView]
    is_first: bool


async def listed_votes(db: Database, page: PageQuery) -> Listed:
    """Without drafts: what everybody may see."""
    over = await past_votes(db, page)
    if page.after:
        return Listed((), (), over, is_first=False)
    running = await next_votes(db, ("open", "closing_soon"), RUNNING)
    return Listed(running, await next_votes(db, ("scheduled",), RUNNING), over, is_first=True)


async def one_count(db: Database, reader: Reader, id: str) -> Count:
    """How the ballots were counted last.

    Raises:
        MissingError: there is no such vote that the reader may see.
        ConflictError: it has no results yet (`vote_open`), or was called off (`vote_cancelled`).
    """
    return await count_of(db, await one_result(db, reader, id))


async def count_of(db: Database, result: ResultView) -> Count:
    """The count that this result is of.

    Raises:
        ConflictError: there is none yet (`vote_open`).
    """
    row = await db.one(
        "SELECT count FROM vote_count WHERE vote = $1 AND number <= $2 ORDER BY number DESC LIMIT 1",
        result.vote_id,
        result.count_number,
    )
    if row is None:
        raise ConflictError("This vote has no results yet.", code="vote_open")
    return msgspec.convert(row["count"], Count)


async def ballot_file(db: Database, reader: Reader, methods: Methods, *, id: str, ending: Ending) -> str:
    """The published ballots as a file. One is made at a time, and the last ones are kept: many may want the same.

    Raises:
        MissingError: there is no such vote that the reader may see.
        ConflictError: it has no results yet (`vote_open`), or was called off (`vote_cancelled`).
        InvalidError: grades as BLT (`ballots_invalid`).
    """
    await one_result(db, reader, id)
    files = _files.setdefault(db, _Files())
    async with files.making:
        if (text := files.kept.get((id, ending))) is None:
            if files.last is None or files.last[0] != id:
                files.last = id, await _profile(db, reader, methods, id)
            text = await anyio.to_thread.run_sync(WRITTEN[ending], files.last[1])
            while files.kept and len(files.kept) >= FILES_KEPT:
                files.kept.pop(next(iter(files.kept)))
            files.kept[id, ending] = text
    return text


async def _profile(db: Database, reader: Reader, methods: Methods, id: str) -> Profile:
    """The published ballots, as a method counts them."""
    vote = await one_vote(db, reader, id)
    form = method_named(vote.voting_method, vote.seats, methods).form
    ballots = [each async for each in published_ballots(db, id)]
    names = [each.text for each in vote.options]
    return await anyio.to_thread.run_sync(partial(Profile.of, form, names, ballots, seats=vote.seats, title=vote.title))


async def shown_vote(db: Database, reader: Reader, settings: VoteSettings, id: str) -> Shown:
    """All that its page shows.

    Raises:
        MissingError: there is no such vote that the reader may see.
    """
    vote = await one_vote(db, reader, id)
    shown = Shown(vote, await one_roll(db, reader, id, settings))
    if vote.published_at is None:
        return shown
    return attrs.evolve(
        shown,
        result=await one_result(db, reader, id),
        count=await one_count(db, reader, id),
        disputes=(await dispute_list(db, reader, id, PageQuery())).items,
        participation=await _participation(db, reader, id),
    )


async def _participation(db: Database, reader: Reader, id: str) -> ParticipationView | None:
    try:
        return await participation_of(db, reader, id)
    except MissingError:
        return None
