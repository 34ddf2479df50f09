"""The jobs of votes on a real PostgreSQL: a roll is written once, corrected by one entry; an outage is measured."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import anyio
import msgspec
import pytest

from diramoja.core.ports.database import Database
from diramoja.plugins.vote.course import FeelPulse, NotePulse, feel_pulse
from diramoja.plugins.vote.messages import TakeRoll
from diramoja.plugins.vote.roll import (
    CorrectRoll,
    FixRoll,
    FreezeRoll,
    NoteUncorrected,
    correct_roll,
    fix_roll,
    freeze_roll,
)
from diramoja.plugins.vote.words import RollRule
from tests.support.vote_database import vote_database

NOW = datetime(2026, 3, 2, tzinfo=UTC)
RULE = RollRule()
MEMBERS = 25


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def db(anyio_backend: str) -> AsyncIterator[Database]:
    async with vote_database(
        "INSERT INTO member (id, username, membership_level, standing, region, interests, member_since, posts,"
        " comments) SELECT 'mem_' || n, 'name_' || n, CASE WHEN n > 20 THEN 'supporter' ELSE 'member' END,"
        " CASE WHEN n = 20 THEN 'arrears' ELSE 'good' END, '', '{}', $1::timestamptz + n * interval '1 hour', 0, 0"
        " FROM generate_series(1, $2) n",
        NOW - timedelta(hours=18),
        MEMBERS,
    ) as database:
        yield database


def hashed(ids: list[str]) -> str:
    text = msgspec.json.encode(RULE, order="deterministic") + b"\n" + "".join(f"{id}\n" for id in sorted(ids)).encode()
    return hashlib.sha256(text).hexdigest()


EXPECTED = [f"mem_{number}" for number in range(1, 19)]
"""Not mem_19, who came an hour after; nor mem_20, in arrears; nor supporters."""


@pytest.mark.anyio
async def test_whichever_attempt_is_first_writes_the_roll_and_all_tell_the_same(db: Database) -> None:
    payload = FreezeRoll("vot_1", RULE, (), NOW)
    told: list[object] = []

    async def attempt() -> None:
        told.append(await freeze_roll.run(payload, db=db))

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(attempt)
    assert told == [TakeRoll(len(EXPECTED), hashed(EXPECTED))] * 4
    await db.execute("UPDATE member SET standing = 'good'")
    assert await freeze_roll.run(payload, db=db) == told[0]


@pytest.mark.anyio
async def test_a_correction_changes_one_entry_whatever_happens_twice(db: Database) -> None:
    await freeze_roll.run(FreezeRoll("vot_2", RULE, (), NOW - timedelta(hours=8)), db=db)
    ten = EXPECTED[:10]
    added = CorrectRoll("vot_2", RULE, "obj_1", "mem_25", is_added=True)
    for version in (1, 2):
        assert await correct_roll.run(added, db=db) == TakeRoll(11, hashed([*ten, "mem_25"]), "obj_1", version)
    removed = CorrectRoll("vot_2", RULE, "obj_2", "mem_1", is_added=False)
    for version in (3, 4):
        assert await correct_roll.run(removed, db=db) == TakeRoll(10, hashed([*ten[1:], "mem_25"]), "obj_2", version)
    nobody = CorrectRoll("vot_2", RULE, "obj_3", "mem_none", is_added=True)
    assert await correct_roll.run(nobody, db=db) == TakeRoll(10, hashed([*ten[1:], "mem_25"]), "obj_3", 5)


@pytest.mark.anyio
async def test_a_roll_is_fixed_when_its_vote_opens_and_a_correction_that_nobody_heard_of_is_told(db: Database) -> None:
    await freeze_roll.run(FreezeRoll("vot_3", RULE, (), NOW - timedelta(hours=8)), db=db)
    assert await fix_roll.run(FixRoll("vot_3", RULE, version=0), db=db) is None
    late = CorrectRoll("vot_3", RULE, "obj_1", "mem_25", is_added=True)
    assert await correct_roll.run(late, db=db) == NoteUncorrected("obj_1", "roll_fixed")
    rows = await db.fetch("SELECT member FROM vote_roll WHERE vote = 'vot_3'")
    assert sorted(row["member"] for row in rows) == sorted(EXPECTED[:10])
    await freeze_roll.run(FreezeRoll("vot_4", RULE, (), NOW - timedelta(hours=8)), db=db)
    await correct_roll.run(CorrectRoll("vot_4", RULE, "obj_2", "mem_25", is_added=True), db=db)
    told = TakeRoll(11, hashed([*EXPECTED[:10], "mem_25"]), version=1)
    assert [await fix_roll.run(FixRoll("vot_4", RULE, known), db=db) for known in (0, 1)] == [told, None]


@pytest.mark.anyio
async def test_a_pulse_says_how_long_ago_the_last_one_was(db: Database) -> None:
    now = datetime.now(UTC)

    async def gap(vote: str, opens_at: datetime) -> int:
        told = await feel_pulse.run(FeelPulse(vote, opens_at, closing=False), db=db)
        assert isinstance(told, NotePulse)
        return told.gap_s

    assert 1200 <= await gap("vot_1", now - timedelta(minutes=20)) < 1300
    assert await gap("vot_1", now - timedelta(minutes=20)) < 60
    await db.execute("UPDATE vote_pulse SET at = at - interval '1 hour'")
    assert 3600 <= await gap("vot_1", now) < 3700
    assert await gap("vot_simulated", now + timedelta(days=30)) == 0
