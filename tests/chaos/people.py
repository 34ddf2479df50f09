"""Members who use the platform over any gateway, one thing after the other each: forty of them, and their convener.

How they ask, and what they write down, is in `asking`; what they do at events and in votes in `guests` and `voters`.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from tests.chaos.asking import Asker, Desk, Doing
from tests.chaos.guests import EVENTS, Guest, Halls
from tests.chaos.voters import LEAST_S, Convener, Polls, Voter

__all__ = ["People"]

COUNT = 40
TOPICS = 8
INTEREST = "healthcare"
ANSWER_S = 8.0
SETTLED_S = 1.5
"""A post of this age may have been screened: before that others hardly do anything with it."""
KINDS = ("agree", "disagree", "pass", "like")
ZONES = ("Africa/Nairobi", "Europe/Rome", "UTC", "America/Lima")


class People:
    """Forty of them, with their topics, events and votes."""

    def __init__(self, urls: Sequence[str], token: Callable[..., str], file: Path, seed: int) -> None:
        self._urls = urls
        self._token = token
        self._file = file
        self._dice = random.Random(seed)
        self._members: list[str] = []
        self._topics: list[str] = []
        self._posts: deque[tuple[float, str]] = deque(maxlen=60)
        self._halls = Halls()
        self._polls = Polls()
        self.ready = asyncio.Event()
        """Set once they have joined and opened their topics and events."""
        self.odd: list[str] = []
        """Answers that should not have been."""

    async def run(self, *, rate: float, lasts_s: float, stop: asyncio.Event, gate: asyncio.Event) -> None:
        """Join, open topics, and be busy until `stop`, at most `rate` things a second; while `gate` is closed none.

        In `lasts_s` from when they are ready, votes are held: as many as find the time.
        """
        limits = httpx.Limits(keepalive_expiry=2.0)
        with self._file.open("ab", buffering=0) as log:
            async with httpx.AsyncClient(timeout=ANSWER_S, limits=limits) as http:
                desk = Desk(self._urls, self._token, http, log, seed=self._dice.randrange(10**6))
                some = [_Member(self, number, desk) for number in range(COUNT)]
                convener = Asker(desk, "convener")
                await self._prepare(some, convener)
                votes = Convener(convener, self._polls)
                if lasts_s > LEAST_S:
                    await votes.begin(lasts_s)
                self.ready.set()
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(votes.run(time.time() + lasts_s, stop, gate))
                    for each in some:
                        tasks.create_task(each.run(COUNT / rate, stop, gate))
                self.odd = desk.odd

    async def _prepare(self, some: Sequence["_Member"], convener: Asker) -> None:
        """All are members in good standing, some have topics and events."""
        await asyncio.gather(convener.join(INTEREST), *(each.join() for each in some))
        for officer in (convener, some[0].asker):
            officer.sign_in("membership_officer")
        await asyncio.gather(_admit(some[0].asker, convener), *(_admit(convener, each.asker) for each in some))
        await asyncio.gather(*(each.open_topic() for each in some[:TOPICS]))
        await asyncio.gather(*(each.guest.plan() for each in some[-EVENTS:]))
        for officer in (convener, some[0].asker):
            officer.sign_in()

    # --- what they share ---

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


async def _admit(officer: Asker, other: Asker) -> None:
    body = {"level": "member", "standing": "good", "reason": "Dues were paid."}
    await officer.do("admit member", "PATCH", f"/v1/members/{other.id}/membership", body, about=other.id)


class _Member:
    def __init__(self, people: People, number: int, desk: Desk) -> None:
        self._people = people
        self._dice = random.Random(f"{people._dice.random()} {number}")
        self.asker = Asker(desk, f"person_{number}")
        self.guest = Guest(self.asker, people._halls, self._dice)
        self.voter = Voter(self.asker, people._polls, self._dice, number=number, other=self._any_other)
        self._talks: list[str] = []
        self._own: list[str] = []
        self._blocked: list[str] = []
        self._followed: list[str] = []

    def _any_other(self) -> str:
        return self._people.any_member(self.asker.id)

    async def join(self) -> None:
        await self.asker.join(INTEREST)
        self._people._members.append(self.asker.id)

    async def open_topic(self) -> None:
        title = f"What {self.asker.name} asks about clinics"
        body = {"title": title, "description": "When are they open?", "category": INTEREST}
        self._people._topics.append(await self.asker.do("open", "POST", "/v1/topics", body, text=title))

    async def run(self, every_s: float, stop: asyncio.Event, gate: asyncio.Event) -> None:
        doings: dict[Doing, int] = {
            self._write: 6, self._reply: 6, self._react: 10, self._unreact: 3, self._share: 1, self._report: 1,
            self._edit: 1, self._delete: 1, self._block: 1, self._unblock: 1, self._follow: 1, self._unfollow: 1,
            self._talk: 1, self._say: 6, self._prefer: 1,
        }  # fmt: skip
        doings |= self.guest.doings() | self.voter.doings()
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
            found = await self.asker.ask(f"/v1/posts/{post}")
            if found.status_code == httpx.codes.OK:
                await self._post({"reply_to": post}, "reply", found.json()["topic_id"])

    async def _post(self, more: dict[str, str], what: str, topic: str = "") -> None:
        topic = topic or self._people.any_topic()
        text = self._text()
        body = {"body": text, **more}
        self._wrote(await self.asker.do(what, "POST", f"/v1/topics/{topic}/posts", body, about=topic, text=text))

    async def _share(self) -> None:
        if post := self._people.any_post():
            text = self._text()
            body = {"topic_id": self._people.any_topic(), "comment": text}
            self._wrote(await self.asker.do("share", "POST", f"/v1/posts/{post}/shares", body, about=post, text=text))

    def _text(self) -> str:
        said = f"says {self.asker.name} for the {self.asker.desk.key()} time"
        return f"The clinic at the market could open at eight, {said}."

    def _wrote(self, post: str) -> None:
        if post:
            self._own.append(post)
            self._people._posts.append((time.monotonic(), post))

    async def _react(self) -> None:
        if post := self._people.any_post():
            kind = self._dice.choice(KINDS)
            await self.asker.do("react", "PUT", f"/v1/posts/{post}/reactions/{kind}", about=post, text=kind)

    async def _unreact(self) -> None:
        if post := self._people.any_post():
            kind = self._dice.choice(KINDS)
            await self.asker.do("unreact", "DELETE", f"/v1/posts/{post}/reactions/{kind}", about=post, text=kind)

    async def _report(self) -> None:
        if post := self._people.any_post():
            await self.asker.do("report", "POST", f"/v1/posts/{post}/reports", {"reason": "spam"}, about=post)

    async def _edit(self) -> None:
        if self._own:
            post, text = self._dice.choice(self._own), self._text()
            await self.asker.do("edit", "PATCH", f"/v1/posts/{post}", {"body": text}, about=post, text=text)

    async def _delete(self) -> None:
        if len(self._own) > 10:
            post = self._own.pop(self._dice.randrange(len(self._own)))
            await self.asker.do("delete", "DELETE", f"/v1/posts/{post}", about=post)

    async def _block(self) -> None:
        if not self._blocked:
            other = self._people.any_member(self.asker.id)
            self._blocked.append(other)
            await self.asker.do("block", "PUT", f"/v1/members/{other}/block", about=other)

    async def _unblock(self) -> None:
        if self._blocked:
            other = self._blocked.pop()
            await self.asker.do("unblock", "DELETE", f"/v1/members/{other}/block", about=other)

    async def _follow(self) -> None:
        topic = self._people.any_topic()
        self._followed.append(topic)
        await self.asker.do("follow", "PUT", f"/v1/topics/{topic}/follow", about=topic)

    async def _unfollow(self) -> None:
        if self._followed:
            topic = self._followed.pop()
            await self.asker.do("unfollow", "DELETE", f"/v1/topics/{topic}/follow", about=topic)

    async def _talk(self) -> None:
        other = self._people.any_member(self.asker.id)
        made = await self.asker.do("talk", "POST", "/v1/conversations", {"member_ids": [other]}, about=other)
        if made and made not in self._talks:
            self._talks.append(made)

    async def _say(self) -> None:
        if self._talks:
            talk = self._dice.choice(self._talks)
            body = {"body": self._text()}
            await self.asker.do("say", "POST", f"/v1/conversations/{talk}/messages", body, about=talk)

    async def _prefer(self) -> None:
        zone = self._dice.choice(ZONES)
        await self.asker.do("prefer", "PUT", "/v1/me/preferences", {"time_zone": zone}, text=zone)
