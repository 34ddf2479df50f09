"""The read model of a runtime in memory on a real PostgreSQL, for the queries of plugins."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec

from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.core import Plugin
from diramoja.core.ports.database import Database
from diramoja.testing.runtime import Runtime
from tests.support.postgres_server import fresh_database, shared_postgres

__all__ = ["copied", "read_model"]


@asynccontextmanager
async def read_model(runtime: Runtime, plugins: Sequence[Plugin]) -> AsyncIterator[Database]:
    """A fresh database with the tables of the plugins and the rows that the turns have projected."""
    settings = await fresh_database(shared_postgres())
    await migrate(settings, [(plugin.name, plugin.migrations) for plugin in plugins if plugin.migrations])
    async with open_postgres(settings) as ports:
        database: Database = ports["database"]  # type: ignore[assignment]  # by its name
        for table, rows in runtime.records.tables.items():
            await copied(database, table, list(rows.values()))
        yield database


async def copied(db: Database, table: str, rows: Sequence[bytes]) -> None:
    """As the records adapter writes them."""
    if rows:
        names = ", ".join(f'"{name}"' for name in msgspec.json.decode(rows[0]))
        await db.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {names}'
            f' FROM json_populate_recordset(NULL::"{table}", $1::text::json)',
            (b"[" + b",".join(rows) + b"]").decode(),
        )
