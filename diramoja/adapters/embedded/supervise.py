"""The servers of one data folder: opened together, kept running, closed together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio
import anyio.to_thread
import structlog

from diramoja.adapters.embedded import reaper
from diramoja.adapters.embedded.errors import FolderUnusableError
from diramoja.adapters.embedded.events import ServerEvent, ServerName, ServerStatus
from diramoja.adapters.embedded.folder import Folder
from diramoja.adapters.embedded.keeper import Keeper
from diramoja.adapters.embedded.nats import NatsServer
from diramoja.adapters.embedded.postgres import PostgresServer
from diramoja.adapters.embedded.process import os_errors
from diramoja.adapters.embedded.server import Server
from diramoja.adapters.embedded.settings import EmbeddedSettings
from diramoja.adapters.embedded.valkey import ValkeyServer
from diramoja.adapters.embedded.versions import check_version
from diramoja.adapters.embedded.watcher import Watcher
from diramoja.core.errors import DiramojaError

__all__ = ["EmbeddedServers"]

TAKEOVER_MARGIN_S = 5.0
"""How much longer than the servers the watcher of an instance that crashed may take."""

_KINDS: dict[ServerName, type[Server]] = {"postgres": PostgresServer, "nats": NatsServer, "valkey": ValkeyServer}

log = structlog.get_logger(__name__)


class EmbeddedServers:
    """The servers of one data folder; `start` gives one."""

    def __init__(self, folder: Folder, settings: EmbeddedSettings, on_event: Callable[[ServerEvent], None]) -> None:
        self._folder = folder
        self._settings = settings
        self._on_event = on_event
        self._keepers: dict[ServerName, Keeper] = {}
        self._watcher = Watcher(folder, settings.stop_timeout_s)
        self._tasks: list[asyncio.Task[None]] = []
        self._notes: dict[str, str] = {}
        self._started_at = datetime.now(UTC)

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        data: Path,
        settings: EmbeddedSettings | None = None,
        on_event: Callable[[ServerEvent], None] = lambda event: None,
        *,
        servers: tuple[ServerName, ...] = ("postgres", "nats"),
    ) -> AsyncIterator["EmbeddedServers"]:
        """The servers, ready, for the block; stopped at its end, however it ends.

        If this process dies inside of the block, a watcher stops them; whatever is left is stopped by the next start.

        Args:
            data: the data folder; made where it is missing.
            settings: how to run them.
            on_event: called in the event loop for everything that happens; must be quick.
            servers: which of them; none is allowed, and only locks the folder.

        Raises:
            FolderBusyError: another process runs on the folder.
            FolderVersionError: other versions wrote it.
            FolderUnusableError: this user may not use it.
            PortTakenError: a port that the settings fix is taken.
            ServerStartError: a server did not start; nothing is left running. DiskFullError where that is why.
            BinaryMissingError: a wheel is not installed.
        """
        chosen = settings or EmbeddedSettings()
        with os_errors(data):
            folder = await Folder.lock(data, wait_s=chosen.stop_timeout_s + TAKEOVER_MARGIN_S)
        self = cls(folder, chosen, on_event)
        try:
            with os_errors(folder.path):
                await self._open([name for name in _KINDS if name in servers])
            yield self
        finally:
            with anyio.CancelScope(shield=True):
                await self._close()

    @property
    def urls(self) -> Mapping[str, str]:
        """URLs with passwords: "postgres", "postgres_admin", "nats" (all rights), "nats_<role>", "valkey"."""
        return {role: url for keeper in self._keepers.values() for role, url in keeper.server.urls().items()}

    @property
    def folder(self) -> Path:
        """The data folder, resolved."""
        return self._folder.path

    def status(self) -> Mapping[ServerName, ServerStatus]:
        """How each server is now."""
        return {name: keeper.status() for name, keeper in self._keepers.items()}

    def announce(self, **notes: str) -> None:
        """Add to the endpoint file what others should find there, such as `http=` the URL of the application."""
        self._notes.update(notes)
        self._folder.write_endpoint(self.urls, self._notes, self._started_at)

    async def _open(self, names: Collection[ServerName]) -> None:
        await self._stop_leftovers()
        for event in check_version(self._folder, names):
            self._tell(event)
        for name in names:
            self._keepers[name] = Keeper(_KINDS[name](self._folder, self._settings), self._tell)
        if names:
            self._watcher.start()
            await self._start_all()
            self._tasks.append(asyncio.create_task(self._watcher.keep(self._tell_of_watcher), name="watch-watcher"))
        for name, keeper in self._keepers.items():
            self._tasks.append(asyncio.create_task(keeper.watch(), name=f"watch-{name}"))
        self.announce()

    async def _stop_leftovers(self) -> None:
        path = self._folder.path
        try:
            stopped = await anyio.to_thread.run_sync(reaper.stop_servers, path, self._settings.stop_timeout_s)
        except PermissionError as error:
            raise FolderUnusableError(
                f"Servers of another user run on {path}.", cure="Stop them, or start as that user or as root."
            ) from error
        if stopped:
            self._tell(ServerEvent(name="leftovers_stopped", detail=", ".join(stopped)))

    async def _start_all(self) -> None:
        """Start all at once; the first that fails ends the others."""
        failures: list[Exception] = []

        async def start(keeper: Keeper) -> None:
            try:
                await keeper.start()
            except (DiramojaError, OSError) as error:
                failures.append(error)
                group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            for keeper in self._keepers.values():
                group.start_soon(start, keeper)
        if failures:
            raise failures[0]

    def _tell_of_watcher(self, pid: int) -> None:
        self._tell(ServerEvent(name="watcher_restarted", pid=pid))

    def _tell(self, event: ServerEvent) -> None:
        try:
            self._on_event(event)
        except Exception:
            # A listener's fault must not end the watching.
            log.exception("embedded_event_listener_failed", event_name=event.name)

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        async with anyio.create_task_group() as group:
            for keeper in self._keepers.values():
                group.start_soon(keeper.stop)
        # Children that outlived a postmaster which had to be killed.
        await anyio.to_thread.run_sync(reaper.stop_servers, self._folder.path, self._settings.stop_timeout_s)
        await self._watcher.stop()
        self._folder.release()
