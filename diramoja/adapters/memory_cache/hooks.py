"""What the adapter brings to a deployment."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from diramoja.adapters.memory_cache.cache import MemoryCache
from diramoja.adapters.memory_cache.settings import MemoryCacheSettings
from diramoja.core.adapter import AdapterSpec
from diramoja.core.hooks import hookimpl

__all__ = ["register_adapter"]


@asynccontextmanager
async def _open(settings: MemoryCacheSettings) -> AsyncIterator[Mapping[str, object]]:
    yield {"cache": MemoryCache(settings)}


@hookimpl
def register_adapter() -> AdapterSpec:
    """The cache within the process."""
    return AdapterSpec(name="memory_cache", ports=["cache"], settings=MemoryCacheSettings, open=_open)
