"""Real servers behind proxies, and processes of ours that are started again when they end."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from asyncpg import exceptions as pg

from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.keys import Keys
from diramoja.core.tokens import Tokens
from tests.chaos import community
from tests.chaos.disk import Disk
from tests.chaos.proxy import Proxy
from tests.support.cache_server import CacheServer
from tests.support.nats_server import NatsServer, free_port
from tests.support.postgres_server import PostgresServer

__all__ = ["Child", "Stage"]

RESTART_S = 0.3
GATEWAYS = 2
AWAY = (OSError, pg.PostgresError, pg.InterfaceError)
"""What asyncpg raises where the server is away."""


class Child:
    """A process of ours, started again whenever it ends. `freeze_file` is a worker's, see `worker.py`."""

    def __init__(self, name: str, arguments: Sequence[str], folder: Path, freeze_file: Path | None = None) -> None:
        self.freeze_file = freeze_file or folder / f"freeze-{name}"
        self._command = [sys.executable, "-m", *arguments]
        self._log = (folder / f"{name}.log").open("ab")
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

    def __init__(self, folder: Path, workers: int, mutant: str, *, with_plugins: bool = False) -> None:
        self.folder = folder
        self.disk = Disk(folder / "disk")
        self.nats = NatsServer(folder, store=self.disk.folder / "store")
        self.postgres = PostgresServer(inside=self.disk.folder)
        self.cache = CacheServer(folder)
        self.to_nats = Proxy(self.nats.port)
        self.to_postgres = Proxy(self.postgres.port)
        self.workers: list[Child] = []
        self.gateways: list[Child] = []
        self.gateway_urls: list[str] = []
        self.gate = asyncio.Event()
        """Closed while nothing new shall be sent."""
        self._count = workers
        self._mutant = mutant
        self._with_plugins = with_plugins
        self._keepers: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Tables, streams, proxies, workers, gateways."""
        await self.to_nats.start()
        await self.to_postgres.start()
        await migrate(PostgresSettings(url=self.postgres.url()), community.migrations() if self._with_plugins else [])
        async with open_broker(NatsSettings(url=self.nats.url)) as broker:
            await broker.prepare()
        ways, loaded = [self.postgres_url, self.nats_url], "all" if self._with_plugins else "none"
        for number in range(self._count):
            arguments = ["tests.chaos.worker", *ways, str(self.folder), str(number), loaded]
            arguments += filter(None, [self._mutant])
            self.workers.append(Child(f"worker{number}", arguments, self.folder, self.folder / f"freeze{number}"))
        self._keys()
        for number in range(GATEWAYS):
            port = free_port()
            arguments = ["tests.chaos.gateway", *ways, self.cache.url, str(port), str(self.folder / "secrets"), loaded]
            self.gateways.append(Child(f"gateway{number}", arguments, self.folder))
            self.gateway_urls.append(f"http://127.0.0.1:{port}")
        self._keepers = [asyncio.create_task(each.keep()) for each in (*self.workers, *self.gateways)]
        self.gate.set()

    def _keys(self) -> Keys:
        keys = Keys(self.folder / "secrets")
        for name in ("access_token", "request_digest"):  # Made here, so that both gateways have the same.
            keys.get(name)
        return keys

    def token(self, member: str, *roles: str) -> str:
        """An access token that lasts, of a member with further roles."""
        return Tokens(self._keys().get("access_token")).issue_access(member, ("member", *roles), "ses_1", 86_400)

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
        sql = "SELECT count(*) FROM partition p JOIN worker w ON w.id = p.owner WHERE w.pid = $1"
        end = time.monotonic() + within_s
        while time.monotonic() < end and await self.value(sql, pid) != 0:  # noqa: ASYNC110  # the database's
            await asyncio.sleep(0.1)

    async def value(self, sql: str, *arguments: object) -> object:
        """One value of a query; None while the database is away."""
        with contextlib.suppress(*AWAY):
            database = await asyncpg.connect(self.postgres.url(), timeout=2)
            try:
                return await database.fetchval(sql, *arguments)
            finally:
                await database.close(timeout=1)
        return None

    async def quiet(self, acked: int, within_s: float) -> bool:
        """Wait until all that was accepted is answered and nothing is under way; False if it does not come to that."""
        end = time.monotonic() + within_s
        before: object = None
        while time.monotonic() < end:
            now = await self.value(QUIET, acked)
            if now is not None and now == before:
                return True
            before = now
            await asyncio.sleep(1.0)
        return False

    async def close(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        for child in (*self.workers, *self.gateways):
            child.stop()
        await self.to_nats.stop()
        await self.to_postgres.stop()
        self.nats.stop()
        self.cache.stop()
        self.signal_postgres(signal.SIGCONT)
        self.postgres.stop()
        self.disk.remove()


QUIET = """
SELECT sum(p.cursor + p.out_seq) FROM partition p
HAVING (SELECT count(*) FROM request WHERE status IS NOT NULL AND id ~ '^mem_([0-9]|web):') >= $1
   AND NOT EXISTS (SELECT 1 FROM request WHERE status IS NULL AND id NOT LIKE 'j:%')
   AND NOT EXISTS (SELECT 1 FROM reminder WHERE kind = 'ledger' OR due < now() - interval '2 seconds')
   AND NOT EXISTS (SELECT 1 FROM job WHERE state IN ('ready', 'running'))
   AND NOT EXISTS (SELECT 1 FROM tell)
   AND NOT EXISTS (SELECT 1 FROM partition p WHERE published_seq <
       (SELECT coalesce(max(seq), 0) FROM event_log e WHERE e.partition = p.n))
"""
"""Where nothing is under way, how far all of it went: the same twice is quiet."""
