"""The contract of the database port, on every database."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import cast

import msgspec
import pytest

from diramoja.adapters.postgres.ports import open_postgres
from diramoja.core.errors import ConflictError, InvalidError, UnavailableError
from diramoja.core.ports.database import Database
from tests.support.postgres_server import emptied_database, shared_postgres


@asynccontextmanager
async def _postgres() -> AsyncIterator[Database]:
    settings = await emptied_database(shared_postgres())
    settings = msgspec.structs.replace(settings, query_timeout_s=0.3, pool_size=2, connect_timeout_s=0.5)
    async with open_postgres(settings) as ports:
        yield cast("Database", ports["database"])


@pytest.fixture(params=[pytest.param(_postgres, id="postgres")])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    opener: Callable[[], AbstractAsyncContextManager[Database]] = request.param
    async with opener() as opened:
        await opened.execute("DROP TABLE IF EXISTS thing")
        await opened.execute("CREATE TABLE thing (id text PRIMARY KEY, n integer, about jsonb)")
        yield opened


async def test_rows_are_mappings_by_column(database: Database) -> None:
    assert await database.execute("INSERT INTO thing (id, n) SELECT 'a' || k, k FROM generate_series(1, 3) k") == 3
    rows = await database.fetch("SELECT id, n FROM thing WHERE n > $1 ORDER BY n", 1)
    assert [dict(row) for row in rows] == [{"id": "a2", "n": 2}, {"id": "a3", "n": 3}]
    assert list(rows[0]) == ["id", "n"]
    assert await database.one("SELECT n FROM thing WHERE id = $1", "a1") == {"n": 1}
    assert await database.one("SELECT n FROM thing WHERE id = $1", "none") is None
    assert await database.execute("DELETE FROM thing WHERE n > 1") == 2


async def test_values_keep_their_types(database: Database) -> None:
    now = datetime.now(UTC)
    row = await database.one("SELECT $1::timestamptz AS at, $2::text[] AS list, $3::bytea AS raw", now, ["a"], b"\x00")
    assert row == {"at": now, "list": ["a"], "raw": b"\x00"}


async def test_json_is_read_and_written_as_values(database: Database) -> None:
    about = {"tags": ["a", "ü"], "deep": {"n": 1.5, "none": None}}
    await database.execute("INSERT INTO thing (id, about) VALUES ('a', $1)", about)
    assert await database.one("SELECT about, to_json(n) AS n FROM thing") == {"about": about, "n": None}


async def test_a_transaction_is_committed_at_its_end(database: Database) -> None:
    async with database.begin() as session:
        await session.execute("INSERT INTO thing (id) VALUES ('a')")
        assert await database.fetch("SELECT id FROM thing") == []
        assert await session.one("SELECT id FROM thing") == {"id": "a"}
    assert await database.fetch("SELECT id FROM thing") == [{"id": "a"}]


async def test_a_transaction_is_rolled_back_by_an_exception(database: Database) -> None:
    with pytest.raises(KeyError):  # noqa: PT012  # raised by the block
        async with database.begin() as session:
            await session.execute("INSERT INTO thing (id) VALUES ('a')")
            raise KeyError
    assert await database.fetch("SELECT id FROM thing") == []


async def test_an_existing_key_is_a_conflict(database: Database) -> None:
    await database.execute("INSERT INTO thing (id) VALUES ('a')")
    with pytest.raises(ConflictError) as caught:
        await database.execute("INSERT INTO thing (id) VALUES ('a')")
    assert "thing_pkey" in str(caught.value)
    with pytest.raises(ConflictError):  # noqa: PT012  # raised within the block
        async with database.begin() as session:
            await session.execute("INSERT INTO thing (id) VALUES ('b')")
            await session.execute("INSERT INTO thing (id) VALUES ('a')")
    assert await database.fetch("SELECT id FROM thing") == [{"id": "a"}]


@pytest.mark.parametrize(
    ("sql", "args"),
    [
        ("SELEC 1", ()),
        ("SELECT * FROM nothing", ()),
        ("SELECT $1::int", ("no number",)),
        ("SELECT $1::int", (2**40,)),
        ("SELECT ('secret' || $1)::int", ("x",)),
        ("SELECT $1::text", ("a\x00b",)),
        ("SELECT 1 / $1::int", (0,)),
        ("INSERT INTO thing (id) VALUES (NULL)", ()),
    ],
)
async def test_what_is_refused_is_invalid_and_its_values_are_not_told(
    database: Database, sql: str, args: tuple[object, ...]
) -> None:
    with pytest.raises(InvalidError) as caught:
        await database.fetch(sql, *args)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert await database.one("SELECT 1 AS one") == {"one": 1}


async def test_a_statement_that_takes_too_long_is_ended(database: Database) -> None:
    with pytest.raises(UnavailableError):
        await database.fetch("SELECT pg_sleep(5)")
    assert await database.one("SELECT 1 AS one") == {"one": 1}


async def test_more_sessions_than_connections_wait_and_give_up(database: Database) -> None:
    async with database.begin(), database.begin():
        with pytest.raises(UnavailableError):
            await database.fetch("SELECT 1")
    assert await database.one("SELECT 1 AS one") == {"one": 1}


async def test_a_long_result_comes_in_pages_of_one_moment(database: Database) -> None:
    await database.execute("INSERT INTO thing (id, n) SELECT 'a' || k, k FROM generate_series(1, 25) k")
    found = []
    async for row in database.stream("SELECT n FROM thing WHERE n > $1 ORDER BY n", 5, page=10):
        if row["n"] == 6:
            await database.execute("DELETE FROM thing")
        found.append(row["n"])
    assert found == list(range(6, 26))


async def test_a_stream_changes_nothing_and_can_be_left(database: Database) -> None:
    with pytest.raises(UnavailableError):
        async for _ in database.stream("INSERT INTO thing (id) VALUES ('a') RETURNING id"):
            pass
    for _ in range(5):
        rows = database.stream("SELECT k FROM generate_series(1, 1000) k", page=10)
        async for _ in rows:
            break
        await rows.aclose()  # type: ignore[attr-defined]  # the port promises an iterator; this one is a generator
    assert await database.fetch("SELECT id FROM thing") == []
