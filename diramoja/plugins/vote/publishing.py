"""The ballots of a closed vote as they are published: checked, opened, freed of their voters, put together.

Equal ballots become one row that says how many there are, and the rows are sorted by what they say. So nothing about
them, no order, number or time, leads back to who cast which. The same transaction destroys the keys of the vote.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from itertools import batched

import anyio.lowlevel
import attrs
import structlog

from diramoja.core.errors import ConflictError, InternalError, InvalidError
from diramoja.core.keys import Keys
from diramoja.core.ports.database import Database, Session
from diramoja.counting.profile import digest_of
from diramoja.plugins.vote.ballot_queries import Cast, PublishedRecord, Station, ballots_in, record_of, stations_of
from diramoja.plugins.vote.choices import RECEIPTS, cleaned, read, receipt_of, written
from diramoja.plugins.vote.delegated import carried_by
from diramoja.plugins.vote.sealing import Opener, ballot_keys, destroy_key
from diramoja.plugins.vote.settings import VoteSettings

__all__ = ["publish"]

log = structlog.get_logger(__name__)

OPENED_AT_ONCE = 32
"""Sealed ballots, a tenth of a millisecond each, after which others get their turn."""
WRITTEN_AT_ONCE = 5_000


async def publish(db: Database, keys: Keys, settings: VoteSettings, vote: str) -> PublishedRecord:
    """Publish the ballots of a vote whose stations are all sealed; once, and again the same answer.

    Raises:
        InternalError: a station is not sealed, or its ballots are not those that it took (`ballots_incomplete`).
    """
    if record := await record_of(db, vote):
        return record
    try:
        opened = await _opened(db, keys, settings, vote)
    except ConflictError:  # Another was quicker, and destroyed the key.
        if record := await record_of(db, vote):
            return record
        raise
    carried = await carried_by(db, vote, opened.texts.keys(), settings)
    groups: Counter[str] = Counter()
    for member, text in opened.texts.items():
        groups[text] += 1 + carried.get(member, 0)
    record = PublishedRecord(
        ballots=groups.total(),
        blank=groups[""],
        spoiled=opened.spoiled,
        delegated=sum(carried.values()),
        sha256=digest_of(groups.items()),
    )
    async with db.begin() as session:
        if not await _write_record(session, vote, record):
            return await record_of(session, vote) or record
        await _write_groups(session, vote, groups)
        await destroy_key(session, vote)
    return record


# --- opened ---


@attrs.define
class _Opened:
    """What each voter chose, as text, for as long as it takes to count it; `spoiled`: what they sealed is nonsense."""

    texts: dict[str, str] = attrs.field(factory=dict)
    spoiled: int = 0


async def _opened(db: Database, keys: Keys, settings: VoteSettings, vote: str) -> _Opened:
    stations = await stations_of(db, vote)
    opener = await ballot_keys(keys, settings).opener(db, vote) if stations and stations[0].is_sealed else None
    opened = _Opened()
    for station in stations:
        async for cast in _checked(db, station):
            if opener and len(opened.texts) % OPENED_AT_ONCE == 0:
                await anyio.lowlevel.checkpoint()
            text = _text(opener, station, cast) if opener else cast.content
            opened.spoiled += text is None
            opened.texts[cast.member] = text or ""
    if opened.spoiled:
        log.warning("ballots_spoiled", vote=vote, ballots=opened.spoiled)
    return opened


async def _checked(db: Database, station: Station) -> AsyncIterator[Cast]:
    """The ballots of a station; at their end it is known that they are those that it took."""
    if station.phase != "sealed":
        raise InternalError(f"The station {station.id} is not sealed.", code="ballots_incomplete")
    number, checksum = 0, 0
    async for cast in ballots_in(db, station.id):
        if receipt_of(station.vote, cast.member, cast.revision, cast.content) != cast.receipt:
            raise InternalError(f"A ballot of the station {station.id} was changed.", code="ballots_incomplete")
        number, checksum = number + 1, (checksum + int(cast.receipt, 16)) % RECEIPTS
        yield cast
    if number != station.ballots or checksum != int(station.checksum, 16):
        raise InternalError(f"The station {station.id} took other ballots than it has.", code="ballots_incomplete")


def _text(opener: Opener, station: Station, cast: Cast) -> str | None:
    """What was chosen; None where somebody sealed nonsense: it counts as blank."""
    text = opener.open(cast.member, cast.content)
    try:
        choices = None if text is None else read(text)
        if choices is None:
            return None
        return written(cleaned(station.form, choices, options=station.options, grades=station.grades))
    except (ValueError, InvalidError):
        return None


# --- written ---


async def _write_record(session: Session, vote: str, record: PublishedRecord) -> bool:
    """Whether this was the first to."""
    written_rows = await session.execute(
        "INSERT INTO vote_record (vote, ballots, blank, spoiled, delegated, sha256) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (vote) DO NOTHING",
        vote,
        record.ballots,
        record.blank,
        record.spoiled,
        record.delegated,
        record.sha256,
    )
    return written_rows > 0


async def _write_groups(session: Session, vote: str, groups: Mapping[str, int]) -> None:
    rows = sorted((choices, ballots) for choices, ballots in groups.items() if ballots)
    for some in batched(rows, WRITTEN_AT_ONCE):
        await session.execute(
            "INSERT INTO vote_ballot_group (vote, choices, ballots)"
            " SELECT $1, * FROM unnest($2::text[], $3::integer[])",
            vote,
            [choices for choices, _ in some],
            [ballots for _, ballots in some],
        )
