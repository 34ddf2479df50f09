"""A TCP proxy that can misbehave: cut, slow down, or hold back everything as a half-open connection does."""

import asyncio
import contextlib

__all__ = ["Proxy"]

CHUNK = 65_536


class Proxy:
    """Listens on a port of its own and passes on to `target`; `async with proxy.serving():` around its life."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._writers: set[asyncio.StreamWriter] = set()
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server | None = None
        self.delay_s = 0.0
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def hold(self, for_s: float) -> None:
        """Pass nothing on, and close nothing."""
        self._passing.clear()
        await asyncio.sleep(for_s)
        self._passing.set()

    async def slow(self, delay_s: float, for_s: float) -> None:
        """Pass every piece on late."""
        self.delay_s = delay_s
        await asyncio.sleep(for_s)
        self.delay_s = 0.0

    def free(self) -> None:
        """Pass on what is held, and at once."""
        self.delay_s = 0.0
        self._passing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        self._writers -= {writer, back}

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                await self._passing.wait()
                sink.write(data)
                await sink.drain()
        sink.transport.abort()
