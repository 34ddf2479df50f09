"""How a member asks over any gateway until there is an answer, and writes down how it ended.

Whoever gets no answer, or one that says to come again, asks again with the same key. The log has a JSON object a line.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import IO, Any

import httpx
import msgspec

__all__ = ["PASSWORD", "Asker", "Desk", "Doing", "Done", "read_done"]

AGAIN_S = 0.1
UNDER_WAY = frozenset({429, 503})
REFUSED = ("posts_limited", "topic_slowed", "questions_full", "upvotes_full", "roll_unavailable")
"""Codes of a 429 or 503 that a plugin means: asking again with the same key is of no use."""
UNLUCKY = ("roll_unavailable", "opens_in_the_past", "expires_in_the_past")
"""Codes of what is refused where the roll cannot be read for long, or a clock is wrong."""
PASSWORD = "a long sentence that nobody guesses"

type Doing = Callable[[], Coroutine[Any, Any, None]]


class Done(msgspec.Struct, omit_defaults=True):
    """How something ended that a member did. `again`: asked more than once. `made`: its id, by the answer.

    `text` is what was written, or was chosen; `about` the post, topic, member, event or vote it was done to; `made` of
    an answer to an event the state, of a ballot the receipt; `begun` and `ended` are times; `code`: why not.
    """

    who: str
    what: str
    status: int
    about: str = ""
    text: str = ""
    made: str = ""
    again: bool = False
    begun: float = 0.0
    ended: float = 0.0
    code: str = ""


def read_done(file: Path) -> list[Done]:
    """In the order in which it ended; each member's in the order in which it was begun."""
    decoder = msgspec.json.Decoder(Done)
    return [decoder.decode(line) for line in file.read_bytes().splitlines()]


class Desk:
    """What all who ask share."""

    def __init__(
        self, urls: Sequence[str], token: Callable[..., str], http: httpx.AsyncClient, log: IO[bytes], *, seed: int = 0
    ) -> None:
        self.token = token
        self.http = http
        self.log = log
        self.odd: list[str] = []
        """Answers that should not have been."""
        self._urls = urls
        self._number = 0
        self._dice = random.Random(seed)

    def key(self) -> str:
        """Of the next request."""
        self._number += 1
        return f"p{self._number}"

    def url(self) -> str:
        """One of the gateways."""
        return self._dice.choice(self._urls)


class Asker:
    """A member."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.name = name
        self.id = ""
        self.desk = desk
        self._headers: dict[str, str] = {}

    async def join(self, interest: str) -> None:
        """Become one, with a token of one's own."""
        name = self.name
        body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD, "interests": [interest]}
        self.id = await self.do("join", "POST", "/v1/members", body, about=name)
        self.sign_in()

    def sign_in(self, *roles: str) -> None:
        """With these roles beside that of a member."""
        self._headers = {"authorization": f"Bearer {self.desk.token(self.id, *roles)}"}

    async def do(self, what: str, method: str, path: str, body: Any = None, *, made: str = "id", **note: str) -> str:
        """Do it and write it down; returns the field `made` of the answer, "" where it was refused."""
        begun = time.time()
        answer, asked = await self._answered(method, path, body, self.desk.key())
        given = answer.json() if answer.content else {}
        value = str(given.get(made, "")) if answer.is_success else ""
        done = Done(
            who=self.id or value,
            what=what,
            status=answer.status_code,
            made=value,
            again=asked > 1,
            begun=begun,
            ended=time.time(),
            code="" if answer.is_success else str(given.get("code", "")),
            **note,
        )
        self.desk.log.write(msgspec.json.encode(done) + b"\n")
        is_strange = answer.is_server_error or answer.status_code == httpx.codes.BAD_REQUEST
        if is_strange and done.code not in UNLUCKY:
            self.desk.odd.append(f"{what} {path}: {answer.status_code} {answer.text[:300]}")
        return value

    async def ask(self, path: str) -> httpx.Response:
        """Read, without a note."""
        return (await self._answered("GET", path, None, self.desk.key()))[0]

    async def _answered(self, method: str, path: str, body: Any, key: str) -> tuple[httpx.Response, int]:
        """The answer, and how often it was asked for."""
        asked = 0
        while True:
            asked += 1
            try:
                answer = await self.desk.http.request(
                    method, f"{self.desk.url()}{path}", json=body, headers=self._headers | {"idempotency-key": key}
                )
            except httpx.TransportError:
                pass
            else:
                if answer.status_code not in UNDER_WAY or _is_refusal(answer):
                    return answer, asked
            await asyncio.sleep(AGAIN_S)


def _is_refusal(answer: httpx.Response) -> bool:
    return answer.json().get("code") in REFUSED
