"""Cores that are broken on purpose: the simulation finds each within a few seeds."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from diramoja.core.errors import DiramojaError
from diramoja.core.ports.rows import PartitionRow, Tail
from diramoja.core.runtime import assemble, settle, turn, worker
from diramoja.core.runtime.cells import Cells
from diramoja.core.runtime.progress import Progress
from diramoja.testing.memory import MemoryRecords
from tests.simulation.world import Finding, Weather, simulate

SEEDS = 100

type Patch = Callable[[pytest.MonkeyPatch], None]


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """A commit lands whatever became of its partitions."""
    commit = MemoryRecords.commit

    async def unfenced(records: Any, writes: Any) -> None:
        rows = {before.n: records.rows[before.n] for before, _ in writes.marks}
        records.rows.update({before.n: before for before, _ in writes.marks})
        try:
            await commit(records, writes)
        except Exception:
            records.rows.update(rows)
            raise

    patch.setattr(MemoryRecords, "commit", unfenced)


def marks_unchecked(patch: pytest.MonkeyPatch) -> None:
    """Every tell counts as new."""
    meets = Progress.meets

    def always(progress: Any, partition: int, source: int, seq: int) -> bool:
        meets(progress, partition, source, seq)
        return True

    patch.setattr(Progress, "meets", always)


def tells_overtake(patch: pytest.MonkeyPatch) -> None:
    """A turn goes on with tells whatever is under way before them."""
    patch.setattr(Progress, "goes_out", lambda _progress, _tell: None)


def requests_not_looked_up(patch: pytest.MonkeyPatch) -> None:
    """A client's retry is decided again."""

    async def nothing(_records: Any, _ids: Any) -> list[Any]:
        return []

    patch.setattr(MemoryRecords, "requests", nothing)


def outbox_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Who takes over does not publish what was left."""

    async def nothing(_records: Any, _row: PartitionRow) -> Tail:
        return Tail((), ())

    patch.setattr(worker, "unpublished", nothing)
    patch.setattr(settle, "unpublished", nothing)


def cursor_apart(patch: pytest.MonkeyPatch) -> None:
    """What was taken counts as decided, also where its commit did not happen."""
    is_open = settle.Settler._is_open
    patch.setattr(settle.Settler, "_is_open", lambda self, item: is_open(self, item) and not self._resynced)


def looked_up_for_ever(patch: pytest.MonkeyPatch) -> None:
    """What was looked up beside a commit counts, whatever that commit wrote."""

    class Kept(dict[str, Any]):
        def pop(self, *_args: Any) -> None:
            """Nothing is forgotten of what a commit wrote."""

    whole = settle.Settler._turn

    async def turn(self: Any, items: Any) -> None:
        self._looked_up = Kept(self._looked_up)
        await whole(self, items)

    patch.setattr(settle.Settler, "_turn", turn)


def looked_up_through_doubt(patch: pytest.MonkeyPatch) -> None:
    """What was looked up counts, though another had its partition, or nobody knows what became of a commit."""
    patch.setattr(settle.Settler, "forget_looked_up", lambda _self: None)


def ahead_forgotten(patch: pytest.MonkeyPatch) -> None:
    """What was read beside a commit is never decided."""
    take = worker.Worker._take

    async def forgetful(self: Any) -> Any:
        self._ahead = []
        return await take(self)

    patch.setattr(worker.Worker, "_take", forgetful)


def reads_on_by_halves(patch: pytest.MonkeyPatch) -> None:
    """After a step that failed a worker goes on with the partitions that it could open."""
    whole = worker.Worker._step

    async def step(self: Any) -> int:
        try:
            return await whole(self)
        except DiramojaError:
            with contextlib.suppress(DiramojaError):
                await self._read_on()
            raise

    patch.setattr(worker.Worker, "step", step)


def seal_left_out(patch: pytest.MonkeyPatch) -> None:
    """After a commit of unknown outcome no empty turn makes sure that it cannot land any more."""

    async def nothing(_settler: Any, _rows: Any) -> None:
        return

    patch.setattr(settle.Settler, "_seal", nothing)


def lost_is_remembered(patch: pytest.MonkeyPatch) -> None:
    """Who has a partition again goes on with the agents that it knew before."""
    patch.setattr(Cells, "forget_partition", lambda _cells, _number: None)


def refused_is_dropped(patch: pytest.MonkeyPatch) -> None:
    """Of a batch that the records refuse only the first half is tried again."""
    halved = settle._halved

    def first(items: Any) -> Any:
        halves = halved(items)
        return halves and halves[:1]

    patch.setattr(settle, "_halved", first)


def repeats_stay_due(patch: pytest.MonkeyPatch) -> None:
    """A reminder that repeats keeps its time."""
    after = assemble._next_reminder

    def same(work: Any, item: Any, row: Any) -> None:
        after(work, item, row)
        key = (row.kind, row.agent, row.name)
        if work.reminders[key].due is not None:
            work.reminders[key] = row

    patch.setattr(assemble, "_next_reminder", same)


def cancelled_comes(patch: pytest.MonkeyPatch) -> None:
    """What was cancelled in the turn in which it is due is decided all the same."""
    one = turn.Turn._one

    def forgetful(self: Any, queue: Any) -> None:
        self.reminded.clear()
        one(self, queue)

    patch.setattr(turn.Turn, "_one", forgetful)


def passivated_is_gone(patch: pytest.MonkeyPatch) -> None:
    """An agent that left memory begins anew."""

    async def nothing(_records: Any, _agents: Any) -> list[Any]:
        return []

    patch.setattr(MemoryRecords, "snapshots", nothing)


ONLY_REMINDERS = Weather(late=0.3, crash=0.0, nap=0.0, hows=("remind",))


@pytest.mark.parametrize(
    "breaks",
    [
        no_fence,
        marks_unchecked,
        tells_overtake,
        requests_not_looked_up,
        outbox_forgotten,
        cursor_apart,
        looked_up_for_ever,
        looked_up_through_doubt,
        ahead_forgotten,
        reads_on_by_halves,
        lost_is_remembered,
        refused_is_dropped,
        repeats_stay_due,
        cancelled_comes,
        passivated_is_gone,
    ],
    ids=lambda each: each.__name__,
)
def test_a_broken_core_is_found(breaks: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks(monkeypatch)
    with pytest.raises((Finding, AssertionError)):
        some_seeds()


def test_a_seal_that_is_left_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a reminder shows it: it is read anew, not decided again. That needs more late commits than other weather."""
    seal_left_out(monkeypatch)
    with pytest.raises(Finding):
        some_seeds(ONLY_REMINDERS)


def test_whole_cores_bear_the_same_weather() -> None:
    for seed in range(10):
        simulate(seed, ONLY_REMINDERS)


def some_seeds(weather: Weather | None = None) -> None:
    for seed in range(SEEDS):
        simulate(seed, weather)
