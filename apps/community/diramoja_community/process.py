"""Opens what a process needs: servers in the data folder, tables, adapters, ports.

async with open_process(loaded, on_progress=print) as process:
    await run_process(process)
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import attrs
import msgspec
import structlog

from diramoja.adapters.embedded import EmbeddedServers, EmbeddedSettings, Endpoint, ServerEvent
from diramoja.adapters.embedded.folder import read_endpoint
from diramoja.core.errors import ConflictError, UnavailableError
from diramoja.core.keys import Keys
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import Records
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.settings import RuntimeSettings
from diramoja.core.settings import LoadedSettings, Settings
from diramoja.counting import Methods, all_methods
from diramoja.ports.texts import Texts
from diramoja_community.deployment import EMBEDDED, Loaded
from diramoja_community.fallback import Fallback
from diramoja_community.simulation import clock_of
from diramoja_community.tables import check_tables
from diramoja_community.texts import Catalogues

__all__ = ["Join", "Process", "migrate_only", "open_process"]

type Join = Literal["never", "always", "if running"]
"""Whether to use the servers of the instance that runs on the data folder."""

type Progress = Callable[[str], None]

log = structlog.get_logger(__name__)


@attrs.define(eq=False)
class Process:
    """One process of a deployment, with everything open.

    Attributes:
        loaded: deployment, settings and data folder; its roles are what the process does.
        settings: as loaded. `data`: the data folder.
        registry: what the plugins brought.
        ports: adapters by protocol, settings by class, the Keys, the Texts and the Methods.
        environment: the same for the parts of the runtime.
        open_records: opens records for the heartbeat's own event loop.
        servers: the embedded servers of this process; None where it joined another or all have URLs.
        joined: the instance whose servers are used; None where there is none.
    """

    loaded: Loaded
    settings: LoadedSettings
    data: Path
    registry: Registry
    ports: Ports
    environment: Environment
    open_records: Callable[[], AbstractAsyncContextManager[Records]]
    servers: EmbeddedServers | None
    joined: Endpoint | None

    def announce(self, **notes: str) -> None:
        """Tell other processes on the data folder, such as `http=` the URL."""
        if self.servers is not None:
            self.servers.announce(**notes)


@asynccontextmanager
async def open_process(
    loaded: Loaded, *, join: Join = "never", on_progress: Progress = lambda _line: None
) -> AsyncIterator[Process]:
    """A process, open for the block.

    Args:
        loaded: what to open.
        join: "always": use the servers of the running instance; "never": be that instance.
        on_progress: called with a sentence for whatever takes a while.

    Raises:
        ConflictError: an instance runs on the folder, or (to join) none does; or a migration was changed.
        UnavailableError: a server does not start or answer.
        PluginError: an adapter lacks its driver.
    """
    async with AsyncExitStack() as stack:
        settings, joined, servers = await _reach(loaded, join, on_progress, stack)
        if joined is None or join == "always":
            for label in await _migrate(loaded, settings):
                on_progress(f"migrated {label}")
        objects = await _open_adapters(loaded, settings, stack)
        registry = loaded.deployment.registry(loaded.settings.by_class())
        ports = Ports({**_provided(loaded, settings, objects), Registry: registry})
        process = Process(
            loaded,
            loaded.settings,
            loaded.data,
            registry,
            ports,
            environment=Environment(registry, ports, loaded.settings.of(RuntimeSettings)),
            open_records=objects["heartbeat"],
            servers=servers,
            joined=joined,
        )
        if joined is None:
            await process.environment.broker.prepare()
            await check_tables(registry.plugins, ports.get(Database))
        yield process


async def migrate_only(loaded: Loaded, *, dry_run: bool) -> list[str]:
    """Bring the tables up to this version; the labels of the migrations that were (or would be) applied."""
    async with AsyncExitStack() as stack:
        settings, _, _ = await _reach(loaded, "if running", lambda _line: None, stack)
        return await _migrate(loaded, settings, dry_run=dry_run)


type _Reached = tuple[Mapping[str, Settings], Endpoint | None, EmbeddedServers | None]


async def _reach(loaded: Loaded, join: Join, on_progress: Progress, stack: AsyncExitStack) -> _Reached:
    """The servers: those of the running instance, or our own, or those with URLs; and the settings to reach them."""
    joined = _find_instance(loaded, join)
    servers = None if joined else await stack.enter_async_context(_servers(loaded, on_progress))
    urls = joined.urls if joined else servers.urls if servers else {}
    return _with_urls(loaded, urls), joined, servers


def _find_instance(loaded: Loaded, join: Join) -> Endpoint | None:
    if join == "never":
        return None
    try:
        found = read_endpoint(loaded.data)
    except PermissionError as error:
        raise ConflictError(
            f"This user may not read the data folder {loaded.data}.", cure="Run as the user that started it."
        ) from error
    if found is None and join == "always":
        raise ConflictError(f"Nothing runs on the data folder {loaded.data}.", cure="Start it with: diramoja up.")
    return found


# --- servers ---


@asynccontextmanager
async def _servers(loaded: Loaded, on_progress: Progress) -> AsyncIterator[EmbeddedServers | None]:
    """The embedded servers that this deployment wants; None where all have URLs."""
    wanted = [EMBEDDED[name] for name in loaded.deployment.adapters if _is_embedded(loaded, name)]
    if not wanted:
        yield None
        return
    embedded = loaded.settings.of(EmbeddedSettings)
    if "nats" in wanted:
        prefix: str = getattr(loaded.settings.sections["nats"], "prefix", "")
        embedded = msgspec.structs.replace(embedded, nats_prefix=prefix)
    started = EmbeddedServers.start(loaded.data, embedded, _tell(on_progress), servers=tuple(wanted))
    async with started as servers:
        yield servers


def _is_embedded(loaded: Loaded, adapter: str) -> bool:
    """Whether nobody gave a URL for it."""
    return adapter in EMBEDDED and getattr(loaded.settings.sections[adapter], "url", None) == ""


def _tell(on_progress: Progress) -> Callable[[ServerEvent], None]:
    def tell(event: ServerEvent) -> None:
        who = event.server or "servers"
        took = f" in {event.duration_s:.1f} s" if event.name == "ready" else ""
        words = event.name.replace("_", " ")
        on_progress(f"{who} {words}{took}" + (f": {event.detail}" if event.detail else ""))
        if event.name not in {"starting", "ready", "stopped"}:
            log.warning(
                "server_event", what=event.name, server=event.server, exit_code=event.exit_code, delay_s=event.delay_s
            )

    return tell


def _with_urls(loaded: Loaded, urls: Mapping[str, str]) -> dict[str, Settings]:
    """The adapters' settings, with the URLs of the embedded servers in."""
    settings = dict(loaded.settings.sections)
    for name in loaded.deployment.adapters:
        if _is_embedded(loaded, name):
            if EMBEDDED[name] not in urls:
                raise ConflictError(
                    f"The instance on {loaded.data} runs no {name} server.", cure=f"Give [{name}] url, or restart it."
                )
            settings[name] = msgspec.structs.replace(settings[name], url=urls[EMBEDDED[name]])
    return settings


