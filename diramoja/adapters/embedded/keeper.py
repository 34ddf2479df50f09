"""Keeps one server running: starts it, waits until it is ready, starts it again when it dies, stops it."""

import time
from collections.abc import Callable

import anyio

from diramoja.adapters.embedded.errors import ServerStartError
from diramoja.adapters.embedded.events import EventName, ServerEvent, ServerStatus, State
from diramoja.adapters.embedded.ports import is_free
from diramoja.adapters.embedded.process import Child, os_errors, start_error
from diramoja.adapters.embedded.server import Server
from diramoja.core.errors import DiramojaError

__all__ = ["Keeper"]

READY_POLL_S = 0.02
PORT_ATTEMPTS = 3


class Keeper:
    """One server and its process."""

    def __init__(self, server: Server, tell: Callable[[ServerEvent], None]) -> None:
        """Nothing runs yet.

        Args:
            server: what to run.
            tell: gets what happens.
        """
        self.server = server
        self._tell_all = tell
        self._settings = server.settings
        self._state: State = "starting"
        self._child: Child | None = None
        self._ready_at = 0.0
        self._failures = 0
        self._restarts = 0
        self._last_error = ""

    def status(self) -> ServerStatus:
        """How it is now."""
        return ServerStatus(
            state=self._state,
            pid=self._child.pid if self._child is not None and self._child.exit_code is None else 0,
            port=self.server.port,
            restarts=self._restarts,
            last_error=self._last_error,
        )

    # --- starting ---

    async def start(self) -> None:
        """Start it and wait until it is ready; a free port that was taken just before is replaced by another.

        Raises:
            ServerStartError: it ended, or was not ready in time; nothing is left running.
            PortTakenError: a port that the settings fix is taken.
        """
        self._choose_port()
        for attempt in range(1, PORT_ATTEMPTS + 1):
            try:
                await self._start()
            except ServerStartError:
                server = self.server
                lost = server.uses_port and not server.fixed_port and not is_free(server.port)
                if not lost or attempt == PORT_ATTEMPTS:
                    raise
                self._choose_port()
            else:
                return

    def _choose_port(self) -> None:
        change = self.server.choose_port()
        if change:
            self._tell("port_changed", detail=change)

    async def _start(self) -> None:
        began = time.monotonic()
        server = self.server
        with os_errors(server.folder.path, server.name):
            await server.prepare()
            child = Child(server.argv, server.account, server.log, log_bytes=self._settings.log_size_mib * 2**20)
        self._child = child
        self._tell("starting")
        try:
            await self._wait_until_ready(child)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await child.stop(self._settings.stop_timeout_s)
            raise
        self._state, self._last_error, self._ready_at = "ready", "", time.monotonic()
        self._tell("ready", duration_s=round(self._ready_at - began, 3))

    async def _wait_until_ready(self, child: Child) -> None:
        timeout_s = self._settings.start_timeout_s
        end = time.monotonic() + timeout_s
        while not await self.server.is_ready(child.pid):
            if child.exit_code is not None:
                raise self._start_error(f"it ended with {child.exit_code}", child)
            if time.monotonic() > end:
                raise self._start_error(f"it was not ready within {timeout_s:g} s", child)
            await anyio.sleep(READY_POLL_S)

    def _start_error(self, reason: str, child: Child) -> ServerStartError:
        return start_error(self.server.name, self.server.folder.path, reason, child.log_tail())

    # --- watching ---

    async def watch(self) -> None:
        """Start it again whenever it ends, on the same port; returns when it failed too often in a row."""
        while self._child is not None:
            code = await self._child.wait()
            up_s = time.monotonic() - self._ready_at
            self._failures = 1 if up_s >= self._settings.restart_stable_s else self._failures + 1
            self._last_error = f"it ended with {code}"
            self._tell("died", exit_code=code, duration_s=round(up_s, 3), detail=self._child.log_tail())
            if not await self._restart():
                return

    async def _restart(self) -> bool:
        """Try until it is ready; False where it failed too often in a row."""
        settings = self._settings
        while self._failures <= settings.restart_limit:
            self._state = "restarting"
            delay_s = min(settings.restart_first_delay_s * 2.0 ** (self._failures - 1), settings.restart_max_delay_s)
            self._tell("restarting", delay_s=delay_s)
            await anyio.sleep(delay_s)
            self._restarts += 1
            try:
                await self._start()
            except (DiramojaError, OSError) as error:
                self._failures += 1
                self._last_error = str(error)
            else:
                return True
        self._state = "failed"
        self._tell("failed", detail=self._last_error)
        return False

    # --- stopping ---

    async def stop(self) -> None:
        """Stop it in order, within the settings' time; one that does not run is left as it is."""
        if self._child is None or self._child.exit_code is not None:
            self._state = "failed" if self._state == "failed" else "stopped"
            return
        began = time.monotonic()
        await self._child.stop(self._settings.stop_timeout_s)
        self._state = "stopped"
        self._tell("stopped", exit_code=self._child.exit_code, duration_s=round(time.monotonic() - began, 3))

    def _tell(
        self,
        name: EventName,
        *,
        exit_code: int | None = None,
        delay_s: float = 0.0,
        duration_s: float = 0.0,
        detail: str = "",
    ) -> None:
        self._tell_all(
            ServerEvent(
                name=name,
                server=self.server.name,
                pid=self._child.pid if self._child is not None else 0,
                exit_code=exit_code,
                failures=self._failures,
                delay_s=delay_s,
                duration_s=duration_s,
                detail=detail,
            )
        )
