"""The cache while its server dies, freezes or refuses."""

import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from diramoja.adapters.valkey.cache import ValkeyCache, open_cache
from diramoja.adapters.valkey.settings import ValkeySettings
from diramoja.core.errors import SettingsError
from tests.support.cache_server import CacheServer
from tests.support.nats_server import free_port
from tests.support.waiting import eventually


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CacheServer]:
    started = CacheServer(tmp_path)
    yield started
    started.stop()


def settings(url: str) -> ValkeySettings:
    return ValkeySettings(url=url, deadline_s=0.1, pause_s=0.2)


async def _behaves_as_empty(cache: ValkeyCache) -> None:
    await cache.put("key", b"value", 60)
    assert await cache.get("key") is None
    await cache.drop("key")
    assert [await cache.count("key", 60) for _ in range(3)] == [1, 2, 3]


async def _answers(cache: ValkeyCache) -> bool:
    await cache.put("key", b"again", 60)
    return await cache.get("key") == b"again"


async def test_cache_without_a_server_is_an_empty_one_and_says_so() -> None:
    async with open_cache(settings(f"redis://127.0.0.1:{free_port()}/0")) as cache:
        await _behaves_as_empty(cache)
        assert not cache.connected()


async def test_server_that_was_killed_is_used_again_once_it_is_back(server: CacheServer) -> None:
    async with open_cache(settings(server.url)) as cache:
        assert await _answers(cache)
        assert cache.connected()
        server.kill()
        await _behaves_as_empty(cache)
        assert not cache.connected()
        await anyio.to_thread.run_sync(server.start)
        await eventually(lambda: _answers(cache))
        assert cache.connected()


async def test_frozen_server_costs_a_few_deadlines_and_then_nothing(server: CacheServer) -> None:
    async with open_cache(ValkeySettings(url=server.url, deadline_s=0.1, pause_s=60)) as cache:
        assert await _answers(cache)
        server.freeze()
        began = time.monotonic()
        for _ in range(1_000):
            assert await cache.get("key") is None
        assert time.monotonic() - began < 1
        server.thaw()


async def test_many_calls_on_a_frozen_server_take_one_deadline(server: CacheServer) -> None:
    async with open_cache(settings(server.url)) as cache:
        assert await _answers(cache)
        server.freeze()
        began = time.monotonic()
        async with anyio.create_task_group() as tasks:
            for _ in range(200):
                tasks.start_soon(cache.get, "key")
        assert time.monotonic() - began < 1
        server.thaw()
        await eventually(lambda: _answers(cache))


async def test_password_comes_from_a_file_and_a_wrong_one_is_an_empty_cache(tmp_path: Path) -> None:
    server = CacheServer(tmp_path, password="s3cr3t")
    secret = tmp_path / "password"
    try:
        secret.write_text("s3cr3t\n")
        async with open_cache(ValkeySettings(url=server.url, password_file=str(secret))) as cache:
            assert await _answers(cache)
        secret.write_text("wrong")
        async with open_cache(ValkeySettings(url=server.url, password_file=str(secret))) as cache:
            await _behaves_as_empty(cache)
            assert not cache.connected()
    finally:
        server.stop()


@pytest.mark.parametrize("url", ["http://u:s3cr3t@host", "redis://u:s3cr3t@host:port/0", "s3cr3t"])
async def test_url_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        async with open_cache(ValkeySettings(url=url)):
            pass
    assert "s3cr3t" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_password_file_that_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match=r"valkey\.password_file"):
        async with open_cache(ValkeySettings(password_file="/nowhere/password")):
            pass
