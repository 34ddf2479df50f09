"""A real valkey-server or redis-server as a child process, on a free port; it can be killed and frozen."""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from diramoja.adapters.embedded.binaries import valkey_binary
from tests.support.nats_server import free_port

__all__ = ["CacheServer", "redis_binary"]


def redis_binary() -> Path | None:
    """redis-server, where the machine has one."""
    found = shutil.which("redis-server")
    return Path(found) if found else None


class CacheServer:
    """Starts with the object; `stop` it in the end. Keeps nothing on disk."""

    def __init__(self, folder: Path, binary: Path | None = None, password: str = "") -> None:
        self.port = free_port()
        self._command = [str(binary or valkey_binary()), "--port", str(self.port), "--bind", "127.0.0.1"]
        self._command += ["--save", "", "--dir", str(folder), "--logfile", str(folder / "cache.log")]
        self._command += ["--requirepass", password] if password else []
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.01)
        raise TimeoutError("The cache server did not start.")

    def kill(self) -> None:
        """SIGKILL, as a crash."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None:
            self.kill()
