from collections.abc import AsyncIterator

import pytest

from diramoja.adapters.postgres.client import Connection, PostgresClient, connect, end
from diramoja.adapters.postgres.settings import PostgresSettings
from tests.support.postgres_server import emptied_database, shared_postgres


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def settings() -> PostgresSettings:
    """A database with all tables and no rows."""
    return await emptied_database(shared_postgres())


@pytest.fixture
async def beside(settings: PostgresSettings) -> AsyncIterator[Connection]:
    """A connection of somebody else to the same database."""
    connection = await connect(settings, "beside")
    yield connection
    await end(connection)


@pytest.fixture
async def client(settings: PostgresSettings) -> AsyncIterator[PostgresClient]:
    made = PostgresClient(settings)
    yield made
    await made.close()
