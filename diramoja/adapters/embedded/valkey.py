"""valkey-server, as a cache: bounded memory, saved now and then and at the end."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import anyio

from diramoja.adapters.embedded.binaries import valkey_binary
from diramoja.adapters.embedded.events import ServerName
from diramoja.adapters.embedded.folder import write_private
from diramoja.adapters.embedded.server import Server

__all__ = ["ValkeyServer"]

_PROBE_S = 1.0
_ANSWER = b"+OK\r\n+PONG\r\n"


class ValkeyServer(Server):
    """See `Server`."""

    name: ClassVar[ServerName] = "valkey"

    async def prepare(self) -> None:
        """See `Server`."""
        (self.folder.path / "valkey").mkdir(exist_ok=True, mode=0o700)
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self._password,
            "dir": _quoted(str(self.folder.path / "valkey")),
            "save": "300 1000",
            "appendonly": "no",
            # It is a cache: a full disk must not stop it.
            "stop-writes-on-bgsave-error": "no",
            "maxmemory": f"{self.settings.valkey_memory_mib}mb",
            "maxmemory-policy": "allkeys-lru",
            "loglevel": "warning",
            # The watcher finds it by its command line.
            "set-proc-title": "no",
        }
        text = "".join(f"{name} {value}\n" for name, value in lines.items())
        write_private(self.folder.run / "valkey.conf", text.encode())

    @property
    def _password(self) -> str:
        return self.folder.secret("valkey")

    @property
    def argv(self) -> Sequence[str]:
        """See `Server`."""
        return [str(valkey_binary()), str(self.folder.run / "valkey.conf")]

    async def is_ready(self, pid: int) -> bool:
        """See `Server`: it takes our password and has loaded its data. Source: RESP, inline commands."""
        try:
            with anyio.fail_after(_PROBE_S):
                async with await anyio.connect_tcp("127.0.0.1", self.port) as stream:
                    await stream.send(f"AUTH {self._password}\r\nPING\r\n".encode())
                    answer = await stream.receive()
                    while len(answer) < len(_ANSWER) and answer.startswith(b"+"):
                        answer += await stream.receive()
        except (OSError, TimeoutError, anyio.EndOfStream, anyio.BrokenResourceError):
            return False
        return answer == _ANSWER

    def urls(self) -> Mapping[str, str]:
        """See `Server`."""
        return {"valkey": f"redis://:{self._password}@127.0.0.1:{self.port}/0"}


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
