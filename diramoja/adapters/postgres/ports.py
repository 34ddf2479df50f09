"""Opens PostgreSQL's ports over the connections of one event loop."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from diramoja.adapters.postgres.client import PostgresClient
from diramoja.adapters.postgres.database import PostgresDatabase
from diramoja.adapters.postgres.event_log import PostgresEventLog
from diramoja.adapters.postgres.jobs import PostgresJobs
from diramoja.adapters.postgres.operations import PostgresOperations
from diramoja.adapters.postgres.records import PostgresRecords
from diramoja.adapters.postgres.search import PostgresSearch
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.ports.records import Records

__all__ = ["open_postgres", "open_records"]


@asynccontextmanager
async def open_postgres(settings: PostgresSettings) -> AsyncIterator[Mapping[str, object]]:
    """Port name → adapter; `heartbeat` opens records for a thread with an event loop of its own.

    Raises:
        UnavailableError: the database does not answer.
        SettingsError: the URL or the password file is wrong.
    """
    client = PostgresClient(settings)
    heartbeat: Callable[[], AbstractAsyncContextManager[Records]] = partial(open_records, settings)
    try:
        await client.ping()
        yield {
            "records": PostgresRecords(client),
            "jobs": PostgresJobs(client),
            "event_log": PostgresEventLog(client),
            "operations": PostgresOperations(client),
            "database": PostgresDatabase(client),
            "search": PostgresSearch(client),
            "heartbeat": heartbeat,
        }
    finally:
        await client.close()


@asynccontextmanager
async def open_records(settings: PostgresSettings) -> AsyncIterator[Records]:
    """Records for the event loop that enters this; connections are opened as they are used."""
    client = PostgresClient(settings)
    try:
        yield PostgresRecords(client)
    finally:
        await client.close()
