"""Members who use the platform over any gateway, one thing after the other each, and write down how it ended.

Whoever gets no answer, or one that says to come again, asks again with the same key until there is one. The log has a
JSON object a line, see `Done`.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import IO, Any

import httpx
import msgspec

__all__ = ["Done", "People", "read_done"]

COUNT = 40
TOPICS = 8
INTEREST = "healthcare"
AGAIN_S = 0.1
ANSWER_S = 8.0
UNDER_WAY = frozenset({429, 503})
SETTLED_S = 1.5
"""A post of this age may have been screened: before that others hardly do anything with it."""
KINDS = ("agree", "disagree", "pass", "like")
ZONES = ("Africa/Nairobi", "Europe/Rome", "UTC", "America/Lima")
PASSWORD = "a long sentence that nobody guesses"

type Doing = Callable[[], Coroutine[Any, Any, None]]


class Done(msgspec.Struct, omit_defaults=True):
    """How something ended that a member did. `again`: asked more than once. `made`: id out of the answer.

    `text` is what was written, or was chosen; `about` the post, topic, member or conversation it was done to.
    """

    who: str
    what: str
    status: int
    about: str = ""
    text: str = ""
    made: str = ""
    again: bool = False


def read_done(file: Path) -> list[Done]:
    """In the order in which it ended; each member's in the order in which it was begun."""
    decoder = msgspec.json.Decoder(Done)
    return [decoder.decode(line) for line in file.read_bytes().splitlines()]


class People:
    """Forty of them, with their topics."""

    def __init__(self, urls: Sequence[str], token: Callable[[str], str], file: Path, seed: int) -> None:
        self._urls = urls
        self._token = token
        self._file = file
        self._dice = random.Random(seed)
        self._number = 0
        self._members: list[str] = []
        self._topics: list[str] = []
        self._posts: deque[tuple[float, str]] = deque(maxlen=60)
        self.ready = asyncio.Event()
        """Set once they have joined and opened their topics."""
        self.odd: list[str] = []
        """Answers that should not have been."""

    async def run(self, *, rate: float, stop: asyncio.Event, gate: asyncio.Event) -> None:
        """Join, open topics, and be busy until `stop`, at most `rate` things a second; while `gate` is closed none."""
        limits = httpx.Limits(keepalive_expiry=2.0)
        with self._file.open("ab", buffering=0) as log:
            async with httpx.AsyncClient(timeout=ANSWER_S, limits=limits) as http:
                some = [_Member(self, number, http, log) for number in range(COUNT)]
                await asyncio.gather(*(each.join() for each in some))
                await asyncio.gather(*(each.open_topic() for each in some[:TOPICS]))
                self.ready.set()
                async with asyncio.TaskGroup() as tasks:
                    for each in some:
                        tasks.create_task(each.run(COUNT / rate, stop, gate))

    # --- what they share ---

    def key(self) -> str:
        """Of the next request."""
        self._number += 1
        return f"p{self._number}"

    def url(self) -> str:
        """One of the gateways."""
        return self._dice.choice(self._urls)

    def any_topic(self) -> str:
        """One that is open."""
        return self._dice.choice(self._topics)

    def any_post(self) -> str:
        """One of the last; "" where there is none yet."""
        old = [post for at, post in self._posts if time.monotonic() - at > SETTLED_S]
        return self._dice.choice(old) if old else ""

    def any_member(self, but: str) -> str:
        """Another one."""
        return self._dice.choice([each for each in self._members if each != but])


