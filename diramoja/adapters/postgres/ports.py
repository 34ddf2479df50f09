"""Opens PostgreSQL's ports over the connections of one event loop."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from diramoja.adapters.postgres.client import PostgresClient
from diramoja.adapters.postgres.database import PostgresDatabase
from diramoja.adapters.postgres.event_log import PostgresEventLog
from diramoja.adapters.postgres.forgetting import PostgresForgetting
from diramoja.adapters.postgres.jobs import PostgresJobs
from diramoja.adapters.postgres.operations import PostgresOperations
from diramoja.adapters.postgres.records import PostgresRecords
from diramoja.adapters.postgres.search import PostgresSearch
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import EventLog, JobStore, Operations, Records
from diramoja.ports.forgetting import Forgetting
from diramoja.ports.search import Search

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
        yield _ports(client) | {"heartbeat": heartbeat}
    finally:
        await client.close()


def _ports(client: PostgresClient) -> dict[str, object]:
    """Each as what its port says, so that the type checker compares the two."""
    records: Records = PostgresRecords(client)
    jobs: JobStore = PostgresJobs(client)
    event_log: EventLog = PostgresEventLog(client)
    operations: Operations = PostgresOperations(client)
    database: Database = PostgresDatabase(client)
    search: Search = PostgresSearch(client)
    forgetting: Forgetting = PostgresForgetting(client)
    return {
        "records": records,
        "jobs": jobs,
        "event_log": event_log,
        "operations": operations,
        "database": database,
        "search": search,
        "forgetting": forgetting,
    }


@asynccontextmanager
async def open_records(settings: PostgresSettings) -> AsyncIterator[Records]:
    """Records for the event loop that enters this; connections are opened as they are used."""
    client = PostgresClient(settings)
    try:
        yield PostgresRecords(client)
    finally:
        await client.close()
