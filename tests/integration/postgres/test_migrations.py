from pathlib import Path

import anyio
import pytest

from diramoja.adapters.postgres.client import connect, end
from diramoja.adapters.postgres.migrations import CORE, migrate
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.errors import ConflictError, PluginError, UnavailableError
from tests.support.postgres_server import fresh_database, shared_postgres


@pytest.fixture
async def settings() -> PostgresSettings:
    """A database of its own, since tables come here and go."""
    return await fresh_database(shared_postgres())


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    folder = tmp_path / "talks"
    folder.mkdir()
    (folder / "0001_talk.sql").write_text("CREATE TABLE talk_list (id text PRIMARY KEY);")
    (folder / "0002_index.sql").write_text("CREATE INDEX ON talk_list (id);\nINSERT INTO talk_list VALUES ('a');")
    return folder


async def count(settings: PostgresSettings, sql: str) -> int:
    connection = await connect(settings, "test")
    try:
        return int(await connection.fetchval(sql))
    finally:
        await end(connection)


async def test_migrations_are_applied_once_and_in_order(settings: PostgresSettings, talks: Path) -> None:
    assert await migrate(settings, [("talks", talks)]) == ["talks/0001_talk", "talks/0002_index"]
    assert await migrate(settings, [("talks", talks)]) == []
    (talks / "0003_more.sql").write_text("INSERT INTO talk_list VALUES ('b')")
    assert await migrate(settings, [("talks", talks)]) == ["talks/0003_more"]
    assert await count(settings, "SELECT count(*) FROM talk_list") == 2


async def test_a_dry_run_changes_nothing(talks: Path) -> None:
    root = await connect(PostgresSettings(url=shared_postgres().url()), "test")
    await root.execute("CREATE DATABASE untouched")
    await end(root)
    settings = PostgresSettings(url=shared_postgres().url("untouched"))
    labels = await migrate(settings, [("talks", talks)], dry_run=True)
    assert labels[:1] == [f"{CORE[0]}/0001_core"]
    assert labels[-1:] == ["talks/0002_index"]
    assert await count(settings, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0


async def test_starts_at_the_same_time_wait_for_each_other(settings: PostgresSettings, talks: Path) -> None:
    (talks / "0003_slow.sql").write_text("SELECT pg_sleep(0.1)")
    results: list[list[str]] = []

    async def start() -> None:
        results.append(await migrate(settings, [("talks", talks)]))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(start)
    assert sorted(map(len, results)) == [0, 0, 0, 3]


async def test_a_file_that_fails_leaves_nothing_of_itself(settings: PostgresSettings, talks: Path) -> None:
    (talks / "0003_bad.sql").write_text("INSERT INTO talk_list VALUES ('b'); SELECT * FROM nothing")
    with pytest.raises(PluginError, match=r'0003_bad\.sql: relation "nothing" does not exist'):
        await migrate(settings, [("talks", talks)])
    assert await count(settings, "SELECT count(*) FROM talk_list") == 1
    (talks / "0003_bad.sql").write_text("INSERT INTO talk_list VALUES ('b')")
    assert await migrate(settings, [("talks", talks)]) == ["talks/0003_bad"]


async def test_a_changed_file_is_refused(settings: PostgresSettings, talks: Path) -> None:
    await migrate(settings, [("talks", talks)])
    (talks / "0001_talk.sql").write_text("CREATE TABLE talk_list (id text);")
    with pytest.raises(PluginError, match=r"0001_talk\.sql was changed .* next number") as caught:
        await migrate(settings, [("talks", talks)])
    assert caught.value.code == "migration_changed"


async def test_a_file_that_gave_way_to_another_is_refused(settings: PostgresSettings, talks: Path) -> None:
    await migrate(settings, [("talks", talks)])
    (talks / "0002_index.sql").rename(talks / "0002_renamed.sql")
    with pytest.raises(PluginError, match=r"0002_index\.sql of talks was applied and is gone") as caught:
        await migrate(settings, [("talks", talks)], dry_run=True)
    assert caught.value.code == "migration_missing"


async def test_a_database_of_a_newer_version_is_refused(settings: PostgresSettings, talks: Path) -> None:
    await migrate(settings, [("talks", talks)])
    (talks / "0002_index.sql").unlink()
    with pytest.raises(ConflictError, match=r"0002_index\.sql of talks, but the newest here is 0001") as caught:
        await migrate(settings, [("talks", talks)])
    assert caught.value.code == "migration_unknown"


async def test_a_plugin_that_left_keeps_its_tables(settings: PostgresSettings, talks: Path) -> None:
    await migrate(settings, [("talks", talks)])
    assert await migrate(settings, []) == []
    assert await count(settings, "SELECT count(*) FROM talk_list") == 1


@pytest.mark.parametrize("name", ["1_short.sql", "0004_gap.sql", "0001_second.sql", "0003-dash.sql", "0003_Big.sql"])
async def test_a_misnamed_file_is_refused(settings: PostgresSettings, talks: Path, name: str) -> None:
    (talks / name).write_text("SELECT 1")
    with pytest.raises(PluginError) as caught:
        await migrate(settings, [("talks", talks)])
    assert caught.value.code == "migration_misnamed"
    assert "talks" in str(caught.value)


async def test_a_folder_that_is_none_is_refused(settings: PostgresSettings, talks: Path) -> None:
    with pytest.raises(PluginError):
        await migrate(settings, [("talks", talks / "none")])


async def test_a_database_that_does_not_answer_is_unavailable(talks: Path) -> None:
    with pytest.raises(UnavailableError):
        await migrate(PostgresSettings(url="postgresql://postgres@127.0.0.1:1/none"), [("talks", talks)])
