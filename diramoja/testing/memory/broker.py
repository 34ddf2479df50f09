"""The broker port as lists, its hints as calls."""

import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import attrs

from diramoja.core.errors import LimitedError
from diramoja.core.ids import partition_of
from diramoja.core.ports.broker import Incoming, Intake, Origin, Outgoing, StreamInfo, Subscription
from diramoja.core.ports.clock import Clock
from diramoja.testing.memory.clock import START

__all__ = ["MemoryBroker", "MemoryIntake"]

MAX_PAYLOAD_BYTES = 1024 * 1024


class _Listening:
    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end

    async def end(self) -> None:
        self._end()


@attrs.define
class MemoryBroker:
    """Streams as lists, hints as calls."""

    clock: Clock
    stream: list[Incoming] = attrs.field(factory=list)
    events: list[Outgoing] = attrs.field(factory=list)
    last_seq: int = 0
    intakes: list["MemoryIntake"] = attrs.field(factory=list)
    listeners: dict[int, tuple[list[str], Callable[[str, bytes], Awaitable[None] | None]]] = attrs.field(factory=dict)
    _numbers: Any = attrs.field(factory=itertools.count)

    async def prepare(self) -> None:
        """See the port."""

    async def commands(self) -> StreamInfo:
        """See the port."""
        first = self.stream[0].seq if self.stream else self.last_seq + 1
        return StreamInfo(START, first, self.last_seq, len(self.stream))

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """See the port."""
        if any(len(each.data) > MAX_PAYLOAD_BYTES for each in messages):
            raise LimitedError("A message is larger than the broker takes.", code="message_too_large")
        for each in messages:
            first, *rest = each.subject.split(".")
            if first == "event":
                self.events.append(each)
                if rest[0] == "live":
                    await self.hint(".".join(["live", *rest[1:]]), each.data)
            else:
                self._store(first, rest, each.data)

    def _store(self, first: str, rest: list[str], data: bytes) -> None:
        kind, agent, verb = rest
        origin: Origin = first  # type: ignore[assignment]  # cmd, tell or job by the port's contract
        self.last_seq += 1
        seq = self.last_seq
        incoming = Incoming(partition_of(kind, agent), seq, self.clock.now(), origin, kind, agent, verb, data)
        self.stream.append(incoming)
        for intake in self.intakes:
            intake.offer(incoming)

    def intake(self) -> Intake:
        """See the port."""
        return MemoryIntake(self)

    async def purge_commands(self, partition: int, below: int) -> None:
        """See the port."""
        self.stream = [each for each in self.stream if each.partition != partition or each.seq >= below]

    async def hint(self, subject: str, data: bytes) -> None:
        """See the port."""
        parts = subject.split(".")
        for pattern, call in list(self.listeners.values()):
            if len(pattern) == len(parts) and all(p in ("*", s) for p, s in zip(pattern, parts, strict=True)):
                waiting = call(subject, data)
                if waiting is not None:
                    await waiting

    async def listen(self, subject: str, call: Callable[[str, bytes], Awaitable[None] | None]) -> Subscription:
        """See the port."""
        number = next(self._numbers)
        self.listeners[number] = (subject.split("."), call)
        return _Listening(lambda: self.listeners.pop(number, None) and None)

    def connected(self) -> bool:
        """See the port."""
        return True


class MemoryIntake:
    """The open partitions of one worker, each a buffer without bound; who was served first is last the next time."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._open: dict[int, deque[Incoming]] = {}

    def offer(self, incoming: Incoming) -> None:
        """A message that was just stored."""
        if incoming.partition in self._open:
            self._open[incoming.partition].append(incoming)

    async def open(self, partition: int, after: int) -> None:
        """See the port."""
        stored = [each for each in self._broker.stream if each.partition == partition and each.seq > after]
        self._open[partition] = deque(stored)
        if self not in self._broker.intakes:
            self._broker.intakes.append(self)

    async def close(self, partition: int) -> None:
        """See the port."""
        self._open.pop(partition, None)

    def take(self, limit: int) -> list[Incoming]:
        """See the port."""
        taken: list[Incoming] = []
        while len(taken) < limit and (ready := [number for number, buffer in self._open.items() if buffer]):
            for number in ready[: limit - len(taken)]:
                buffer = self._open.pop(number)
                taken.append(buffer.popleft())
                self._open[number] = buffer
        return taken

    async def wait(self, timeout_s: float) -> bool:
        """See the port; time does not pass by itself here."""
        return any(self._open.values())

    def wake(self) -> None:
        """See the port."""

    async def shut(self) -> None:
        """See the port."""
        self._open.clear()
        if self in self._broker.intakes:
            self._broker.intakes.remove(self)
