"""Real servers for the tests of workers, and a fresh database for each."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from diramoja.adapters.nats.broker import NatsBroker, open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.envelope import ReplyHint, unpack
from tests.support.nats_server import NatsServer
from tests.support.postgres_server import PostgresServer
from tests.support.worker_stage import Stage


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
async def database_url(postgres: PostgresServer) -> str:
    """Of a new database with our tables."""
    name = f"t{time.monotonic_ns()}"
    admin = await asyncpg.connect(postgres.url())
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    url = postgres.url(name)
    await migrate(PostgresSettings(url=url), [])
    return url


@pytest.fixture
async def broker(nats_server: NatsServer) -> AsyncIterator[NatsBroker]:
    async with open_broker(NatsSettings(url=nats_server.url)) as opened:
        await opened.prepare()
        yield opened


@pytest.fixture
async def stage(database_url: str, broker: NatsBroker, nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage((database_url, nats_server.url), broker, await asyncpg.connect(database_url), tmp_path)

    def heard(_subject: str, data: bytes) -> None:
        hint = unpack(ReplyHint, data)
        made.hints.setdefault(hint.request, []).append(hint)

    await broker.listen("reply.test", heard)
    yield made
    made.clear()
    await made.database.close()
