"""The cache port in memory."""

import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["MemoryCache"]


class MemoryCache:
    """See the port. Bounded: the least recently used key goes first."""

    def __init__(self, entries_max: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = entries_max
        self._clock = clock
        self._values: OrderedDict[str, tuple[float, bytes | int]] = OrderedDict()

    async def get(self, key: str) -> bytes | None:
        """See the port."""
        value = self._live(key)
        return value[1] if value and isinstance(value[1], bytes) else None

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        """See the port."""
        self._keep(key, (self._clock() + ttl_s, value))

    async def drop(self, key: str) -> None:
        """See the port."""
        self._values.pop(key, None)

    async def count(self, key: str, ttl_s: float) -> int:
        """See the port."""
        ends, count = self._live(key) or (self._clock() + ttl_s, 0)
        count = count + 1 if isinstance(count, int) else 1
        self._keep(key, (ends, count))
        return count

    def _live(self, key: str) -> tuple[float, bytes | int] | None:
        entry = self._values.get(key)
        if entry is None or entry[0] <= self._clock():
            self._values.pop(key, None)
            return None
        self._values.move_to_end(key)
        return entry

    def _keep(self, key: str, entry: tuple[float, bytes | int]) -> None:
        self._values[key] = entry
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)
