"""Settling a batch: gather → decide → commit → answer, and what is done where the commit does not go through."""

import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

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
    trace_of,
)
from diramoja.core.ports.rows import AgentKey, Mode, ParkedRow, PartitionRow, RequestRow, Writes
from diramoja.core.runtime.assemble import Assembly
from diramoja.core.runtime.cells import Cell, Cells
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.facts import load_facts
from diramoja.core.runtime.items import CONTROL_VERBS, Item, strip
from diramoja.core.runtime.progress import Progress
from diramoja.core.runtime.publisher import Publisher, unpublished
from diramoja.core.runtime.turn import Answer, Turn, problem
from diramoja.core.runtime.watchdog import HandlerTimeoutError, Watch

__all__ = ["CRASH_POINTS", "NUDGE", "Holdings", "Settler"]

log = structlog.get_logger(__name__)

CRASH_POINTS = ("taken", "gathered", "decided", "committing", "committed", "answered", "published")
"""Where a test may crash a worker: between any two steps of the turn, in this order."""

PARKED_AT_ONCE = 500
GOES_ON_S = 0.25
"""How long a turn goes on to decide the tells that it makes itself."""
NUDGE = "nudge.jobs"
"""The subject of the hint that there are new jobs."""


@attrs.define
class Holdings:
    """What a worker holds between two turns.

    Attributes:
        marks: the rows of the partitions it owns, as committed last.
        paused_kinds: kinds that are not running.
        control: items that it asks of its own next turn.
        reread_due: reminders must be read again: some may have been decided in a commit of unknown outcome.
    """

    cells: Cells
    marks: dict[int, PartitionRow] = attrs.field(factory=dict)
    paused_kinds: dict[str, Mode] = attrs.field(factory=dict)
    control: list[Item] = attrs.field(factory=list)
    reread_due: bool = False


