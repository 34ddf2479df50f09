"""A worker that freezes or loses its connection, and those who go on."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import anyio
import msgspec
import pytest

from diramoja.adapters.postgres.client import Connection, PostgresClient, connect, end
from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.ports import open_records
from diramoja.adapters.postgres.records import PostgresRecords
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.errors import DiramojaError, FencedError, InvalidError, OutcomeUnknownError, UnavailableError
from diramoja.core.ports.rows import AgentKey, PartitionRow, RecordWrite, Writes
from diramoja.core.runtime.ownership import ThreadHeartbeat, new_worker
from tests.contract.records.rows import event, job, own, reminder, request, snapshot, step, worker, writes
from tests.support.postgres_server import PostgresServer, shared_postgres
from tests.support.waiting import eventually

HELD = "UPDATE partition SET clock = now() WHERE n = 0; INSERT INTO own_row VALUES ('k', 'a', 'c', 'k', 1, '')"


class Worker:
    """One process's records and what is below them."""

    def __init__(self, settings: PostgresSettings, id: str) -> None:
        self.id = id
        self.client = PostgresClient(settings)
        self.records = PostgresRecords(self.client)

    async def begin(self, lease_s: float = 60) -> PartitionRow:
        """Live, own partition 0 and have committed once."""
        await self.records.beat(worker(self.id), lease_s)
        (mark,) = await self.records.claim(self.id, [0], lease_s)
        await self.records.commit(Writes(marks=[step(mark)]))
        return mark.after(cursor=mark.cursor + 1)


@pytest.fixture
async def workers(settings: PostgresSettings) -> AsyncIterator[tuple[Worker, Worker]]:
    pair = Worker(settings, "wrk_a"), Worker(settings, "wrk_b")
    yield pair
    for each in pair:
        await each.client.close()


class Freezer:
    """Stops a worker within a transaction that holds locks, without the server's own time-out, as within COPY."""

    def __init__(self, frozen: Worker) -> None:
        self._frozen = frozen
        self._stack = AsyncExitStack()
        self._connection: Connection | None = None

    async def freeze(self) -> None:
        self._connection = await self._stack.enter_async_context(self._frozen.client.commit.use())
        await self._connection.execute("SET idle_in_transaction_session_timeout = 0")
        await self._connection.execute("BEGIN")
        await self._connection.execute(HELD)

    async def thaw(self) -> None:
        """Go on as if nothing had been."""
        assert self._connection is not None
        async with self._stack:
            await self._connection.execute("COMMIT")


async def take_over(other: Worker) -> list[PartitionRow]:
    claimed: list[PartitionRow] = []

    async def has_claimed() -> bool:
        try:
            claimed.extend(await other.records.claim(other.id, [0], 60))
        except UnavailableError:  # The ended session still holds its locks: a worker tries again too.
            return False
        return bool(claimed)

    await eventually(has_claimed, within_s=10)
    return claimed


async def test_a_frozen_transaction_is_ended_by_whoever_claims(workers: tuple[Worker, Worker]) -> None:
    frozen, other = workers
    mark = await frozen.begin(lease_s=0.2)
    await other.records.beat(worker(other.id), 60)
    freezer = Freezer(frozen)
    await freezer.freeze()
    (row,) = await take_over(other)
    await other.records.commit(writes([row], own_rows=[own()]))
    with pytest.raises(UnavailableError):
        await freezer.thaw()
    with pytest.raises(FencedError):
        await frozen.records.commit(Writes(marks=[step(mark)]))
    assert (await other.records.partitions())[0].cursor == mark.cursor + 1


async def test_a_role_without_rights_can_end_a_frozen_transaction() -> None:
    server = shared_postgres()
    root = await connect(PostgresSettings(url=server.url()), "test")
    await root.execute("CREATE ROLE plain LOGIN")
    await root.execute("CREATE DATABASE plain OWNER plain")
    await end(root)
    settings = PostgresSettings(url=server.url("plain", "plain"))
    await migrate(settings, [])
    frozen, other = Worker(settings, "wrk_a"), Worker(settings, "wrk_b")
    await frozen.begin(lease_s=0.1)
    freezer = Freezer(frozen)
    await freezer.freeze()
    assert [row.epoch for row in await take_over(other)] == [2]
    with pytest.raises(UnavailableError):
        await freezer.thaw()
    for each in (frozen, other):
        await each.client.close()


async def test_a_claim_gives_up_soon_where_the_frozen_session_is_unknown(
    workers: tuple[Worker, Worker], beside: Connection
) -> None:
    frozen, other = workers
    await frozen.begin(lease_s=0)
    async with beside.transaction():
        await beside.execute(HELD)
        begun = time.monotonic()
        with pytest.raises(UnavailableError):
            await other.records.claim(other.id, [0], 60)
        assert time.monotonic() - begun < 2
    assert [row.n for row in await other.records.claim(other.id, [0], 60)] == [0]


async def test_a_worker_that_lives_keeps_its_session(workers: tuple[Worker, Worker], beside: Connection) -> None:
    living, other = workers
    mark = await living.begin()
    pid = await beside.fetchval("SELECT commit_pid FROM worker WHERE id = 'wrk_a'")
    assert await other.records.claim(other.id, [0], 60) == []
    await living.records.commit(Writes(marks=[step(mark)]))
    assert await beside.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid) == 1


