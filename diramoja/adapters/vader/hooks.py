"""What the adapter brings to a deployment."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from diramoja.adapters.vader.settings import VaderSettings
from diramoja.core.adapter import AdapterSpec
from diramoja.core.errors import PluginError
from diramoja.core.hooks import hookimpl

__all__ = ["register_adapter"]


@asynccontextmanager
async def _open(settings: VaderSettings) -> AsyncIterator[Mapping[str, object]]:
    try:
        from diramoja.adapters.vader.classifier import VaderClassifier
    except ModuleNotFoundError as error:
        raise PluginError("The adapter vader lacks its library.", cure="Install diramoja[vader].") from error
    yield {"classifier": VaderClassifier(settings.read_words())}


@hookimpl
def register_adapter() -> AdapterSpec:
    """The classifier on VADER."""
    return AdapterSpec(name="vader", ports=["classifier"], settings=VaderSettings, open=_open)
