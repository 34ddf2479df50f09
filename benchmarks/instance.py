"""The whole platform as a child process, and members who use it over HTTP and WebSocket."""

import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import msgspec
from websockets.asyncio.client import connect

from benchmarks.lean import Connection
from diramoja.adapters.embedded.folder import read_endpoint

__all__ = ["PLUGINS", "PROGRAM", "Member", "Platform", "Watch", "open_platform"]

PROGRAM = [sys.executable, "-c", "from diramoja_community.cli import main; main()"]
START_S = 60.0
STOP_S = 30.0
ANSWER_S = 30.0
JOIN_AT_ONCE = 4
PASSWORD = "nobody lives here but a benchmark"  # noqa: S105  # of members who live for a minute
PLUGINS = "identity,information,member,moderator,search,topic"
SETTINGS = (
    f"deployment.plugins={PLUGINS}",
    "gateway.posts_per_hour=0",
    "gateway.calls_per_hour=0",
    "gateway.address_calls_per_hour=0",
    # Joining and signing in are not measured.
    "identity.tries_per_address=1000000",
    "identity.argon2_memory_kib=1024",
    "identity.argon2_passes=1",
)


class _Tokens(msgspec.Struct):
    access_token: str


class _Known(msgspec.Struct):
    id: str


class _Published(msgspec.Struct):
    post: str


class _Frame(msgspec.Struct):
    """What the socket brings; `data` only of events."""

    type: str
    name: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


@attrs.define
class Member:
    """Somebody who is signed in, with a connection of their own that is opened anew where the server closed it."""

    address: tuple[str, int]
    token: str
    _connection: Connection | None = None

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """(status, body) of the answer, whatever it is."""
        if self._connection is None or not self._connection.is_open:
            self._connection = await Connection.open(*self.address)
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        return await self._connection.ask(method, path, headers, b"" if body is None else msgspec.json.encode(body))

    def leave(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    async def open_topic(self, title: str) -> str:
        """The id of a new topic."""
        topic = {"title": title, "description": "Opened by a benchmark.", "category": "healthcare"}
        status, body = await self.ask("POST", "/v1/topics", topic)
        if status != httpx.codes.CREATED:
            raise RuntimeError(f"No topic could be opened: {status} {body.decode()}")
        return msgspec.json.decode(body, type=_Known).id

    async def post(self, topic: str, text: str) -> tuple[int, str]:
        """(status, id of the post or "")."""
        status, body = await self.ask("POST", f"/v1/topics/{topic}/posts", {"body": text})
        return status, msgspec.json.decode(body, type=_Known).id if status == httpx.codes.CREATED else ""


@attrs.define
class Watch:
    """When each post was seen by another member: post → `time.perf_counter()`."""

    seen: dict[str, float] = attrs.field(factory=dict)
    _news: anyio.Event = attrs.field(factory=anyio.Event)

    def take(self, text: str | bytes) -> None:
        """One frame."""
        frame = msgspec.json.decode(text, type=_Frame)
        if frame.name == "topic.post.published":
            self.seen[msgspec.json.decode(frame.data, type=_Published).post] = time.perf_counter()
            self._news.set()

    async def until_seen(self, posts: set[str]) -> None:
        """Wait.

        Raises:
            TimeoutError: one of them does not become visible within half a minute.
        """
        with anyio.fail_after(ANSWER_S):
            while not posts <= self.seen.keys():
                self._news = anyio.Event()
                await self._news.wait()


@attrs.frozen
class Platform:
    """A running instance."""

    url: str
    data: Path
    pid: int
    options: Sequence[str]
    tls: ssl.SSLContext = attrs.field(factory=ssl.create_default_context)

    @property
    def urls(self) -> Mapping[str, str]:
        """Of its servers, by name."""
        endpoint = read_endpoint(self.data)
        assert endpoint is not None
        return endpoint.urls

    @property
    def postgres_url(self) -> str:
        """Of its own database."""
        return self.urls["postgres"]

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        url = httpx.URL(self.url)
        assert url.port is not None
        return url.host, url.port

    @asynccontextmanager
    async def members(self, count: int) -> AsyncIterator[list[Member]]:
        """So many new members, signed in."""
        members: dict[int, Member] = {}
        limiter = anyio.CapacityLimiter(JOIN_AT_ONCE)
        async with httpx.AsyncClient(base_url=self.url, timeout=ANSWER_S, verify=self.tls) as client:

            async def one(number: int) -> None:
                async with limiter:
                    members[number] = Member(self.address, await _join(client, f"bench{number}"))

            async with anyio.create_task_group() as tasks:
                for number in range(count):
                    tasks.start_soon(one, number)
        try:
            yield [members[number] for number in range(count)]
        finally:
            for member in members.values():
                member.leave()

    @asynccontextmanager
    async def watch(self, member: Member, topics: list[str]) -> AsyncIterator[Watch]:
        """What this member sees live on these topics."""
        watch, ready = Watch(), anyio.Event()
        address = f"{self.url.replace('http', 'ws', 1)}/v1/live"
        headers = {"authorization": f"Bearer {member.token}"}

        async def read(socket: Any) -> None:
            async for text in socket:
                watch.take(text)
                if not ready.is_set() and msgspec.json.decode(text, type=_Frame).type == "subscribed":
                    ready.set()

        async with connect(address, additional_headers=headers, compression=None, max_queue=None) as socket:
            channels = [f"topic:{topic}" for topic in topics]
            await socket.send(msgspec.json.encode({"type": "subscribe", "channels": channels}).decode())
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read, socket)
                with anyio.fail_after(ANSWER_S):
                    await ready.wait()
                yield watch
                tasks.cancel_scope.cancel()


