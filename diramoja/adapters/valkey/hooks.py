"""What the adapter brings to a deployment."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from diramoja.adapters.valkey.settings import ValkeySettings
from diramoja.core.adapter import AdapterSpec
from diramoja.core.errors import PluginError
from diramoja.core.hooks import hookimpl

__all__ = ["register_adapter"]


@asynccontextmanager
async def _open(settings: ValkeySettings) -> AsyncIterator[Mapping[str, object]]:
    try:
        from diramoja.adapters.valkey.cache import open_cache
    except ModuleNotFoundError as error:
        raise PluginError("The adapter valkey lacks its driver.", cure="Install diramoja[valkey].") from error
    async with open_cache(settings) as cache:
        yield {"cache": cache}


@hookimpl
def register_adapter() -> AdapterSpec:
    """The cache on Valkey or Redis."""
    return AdapterSpec(name="valkey", ports=["cache"], settings=ValkeySettings, open=_open)
