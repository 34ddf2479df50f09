"""Servers for a benchmark: PostgreSQL and NATS from the wheels, durable as in production, in a folder of their own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import attrs
import nats
from nats.aio.client import Client

from diramoja.adapters.embedded import EmbeddedServers, EmbeddedSettings
from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.plugin import Plugin
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.clock import Clock, SystemClock
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import EventLog, JobStore, Operations, Records
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.ownership import ThreadHeartbeat, new_worker
from diramoja.core.runtime.settings import RuntimeSettings
from diramoja.core.runtime.worker import Worker

__all__ = ["Bench", "open_bench", "reach"]


@attrs.define
class Bench:
    """Open servers and what to reach them with."""

    postgres_url: str
    nats_url: str
    broker: Broker
    opened: Mapping[str, Any]
    _names: int = 0

    def unique(self, prefix: str) -> str:
        """A name that no other run has."""
        self._names += 1
        return f"{prefix}{self._names}"

    async def nats_client(self) -> Client:
        """A plain connection to NATS."""
        return await nats.connect(self.nats_url)

    @asynccontextmanager
    async def worker(self, *plugins: Plugin) -> AsyncIterator[Worker]:
        """A running worker with partitions, its heartbeat in a thread, as in production."""
        ports: dict[type, object] = {
            Records: self.opened["records"],
            Operations: self.opened["operations"],
            JobStore: self.opened["jobs"],
            EventLog: self.opened["event_log"],
            Database: self.opened["database"],
            Broker: self.broker,
            Clock: SystemClock(),
        }
        settings = RuntimeSettings()
        environment = Environment(Registry.of(plugins), Ports(ports), settings)
        heartbeat = ThreadHeartbeat(self.opened["heartbeat"], new_worker("worker"), settings.lease_s, settings.beat_s)
        worker = Worker(environment, heartbeat)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run)
            yield worker
            worker.stop()


@asynccontextmanager
async def open_bench(folder: Path) -> AsyncIterator[Bench]:
    """Servers for the block, with an empty database."""
    async with (
        EmbeddedServers.start(folder, EmbeddedSettings(), lambda _event: None, servers=("postgres", "nats")) as servers,
        reach(servers.urls) as bench,
    ):
        yield bench


@asynccontextmanager
async def reach(urls: Mapping[str, str]) -> AsyncIterator[Bench]:
    """Tables and adapters."""
    postgres = PostgresSettings(url=urls["postgres"])
    await migrate(postgres, [])
    async with open_postgres(postgres) as opened, open_broker(NatsSettings(url=urls["nats"])) as broker:
        await broker.prepare()
        yield Bench(urls["postgres"], urls["nats"], broker, opened)
