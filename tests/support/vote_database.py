"""A database with the tables of members and votes, and members put into it by SQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.core.ports.database import Database
from diramoja.plugins.member.hooks import register_plugin as members
from diramoja.plugins.vote.hooks import register_plugin as votes
from tests.support.postgres_server import fresh_database, shared_postgres

__all__ = ["vote_database"]


@asynccontextmanager
async def vote_database(sql: str, *arguments: object) -> AsyncIterator[Database]:
    """For the block; `sql` makes the members."""
    settings = await fresh_database(shared_postgres())
    plugins = (members(), votes())
    await migrate(settings, [(plugin.name, plugin.migrations) for plugin in plugins if plugin.migrations])
    async with open_postgres(settings) as ports:
        database: Database = ports["database"]  # type: ignore[assignment]  # by its name
        await database.execute(sql, *arguments)
        yield database
