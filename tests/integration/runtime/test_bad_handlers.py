"""Handlers that hang, kill their process or eat its memory stop their own command, and nothing else for long."""

import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator

import anyio
import asyncpg
import msgspec
import pytest

from diramoja.adapters.nats.broker import NatsBroker
from diramoja.core.envelope import Envelope, pack
from diramoja.core.ids import partition_of
from diramoja.core.messages import Command, encode
from diramoja.core.ports.broker import Outgoing
from tests.support.hostile import Do, Later
from tests.support.nats_server import NatsServer

DEADLINE_S = 90
MEMORY_MB = "1500"
NEIGHBOURS = [f"vic_{n}" for n in range(3_000) if partition_of("victim", f"vic_{n}") == partition_of("victim", "vic_0")]
"""Agents of one partition, vic_0 first."""
AGENTS = [*NEIGHBOURS[:4], *(f"vic_other{n}" for n in range(20))]


class Supervised:
    """A worker's process that is started again whenever it ends."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = [sys.executable, "-m", "tests.support.worker_process", *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False
        self.exits: list[int] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended:
            self._process = subprocess.Popen(self._arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.exits.append(self._process.wait())

    def stop(self) -> None:
        self._ended = True
        if self._process is not None:
            self._process.kill()
        self._thread.join()


class Stage:
    def __init__(self, database: asyncpg.Connection, broker: NatsBroker, workers: list[Supervised]) -> None:
        self.database = database
        self.broker = broker
        self.workers = workers
        self.sent: list[str] = []

    async def send(self, agent: str, command: Command) -> str:
        id = f"mem_test:k{len(self.sent)}"
        envelope = Envelope(id, 1, encode(command), sender="mem_test", request=id, digest=b"d")
        await self.broker.publish([Outgoing(f"cmd.victim.{agent}.{command.wire_name}", pack(envelope))])
        self.sent.append(id)
        return id

    async def until(self, sql: str, expected: object) -> None:
        end = time.monotonic() + DEADLINE_S
        while (found := await self.database.fetchval(sql)) != expected:
            assert time.monotonic() < end, f"{sql}: {found}"
            await anyio.sleep(0.05)

    async def letters(self) -> list[tuple[str, str]]:
        rows = await self.database.fetch("SELECT agent, code FROM dead_letter")
        return [(row["agent"], row["code"]) for row in rows]

    async def done(self, agent: str) -> list[str]:
        body = await self.database.fetchval("SELECT body FROM snapshot WHERE agent = $1", agent)
        return list(msgspec.json.decode(body)["done"]) if body else []


@pytest.fixture
async def stage(
    request: pytest.FixtureRequest, database_url: str, broker: NatsBroker, nats_server: NatsServer
) -> AsyncIterator[Stage]:
    database = await asyncpg.connect(database_url)
    arguments = (database_url, nats_server.url, "/nowhere/freeze", "tests.support.hostile", MEMORY_MB)
    workers = [Supervised(*arguments) for _ in range(getattr(request, "param", 1))]
    stage = Stage(database, broker, workers)
    try:
        await stage.until("SELECT count(*) FROM partition WHERE owner <> ''", 64)
        yield stage
    finally:
        for worker in workers:
            worker.stop()
        await database.close()


CODES = {
    "loop": "handler_timeout",
    "allocate": "handler_failed",
    "sleep": "worker_ended",
    "regex": "worker_ended",
    "exit": "worker_ended",
}


@pytest.mark.parametrize(
    ("stage", "evil"),
    [(1, "loop"), (1, "allocate"), (1, "sleep"), (1, "exit"), (2, "exit"), (2, "regex")],
    indirect=["stage"],
)
async def test_an_evil_command_stops_itself_alone(stage: Stage, evil: str) -> None:
    for round_ in range(6):
        for agent in AGENTS:
            await stage.send(agent, Do(f"r{round_}"))
        if round_ == 2:
            await stage.send("vic_0", Do(evil))
    await stage.until("SELECT count(*) FROM request WHERE status IS NOT NULL", len(stage.sent))
    assert await stage.letters() == [("vic_0", CODES[evil])]
    for agent in AGENTS:
        assert await stage.done(agent) == [f"r{round_}" for round_ in range(6)]
    ended = [code for worker in stage.workers for code in worker.exits]
    assert bool(ended) == (CODES[evil] == "worker_ended"), ended
    await stage.send("vic_0", Do("after"))
    await stage.until("SELECT count(*) FROM request WHERE status = 200", len(stage.sent) - 1)


async def test_an_evil_reminder_is_given_up_too(stage: Stage) -> None:
    await stage.send("vic_0", Later("exit"))
    await stage.send("vic_other1", Later("fine"))
    await stage.until("SELECT count(*) FROM dead_letter", 1)
    await stage.until("SELECT count(*) FROM reminder", 0)
    assert await stage.letters() == [("vic_0", "worker_ended")]
    assert await stage.done("vic_other1") == ["fine"]
    assert await stage.done("vic_0") == []
