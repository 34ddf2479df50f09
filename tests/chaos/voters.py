"""What members do in votes: one convenes them, one after the other of each sort; the others vote, or delegate."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs

from tests.chaos.asking import Asker, Doing

__all__ = ["LEAST_S", "SORTS", "Convener", "Polls", "Voter"]

LEAST_S = 60.0
"""A vote is open for a minute at least."""
FIRST = (0.4, 0.6, 0.8)
"""Of the time in which members are busy, how long the first of each sort is open."""
NOTICE_S = 8.0
"""From being drafted to being open."""
LOOK_S = 2.0
PUBLISHED_S = 120.0
OPTIONS = 3
DELEGATORS = 3
"""One in so many never votes where one can delegate."""
ELSEWHERE = {"voting_method": "approval", "revote": True, "delegation": True}
SORTS: tuple[dict[str, Any], ...] = (
    {"live_tally": True},
    ELSEWHERE,
    {"anonymity_level": "pseudonymous", "revote": True},
)
"""A public poll with one ballot each; a public one by approval with delegation, and a pseudonymous one, where a ballot
can be replaced."""


@attrs.frozen
class Poll:
    """A vote that is scheduled. `opens` and `closes` are times."""

    id: str
    opens: float
    closes: float
    approval: bool
    delegation: bool


class Polls:
    """The votes that members know of, by their sort."""

    def __init__(self) -> None:
        self.current: dict[int, Poll] = {}
        self.all: list[Poll] = []

    def open(self) -> list[Poll]:
        """Those that take ballots, as far as one can know; some of them perhaps no more."""
        return [each for each in self.current.values() if each.opens < time.time() < each.closes + 1]


class Convener:
    """Whoever convenes them."""

    def __init__(self, asker: Asker, polls: Polls) -> None:
        self._asker = asker
        self._polls = polls

    async def begin(self, lasts_s: float) -> None:
        """The first of each sort, before anything is hurt: the last one is open for most of the time."""
        for sort in range(len(SORTS)):
            await self._convene(sort, max(LEAST_S, lasts_s * FIRST[sort]))

    async def run(self, until: float, stop: asyncio.Event, gate: asyncio.Event) -> None:
        """Keep one of each sort going, as long as it closes before `until`; then wait for all results."""
        while not stop.is_set():
            await gate.wait()
            for sort in range(len(SORTS)):
                if not await self._is_going(sort) and time.time() + NOTICE_S + LEAST_S < until:
                    await self._convene(sort, LEAST_S)
            await asyncio.sleep(LOOK_S)
        end = max((each.closes for each in self._polls.all), default=0) + PUBLISHED_S
        for poll in self._polls.all:
            while not await self._is_published(poll) and time.time() < end:  # noqa: ASYNC110  # the platform's
                await asyncio.sleep(LOOK_S)

    async def _is_going(self, sort: int) -> bool:
        poll = self._polls.current.get(sort)
        return poll is not None and not await self._is_published(poll)

    async def _is_published(self, poll: Poll) -> bool:
        return str((await self._asker.ask(f"/v1/votes/{poll.id}")).json().get("phase")) == "results_published"

    async def _convene(self, sort: int, lasts_s: float) -> None:
        opens = time.time() + NOTICE_S
        closes = opens + lasts_s
        body = {
            "title": f"When clinics open, the {len(self._polls.all) + 1}. time",
            "vote_type": "poll",
            "options": ["At eight", "At nine", "At ten"],
            "opens_at": _written(opens),
            "closes_at": _written(closes),
            **SORTS[sort],
        }
        made = await self._asker.do("draft", "POST", "/v1/votes", body)
        if made and await self._asker.do("schedule", "POST", f"/v1/votes/{made}/schedule", about=made):
            poll = Poll(made, opens, closes, "voting_method" in SORTS[sort], "delegation" in SORTS[sort])
            self._polls.current[sort] = poll
            self._polls.all.append(poll)


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


class Voter:
    """A member who votes."""

    def __init__(
        self, asker: Asker, polls: Polls, dice: random.Random, *, number: int, other: Callable[[], str]
    ) -> None:
        self._asker = asker
        self._polls = polls
        self._dice = dice
        self._delegates = number % DELEGATORS == 0
        self._other = other

    def doings(self) -> dict[Doing, int]:
        """Each with how often it is done."""
        return {self._cast: 14, self._delegate: 3 if self._delegates else 0, self._end: 1 if self._delegates else 0}

    async def _cast(self) -> None:
        polls = [each for each in self._polls.open() if not (each.delegation and self._delegates)]
        if polls:
            poll = self._dice.choice(polls)
            choices = self._choices(poll)
            text = ",".join(map(str, choices))
            path = f"/v1/votes/{poll.id}/ballots"
            await self._asker.do("cast", "POST", path, {"choices": choices}, made="receipt", about=poll.id, text=text)

    def _choices(self, poll: Poll) -> list[int]:
        """Now and then a blank ballot."""
        most = OPTIONS if poll.approval else 1
        return sorted(self._dice.sample(range(1, OPTIONS + 1), self._dice.randint(0 if most > 1 else 1, most)))

    async def _delegate(self) -> None:
        for poll in self._delegated():
            other = self._other()
            path = f"/v1/me/delegations/{poll.id}"
            await self._asker.do("delegate", "PUT", path, {"delegate": other}, about=poll.id, text=other)

    async def _end(self) -> None:
        for poll in self._delegated():
            await self._asker.do("undelegate", "DELETE", f"/v1/me/delegations/{poll.id}", about=poll.id)

    def _delegated(self) -> list[Poll]:
        return [each for each in self._polls.open() if each.delegation]
