"""The contract of the cache port, on every cache."""

import secrets
from collections.abc import AsyncIterator, Iterator

import anyio
import pytest

from diramoja.adapters.memory_cache.cache import MemoryCache
from diramoja.adapters.valkey.cache import open_cache
from diramoja.adapters.valkey.settings import ValkeySettings
from diramoja.core.ports.cache import Cache
from tests.support.cache_server import CacheServer, redis_binary
from tests.support.waiting import eventually


@pytest.fixture(scope="module", params=["memory", "valkey", "redis"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CacheServer | None]:
    """The server behind the cache; None where it needs none."""
    if request.param == "memory":
        yield None
        return
    binary = redis_binary() if request.param == "redis" else None
    if request.param == "redis" and binary is None:
        pytest.skip("There is no redis-server on this machine.")
    started = CacheServer(tmp_path_factory.mktemp(request.param), binary)
    yield started
    started.stop()


@pytest.fixture
async def cache(server: CacheServer | None) -> AsyncIterator[Cache]:
    if server is None:
        yield MemoryCache()
        return
    settings = ValkeySettings(url=server.url, prefix=f"{secrets.token_hex(4)}:", deadline_s=5)
    async with open_cache(settings) as opened:
        yield opened


async def test_missing_key_is_none(cache: Cache) -> None:
    assert await cache.get("none") is None
    await cache.drop("none")


@pytest.mark.parametrize("value", [b"", b"value", bytes(range(256)), b"\r\n$5\r\n", b"x" * 1_000_000])
async def test_any_bytes_come_back_untouched(cache: Cache, value: bytes) -> None:
    await cache.put("key", value, 60)
    assert await cache.get("key") == value


async def test_any_text_is_a_key_of_its_own(cache: Cache) -> None:
    keys = ["a", "A", "a b", "a\r\nb", "a:b", "\u00fc", "\u0000", "x" * 5_000, ""]
    for key in keys:
        await cache.put(key, key.encode(), 60)
    assert [await cache.get(key) for key in keys] == [key.encode() for key in keys]


async def test_put_replaces_value_and_expiry(cache: Cache) -> None:
    await cache.put("key", b"old", 0.03)
    await cache.put("key", b"new", 60)
    await anyio.sleep(0.06)
    assert await cache.get("key") == b"new"


async def test_value_expires(cache: Cache) -> None:
    await cache.put("key", b"value", 0.05)
    assert await cache.get("key") == b"value"

    async def gone() -> bool:
        return await cache.get("key") is None

    await eventually(gone, within_s=2)


@pytest.mark.parametrize("ttl_s", [0.0, -1.0])
async def test_value_without_time_to_live_is_not_kept(cache: Cache, ttl_s: float) -> None:
    await cache.put("key", b"old", 60)
    await cache.put("key", b"new", ttl_s)
    assert await cache.get("key") is None


async def test_drop_forgets_value_and_counter(cache: Cache) -> None:
    await cache.put("key", b"value", 60)
    await cache.count("key", 60)
    await cache.drop("key")
    assert await cache.get("key") is None
    assert await cache.count("key", 60) == 1


async def test_counter_counts_from_one_and_beside_the_value(cache: Cache) -> None:
    await cache.put("key", b"value", 60)
    assert [await cache.count("key", 60) for _ in range(3)] == [1, 2, 3]
    assert await cache.count("other", 60) == 1
    assert await cache.get("key") == b"value"
    assert await cache.get("other") is None


async def test_counter_expires_after_its_first_count_and_not_later(cache: Cache) -> None:
    counted: list[int] = []

    async def began_anew() -> bool:
        counted.append(await cache.count("key", 0.15))
        return len(counted) > 1 and counted[-1] == 1

    await eventually(began_anew, within_s=2)
    assert counted[:-1] == list(range(1, len(counted)))


async def test_counts_at_the_same_time_are_all_counted(cache: Cache) -> None:
    counted: list[int] = []

    async def count() -> None:
        counted.append(await cache.count("key", 60))

    async with anyio.create_task_group() as tasks:
        for _ in range(200):
            tasks.start_soon(count)
    assert sorted(counted) == list(range(1, 201))
