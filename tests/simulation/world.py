"""One seed: the runtime in memory, with crashes between any two steps, servers that are away at any call, commits and
publications whose outcome nobody knows, and clients that try again. Afterwards everything happened once, in order."""

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from diramoja.core.errors import DiramojaError, OutcomeUnknownError, UnavailableError
from diramoja.core.ports.broker import Broker, Incoming, Intake, Outgoing
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.records import PartitionRow, Tail, Writes
from diramoja.testing.memory import MemoryBroker, MemoryIntake, MemoryRecords
from diramoja.testing.runtime import Runtime, Sent
from tests.chaos import plugin as under_test
from tests.chaos.plugin import HOW, Note, Noted, ledger

__all__ = ["Finding", "simulate"]

EFFECTS = {"tell": "told", "handover": "told", "remind": "reminded", "job": "landed"}
AGENTS = 6
COMMANDS = 30
AWAY = 0.06
CRASH = 0.03

under_test.LONGEST_ERRAND_S = 0.0


class Finding(AssertionError):  # noqa: N818  # what was found, not an error of ours
    """What a seed found."""


class StormyRecords(MemoryRecords):
    """Away at any call; a commit may also happen and not be heard of, or happen only later."""

    def __init__(self, clock: Clock, dice: random.Random) -> None:
        super().__init__(clock)
        self.dice = dice
        self.away = 0.0
        self.late: Writes | None = None

    def _shake(self) -> None:
        if self.dice.random() < self.away:
            raise UnavailableError("away")

    async def land(self) -> None:
        """What was under way comes to its end, if the fence lets it."""
        late, self.late = self.late, None
        if late is not None:
            try:
                await super().commit(late)
            except DiramojaError:
                return

    async def partitions(self) -> list[PartitionRow]:
        self._shake()
        rows = await super().partitions()
        if self.dice.random() < 0.5:
            await self.land()
        return rows

    async def claim(self, worker: str, numbers: Sequence[int], lease_s: float) -> list[PartitionRow]:
        self._shake()
        return await super().claim(worker, numbers, lease_s)

    async def tail(self, partition: PartitionRow, limit: int) -> Tail:
        self._shake()
        return await super().tail(partition, limit)

    async def own_rows(self, keys: Any) -> Any:
        self._shake()
        return await super().own_rows(keys)

    async def commit(self, writes: Writes) -> None:
        self._shake()
        for _ in range(self.dice.choice((0, 0, 3))):
            await asyncio.sleep(0)  # What is done beside it goes on.
        await self.land()
        fate = self.dice.random()
        if fate < self.away / 2:
            self.late = writes
            raise OutcomeUnknownError("under way")
        await super().commit(writes)
        if fate < self.away:
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
        if self.dice.random() < self.away:
            raise UnavailableError("away")
        await super().publish(messages)
        if self.dice.random() < self.away:
            raise OutcomeUnknownError("stored, but not heard of")