async def _join(client: httpx.AsyncClient, name: str) -> str:
    """Join and sign in; the access token."""
    account = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    (await client.post("/v1/members", json=account)).raise_for_status()
    answer = await client.post("/v1/auth/login", json={"username": name, "password": PASSWORD})
    answer.raise_for_status()
    return msgspec.json.decode(answer.content, type=_Tokens).access_token


@asynccontextmanager
async def open_platform(folder: Path, *options: str) -> AsyncIterator[Platform]:
    """`diramoja up` on a data folder of its own and a free port, without limits on how often somebody may post.

    Args:
        folder: for its data and its log; where it was used before, the platform comes back with what it had.
        options: further `section.key=value`.

    Raises:
        RuntimeError: it does not start; the text says what it wrote.
    """
    settings = [word for setting in (*SETTINGS, *options) for word in ("--set", setting)]
    errors = folder / "platform.log"
    with errors.open("wb") as log:
        process = await anyio.open_process(
            [*PROGRAM, "--data", str(folder / "data"), *settings, "up", "--port", "0"],
            stdin=subprocess.DEVNULL,
            stderr=log,
            cwd=folder,
        )
    try:
        yield Platform(await _ready(process, errors), folder / "data", process.pid, settings)
    finally:
        await _end(process)


async def _ready(process: anyio.abc.Process, errors: Path) -> str:
    """The URL in the line that says so."""
    text = b""
    assert process.stdout is not None
    try:
        with anyio.fail_after(START_S):
            while b"\n" not in text.partition(b"ready ")[2]:
                text += await process.stdout.receive()
    except (TimeoutError, anyio.EndOfStream) as error:
        raise RuntimeError(f"The platform does not start:\n{errors.read_text()}") from error
    return text.partition(b"ready ")[2].split()[0].decode()


async def _end(process: anyio.abc.Process) -> None:
    if process.returncode is None:
        process.terminate()
    with anyio.move_on_after(STOP_S, shield=True) as patience:
        await process.wait()
    if patience.cancelled_caught:
        process.kill()
    await process.aclose()