class _Member:
    def __init__(self, people: People, number: int, http: httpx.AsyncClient, log: IO[bytes]) -> None:
        self._people = people
        self._name = f"person_{number}"
        self._dice = random.Random(f"{people._dice.random()} {number}")
        self._http = http
        self._log = log
        self._headers: dict[str, str] = {}
        self._talks: list[str] = []
        self._own: list[str] = []
        self._blocked: list[str] = []
        self._followed: list[str] = []
        self.id = ""

    async def join(self) -> None:
        body = {
            "username": self._name,
            "email": f"{self._name}@example.org",
            "password": PASSWORD,
            "interests": [INTEREST],
        }
        self.id = await self._do("join", "POST", "/v1/members", body, about=self._name)
        self._headers = {"authorization": f"Bearer {self._people._token(self.id)}"}
        self._people._members.append(self.id)

    async def open_topic(self) -> None:
        title = f"What {self._name} asks about clinics"
        body = {"title": title, "description": "When are they open?", "category": INTEREST}
        self._people._topics.append(await self._do("open", "POST", "/v1/topics", body, text=title))

    async def run(self, every_s: float, stop: asyncio.Event, gate: asyncio.Event) -> None:
        doings: dict[Doing, int] = {
            self._write: 6, self._reply: 6, self._react: 10, self._unreact: 3, self._share: 1, self._report: 1,
            self._edit: 1, self._delete: 1, self._block: 1, self._unblock: 1, self._follow: 1, self._unfollow: 1,
            self._talk: 1, self._say: 6, self._prefer: 1,
        }  # fmt: skip
        while not stop.is_set():
            await gate.wait()
            begun = time.monotonic()
            (doing,) = self._dice.choices([*doings], [*doings.values()])
            await doing()
            await asyncio.sleep(max(0.0, every_s - (time.monotonic() - begun)))

    # --- what they do ---

    async def _write(self) -> None:
        await self._post({}, "write")

    async def _reply(self) -> None:
        """To a post of that topic, which the answer of the post says."""
        if post := self._people.any_post():
            found = await self._ask("GET", f"/v1/posts/{post}")
            if found.status_code == httpx.codes.OK:
                await self._post({"reply_to": post}, "reply", found.json()["topic_id"])

    async def _post(self, more: dict[str, str], what: str, topic: str = "") -> None:
        topic = topic or self._people.any_topic()
        text = self._text()
        body = {"body": text, **more}
        self._wrote(await self._do(what, "POST", f"/v1/topics/{topic}/posts", body, about=topic, text=text))

    async def _share(self) -> None:
        if post := self._people.any_post():
            text = self._text()
            body = {"topic_id": self._people.any_topic(), "comment": text}
            self._wrote(await self._do("share", "POST", f"/v1/posts/{post}/shares", body, about=post, text=text))

    def _text(self) -> str:
        return f"The clinic at the market could open at eight, says {self._name} for the {self._people.key()} time."

    def _wrote(self, post: str) -> None:
        if post:
            self._own.append(post)
            self._people._posts.append((time.monotonic(), post))

    async def _react(self) -> None:
        if post := self._people.any_post():
            kind = self._dice.choice(KINDS)
            await self._do("react", "PUT", f"/v1/posts/{post}/reactions/{kind}", about=post, text=kind)

    async def _unreact(self) -> None:
        if post := self._people.any_post():
            kind = self._dice.choice(KINDS)
            await self._do("unreact", "DELETE", f"/v1/posts/{post}/reactions/{kind}", about=post, text=kind)

    async def _report(self) -> None:
        if post := self._people.any_post():
            await self._do("report", "POST", f"/v1/posts/{post}/reports", {"reason": "spam"}, about=post)

    async def _edit(self) -> None:
        if self._own:
            post, text = self._dice.choice(self._own), self._text()
            await self._do("edit", "PATCH", f"/v1/posts/{post}", {"body": text}, about=post, text=text)

    async def _delete(self) -> None:
        if len(self._own) > 10:
            post = self._own.pop(self._dice.randrange(len(self._own)))
            await self._do("delete", "DELETE", f"/v1/posts/{post}", about=post)

    async def _block(self) -> None:
        if not self._blocked:
            other = self._people.any_member(self.id)
            self._blocked.append(other)
            await self._do("block", "PUT", f"/v1/members/{other}/block", about=other)

    async def _unblock(self) -> None:
        if self._blocked:
            other = self._blocked.pop()
            await self._do("unblock", "DELETE", f"/v1/members/{other}/block", about=other)

    async def _follow(self) -> None:
        topic = self._people.any_topic()
        self._followed.append(topic)
        await self._do("follow", "PUT", f"/v1/topics/{topic}/follow", about=topic)

    async def _unfollow(self) -> None:
        if self._followed:
            topic = self._followed.pop()
            await self._do("unfollow", "DELETE", f"/v1/topics/{topic}/follow", about=topic)

    async def _talk(self) -> None:
        other = self._people.any_member(self.id)
        made = await self._do("talk", "POST", "/v1/conversations", {"member_ids": [other]}, about=other)
        if made and made not in self._talks:
            self._talks.append(made)

    async def _say(self) -> None:
        if self._talks:
            talk = self._dice.choice(self._talks)
            body = {"body": self._text()}
            await self._do("say", "POST", f"/v1/conversations/{talk}/messages", body, about=talk)

    async def _prefer(self) -> None:
        zone = self._dice.choice(ZONES)
        await self._do("prefer", "PUT", "/v1/me/preferences", {"time_zone": zone}, text=zone)

    # --- asking ---

    async def _do(self, what: str, method: str, path: str, body: Any = None, **note: str) -> str:
        """The id in the answer; "" where it was refused."""
        key = self._people.key()
        answer, asked = await self._answered(method, path, body, key)
        made = ""
        if answer.is_success and answer.content:
            given = answer.json()
            made = given.get("id", "")
        done = Done(self.id or made, what, answer.status_code, made=made, again=asked > 1, **note)
        self._log.write(msgspec.json.encode(done) + b"\n")
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or answer.status_code == httpx.codes.BAD_REQUEST:
            self._people.odd.append(f"{what} {path}: {answer.status_code} {answer.text[:300]}")
        return made

    async def _ask(self, method: str, path: str) -> httpx.Response:
        return (await self._answered(method, path, None, self._people.key()))[0]

    async def _answered(self, method: str, path: str, body: Any, key: str) -> tuple[httpx.Response, int]:
        """The answer, and how often it was asked for."""
        asked = 0
        while True:
            asked += 1
            try:
                answer = await self._http.request(
                    method,
                    f"{self._people.url()}{path}",
                    json=body,
                    headers=self._headers | {"idempotency-key": key},
                )
            except httpx.TransportError:
                pass
            else:
                if answer.status_code not in UNDER_WAY or _is_refusal(answer):
                    return answer, asked
            await asyncio.sleep(AGAIN_S)


def _is_refusal(answer: httpx.Response) -> bool:
    """A 429 that a plugin means: asking again soon is of no use."""
    return answer.status_code == httpx.codes.TOO_MANY_REQUESTS and answer.json().get("code") in (
        "posts_limited",
        "topic_slowed",
    )
