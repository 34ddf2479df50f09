"""A database that goes away at any call, in memory: the worker comes back to all its partitions and loses nothing."""

import contextlib
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from diramoja.core.errors import DiramojaError, OutcomeUnknownError, UnavailableError
from diramoja.core.ids import partition_of
from diramoja.core.ports.records import Records
from diramoja.core.ports.rows import PartitionRow, Tail, Writes
from diramoja.testing.memory import MemoryRecords
from diramoja.testing.runtime import Runtime
from tests.support import talks
from tests.support.counters import Add, counter, plugin


class Flaky(MemoryRecords):
    """Every call may find the database away, also after it did what it was asked."""

    chance = 0.0
    dice = random.Random(0)

    def _shake(self) -> None:
        if self.dice.random() < self.chance:
            raise UnavailableError("away")

    async def partitions(self) -> list[PartitionRow]:
        self._shake()
        return await super().partitions()

    async def claim(self, worker: str, numbers: Sequence[int], lease_s: float) -> list[PartitionRow]:
        self._shake()
        taken = await super().claim(worker, numbers, lease_s)
        self._shake()
        return taken

    async def tail(self, partition: PartitionRow, limit: int) -> Tail:
        self._shake()
        return await super().tail(partition, limit)

    async def own_rows(self, keys: Any) -> Any:
        self._shake()
        return await super().own_rows(keys)

    async def commit(self, writes: Writes) -> None:
        self._shake()
        await super().commit(writes)
        if self.dice.random() < self.chance:
            raise OutcomeUnknownError("away while committing")


@pytest.mark.parametrize("seed", range(40))
def test_outages_at_any_call_lose_nothing_and_repeat_nothing(seed: int, runtime: Runtime) -> None:
    records = Flaky(runtime.clock)
    records.dice = random.Random(seed)
    runtime.use(records)
    runtime.deploy(plugin)
    records.chance = 0.15
    sents = []
    for number in range(40):
        sents.append(runtime.send(counter, f"cnt_{number % 4}", Add(1), key=f"k{number}", settle=False))
        with contextlib.suppress(DiramojaError):
            runtime.settle()
    records.chance = 0.0
    runtime.settle()
    assert all(sent.status == 200 for sent in sents)
    assert [runtime.state(counter, f"cnt_{n}").total for n in range(4)] == [10, 10, 10, 10]
    assert len({(event.subject, event.data) for event in runtime.broker.events}) == 40
    assert {row.owner for row in records.rows.values()} == {next(iter(records.workers_alive))}


class Late(MemoryRecords):
    """A commit whose connection breaks lands all the same, but only after its worker has looked."""

    under_way: Writes | None = None
    delayed = False

    async def commit(self, writes: Writes) -> None:
        if self.delayed and self.under_way is None:
            self.under_way = writes
            raise OutcomeUnknownError("away while committing")
        if self.delayed:
            assert self.under_way is not None
            self.delayed = False
            await super().commit(self.under_way)  # What is tried behind it meets the fence.
        await super().commit(writes)


def test_a_commit_that_lands_late_is_not_decided_again(runtime: Runtime) -> None:
    records = Late(runtime.clock)
    runtime.use(records)
    runtime.deploy(talks.plugin)
    neighbours = [f"mem_{n}" for n in range(2_000) if partition_of("rater", f"mem_{n}") == 0][:4]
    for agent in neighbours:
        runtime.send(talks.rater, agent, talks.Remind("every"))
    runtime.clock.advance(timedelta(minutes=10))
    records.delayed = True
    runtime.settle()
    assert records.under_way is not None and len(records.under_way.reminders) == 4
    assert [runtime.state(talks.rater, agent).ticks for agent in neighbours] == [1, 1, 1, 1]
    assert runtime.dead_letters() == []


async def test_the_tail_is_read_whole_however_long(anyio_backend: str) -> None:
    from diramoja.core.ports.rows import TellRow
    from diramoja.core.runtime import publisher
    from diramoja.testing.memory import VirtualClock

    records: MemoryRecords = MemoryRecords(VirtualClock())
    for seq in range(1, 2 * publisher.TAIL_AT_ONCE + 8):
        records.tells[3, seq] = TellRow(3, seq, "counter", "cnt_1", "add", b"")
    port: Records = records
    tail = await publisher.unpublished(port, records.rows[3])
    assert [row.seq for row in tail.tells] == list(range(1, 2 * publisher.TAIL_AT_ONCE + 8))
