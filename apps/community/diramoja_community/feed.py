"""The live feed: the events of channels, each once and in order, to whoever listens in this process.

A channel is one agent; its live events are numbered without gaps. Hints bring them at once and may be lost, so a gap is
filled from the event log, and every 10 s all open channels are compared with it in one query. Who joins after a number
reads the rows first and meets the others at the channel's present place: nothing is missed, nothing comes twice.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import anyio
import attrs
import msgspec
import structlog
from anyio.abc import TaskGroup

from diramoja.core.envelope import EventEnvelope, unpack
from diramoja.core.errors import DiramojaError
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.records import EventLog
from diramoja.core.ports.rows import AgentKey, EventRow

__all__ = ["Ear", "LiveCounts", "LiveFeed"]

RECHECK_S = 10.0
PAGE = 200
REPLAY_MAX = 2_000
"""Events that are replayed to one who was away; beyond that, reading the list anew is quicker."""
PENDING_MAX = 1_000
FILLS_AT_ONCE = 4
HINTS_PER_S = 20
NULL = msgspec.Raw(b"null")

log = structlog.get_logger(__name__)


class Ear(Protocol):
    """Who listens. Frames are JSON texts, made once for all ears; what those in `walls` did comes without its data."""

    @property
    def walls(self) -> frozenset[str]:
        """Members from whom a wall keeps this one apart."""
        ...

    def offer(self, frame: str, channel: str, seq: int | None) -> None:
        """Take a frame; never waits and never raises. A full one marks itself as slow and takes no more."""
        ...

    async def room(self) -> None:
        """Wait until a page of frames fits, or there is no more need for it."""
        ...


@attrs.define
class LiveCounts:
    """What the feed counts: frames offered, gaps that were filled, channels open now."""

    frames: int = 0
    gaps: int = 0
    channels: int = 0


class _Event(msgspec.Struct, tag_field="type", tag="event"):
    channel: str
    name: str
    id: str
    seq: int | None
    at: datetime
    data: msgspec.Raw


class Frame(NamedTuple):
    """An event as text. Where it has an author: `blank` is the same without its data."""

    text: str
    author: str = ""
    blank: str = ""

    def to(self, ear: Ear) -> str:
        """What this ear may hear of it."""
        return self.blank if self.author and self.author in ear.walls else self.text


class _Reset(msgspec.Struct, tag_field="type", tag="reset"):
    channel: str
    seq: int


@attrs.define(eq=False)
class _Channel:
    """An open channel. `last`: number of the last event offered to all its ears; None until it is read."""

    key: AgentKey
    label: str
    last: int | None = None
    ears: dict[Ear, None] = attrs.field(factory=dict)
    pending: dict[int, Frame] = attrs.field(factory=dict)
    joining: int = 0
    filling: bool = False


@attrs.define(eq=False)
class _Hints:
    """The channel of hints about a kind; `count` in this second, and the last one of those that were too many."""

    key: AgentKey
    label: str
    count: int = 0
    missed: _Event | None = None


class LiveFeed:
    """One process's feed; `async with feed.serving():` around its life. asyncio only."""

    def __init__(
        self,
        broker: Broker,
        event_log: EventLog,
        label: Callable[[AgentKey], str] = ":".join,
        author_field: Callable[[str], str] = lambda _kind: "",
        *,
        hints: Mapping[str, AgentKey] | None = None,
        recheck_s: float = RECHECK_S,
    ) -> None:
        self._broker = broker
        self._log = event_log
        self._label = label
        self._author_field = author_field
        self._hints = {kind: _Hints(key, label(key)) for kind, key in (hints or {}).items()}
        self._watched: dict[str, Callable[[], None]] = {}
        self._changing: Callable[[str], str] = lambda _kind: ""
        self._tell_changed: Callable[[AgentKey], None] = lambda _key: None
        self._recheck_s = recheck_s
        self._channels: dict[AgentKey, _Channel] = {}
        self._fills = asyncio.Semaphore(FILLS_AT_ONCE)
        self._tasks: TaskGroup | None = None
        self.counts = LiveCounts()

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["LiveFeed"]:
        """Listen and compare for the block."""
        async with anyio.create_task_group() as self._tasks:
            subscription = await self._broker.listen("live.*.*", self._heard)
            self._tasks.start_soon(self._compare_for_ever)
            try:
                yield self
            finally:
                with anyio.CancelScope(shield=True), anyio.move_on_after(1):
                    await subscription.end()
                self._tasks.cancel_scope.cancel()

    def watch(self, kind: str, tell: Callable[[], None]) -> None:
        """Be told of every live event of a kind, whoever hears it; hints that are lost are not made up for."""
        self._watched[kind] = tell

    def watch_rights(self, changing: Callable[[str], str], tell: Callable[[AgentKey], None]) -> None:
        """Be told of the open channel where the event that `changing` names for its kind happened; as `watch`."""
        self._changing, self._tell_changed = changing, tell

    def last_of(self, key: AgentKey) -> int | None:
        """The number of the last event of an open channel; None where nobody listens."""
        channel = self._channels.get(key)
        return channel.last if channel else None

    # --- joining ---

    async def join(self, ear: Ear, after: Mapping[AgentKey, int | None]) -> dict[AgentKey, int]:
        """Listen to channels; again for one that is heard already begins it anew.

        Args:
            ear: who listens.
            after: channel → number of the last event it has, or None to begin now.

        Returns:
            Channel → the number that it has come to; every later event follows, in order. Where events before are no
            longer kept, or too many, a `reset` with that number was offered instead.

        Raises:
            UnavailableError: the event log does not answer.
        """
        channels = [self._held(key, ear) for key in after]
        try:
            await self._open([channel for channel in channels if channel.last is None])
            return {channel.key: await self._meet(channel, ear, after[channel.key]) for channel in channels}
        finally:
            for channel in channels:
                channel.joining -= 1
                self._drop_if_unheard(channel)

    def leave(self, ear: Ear, keys: Iterable[AgentKey]) -> None:
        """Listen to these no more; others are passed over."""
        for key in keys:
            channel = self._channels.get(key)
            if channel is not None:
                channel.ears.pop(ear, None)
                self._drop_if_unheard(channel)

    def _held(self, key: AgentKey, ear: Ear) -> _Channel:
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = _Channel(key, self._label(key))
            self.counts.channels += 1
        channel.ears.pop(ear, None)
        channel.joining += 1
        return channel

    def _drop_if_unheard(self, channel: _Channel) -> None:
        if not channel.ears and not channel.joining and self._channels.get(channel.key) is channel:
            del self._channels[channel.key]
            self.counts.channels -= 1

    async def _open(self, channels: Sequence[_Channel]) -> None:
        """Read where these are; what was heard meanwhile waits."""
        if not channels:
            return
        lasts = await self._log.channel_lasts([channel.key for channel in channels])
        for channel in channels:
            if channel.last is None:
                channel.last = lasts.get(channel.key, 0)
                self._drain(channel)

    async def _meet(self, channel: _Channel, ear: Ear, after: int | None) -> int:
        """Replay rows until the ear is where the channel is; then it hears with the others."""
        position = channel.last if after is None else after
        if position is not None and position > (channel.last or 0):
            await self._fill(channel)  # It may know of an event whose hint is still on its way.
        while position != channel.last:
            rows = await self._rows_between(channel, position or 0, ear)
            if rows is None:
                self._offer_reset(channel, [ear])
                break
            for row in rows:
                ear.offer(self._frame_of_row(channel, row).to(ear), channel.label, row.channel_seq)
                position = row.channel_seq
        channel.ears[ear] = None
        return channel.last or 0

    async def _rows_between(self, channel: _Channel, position: int, ear: Ear) -> list[EventRow] | None:
        """The next rows up to the channel's place; None where they cannot be had without a hole."""
        last = channel.last or 0
        if not 0 < last - position <= REPLAY_MAX:
            return None
        await ear.room()
        rows = await self._log.channel_after(*channel.key, position, PAGE)
        if not rows or rows[0].channel_seq != position + 1:
            return None
        last = channel.last or 0
        return [row for row in rows if row.channel_seq is not None and row.channel_seq <= last]

    # --- hearing ---

    def _heard(self, subject: str, data: bytes) -> None:
        _, kind, agent = subject.split(".")
        if (tell := self._watched.get(kind)) is not None:
            tell()
        channel = self._channels.get(AgentKey(kind, agent))
        hints = self._hints.get(kind)
        if channel is None and (hints is None or hints.key not in self._channels):
            return
        try:
            event = unpack(EventEnvelope, data)
        except DiramojaError as error:
            log.warning("event_unreadable", code=error.code)
            return
        if hints is not None:
            self._hint(hints, event)
        if channel is not None:
            self._take(channel, event.channel_seq, self._frame(channel, event))
            if event.name == self._changing(kind):
                self._tell_changed(channel.key)

    def _hint(self, hints: _Hints, event: EventEnvelope) -> None:
        """Say that something happened, and to which agent; what is too much for a second is said together after it."""
        if not hints.count:
            asyncio.get_running_loop().call_later(1, self._hint_rest, hints)
        hints.count += 1
        id, data = f"{event.partition}-{event.seq}", msgspec.Raw(msgspec.json.encode({event.kind: event.agent}))
        hint = _Event(hints.label, event.name, id, None, event.at, data)
        if hints.count <= HINTS_PER_S:
            self._offer_hint(hints, hint)
        else:
            hints.missed = msgspec.structs.replace(hint, data=NULL)

    def _hint_rest(self, hints: _Hints) -> None:
        missed, hints.missed, hints.count = hints.missed, None, 0
        if missed is not None:
            self._offer_hint(hints, missed)

    def _offer_hint(self, hints: _Hints, hint: _Event) -> None:
        channel = self._channels.get(hints.key)
        if channel is not None:
            self._offer(channel, Frame(msgspec.json.encode(hint).decode()), None)

    def _take(self, channel: _Channel, seq: int | None, frame: Frame) -> None:
        if seq is None:
            self._offer(channel, frame, None)
        elif channel.last is not None and seq == channel.last + 1:
            channel.last = seq
            self._offer(channel, frame, seq)
            self._drain(channel)
        elif channel.last is None or seq > channel.last:
            if len(channel.pending) < PENDING_MAX:  # What is beyond is read from the log.
                channel.pending[seq] = frame
            self._fill_soon(channel)

    def _drain(self, channel: _Channel) -> None:
        """Offer what waited for an event that has come; forget what has passed."""
        assert channel.last is not None
        while (frame := channel.pending.pop(channel.last + 1, None)) is not None:
            channel.last += 1
            self._offer(channel, frame, channel.last)
        if channel.pending:
            channel.pending = {seq: frame for seq, frame in channel.pending.items() if seq > channel.last}
        if channel.pending:
            self._fill_soon(channel)

    def _offer(self, channel: _Channel, frame: Frame, seq: int | None) -> None:
        self.counts.frames += len(channel.ears)
        for ear in channel.ears:
            ear.offer(frame.to(ear), channel.label, seq)

    def _offer_reset(self, channel: _Channel, ears: Iterable[Ear]) -> None:
        seq = channel.last or 0
        frame = msgspec.json.encode(_Reset(channel.label, seq)).decode()
        for ear in ears:
            ear.offer(frame, channel.label, seq)

    # --- filling ---

    def _fill_soon(self, channel: _Channel) -> None:
        if not channel.filling and channel.last is not None and self._tasks is not None:
            channel.filling = True
            self._tasks.start_soon(self._fill_as_task, channel)

    async def _fill_as_task(self, channel: _Channel) -> None:
        try:
            async with self._fills:
                await self._fill(channel)
        except DiramojaError as error:
            log.warning("live_gap_unfilled", code=error.code, kind=channel.key.kind)
        finally:
            channel.filling = False

    async def _fill(self, channel: _Channel) -> None:
        """Offer what the log has after the channel's place."""
        self.counts.gaps += 1
        rows: Sequence[EventRow] = ()
        while not rows or len(rows) == PAGE:
            rows = await self._log.channel_after(*channel.key, channel.last or 0, PAGE)
            if not rows:
                return
            for row in rows:
                self._take_row(channel, row)
            await asyncio.sleep(0)  # A long fill lets the writers write.

    def _take_row(self, channel: _Channel, row: EventRow) -> None:
        seq, last = row.channel_seq, channel.last
        if seq is None or last is None or seq <= last:
            return
        if seq > last + 1:  # Those between are no longer kept.
            channel.last = seq - 1
            self._offer_reset(channel, channel.ears)
        self._take(channel, seq, self._frame_of_row(channel, row))

    async def _compare_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._recheck_s)
            open_now = [channel for channel in self._channels.values() if channel.last is not None]
            if not open_now:
                continue
            try:
                lasts = await self._log.channel_lasts([channel.key for channel in open_now])
            except DiramojaError as error:
                log.warning("live_unchecked", code=error.code, channels=len(open_now))
                continue
            for channel in open_now:
                if lasts.get(channel.key, 0) > (channel.last or 0):
                    self._fill_soon(channel)

    # --- frames ---

    def _frame(self, channel: _Channel, event: EventEnvelope) -> Frame:
        id = f"{event.partition}-{event.seq}"
        body = msgspec.Raw(event.body)
        return self._encoded(channel, _Event(channel.label, event.name, id, event.channel_seq, event.at, body))

    def _frame_of_row(self, channel: _Channel, row: EventRow) -> Frame:
        id = f"{row.partition}-{row.seq}"
        body = msgspec.Raw(row.body)
        return self._encoded(channel, _Event(channel.label, row.name, id, row.channel_seq, row.at, body))

    def _encoded(self, channel: _Channel, event: _Event) -> Frame:
        text = msgspec.json.encode(event).decode()
        field = self._author_field(channel.key.kind)
        author = str(msgspec.json.decode(event.data).get(field) or "") if field else ""
        if not author:
            return Frame(text)
        return Frame(text, author, msgspec.json.encode(msgspec.structs.replace(event, data=NULL)).decode())
