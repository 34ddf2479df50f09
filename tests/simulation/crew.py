"""Some workers beside each other in memory. One may fall asleep in any call to a server, also inside its commit; its
lease may end meanwhile; then it wakes, goes on with what it holds, and is one of the living again."""

import asyncio
import functools
import random
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import attrs

from diramoja.core.registry import Ports
from diramoja.core.runtime import ownership
from diramoja.core.runtime import worker as runtime_worker
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.jobs import JobRunner
from diramoja.core.runtime.ownership import Heartbeat, new_worker
from diramoja.core.runtime.views import ViewFeeder
from diramoja.core.runtime.worker import Worker
from diramoja.testing.runtime import Crash, Runtime

__all__ = ["Crew", "nap"]

vars(runtime_worker)["desired"] = functools.lru_cache(ownership.desired)  # The same few workers, asked at every step.

QUIET_ROUNDS = 4
"""So long until all have given back, claimed and decided what is left."""
STORMY_ROUNDS = 50
WAKE = 0.25
LAPSE = 0.5


async def _undrained(_deadline_s: float) -> bool:
    """Nobody publishes beside a turn that is stepped by hand: no waiting for it."""
    return False


async def _awake() -> None:
    """Who is no worker does not sleep."""


_NAP: ContextVar[Callable[[], Awaitable[None]]] = ContextVar("nap", default=_awake)


async def nap() -> None:
    """The worker whose call this is may fall asleep here."""
    await _NAP.get()()


@attrs.define(eq=False)
class Member:
    """A worker; asleep where `bed` is there, until that is done. `fell` is done when it falls asleep."""

    worker: Worker
    heartbeat: Heartbeat
    step: asyncio.Task[int] | None = None
    bed: asyncio.Future[None] | None = None
    fell: asyncio.Future[None] | None = None
    has_lapsed: bool = False


class Crew(Runtime):
    """`size` workers that are awake, and those that sleep."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self.dice = dice
        self.size = 1
        self.naps = 0.0
        self.slept = 0
        self._members: list[Member] = []
        self._hired = self._quiet = 0

    def restart(self) -> None:
        """Lose all workers as by kill -9, also those that sleep."""
        while self._members:
            self._do(self._end(self._members[0]))

    def wake_all(self) -> None:
        """Those that sleep go on at once."""
        for member in self._members:
            if member.bed is not None and not member.bed.done():
                member.bed.set_result(None)

    def settle(self) -> None:
        """Let happen what can; where workers fall asleep and crash without end, so many rounds of it."""
        if not self.naps and not self.crash_ratio:
            super().settle()
            return
        for _ in range(STORMY_ROUNDS):
            if not self._do(self._round()):
                return

    async def _round(self) -> int:
        while sum(each.bed is None for each in self._members) < self.size > len(self._members) - 1:
            await self._hire()
        done = 0
        for member in self.dice.sample(self._members, len(self._members)):
            done += await self._let(member)
        done += await self._runner.step() + await self._feeder.step()
        self._quiet = 0 if done else self._quiet + 1
        return int(self._quiet < (QUIET_ROUNDS if len(self._members) > 1 else 1))

    async def _hire(self) -> None:
        self._hired += 1
        environment = Environment(self.registry, Ports(self._provided), self.runtime_settings)
        row = new_worker("worker")._replace(id=f"wrk_{self._hired}")
        heartbeat = Heartbeat(self.records, row, self.runtime_settings.lease_s, self.runtime_settings.beat_s)
        worker = Worker(environment, heartbeat, by_hand=True, crash=self._maybe_crash)
        vars(worker._publisher)["drained"] = _undrained
        self._members.append(Member(worker, heartbeat))
        self._runner = JobRunner(environment, self.dice.random)
        self._feeder = ViewFeeder(environment)

    async def _let(self, member: Member) -> int:
        """One step, to its end or until it sleeps; of a sleeper, what the night brings."""
        if member.bed is not None and not member.bed.done():
            return await self._asleep(member, member.bed)
        if member.step is None:
            await member.heartbeat.beat()
            member.has_lapsed = False
            member.step = self._loop.create_task(self._work(member))
        member.bed, member.fell = None, self._loop.create_future()
        either: list[asyncio.Future[Any]] = [member.step, member.fell]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not member.step.done():
            return 1
        step, member.step, member.bed = member.step, None, None
        try:
            return step.result()
        except Crash:
            self.crashes += 1
            await self._end(member)
            return 1

    async def _asleep(self, member: Member, bed: asyncio.Future[None]) -> int:
        if not member.has_lapsed and self.dice.random() < LAPSE:
            member.has_lapsed = True
            await self.records.retire(member.worker.id)
            return 1
        if self.dice.random() < WAKE:
            bed.set_result(None)
            return 1
        return 0

    async def _work(self, member: Member) -> int:
        _NAP.set(lambda: self._nap(member))
        return await member.worker.step() + await member.worker.publish_now()

    async def _nap(self, member: Member) -> None:
        if member.bed is None and self.naps and self.dice.random() < self.naps and member.fell is not None:
            self.slept += 1
            member.bed = self._loop.create_future()
            member.fell.set_result(None)
        if member.bed is not None:
            await asyncio.shield(member.bed)

    async def _end(self, member: Member) -> None:
        self._members.remove(member)
        if member.step is not None:
            member.step.cancel()
            await asyncio.gather(member.step, return_exceptions=True)
        await self.records.retire(member.worker.id)
        await member.worker.abandon()
