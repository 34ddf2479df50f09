"""Which delegations a count finds in the database, against a reckoning by hand over random histories."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, cast

import attrs
import msgspec
import pytest

from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.core.ports.database import Database
from diramoja.plugins import vote as plugin
from diramoja.plugins.vote.delegated import carried_by
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.words import Terms
from tests.support.postgres_server import fresh_database, shared_postgres

CLOSE = datetime(2026, 5, 8, tzinfo=UTC)
WORLD = ("vot_1", "top_1", "healthcare")
MEMBERS = [f"mem_{letter}" for letter in "abcdefghijkl"]
LIMITS = VoteSettings(delegations_carried_min=2, delegations_carried_ratio=0.0)


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    settings = await fresh_database(shared_postgres())
    await migrate(settings, [("vote", Path(plugin.__file__).parent / "migrations")])
    async with open_postgres(settings) as ports:
        yield cast("Database", ports["database"])


@attrs.frozen
class Made:
    """A delegation as it is stored; times in hours from the close."""

    member: str
    delegate: str
    scope: str
    made: int
    expires: int
    ended: int | None

    @property
    def counts(self) -> bool:
        return self.made < 0 < self.expires and (self.ended is None or self.ended >= 0)


def drawn(random: Random) -> list[Made]:
    """Histories in which nobody has two in force in one scope."""
    found: list[Made] = []
    for member in MEMBERS:
        for scope in (*WORLD, "vot_2"):
            time = -60
            while random.random() < 0.5 and time < 10:
                made = time + random.randint(1, 30)
                expires = made + random.choice([20, 500])
                ended = made + random.randint(1, 40) if random.random() < 0.6 else None
                found.append(Made(member, random.choice(MEMBERS), scope, made, expires, ended))
                time = min(expires, ended) if ended is not None else expires
    return found


async def stored(database: Database, vote: str, made: list[Made], roll: list[str], *, delegation: bool = True) -> None:
    terms = msgspec.to_builtins(Terms(delegation=delegation, topic=WORLD[1], category=WORLD[2]))
    await database.execute("TRUNCATE vote, vote_roll, vote_delegation, vote_delegated")
    await database.execute(
        "INSERT INTO vote (id, phase, title, terms, topic, created_by, created_at, terms_hash, roll_size, roll_hash,"
        " ballot_key, stations, closes_at, votes_cast, counts, extended_s, is_effective, disputes_open, count_number,"
        " winners, cancel_reason) VALUES ($1, 'tallying', '', $2, '', '', now(), '', $3, '', '', 1, $4, 0, '{}', 0,"
        " false, 0, 1, '{}', '')",
        vote,
        terms,
        len(roll),
        CLOSE,
    )
    await database.execute("INSERT INTO vote_roll SELECT $1, * FROM unnest($2::text[])", vote, roll)
    for number, each in enumerate(made):
        times = (CLOSE + timedelta(hours=hours) for hours in (each.made, each.expires))
        ended = None if each.ended is None else CLOSE + timedelta(hours=each.ended)
        row = (f"dlg_{number}", each.member, each.delegate, each.scope, *times, ended)
        await database.execute(
            "INSERT INTO vote_delegation (id, member, delegate, scope, scope_kind, within, made_at, expires_at,"
            " ended_at, shows_name) VALUES ($1, $2, $3, $4, 'vote', '{}', $5, $6, $7, false)",
            *row,
        )


def by_hand(made: list[Made], roll: list[str], voted: list[str]) -> dict[str, str]:
    """Who would cast for whom, without a limit on how many one carries."""
    found: dict[str, str] = {}
    for member in set(roll) - set(voted):
        at, steps = member, 0
        while at not in voted and steps < 5:
            own = {each.scope: each.delegate for each in made if each.member == at and each.counts}
            narrowest = next((scope for scope in WORLD if scope in own), None)
            if narrowest is None or own[narrowest] not in roll:
                break
            at, steps = own[narrowest], steps + 1
        if at in voted:
            found[member] = at
    return found


class Asked:
    """The database, and how many statements it was sent."""

    def __init__(self, database: Database) -> None:
        self._database, self.times = database, 0

    def __getattr__(self, name: str) -> Any:
        self.times += 1
        return getattr(self._database, name)


@pytest.mark.parametrize("chains", [3, 1_000])
async def test_a_count_asks_the_database_as_often_for_thousands_of_delegations_as_for_a_few(
    database: Database, chains: int
) -> None:
    roll = [f"mem_{chain}_{place}" for chain in range(chains) for place in range(3)]
    voted = [each for each in roll if each.endswith("_2")]
    await stored(database, WORLD[0], [], roll)
    await database.execute(
        "INSERT INTO vote_delegation (id, member, delegate, scope, scope_kind, within, made_at, expires_at, ended_at,"
        " shows_name) SELECT 'dlg_' || c || '_' || p, 'mem_' || c || '_' || p, 'mem_' || c || '_' || p + 1, $1,"
        " 'vote', '{}', $2, $3, NULL, false FROM generate_series(0, $4::integer - 1) c, generate_series(0, 1) p",
        WORLD[0],
        CLOSE - timedelta(days=1),
        CLOSE + timedelta(days=1),
        chains,
    )
    asked = Asked(database)
    carried = await carried_by(cast("Database", asked), WORLD[0], voted, LIMITS)
    assert dict(carried) == dict.fromkeys(voted, 2)
    assert asked.times == 5


async def result(database: Database) -> dict[str, Mapping[str, Any]]:
    return {row["member"]: row for row in await database.fetch("SELECT * FROM vote_delegated")}


async def test_random_histories_are_counted_as_by_hand(database: Database) -> None:
    for seed in range(40):
        random = Random(seed)
        made, roll = drawn(random), random.sample(MEMBERS, 9)
        voted = random.sample(roll, 3)
        await stored(database, WORLD[0], made, roll)
        carried = await carried_by(database, WORLD[0], voted, LIMITS)
        wanted = by_hand(made, roll, voted)
        for caster in voted:
            assert carried.get(caster, 0) == min(2, list(wanted.values()).count(caster)), seed
        rows = await result(database)
        assert {each for each, row in rows.items() if row["caster"] or row["uncast"] == "over_limit"} == set(wanted)
        assert all(row["caster"] in ("", wanted.get(each)) for each, row in rows.items()), seed
        assert not set(voted) & set(rows)
        assert dict(await carried_by(database, WORLD[0], voted, LIMITS)) == dict(carried)


async def test_where_nobody_delegates_nothing_is_carried(database: Database) -> None:
    await stored(database, WORLD[0], drawn(Random(1)), MEMBERS, delegation=False)
    assert await carried_by(database, WORLD[0], MEMBERS[:2], LIMITS) == {}
    assert await carried_by(database, "vot_none", [], LIMITS) == {}
    assert await result(database) == {}
