"""A gateway as a process: `python -m tests.chaos.gateway POSTGRES_URL NATS_URL VALKEY_URL PORT KEYS PLUGINS`.

The whole HTTP application over real servers, with one route that sends a Note and waits for its committed answer;
and with PLUGINS `all` those of the plugins that are built in.
"""

import sys
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import attrs
import msgspec
import structlog
import uvicorn
from litestar import Controller, post

from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.adapters.valkey.cache import open_cache
from diramoja.adapters.valkey.settings import ValkeySettings
from diramoja.core import Send
from diramoja.core.keys import Keys
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.cache import Cache
from diramoja.core.ports.clock import Clock, SystemClock
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import EventLog, JobStore, Operations, Records
from diramoja.core.registry import Ports, Registry
from diramoja.core.settings import Settings
from diramoja_community.application import create_application, server_options
from diramoja_community.deployment import DeploymentSettings
from diramoja_community.dispatch import DispatchSettings
from diramoja_community.settings import GatewaySettings
from tests.chaos import community
from tests.chaos.plugin import Note, Receipt, plugin

__all__ = ["NewNote"]


class NewNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request."""

    token: str
    how: str
    other: str


class Notes(Controller):
    path = "/ledgers/{ledger_id:str}/notes"
    tags = ["Notes"]  # noqa: RUF012  # Litestar reads it from the class

    @post("/", permission="note.write", status_code=200)
    async def write(self, ledger_id: str, data: NewNote, send: Send) -> Receipt:
        receipt: Receipt = await send("ledger", ledger_id, Note(data.token, data.how, data.other))
        return receipt


@attrs.frozen
class Hosting:
    registry: Registry
    ports: Ports


async def main(*given: str) -> None:
    """Serve until it is killed."""
    postgres_url, nats_url, valkey_url, port, keys, loaded = given
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    settings: dict[type, Settings] = {
        GatewaySettings: GatewaySettings(
            calls_per_hour=0, address_calls_per_hour=0, posts_per_hour=0, votes_per_hour=0
        ),
        DispatchSettings: DispatchSettings(waiting_per_member=512),
        DeploymentSettings: DeploymentSettings(),
    }
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(
            open_postgres(PostgresSettings(url=postgres_url, connect_timeout_s=2, deadline_s=5))
        )
        ports: dict[type, object] = {
            **settings,
            Records: opened["records"],
            Operations: opened["operations"],
            JobStore: opened["jobs"],
            EventLog: opened["event_log"],
            Database: opened["database"],
            Broker: await stack.enter_async_context(open_broker(NatsSettings(url=nats_url))),
            Cache: await stack.enter_async_context(open_cache(ValkeySettings(url=valkey_url))),
            Clock: SystemClock(),
            Keys: Keys(Path(keys)),
        }
        plugins = [attrs.evolve(plugin, routes=[Notes], permissions={"note.write": {"member"}})]
        if loaded == "all":
            plugins += community.plugins()
            ports |= await stack.enter_async_context(community.open_ports(opened["search"]))
            settings |= community.SETTINGS
        application = create_application(Hosting(Registry.of(plugins, settings), Ports(ports)))
        options = server_options(GatewaySettings())
        await uvicorn.Server(uvicorn.Config(application, port=int(port), **options)).serve()


if __name__ == "__main__":
    anyio.run(main, *sys.argv[1:7], backend_options={"use_uvloop": True})
