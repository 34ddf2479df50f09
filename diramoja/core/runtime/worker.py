"""The worker: owns partitions and runs one turn after the other over all of them."""

import contextlib
import resource
import time
from collections.abc import Callable, Sequence
from functools import partial

import anyio
import anyio.lowlevel
import structlog

from diramoja.core.errors import DiramojaError, UnavailableError
from diramoja.core.ids import partition_of
from diramoja.core.ports.broker import Incoming
from diramoja.core.ports.records import Operations
from diramoja.core.ports.rows import PartitionRow, ReminderRow, Writes
from diramoja.core.runtime.cells import Cells
from diramoja.core.runtime.doubt import Doubt
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.fitness import CURES, unfitness
from diramoja.core.runtime.items import Item, control, from_reminder, from_stream
from diramoja.core.runtime.ownership import Heartbeat, desired
from diramoja.core.runtime.publisher import Publisher, unpublished
from diramoja.core.runtime.settle import Holdings, Settler
from diramoja.core.runtime.watchdog import Watch, Watchdog

__all__ = ["Worker"]

log = structlog.get_logger(__name__)

FIT_S = 2.0
"""Between two looks at the stream and the versions; a claim always looks."""
DUE_AT_ONCE = 200
"""Reminders of one turn, and agents of which it decides what was parked."""
PIECE_MESSAGES = 32
LEAVE_S = 10.0
DRAIN_S = 3.0
FLUSH_S = 1.0
PARKED_AGENTS = 10_000
AGAIN = "again"
"""Written behind a suspect that is decided alone for the second time; for a third time it is not."""


