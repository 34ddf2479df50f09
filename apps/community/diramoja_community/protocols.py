"""uvicorn's protocols with the bounds that they lack: who sends without end, or does not read, is let go.

A proxy in front may have bounds of its own; without one, or behind one that passes everything on, these hold.
"""

import asyncio
from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

__all__ = ["BoundedHttp", "BoundedWebSocket"]

LOOK_S = 5.0
"""Between two looks at a connection."""
RECEIVE_S = 30.0
"""Until a request has come wholly; the first one of a connection counts from its beginning."""
SLOWEST_BYTES = 20_000
"""What a client reads at the least between two looks, while something waits for it."""
HEAD_BYTES = 65_536
"""Of a request's first line and headers."""
MESSAGE_BYTES = 8 * 1024 * 1024
"""Of what comes behind them, refused bodies and trailers included; the application bounds bodies more closely."""
PIPELINED_MAX = 16
"""Requests that wait for the one before."""
UNSENT_BYTES = 262_144
"""Of a WebSocket, beyond which it is not answered any more: only pings are answered without waiting for room."""
FRAMES_MAX = 256
"""Frames that wait for the application, or for the last one of their message: empty ones have no size."""


@lru_cache(maxsize=16)
def _encoded(text: str) -> bytes:
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class _Reading:
    """Looks whether the client reads: of what waits for it while nothing is added, something has to go."""

    transport: asyncio.Transport
    _look: asyncio.TimerHandle | None = None
    _is_full = False
    _waiting: int | None = None

    def watch(self) -> None:
        """Look from now on."""
        self._look = asyncio.get_running_loop().call_later(LOOK_S, self.look)

    def unwatch(self) -> None:
        """Look no more."""
        if self._look is not None:
            self._look.cancel()

    def look(self) -> None:
        """Let the client go, or look again later."""
        size = self.transport.get_write_buffer_size()
        before, self._waiting = self._waiting, size if self._is_full or self.transport.is_closing() else None
        if before is not None and self._waiting and before - size < SLOWEST_BYTES:
            self.transport.abort()
        else:
            self.watch()

    def fill(self, *, is_full: bool) -> None:
        """Whether what waits has grown so much that nothing is added."""
        self._is_full, self._waiting = is_full, None


class BoundedHttp(HttpToolsProtocol, _Reading):
    """HTTP/1.1."""

    _since: float | None = None
    _in_head = True
    _taken = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A first request is due."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self.watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Over."""
        self.unwatch()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Another protocol goes on."""
        self.unwatch()
        super().handle_websocket_upgrade()

    def look(self) -> None:
        """Also at how long a request has been coming."""
        late = self._since is not None and self.loop.time() - self._since > RECEIVE_S
        if late and not self.flow.read_paused:
            self.transport.close()
        super().look()

    def data_received(self, data: bytes) -> None:
        """Count until the request is complete."""
        self._since = self._since or self.loop.time()
        self._taken += len(data)
        super().data_received(data)
        if self._taken > (HEAD_BYTES if self._in_head else MESSAGE_BYTES) and not self.transport.is_closing():
            self._refuse()

    def _refuse(self) -> None:
        if self._in_head:
            self.send_400_response("The request is too large.")
        else:
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request, perhaps in the same read as those before."""
        if len(self.pipeline) >= PIPELINED_MAX:
            self.transport.abort()
            raise ConnectionAbortedError("Too many requests wait.")
        self._since, self._in_head, self._taken = self.loop.time(), True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A body may follow."""
        self._in_head, self._taken = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Nothing is due until something comes."""
        self._since, self._taken = None, 0
        super().on_message_complete()

    def pause_writing(self) -> None:
        """As asyncio calls it."""
        self.fill(is_full=True)
        super().pause_writing()

    def resume_writing(self) -> None:
        """As asyncio calls it."""
        self.fill(is_full=False)
        super().resume_writing()


class BoundedWebSocket(WebSocketsSansIOProtocol, _Reading):
    """RFC 6455. A text for thousands is encoded once, and the handshake is not kept: there are thousands of these."""

    async def send(self, message: Any) -> None:
        """As the application calls it."""
        if message["type"] != "websocket.send" or not self.handshake_complete:
            await super().send(message)
            if message["type"] == "websocket.accept":
                del self.request, self.response
            return
        if not self.writable.is_set():
            await self.writable.wait()
        if self.disconnected or self.conn.state is not State.OPEN:
            raise ClientDisconnected
        self.transport.write(_encoded(message["text"]))

    def connection_made(self, transport: Any) -> None:
        """Look after it from now on."""
        super().connection_made(transport)
        self.watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Over."""
        self.unwatch()
        super().connection_lost(exc)

    def handle_ping(self) -> None:
        """Answer, if the answers before are read."""
        if self.transport.get_write_buffer_size() > UNSENT_BYTES:
            self.transport.abort()
        else:
            super().handle_ping()

    def handle_cont(self, event: Frame) -> None:
        """A part of a message."""
        if len(self.frames) > FRAMES_MAX:
            self.transport.abort()
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Hand a message on."""
        if self.queue.qsize() > FRAMES_MAX:
            self.transport.abort()
        else:
            super().send_receive_event_to_app()

    def pause_writing(self) -> None:
        """As asyncio calls it."""
        self.fill(is_full=True)
        super().pause_writing()

    def resume_writing(self) -> None:
        """As asyncio calls it."""
        self.fill(is_full=False)
        super().resume_writing()
