"""The people of a run: they write, react, take back, delete and read over HTTP, watch over WebSocket, and note it all.

Who gets no answer, or one that says to come again, asks again with the same key until there is one: the operation lasts
from the first call to the answer.
"""

import asyncio
import math
import random
import secrets
import time
from collections.abc import Callable
from typing import Any

import attrs
import httpx
import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.histories.checker import History, Post, Seen
from tests.histories.order import Operation
from tests.support.community import Person

__all__ = ["Human", "Watcher"]

KINDS = ("agree", "disagree", "pass", "like")
UNDER_WAY = 503
PATIENCE_S = 60.0
AGAIN_S = 0.1
PAUSE_S = 0.02
FEW = 24
"""Operations on one post at the most, so that its history can be explained quickly."""


@attrs.frozen
class Call:
    """What is done to a post; `kind` of a reaction."""

    what: str
    method: str
    kind: str = ""


@attrs.define
class Human:
    """One member who is busy until `stop`."""

    person: Person
    http: httpx.AsyncClient
    history: History
    topics: list[str]
    dice: random.Random
    published: Callable[[str], bool]
    """Whether a post was seen live by somebody."""

    async def run(self, stop: asyncio.Event) -> None:
        """One thing after the other."""
        while not stop.is_set():
            posts = [each for each in list(self.history.posts.values())[-10:] if len(each.operations) < FEW]
            await (self._write() if not posts or self.dice.random() < 0.06 else self._do(self.dice.choice(posts)))
            await asyncio.sleep(self.dice.random() * PAUSE_S)

    async def _do(self, post: Post) -> None:
        if post.author != self.person.id and not self.published(post.id):
            return  # It is not theirs to see yet.
        what = self.dice.choices(("read", "react", "unreact", "delete"), (8, 6, 2, 1))[0]
        if what == "read":
            await self._note(post, Call(what, "GET"))
        elif what != "delete" and self.published(post.id):
            await self._note(post, Call(what, "PUT" if what == "react" else "DELETE", self.dice.choice(KINDS)))
        elif post.author == self.person.id and self.published(post.id):
            await self._note(post, Call(what, "DELETE"))

    async def _write(self) -> None:
        topic, body = self.dice.choice(self.topics), {"body": f"The clinic should open at {self.dice.random():.9f}."}
        invoked, (status, answer) = time.monotonic(), await self._ask("POST", f"/v1/topics/{topic}/posts", body)
        if status:
            wrote = Operation(self.person.id, "write", invoked, time.monotonic(), status=status)
            self.history.posts[answer["id"]] = Post(answer["id"], f"topic:{topic}", self.person.id, [wrote])

    async def _note(self, post: Post, call: Call) -> None:
        place = len(post.operations)
        under_way = Operation(self.person.id, call.what, time.monotonic(), math.inf, call.kind)
        post.operations.append(under_way)
        path = f"/v1/posts/{post.id}" + (f"/reactions/{call.kind}" if call.kind else "")
        status, answer = await self._ask(call.method, path)
        if status:
            shown = answer.get("reactions", {}) if status == httpx.codes.OK and call.what == "read" else None
            post.operations[place] = attrs.evolve(under_way, returned=time.monotonic(), status=status, shown=shown)

    async def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """(status, body); (0, {}) where no answer came in a minute."""
        headers = {"authorization": f"Bearer {self.person.token}", "idempotency-key": secrets.token_hex(8)}
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                answer = await self.http.request(method, path, headers=headers, json=body)
                if answer.status_code != UNDER_WAY:
                    text = answer.content
                    return answer.status_code, msgspec.json.decode(text) if text else {}
            except httpx.TransportError:
                pass
            await asyncio.sleep(AGAIN_S)
        return 0, {}


@attrs.define
class Watcher:
    """Sees the topics live, now and then over a new connection that goes on where the one before ended."""

    name: str
    url: str
    person: Person
    topics: list[str]
    dice: random.Random
    seen: list[Seen] = attrs.field(factory=list)
    published: set[str] = attrs.field(factory=set)
    reconnects: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        after = {f"topic:{topic}": 0 for topic in self.topics}
        while not stop.is_set():
            try:
                await self._watch(stop, after)
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(AGAIN_S)
            self.reconnects += 1

    async def _watch(self, stop: asyncio.Event, after: dict[str, int]) -> None:
        address = f"{self.url.replace('http', 'ws', 1)}/v1/live"
        headers = {"authorization": f"Bearer {self.person.token}"}
        until = time.monotonic() + 1 + self.dice.random() * 4
        async with connect(address, additional_headers=headers, compression=None) as socket:
            await socket.send(msgspec.json.encode({"type": "resume", "after": after}).decode())
            while not stop.is_set() and time.monotonic() < until:
                try:
                    async with asyncio.timeout(0.5):
                        frame = msgspec.json.decode(await socket.recv())
                except TimeoutError:
                    continue
                if frame["type"] == "event":
                    after[frame["channel"]] = frame["seq"]
                    post = frame["data"].get("post", "")
                    self.seen.append(Seen(frame["channel"], frame["seq"], frame["name"], post, time.monotonic()))
                    if frame["name"] == "topic.post.published":
                        self.published.add(post)