async def test_a_second_worker_of_one_process_is_known_by_its_session_too(
    workers: tuple[Worker, Worker], beside: Connection
) -> None:
    first, _ = workers
    await first.begin()
    await first.records.retire("wrk_a")
    first.id = "wrk_next"
    await first.begin()
    pid = await beside.fetchval("SELECT commit_pid FROM worker WHERE id = 'wrk_next'")
    assert await beside.fetchval("SELECT application_name FROM pg_stat_activity WHERE pid = $1", pid) == (
        "diramoja commit"
    )


async def test_a_transaction_that_idles_for_a_second_is_ended(workers: tuple[Worker, Worker]) -> None:
    idle, _ = workers
    mark = await idle.begin()
    with pytest.raises(UnavailableError):  # noqa: PT012  # the connection is found broken at its next use
        async with idle.client.commit.use() as connection:
            await connection.execute("BEGIN")
            await connection.execute(HELD)
            await eventually(connection.is_closed)
            await connection.execute("SELECT 1")
    await idle.records.commit(Writes(marks=[step(mark)]))


# --- a connection that breaks ---


async def stop_in(beside: Connection, when: str) -> None:
    """Make a commit that writes to talk_list wait at its statement or at its end."""
    deferred = {"statement": "", "commit": "DEFERRABLE INITIALLY DEFERRED"}[when]
    await beside.execute(
        "DROP TABLE IF EXISTS talk_list; CREATE TABLE talk_list (id text PRIMARY KEY);"
        "CREATE OR REPLACE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$;"
        f"CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON talk_list {deferred} FOR EACH ROW EXECUTE FUNCTION wait()"
    )


async def end_sleeper(beside: Connection) -> None:
    """End the commit session once it waits."""

    async def ended() -> bool:
        found = await beside.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE wait_event = 'PgSleep' AND application_name LIKE '% commit' AND datname = current_database()"
        )
        return bool(found)

    await eventually(ended)


@pytest.mark.parametrize(("when", "error"), [("statement", UnavailableError), ("commit", OutcomeUnknownError)])
async def test_a_broken_commit_says_what_is_known(
    workers: tuple[Worker, Worker], beside: Connection, when: str, error: type[DiramojaError]
) -> None:
    broken, _ = workers
    mark = await broken.begin()
    await stop_in(beside, when)
    batch = Writes(
        snapshots=[snapshot()], records=[RecordWrite("talk_list", ("id",), [b'{"id":"a"}'])], marks=[step(mark)]
    )
    raised: list[DiramojaError] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(end_sleeper, beside)
        try:
            await broken.records.commit(batch)
        except DiramojaError as caught:
            raised.append(caught)
    assert [type(each) for each in raised] == [error]
    assert (await broken.records.partitions())[0] == mark
    await broken.records.commit(Writes(snapshots=[snapshot()], marks=[step(mark)]))
    assert len(await broken.records.snapshots([AgentKey("talk", "tlk_1")])) == 1


async def test_a_row_that_is_refused_at_the_end_of_the_transaction_is_invalid(
    workers: tuple[Worker, Worker], beside: Connection
) -> None:
    refused, _ = workers
    mark = await refused.begin()
    await beside.execute(
        "DROP TABLE IF EXISTS talk_list; CREATE TABLE talk_list"
        " (id text PRIMARY KEY, n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"
    )
    rows = [b'{"id":"a","n":1}', b'{"id":"b","n":1}']
    with pytest.raises(InvalidError):
        await refused.records.commit(
            Writes(records=[RecordWrite("talk_list", ("id",), rows)], events=[event(1)], marks=[step(mark)])
        )
    await refused.records.commit(Writes(events=[event(1)], marks=[step(mark)]))


async def test_a_commit_that_is_cancelled_leaves_nothing_behind(
    workers: tuple[Worker, Worker], beside: Connection
) -> None:
    cancelled, _ = workers
    mark = await cancelled.begin()
    await stop_in(beside, "statement")
    batch = Writes(records=[RecordWrite("talk_list", ("id",), [b'{"id":"a"}'])], marks=[step(mark)])
    with anyio.move_on_after(0.1) as scope:
        await cancelled.records.commit(batch)
    assert scope.cancelled_caught
    await cancelled.records.commit(Writes(events=[event(1)], marks=[step(mark)]))
    assert (await cancelled.records.partitions())[0].cursor == mark.cursor + 1


async def test_a_statement_without_an_answer_ends_after_the_deadline(
    settings: PostgresSettings, beside: Connection
) -> None:
    slow = Worker(msgspec.structs.replace(settings, deadline_s=0.3), "wrk_a")
    mark = await slow.begin()
    await stop_in(beside, "statement")
    batch = Writes(records=[RecordWrite("talk_list", ("id",), [b'{"id":"a"}'])], marks=[step(mark)])
    with pytest.raises(UnavailableError):
        await slow.records.commit(batch)
    await slow.records.commit(Writes(marks=[step(mark)]))
    await slow.client.close()


