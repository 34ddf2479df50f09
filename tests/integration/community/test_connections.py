"""Connections that send without end, send nothing or do not read: over real sockets, before a tiny application."""

import asyncio
import base64
import socket as sockets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
import uvicorn
from websockets.asyncio.client import connect

from diramoja_community import protocols
from diramoja_community.application import server_options
from diramoja_community.settings import GatewaySettings
from tests.support.waiting import eventually

LONG = 30_000_000
GET = b"GET /quick HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /quick HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Server(uvicorn.Server):
    """Leaves the signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def application(scope: Any, receive: Any, send: Any) -> None:
    """`/wait` for ever, `/long` answers, `/quick` ones after the body; a socket that hears."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] == "websocket.receive":
            pass
        return
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass
    if scope["path"] == "/wait":
        await receive()
    body = b"x" * (LONG if scope["path"] == "/long" else 2)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, int]]:
    monkeypatch.setattr(protocols, "LOOK_S", 0.1)
    options = server_options(GatewaySettings()) | {"lifespan": "off", "timeout_keep_alive": 1}
    bound = sockets.create_server(("127.0.0.1", 0))
    server = Server(uvicorn.Config(application, **options))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.serve, [bound])
        await eventually(lambda: server.started)
        yield bound.getsockname()[:2]
        server.should_exit = True
        server.force_exit = True
    bound.close()


class Client:
    """One that knows only bytes, and does not read unless it is told to."""

    def __init__(self, place: tuple[str, int]) -> None:
        self.raw = sockets.socket()
        self.raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        self.raw.connect(place)
        self.raw.setblocking(False)

    async def send(self, data: bytes) -> None:
        await asyncio.wait_for(asyncio.get_running_loop().sock_sendall(self.raw, data), 5)

    async def flood(self, data: bytes, most: int) -> int:
        """Send this again and again until the other side ends it; how many bytes that were, `most` if it does not."""
        sent = 0
        try:
            while sent < most:
                await self.send(data)
                sent += len(data)
                await asyncio.sleep(0)
        except OSError:
            return sent
        return most

    async def read(self, size: int = 65_536) -> bytes:
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.raw, size), 5)

    async def read_all(self) -> int:
        """How many bytes come until the other side ends it."""
        size = 0
        try:
            while data := await self.read(1_000_000):
                size += len(data)
        except OSError:
            return size
        return size

    async def is_let_go(self) -> bool:
        """Whether the other side ends it within five seconds."""
        try:
            while await self.read():
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True

    async def upgraded(self) -> "Client":
        key = base64.b64encode(b"0123456789abcdef")
        await self.send(
            b"GET /live HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: " + key + b"\r\n\r\n"
        )
        assert b"101 Switching" in await self.read()
        return self


@pytest.fixture
def client(place: tuple[str, int]) -> Iterator[Client]:
    made = Client(place)
    yield made
    made.raw.close()


def frame(opcode: int, data: bytes = b"") -> bytes:
    """A masked one of at most 125 bytes."""
    return bytes([opcode, 0x80 | len(data)]) + bytes(4) + data


HEADS = {
    "many headers": (b"GET /quick HTTP/1.1\r\n", b"x: " + b"a" * 1000 + b"\r\n"),
    "one header": (b"GET /quick HTTP/1.1\r\nx: ", b"a" * 1000),
    "the name of a header": (b"GET /quick HTTP/1.1\r\n", b"a" * 1000),
    "the path": (b"GET /", b"a" * 1000),
    "the query": (b"GET /quick?", b"a" * 1000),
    "trailers": (POST + b"0\r\n", b"x: " + b"a" * 1000 + b"\r\n"),
    "one trailer": (POST + b"0\r\nx: ", b"a" * 1000),
    "a body in tiny chunks": (POST, b"1\r\nx\r\n" * 1000),
}


@pytest.mark.parametrize("what", HEADS)
async def test_request_without_end_is_let_go(client: Client, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setattr(protocols, "MESSAGE_BYTES", 100_000)
    first, more = HEADS[what]
    await client.send(first)
    assert await client.flood(more, 20_000_000) < 20_000_000
    assert await client.is_let_go()


@pytest.mark.parametrize(
    "first",
    [b"", b"\r\n", b"GET", b"GET /quick HTTP/1.1\r\n", POST, POST + b"5\r\nab", GET + b"\r\n", GET + b"GET /q"],
    ids=["nothing", "an empty line", "a method", "half a head", "no body", "half a body", "a line more", "a half more"],
)
async def test_request_that_does_not_come_is_not_waited_for(
    client: Client, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    monkeypatch.setattr(protocols, "RECEIVE_S", 0.3)
    await client.send(first)
    assert await client.is_let_go()


async def test_request_that_comes_slowly_is_answered(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "RECEIVE_S", 1.5)
    for part in (GET[:10], GET[10:], POST, b"1\r\nx\r\n", b"0\r\n\r\n"):
        await client.send(part)
        await asyncio.sleep(0.3)
    answers = await client.read()
    assert answers.count(b"200 OK") == 2


async def test_answer_may_take_longer_than_its_request(place: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "RECEIVE_S", 0.2)
    client = Client(place)
    await client.send(GET.replace(b"/quick", b"/wait"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.read(), 1)
    client.raw.close()


async def test_requests_in_a_row_are_answered_and_too_many_are_let_go(place: tuple[str, int]) -> None:
    few, many = Client(place), Client(place)
    await few.send(GET * 10)
    answers = b""
    while answers.count(b"200 OK") < 10:
        answers += await few.read()
    await many.send(GET.replace(b"/quick", b"/wait") + GET * 3_000)
    assert await many.is_let_go()
    few.raw.close()
    many.raw.close()


async def test_answer_that_nobody_reads_is_let_go(client: Client) -> None:
    await client.send(GET.replace(b"/quick", b"/long"))
    await asyncio.sleep(1)
    assert await client.read_all() < LONG


async def test_answer_that_is_read_slowly_comes_whole(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "LOOK_S", 0.3)
    await client.send(GET.replace(b"/quick", b"/long"))
    size, steps = 0, 0
    while size < LONG and (data := await client.read(1_000_000)):
        size += len(data)
        steps += 1
        if steps % 200 == 0:
            await asyncio.sleep(0.05)
    assert size > LONG


async def test_pings_whose_answers_nobody_reads_end_the_socket(client: Client) -> None:
    await client.upgraded()
    assert await client.flood(frame(0x89, b"p" * 125) * 100, 100_000_000) < 100_000_000


async def test_pings_are_answered(place: tuple[str, int]) -> None:
    async with connect(f"ws://{place[0]}:{place[1]}/live") as socket:
        for _ in range(300):
            await (await socket.ping(b"p" * 125))


async def test_message_of_empty_parts_without_end_ends_the_socket(client: Client) -> None:
    await client.upgraded()
    await client.send(frame(0x01))
    assert await client.flood(frame(0x00) * 1000, 20_000_000) < 20_000_000


async def test_frames_faster_than_they_are_taken_end_the_socket(client: Client) -> None:
    await client.upgraded()
    assert await client.flood(frame(0x81) * 10_000, 60_000_000) < 60_000_000
