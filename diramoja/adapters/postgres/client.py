"""Connections to PostgreSQL: opens them at first use, opens them again after they broke, closes them.

A client belongs to the event loop that uses it. A thread with a loop of its own has a client of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import msgspec
from asyncpg import exceptions as pg
from asyncpg.pool import Pool, PoolConnectionProxy

from diramoja.adapters.postgres.errors import translated
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.errors import DiramojaError, SettingsError, UnavailableError
from diramoja.core.settings import read_secret

__all__ = ["Connection", "KeptConnection", "PooledConnections", "PostgresClient", "connect", "end"]

type Connection = asyncpg.Connection
type Borrowed = PoolConnectionProxy

CLOSE_S = 1.0
IDLE_S = 60.0
"""A pooled connection that was not used for so long is closed."""

# A session whose client is gone ends within seconds, even in the middle of a statement: it may hold locks.
_ALL = {
    "client_connection_check_interval": "500ms",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "jit": "off",
}
# Statements by key over tables that grow: without statistics, in a new database, the planner would scan or hash them.
BY_KEY = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}
COMMIT = {**BY_KEY, "synchronous_commit": "on", "idle_in_transaction_session_timeout": "1s"}
# Queries of plugins: a plan kept for other values of the parameters may be far slower than a plan made each time.
QUERY = {"plan_cache_mode": "force_custom_plan"}


@contextmanager
def _url_checked() -> Iterator[None]:
    try:
        yield
    except (pg.ClientConfigurationError, ValueError):  # Its text may quote the password.
        raise SettingsError(
            "[postgres] url is no URL of a PostgreSQL database.", cure="Write postgresql://user@host:5432/database."
        ) from None


def _arguments(settings: PostgresSettings, purpose: str, server_settings: Mapping[str, str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "dsn": settings.url,
        "timeout": settings.connect_timeout_s,
        "command_timeout": settings.deadline_s,
        "statement_cache_size": settings.statement_cache,
        "server_settings": {"application_name": f"{settings.application} {purpose}", **_ALL, **server_settings},
    }
    if settings.password_file:
        arguments["password"] = read_secret(settings.password_file, "postgres.password_file")
    return arguments


async def connect(
    settings: PostgresSettings, purpose: str, server_settings: Mapping[str, str] | None = None
) -> Connection:
    """A connection of its own.

    Raises:
        UnavailableError: none can be had.
        SettingsError: the URL or the password file is wrong.
    """
    arguments = _arguments(settings, purpose, server_settings or {})
    with translated(), _url_checked():
        connection: Connection = await asyncpg.connect(**arguments)
    return connection


class KeptConnection:
    """One connection, used by one task at a time; opened at first use, and again after it broke."""

    def __init__(self, settings: PostgresSettings, purpose: str, server_settings: Mapping[str, str]) -> None:
        self._settings = settings
        self._purpose = purpose
        self._server_settings = server_settings
        self._connection: Connection | None = None
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Connection]:
        """The connection, for one task; whatever leaves it in an unknown state closes it.

        Raises:
            UnavailableError: there is none to be had, or it broke.
            InvalidError: PostgreSQL refuses a statement or a value.
        """
        async with self._lock:
            connection = self._connection
            if connection is None or connection.is_closed():
                connection = self._connection = await connect(self._settings, self._purpose, self._server_settings)
            try:
                with translated():
                    yield connection
            except BaseException as error:
                settled = isinstance(error, DiramojaError) and not isinstance(error, UnavailableError)
                if not settled or connection.is_in_transaction():
                    connection.terminate()
                raise

    async def close(self) -> None:
        """End it."""
        if self._connection is not None:
            await end(self._connection)


class PooledConnections:
    """A pool, opened at first use; connections idle for a minute are closed."""

    def __init__(
        self, settings: PostgresSettings, purpose: str, server_settings: Mapping[str, str], **options: Any
    ) -> None:
        self._settings = settings
        self._arguments = (purpose, server_settings)
        self._options = options
        self._pool: Pool | None = None

    async def _opened(self) -> Pool:
        if self._pool is None:
            with _url_checked():
                self._pool = asyncpg.create_pool(
                    min_size=0,
                    max_size=self._settings.pool_size,
                    max_inactive_connection_lifetime=IDLE_S,
                    **_arguments(self._settings, *self._arguments),
                    **self._options,
                )
        await self._pool  # Does nothing once it is open; tasks that come together open it once.
        return self._pool

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Borrowed]:
        """A connection for one task.

        Raises:
            UnavailableError: none can be had in time, or it broke.
            InvalidError: PostgreSQL refuses a statement or a value.
            ConflictError: a unique key exists.
        """
        with translated():
            pool = await self._opened()
            async with pool.acquire(timeout=self._settings.connect_timeout_s) as connection:
                try:
                    yield connection
                except TimeoutError:
                    connection.terminate()  # Whether it still lives is unknown.
                    raise

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """All rows of one statement. Raises as `use`."""
        async with self.use() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *args)
        return rows

    async def close(self) -> None:
        """End all of them; what they are at after a second is broken off."""
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


class PostgresClient:
    """All connections of one process, or of one thread with an event loop of its own.

    Attributes:
        commit: for the turn's transactions only; killed by the server if it idles within one for a second.
        control: for leases, so that they wait for nothing else.
        keys: for reads and short writes by key.
        queries: for whatever SQL plugins bring. JSON columns are read and written as Python values.
    """

    def __init__(self, settings: PostgresSettings) -> None:
        self.settings = settings
        self.commit = KeptConnection(settings, "commit", COMMIT)
        self.control = KeptConnection(settings, "control", BY_KEY)
        self.keys = PooledConnections(settings, "keys", BY_KEY, reset=_keep)
        limit = {"statement_timeout": f"{int(settings.query_timeout_s * 1000)}ms"}
        self.queries = PooledConnections(settings, "queries", {**QUERY, **limit}, init=_know_json)

    async def ping(self) -> None:
        """Return if the database answers.

        Raises:
            UnavailableError: it does not.
        """
        async with self.control.use() as connection:
            await connection.execute("SELECT 1")

    async def close(self) -> None:
        """Close everything."""
        for each in (self.commit, self.control, self.keys, self.queries):
            await each.close()


async def _keep(connection: Borrowed) -> None:
    """Instead of asyncpg's reset, a round trip at every release: statements by key leave nothing behind."""


async def _know_json(connection: Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=_to_json, decoder=msgspec.json.decode, format="text"
        )


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def end(connection: Connection) -> None:
    """Close politely within a second, else break it off."""
    try:
        await connection.close(timeout=CLOSE_S)
    except (OSError, TimeoutError, pg.PostgresError, pg.InterfaceError):
        connection.terminate()