class Worker:
    """One worker. `run` until `stop`; or `step` by hand, as the in-memory runtime does (`by_hand`: no waiting)."""

    def __init__(
        self,
        environment: Environment,
        heartbeat: Heartbeat,
        *,
        by_hand: bool = False,
        crash: Callable[[str], None] = lambda _point: None,
    ) -> None:
        self.id = heartbeat.worker.id
        self._environment = environment
        self._records = environment.records
        self._settings = environment.settings
        self._heartbeat = heartbeat
        self._by_hand = by_hand
        self._crash = crash
        self._intake = environment.broker.intake()
        limit_s = environment.settings.handler_limit_s
        self._watch = Watch() if by_hand or not limit_s else Watchdog(limit_s)
        self._publisher = Publisher(environment.broker, environment.settings.backlog_messages)
        self._hold = Holdings(Cells(environment.settings.cache_bytes))
        self._settler = Settler(
            environment,
            self._hold,
            self._publisher,
            worker=self.id,
            lose=self._lose,
            stopping=lambda: self._stopping,
            crash=crash,
            watch=self._watch,
            look_ahead=self._look_ahead,
        )
        self._ahead: list[Item] = []
        self._careful: dict[int, Doubt] = {}
        self._lost: set[int] = set()
        self._next = {"owners": 0.0, "fit": 0.0, "due": 0.0, "flush": 0.0}
        self._stopping = self._broken_off = False
        self.decided = 0

    # --- life ---

    @property
    def owned(self) -> frozenset[int]:
        """Partitions of this worker as far as it knows."""
        return frozenset(self._hold.marks)

    @property
    def agents_in_memory(self) -> int:
        """Agents that are held; the others are loaded when they are needed."""
        return len(self._hold.cells)

    async def run(self) -> None:
        """Work until `stop`; then give the partitions back and end."""
        await self._heartbeat.start()
        if limit := self._settings.memory_limit_mb * 1024 * 1024:
            resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
        if isinstance(self._watch, Watchdog):
            self._watch.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._publisher.run)
            try:
                while not self._stopping:
                    await self._patiently()
            finally:
                with anyio.CancelScope(shield=True), anyio.move_on_after(LEAVE_S):
                    await self._leave()
                if isinstance(self._watch, Watchdog):
                    self._watch.stop()
                tasks.cancel_scope.cancel()

    def stop(self) -> None:
        """End after the present turn."""
        self._stopping = True
        self._intake.wake()

    async def abandon(self) -> None:
        """Let go of the broker without a word, as a killed process does."""
        await self._intake.shut()

    async def _patiently(self) -> None:
        """One step; a dependency that is away is waited for."""
        try:
            if not await self.step() and not self._stopping:
                await self._intake.wait(self._settings.poll_s / 5)
        except DiramojaError as error:
            log.warning("turn_failed", code=error.code, detail=str(error))
            await anyio.sleep(self._settings.poll_s / 2)

    async def _read_on(self) -> None:
        """After a step that failed: forget what it had taken and read on from the stored cursors, wholly or again."""
        if not await self._is_fit(await self._records.partitions(), claims=True):
            await self._stand_down()
        await self._intake.shut()
        self._ahead.clear()
        self._settler.forget_looked_up()
        self._hold.cells.clear()
        await self._settler.resync(set(self.owned))
        for mark in list(self._hold.marks.values()):
            await self._intake.open(mark.n, mark.cursor)

    async def _leave(self) -> None:
        with contextlib.suppress(DiramojaError):
            await self._give_back(sorted(self.owned))
            await self._records.retire(self.id)
        await self._heartbeat.stop()
        await self._intake.shut()

    async def step(self) -> int:
        """Look after ownership, then one turn; the number of messages decided. One that fails is made up for later."""
        if self._broken_off:
            await self._read_on()
        self._broken_off = True
        done = await self._step()
        self._broken_off = False
        return done

    async def _step(self) -> int:
        before = self.decided
        await self._look_after_owners()
        items = await self._take()
        self._crash("taken")
        if not items:
            if self.decided == before and self._is_time("flush", FLUSH_S):
                await self._flush_marks()
            return self.decided - before
        await self._publisher.room()
        await self._settler.settle(items, alone=bool(self._careful))
        self.decided += len(items)
        return self.decided - before

    async def publish_now(self) -> int:
        """Publish what waits, here and now (by hand; `run` does it beside the turns); how many that were."""
        waiting = self._publisher.waiting
        await self._publisher.flush()
        self._crash("published")
        return waiting

    def _is_time(self, what: str, every_s: float) -> bool:
        moment = time.monotonic()
        if not self._by_hand and moment < self._next[what]:
            return False
        self._next[what] = moment + every_s
        return True

    # --- ownership ---

    async def _look_after_owners(self) -> None:
        if not self._is_time("owners", self._settings.poll_s):
            return
        mine = desired(self.id, self._heartbeat.living)
        rows = {row.n: row for row in await self._records.partitions()}
        if not await self._is_fit(list(rows.values()), claims=any(not rows[number].owner for number in mine)):
            await self._stand_down()
            return
        for number, mark in list(self._hold.marks.items()):
            if (rows[number].owner, rows[number].epoch) != (self.id, mark.epoch):
                self._lose(number)
        held = {number for number, row in rows.items() if row.owner == self.id}
        await self._give_back(sorted((self.owned | held) - mine))
        await self._begin_all([rows[number] for number in sorted(mine & held - self.owned)])  # Broken off before.
        await self._claim([number for number in sorted(mine - held) if not rows[number].owner])
        while self._lost:
            await self._intake.close(self._lost.pop())
        await self._look_at_parked()

    async def _is_fit(self, rows: Sequence[PartitionRow], *, claims: bool) -> bool:
        """Whether this worker may have partitions; looked up now and then, and before it claims some."""
        me = self._heartbeat.worker
        if self._is_time("fit", FIT_S) or claims:
            why = await unfitness(self._environment, rows)
            if why != me.unfit:
                if why:
                    log.error("worker_unfit", worker=self.id, reason=why, cure=CURES[why])
                self._heartbeat.worker = me._replace(unfit=why)
        return not self._heartbeat.worker.unfit

    async def _stand_down(self) -> None:
        """Give all back and wait to become fit; what is received of a stream that changed is forgotten."""
        if self.owned or self._lost:
            await self._give_back(sorted(self.owned))
            self._lost.clear()
            await self._intake.shut()

    async def _claim(self, numbers: Sequence[int]) -> None:
        if numbers and self._heartbeat.fresh:
            rows = await self._records.claim(self.id, numbers, self._settings.lease_s)
            log.info("partitions_claimed", worker=self.id, count=len(rows))
            await self._begin_all(rows)

    async def _begin_all(self, rows: Sequence[PartitionRow]) -> None:
        doubtful = {row.n: Doubt.of(row.attempts, self._environment.clock.now()) for row in rows if row.attempts}
        if doubtful:
            log.warning("partitions_taken_carefully", worker=self.id, count=len(doubtful))
            self._careful.update(doubtful)
        try:
            async with anyio.create_task_group() as tasks:
                for row in rows:
                    tasks.start_soon(self._begin, row)
        except* DiramojaError as group:
            raise UnavailableError(f"{len(group.exceptions)} partitions could not be begun.") from group

    async def _begin(self, row: PartitionRow) -> None:
        """Publish what the owner before left, then read on from the cursor."""
        tail = await unpublished(self._records, row)
        self._publisher.begin(row.n, row.told_seq, row.published_seq)
        self._publisher.put(tail.tells, tail.events)
        await self._intake.open(row.n, row.cursor)
        self._hold.marks[row.n] = row
        self._lost.discard(row.n)

    async def _give_back(self, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        await self._publisher.drained(DRAIN_S)
        await self._flush_marks()
        for number in numbers:
            self._lose(number)
        await self._records.release(self.id, numbers)

    def _lose(self, number: int) -> None:
        """Another's now; its intake is closed at the next look."""
        self._hold.marks.pop(number, None)
        self._careful.pop(number, None)
        self._hold.cells.forget_partition(number)
        self._ahead = [item for item in self._ahead if item.partition != number]
        self._settler.forget_looked_up()
        self._lost.add(number)

    async def _look_at_parked(self) -> None:
        """Which kinds are paused, and what was parked for agents that run: the rows say so, whoever resumed them."""
        paused = self._hold.paused_kinds = dict(await self._records.kind_modes())
        kinds = sorted(self._environment.registry.kinds.keys() - paused)
        found = await self._environment.ports.get(Operations).parked_agents(kinds, PARKED_AGENTS)
        mine = [key for key in found if partition_of(*key) in self._hold.marks][:DUE_AT_ONCE]
        self._hold.control = [control(key, "_drain", partition_of(*key), self._environment.clock.now()) for key in mine]
        if mine:  # Perhaps there are more.
            self._next["owners"] = 0.0

    async def _flush_marks(self) -> None:
        """Store the publisher's watermarks while there is nothing else to commit."""
        marks = []
        for mark in self._hold.marks.values():
            told, shown = self._publisher.come(mark.n)
            told, shown = max(told, mark.told_seq), max(shown, mark.published_seq)
            if (told, shown) != (mark.told_seq, mark.published_seq):
                marks.append((mark, mark.after(told_seq=told, published_seq=shown)))
        if marks:
            await self._records.commit(Writes(marks=marks))
            self._hold.marks.update({new.n: new for _, new in marks})

    # --- take ---

    async def _look_ahead(self) -> list[Item]:
        """Read what the next turn takes, in pieces, so that the commit beside it goes on; nothing in doubt."""
        most = 0 if self._careful else self._settings.batch_messages
        while some := self._intake.take(min(PIECE_MESSAGES, most - len(self._ahead))):
            self._ahead += map(self._received, some)
            await anyio.lowlevel.checkpoint()
        return self._ahead

    async def _take(self) -> list[Item]:
        incoming: Sequence[Incoming] = self._intake.take(self._settings.batch_messages - len(self._ahead))
        due = await self._due()
        if self._careful:
            incoming, due = await self._carefully(incoming, due)
        items, self._hold.control, self._ahead = self._hold.control + self._ahead, [], []
        items += map(self._received, incoming)
        items += [self._reminded(row) for row in due]
        return [item for item in items if item.partition in self._hold.marks]

    async def _carefully(
        self, incoming: Sequence[Incoming], due: Sequence[ReminderRow]
    ) -> tuple[list[Incoming], list[ReminderRow]]:
        """Decide what may have ended workers before in small turns of its own; returns the rest."""
        messages: dict[int, list[Incoming]] = {}
        rest: list[Incoming] = []
        for each in incoming:
            doubt = self._careful.get(each.partition)
            (messages.setdefault(each.partition, []) if doubt and doubt.counts_message() else rest).append(each)
        reminders: dict[int, list[ReminderRow]] = {}
        later: list[ReminderRow] = []
        for row in due:
            doubt = self._careful.get(row.partition)
            (reminders.setdefault(row.partition, []) if doubt and doubt.counts_reminder(row) else later).append(row)
        for number in messages.keys() | reminders.keys():
            parts = [(str(each.seq), partial(self._received, each)) for each in messages.get(number, ())]
            parts += [("/".join(row.key), partial(self._reminded, row)) for row in reminders.get(number, ())]
            await self._apart(number, self._careful[number], parts)
        return rest, later

    async def _apart(self, number: int, doubt: Doubt, parts: Sequence[tuple[str, Callable[..., Item]]]) -> None:
        for start in range(0, len(parts), doubt.at_once):
            mark = self._hold.marks.get(number)
            if mark is None:
                return
            some = parts[start : start + doubt.at_once]
            name, read = some[0]
            condemned = mark.suspect == f"{name} {AGAIN}"
            is_suspected = doubt.at_once == 1 and not condemned
            if is_suspected:
                await self._records.suspect(mark, f"{name} {AGAIN}" if mark.suspect == name else name)
            items = [read(condemned=condemned), *(each() for _, each in some[1:])]
            await self._settler.settle(items, alone=True, suspected=mark if is_suspected else None)
            self.decided += len(some)
        if doubt.is_over and number in self._hold.marks:  # The next commit says so.
            self._careful.pop(number, None)
            self._hold.marks[number] = self._hold.marks[number]._replace(attempts=0)

    def _received(self, incoming: Incoming, *, condemned: bool = False) -> Item:
        """Its `now` is the domain time at which the broker stored it."""
        item = from_stream(incoming, self._environment.registry, condemned=condemned)
        item.at = self._environment.clock.at(item.at)
        return item

    def _reminded(self, row: ReminderRow, *, condemned: bool = False) -> Item:
        """Its `now` is its due time or the last message's, the later."""
        assert row.due is not None
        now = max(row.due, self._hold.marks[row.partition].clock)
        return from_reminder(row, now, self._environment.registry, condemned=condemned)

    async def _due(self) -> Sequence[ReminderRow]:
        if not self._hold.marks or not (self._is_time("due", self._settings.poll_s / 2.5) or self._hold.reread_due):
            return []
        self._hold.reread_due = False
        now = self._environment.clock.now()
        rows = await self._records.due(sorted(self._hold.marks), now, DUE_AT_ONCE)
        if len(rows) == DUE_AT_ONCE:
            self._next["due"] = 0.0
        return [row for row in rows if row.partition in self._hold.marks]
