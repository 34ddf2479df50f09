"""Real servers, real worker processes, killed and frozen: nothing is lost, nothing happens twice."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import msgspec
import pytest

from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.envelope import Envelope, ReplyHint, pack, unpack
from diramoja.core.errors import UnavailableError
from diramoja.core.messages import encode
from diramoja.core.ports.broker import Broker, Outgoing
from tests.support.counters import Add
from tests.support.nats_server import NatsServer
from tests.support.postgres_server import PostgresServer

AGENTS = 150
SLACK = float(os.environ.get("DIRAMOJA_TEST_SLACK", "3"))
TAKEOVER_S = 3.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path)
    yield server
    server.stop()


class Stage:
    """Servers, a client's broker, a database connection and worker processes."""

    def __init__(self, urls: tuple[str, str], broker: Broker, database: Any, folder: Path) -> None:
        self.urls = urls
        self.broker = broker
        self.database = database
        self.folder = folder
        self.workers: dict[str, subprocess.Popen[str]] = {}
        self.sent: list[str] = []
        self.hints: dict[str, list[ReplyHint]] = {}

    async def start_worker(self) -> str:
        freeze = self.folder / f"freeze{len(self.workers)}"
        arguments = [sys.executable, "-m", "tests.support.worker_process", *self.urls, str(freeze)]
        with (self.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: ASYNC220
        assert process.stdout is not None
        worker = (await anyio.to_thread.run_sync(process.stdout.readline)).strip()
        process.stdout.close()
        self.workers[worker] = process
        return worker

    def freeze_file(self, worker: str) -> Path:
        return self.folder / f"freeze{list(self.workers).index(worker)}"

    async def owned(self, worker: str) -> int:
        sql = "SELECT count(*) FROM partition WHERE owner = $1 AND lease_until > now()"
        count: int = await self.database.fetchval(sql, worker)
        return count

    async def until_owns(self, worker: str, partitions: int, deadline_s: float) -> float:
        begun = time.monotonic()
        while await self.owned(worker) != partitions:
            assert time.monotonic() - begun < deadline_s, f"{worker} owns {await self.owned(worker)} of {partitions}"
            await anyio.sleep(0.02)
        return time.monotonic() - begun

    async def send(self, count: int, *, again: list[str] | None = None) -> None:
        ids = again or [f"mem_test:k{len(self.sent) + number}" for number in range(count)]
        body = encode(Add(1))
        for start in range(0, len(ids), 200):
            messages = [
                Outgoing(
                    f"cmd.counter.cnt_{int(id.rpartition('k')[2]) % AGENTS}.add",
                    pack(Envelope(id, 1, body, sender="mem_test", request=id, reply_to="reply.test", digest=b"d")),
                )
                for id in ids[start : start + 200]
            ]
            await self.publish(messages)
            if again is None:
                self.sent += ids[start : start + 200]

    async def publish(self, messages: list[Outgoing]) -> None:
        """As a gateway's client does: what may not have been stored is sent again, with the same keys."""
        end = time.monotonic() + 10 * SLACK
        while True:
            try:
                return await self.broker.publish(messages)
            except UnavailableError:
                assert time.monotonic() < end
                await anyio.sleep(0.1)

    async def until_answered(self, deadline_s: float = 20) -> None:
        end = time.monotonic() + deadline_s * SLACK
        while await self.database.fetchval("SELECT count(*) FROM request WHERE status = 200") < len(self.sent):
            assert time.monotonic() < end, "accepted commands are not decided"
            await anyio.sleep(0.05)

    async def check(self) -> None:
        """Every accepted command once, in order, with its event, its row and its answer."""
        entries = Counter([row["key"] for row in await self.database.fetch("SELECT key FROM own_row")])
        assert entries == Counter(self.sent)
        states = await self.database.fetch("SELECT agent, channel_seq, body FROM snapshot")
        assert sum(msgspec.json.decode(row["body"])["total"] for row in states) == len(self.sent)
        events = await self.database.fetch("SELECT * FROM event_log ORDER BY agent, channel_seq")
        assert len(events) == len(self.sent)
        by_agent: dict[str, list[Any]] = {}
        for row in events:
            by_agent.setdefault(row["agent"], []).append(row)
        for agent, rows in by_agent.items():
            assert [row["channel_seq"] for row in rows] == list(range(1, len(rows) + 1))
            facts = [msgspec.json.decode(row["body"]) for row in rows]
            assert [fact["total"] for fact in facts] == list(range(1, len(rows) + 1))
            accepted = [id for id in self.sent if f"cnt_{int(id.rpartition('k')[2]) % AGENTS}" == agent]
            assert [fact["command"] for fact in facts] == accepted

    def clear(self) -> None:
        for process in self.workers.values():
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()


@pytest.fixture
async def stage(postgres: PostgresServer, nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Stage]:
    name = f"t{time.monotonic_ns()}"
    admin = await asyncpg.connect(postgres.url())
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    url = postgres.url(name)
    await migrate(PostgresSettings(url=url), [])
    database = await asyncpg.connect(url)
    async with open_broker(NatsSettings(url=nats_server.url)) as broker:
        await broker.prepare()
        made = Stage((url, nats_server.url), broker, database, tmp_path)

        def heard(_subject: str, data: bytes) -> None:
            hint = unpack(ReplyHint, data)
            made.hints.setdefault(hint.request, []).append(hint)

        await broker.listen("reply.test", heard)
        yield made
        made.clear()
        await made.database.close()


async def reconnected(url: str) -> Any:
    end = time.monotonic() + 10 * SLACK
    while True:
        try:
            return await asyncpg.connect(url)
        except (asyncpg.CannotConnectNowError, OSError):
            assert time.monotonic() < end
            await anyio.sleep(0.05)


async def two_workers(stage: Stage) -> tuple[str, str]:
    first, second = await stage.start_worker(), await stage.start_worker()
    shares = 0
    end = time.monotonic() + 10 * SLACK
    while shares != 64 or not await stage.owned(first) or not await stage.owned(second):
        assert time.monotonic() < end
        shares = await stage.owned(first) + await stage.owned(second)
        await anyio.sleep(0.05)
    return first, second


async def test_a_killed_worker_is_succeeded_within_3_s(stage: Stage) -> None:
    first, second = await two_workers(stage)
    await stage.send(1_000)
    stage.workers[first].kill()
    await stage.send(1_000)
    took = await stage.until_owns(second, 64, TAKEOVER_S * SLACK)
    sys.stdout.write(f"taken over after a kill in {took:.2f} s\n")
    await stage.send(200)
    await stage.until_answered()
    await stage.check()


async def test_a_worker_frozen_inside_a_transaction_cannot_hold_up_its_successor_nor_write(stage: Stage) -> None:
    first, second = await two_workers(stage)
    await stage.send(500)
    stage.freeze_file(first).touch()
    await stage.send(1_000)
    end = time.monotonic() + 5 * SLACK
    while stage.freeze_file(first).exists():
        assert time.monotonic() < end
        await anyio.sleep(0.01)
    took = await stage.until_owns(second, 64, TAKEOVER_S * SLACK)
    sys.stdout.write(f"taken over from a frozen transaction in {took:.2f} s\n")
    await stage.until_answered()
    stage.workers[first].send_signal(signal.SIGCONT)
    await stage.send(500)
    await stage.until_answered()
    await stage.check()


async def test_a_retried_key_gets_the_first_answer_after_restarts(stage: Stage) -> None:
    worker = await stage.start_worker()
    await stage.send(300)
    await stage.until_answered()
    end = time.monotonic() + 10 * SLACK
    while len(stage.hints) < len(stage.sent):
        assert time.monotonic() < end
        await anyio.sleep(0.05)
    first = {id: hints[0] for id, hints in stage.hints.items()}
    stage.workers[worker].kill()
    await stage.start_worker()
    await stage.send(0, again=list(stage.sent))
    end = time.monotonic() + 10 * SLACK
    while not all(len(hints) > 1 for hints in stage.hints.values()):
        assert time.monotonic() < end
        await anyio.sleep(0.05)
    assert all(hint == first[id] for id, hints in stage.hints.items() for hint in hints)
    await stage.check()


async def test_a_worker_that_ends_in_order_gives_its_partitions_back_at_once(stage: Stage) -> None:
    first, second = await two_workers(stage)
    stage.workers[first].send_signal(signal.SIGTERM)
    assert await stage.until_owns(second, 64, 2.0 * SLACK) < 2.0 * SLACK
    assert stage.workers[first].wait(10) == 0


async def test_servers_that_are_killed_and_started_again_lose_nothing(
    stage: Stage, nats_server: NatsServer, postgres: PostgresServer
) -> None:
    await two_workers(stage)
    await stage.send(500)
    nats_server.kill()
    nats_server.start()
    await stage.send(500)
    postgres.kill()
    postgres.start()
    stage.database.terminate()
    stage.database = await reconnected(stage.urls[0])
    await stage.send(500)
    await stage.until_answered(30)
    await stage.check()


async def test_a_worker_ends_though_the_database_is_away(stage: Stage, postgres: PostgresServer) -> None:
    worker = await stage.start_worker()
    await stage.until_owns(worker, 64, 10 * SLACK)
    postgres.kill()
    try:
        await stage.send(50)
        await anyio.sleep(0.5)
        stage.workers[worker].send_signal(signal.SIGTERM)
        code = await anyio.to_thread.run_sync(lambda: stage.workers[worker].wait(15 * SLACK))
    finally:
        postgres.start()
    assert code == 0
    stage.database.terminate()
    stage.database = await reconnected(stage.urls[0])
    await stage.start_worker()
    await stage.until_answered()
    await stage.check()
