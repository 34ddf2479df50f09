"""nats-server with JetStream."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import anyio

from diramoja.adapters.embedded.binaries import nats_binary
from diramoja.adapters.embedded.events import ServerName
from diramoja.adapters.embedded.folder import write_private
from diramoja.adapters.embedded.nats_users import USERS
from diramoja.adapters.embedded.server import Server

__all__ = ["NatsServer"]

ADMIN = "admin"
_PROBE_S = 1.0
_ANSWER_BYTES = 65_536


class NatsServer(Server):
    """See `Server`. JetStream syncs before it acknowledges; each role has a user of its own."""

    name: ClassVar[ServerName] = "nats"

    async def prepare(self) -> None:
        """See `Server`."""
        (self.folder.path / "nats").mkdir(exist_ok=True, mode=0o700)
        write_private(self.folder.run / "nats.conf", self._configuration().encode())

    def _configuration(self) -> str:
        """NATS reads JSON too."""
        users: list[dict[str, Any]] = [{"user": ADMIN, "password": self._password(ADMIN)}]
        users += [
            {
                "user": user.name,
                "password": self._password(user.name),
                "permissions": user.permissions(self.settings.nats_prefix),
            }
            for user in USERS
        ]
        jetstream = {
            "store_dir": str(self.folder.path / "nats"),
            "sync_interval": "always" if self.settings.sync == "always" else "2m",
        }
        return json.dumps(
            {
                "server_name": "diramoja",
                "listen": f"127.0.0.1:{self.port}",
                "jetstream": jetstream,
                "authorization": {"users": users},
            },
            indent=1,
            ensure_ascii=False,
        )

    def _password(self, user: str) -> str:
        return self.folder.secret(f"nats_{user}")

    @property
    def argv(self) -> Sequence[str]:
        """See `Server`."""
        return [str(nats_binary()), "-c", str(self.folder.run / "nats.conf")]

    async def is_ready(self, pid: int) -> bool:
        """See `Server`: it takes our password and has JetStream. Source: NATS client protocol."""
        login = {"user": ADMIN, "pass": self._password(ADMIN), "verbose": False, "pedantic": False}
        try:
            with anyio.fail_after(_PROBE_S):
                async with await anyio.connect_tcp("127.0.0.1", self.port) as stream:
                    await stream.send(b"CONNECT " + json.dumps(login).encode() + b"\r\nPING\r\n")
                    answer = b""
                    while b"PONG\r\n" not in answer and len(answer) < _ANSWER_BYTES:
                        answer += await stream.receive()
        except (OSError, TimeoutError, anyio.EndOfStream, anyio.BrokenResourceError):
            return False
        return b'"jetstream":true' in answer and b"PONG\r\n" in answer

    def urls(self) -> Mapping[str, str]:
        """See `Server`: "nats" for the administrator, "nats_<role>" for each role."""
        by_role = {f"nats_{user.name}": self._url(user.name) for user in USERS}
        return {"nats": self._url(ADMIN), **by_role}

    def _url(self, user: str) -> str:
        return f"nats://{user}:{self._password(user)}@127.0.0.1:{self.port}"
