"""Live connections over real sockets: uvicorn before an application in memory, so that a flood can be made."""

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from diramoja.core.envelope import pack
from diramoja.core.ports.rows import EventRow
from diramoja.core.runtime.publisher import event_envelope
from diramoja_community import live as session
from diramoja_community.application import create_application, server_options
from diramoja_community.outbox import OUTBOX_FRAMES, Connections
from diramoja_community.settings import GatewaySettings
from tests.support import talks
from tests.support.gateway import Process
from tests.support.waiting import eventually


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Server(uvicorn.Server):
    """Leaves the signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class World:
    """A gateway on a port, and a talk that speaks when told."""

    def __init__(self, process: Process, port: int, connections: Connections) -> None:
        self.process = process
        self.connections = connections
        self.port = port
        self.seq = 0

    async def speak(self, size: int = 10) -> None:
        self.seq += 1
        body = json.dumps({"n": self.seq, "text": "x" * size}).encode()
        now = self.process.records.clock.now()
        row = EventRow(1, self.seq, "talk", "tlk_1", "talk.rated", 1, self.seq, now, "", "", body)
        self.process.records.event_log.append(row)
        await self.process.broker.hint("live.talk.tlk_1", pack(event_envelope(row)))

    @asynccontextmanager
    async def listener(self, member: str = "mem_a", **options: Any) -> AsyncIterator[ClientConnection]:
        url = f"ws://127.0.0.1:{self.port}/v1/live"
        async with connect(url, compression=None, additional_headers=self.process.signed_in(member), **options) as it:
            assert json.loads(await it.recv())["type"] == "authenticated"
            await it.send(json.dumps({"type": "subscribe", "channels": ["talk:tlk_1"]}))
            assert json.loads(await it.recv())["type"] == "subscribed"
            yield it


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    settings = GatewaySettings(address_calls_per_hour=0)
    process = Process.of(tmp_path, [talks.plugin], settings, ports={})
    bound = sockets.create_server(("127.0.0.1", 0))
    application = create_application(process)
    server = Server(uvicorn.Config(application, **server_options(settings)))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.serve, [bound])
        await eventually(lambda: server.started)
        yield World(process, bound.getsockname()[1], application.state.gateway.live.connections)
        server.should_exit = True
    bound.close()


async def test_many_listeners_hear_each_event_once_and_in_order(world: World) -> None:
    heard: dict[int, list[int]] = {}

    async def listen(number: int, ready: list[int]) -> None:
        async with world.listener(f"mem_{number % 40}") as socket:
            ready.append(number)
            heard[number] = [json.loads(await socket.recv())["seq"] for _ in range(50)]

    ready: list[int] = []
    async with anyio.create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(listen, number, ready)
        await eventually(lambda: len(ready) == 100, within_s=30)
        for _ in range(50):
            await world.speak()
    assert all(each == list(range(1, 51)) for each in heard.values())


async def test_slow_client_is_dropped_and_the_others_do_not_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "WRITE_S", 0.3)
    monkeypatch.setattr(session, "LAST_WRITE_S", 0.2)
    slow_buffers = sockets.socket()
    slow_buffers.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    slow_buffers.connect(("127.0.0.1", world.port))
    slow = world.listener("mem_slow", sock=slow_buffers, max_queue=1, close_timeout=1)
    async with slow as lazy, world.listener("mem_quick") as quick:
        count = 0

        async def read() -> None:
            nonlocal count
            async for _ in quick:
                count += 1

        reading = asyncio.create_task(read())
        for number in range(400):
            await world.speak(size=20_000)
            if number % 5 == 0:
                await asyncio.sleep(0.001)
        await eventually(lambda: count == 400)
        await eventually(lambda: world.connections.slow == 1)
        reading.cancel()
        lazy.transport.abort()


async def test_client_with_more_waiting_than_its_bounds_is_told_and_closed(world: World) -> None:
    async with world.listener() as socket:
        for _ in range(OUTBOX_FRAMES + 1):  # At once: nothing is written in between.
            await world.speak()
        assert json.loads(await socket.recv())["code"] == "slow_client"
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == session.SLOW
    assert world.connections.slow == 1


async def test_frame_beyond_the_bound_closes_the_socket(world: World) -> None:
    async with world.listener() as socket:
        await socket.send("x" * 70_000)
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_listeners_that_go_are_counted_out(world: World) -> None:
    async with world.listener(), world.listener() as socket:
        assert world.connections.count == 2
        socket.transport.abort()
        await eventually(lambda: world.connections.count == 1)
    await eventually(lambda: world.connections.count == 0)
