"""The crew: agents and jobs in a process of their own beside the gateway, started again whenever it ends.

A handler that ends its process, or that the watchdog has to end, so stops no reader; and two processes use two cores.
"""

import subprocess
import sys
import time
from collections.abc import Sequence

import anyio
import structlog
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

__all__ = ["Crew"]

log = structlog.get_logger(__name__)

PROGRAM = (sys.executable, "-c", "from diramoja_community.cli import main; main()")
ROLES = "worker,jobs"
PAUSE_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Between an end and the next start, longer with each that comes soon after the one before."""
STEADY_S = 60.0
LONGEST_LINE = 4096


class Crew:
    """A part of a process, see `diramoja_community.running.Part`.

    Args:
        options: the shared options of the command line that name the deployment.
        join: use the servers of this process.
    """

    def __init__(self, options: Sequence[str], *, join: bool) -> None:
        self._command = [*PROGRAM, *options, "up", "--roles", ROLES, "--crew", *(["--join"] if join else [])]
        self._process: Process | None = None
        self._stopping = False
        self.started = False

    async def run(self) -> None:
        """Keep it running until `stop`."""
        ends = 0
        while not self._stopping:
            begun = time.monotonic()
            code = await self._once()
            ends = ends + 1 if time.monotonic() - begun < STEADY_S else 1
            if not self._stopping:
                log.error("crew_ended", exit_code=code, ends=ends)
                await anyio.sleep(PAUSE_S[min(ends, len(PAUSE_S)) - 1])

    def stop(self) -> None:
        """End it in order."""
        self._stopping = True
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()

    async def _once(self) -> int:
        """Its standard input closes with this process, which it takes as the end; Ctrl-C is ours alone."""
        self._process = await anyio.open_process(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None, start_new_session=True
        )
        try:
            await self._listen(self._process)
            return await self._process.wait()
        finally:
            if self._process.returncode is None:
                self._process.kill()
            with anyio.CancelScope(shield=True):
                await self._process.aclose()

    async def _listen(self, process: Process) -> None:
        """Until it says that it is ready; its output is its own afterwards."""
        assert process.stdout is not None
        lines = BufferedByteReceiveStream(process.stdout)
        try:
            while True:
                line = await lines.receive_until(b"\n", LONGEST_LINE)
                self.started = self.started or line.startswith(b"ready ")
        except (anyio.IncompleteRead, anyio.DelimiterNotFound, anyio.ClosedResourceError):
            return
