import pytest

from diramoja.adapters.memory_cache.cache import MemoryCache
from diramoja.adapters.memory_cache.settings import MemoryCacheSettings


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_least_recently_used_goes_first() -> None:
    cache = MemoryCache(MemoryCacheSettings(entries=3))
    for key in ("a", "b", "c"):
        await cache.put(key, b"", 60)
    await cache.get("a")
    await cache.count("d", 60)
    assert [await cache.get(key) for key in ("a", "b", "c")] == [b"", None, b""]


async def test_size_is_bounded_and_a_value_larger_than_it_is_not_kept() -> None:
    cache = MemoryCache(MemoryCacheSettings(size_bytes=1_024))
    for number in range(100):
        await cache.put(f"key{number}", b"x" * 95, 60)
    kept = [number for number in range(100) if await cache.get(f"key{number}") is not None]
    assert kept == list(range(90, 100))
    await cache.put("key99", b"x" * 2_000, 60)
    assert await cache.get("key99") is None
    assert await cache.get("key98") is not None


async def test_expiry_follows_the_clock() -> None:
    clock = Clock()
    cache = MemoryCache(clock=clock)
    await cache.put("key", b"value", 10)
    assert [await cache.count("key", 10), await cache.count("key", 10)] == [1, 2]
    clock.now = 9.9
    assert await cache.get("key") == b"value"
    assert await cache.count("key", 10) == 3
    clock.now = 10
    assert await cache.get("key") is None
    assert await cache.count("key", 10) == 1