# --- tables ---


async def _migrate(loaded: Loaded, settings: Mapping[str, Settings], *, dry_run: bool = False) -> list[str]:
    if "postgres" not in loaded.deployment.adapters:
        return []
    from diramoja.adapters.postgres.migrations import migrate as apply
    from diramoja.adapters.postgres.settings import PostgresSettings

    postgres = settings["postgres"]
    assert isinstance(postgres, PostgresSettings)
    return await apply(postgres, loaded.deployment.migrations(), dry_run=dry_run)


# --- adapters ---


async def _open_adapters(loaded: Loaded, settings: Mapping[str, Settings], stack: AsyncExitStack) -> dict[str, Any]:
    """Port → adapter, or a fallback over several."""
    opened: dict[str, Mapping[str, object]] = {}
    for name, brought in loaded.deployment.adapters.items():
        try:
            opened[name] = await stack.enter_async_context(brought.value.open(settings[name]))
        except UnavailableError as error:
            if _is_only_provider(loaded, name):
                raise
            log.warning("adapter_unavailable", adapter=name, code=error.code)
    ports = {}
    for port, names in loaded.deployment.ports.items():
        objects = [opened[name][port] for name in names if name in opened]
        ports[port] = objects[0] if len(objects) == 1 else Fallback(port, objects)
    return ports


def _is_only_provider(loaded: Loaded, adapter: str) -> bool:
    return any(names == (adapter,) for names in loaded.deployment.ports.values())


def _provided(loaded: Loaded, settings: Mapping[str, Settings], objects: Mapping[str, object]) -> dict[type, object]:
    protocols = loaded.deployment.protocols
    provided: dict[type, object] = {type(each): each for each in settings.values()}
    provided |= {protocols[port]: each for port, each in objects.items() if port in protocols}
    provided.setdefault(Clock, clock_of(loaded.data))
    provided[Keys] = Keys(loaded.data / "secrets")
    provided[Methods] = all_methods(loaded.found.counting_methods)
    provided[Texts] = Catalogues.read([each.value for each in loaded.deployment.plugins])
    return provided
