"""The connection to Valkey or Redis: opens, asks with a deadline, leaves alone what does not answer, closes."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from diramoja.adapters.valkey.errors import DRIVER_ERRORS, from_driver
from diramoja.adapters.valkey.settings import ValkeySettings
from diramoja.core.errors import SettingsError, UnavailableError
from diramoja.core.settings import read_secret

__all__ = ["Breaker", "ValkeyClient", "open_client"]

log = structlog.get_logger(__name__)


class Breaker:
    """Opens after some failures in a row; after a pause it lets one call through, which decides."""

    def __init__(self, failures: int, pause_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = failures
        self._pause_s = pause_s
        self._clock = clock
        self._failed = 0
        self._until = 0.0

    @property
    def closed(self) -> bool:
        """Whether calls go through."""
        return self._failed < self._most

    def admits(self) -> bool:
        """Whether this call may be made."""
        if self.closed:
            return True
        if self._clock() < self._until:
            return False
        self._until = self._clock() + self._pause_s
        return True

    def succeeded(self) -> None:
        """A call was answered."""
        if not self.closed:
            log.info("cache_is_back")
        self._failed = 0

    def failed(self, error: UnavailableError) -> None:
        """A call was not."""
        self._failed += 1
        if not self.closed:
            self._until = self._clock() + self._pause_s
        if self._failed == self._most:
            log.warning("cache_is_away", reason=error.message, pause_s=self._pause_s)


class ValkeyClient:
    """Makes calls through the breaker."""

    def __init__(self, redis: Redis, settings: ValkeySettings) -> None:
        self._redis = redis
        self._deadline_s = settings.deadline_s
        self._breaker = Breaker(settings.failures, settings.pause_s)

    @property
    def connected(self) -> bool:
        """Whether the server answered lately."""
        return self._breaker.closed

    async def call[T](self, ask: Callable[[Redis], Awaitable[T]]) -> T:
        """The answer.

        Raises:
            UnavailableError: none in time, or the server is left alone just now.
        """
        if not self._breaker.admits():
            raise UnavailableError("The cache server is left alone for a moment.", code="valkey_unavailable")
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await ask(self._redis)
        except DRIVER_ERRORS as error:
            ours = from_driver(error)
            if isinstance(ours, UnavailableError):
                self._breaker.failed(ours)
            raise ours from error
        self._breaker.succeeded()
        return answer


def _pool(settings: ValkeySettings) -> BlockingConnectionPool:
    given = {"username": settings.user or None, "password": read_secret(settings.password_file, "valkey.password_file")}
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        settings.url,
        max_connections=settings.connections,
        timeout=settings.deadline_s,
        socket_timeout=settings.deadline_s,
        socket_connect_timeout=settings.deadline_s,
        retry=Retry(NoBackoff(), 1),  # A pooled connection that broke while it was idle.
        protocol=2,  # Understood by every Valkey and Redis; the cache needs nothing of RESP3.
        **{name: value for name, value in given.items() if value},
    )
    return pool


@asynccontextmanager
async def open_client(settings: ValkeySettings) -> AsyncIterator[ValkeyClient]:
    """A client for the block. A server that is away is no error: the cache then is an empty one.

    Raises:
        SettingsError: the URL is none, or the password file cannot be read.
    """
    try:
        pool = _pool(settings)
    except ValueError:
        # Not chained: the driver's text may hold the URL with its password.
        raise SettingsError("valkey.url is not a URL of Valkey or Redis.", cure="See settings.py.") from None
    redis = Redis(connection_pool=pool)
    try:
        yield ValkeyClient(redis, settings)
    finally:
        await redis.aclose()
        await pool.disconnect()
