"""Reads of ballots: who may cast one where, what a station took, what was published."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import attrs
import msgspec

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import ConflictError, MissingError
from diramoja.core.keys import Keys
from diramoja.core.ports.database import Database, Session
from diramoja.pages import paged, place
from diramoja.plugins.vote.choices import read
from diramoja.plugins.vote.contracts import ResultsPublished
from diramoja.plugins.vote.sealing import ballot_keys
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import seen_by
from diramoja.plugins.vote.views import BallotGroupView, EntryView, ReceiptView
from diramoja.plugins.vote.words import BallotForm, Terms

__all__ = [
    "Cast", "Casting", "PublishedRecord", "Station", "ballot_page", "ballots_in", "casting_of", "entry_page",
    "kept_ballots", "on_roll", "own_receipt", "published_ballots", "published_receipts", "record_of", "sealed_stations",
    "stations_of",
]  # fmt: skip

BALLOTS_AT_ONCE = 5_000
KNOWN_VOTES = 256
_known: WeakKeyDictionary[Database, dict[str, "Casting"]] = WeakKeyDictionary()
"""What is fixed of the votes that ballots are cast in, by database."""


async def on_roll(db: Database, pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (vote, member) are on the frozen roll."""
    rows = await db.fetch(
        "SELECT vote, member FROM vote_roll JOIN unnest($1::text[], $2::text[]) AS asked (vote, member)"
        " USING (vote, member)",
        [vote for vote, _ in pairs],
        [member for _, member in pairs],
    )
    return {(row["vote"], row["member"]) for row in rows}


# --- for whoever casts ---


@attrs.frozen
class Casting:
    """How ballots of a vote are cast; fixed once its stations are set up.

    Attributes:
        key: what ballots are sealed to; "" where they are not.
        repeats: what keys the digests by which repeats are known, of votes that are not public.
        until: from when on this is looked up anew: the vote may be extended, or its keys be gone.
    """

    form: BallotForm
    options: int
    grades: int
    stations: int
    key: str
    repeats: bytes | None
    until: datetime


async def casting_of(
    db: Database, keys: Keys, settings: VoteSettings, vote: str, *, reader: Reader, at: datetime
) -> Casting:
    """How ballots of this vote are cast, looked up once and kept until the close; whether it is time, the station says.

    Raises:
        MissingError: there is no such vote that the reader may see.
        ConflictError: it takes no ballots yet (`vote_not_open`), or no more (`vote_closed`).
    """
    known = _known.setdefault(db, {})
    if (casting := known.get(vote)) is None or at >= casting.until:
        known.pop(vote, None)
        casting = await _casting(db, keys, settings, vote, reader=reader)
        if len(known) >= KNOWN_VOTES:
            known.pop(next(iter(known)))
        known[vote] = casting
    return casting


async def _casting(db: Database, keys: Keys, settings: VoteSettings, vote: str, *, reader: Reader) -> Casting:
    row = await db.one(
        "SELECT v.phase, v.stations, v.ballot_key, v.closes_at, s.form, s.options, s.grades, s.is_sealed FROM vote v"
        " LEFT JOIN vote_station s ON s.id = v.id || '-1'"
        " WHERE v.id = $1 AND (v.terms_hash <> '' OR v.created_by = $2 OR $3)",
        vote,
        *seen_by(reader),
    )
    if row is None:
        raise MissingError(f"There is no vote {vote}.", code="vote_missing")
    if row["form"] is None and row["phase"] in ("draft", "scheduled"):
        raise ConflictError("This vote is not open yet.", code="vote_not_open")
    repeats = await ballot_keys(keys, settings).repeats(db, vote) if row["is_sealed"] else None
    if row["form"] is None or (row["is_sealed"] and repeats is None):
        raise ConflictError("This vote is closed.", code="vote_closed")
    return Casting(
        form=row["form"],
        options=row["options"],
        grades=row["grades"],
        stations=row["stations"],
        key=row["ballot_key"] if row["is_sealed"] else "",
        repeats=repeats,
        until=row["closes_at"],
    )


async def own_receipt(db: Database, vote: str, member: str) -> ReceiptView:
    """The receipt of this member's ballot.

    Raises:
        MissingError: they cast none.
    """
    row = await db.one("SELECT receipt, revision FROM vote_ballot WHERE vote = $1 AND member = $2", vote, member)
    if row is None:
        raise MissingError("You have cast no ballot in this vote.", code="ballot_missing")
    return ReceiptView(vote, row["receipt"], row["revision"])


# --- for whoever counts ---


@attrs.frozen
class Station:
    """A polling station as it is stored; see `BallotBox`."""

    id: str
    vote: str
    phase: str
    form: BallotForm
    options: int
    grades: int
    is_sealed: bool
    ballots: int
    checksum: str


@attrs.frozen
class Cast:
    """A ballot as it was cast."""

    member: str
    content: str
    receipt: str
    revision: int


@attrs.frozen
class PublishedRecord:
    """What was published of a vote.

    Attributes:
        ballots: all of them, with those that were blank, and those that were cast for others.
        spoiled: of the blank ones those that could not be read.
        delegated: cast for others.
        sha256: of the ballots, see `counting.profile.digest_of`.
    """

    ballots: int
    blank: int
    spoiled: int
    delegated: int
    sha256: str


