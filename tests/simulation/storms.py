"""Servers in memory that are away at any call, and that do what nobody hears of, or only later."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from diramoja.core.errors import DiramojaError, InvalidError, OutcomeUnknownError, UnavailableError
from diramoja.core.ports.broker import Incoming, Intake, Outgoing
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.rows import PartitionRow, ReminderRow, Tail, Writes
from diramoja.testing.memory import MemoryBroker, MemoryIntake, MemoryRecords
from tests.chaos.plugin import REFUSED
from tests.simulation.crew import nap

__all__ = ["StormyBroker", "StormyIntake", "StormyRecords"]


class StormyRecords(MemoryRecords):
    """Away at any call; a commit may also happen and not be heard of, or happen only later.

    It refuses rows whose key has REFUSED in it, and commits of more rows than `most_rows`, whoever's fault that is.
    """

    def __init__(self, clock: Clock, dice: random.Random) -> None:
        super().__init__(clock)
        self.dice = dice
        self.away = self.late = 0.0
        self.most_rows = 10_000
        self.under_way: Writes | None = None

    async def _shake(self) -> None:
        await nap()
        if self.dice.random() < self.away:
            raise UnavailableError("away")

    async def land(self) -> None:
        """What was under way comes to its end, if the fence lets it."""
        late, self.under_way = self.under_way, None
        if late is not None:
            try:
                await super().commit(late)
            except DiramojaError:
                return

    async def _perhaps_land(self) -> None:
        if self.dice.random() < 0.5:
            await self.land()

    async def partitions(self) -> list[PartitionRow]:
        await self._shake()
        rows = await super().partitions()
        await self._perhaps_land()
        await nap()
        return rows

    async def claim(self, worker: str, numbers: Sequence[int], lease_s: float) -> list[PartitionRow]:
        await self._shake()
        return await super().claim(worker, numbers, lease_s)

    async def release(self, worker: str, numbers: Sequence[int]) -> None:
        await nap()
        await super().release(worker, numbers)

    async def tail(self, partition: PartitionRow, limit: int) -> Tail:
        await self._shake()
        return await super().tail(partition, limit)

    async def own_rows(self, keys: Any) -> Any:
        await self._shake()
        return await super().own_rows(keys)

    async def due(self, partitions: Sequence[int], now: datetime, limit: int) -> list[ReminderRow]:
        await self._shake()
        await self._perhaps_land()
        return await super().due(partitions, now, limit)

    async def commit(self, writes: Writes) -> None:
        await self._shake()
        for _ in range(self.dice.choice((0, 0, 3))):
            await asyncio.sleep(0)  # What is done beside it goes on.
        await self.land()
        if len(writes.own_rows) > self.most_rows or any(REFUSED in row.key for row in writes.own_rows):
            raise InvalidError("Too much, or not to be stored.")
        fate = self.dice.random()
        if fate < self.late:
            self.under_way = writes
            raise OutcomeUnknownError("under way")
        await super().commit(writes)
        await nap()
        if fate < self.late + self.away / 2:
            raise OutcomeUnknownError("done, but not heard of")


class StormyIntake(MemoryIntake):
    """Away when a partition is to be opened: it stays closed then. Some partitions come later than others."""

    def __init__(self, broker: "StormyBroker") -> None:
        super().__init__(broker)
        self._storm = broker

    async def open(self, partition: int, after: int) -> None:
        await self.close(partition)
        if self._storm.dice.random() < self._storm.away / 10:  # It is called for many at a time.
            raise UnavailableError("away")
        await super().open(partition, after)

    def take(self, limit: int) -> list[Incoming]:
        if self._storm.dice.random() > 5 * self._storm.away:
            return super().take(limit)
        whole, late = self._open, {number for number in self._open if self._storm.dice.random() < 0.5}
        self._open = {number: buffer for number, buffer in whole.items() if number not in late}
        taken = super().take(limit)
        self._open = whole
        return taken


class StormyBroker(MemoryBroker):
    """Away at any publication, before or after it was stored."""

    def __init__(self, clock: Clock, dice: random.Random) -> None:
        super().__init__(clock)
        self.dice = dice
        self.away = 0.0

    def intake(self) -> Intake:
        return StormyIntake(self)

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        await nap()
        if self.dice.random() < self.away:
            raise UnavailableError("away")
        await super().publish(messages)
        if self.dice.random() < self.away:
            raise OutcomeUnknownError("stored, but not heard of")