async def test_records_come_back_with_the_server() -> None:
    server = PostgresServer()
    settings = PostgresSettings(url=server.url(), connect_timeout_s=2)

    async def migrated() -> bool:
        try:
            return bool(await migrate(settings, []))
        except UnavailableError:
            return False

    try:
        await eventually(migrated)
        survivor = Worker(settings, "wrk_a")
        mark = await survivor.begin()
        server.kill()
        for call in (
            partial(survivor.records.commit, Writes(marks=[step(mark)])),
            partial(survivor.records.requests, ["a"]),
            survivor.records.partitions,
        ):
            with pytest.raises(UnavailableError):
                await call()
        server.start()

        async def commits() -> bool:
            try:
                await survivor.records.commit(Writes(requests=[request()], marks=[step(mark)]))
            except UnavailableError:
                return False
            return True

        await eventually(commits, within_s=10)
        assert len(await survivor.records.requests(["req_1"])) == 1
        await survivor.client.close()
    finally:
        server.stop()


# --- side by side ---


KEYS = [f"k{n:03}" for n in range(250)]
WRITTEN: dict[str, Callable[[list[str]], dict[str, Any]]] = {
    "snapshots": lambda keys: {"snapshots": [snapshot(key) for key in keys]},
    "own_rows": lambda keys: {"own_rows": [own(key) for key in keys]},
    "own_rows_removed": lambda keys: {"own_rows": [own(key, None) for key in keys]},
    "requests": lambda keys: {"requests": [request(key, status=200) for key in keys]},
    "reminders": lambda keys: {"reminders": [reminder(key) for key in keys]},
    "reminders_cancelled": lambda keys: {"reminders": [reminder(key, None) for key in keys]},
    "jobs_cancelled": lambda keys: {"cancelled_jobs": keys},
    "records_deleted": lambda keys: {"records": [RecordWrite("talk_list", ("id",), [], [(key,) for key in keys])]},
}


async def fill(records: PostgresRecords, mark: PartitionRow) -> PartitionRow:
    """All rows that are touched below, so that there is something to lock."""
    rows = [b'{"id":"%s"}' % key.encode() for key in KEYS]
    await records.commit(
        Writes(
            own_rows=[own(key) for key in KEYS],
            requests=[request(key) for key in KEYS],
            reminders=[reminder(key) for key in KEYS],
            jobs=[job(key) for key in KEYS],
            records=[RecordWrite("talk_list", ("id",), rows)],
            marks=[step(mark)],
        )
    )
    return mark.after(cursor=mark.cursor + 1)


@pytest.mark.parametrize("what", WRITTEN)
async def test_commits_that_touch_the_same_rows_in_other_orders_never_deadlock(
    workers: tuple[Worker, Worker], beside: Connection, what: str
) -> None:
    await beside.execute("DROP TABLE IF EXISTS talk_list; CREATE TABLE talk_list (id text PRIMARY KEY)")
    marks = [(await each.records.claim(each.id, [n], 60))[0] for n, each in enumerate(workers)]
    orders = [KEYS, KEYS[::-1]]
    for _ in range(6):
        marks[0] = await fill(workers[0].records, marks[0])
        async with anyio.create_task_group() as tasks:
            for each, mark, keys in zip(workers, marks, orders, strict=True):
                tasks.start_soon(each.records.commit, Writes(**WRITTEN[what](keys), marks=[step(mark)]))
        marks = [mark.after(cursor=mark.cursor + 1) for mark in marks]


async def test_marks_of_the_same_partitions_in_other_orders_never_deadlock(workers: tuple[Worker, Worker]) -> None:
    """As of a worker that was fenced and its successor: one of the two commits."""
    for _ in range(20):
        marks = await workers[0].records.claim("wrk_a", range(64), 60)
        outcomes: list[bool] = []

        async def commit(each: Worker, order: list[PartitionRow], outcomes: list[bool]) -> None:
            try:
                await each.records.commit(Writes(marks=[step(mark) for mark in order]))
            except FencedError:
                outcomes.append(False)
            else:
                outcomes.append(True)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(commit, workers[0], marks, outcomes)
            tasks.start_soon(commit, workers[1], marks[::-1], outcomes)
            tasks.start_soon(workers[1].records.beat, worker("wrk_a"), 60)
        assert sorted(outcomes) == [False, True]
        await workers[0].records.release("wrk_a", range(64))


async def test_a_heartbeat_runs_in_a_thread_with_its_own_loop(
    settings: PostgresSettings, workers: tuple[Worker, Worker]
) -> None:
    row = new_worker("worker")
    heartbeat = ThreadHeartbeat(partial(open_records, settings), row, lease_s=2, beat_s=0.02)
    await heartbeat.start()
    assert heartbeat.living == (row.id,)
    (mark,) = await workers[0].records.claim(row.id, [7], 0.3)
    begun = time.monotonic()
    await eventually(lambda: time.monotonic() - begun > 0.4)
    assert (await workers[1].records.partitions())[7].owner == row.id
    await heartbeat.stop()
    await workers[0].records.commit(Writes(marks=[step(mark)]))