async def stations_of(db: Database, vote: str) -> Sequence[Station]:
    """All stations of a vote."""
    rows = await db.fetch("SELECT * FROM vote_station WHERE vote = $1 ORDER BY id", vote)
    return [Station(**row) for row in rows]


async def sealed_stations(event: ResultsPublished, db: Database) -> AsyncIterator[str]:
    """Stations that hold sealed ballots of a vote that is counted."""
    sql = "SELECT id FROM vote_station WHERE vote = $1 AND is_sealed AND phase = 'sealed' ORDER BY id"
    async for row in db.stream(sql, event.vote):
        yield row["id"]


async def ballots_in(db: Database, station: str) -> AsyncIterator[Cast]:
    """All ballots of a station that is sealed."""
    sql = (
        "SELECT member, content, receipt, revision FROM vote_ballot WHERE box = $1 AND member > $2"
        " ORDER BY member LIMIT $3"
    )
    last = ""
    while rows := await db.fetch(sql, station, last, BALLOTS_AT_ONCE):
        for row in rows:
            yield Cast(**row)
        last = rows[-1]["member"]


async def kept_ballots(db: Database, station: str, most: int, *, blank: bool = False) -> list[str]:
    """Some members whose ballot a station still has; those without content too, where `blank`."""
    sql = "SELECT member FROM vote_ballot WHERE box = $1 AND (content <> '' OR $3) ORDER BY member LIMIT $2"
    return [row["member"] for row in await db.fetch(sql, station, most, blank)]


async def record_of(db: Session, vote: str) -> PublishedRecord | None:
    """What was published; None before the count."""
    row = await db.one("SELECT ballots, blank, spoiled, delegated, sha256 FROM vote_record WHERE vote = $1", vote)
    return PublishedRecord(**row) if row else None


async def published_ballots(db: Database, vote: str, after: str = "") -> AsyncIterator[tuple[tuple[int, ...], int]]:
    """Choices and how many ballots have them, sorted by the choices as text; the blank ones (no choices) first.

    Args:
        db: where they are.
        vote: of which they are.
        after: text of the choices after which to go on; "": all of them, with the blank ones.
    """
    last, first = after, not after
    sql = (
        "SELECT choices, ballots FROM vote_ballot_group WHERE vote = $1 AND (choices > $2 OR $3)"
        " ORDER BY choices LIMIT $4"
    )
    while rows := await db.fetch(sql, vote, last, first, BALLOTS_AT_ONCE):
        for row in rows:
            yield read(row["choices"]), row["ballots"]
        last, first = rows[-1]["choices"], False


async def published_receipts(db: Database, vote: str) -> AsyncIterator[str]:
    """Of all ballots of a vote that is published, sorted; none once they are forgotten."""
    sql = "SELECT receipt FROM vote_ballot WHERE vote = $1 AND receipt > $2 ORDER BY receipt LIMIT $3"
    last = ""
    while rows := await db.fetch(sql, vote, last, BALLOTS_AT_ONCE):
        for row in rows:
            yield row["receipt"]
        last = rows[-1]["receipt"]


# --- for everybody ---


async def ballot_page(db: Database, vote: str, page: PageQuery) -> Page[BallotGroupView]:
    """The published ballots, equal ones together.

    Raises:
        ConflictError: nothing was published yet (`vote_open`).
        InvalidError: the cursor is of another list.
        MissingError: there is no such vote.
    """
    await _check_published(db, vote)
    (last,) = place(page, tuple[str]) or ("",)
    rows = await db.fetch(
        "SELECT choices, ballots FROM vote_ballot_group WHERE vote = $1 AND (choices > $2 OR $3)"
        " ORDER BY choices LIMIT $4",
        vote,
        last,
        not page.after,
        page.limit + 1,
    )
    return paged(rows, page, lambda row: BallotGroupView(read(row["choices"]), row["ballots"]), "choices")


async def entry_page(db: Database, vote: str, page: PageQuery, receipt: str) -> Page[EntryView]:
    """The receipts of all ballots that were counted; in public votes with voter and choices. Of one, where it is given.

    Raises:
        ConflictError: nothing was published yet (`vote_open`).
        InvalidError: the cursor is of another list.
        MissingError: there is no such vote.
    """
    is_public = await _check_published(db, vote)
    (last,) = place(page, tuple[str]) or ("",)
    rows = await db.fetch(
        "SELECT receipt, member, content FROM vote_ballot WHERE vote = $1 AND receipt > $2"
        " AND ($3 = '' OR receipt = $3) ORDER BY receipt LIMIT $4",
        vote,
        last,
        receipt,
        page.limit + 1,
    )
    return paged(rows, page, _named if is_public else _nameless, "receipt")


def _named(row: Mapping[str, Any]) -> EntryView:
    return EntryView(row["receipt"], row["member"], read(row["content"]))


def _nameless(row: Mapping[str, Any]) -> EntryView:
    return EntryView(row["receipt"])


async def _check_published(db: Database, vote: str) -> bool:
    """Whether the vote is public."""
    row = await db.one(
        "SELECT terms, EXISTS (SELECT 1 FROM vote_record r WHERE r.vote = v.id) AS is_published FROM vote v"
        " WHERE id = $1 AND terms_hash <> ''",
        vote,
    )
    if row is None:
        raise MissingError(f"There is no vote {vote}.", code="vote_missing")
    if not row["is_published"]:
        raise ConflictError("The ballots are published when the vote is counted.", code="vote_open")
    return msgspec.convert(row["terms"], Terms).anonymity_level == "public"
