"""The handle on the watcher, the process that cleans up when this one has died; see reaper.py for what it does."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable

import anyio

from diramoja.adapters.embedded import reaper
from diramoja.adapters.embedded.folder import Folder

__all__ = ["Watcher"]

LOOK_S = 0.25
END_S = 5.0
POLL_S = 0.01


class Watcher:
    """Runs while this process does; `start` it before the first server."""

    def __init__(self, folder: Folder, timeout_s: float) -> None:
        """Nothing runs yet.

        Args:
            folder: the folder whose servers it stops.
            timeout_s: how long they may take before it kills them.
        """
        self._folder = folder
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id, 0 before the start."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Start it, in a session of its own: what is sent to our process group does not reach it."""
        arguments = [str(self._folder.path), str(self._timeout_s), str(os.getpid())]
        command = [sys.executable, "-I", "-S", reaper.__file__, *arguments]
        with (self._folder.logs / "reaper.log").open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                command, stdin=subprocess.PIPE, stdout=out, stderr=out, start_new_session=True, cwd="/"
            )

    async def keep(self, on_restart: Callable[[int], None]) -> None:
        """Start it again whenever it is gone; runs until cancelled. `on_restart` gets its new process id."""
        while self._process is not None:
            if self._process.poll() is not None:
                self._close_pipe()
                self.start()
                on_restart(self.pid)
            await anyio.sleep(LOOK_S)

    async def stop(self) -> None:
        """Tell it that all is done, and wait for its end."""
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(b".")
            self._process.stdin.flush()
        self._close_pipe()
        with anyio.move_on_after(END_S):
            while self._process.poll() is None:  # noqa: ASYNC110  # nothing signals the end on every loop
                await anyio.sleep(POLL_S)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _close_pipe(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
