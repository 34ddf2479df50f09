"""A WebSocket as ASGI gives it.

There are thousands, so nothing is kept for each but what is used here.
"""

from collections.abc import Mapping
from typing import Any

import attrs
from litestar.types import Receive, Scope, Send

__all__ = ["GONE", "Socket"]

GONE = (OSError, RuntimeError)
"""What sending raises once the client is gone."""


@attrs.frozen(eq=False)
class Socket:
    """`await connected()` first, then accept or close it."""

    scope: Scope
    _receive: Receive
    _send: Send

    async def connected(self) -> None:
        """Wait for the client's handshake."""
        await self._receive()

    async def accept(self, subprotocol: str | None) -> None:
        """Take it."""
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": []})

    async def send_text(self, text: str) -> None:
        """One frame.

        Raises:
            GONE: the client is.
        """
        await self._send({"type": "websocket.send", "text": text, "bytes": None})

    async def close(self, code: int, reason: str) -> None:
        """Say why; before it was accepted it is refused so."""
        await self._send({"type": "websocket.close", "code": code, "reason": reason})

    def header(self, name: bytes) -> str | None:
        """The first of this name."""
        found = (value for given, value in self.scope["headers"] if given == name)
        value = next(found, None)
        return None if value is None else value.decode("latin-1")

    async def receive(self) -> str | bytes | None:
        """The client's next frame; None once it is gone, or the socket was closed."""
        message: Mapping[str, Any] = await self._receive()
        if message["type"] == "websocket.disconnect":
            return None
        text = message.get("text")
        return text if text is not None else message.get("bytes") or b""
