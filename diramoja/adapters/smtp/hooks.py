"""What the adapter brings to a deployment."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from diramoja.adapters.smtp.settings import SmtpSettings
from diramoja.core.adapter import AdapterSpec
from diramoja.core.errors import PluginError
from diramoja.core.hooks import hookimpl

__all__ = ["register_adapter"]


@asynccontextmanager
async def _open(settings: SmtpSettings) -> AsyncIterator[Mapping[str, object]]:
    try:
        from diramoja.adapters.smtp.mail import open_mail
    except ModuleNotFoundError as error:
        raise PluginError("The adapter smtp lacks its driver.", cure="Install diramoja[smtp].") from error
    async with open_mail(settings) as mail:
        yield {"mail": mail}


@hookimpl
def register_adapter() -> AdapterSpec:
    """Mail over SMTP."""
    return AdapterSpec(name="smtp", ports=["mail"], settings=SmtpSettings, open=_open)
