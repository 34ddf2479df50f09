"""A client of HTTP/1.1 that costs little, so that a benchmark measures the server and not itself.

One connection, one request at a time, answers with a Content-Length: what uvicorn sends to plain JSON routes. It
shares the machine with what it measures: httpx took 0.8 ms of CPU a request here, this takes 0.05.
"""

import asyncio
from collections.abc import Mapping
from typing import cast

__all__ = ["Connection"]

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"
STATUS = slice(9, 12)


class Connection(asyncio.Protocol):
    """Use `await Connection.open(host, port)`."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def open(cls, host: str, port: int) -> "Connection":
        """A connection of its own."""
        _, protocol = await asyncio.get_running_loop().create_connection(cls, host, port)
        return protocol

    @property
    def is_open(self) -> bool:
        """Whether the server has not closed it."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """(status, body).

        Raises:
            ConnectionError: the server closed the connection meanwhile.
        """
        if self._transport is None or not self.is_open:
            raise ConnectionResetError("The server closed the connection.")
        lines = [f"{method} {path} HTTP/1.1", "host: benchmark", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write("\r\n".join(lines).encode() + END_OF_HEAD + body)
        return await self._answer

    def close(self) -> None:
        """At once."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, but no subclass.

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("The server closed the connection."))

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._buffer += data
        head, found, rest = self._buffer.partition(END_OF_HEAD)
        if not found:
            return
        at = head.lower().find(LENGTH)
        length = int(head[at + len(LENGTH) :].partition(b"\r\n")[0]) if at >= 0 else 0
        if len(rest) >= length and self._answer is not None:
            self._buffer, answer, self._answer = rest[length:], self._answer, None
            if not answer.done():  # Whoever asked may have given up.
                answer.set_result((int(head[STATUS]), rest[:length]))
