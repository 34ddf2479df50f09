"""Reads of the record of an election, as guests see it: everybody downloads the same."""

from collections.abc import Awaitable, Callable
from functools import partial
from weakref import WeakKeyDictionary

import anyio
import attrs

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.ports.database import Database
from diramoja.counting import Methods
from diramoja.plugins.vote.ballot_queries import published_receipts
from diramoja.plugins.vote.count_queries import Ending, ballot_file, count_of
from diramoja.plugins.vote.dispute_queries import dispute_list
from diramoja.plugins.vote.queries import audit_trail, one_lot, one_result, one_roll, one_vote, terms_of
from diramoja.plugins.vote.record import ENTRIES_MAX, Record, packed
from diramoja.plugins.vote.settings import VoteSettings

__all__ = ["Archive", "election_record", "whole"]

GUEST = Reader()
PAGE = 500


@attrs.frozen
class Archive:
    """The record, packed. `is_settled`: the result stands."""

    content: bytes
    is_settled: bool


@attrs.define(eq=False)
class _Last:
    """One archive is made at a time, and all who want the same one have it together: it may be large."""

    making: anyio.Lock = attrs.field(factory=anyio.Lock)
    content: bytes = b""


_last: WeakKeyDictionary[Database, _Last] = WeakKeyDictionary()


async def election_record(
    db: Database, reader: Reader, settings: VoteSettings, methods: Methods, *, id: str
) -> Archive:
    """The record of a vote.

    Raises:
        MissingError: there is no such vote that the reader may see.
        ConflictError: it has no results yet (`vote_open`), or was called off (`vote_cancelled`).
    """
    await one_result(db, reader, id)
    last = _last.setdefault(db, _Last())
    async with last.making:
        record = await _record(db, settings, methods, id)
        content = await anyio.to_thread.run_sync(packed, record)
        if content != last.content:
            last.content = content
        return Archive(last.content, record.result.effective)


async def _record(db: Database, settings: VoteSettings, methods: Methods, id: str) -> Record:
    vote, result = await one_vote(db, GUEST, id), await one_result(db, GUEST, id)
    count = await count_of(db, result)
    audit = await whole(partial(audit_trail, db, GUEST, id))
    endings: tuple[Ending, ...] = ("csv", "txt") if vote.form == "grade" else ("blt", "csv", "txt")
    is_forgotten = any(each.what == "voters_forgotten" for each in audit)
    receipts = [] if is_forgotten else [f"{each}\n" async for each in published_receipts(db, id)]
    return Record(
        vote=vote,
        terms=await terms_of(db, GUEST, id),
        roll=await one_roll(db, GUEST, id, settings),
        result=result,
        count=count,
        lot=await one_lot(db, GUEST, id),
        audit=audit,
        disputes=await whole(partial(dispute_list, db, GUEST, id, decided=True)),
        ballots={each: await ballot_file(db, GUEST, methods, id=id, ending=each) for each in endings},
        receipts="".join(receipts),
    )


async def whole[T](listed: Callable[[PageQuery], Awaitable[Page[T]]]) -> list[T]:
    """All that a list has, up to `ENTRIES_MAX`."""
    found: list[T] = []
    page = await listed(PageQuery(PAGE))
    while page.next_cursor and len(found) + len(page.items) < ENTRIES_MAX:
        found += page.items
        page = await listed(PageQuery.read(PAGE, page.next_cursor))
    return [*found, *page.items]
