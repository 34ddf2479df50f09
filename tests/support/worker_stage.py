"""A stage for tests of workers: real servers, worker processes that can be killed and frozen, and what must hold."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import msgspec

from diramoja.core.envelope import Envelope, ReplyHint, pack
from diramoja.core.errors import UnavailableError
from diramoja.core.messages import encode
from diramoja.core.ports.broker import Broker, Outgoing
from tests.support.counters import Add

__all__ = ["AGENTS", "SLACK", "Stage", "reconnected", "two_workers"]

AGENTS = 150
SLACK = float(os.environ.get("DIRAMOJA_TEST_SLACK", "3"))


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
