"""The broker port: durable streams between gateways, workers and subscribers. One adapter: NATS (and memory).

Two streams: COMMANDS holds what was accepted and not yet decided, one order per partition; EVENTS holds what was
committed and can be rebuilt.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

__all__ = ["Broker", "Incoming", "Intake", "Origin", "Outgoing", "StreamInfo", "Subscription"]

type Origin = Literal["cmd", "tell", "job"]


class Outgoing(NamedTuple):
    """A message to publish. Subjects: `<origin>.<kind>.<agent>.<verb>` or `event.<live|quiet>.<kind>.<agent>`."""

    subject: str
    data: bytes


class Incoming(NamedTuple):
    """A command as the stream holds it; `seq` is its place in COMMANDS, `at` the broker's time."""

    partition: int
    seq: int
    at: datetime
    origin: Origin
    kind: str
    agent: str
    verb: str
    data: bytes


class StreamInfo(NamedTuple):
    """A stream: when it was created (its identity), its first and last sequence."""

    created: datetime
    first_seq: int
    last_seq: int
    messages: int


class Subscription(Protocol):
    """A subscription that can be ended."""

    async def end(self) -> None:
        """Stop; nothing is called afterwards."""
        ...


class Intake(Protocol):
    """The commands of the partitions that a worker owns, prefetched within bounds."""

    async def open(self, partition: int, after: int) -> None:
        """Begin a partition after a sequence; one that is open is begun anew."""
        ...

    async def close(self, partition: int) -> None:
        """Drop a partition and what is prefetched of it."""
        ...

    def take(self, limit: int) -> list[Incoming]:
        """At most `limit` messages, an equal share of each partition that has any, each in stream order.

        Never blocks. What is taken is gone from here: `open` again to see it again.
        """
        ...

    async def wait(self, timeout_s: float) -> bool:
        """True as soon as `take` would return something; False after the time-out."""
        ...

    def wake(self) -> None:
        """End a `wait` at once."""
        ...

    async def shut(self) -> None:
        """Close all; `open` begins anew, with the stream as it is then."""
        ...


class Broker(Protocol):
    """What the core needs of a broker. Every call has a deadline."""

    async def prepare(self) -> None:
        """Create the streams where they are missing; existing ones with another configuration are refused."""
        ...

    async def commands(self) -> StreamInfo:
        """The COMMANDS stream."""
        ...

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Store all, in order; returns when they are durable. All go to one stream.

        Raises:
            OutcomeUnknownError: some or all may have been stored.
            LimitedError: one is larger than the server takes; none was stored.
        """
        ...

    def intake(self) -> Intake:
        """A new, empty intake."""
        ...

    async def purge_commands(self, partition: int, below: int) -> None:
        """Delete a partition's commands with a sequence below this one."""
        ...

    async def hint(self, subject: str, data: bytes) -> None:
        """Fire and forget: to whoever listens now."""
        ...

    async def listen(self, subject: str, call: Callable[[str, bytes], Awaitable[None] | None]) -> Subscription:
        """Call with (subject, data) for each hint, in order. Events arrive on `live.<kind>.<agent>`."""
        ...

    def connected(self) -> bool:
        """Whether the connection stands now."""
        ...