class World:
    """One run by its seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.runtime = Runtime()
        self.records = StormyRecords(self.runtime.clock, self.dice)
        self.broker = StormyBroker(self.runtime.clock, self.dice)
        self.runtime.use(self.records)
        self.runtime.broker = self.broker
        self.runtime._provided[Broker] = self.broker
        self.runtime.runtime_settings = msgspec.structs.replace(
            self.runtime.runtime_settings,
            batch_messages=self.dice.choice((1, 3, 500)),
            cache_bytes=1_000_000,
            onward_messages=self.dice.choice((0, 4, 500)),
        )
        self.runtime.deploy(under_test.plugin)
        self.notes: dict[str, tuple[str, Note]] = {}
        self.sents: dict[str, Sent] = {}

    def run(self) -> None:
        """The storm, the calm, and the count."""
        agents = self.dice.choice((2, AGENTS))
        self.runtime.reseed(self.dice.randrange(2**32), CRASH)
        self.storm(AWAY)
        for _ in range(COMMANDS):
            agent, other = (f"led_{self.dice.randrange(agents)}" for _ in range(2))
            self.send(agent, self.dice.choice(HOW), other)
            for token in self.dice.choices(list(self.notes), k=self.dice.randrange(2)):
                self.repeat(token)
            if self.dice.random() < 0.4:
                self.settle()
            if self.dice.random() < 0.1:
                self.advance(self.dice.random() * 2)
        self.calm()
        self.count()

    def storm(self, away: float) -> None:
        """From now on the servers are away at this share of the calls."""
        self.records.away = self.broker.away = away

    def calm(self) -> None:
        """No more faults; all that is under way comes to its end."""
        self.storm(0.0)
        self.runtime.crash_ratio = 0.0
        self.runtime._do(self.records.land())
        self.settle()  # May find what has just landed.
        self.runtime.advance(hours=2)

    def send(self, agent: str, how: str, other: str) -> None:
        """A new command, until it is accepted."""
        token = f"t{len(self.notes):03}"
        self.notes[token] = agent, Note(token, how, other)
        while token not in self.sents:
            self.repeat(token)

    def repeat(self, token: str) -> None:
        """A command once more, as a client does that has no answer; it may not be accepted."""
        agent, note = self.notes[token]
        with contextlib.suppress(DiramojaError):
            self.sents[token] = self.runtime.send(ledger, agent, note, key=token, settle=False)

    def settle(self) -> None:
        """Let happen what can."""
        with contextlib.suppress(DiramojaError):
            self.runtime.settle()

    def advance(self, seconds: float) -> None:
        """Time passes."""
        with contextlib.suppress(DiramojaError):
            self.runtime.advance(seconds=seconds)

    def control(self, agent: str, verb: str) -> None:
        """Pause or resume an agent."""
        with contextlib.suppress(DiramojaError):
            self.runtime.control(ledger, agent, verb)

    # --- the count ---

    def count(self) -> None:
        """Everything happened once, in order, and nothing is left.

        Raises:
            Finding: or it did not.
        """
        entries = {key.key: row for key, row in self.records.own.items()}
        wanted: dict[str, str] = {}
        for token, (agent, note) in self.notes.items():
            self._that(self.sents[token].status == (409 if note.how == "reject" else 200), "answered", token)
            if note.how != "reject":
                wanted[f"put:{token}"] = agent
            if note.how in EFFECTS:
                wanted[f"{EFFECTS[note.how]}:{token}"] = note.other if EFFECTS[note.how] == "told" else agent
        self._that(entries.keys() == wanted.keys(), "happened", entries.keys() ^ wanted.keys())
        for key, row in entries.items():
            self._that(row.agent == wanted[key], "at the right agent", key)
            self._that(msgspec.json.decode(row.body or b"")["times"] == 1, "once", key)
        self._order()
        self._that(not self.records.reminders and not self.records.tells, "nothing left", "")
        self._that(not self.records.dead, "no dead letter", [letter.code for letter in self.records.dead.values()])

    def _order(self) -> None:
        """Events numbered per agent without gaps, commands decided as accepted, all of it published in order."""
        puts: dict[str, list[str]] = defaultdict(list)
        numbers: dict[str, int] = defaultdict(int)
        for row in sorted(self.records.event_log, key=lambda each: (each.partition, each.seq)):
            event = msgspec.json.decode(row.body, type=Noted)
            numbers[row.agent] += 1
            self._that((row.channel_seq, event.nth) == (numbers[row.agent],) * 2, "without a gap", row)
            if event.what == "put":
                puts[row.agent].append(event.token)
        for agent, tokens in puts.items():
            self._that(tokens == sorted(tokens), "in order", (agent, tokens))
        shown: dict[int, list[int]] = defaultdict(list)
        for message in self.broker.events:
            partition, seq = msgspec.msgpack.decode(message.data)[5:7]
            if seq not in shown[partition]:
                shown[partition].append(seq)
        for row in self.records.event_log:
            self._that(row.seq in shown[row.partition], "published", row)
        self._that(all(each == sorted(each) for each in shown.values()), "published in order", shown)

    def _that(self, holds: object, what: str, which: object) -> None:
        if not holds:
            raise Finding(f"not {what}: {which}")


def simulate(seed: int) -> int:
    """Run one seed; how often its worker crashed.

    Raises:
        Finding: a guarantee does not hold.
    """
    world = World(seed)
    try:
        world.run()
        return world.runtime.crashes
    finally:
        world.runtime.close()
