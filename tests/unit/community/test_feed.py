"""The live feed over an event log in memory: no gap, no repeat, whatever is lost."""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import msgspec
import pytest

from diramoja.core.envelope import EventEnvelope, pack
from diramoja.core.errors import UnavailableError
from diramoja.core.ports.rows import AgentKey, EventRow
from diramoja.core.runtime.publisher import event_envelope
from diramoja.testing.memory import MemoryBroker, MemoryRecords, VirtualClock
from diramoja_community import feed
from diramoja_community.feed import LiveFeed
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio
TALK = AgentKey("talk", "tlk_1")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Heard:
    """An ear that keeps all."""

    def __init__(self, *walls: str) -> None:
        self.walls = frozenset(walls)
        self.frames: list[dict[str, object]] = []

    def offer(self, frame: str, channel: str, seq: int | None) -> None:
        self.frames.append(msgspec.json.decode(frame))

    async def room(self) -> None:
        await anyio.lowlevel.checkpoint()

    @property
    def seqs(self) -> list[object]:
        return [each["seq"] for each in self.frames if each["type"] == "event"]

    @property
    def resets(self) -> list[object]:
        return [each["seq"] for each in self.frames if each["type"] == "reset"]


class World:
    """A talk that rates itself; hints may be lost."""

    def __init__(self, *, recheck_s: float = 60, author_field: str = "") -> None:
        self.records = MemoryRecords(VirtualClock())
        self.broker = MemoryBroker(self.records.clock)
        self.lasts_asked: list[Sequence[AgentKey]] = []
        self.away = False
        self.feed = LiveFeed(self.broker, self, author_field=lambda _: author_field, recheck_s=recheck_s)
        self.seq = 0

    async def channel_after(self, kind: str, agent: str, after: int, limit: int) -> list[EventRow]:
        await anyio.lowlevel.checkpoint()
        if self.away:
            raise UnavailableError("away")
        return await self.records.channel_after(kind, agent, after, limit)

    async def channel_lasts(self, channels: Sequence[AgentKey]) -> Mapping[AgentKey, int]:
        await anyio.lowlevel.checkpoint()
        self.lasts_asked.append(channels)
        return await self.records.channel_lasts(channels)

    async def events_after(self, cursor: Mapping[int, int], limit: int) -> list[EventRow]:
        return []

    async def view_cursor(self, view: str) -> Mapping[int, int]:
        return {}

    async def move_view(self, view: str, cursor: Mapping[int, int]) -> None: ...

    def commit(self, agent: str = "tlk_1") -> EventRow:
        self.seq += 1
        now = self.records.clock.now()
        row = EventRow(1, self.seq, "talk", agent, "talk.rated", 1, self.seq, now, "c", "c", b'{"count":%d}' % self.seq)
        self.records.event_log.append(row)
        return row

    async def hint(self, row: EventRow) -> None:
        await self.broker.hint(f"live.talk.{row.agent}", pack(event_envelope(row)))

    async def rate(self, *, lost: bool = False) -> None:
        row = self.commit()
        if not lost:
            await self.hint(row)


@asynccontextmanager
async def world(*, recheck_s: float = 60, author_field: str = "") -> AsyncIterator[World]:
    made = World(recheck_s=recheck_s, author_field=author_field)
    async with made.feed.serving():
        yield made


async def test_join_now_hears_what_follows() -> None:
    async with world() as it:
        await it.rate()
        ear = Heard()
        assert await it.feed.join(ear, {TALK: None}) == {TALK: 1}
        await it.rate()
        assert ear.frames == [
            {
                "type": "event",
                "channel": "talk:tlk_1",
                "name": "talk.rated",
                "id": "1-2",
                "seq": 2,
                "at": "2026-01-01T00:00:00Z",
                "data": {"count": 2},
            }
        ]


async def test_join_after_a_number_fills_what_was_missed() -> None:
    async with world() as it:
        for _ in range(feed.PAGE + 50):
            await it.rate(lost=True)
        ear = Heard()
        assert await it.feed.join(ear, {TALK: 30}) == {TALK: feed.PAGE + 50}
        await it.rate()
        assert ear.seqs == list(range(31, feed.PAGE + 52))


async def test_repeated_and_older_hints_come_once() -> None:
    async with world() as it:
        ear = Heard()
        await it.feed.join(ear, {TALK: 0})
        rows = [it.commit() for _ in range(3)]
        for row in (rows[0], rows[0], rows[1], rows[0], rows[2], rows[1]):
            await it.hint(row)
        assert ear.seqs == [1, 2, 3]


async def test_gap_is_filled_from_the_log_in_order() -> None:
    async with world() as it:
        ear = Heard()
        await it.feed.join(ear, {TALK: 0})
        await it.rate()
        await it.rate(lost=True)
        await it.rate(lost=True)
        await it.rate()
        await eventually(lambda: ear.seqs == [1, 2, 3, 4])
        await it.rate()
        assert ear.seqs == [1, 2, 3, 4, 5]


async def test_last_hint_that_is_lost_is_found_by_comparing_all_channels_at_once() -> None:
    async with world(recheck_s=0.05) as it:
        ear = Heard()
        others = [AgentKey("talk", f"tlk_{number}") for number in range(2, 20)]
        await it.feed.join(ear, dict.fromkeys([TALK, *others]))
        asked = len(it.lasts_asked)
        await it.rate(lost=True)
        await eventually(lambda: ear.seqs == [1])
        assert {len(each) for each in it.lasts_asked[asked:]} == {19}


