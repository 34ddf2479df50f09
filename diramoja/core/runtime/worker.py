"""The worker: take → gather → decide → commit → publish, over all partitions it owns, in one transaction a turn."""

import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import anyio
import attrs
import structlog

from diramoja.core.envelope import ReplyHint, pack
from diramoja.core.errors import (
    DiramojaError,
    FencedError,
    InvalidError,
    MessageError,
    OutcomeUnknownError,
    UnavailableError,
)
from diramoja.core.ids import partition_of
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.records import (
    AgentKey,
    Mode,
    Operations,
    ParkedRow,
    PartitionRow,
    Records,
    RequestRow,
    RowKey,
    Writes,
)
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.assemble import assemble
from diramoja.core.runtime.cells import Cell, Cells
from diramoja.core.runtime.facts import load_facts
from diramoja.core.runtime.items import Item, control, from_reminder, from_stream
from diramoja.core.runtime.ownership import Heartbeat, desired
from diramoja.core.runtime.publisher import Publisher
from diramoja.core.runtime.settings import RuntimeSettings
from diramoja.core.runtime.turn import Answer, Turn, now_of_reminder, problem

__all__ = ["CRASH_POINTS", "Worker"]

log = structlog.get_logger(__name__)

CRASH_POINTS = ("taken", "gathered", "decided", "committing", "committed", "answered", "published")
"""Where a test may crash a worker: between any two steps of the turn, in this order."""

PARKED_AT_ONCE = 500
DUE_AT_ONCE = 200
TAIL_AT_ONCE = 5_000


@attrs.define
class _Known:
    """What a worker knows of itself between two turns."""

    marks: dict[int, PartitionRow] = attrs.field(factory=dict)
    paused_kinds: dict[str, Mode] = attrs.field(factory=dict)
    control: list[Item] = attrs.field(factory=list)
    looked_at_owners: float = 0.0
    looked_for_due: float = 0.0
    flushed: float = 0.0


