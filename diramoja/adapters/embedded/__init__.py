"""The real servers from wheels, as child processes in a data folder: PostgreSQL, NATS with JetStream, Valkey.

    async with EmbeddedServers.start(Path("data"), EmbeddedSettings(), on_event=print) as servers:
        await asyncpg.connect(servers.urls["postgres"])

They are stopped when the block ends, and by a watcher when this process dies inside of it; one that dies is started
again. See README.md.
"""

from diramoja.adapters.embedded.events import ServerEvent, ServerName, ServerStatus
from diramoja.adapters.embedded.folder import Endpoint, read_endpoint
from diramoja.adapters.embedded.settings import EmbeddedSettings
from diramoja.adapters.embedded.supervise import EmbeddedServers

__all__ = [
    "EmbeddedServers",
    "EmbeddedSettings",
    "Endpoint",
    "ServerEvent",
    "ServerName",
    "ServerStatus",
    "read_endpoint",
]
