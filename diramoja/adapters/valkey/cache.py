"""The cache port on Valkey or Redis."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from diramoja.adapters.memory_cache.cache import MemoryCache
from diramoja.adapters.valkey.client import ValkeyClient, open_client
from diramoja.adapters.valkey.settings import ValkeySettings
from diramoja.core.errors import UnavailableError

__all__ = ["ValkeyCache", "open_cache"]


class ValkeyCache:
    """See the port. While the server is away nothing is found, and counters count within the process."""

    def __init__(self, client: ValkeyClient, prefix: str) -> None:
        self._client = client
        self._values = f"{prefix}v:"
        self._counters = f"{prefix}c:"
        self._own_counters = MemoryCache()

    async def get(self, key: str) -> bytes | None:
        """See the port."""
        try:
            value = await self._client.call(lambda redis: redis.get(self._values + key))
        except UnavailableError:
            return None
        return value if isinstance(value, bytes) else None  # The driver's type allows str; it decodes nothing here.

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        """See the port."""
        if ttl_s <= 0:
            await self._forget(self._values + key)
            return
        try:
            await self._client.call(lambda redis: redis.set(self._values + key, value, px=_milliseconds(ttl_s)))
        except UnavailableError:
            return

    async def drop(self, key: str) -> None:
        """See the port. Not while the server is away: what it still holds is then found again."""
        await self._own_counters.drop(key)
        await self._forget(self._values + key, self._counters + key)

    async def count(self, key: str, ttl_s: float) -> int:
        """See the port."""

        async def ask(redis: Redis) -> int:
            async with redis.pipeline(transaction=True) as pipeline:
                # Within a pipeline these only queue; there is nothing to await before `execute`.
                _ = pipeline.set(self._counters + key, 0, px=_milliseconds(ttl_s), nx=True)
                _ = pipeline.incr(self._counters + key)
                answers = await pipeline.execute()
            return int(answers[1])

        try:
            return await self._client.call(ask)
        except UnavailableError:
            return await self._own_counters.count(key, ttl_s)

    def connected(self) -> bool:
        """Whether the server answered lately."""
        return self._client.connected

    async def _forget(self, *keys: str) -> None:
        try:
            await self._client.call(lambda redis: redis.delete(*keys))
        except UnavailableError:
            return


def _milliseconds(ttl_s: float) -> int:
    return max(1, int(ttl_s * 1000))


@asynccontextmanager
async def open_cache(settings: ValkeySettings) -> AsyncIterator[ValkeyCache]:
    """The cache for the block; a server that is away is no error."""
    async with open_client(settings) as client:
        yield ValkeyCache(client, settings.prefix)
