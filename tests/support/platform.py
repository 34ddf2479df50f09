"""`diramoja up` with the built-in plugins, as a child process on servers of the test's own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

__all__ = ["Platform"]

PROGRAM = [sys.executable, "-c", "from diramoja_community.cli import main; main()"]


class Platform:
    """Starts with the object and waits for its ready line; `stop` it in the end.

    Args:
        data: its data folder, with the keys.
        options: `section.key=value`.
    """

    def __init__(self, data: Path, *options: str, roles: str = "all") -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.log = data.parent / f"platform-{os.urandom(3).hex()}.log"
        arguments = [word for option in options for word in ("--set", option)]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("DIRAMOJA_")}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*PROGRAM, "--data", str(data), *arguments, "up", "--port", "0", "--roles", roles],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environ,
            )
        assert self.process.stdout is not None
        ready = self.process.stdout.readline().split()
        assert ready[:1] == ["ready"], self.log.read_text()[-3000:]
        self.url = next((word for word in ready if word.startswith("http")), "")

    def kill(self) -> None:
        """SIGKILL, as a crash."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """In order."""
        if self.process.poll() is None:
            self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
