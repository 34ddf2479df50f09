"""Real servers behind proxies, and worker processes that are started again when they end."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
from asyncpg import exceptions as pg

from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.settings import PostgresSettings
from tests.chaos.proxy import Proxy
from tests.support.nats_server import NatsServer
from tests.support.postgres_server import PostgresServer

__all__ = ["Stage", "WorkerProcess"]

RESTART_S = 0.3
AWAY = (OSError, pg.PostgresError, pg.InterfaceError)
"""What asyncpg raises where the server is away."""


class WorkerProcess:
    """One worker, started again whenever it ends."""

    def __init__(self, number: int, arguments: list[str], folder: Path) -> None:
        self.freeze_file = folder / f"freeze{number}"
        self._command = [
            sys.executable,
            "-m",
            "tests.chaos.worker",
            *arguments[:2],
            str(self.freeze_file),
            *arguments[2:],
        ]
        self._log = (folder / f"worker{number}.log").open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            if self.process.poll() is not None:
                self.freeze_file.unlink(missing_ok=True)
                self.process = self._start()
            await asyncio.sleep(RESTART_S)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> None:
        self.send(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        self._log.close()


class Stage:
    """`await open()`, and `await close()` in the end."""

    def __init__(self, folder: Path, workers: int, mutant: str) -> None:
        self.folder = folder
        self.nats = NatsServer(folder)
        self.postgres = PostgresServer()
        self.to_nats = Proxy(self.nats.port)
        self.to_postgres = Proxy(self.postgres.port)
        self.workers: list[WorkerProcess] = []
        self._count = workers
        self._mutant = mutant
        self._keepers: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Tables, streams, proxies, workers."""
        await self.to_nats.start()
        await self.to_postgres.start()
        await migrate(PostgresSettings(url=self.postgres.url()), [])
        async with open_broker(NatsSettings(url=self.nats.url)) as broker:
            await broker.prepare()
        arguments = [self.postgres_url, self.nats_url, *([self._mutant] if self._mutant else [])]
        self.workers = [WorkerProcess(number, arguments, self.folder) for number in range(self._count)]
        self._keepers = [asyncio.create_task(worker.keep()) for worker in self.workers]

    @property
    def nats_url(self) -> str:
        """Through the proxy."""
        return f"nats://127.0.0.1:{self.to_nats.port}"

    @property
    def postgres_url(self) -> str:
        """Through the proxy."""
        return self.postgres.url().replace(f":{self.postgres.port}/", f":{self.to_postgres.port}/")

    def signal_postgres(self, number: signal.Signals) -> None:
        """To the server and all its children."""
        assert self.postgres._process is not None
        parent = str(self.postgres._process.pid)
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", parent], capture_output=True, text=True, check=False)
        for pid in [parent, *children.stdout.split()]:
            try:
                os.kill(int(pid), number)
            except ProcessLookupError:
                continue

    async def until_succeeded(self, pid: int, within_s: float) -> None:
        """Wait until the worker of this process owns no partition any more."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            with contextlib.suppress(*AWAY):
                database = await asyncpg.connect(self.postgres.url(), timeout=1)
                try:
                    sql = "SELECT count(*) FROM partition p JOIN worker w ON w.id = p.owner WHERE w.pid = $1"
                    if not await database.fetchval(sql, pid):
                        return
                finally:
                    await database.close(timeout=1)
            await asyncio.sleep(0.1)

    async def quiet(self, acked: int, within_s: float) -> bool:
        """Wait until all that was accepted is answered and nothing is under way; False if it does not come to that."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            with contextlib.suppress(*AWAY):
                if await self._is_quiet(acked):
                    return True
            await asyncio.sleep(0.5)
        return False

    async def _is_quiet(self, acked: int) -> bool:
        database = await asyncpg.connect(self.postgres.url())
        try:
            done: bool = await database.fetchval(
                "SELECT (SELECT count(*) FROM request WHERE status IS NOT NULL AND id NOT LIKE 'j:%') >= $1"
                " AND NOT EXISTS (SELECT 1 FROM request WHERE status IS NULL AND id NOT LIKE 'j:%')"
                " AND NOT EXISTS (SELECT 1 FROM reminder) AND NOT EXISTS (SELECT 1 FROM job WHERE state <> 'done')"
                " AND NOT EXISTS (SELECT 1 FROM tell)"
                " AND NOT EXISTS (SELECT 1 FROM partition p WHERE published_seq <"
                "     (SELECT coalesce(max(seq), 0) FROM event_log e WHERE e.partition = p.n))",
                acked,
            )
        finally:
            await database.close()
        return done

    async def close(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        for worker in self.workers:
            worker.stop()
        await self.to_nats.stop()
        await self.to_postgres.stop()
        self.nats.stop()
        self.signal_postgres(signal.SIGCONT)
        self.postgres.stop()
