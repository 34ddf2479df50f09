"""Connections and the event log's months."""

from datetime import UTC, datetime
from pathlib import Path

import anyio
import msgspec
import pytest

from diramoja.adapters.postgres.client import Connection, PostgresClient
from diramoja.adapters.postgres.months import prepare_months
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.adapters.postgres.records import PostgresRecords
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.errors import SettingsError, UnavailableError
from diramoja.core.ports.rows import Writes
from tests.contract.records.rows import event, step, worker


@pytest.mark.parametrize("url", ["postgresql://postgres@127.0.0.1:1/none", "postgresql://p@host.invalid/none"])
async def test_a_database_that_is_not_there_is_unavailable(url: str) -> None:
    with pytest.raises(UnavailableError):
        async with open_postgres(PostgresSettings(url=url, connect_timeout_s=2)):
            pass


@pytest.mark.parametrize("url", ["mysql://u:topsecret@h/d", "postgresql://u:topsecret@h:port/d"])
async def test_a_url_that_is_none_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        async with open_postgres(PostgresSettings(url=url)):
            pass
    assert "topsecret" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_an_unknown_database_is_unavailable_by_its_code(settings: PostgresSettings) -> None:
    wrong = msgspec.structs.replace(settings, url=settings.url.rpartition("/")[0] + "/nothing_here")
    with pytest.raises(UnavailableError) as caught:
        async with open_postgres(wrong):
            pass
    assert caught.value.code == "postgres_3d000"


async def test_the_password_comes_from_its_file(settings: PostgresSettings, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("topsecret\n")
    async with open_postgres(msgspec.structs.replace(settings, password_file=str(file))):
        pass
    with pytest.raises(SettingsError, match="password_file"):
        async with open_postgres(msgspec.structs.replace(settings, password_file=str(tmp_path / "none"))):
            pass


async def test_a_pool_takes_many_tasks_and_no_more_connections_than_it_may(
    settings: PostgresSettings, beside: Connection
) -> None:
    client = PostgresClient(msgspec.structs.replace(settings, pool_size=3, application="bounded"))
    async with anyio.create_task_group() as tasks:
        for _ in range(40):
            tasks.start_soon(client.keys.fetch, "SELECT pg_sleep(0.005)")
    seen = await beside.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bounded keys'")
    await client.close()
    assert 1 <= seen <= 3


async def test_only_what_is_used_is_connected(settings: PostgresSettings, beside: Connection) -> None:
    client = PostgresClient(msgspec.structs.replace(settings, application="lazy"))
    await PostgresRecords(client).beat(worker(), 60)
    rows = await beside.fetch("SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'lazy %'")
    await client.close()
    assert [row[0] for row in rows] == ["lazy control"]


# --- months of the event log ---


async def month_of(beside: Connection, seq: int) -> str:
    return str(await beside.fetchval("SELECT tableoid::regclass::text FROM event_log WHERE seq = $1", seq))


async def test_an_event_of_a_month_without_a_partition_is_kept_and_moved_there(
    client: PostgresClient, beside: Connection
) -> None:
    records = PostgresRecords(client)
    (mark,) = await records.claim("wrk_a", [0], 60)
    rows = [
        event(1, at=datetime(2031, 12, 31, 23, 59, 59, tzinfo=UTC)),
        event(2, at=datetime(2032, 1, 1, tzinfo=UTC)),
        event(3, at=datetime(2017, 5, 5, tzinfo=UTC)),
    ]
    await records.commit(Writes(events=rows, marks=[step(mark)]))
    assert await month_of(beside, 1) == "event_log_rest"
    made = await prepare_months(client.keys, datetime(2031, 12, 3, tzinfo=UTC))
    assert made == ["event_log_2031_12", "event_log_2032_01", "event_log_2032_02"]
    assert await prepare_months(client.keys, datetime(2032, 1, 3, tzinfo=UTC)) == ["event_log_2032_03"]
    assert [await month_of(beside, seq) for seq in (1, 2, 3)] == [
        "event_log_2031_12",
        "event_log_2032_01",
        "event_log_rest",
    ]
    (row, *_) = await records.partitions()
    assert [each.seq for each in (await records.tail(row, 10)).events] == [1, 2, 3]


async def test_months_are_made_by_several_at_once(client: PostgresClient) -> None:
    made: list[str] = []

    async def make() -> None:
        made.extend(await prepare_months(client.keys, datetime(2040, 6, 1, tzinfo=UTC)))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(make)
    assert set(made) == {"event_log_2040_06", "event_log_2040_07", "event_log_2040_08"}
