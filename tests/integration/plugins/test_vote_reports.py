"""What jobs read of a vote that is over, on a real PostgreSQL: irregularities, who took part; and what they let go."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from diramoja.core.ports.database import Database
from diramoja.plugins.vote.ballot_queries import kept_ballots
from diramoja.plugins.vote.irregularities import (
    FindIrregularities,
    Irregularity,
    NoteIrregularities,
    find_irregularities,
)
from diramoja.plugins.vote.participation import ReportParticipation, report_participation
from diramoja.plugins.vote.retention import DropRoll, drop_roll
from diramoja.plugins.vote.settings import VoteSettings
from tests.support.vote_database import vote_database

FROZEN = datetime(2026, 3, 2, tzinfo=UTC)
SETTINGS = VoteSettings()
MEMBERS = 120


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def db(anyio_backend: str) -> AsyncIterator[Database]:
    """120 members in two regions, two of them officials."""
    async with vote_database(
        "INSERT INTO member (id, username, membership_level, standing, region, interests, member_since, posts,"
        " comments, age_group) SELECT 'mem_' || n, 'name_' || n,"
        " CASE WHEN n <= 2 THEN 'official' ELSE 'member' END, 'good',"
        " CASE WHEN n <= 100 THEN 'north' ELSE 'south' END, '{}', $1, 0, 0,"
        " CASE WHEN n <= 60 THEN '25_34' END FROM generate_series(1, $2::integer) n",
        FROZEN - timedelta(days=400),
        MEMBERS,
    ) as database:
        yield database


async def voted(db: Database, vote: str, first: int, last: int, *, counted: int | None = None) -> None:
    """These members cast ballots at the one station of the vote, which says that it has so many."""
    await db.execute(
        "INSERT INTO vote_ballot (box, member, vote, content, receipt, revision)"
        " SELECT $1 || '-1', 'mem_' || n, $1, '', 'r', 1 FROM generate_series($2::integer, $3::integer) n",
        vote,
        first,
        last,
    )
    await db.execute(
        "INSERT INTO vote_station (id, vote, phase, form, options, grades, is_sealed, ballots, checksum)"
        " VALUES ($1 || '-1', $1, 'sealed', 'choose_one', 2, 0, false, $2, '0')",
        vote,
        last - first + 1 if counted is None else counted,
    )


async def levelled(db: Database, first: int, last: int, at: datetime, *, level: str = "member") -> None:
    """An entry of their history at this time."""
    await db.execute(
        "INSERT INTO member_history (id, member, at, by, level, standing, verified, reason)"
        " SELECT 'his_' || n || $3::timestamptz || $4, 'mem_' || n, $3, '', $4, 'good', true, ''"
        " FROM generate_series($1::integer, $2::integer) n",
        first,
        last,
        at,
        level,
    )


def sealed(vote: str, *found: Irregularity) -> FindIrregularities:
    return FindIrregularities(vote, FROZEN, found, is_sealed=True)


@pytest.mark.anyio
async def test_an_ordinary_vote_has_nothing_to_note(db: Database) -> None:
    await voted(db, "vot_plain", 1, 90)
    assert await find_irregularities.run(sealed("vot_plain"), db=db, settings=SETTINGS) is None


@pytest.mark.anyio
async def test_a_station_that_holds_other_ballots_is_found_and_officials_are_named(db: Database) -> None:
    await voted(db, "vot_short", 1, 30, counted=31)
    odd = Irregularity("turnout")
    told = await find_irregularities.run(sealed("vot_short", odd), db=db, settings=SETTINGS)
    assert told == NoteIrregularities((odd, Irregularity("stations")), ("mem_1", "mem_2"))


@pytest.mark.anyio
async def test_levels_count_that_were_set_in_the_last_days_before_the_roll_was_frozen(db: Database) -> None:
    await levelled(db, 1, 60, FROZEN - timedelta(days=300))
    await levelled(db, 1, 40, FROZEN - timedelta(days=2))  # The same level again: a standing was noted.
    await levelled(db, 41, 60, FROZEN + timedelta(days=1), level="active_member")
    await voted(db, "vot_old", 1, 120)
    assert await find_irregularities.run(sealed("vot_old"), db=db, settings=SETTINGS) is None
    await levelled(db, 61, 83, FROZEN - timedelta(days=6))
    await voted(db, "vot_new", 1, 120)
    told = await find_irregularities.run(sealed("vot_new"), db=db, settings=SETTINGS)
    values = {"ballots": "20", "of": "120", "days": "7"}
    assert told == NoteIrregularities((Irregularity("recent_levels", values),), ("mem_1", "mem_2"))


@pytest.mark.anyio
async def test_what_a_vote_saw_while_it_is_not_sealed_is_handed_on_alone(db: Database) -> None:
    late = Irregularity("late_roll", {"hours": "24"})
    payload = FindIrregularities("vot_short", FROZEN, (late,))
    told = await find_irregularities.run(payload, db=db, settings=SETTINGS)
    assert told == NoteIrregularities((late,), ("mem_1", "mem_2"))


@pytest.mark.anyio
async def test_who_took_part_is_written_once_without_small_cells(db: Database) -> None:
    await db.execute(
        "INSERT INTO vote_roll (vote, member) SELECT 'vot_part', 'mem_' || n FROM generate_series(1, $1::integer) n",
        MEMBERS,
    )
    await voted(db, "vot_part", 1, 110)
    await report_participation.run(ReportParticipation("vot_part"), db=db)
    row = await db.one("SELECT report FROM vote_participation WHERE vote = 'vot_part'")
    assert row is not None
    report = row["report"]
    assert (report["roll"], report["voted"]) == (120, 110)
    empty = {"roll": None, "voted": None}
    assert report["by_region"] == [{"name": "north"} | empty, {"name": "south"} | empty]  # All of the north voted.
    assert report["by_level"] == [{"name": "member"} | empty, {"name": "official"} | empty]
    assert report["by_age_group"] == [{"name": ""} | empty, {"name": "25_34"} | empty]
    await db.execute("DELETE FROM vote_ballot WHERE vote = 'vot_part' AND member IN ('mem_1', 'mem_2')")
    await report_participation.run(ReportParticipation("vot_part"), db=db)
    assert await db.one("SELECT report FROM vote_participation WHERE vote = 'vot_part'") == row


@pytest.mark.anyio
async def test_large_cells_are_shown_in_fives(db: Database) -> None:
    await db.execute(
        "INSERT INTO vote_roll (vote, member) SELECT 'vot_some', 'mem_' || n FROM generate_series(1, $1::integer) n",
        MEMBERS,
    )
    await voted(db, "vot_some", 33, 107)
    await report_participation.run(ReportParticipation("vot_some"), db=db)
    row = await db.one("SELECT report FROM vote_participation WHERE vote = 'vot_some'")
    assert row is not None
    north, south = row["report"]["by_region"]
    assert north == {"name": "north", "roll": 100, "voted": 70}  # 68 of 100.
    assert south == {"name": "south", "roll": 20, "voted": 5}  # 7 of 20.


@pytest.mark.anyio
async def test_the_rows_of_a_roll_go_and_it_is_known_that_they_are_gone(db: Database) -> None:
    for vote in ("vot_gone", "vot_kept"):
        await db.execute("INSERT INTO vote_roll_frozen (vote) VALUES ($1)", vote)
        await db.execute("INSERT INTO vote_roll (vote, member) VALUES ($1, 'mem_1'), ($1, 'mem_2')", vote)
    await drop_roll.run(DropRoll("vot_gone"), db=db)
    marks = "SELECT rows_dropped, voters_dropped FROM vote_roll_frozen WHERE vote = $1"
    assert dict(await db.one(marks, "vot_gone") or {}) == {"rows_dropped": False, "voters_dropped": True}
    for _ in range(2):
        await drop_roll.run(DropRoll("vot_gone", with_roll=True), db=db)
    left = await db.fetch("SELECT vote FROM vote_roll WHERE vote IN ('vot_gone', 'vot_kept') ORDER BY 1")
    assert [row["vote"] for row in left] == ["vot_kept", "vot_kept"]
    assert dict(await db.one(marks, "vot_gone") or {}) == {"rows_dropped": True, "voters_dropped": True}
    assert dict(await db.one(marks, "vot_kept") or {}) == {"rows_dropped": False, "voters_dropped": False}


@pytest.mark.anyio
async def test_ballots_without_content_are_found_where_their_voters_are_forgotten(db: Database) -> None:
    await voted(db, "vot_voters", 1, 3)
    assert await kept_ballots(db, "vot_voters-1", 2) == []
    assert await kept_ballots(db, "vot_voters-1", 2, blank=True) == ["mem_1", "mem_2"]
