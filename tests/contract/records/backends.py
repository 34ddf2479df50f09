"""The stores that the contract suite of the records ports runs on."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, cast

import attrs
import msgspec

from diramoja.adapters.postgres.ports import open_postgres
from diramoja.core.ports.clock import SystemClock
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import EventLog, JobStore, Operations, Records
from diramoja.ports.forgetting import Forgetting
from diramoja.testing.memory import MemoryRecords
from tests.support.postgres_server import emptied_database, shared_postgres

__all__ = ["BACKENDS", "Backend", "Store"]


class Store(Records, JobStore, EventLog, Operations, Forgetting, Protocol):
    """All ports of one fresh store, and what a test does behind their backs."""

    async def table(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Rows of a table of the read model by key; `talk_list(id text, title text, n int)` is there."""
        ...

    async def lapse(self, worker: str) -> None:
        """Let the leases of a worker expire."""
        ...


@attrs.frozen
class Backend:
    """A way to get a fresh store, and what it does otherwise: feature → why it is not there."""

    name: str
    open: Callable[[], AbstractAsyncContextManager[Store]]
    lacks: dict[str, str] = attrs.field(factory=dict)


class _PostgresStore:
    """The five adapters and the plain SQL behind them as one object."""

    def __init__(self, ports: Mapping[str, Any]) -> None:
        self._parts = [ports[name] for name in ("records", "jobs", "event_log", "operations", "forgetting")]
        self._database: Database = ports["database"]

    def __getattr__(self, name: str) -> Any:
        return next(getattr(part, name) for part in self._parts if hasattr(part, name))

    async def table(self, name: str) -> Sequence[Mapping[str, Any]]:
        return await self._database.fetch(f"SELECT * FROM {name} ORDER BY 1")

    async def lapse(self, worker: str) -> None:
        for table, column in (("partition", "owner"), ("worker", "id")):
            await self._database.execute(
                f"UPDATE {table} SET lease_until = now() - interval '1 ms' WHERE {column} = $1", worker
            )


@asynccontextmanager
async def _postgres() -> AsyncIterator[Store]:
    settings = await emptied_database(shared_postgres())
    async with open_postgres(settings) as ports:
        database = cast("Database", ports["database"])
        await database.execute("DROP TABLE IF EXISTS talk_list")
        await database.execute("CREATE TABLE talk_list (id text PRIMARY KEY, title text NOT NULL, n integer)")
        yield cast("Store", _PostgresStore(ports))


class _MemoryStore(MemoryRecords):
    async def table(self, name: str) -> Sequence[Mapping[str, Any]]:
        rows = self.tables.get(name, {})
        return [msgspec.json.decode(rows[key]) for key in sorted(rows)]

    async def lapse(self, worker: str) -> None:
        raise NotImplementedError


@asynccontextmanager
async def _memory() -> AsyncIterator[Store]:
    yield cast("Store", _MemoryStore(SystemClock()))


BACKENDS = [
    Backend("postgres", _postgres),
    Backend(
        "memory",
        _memory,
        {
            "leases": "leases end by `retire`, not by time",
            "locks": "a job that was taken stays so: nobody dies there while it runs",
            "refusal": "there are no column types that could refuse a value",
            "phases": "an agent's phase is not read from its state",
            "trace": "only events can be traced",
            "pages": "dead letters and agents are few: one page",
        },
    ),
]