async def test_log_that_is_away_is_asked_again() -> None:
    async with world(recheck_s=0.02) as it:
        ear = Heard()
        await it.feed.join(ear, {TALK: 0})
        it.away = True
        await it.rate(lost=True)
        await it.rate()
        await anyio.sleep(0.05)
        assert ear.seqs == []
        it.away = False
        await eventually(lambda: ear.seqs == [1, 2])


async def test_events_that_are_no_longer_kept_reset() -> None:
    async with world() as it:
        for _ in range(10):
            await it.rate()
        del it.records.event_log[:6]
        ear = Heard()
        assert await it.feed.join(ear, {TALK: 2}) == {TALK: 10}
        assert (ear.resets, ear.seqs) == ([10], [])
        await it.rate()
        assert ear.seqs == [11]
        assert await it.feed.join(ear, {TALK: 6}) == {TALK: 11}
        assert ear.seqs == [11, 7, 8, 9, 10, 11]


async def test_too_much_to_replay_or_a_number_that_never_was_resets() -> None:
    async with world() as it:
        for _ in range(feed.REPLAY_MAX + 1):
            it.commit()
        ear = Heard()
        for after in (0, 10**9, -5):
            await it.feed.join(ear, {TALK: after})
        assert (ear.resets, ear.seqs) == ([feed.REPLAY_MAX + 1] * 3, [])


async def test_number_ahead_of_the_hint_waits_for_nothing() -> None:
    async with world() as it:
        first, second = Heard(), Heard()
        await it.feed.join(first, {TALK: 0})
        row = it.commit()
        assert await it.feed.join(second, {TALK: 1}) == {TALK: 1}
        await it.hint(row)
        assert (first.seqs, second.seqs, second.resets) == ([1], [], [])


async def test_hint_without_a_number_passes_and_garbage_does_not() -> None:
    async with world() as it:
        ear = Heard()
        await it.feed.join(ear, {TALK: None})
        await it.broker.hint("live.talk.tlk_1", b"\xc1")
        at = it.records.clock.now()
        event = EventEnvelope("talk.seen", 1, "talk", "tlk_1", None, 1, 1, at, "", "", b"null")
        await it.broker.hint("live.talk.tlk_1", pack(event))
        assert [(each["name"], each["seq"], each["data"]) for each in ear.frames] == [("talk.seen", None, None)]


async def test_ear_that_left_hears_nothing_and_the_last_closes_the_channel() -> None:
    async with world() as it:
        first, second = Heard(), Heard()
        await it.feed.join(first, {TALK: None})
        await it.feed.join(second, {TALK: None})
        it.feed.leave(first, [TALK, AgentKey("talk", "other")])
        await it.rate()
        assert (first.seqs, second.seqs, it.feed.counts.channels) == ([], [1], 1)
        it.feed.leave(second, [TALK])
        await it.rate()
        assert (second.seqs, it.feed.counts.channels) == ([1], 0)


async def test_join_while_the_log_is_away_leaves_nothing_behind() -> None:
    async with world() as it:
        it.commit()
        it.away = True
        with pytest.raises(UnavailableError):
            await it.feed.join(Heard(), {TALK: 0})
        assert it.feed.counts.channels == 0


@pytest.mark.parametrize("seed", range(20))
async def test_ears_that_come_and_go_hear_each_event_once_whatever_is_lost(seed: int) -> None:
    chance = random.Random(seed)
    async with world(recheck_s=0.01) as it:
        ears: list[Heard] = []

        async def come(after: int) -> None:
            ear = Heard()
            await it.feed.join(ear, {TALK: after})
            ears.append(ear)

        async with anyio.create_task_group() as tasks:
            for _ in range(200):
                if chance.random() < 0.1:
                    tasks.start_soon(come, 0)
                await it.rate(lost=chance.random() < 0.3)
                if chance.random() < 0.3:
                    await anyio.lowlevel.checkpoint()
        assert ears
        await eventually(lambda: all(ear.seqs == list(range(1, 201)) for ear in ears))
        assert not any(ear.resets for ear in ears)


async def test_whose_doing_a_wall_hides_comes_without_data_and_counts() -> None:
    async with world(author_field="count") as it:  # any field will do
        apart, free = Heard("2"), Heard("9")
        for ear in (apart, free):
            await it.feed.join(ear, {TALK: None})
        await it.rate()
        await it.rate(lost=True)  # It is read from the log.
        await it.rate()
        with anyio.fail_after(5):
            while len(apart.frames) < 3 or len(free.frames) < 3:  # noqa: ASYNC110
                await anyio.sleep(0.01)
        assert apart.seqs == free.seqs == [1, 2, 3]
        assert [each["data"] for each in apart.frames] == [{"count": 1}, None, {"count": 3}]
        assert None not in [each["data"] for each in free.frames]


async def test_who_watches_a_kind_is_told_of_each_live_event() -> None:
    async with world() as it:
        told: list[None] = []
        it.feed.watch("talk", lambda: told.append(None))
        await it.rate()
        await it.rate()
        assert len(told) == 2