class Settler:
    """Settles batches for one worker."""

    def __init__(
        self,
        environment: Environment,
        holdings: Holdings,
        publisher: Publisher,
        *,
        worker: str,
        lose: Callable[[int], object],
        stopping: Callable[[], bool],
        crash: Callable[[str], None],
        watch: Watch,
        look_ahead: Callable[[], Awaitable[Sequence[Item]]],
    ) -> None:
        self._environment = environment
        self._registry = environment.registry
        self._records = environment.records
        self._hold = holdings
        self._publisher = publisher
        self._worker = worker
        self._lose = lose
        self._stopping = stopping
        self._crash = crash
        self._watch = watch
        self._look_ahead = look_ahead
        self._looked_up: dict[str, RequestRow | None] = {}
        self._reminded: set[tuple[str, str, str]] = set()
        self._resynced, self._onward_messages = False, 0
        self._suspected: PartitionRow | None = None

    async def settle(
        self, items: Sequence[Item], *, alone: bool = False, suspected: PartitionRow | None = None
    ) -> None:
        """Decide and commit all, whatever it takes; while the database is away it waits, unless it is to stop.

        What the database refuses is halved until the culprit is alone; that one becomes a dead letter. What another
        worker owns meanwhile is dropped: it decides it.

        Args:
            items: in order.
            alone: nothing else is decided with them, so that it is known what did harm.
            suspected: of the partition whose suspect they are; it is none any more once it is decided.
        """
        self._onward_messages = 0 if alone else self._environment.settings.onward_messages
        self._reminded.clear()
        self._resynced, self._suspected = False, suspected
        pieces = [items]
        while pieces:
            piece = [item for item in pieces.pop() if self._is_open(item)]
            if not piece:
                continue
            taken = list(piece)
            try:
                await self._turn(taken)
            except HandlerTimeoutError:  # It came too late for its handler; perhaps into `quiet` itself.
                self._watch.quiet()
                pieces.append(piece)
            except InvalidError as error:
                if len(taken) > len(piece):  # Perhaps the fault of something that it went on with.
                    self._onward_messages = 0
                    pieces.append(piece)
                else:
                    pieces += reversed(self._smaller(piece, error))
            except (FencedError, OutcomeUnknownError, UnavailableError) as error:
                log.warning("turn_undone", worker=self._worker, code=error.code)
                if isinstance(error, UnavailableError):
                    await anyio.sleep(self._environment.settings.poll_s)
                await self._look_again(taken)
                pieces.append(piece)

    def _smaller(self, piece: Sequence[Item], error: InvalidError) -> Sequence[Sequence[Item]]:
        halves = _halved(piece)
        if halves is None:
            self._refuse(piece[0], error)
            return [piece]
        return halves

    def _refuse(self, item: Item, error: InvalidError) -> None:
        log.warning("commit_refused", code=error.code, kind=item.key.kind, verb=item.verb)
        if item.stripped:  # Even an empty dead letter is refused: this is not the message's fault.
            raise UnavailableError(f"The records refuse a dead letter: {error.code}.") from error
        if item.refused and item.verb in CONTROL_VERBS:
            item.stripped = True
        elif item.refused:
            strip(item)
        item.refused = error.code

    async def _turn(self, items: list[Item]) -> None:
        """One transaction; what the turn goes on with is added to `items`."""
        turn = Turn(self._registry, self._hold.paused_kinds, self._environment.settings.fail_after, self._watch)
        progress = Progress(self._hold.marks)
        work = Assembly(turn, progress)
        fresh, repeated = await self._without_repeats(items, progress)
        end = time.monotonic() + GOES_ON_S
        while fresh:
            await self._decide(turn, fresh)
            most = self._onward_messages - len(items) if time.monotonic() < end else 0
            with self._writing_down():
                fresh = work.add(most)
            items += fresh
        self._crash("decided")
        with self._writing_down():
            writes = work.close(items, {item.partition: self._publisher.come(item.partition) for item in items})
        if self._suspected is not None:  # What ends the worker from here on is not this message's fault.
            await self._records.suspect(self._suspected, "")
        self._crash("committing")
        await self._commit(writes, is_full=len(items) >= self._environment.settings.batch_messages)
        self._crash("committed")
        self._reminded |= turn.reminded
        self._after(turn, writes)
        await self._nudge(writes)
        await self._answer([(each.item, each.answer) for each in turn.decided if each.answer] + repeated)
        self._crash("answered")

    async def _decide(self, turn: Turn, items: Sequence[Item]) -> None:
        new = [item for item in items if item.key not in turn.cells]
        turn.hold(await self._gather(new), await self._parked(items))
        await load_facts(items, self._registry, self._environment.ports)
        self._crash("gathered")
        turn.add(items)
        while missing := turn.decide():
            turn.load(missing, await self._records.own_rows(sorted(missing)))

    # --- gather ---

    async def _without_repeats(
        self, items: Sequence[Item], progress: Progress
    ) -> tuple[list[Item], list[tuple[Item, Answer | None]]]:
        """Without what was decided before; with the answers that repeats meet."""
        await self._look_up(items)
        known = {id: row for id, row in self._looked_up.items() if row is not None}
        self._looked_up.clear()
        fresh: list[Item] = []
        answers: list[tuple[Item, Answer | None]] = []
        for item in items:
            source = item.envelope.source
            if item.origin == "tell" and source >= 0:
                if not progress.meets(item.partition, source, item.envelope.seq):
                    continue
            elif _from_outside(item):
                request = item.envelope.request
                if request in known:
                    answers.append((item, _repeated(item, known[request])))
                    continue
                known[request] = RequestRow(request, item.envelope.digest, None, None, item.at)
            fresh.append(item)
        return fresh, answers

    def forget_looked_up(self) -> None:
        """Whoever had a partition meanwhile may have decided what was looked up."""
        self._looked_up.clear()

    async def _look_up(self, items: Sequence[Item]) -> None:
        """The requests of these that were not looked up before."""
        ids = sorted({item.envelope.request for item in items if _from_outside(item)} - self._looked_up.keys())
        rows = await self._records.requests(ids) if ids else ()
        self._looked_up |= dict.fromkeys(ids) | {row.id: row for row in rows}

    async def _gather(self, items: Sequence[Item]) -> list[Cell]:
        """The committed cells of all agents of the batch; one query for those not in memory."""
        for item in items:
            if item.verb == "_restart":
                self._hold.cells.forget(item.key)
        keys = {item.key for item in items}
        found = {key: cell for key in keys if (cell := self._hold.cells.get(key)) is not None}
        missing = sorted(key for key in keys - found.keys() if key.kind in self._registry.kinds)
        for row in await self._records.snapshots(missing) if missing else ():
            kind = self._registry.kinds[row.kind]
            try:
                cell = Cell.of(row, kind)
            except MessageError as error:
                log.warning("agent_failed", kind=row.kind, agent=row.agent, code=error.code)
                cell = Cell.unreadable(row, kind)
            found[cell.key] = cell
        return [found.get(key) or Cell.absent(key, self._registry.kinds.get(key.kind)) for key in keys]

    async def _parked(self, items: Sequence[Item]) -> dict[AgentKey, Sequence[ParkedRow]]:
        keys = sorted({item.key for item in items if item.verb in ("_resume", "_restart", "_drain")})
        return {key: await self._records.parked(key, PARKED_AT_ONCE) for key in keys}

    # --- commit and after ---

    async def _commit(self, writes: Writes, *, is_full: bool) -> None:
        """Beside it what the next turn decides is read, if this one is full; what it may find of this one is not kept.

        Raises:
            DiramojaError: as the records do.
        """
        try:
            async with anyio.create_task_group() as tasks:
                if is_full:
                    tasks.start_soon(self._prepare)
                await self._records.commit(writes)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from group.exceptions[0].__cause__
        for row in writes.requests:
            self._looked_up.pop(row.id, None)

    async def _prepare(self) -> None:
        with contextlib.suppress(DiramojaError):  # Looked up later.
            await self._look_up(await self._look_ahead())

    @contextlib.contextmanager
    def _writing_down(self) -> Iterator[None]:
        try:
            self._watch.begin()
            yield
        except HandlerTimeoutError as error:
            raise InvalidError("A hearing or a record takes too long.", code="handler_timeout") from error
        except DiramojaError as error:
            raise InvalidError(str(error), code=error.code) from error
        except Exception as error:  # the border: what a plugin decided cannot be written down
            log.warning("decision_unwritable", error=type(error).__name__, trace=trace_of(error))
            raise InvalidError(f"{type(error).__name__} while writing a decision down.") from error
        finally:
            self._watch.quiet()

    def _after(self, turn: Turn, writes: Writes) -> None:
        for cell in turn.cells.values():
            if cell.revision:
                self._hold.cells.keep(cell)
        self._hold.marks.update({mark.n: mark for _, mark in writes.marks})
        self._publisher.put(writes.tells, writes.events)

    async def _nudge(self, writes: Writes) -> None:
        """Wake the job runners: only a hint, they look by themselves too."""
        if writes.jobs:
            with contextlib.suppress(DiramojaError):
                await self._environment.broker.hint(NUDGE, b"")

    async def _answer(self, answers: Sequence[tuple[Item, Answer | None]]) -> None:
        broker = self._environment.broker
        for item, answer in answers:
            if answer is not None and item.envelope.reply_to:
                hint = ReplyHint(item.envelope.request, answer.status, answer.body)
                with contextlib.suppress(DiramojaError):  # Only a hint: the gateway reads the row.
                    await broker.hint(item.envelope.reply_to, pack(hint))

    # --- after a failure ---

    async def _look_again(self, piece: Sequence[Item]) -> None:
        """Read how far the partitions are, and forget the agents that were touched."""
        self.forget_looked_up()
        await self.resync({item.partition for item in piece})
        for item in piece:
            self._hold.cells.forget(item.key)
        self._hold.reread_due = self._resynced = True

    def _is_open(self, item: Item) -> bool:
        """Whether it is ours and still to be decided; reminders that may have been decided are read again later."""
        mark = self._hold.marks.get(item.partition)
        if mark is None:
            return False
        if item.reminder is not None:
            return not self._resynced and item.reminder.key not in self._reminded
        return not item.seq or item.seq > mark.cursor

    async def resync(self, numbers: set[int]) -> None:
        """Read the rows of these partitions again; drop those that are another's, catch up with the others.

        An empty turn seals what was found: a commit that was under way all the time can no longer land behind it.
        """
        while True:
            try:
                await self._seal(await self._look(numbers))
                break
            except (FencedError, OutcomeUnknownError):  # It did land meanwhile, or the seal itself is under way.
                continue
            except UnavailableError:
                if self._stopping():
                    raise  # What is not committed is decided by the next owner.
                await anyio.sleep(self._environment.settings.poll_s)

    async def _look(self, numbers: set[int]) -> list[PartitionRow]:
        """The rows of those that are still ours."""
        rows = {row.n: row for row in await self._records.partitions()}
        for number in sorted(numbers & self._hold.marks.keys()):
            mark, row = self._hold.marks[number], rows[number]
            if row.owner != self._worker or row.epoch != mark.epoch:
                self._lose(number)
            else:
                await self._catch_up(mark, row)
        return [self._hold.marks[number] for number in sorted(numbers & self._hold.marks.keys())]

    async def _seal(self, rows: Sequence[PartitionRow]) -> None:
        if rows:
            await self._records.commit(Writes(marks=[(row, row.after()) for row in rows]))
            self._hold.marks.update((row.n, row.after()) for row in rows)

    async def _catch_up(self, mark: PartitionRow, row: PartitionRow) -> None:
        """Take the stored marks; where the commit did happen, publish what it left in the outbox."""
        if row.out_seq != mark.out_seq:
            new = row._replace(
                told_seq=max(mark.out_seq, row.told_seq), published_seq=max(mark.out_seq, row.published_seq)
            )
            self._publisher.put(*await unpublished(self._records, new))
        self._hold.marks[row.n] = row


def _from_outside(item: Item) -> bool:
    return item.origin in ("cmd", "job") and bool(item.envelope.request)


def _repeated(item: Item, row: RequestRow) -> Answer | None:
    """What a repeat meets: the committed answer, a conflict, or nothing while the first is under way."""
    if row.digest and item.envelope.digest and row.digest != item.envelope.digest:
        return problem(409, "idempotency_conflict", "This Idempotency-Key belongs to another request.")
    return Answer(row.status, row.answer or b"") if row.status is not None else None


def _halved(items: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Item]] | None:
    """By partition while there are several, then by message; None for a single one."""
    numbers = sorted({item.partition for item in items})
    if len(numbers) > 1:
        low = set(numbers[: len(numbers) // 2])
        return [i for i in items if i.partition in low], [i for i in items if i.partition not in low]
    if len(items) > 1:
        return items[: len(items) // 2], items[len(items) // 2 :]
    return None
