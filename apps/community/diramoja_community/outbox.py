"""Who listens: the bounded queue of each socket and poll, and how many there are."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator

import attrs

from diramoja.core.errors import DiramojaError, LimitedError, UnavailableError
from diramoja.core.ports.rows import AgentKey
from diramoja_community.settings import GatewaySettings

__all__ = ["Backlog", "Connections", "Outbox", "Rounds"]

OUTBOX_FRAMES = 1024
OUTBOX_CHARACTERS = 4_000_000
ALL_CHARACTERS = 64_000_000
"""Of a gateway's queues together; beyond that each holds only so many:"""
THIN_CHARACTERS = 100_000
IN_A_ROUND = 100
TOO_MANY = "too_many_connections"


@attrs.define
class Backlog:
    """What waits in all queues of a gateway."""

    characters: int = 0


@attrs.define(eq=False)
class Outbox:
    """Frames that wait for one socket or poll, in bounds; an ear of the live feed. There are thousands: it is small."""

    backlog: Backlog = attrs.field(factory=Backlog)
    positions: dict[str, int] = attrs.field(factory=dict)
    walls: frozenset[str] = frozenset()
    shows: bool = False
    slow: bool = False
    _frames: list[str] = attrs.field(factory=list)
    _characters: int = 0
    _space: asyncio.Event | None = None

    def offer(self, frame: str, channel: str, seq: int | None) -> None:
        """See `Ear`."""
        if seq is not None:
            self.positions[channel] = seq
        self.put(frame)

    def put(self, frame: str) -> None:
        """Queue a frame; beyond the bounds the reader is too slow and all is dropped."""
        if self.slow:
            return
        was_empty = not self._frames
        self._frames.append(frame)
        self._characters += len(frame)
        self.backlog.characters += len(frame)
        if len(self._frames) > OUTBOX_FRAMES or self._characters > self._most:
            self.slow = True
            self.take_now()
        if was_empty or self.slow:
            self.wake()

    def revise(self, walls: frozenset[str], *, shows: bool) -> None:
        """Whom a wall keeps apart from this reader, and whether they let others see that they are there."""
        self.walls, self.shows = walls, shows

    def lose(self, key: AgentKey, error: DiramojaError) -> None:
        """This reader may not hear the channel any more, and hears no more of it."""

    def wake(self) -> None:
        """Something waits now, or the reader was too slow: for those who empty it."""

    @property
    def _most(self) -> int:
        return OUTBOX_CHARACTERS if self.backlog.characters < ALL_CHARACTERS else THIN_CHARACTERS

    @property
    def is_half_full(self) -> bool:
        """Whether no further page should be replayed into it now."""
        return len(self._frames) > OUTBOX_FRAMES // 2 or self._characters > self._most // 2

    async def room(self) -> None:
        """See `Ear`."""
        while self.is_half_full and not self.slow:
            self._space = self._space or asyncio.Event()
            self._space.clear()
            await self._space.wait()

    def take_now(self) -> list[str]:
        """All that waits."""
        frames, self._frames = self._frames, []
        self.backlog.characters -= self._characters
        self._characters = 0
        if self._space is not None:
            self._space.set()
        return frames


class Rounds:
    """Calls what was added, some at a time, so that requests are served in between."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_due = False

    def add(self, write: Callable[[], None]) -> None:
        """Call this soon, in the order of adding."""
        self._waiting.append(write)
        self._call_soon()

    def _call_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._round)

    def _round(self) -> None:
        self._is_due = False
        try:
            for _ in range(min(IN_A_ROUND, len(self._waiting))):
                self._waiting.popleft()()
        finally:
            if self._waiting:
                self._call_soon()


class Connections:
    """How many listen, in all and by member."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._most = settings.sockets_max
        self._most_of_one = settings.sockets_per_member
        self._of: dict[str, int] = {}
        self.count = 0
        self.slow = 0
        self.backlog = Backlog()

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Count one for the block, whoever it will turn out to be.

        Raises:
            UnavailableError: this gateway has as many as it takes.
        """
        if self.count >= self._most:
            raise UnavailableError("This gateway has as many live connections as it takes.", code=TOO_MANY)
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1

    @contextlib.contextmanager
    def of(self, who: str) -> Iterator[None]:
        """Count one of this member's for the block.

        Raises:
            LimitedError: there are as many as one member may have.
        """
        if self._of.get(who, 0) >= self._most_of_one:
            raise LimitedError("You have as many live connections as one may have.", code=TOO_MANY)
        self._of[who] = self._of.get(who, 0) + 1
        try:
            yield
        finally:
            self._of[who] -= 1
            if not self._of[who]:
                del self._of[who]
