"""A gateway over the in-memory runtime: HTTP and WebSocket without servers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from litestar import Litestar
from litestar.testing import TestClient

from diramoja.core.errors import DiramojaError
from diramoja.core.keys import Keys
from diramoja.core.plugin import Plugin
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.cache import Cache
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import EventLog, JobStore, Operations, Records
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.ownership import Heartbeat, new_worker
from diramoja.core.runtime.settings import RuntimeSettings
from diramoja.core.runtime.worker import Worker
from diramoja.core.settings import Settings
from diramoja.core.tokens import Tokens
from diramoja.testing.memory import MemoryBroker, MemoryRecords, VirtualClock
from diramoja_community.application import create_application
from diramoja_community.deployment import DeploymentSettings
from diramoja_community.dispatch import DispatchSettings
from diramoja_community.settings import GatewaySettings

__all__ = ["CountingCache", "NoDatabase", "Process", "gateway_client"]


class CountingCache(Cache):
    """A cache without expiry."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.counts: dict[str, int] = {}

    async def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        self.values[key] = value

    async def drop(self, key: str) -> None:
        self.values.pop(key, None)

    async def count(self, key: str, ttl_s: float) -> int:
        self.counts[key] = self.counts.get(key, 0) + 1
        return self.counts[key]


class NoDatabase:
    """A database without a table."""

    async def fetch(self, sql: str, *args: Any) -> Sequence[Mapping[str, Any]]:
        return []

    async def one(self, sql: str, *args: Any) -> Mapping[str, Any] | None:
        return {"one": 1} if sql.startswith("SELECT 1") else None

    async def execute(self, sql: str, *args: Any) -> int:
        return 0

    def begin(self) -> Any:
        raise NotImplementedError

    def stream(self, sql: str, *args: Any, page: int = 1000) -> Any:
        raise NotImplementedError


@attrs.define
class Process:
    """What the host would give, over memory; `serve` runs the worker beside the application."""

    keys: Keys
    registry: Registry
    records: MemoryRecords
    broker: MemoryBroker
    cache: CountingCache
    ports: Ports
    works: bool = True

    @classmethod
    def of(cls, data: Path, plugins: Sequence[Plugin], *given: Settings, ports: Mapping[type, object]) -> "Process":
        clock = VirtualClock()
        records, broker, cache = MemoryRecords(clock), MemoryBroker(clock), CountingCache()
        provided: dict[type, object] = {
            Clock: clock,
            Broker: broker,
            Cache: cache,
            Database: NoDatabase(),
            **dict.fromkeys((Records, Operations, JobStore, EventLog), records),
            **ports,
        }
        sections: dict[type, Settings] = {
            each: each() for each in (GatewaySettings, DispatchSettings, DeploymentSettings)
        } | {type(each): each for each in given}
        keys = Keys(data / "secrets")
        provided |= {**sections, Keys: keys}
        return cls(keys, Registry.of(plugins, sections), records, broker, cache, Ports(provided))

    @contextlib.asynccontextmanager
    async def working(self, _: Litestar) -> AsyncIterator[None]:
        """The worker's own turn, beside the gateway."""
        heartbeat = Heartbeat(self.records, new_worker("worker"), 2, 0.5)
        await heartbeat.start()
        worker = Worker(Environment(self.registry, self.ports, RuntimeSettings(poll_s=0.01)), heartbeat, by_hand=True)
        task = asyncio.create_task(self._work(worker))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _work(self, worker: Worker) -> None:
        while True:
            with contextlib.suppress(DiramojaError):
                if self.works and await worker.step():
                    await worker.publish_now()
            await asyncio.sleep(0.002)

    def token(self, member: str = "mem_a", *roles: str, ttl_s: float = 600) -> str:
        """An access token."""
        return Tokens(self.keys.get("access_token")).issue_access(member, roles or ("member",), "ses_1", ttl_s)

    def signed_in(self, member: str = "mem_a", *roles: str) -> dict[str, str]:
        """Headers of a member."""
        return {"authorization": f"Bearer {self.token(member, *roles)}"}


@contextlib.contextmanager
def gateway_client(
    data: Path, plugins: Sequence[Plugin], *settings: Settings, ports: Mapping[type, object] | None = None
) -> Iterator[tuple[TestClient[Litestar], Process]]:
    """A client of a gateway with these plugins, and the process behind it."""
    process = Process.of(data, plugins, *settings, ports=ports or {})
    application = create_application(process)
    application._lifespan_managers.append(process.working(application))
    with TestClient(application, raise_server_exceptions=False) as client:
        yield client, process