class Worker:
    """One worker. `run` until `stop`; or `step` by hand, as the in-memory runtime does."""

    def __init__(
        self,
        registry: Registry,
        records: Records,
        broker: Broker,
        ports: Ports,
        settings: RuntimeSettings,
        clock: Clock,
        heartbeat: Heartbeat,
        crash: Callable[[str], None] = lambda _point: None,
    ) -> None:
        self.id = heartbeat.worker
        self._registry = registry
        self._records = records
        self._broker = broker
        self._ports = ports
        self._settings = settings
        self._clock = clock
        self._heartbeat = heartbeat
        self._crash = crash
        self._intake = broker.intake()
        self._publisher = Publisher(broker, settings.backlog_messages)
        self._cells = Cells(settings.cache_bytes)
        self._known = _Known()
        self._stopping = False
        self.decided = 0
        self.by_hand = False

    # --- life ---------------------------------------------------------------------------------------------------------

    @property
    def owned(self) -> frozenset[int]:
        """Partitions of this worker as far as it knows."""
        return frozenset(self._known.marks)

    async def run(self) -> None:
        """Work until `stop`; then give the partitions back and end."""
        await self._heartbeat.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._publisher.run)
            try:
                while not self._stopping:
                    await self._patiently()
            finally:
                with anyio.CancelScope(shield=True), anyio.move_on_after(10):
                    await self._leave()
                tasks.cancel_scope.cancel()

    def stop(self) -> None:
        """End after the present turn."""
        self._stopping = True
        self._intake.wake()

    async def _patiently(self) -> None:
        """One step; a dependency that is away is waited for."""
        try:
            if not await self.step() and not self._stopping:
                await self._intake.wait(self._settings.poll_s / 5)
        except DiramojaError as error:
            log.warning("turn_failed", code=error.code, detail=str(error))
            await anyio.sleep(0.1)
            await self._resync()

    async def _leave(self) -> None:
        with contextlib.suppress(DiramojaError):
            await self._publisher.drained(5)
            await self._flush_marks(force=True)
            await self._records.release(self.id, sorted(self.owned))
            await self._records.retire(self.id)
        await self._heartbeat.stop()
        await self._intake.shut()

    async def step(self) -> int:
        """Look after ownership, then one turn; the number of messages decided."""
        await self._look_after_owners()
        items = await self._take()
        self._crash("taken")
        if not items:
            await self._flush_marks()
            return 0
        await self._publisher.room()
        await self._settle(items)
        return len(items)

    async def abandon(self) -> None:
        """Let go of the broker without a word, as a killed process does."""
        await self._intake.shut()

    async def publish_now(self) -> None:
        """Publish what waits, here and now (by hand; `run` does it beside the turns)."""
        await self._publisher.flush()
        self._crash("published")

    # --- ownership ----------------------------------------------------------------------------------------------------

    async def _look_after_owners(self) -> None:
        moment = time.monotonic()
        if not self.by_hand and moment - self._known.looked_at_owners < self._settings.poll_s:
            return
        self._known.looked_at_owners = moment
        mine = desired(self.id, self._heartbeat.living)
        rows = {row.n: row for row in await self._records.partitions()}
        for number in self.owned:
            if (
                rows[number].owner != self.id
                or rows[number].epoch != self._known.marks[number].epoch
            ):
                await self._lose(number)
        await self._give_back(sorted(self.owned - mine))
        await self._claim(
            [number for number in sorted(mine - self.owned) if not rows[number].owner]
        )
        await self._look_at_kinds()

    async def _claim(self, numbers: Sequence[int]) -> None:
        if not numbers or not self._heartbeat.fresh:
            return
        rows = await self._records.claim(self.id, numbers, self._settings.lease_s)
        async with anyio.create_task_group() as tasks:
            for row in rows:
                tasks.start_soon(self._begin, row)
        if rows:
            log.info("partitions_claimed", worker=self.id, count=len(rows))

    async def _begin(self, row: PartitionRow) -> None:
        """Publish what the owner before left, then read on from the cursor."""
        tail = await self._records.tail(row, TAIL_AT_ONCE)
        self._publisher.begin(row.n, row.told_seq, row.published_seq)
        self._publisher.put(tail.tells, tail.events)
        await self._intake.open(row.n, row.cursor)
        self._known.marks[row.n] = row

    async def _give_back(self, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        await self._publisher.drained(2)
        await self._flush_marks(force=True)
        for number in numbers:
            await self._lose(number)
        await self._records.release(self.id, numbers)

    async def _lose(self, number: int) -> None:
        self._known.marks.pop(number, None)
        await self._intake.close(number)
        self._cells.forget_partition(number)

    async def _resync(self) -> None:
        """After a failure: read the rows again and go on from the stored cursors."""
        with contextlib.suppress(DiramojaError):
            rows = {row.n: row for row in await self._records.partitions()}
            self._cells.clear()
            for number, mark in list(self._known.marks.items()):
                row = rows[number]
                if row.owner != self.id or row.epoch != mark.epoch:
                    await self._lose(number)
                else:
                    await self._catch_up(mark, row)
                    await self._intake.open(number, row.cursor)

    async def _look_at_kinds(self) -> None:
        """Kinds that are paused; the agents of one that runs again get what was parked."""
        modes = dict(await self._records.kind_modes())
        again = [kind for kind in self._known.paused_kinds if kind not in modes]
        self._known.paused_kinds = modes
        for kind in again:
            await self.drain_kind(kind)

    async def drain_kind(self, kind: str) -> None:
        """Let the agents of a kind, in our partitions, decide what was parked."""
        for key in await self._ports.get(Operations).parked_agents(kind, 10_000):
            number = partition_of(*key)
            if number in self.owned:
                self._known.control.append(control(key, "_drain", number, self._clock.now()))

    # --- take and gather ----------------------------------------------------------------------------------------------

    async def _take(self) -> list[Item]:
        items, self._known.control = self._known.control, []
        incoming = self._intake.take(self._settings.batch_messages)
        items += [
            from_stream(each, self._registry)
            for each in incoming
            if each.partition in self._known.marks
        ]
        items += await self._due()
        return [item for item in items if item.partition in self._known.marks]

    async def _due(self) -> list[Item]:
        moment = time.monotonic()
        early = moment - self._known.looked_for_due < self._settings.poll_s / 2.5
        if not self.owned or (early and not self.by_hand):
            return []
        rows = await self._records.due(sorted(self.owned), self._clock.now(), DUE_AT_ONCE)
        if len(rows) < DUE_AT_ONCE:
            self._known.looked_for_due = moment
        return [
            from_reminder(
                row,
                now_of_reminder(row.due, self._known.marks[row.partition].clock),
                self._registry,
            )
            for row in rows
            if row.due is not None
        ]

    async def _gather(self, items: Sequence[Item]) -> list[Cell]:
        """The committed cells of all agents of the batch; one query for those not in memory."""
        keys = {item.key for item in items if item.key.kind in self._registry.kinds}
        found = {key: cell for key in keys if (cell := self._cells.get(key)) is not None}
        missing = sorted(keys - found.keys())
        for row in await self._records.snapshots(missing) if missing else ():
            kind = self._registry.kinds[row.kind]
            try:
                cell = Cell.of(row, kind)
            except MessageError as error:
                log.error("agent_failed", kind=row.kind, agent=row.agent, code=error.code)
                cell = Cell.broken(row, kind)
            found[cell.key] = cell
        return [found.get(key) or Cell.absent(key, self._registry.kinds[key.kind]) for key in keys]

    async def _repeats(self, items: Sequence[Item]) -> tuple[list[Item], list[tuple[Item, Answer]]]:
        """Without what was decided before; with the answers that repeats meet."""
        ids = sorted({item.envelope.request for item in items if _from_outside(item)})
        known = {row.id: row for row in await self._records.requests(ids)} if ids else {}
        fresh: list[Item] = []
        answers: list[tuple[Item, Answer]] = []
        told = {number: list(mark.seen) for number, mark in self._known.marks.items()}
        for item in items:
            if item.origin == "tell" and item.envelope.source >= 0:
                seen = told[item.partition]
                if item.envelope.seq <= seen[item.envelope.source]:
                    continue
                seen[item.envelope.source] = item.envelope.seq
            elif _from_outside(item):
                row = known.get(item.envelope.request)
                if row is not None:
                    answers += [(item, answer)] if (answer := _repeated(item, row)) else []
                    continue
                known[item.envelope.request] = RequestRow(
                    item.envelope.request, item.envelope.digest, None, None, item.at
                )
            fresh.append(item)
        return fresh, answers

    async def _parked(self, items: Sequence[Item]) -> dict[AgentKey, Sequence[ParkedRow]]:
        keys = {item.key for item in items if item.verb in ("_resume", "_restart", "_drain")}
        return {key: await self._records.parked(key, PARKED_AT_ONCE) for key in sorted(keys)}

    # --- the turn -----------------------------------------------------------------------------------------------------

    async def _settle(self, items: Sequence[Item]) -> None:
        """Decide and commit; halve what the database refuses until the culprit is alone, then put it aside."""
        while items:
            try:
                await self._turn(items)
                return
            except FencedError:
                log.warning("fenced", worker=self.id)
                items = await self._still_ours(items)
            except OutcomeUnknownError:
                items = await self._still_ours(items)
            except UnavailableError:
                await self._wait_for_records()
                items = await self._still_ours(items)
            except InvalidError as error:
                halves = _halved(items)
                if halves is None:
                    log.error(
                        "commit_refused",
                        code=error.code,
                        kind=items[0].key.kind,
                        verb=items[0].verb,
                    )
                    if items[0].refused:
                        raise
                    items[0].refused = True
                    continue
                for half in halves:
                    await self._settle(half)
                return

    async def _turn(self, items: Sequence[Item]) -> None:
        numbers = sorted({item.partition for item in items})
        fresh, repeated = await self._repeats(items)
        turn = Turn(self._registry, self._known.paused_kinds, self._settings.fail_after)
        turn.hold(await self._gather(fresh), await self._parked(fresh))
        await load_facts(fresh, self._registry, self._ports)
        self._crash("gathered")
        turn.add(fresh)
        while missing := turn.decide():
            turn.load(missing, await self._records.own_rows(sorted(missing)))
        self._crash("decided")
        marks = {number: self._known.marks[number] for number in numbers}
        writes = self._assembled(turn, items, marks)
        self._crash("committing")
        await self._records.commit(writes)
        self._crash("committed")
        self._after(turn, writes)
        await self._answer(
            [(each.item, each.answer) for each in turn.decided if each.answer] + repeated
        )
        self._crash("answered")
        self.decided += len(fresh)

    def _assembled(
        self, turn: Turn, items: Sequence[Item], marks: dict[int, PartitionRow]
    ) -> Writes:
        come = {number: self._publisher.come(number) for number in marks}
        try:
            return assemble(self._registry, turn, items, marks, come)
        except DiramojaError as error:
            raise InvalidError(str(error), code=error.code) from error
        except Exception as error:  # the border: what a plugin decided cannot be written down
            log.exception("decision_unwritable")
            raise InvalidError(f"{type(error).__name__} while writing a decision down.") from error

    def _after(self, turn: Turn, writes: Writes) -> None:
        for key in turn.touched:
            self._cells.keep(turn.cells[key])
        for key, cell in turn.cells.items():
            if key not in turn.touched and cell.revision:
                self._cells.keep(cell)
        for _, mark in writes.marks:
            self._known.marks[mark.n] = mark
        self._publisher.put(writes.tells, writes.events)
        for key in turn.unparked:
            if turn.cells[key].parked:
                self._known.control.append(
                    control(key, "_drain", partition_of(*key), self._clock.now())
                )

    async def _answer(self, answers: Sequence[tuple[Item, Answer | None]]) -> None:
        for item, answer in answers:
            if answer is not None and item.envelope.reply_to:
                hint = ReplyHint(item.envelope.request, answer.status, answer.body)
                await self._broker.hint(item.envelope.reply_to, pack(hint))

    async def _flush_marks(self, force: bool = False) -> None:
        """Store the publisher's watermarks while there is nothing else to commit."""
        moment = time.monotonic()
        if not force and moment - self._known.flushed < 1.0:
            return
        self._known.flushed = moment
        marks = []
        for mark in self._known.marks.values():
            told, shown = self._publisher.come(mark.n)
            if (told, shown) != (mark.told_seq, mark.published_seq):
                marks.append(
                    (
                        mark,
                        mark._replace(
                            told_seq=max(told, mark.told_seq),
                            published_seq=max(shown, mark.published_seq),
                        ),
                    )
                )
        if marks:
            await self._records.commit(Writes(marks=marks))
            self._known.marks.update({new.n: new for _, new in marks})

    # --- after a failure ----------------------------------------------------------------------------------------------

    async def _wait_for_records(self) -> None:
        await anyio.sleep(0.1)
        with contextlib.suppress(DiramojaError):
            await self._records.partitions()

    async def _still_ours(self, items: Sequence[Item]) -> list[Item]:
        """Those not yet decided, of partitions that are still ours; what was touched is forgotten."""
        rows = {row.n: row for row in await self._records.partitions()}
        for item in items:
            self._cells.forget(item.key)
        for number in sorted({item.partition for item in items}):
            mark = self._known.marks.get(number)
            if mark is None or rows[number].owner != self.id or rows[number].epoch != mark.epoch:
                await self._lose(number)
            else:
                await self._catch_up(mark, rows[number])
        self._known.looked_for_due = 0.0  # Reminders are read again: they may have been decided.
        return [item for item in items if item.origin != "remind" and self._is_ahead(item)]

    def _is_ahead(self, item: Item) -> bool:
        mark = self._known.marks.get(item.partition)
        return mark is not None and (not item.seq or item.seq > mark.cursor)

    async def _catch_up(self, mark: PartitionRow, row: PartitionRow) -> None:
        """Take the stored marks; where the commit did happen, publish what it left in the outbox."""
        self._known.marks[row.n] = row
        if row.out_seq != mark.out_seq:
            tail = await self._records.tail(row, TAIL_AT_ONCE)
            self._publisher.put(
                [tell for tell in tail.tells if tell.seq > mark.out_seq],
                [event for event in tail.events if event.seq > mark.out_seq],
            )


def _from_outside(item: Item) -> bool:
    return item.origin in ("cmd", "job") and bool(item.envelope.request)


def _repeated(item: Item, row: RequestRow) -> Answer | None:
    if row.digest and item.envelope.digest and row.digest != item.envelope.digest:
        return problem(
            409, "idempotency_conflict", "This Idempotency-Key belongs to another request."
        )
    return Answer(row.status, row.answer or b"") if row.status is not None else None


def _halved(items: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Item]] | None:
    """By partition while there are several, then by message; None for a single one."""
    numbers = sorted({item.partition for item in items})
    if len(numbers) > 1:
        low = set(numbers[: len(numbers) // 2])
        return [i for i in items if i.partition in low], [
            i for i in items if i.partition not in low
        ]
    if len(items) > 1:
        return items[: len(items) // 2], items[len(items) // 2 :]
    return None
