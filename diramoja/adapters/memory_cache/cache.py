"""The cache port as a bounded dictionary."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from diramoja.adapters.memory_cache.settings import MemoryCacheSettings

__all__ = ["MemoryCache"]


class _Entry(NamedTuple):
    until: float
    value: bytes
    counted: int


class MemoryCache:
    """See the port. What has expired goes when it is asked for, or when room is needed."""

    def __init__(
        self, settings: MemoryCacheSettings | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings or MemoryCacheSettings()
        self._clock = clock
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()
        self._size_bytes = 0

    async def get(self, key: str) -> bytes | None:
        """See the port."""
        entry = self._fresh(("value", key))
        return entry.value if entry else None

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        """See the port. A value that is larger than the whole cache is not kept."""
        place = ("value", key)
        self._remove(place)
        if ttl_s > 0 and _size(place, value) <= self._settings.size_bytes:
            self._insert(place, _Entry(self._clock() + ttl_s, value, 0))

    async def drop(self, key: str) -> None:
        """See the port."""
        self._remove(("value", key))
        self._remove(("count", key))

    async def count(self, key: str, ttl_s: float) -> int:
        """See the port."""
        place = ("count", key)
        entry = self._fresh(place) or _Entry(self._clock() + ttl_s, b"", 0)
        self._remove(place)
        self._insert(place, entry._replace(counted=entry.counted + 1))
        return entry.counted + 1

    def connected(self) -> bool:
        """Always: it is here."""
        return True

    def _fresh(self, place: tuple[str, str]) -> _Entry | None:
        entry = self._entries.get(place)
        if entry is None:
            return None
        if entry.until <= self._clock():
            self._remove(place)
            return None
        self._entries.move_to_end(place)
        return entry

    def _insert(self, place: tuple[str, str], entry: _Entry) -> None:
        self._entries[place] = entry
        self._size_bytes += _size(place, entry.value)
        while len(self._entries) > self._settings.entries or self._size_bytes > self._settings.size_bytes:
            self._remove(next(iter(self._entries)))

    def _remove(self, place: tuple[str, str]) -> None:
        entry = self._entries.pop(place, None)
        if entry is not None:
            self._size_bytes -= _size(place, entry.value)


def _size(place: tuple[str, str], value: bytes) -> int:
    return len(place[1]) + len(value)
