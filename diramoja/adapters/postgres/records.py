"""The records port on PostgreSQL: what a worker reads, and its one transaction a turn."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from diramoja.adapters.postgres import ownership
from diramoja.adapters.postgres.client import Connection, PostgresClient
from diramoja.adapters.postgres.commit import fence, statements
from diramoja.adapters.postgres.errors import DRIVER_ERRORS, ended_commit, ours, refused_commit
from diramoja.core.errors import FencedError, InvalidError, UnavailableError
from diramoja.core.ports.rows import (
    AgentKey,
    EventRow,
    Mode,
    OwnRow,
    ParkedRow,
    PartitionRow,
    ReminderRow,
    RequestRow,
    RowKey,
    SnapshotRow,
    Tail,
    TellRow,
    WorkerRow,
    Writes,
)

__all__ = ["REQUESTS", "PostgresRecords", "select"]


def select(row: Any, table: str, alias: str = "") -> str:
    """SELECT of a row class's fields from the table of its name."""
    names = ", ".join(f"{alias}.{field}" if alias else field for field in row._fields)
    return f"SELECT {names} FROM {table} {alias}".rstrip()  # noqa: S608  # constants


SNAPSHOTS = select(SnapshotRow, "snapshot", "s") + (
    " JOIN unnest($1::text[], $2::text[]) AS k (kind, agent) ON s.kind = k.kind AND s.agent = k.agent"
)
OWN_ROWS = select(OwnRow, "own_row", "o") + (
    " JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS k (kind, agent, collection, key)"
    " ON o.kind = k.kind AND o.agent = k.agent AND o.collection = k.collection AND o.key = k.key"
)
REQUESTS = select(RequestRow, "request") + " WHERE id = ANY($1::text[])"
DUE = select(ReminderRow, "reminder") + (
    " WHERE partition = ANY($1::int[]) AND due <= $2 ORDER BY due, kind, agent, name LIMIT $3"
)
PARKED = select(ParkedRow, "parked") + " WHERE kind = $1 AND agent = $2 ORDER BY seq LIMIT $3"
TELLS = select(TellRow, "tell") + " WHERE partition = $1 AND seq > $2 ORDER BY seq LIMIT $3"
EVENTS = select(EventRow, "event_log") + " WHERE partition = $1 AND seq > $2 ORDER BY seq LIMIT $3"


