"""The publisher: sends what was committed, in order, and remembers how far it has come.

One stream after the other, one publish at a time: after an unknown result nothing newer leaves. What is repeated is
dropped by its receiver (tells by marks, events by their number).
"""

from collections import deque
from collections.abc import Callable, Sequence

import anyio
import structlog

from diramoja.core.envelope import EventEnvelope, pack
from diramoja.core.errors import DiramojaError
from diramoja.core.ports.broker import Broker, Outgoing
from diramoja.core.ports.records import Records
from diramoja.core.ports.rows import EventRow, PartitionRow, Tail, TellRow

__all__ = ["Publisher", "unpublished"]

BATCH = 500
TAIL_AT_ONCE = 5_000
RETRY_S = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)

log = structlog.get_logger(__name__)


class _Lane[R: (TellRow, EventRow)]:
    """One stream's queue and watermarks."""

    def __init__(self, broker: Broker, message: Callable[[R], Outgoing]) -> None:
        self._broker = broker
        self._message: Callable[[R], Outgoing] = message
        self.waiting: deque[R] = deque()
        self.done: dict[int, int] = {}

    async def send_some(self) -> None:
        """Publish up to a batch; on failure all of it stays."""
        rows = [self.waiting[place] for place in range(min(BATCH, len(self.waiting)))]
        await self._broker.publish([self._message(row) for row in rows])
        for row in rows:
            self.waiting.popleft()
            self.done[row.partition] = row.seq


class Publisher:
    """The lanes of tells and events of one worker."""

    def __init__(self, broker: Broker, backlog: int) -> None:
        self._tells = _Lane[TellRow](broker, _tell)
        self._events = _Lane[EventRow](broker, _event)
        self._backlog = backlog
        self._news = [anyio.Event(), anyio.Event()]
        self._moved = anyio.Event()

    def put(self, tells: Sequence[TellRow], events: Sequence[EventRow]) -> None:
        """Queue what was just committed (or read from the outbox at a claim)."""
        self._tells.waiting.extend(tells)
        self._events.waiting.extend(events)
        for news in self._news:
            news.set()

    def begin(self, partition: int, told_seq: int, published_seq: int) -> None:
        """Take over a partition at its stored watermarks."""
        self._tells.done[partition] = told_seq
        self._events.done[partition] = published_seq

    def come(self, partition: int) -> tuple[int, int]:
        """(told_seq, published_seq) so far."""
        return self._tells.done.get(partition, 0), self._events.done.get(partition, 0)

    @property
    def waiting(self) -> int:
        """Messages committed and not yet published."""
        return len(self._tells.waiting) + len(self._events.waiting)

    async def room(self) -> None:
        """Wait until the backlog is within its bound."""
        while self.waiting > self._backlog:
            await self._until_moved()

    async def drained(self, deadline_s: float) -> bool:
        """Wait until nothing waits, at most so long."""
        with anyio.move_on_after(deadline_s):
            while self.waiting:
                await self._until_moved()
        return not self.waiting

    async def _until_moved(self) -> None:
        self._moved = anyio.Event()
        await self._moved.wait()

    async def flush(self) -> None:
        """Publish all that waits, here and now; raises what the broker raises."""
        for lane in (self._tells, self._events):
            while lane.waiting:
                await lane.send_some()

    async def run(self) -> None:
        """Publish for ever; cancel to stop."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run_lane, self._tells, 0)
            tasks.start_soon(self._run_lane, self._events, 1)

    async def _run_lane(self, lane: _Lane[TellRow] | _Lane[EventRow], which: int) -> None:
        failures = 0
        while True:
            if not lane.waiting:
                await self._next_news(which)
                continue
            try:
                await lane.send_some()
                failures = 0
                self._moved.set()
            except DiramojaError as error:
                failures += 1
                log.warning("publish_failed", code=error.code, failures=failures, waiting=len(lane.waiting))
                await anyio.sleep(RETRY_S[min(failures, len(RETRY_S)) - 1])

    async def _next_news(self, which: int) -> None:
        self._news[which] = anyio.Event()
        await self._news[which].wait()


async def unpublished(records: Records, row: PartitionRow) -> Tail:
    """All that stands after a partition's watermarks, however much it is, in order."""
    tells: list[TellRow] = []
    events: list[EventRow] = []
    while True:
        page = await records.tail(row, TAIL_AT_ONCE)
        tells += page.tells
        events += page.events
        if len(page.tells) < TAIL_AT_ONCE and len(page.events) < TAIL_AT_ONCE:
            return Tail(tells, events)
        told = page.tells[-1].seq if page.tells else row.told_seq
        row = row._replace(told_seq=told, published_seq=page.events[-1].seq if page.events else row.published_seq)


def _tell(row: TellRow) -> Outgoing:
    return Outgoing(f"tell.{row.kind}.{row.agent}.{row.verb}", row.envelope)


def _event(row: EventRow) -> Outgoing:
    path = "quiet" if row.channel_seq is None else "live"
    return Outgoing(f"event.{path}.{row.kind}.{row.agent}", pack(event_envelope(row)))


def event_envelope(row: EventRow) -> EventEnvelope:
    """The event as it travels."""
    return EventEnvelope(row.name, row.version, row.kind, row.agent, row.channel_seq, row.partition, row.seq, *row[7:])
