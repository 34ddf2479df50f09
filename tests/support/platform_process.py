"""`diramoja up` as a child process, with the test plugin only."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["Instance", "arguments_for", "command"]

PROGRAM = [sys.executable, "-c", "from diramoja_community.cli import main; main()"]


def arguments_for(data: Path) -> list[str]:
    """Options that every command on this data folder gets."""
    settings = ["deployment.plugins=cli_test", "ports.cache=cli_cache", "embedded.sync=relaxed"]
    return ["--data", str(data), *(word for setting in settings for word in ("--set", setting))]


def command(environ: Mapping[str, str], arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """A command, to its end."""
    return subprocess.run([*PROGRAM, *arguments], env=environ, capture_output=True, text=True, check=False, timeout=60)


class Instance:
    """Starts with the object and waits for its ready line; `stop` it in the end."""

    def __init__(self, environ: Mapping[str, str], data: Path, *arguments: str) -> None:
        data.parent.mkdir(parents=True, exist_ok=True)
        self._errors = data.parent / f"stderr-{os.urandom(3).hex()}"
        with self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*PROGRAM, *arguments_for(data), "up", *arguments],
                env=environ,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline().strip()

    @property
    def url(self) -> str:
        return self.ready.split()[1]

    @property
    def said(self) -> str:
        """On standard error so far."""
        return self._errors.read_text()

    def end(self, number: signal.Signals = signal.SIGTERM, timeout_s: float = 30) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.wait(timeout_s)

    def wait(self, timeout_s: float = 30) -> int:
        code = self.process.wait(timeout_s)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.wait()