class PostgresRecords:
    """See the port.

    One for the worker's event loop; its heartbeat thread opens another one with `open_records`: nothing is shared, and
    only the connections that are used are opened.
    """

    def __init__(self, client: PostgresClient) -> None:
        self._client = client
        self._introduced: tuple[Connection, str] | None = None  # The commit connection that this worker's row names.

    # --- ownership ---

    async def beat(self, worker: WorkerRow, lease_s: float) -> list[str]:
        """See the port."""
        async with self._client.control.use() as connection:
            return await ownership.beat(connection, worker, lease_s)

    async def partitions(self) -> list[PartitionRow]:
        """See the port."""
        async with self._client.control.use() as connection:
            return await ownership.partitions(connection)

    async def claim(self, worker: str, numbers: Sequence[int], lease_s: float) -> list[PartitionRow]:
        """See the port."""
        async with self._client.control.use() as connection:
            return await ownership.claim(connection, worker, numbers, lease_s)

    async def stream_of_record(self, created: datetime) -> datetime:
        """See the port."""
        async with self._client.control.use() as connection:
            return await ownership.stream_of_record(connection, created)

    async def enlist(self, versions: Mapping[str, int]) -> list[str]:
        """See the port."""
        async with self._client.control.use() as connection:
            return await ownership.enlist(connection, versions)

    async def suspect(self, mark: PartitionRow, what: str) -> None:
        """See the port."""
        async with self._client.control.use() as connection:
            await ownership.suspect(connection, mark, what)

    async def release(self, worker: str, numbers: Sequence[int]) -> None:
        """See the port."""
        async with self._client.control.use() as connection:
            await ownership.release(connection, worker, numbers)

    async def retire(self, worker: str) -> None:
        """See the port."""
        async with self._client.control.use() as connection:
            await ownership.retire(connection, worker)

    # --- gather ---

    async def snapshots(self, agents: Sequence[AgentKey]) -> list[SnapshotRow]:
        """See the port."""
        if not agents:
            return []
        return [SnapshotRow(*row) for row in await self._client.keys.fetch(SNAPSHOTS, *zip(*agents, strict=True))]

    async def own_rows(self, keys: Sequence[RowKey]) -> list[OwnRow]:
        """See the port."""
        if not keys:
            return []
        return [OwnRow(*row) for row in await self._client.keys.fetch(OWN_ROWS, *zip(*keys, strict=True))]

    async def requests(self, ids: Sequence[str]) -> list[RequestRow]:
        """See the port."""
        if not ids:
            return []
        return [RequestRow(*row) for row in await self._client.keys.fetch(REQUESTS, ids)]

    async def due(self, partitions: Sequence[int], now: datetime, limit: int) -> list[ReminderRow]:
        """See the port."""
        return [ReminderRow(*row) for row in await self._client.keys.fetch(DUE, partitions, now, limit)]

    async def parked(self, agent: AgentKey, limit: int) -> list[ParkedRow]:
        """See the port."""
        return [ParkedRow(*row) for row in await self._client.keys.fetch(PARKED, *agent, limit)]

    async def kind_modes(self) -> Mapping[str, Mode]:
        """See the port."""
        rows = await self._client.keys.fetch("SELECT kind, mode FROM kind_control WHERE mode <> 'running'")
        return {row[0]: row[1] for row in rows}

    async def tail(self, partition: PartitionRow, limit: int) -> Tail:
        """See the port."""
        tells = await self._client.keys.fetch(TELLS, partition.n, partition.told_seq, limit)
        events = await self._client.keys.fetch(EVENTS, partition.n, partition.published_seq, limit)
        return Tail([TellRow(*row) for row in tells], [EventRow(*row) for row in events])

    # --- commit ---

    async def commit(self, writes: Writes) -> None:
        """See the port."""
        async with self._client.commit.use() as connection:
            await self._introduce(connection, writes)
            try:
                await _write(connection, writes)
            except (FencedError, InvalidError):
                await connection.execute("ROLLBACK")  # After anything else the connection is closed.
                raise
            await _end(connection)

    async def _introduce(self, connection: Connection, writes: Writes) -> None:
        """Before its first commit: whoever takes over must know which session to end."""
        owner = writes.marks[0][0].owner if writes.marks else ""
        if owner and self._introduced != (connection, owner):
            await ownership.introduce(connection, owner)
            self._introduced = (connection, owner)


async def _write(connection: Connection, writes: Writes) -> None:
    """All statements of the transaction up to its end; each is made while the one before it runs."""
    running = _started(connection, "BEGIN", ())
    try:
        for sql, arguments in statements(writes):
            await running
            running = _started(connection, sql, arguments)
            await asyncio.sleep(0)  # The loop sends it now.
        if writes.marks:
            sql, arguments = fence(writes.marks)
            await running
            running = _started(connection, sql, arguments)
        done = await running
    except DRIVER_ERRORS as error:
        mine = refused_commit(ours(error))
        raise mine from (error if isinstance(mine, UnavailableError) else None)
    finally:
        await _settled(running)
    if writes.marks and done != f"UPDATE {len(writes.marks)}":
        raise FencedError("A partition has another owner or turn now; nothing was written.")


def _started(connection: Connection, sql: str, arguments: Sequence[Any]) -> asyncio.Task[str]:
    loop = asyncio.get_running_loop()
    return asyncio.Task(connection.execute(sql, *arguments), loop=loop, eager_start=True)


async def _settled(running: asyncio.Task[str]) -> None:
    """It runs no more, whatever became of it: where the next statement could not be made, nobody waits for it."""
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError, *DRIVER_ERRORS):
        await running


async def _end(connection: Connection) -> None:
    if connection.is_closed():
        raise UnavailableError("PostgreSQL broke the connection before the commit.", code="postgres_unavailable")
    try:
        await connection.execute("COMMIT")
    except DRIVER_ERRORS as error:
        mine = ended_commit(error)
        raise mine from (error if isinstance(mine, UnavailableError) else None)
