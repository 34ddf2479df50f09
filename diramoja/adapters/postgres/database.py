"""The database port: plain SQL of plugins, over the pool for queries."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from diramoja.adapters.postgres.client import Borrowed, PostgresClient
from diramoja.adapters.postgres.errors import translated
from diramoja.core.ports.database import Session

__all__ = ["PostgresDatabase"]


class PostgresSession:
    """See the port: one connection within a transaction."""

    def __init__(self, connection: Borrowed, timeout_s: float) -> None:
        self._connection = connection
        self._timeout_s = timeout_s

    async def fetch(self, sql: str, *args: Any) -> Sequence[Mapping[str, Any]]:
        """See the port."""
        with translated():
            rows = await self._connection.fetch(sql, *args, timeout=self._timeout_s)
        return [dict(row) for row in rows]

    async def one(self, sql: str, *args: Any) -> Mapping[str, Any] | None:
        """See the port."""
        with translated():
            row = await self._connection.fetchrow(sql, *args, timeout=self._timeout_s)
        return None if row is None else dict(row)

    async def execute(self, sql: str, *args: Any) -> int:
        """See the port. 0 where the statement affects no rows by its nature."""
        with translated():
            done: str = await self._connection.execute(sql, *args, timeout=self._timeout_s)
        count = done.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0


class PostgresDatabase:
    """See the port."""

    def __init__(self, client: PostgresClient) -> None:
        self._queries = client.queries
        # PostgreSQL ends what takes too long, as it can say so; ours is for when it does not.
        self._timeout_s = client.settings.query_timeout_s + 1

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[PostgresSession]:
        async with self._queries.use() as connection:
            yield PostgresSession(connection, self._timeout_s)

    async def fetch(self, sql: str, *args: Any) -> Sequence[Mapping[str, Any]]:
        """See the port."""
        async with self._session() as session:
            return await session.fetch(sql, *args)

    async def one(self, sql: str, *args: Any) -> Mapping[str, Any] | None:
        """See the port."""
        async with self._session() as session:
            return await session.one(sql, *args)

    async def execute(self, sql: str, *args: Any) -> int:
        """See the port."""
        async with self._session() as session:
            return await session.execute(sql, *args)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        """See the port."""
        async with self._queries.use() as connection, connection.transaction():
            yield PostgresSession(connection, self._timeout_s)

    async def stream(self, sql: str, *args: Any, page: int = 1000) -> AsyncIterator[Mapping[str, Any]]:
        """See the port."""
        async with self._queries.use() as connection, connection.transaction(readonly=True):
            async for row in connection.cursor(sql, *args, prefetch=page, timeout=self._timeout_s):
                yield dict(row)
