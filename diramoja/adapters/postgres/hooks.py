"""What the PostgreSQL adapter brings to a deployment."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.adapter import AdapterSpec
from diramoja.core.errors import PluginError
from diramoja.core.hooks import hookimpl

__all__ = ["register_adapter"]


@asynccontextmanager
async def _open(settings: PostgresSettings) -> AsyncIterator[Mapping[str, object]]:
    try:
        from diramoja.adapters.postgres.ports import open_postgres
    except ModuleNotFoundError as error:
        raise PluginError("The adapter postgres lacks its driver.", cure="Install diramoja[postgres].") from error
    async with open_postgres(settings) as ports:
        yield ports


@hookimpl
def register_adapter() -> AdapterSpec:
    """Records, plain SQL and search on PostgreSQL."""
    return AdapterSpec(
        name="postgres",
        ports=["records", "jobs", "event_log", "operations", "database", "search", "forgetting", "heartbeat"],
        settings=PostgresSettings,
        open=_open,
    )
