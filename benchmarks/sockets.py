"""Many open WebSockets: what each costs the gateway in memory, and how long one event takes to all of them.

    python -m benchmarks.sockets [--quick]

The platform is `diramoja up` with agents and jobs in a process of their own, so that what grows is the gateway. One
process of clients opens all sockets on one topic and reads frames at the least cost (`Listener`); then somebody posts.
"""

import argparse
import asyncio
import base64
import resource
import secrets
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import cast

import anyio
import attrs
import msgspec
import psutil

from benchmarks.instance import Member, Platform, open_platform
from benchmarks.table import Figure, Machine, options, percentiles, show

__all__ = ["run"]

AT_ONCE = 50
WAIT_S = 60.0
POSTS = 40
PAUSE_S = 0.5
FILES = 20_000
SHORT, LONGER = 126, 127


@attrs.define
class Arrivals:
    """When each post came to how many sockets: post → times by `time.perf_counter()`."""

    wanted: int
    times: dict[bytes, list[float]] = attrs.field(factory=dict)
    subscribed: int = 0

    def take(self, text: bytes) -> None:
        """A frame."""
        if b'"topic.post.published"' in text:
            at = text.find(b'"post":"') + 8
            self.times.setdefault(text[at : text.find(b'"', at)], []).append(time.perf_counter())
        elif text.startswith(b'{"type":"subscribed"'):
            self.subscribed += 1

    async def until(self, post: bytes) -> list[float]:
        """The times of a post, once it is everywhere."""
        with anyio.fail_after(WAIT_S):
            while len(self.times.get(post, ())) < self.wanted:  # noqa: ASYNC110  # thousands of protocols add to it
                await anyio.sleep(0.005)
        return self.times[post]


class Listener(asyncio.Protocol):
    """One socket: asks for the channel, then only reads. The server sends whole text frames."""

    def __init__(self, arrivals: Arrivals, token: str, channel: str) -> None:
        self._arrivals = arrivals
        self._token = token
        self._channel = channel
        self._buffer = b""
        self._open = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = ["GET /v1/live HTTP/1.1", "host: benchmark", "upgrade: websocket", "connection: Upgrade"]
        lines += [f"sec-websocket-key: {key}", "sec-websocket-version: 13", f"authorization: Bearer {self._token}"]
        self._transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._buffer += data
        if not self._open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head:
                raise RuntimeError(f"No WebSocket: {head[:200]!r}")
            self._open, self._buffer = True, rest
            self._send(msgspec.json.encode({"type": "subscribe", "channels": [self._channel]}))
        while (text := self._next()) is not None:
            self._arrivals.take(text)

    def _next(self) -> bytes | None:
        data = self._buffer
        if len(data) < 2:  # noqa: PLR2004  # the shortest head
            return None
        length, start = data[1], 2
        if length == SHORT:
            length, start = int.from_bytes(data[2:4]), 4
        elif length == LONGER:
            length, start = int.from_bytes(data[2:10]), 10
        if len(data) < start + length:
            return None
        self._buffer = data[start + length :]
        return data[start : start + length]

    def _send(self, text: bytes) -> None:
        assert self._transport is not None and len(text) < SHORT
        mask = b"\0\0\0\0"  # No secret goes over it.
        self._transport.write(bytes((0x81, 0x80 | len(text))) + mask + text)

    def close(self) -> None:
        """At once."""
        if self._transport is not None:
            self._transport.abort()


async def listen(platform: Platform, member: Member, topic: str, arrivals: Arrivals) -> list[Listener]:
    """Open all sockets, some at a time, and wait until each is subscribed."""
    host, port = platform.address
    loop = asyncio.get_running_loop()
    listeners: list[Listener] = []
    for start in range(0, arrivals.wanted, AT_ONCE):
        some = min(AT_ONCE, arrivals.wanted - start)
        made = [
            loop.create_connection(lambda: Listener(arrivals, member.token, f"topic:{topic}"), host, port)
            for _ in range(some)
        ]
        listeners += [protocol for _, protocol in await asyncio.gather(*made)]
        with anyio.fail_after(WAIT_S):
            while arrivals.subscribed < len(listeners):  # noqa: ASYNC110  # as above
                await anyio.sleep(0.002)
    return listeners


async def measure(*, quick: bool) -> None:
    """Measure and print."""
    sockets, posts = (1_000, 10) if quick else (5_000, POSTS)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, FILES) if hard > 0 else FILES, hard))
    settings = ("deployment.apart=true", "gateway.sockets_per_member=10000")
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
        folder = Path(name)
        machine = Machine.look(folder)
        async with open_platform(folder, *settings) as platform, platform.members(2) as members:
            figures = await _measured(platform, members, (sockets, posts))
    show(f"{sockets:,} WebSockets", figures, machine)


async def _measured(platform: Platform, members: Sequence[Member], extent: tuple[int, int]) -> list[Figure]:
    sockets, posts = extent
    author, reader = members
    topic = await author.open_topic("Clinics")
    arrivals = Arrivals(sockets)
    gateway = psutil.Process(platform.pid)
    before = gateway.memory_info().rss
    begun = time.perf_counter()
    listeners = await listen(platform, reader, topic, arrivals)
    took_s = time.perf_counter() - begun
    after = gateway.memory_info().rss
    busy_s = sum(gateway.cpu_times()[:2])
    spread: list[float] = []
    whole: list[float] = []
    for number in range(posts):
        sent = time.perf_counter()
        _, post = await author.post(topic, f"The clinic at the market closes at noon. ({number})")
        times = sorted(await arrivals.until(post.encode()))
        spread += [1000 * (at - times[0]) for at in times]
        whole += [1000 * (at - sent) for at in times]
        await anyio.sleep(PAUSE_S)
    busy_s = sum(gateway.cpu_times()[:2]) - busy_s
    for each in listeners:
        each.close()
    return [
        Figure("memory of the gateway", [(after - before) / sockets / 1000], "KB/socket"),
        Figure("sockets opened and subscribed", [sockets / took_s], "/s"),
        Figure("CPU of the gateway", [1_000_000 * busy_s / sockets / posts], "us/frame"),
        *percentiles("one event, from the first socket on", [sorted(spread)]),
        *percentiles("one post, from being sent to each socket", [sorted(whole)]),
    ]


def run(*, quick: bool) -> None:
    """For `python -m benchmarks`."""
    anyio.run(partial(measure, quick=quick), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    run(quick=options(argparse.ArgumentParser(description=__doc__)).quick)
