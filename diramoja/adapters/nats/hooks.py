"""What the NATS adapter brings to a deployment."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from diramoja.adapters.nats.settings import NatsSettings
from diramoja.core.adapter import AdapterSpec
from diramoja.core.errors import PluginError
from diramoja.core.hooks import hookimpl

__all__ = ["register_adapter"]


@asynccontextmanager
async def _open(settings: NatsSettings) -> AsyncIterator[Mapping[str, object]]:
    try:
        from diramoja.adapters.nats.broker import open_broker
    except ModuleNotFoundError as error:
        raise PluginError("The adapter nats lacks its driver.", cure="Install diramoja[nats].") from error
    async with open_broker(settings) as broker:
        yield {"broker": broker}


@hookimpl
def register_adapter() -> AdapterSpec:
    """The broker on NATS."""
    return AdapterSpec(name="nats", ports=["broker"], settings=NatsSettings, open=_open)
