"""The turn: decides a batch of items over committed cells and rows, without touching them, and says what to commit.

Pure but for the loading of missing own rows, which its caller does:

    turn = Turn(registry, cells, ...)
    turn.add(items)
    while missing := turn.decide():
        turn.load(await records.own_rows(missing))
    outcome = turn.outcome()
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs
import msgspec

from diramoja.core.context import Context, RowNotLoadedError
from diramoja.core.decisions import (
    MAX_EFFECTS,
    Call,
    Cancel,
    Effect,
    Put,
    Reject,
    RemindAfter,
    RemindAt,
    RemindCron,
    RemindEvery,
    Remove,
    Reply,
    Tell,
    reminder_name,
)
from diramoja.core.errors import MessageError, trace_of
from diramoja.core.messages import Event, Row, State, decode, encode
from diramoja.core.ports.rows import AgentKey, Mode, OwnRow, ParkedRow, RowKey
from diramoja.core.registry import Registry
from diramoja.core.runtime.cells import Cell
from diramoja.core.runtime.items import CONTROL_VERBS, Item, from_parked
from diramoja.core.runtime.watchdog import HandlerTimeoutError, Watch

__all__ = ["Answer", "Decided", "Failure", "Turn"]

NO_CONTENT = 204
_REMINDERS = (RemindAt, RemindAfter, RemindEvery, RemindCron, Cancel)
LOOK_AHEAD_ROUNDS = 3
"""Rounds of loading in which the rows of later messages are guessed too; what is left is loaded one by one."""


@attrs.frozen
class Answer:
    """What a request is answered with; `body` is JSON, empty for 204."""

    status: int
    body: bytes


@attrs.frozen
class Failure:
    """Why an item is a dead letter."""

    code: str
    detail: str
    traceback: str = ""


@attrs.define(eq=False)
class Decided:
    """An item with what became of it."""

    item: Item
    cell: Cell
    effects: Sequence[Event | Effect] = ()
    answer: Answer | None = None
    failure: Failure | None = None
    parked_as: int = 0


class Turn:
    """One batch. Cells are copied at their first touch; rows are overlaid; nothing outside changes."""

    def __init__(
        self, registry: Registry, paused_kinds: Mapping[str, Mode], fail_after: int, watch: Watch | None = None
    ) -> None:
        self.registry = registry
        self._watch = watch or Watch()
        self._paused_kinds = paused_kinds
        self._fail_after = fail_after
        self._plugins = frozenset(registry.plugins)
        self._queues: dict[AgentKey, deque[Item]] = {}
        self._order: dict[int, int] = {}
        self._rounds = 0
        self.cells: dict[AgentKey, Cell] = {}
        self.touched: set[AgentKey] = set()
        self.rows: dict[RowKey, Row | None] = {}
        self.written: dict[RowKey, Row | None] = {}
        self.parked: dict[AgentKey, Sequence[ParkedRow]] = {}
        self.unparked: dict[AgentKey, int] = {}
        self.reminded: set[tuple[str, str, str]] = set()
        self.decided: list[Decided] = []
        self._told = 0

    def hold(self, cells: Iterable[Cell], parked: Mapping[AgentKey, Sequence[ParkedRow]]) -> None:
        """The committed cells of more agents, and the parked commands of those that are resumed."""
        self.cells.update((cell.key, cell.copy()) for cell in cells)
        self.parked = {**parked, **self.parked}  # What was taken of it is not taken again.

    def add(self, items: Sequence[Item]) -> None:
        """Queue the items by agent, in their order, behind what was decided."""
        self._rounds = 0
        for item in items:
            self._order[id(item)] = len(self._order)
            self._queues.setdefault(item.key, deque()).append(item)

    def load(self, keys: Iterable[RowKey], rows: Iterable[OwnRow]) -> None:
        """Own rows that were asked for; those that do not exist are known to be missing."""
        for key in keys:
            self.rows.setdefault(key, None)
        for row in rows:
            collection = self.registry.kinds[row.kind].rows[row.collection]
            assert row.body is not None
            self.rows[RowKey(*row[:4])] = decode(collection, row.body, row.version)

    def decide(self) -> set[RowKey]:
        """Decide all that can be; returns the own rows that must be loaded before the rest.

        Raises:
            HandlerTimeoutError: the watchdog's interruption came too late for its handler: decide all again.
        """
        try:
            return self._decide()
        finally:
            self._watch.quiet()

    def _decide(self) -> set[RowKey]:
        missing: set[RowKey] = set()
        self._rounds += 1
        for key in list(self._queues):
            queue = self._queues[key]
            try:
                while queue:
                    self._one(queue)
                del self._queues[key]
            except RowNotLoadedError as wanted:
                missing.add(RowKey(*key, wanted.collection, wanted.key))
                if self._rounds <= LOOK_AHEAD_ROUNDS:
                    missing.update(self._ahead(self.cells[key], list(queue)[1:]))
        return missing

    def _ahead(self, cell: Cell, items: Sequence[Item]) -> Iterator[RowKey]:
        """Rows that later messages of the agent probably want too: one query for all, not one a message.

        Their handlers are asked with the state as it is now, and what they decide is thrown away.
        """
        for item in items:
            if item.verb in CONTROL_VERBS:
                return
            try:
                self._effects(cell, item)
            except RowNotLoadedError as wanted:
                yield RowKey(*cell.key, wanted.collection, wanted.key)
            except (Exception, SystemExit, HandlerTimeoutError):  # noqa: BLE001  # dealt with when its turn comes
                self._watch.token = 0

    def news(self) -> list[Decided]:
        """What was decided since it was asked last, in the order in which the items came."""
        news, self._told = self.decided[self._told :], len(self.decided)
        return sorted(news, key=lambda each: self._order[id(each.item)])

    def _one(self, queue: deque[Item]) -> None:
        item = queue[0]
        if item.reminder is not None and item.reminder.key in self.reminded:
            queue.popleft()  # Set anew or cancelled by a message before it: no longer due.
            return
        cell = self.cells[item.key]
        decided = Decided(item, cell)
        if item.verb in CONTROL_VERBS and item.fault is None:
            queue.popleft()
            queue.extendleft(reversed(self._control(cell, item)))
            decided.answer = Answer(NO_CONTENT, b"") if item.envelope.request else None
        elif item.fault is None and item.origin != "parked" and (cell.parked or not self._runs(cell)):
            if item.reminder is None or not item.reminder.repeat:  # Missed times are not made up for.
                cell.parked += 1
                decided.parked_as = cell.parked
            queue.popleft()
        else:
            self._handle(cell, item, decided)
            queue.popleft()
        cell.at = max(cell.at, item.at)
        if item.fault is None and (
            decided.effects or decided.failure or decided.parked_as or item.verb in CONTROL_VERBS
        ):  # What is dead before it is decided leaves the agent as it is.
            self.touched.add(item.key)
        self.decided.append(decided)

    def _runs(self, cell: Cell) -> bool:
        return cell.mode == "running" and cell.key.kind not in self._paused_kinds

    def _control(self, cell: Cell, item: Item) -> list[Item]:
        """Pause, or run again: then the parked commands come first; the worker sees to those that are left over."""
        if item.verb == "_pause":
            cell.mode = "paused"
            return []
        if item.verb != "_drain" and not cell.broken:
            cell.mode, cell.failures = "running", 0
        if not self._runs(cell):
            return []
        rows = self.parked.get(cell.key, ())
        if item.refused:  # One of them cannot be stored: the first is tried alone, then given up.
            rows = rows[:1]
        if rows:
            self.unparked[cell.key], self.parked[cell.key] = rows[-1].seq, ()
            if rows[-1].seq == cell.parked:
                cell.parked = 0
        items = [from_parked(row, item.partition, self.registry) for row in rows]
        for each in items:
            self._order[id(each)] = self._order[id(item)]
            each.refused = item.refused if item.stripped else ""
        return items

    def _handle(self, cell: Cell, item: Item, decided: Decided) -> None:
        """Run the handler; a fault, an exception or nonsense becomes a dead letter."""
        try:
            effects = self._effects(cell, item)
            decided.effects, decided.answer = _sorted_out(effects, item)
            self._apply(cell, item, decided)
            cell.failures = 0
        except RowNotLoadedError:
            self._watch.token = 0
            raise
        except (Exception, SystemExit, HandlerTimeoutError) as error:  # the border: it stops its own command only
            if isinstance(error, HandlerTimeoutError) and not self._watch.token:
                raise
            self._watch.token = 0
            self._fail(cell, item, decided, error)

    def _effects(self, cell: Cell, item: Item) -> list[State | Event | Effect]:
        if item.fault is not None:
            raise _RefusedError(*item.fault)
        if item.refused:
            raise _RefusedError("commit_refused", f"What was decided cannot be stored: {item.refused}.")
        handler = cell.kind.handler(item.verb, cell.state.phase)
        if handler is None:
            return [_wrong_phase(cell, item)]
        self._watch.begin()
        decision = handler(cell.state, item.command, self._context(cell, item))
        self._watch.token = 0
        items = decision if isinstance(decision, tuple) else (decision,)
        return [each for each in items if each is not None]

    def _context(self, cell: Cell, item: Item) -> Context:
        envelope = item.envelope
        return Context(
            agent=cell.key.agent,
            now=item.at,
            sender=envelope.sender,
            roles=frozenset(envelope.roles),
            told_by=envelope.told_by,
            command_id=envelope.id,
            seed=envelope.id,
            read=lambda collection, key: self._read(cell, collection, key),
            settings=self.registry.settings,
            plugins=self._plugins,
            facts=item.facts,
        )

    def _read(self, cell: Cell, collection: str, key: str) -> Row | None:
        if collection not in cell.kind.rows:
            raise TypeError(f"{cell.kind.name} declares no rows {collection}.")
        try:
            return self.rows[RowKey(*cell.key, collection, key)]
        except KeyError:
            raise RowNotLoadedError(collection, key) from None

    def _apply(self, cell: Cell, item: Item, decided: Decided) -> None:
        """Check all, then change the cell and the rows: so that a bad effect changes nothing."""
        rows = [each for each in decided.effects if isinstance(each, (Put, Remove))]
        for each in rows:
            collection = type(each.row) if isinstance(each, Put) else each.collection
            if cell.kind.rows.get(collection.wire_name) is not collection:
                raise TypeError(f"{cell.kind.name} declares no rows {collection.__name__}.")
        state = next((each for each in decided.effects if isinstance(each, State)), None)
        if state is not None:
            if type(state) is not cell.kind.state or state.phase not in cell.kind.phases:
                raise TypeError(f"{type(state).__name__} in {state.phase} is no state of {cell.kind.name}.")
            cell.become(state)
        for each in rows:
            row = each.row if isinstance(each, Put) else None
            collection = type(each.row) if isinstance(each, Put) else each.collection
            key = RowKey(*cell.key, collection.wire_name, each.row.key if isinstance(each, Put) else each.key)
            self.rows[key] = self.written[key] = row
        for effect in decided.effects:
            if isinstance(effect, _REMINDERS):
                self.reminded.add((*item.key, reminder_name(effect)))

    def _fail(self, cell: Cell, item: Item, decided: Decided, error: BaseException) -> None:
        code, detail, trace = _explained(error)
        decided.effects = ()
        decided.failure = Failure(code, detail, trace)
        if item.fault is None:
            cell.failures += 1
            if cell.failures >= self._fail_after and cell.mode == "running":
                cell.mode = "failed"
        if item.envelope.request:
            letter = dead_letter_id(item)
            if code == "message_invalid":
                decided.answer = problem(400, code, detail, dead_letter=letter)
            else:
                text = f"The command could not be carried out; it is kept as {letter}."
                decided.answer = problem(500, code, text, dead_letter=letter)


class _RefusedError(Exception):
    """A message that is dead before a handler sees it."""


def dead_letter_id(item: Item) -> str:
    """The same for the same message."""
    seed = f"{item.partition}:{item.seq}:{item.envelope.id}:{item.at.isoformat()}"
    return "ded_" + hashlib.blake2b(seed.encode(), digest_size=10).hexdigest()


def problem(status: int, code: str, detail: str, **more: str) -> Answer:
    """The body that a gateway turns into problem+json."""
    return Answer(status, msgspec.json.encode({"code": code, "detail": detail, **more}))


def _explained(error: BaseException) -> tuple[str, str, str]:
    if isinstance(error, _RefusedError):
        return error.args[0], error.args[1], ""
    if isinstance(error, HandlerTimeoutError):
        return "handler_timeout", "It ran for too long and was interrupted.", trace_of(error)
    if isinstance(error, MessageError):
        return error.code, str(error), trace_of(error)
    code = "decision_invalid" if isinstance(error, TypeError | _NonsenseError) else "handler_failed"
    return code, type(error).__name__, trace_of(error)


class _NonsenseError(Exception):
    """A decision that is none."""


def _wrong_phase(cell: Cell, item: Item) -> Reject:
    kind, phase = cell.kind, cell.state.phase
    if phase == kind.absent.phase:
        return Reject(kind.code_of(phase), f"There is no {kind.name} {cell.key.agent}.", 404)
    return Reject(
        kind.code_of(phase),
        f"The {kind.name} is {phase.replace('_', ' ')}: {item.verb.replace('_', ' ')} is not possible now.",
    )


_EFFECTS = (State, Event, Call, *(part for part in Effect.__value__.__args__ if isinstance(part, type)))


def _sorted_out(effects: list[State | Event | Effect], item: Item) -> tuple[Sequence[Event | Effect], Answer | None]:
    """The effects that remain, and the answer, if this item owes or may give one."""
    special: list[Reject | Reply | Tell] = []
    for each in effects:
        if not isinstance(each, _EFFECTS):
            raise _NonsenseError(f"A handler returned {type(each).__name__}.")
        if isinstance(each, (Reject, Reply, Tell)):
            special.append(each)
    if len(effects) > MAX_EFFECTS:
        raise _NonsenseError(f"{len(effects)} effects; at most {MAX_EFFECTS} are possible.")
    answers = bool(item.envelope.request)
    for each in special:
        if isinstance(each, Reject):
            return (), problem(each.status, each.code, each.detail) if answers else None
    reply = next((each for each in special if isinstance(each, Reply)), None)
    if not answers:
        return effects, None  # type: ignore[return-value]  # a State among them is applied and skipped later
    if reply is not None:
        return effects, Answer(reply.status, encode(reply.view))  # type: ignore[return-value]
    handed_over = any(isinstance(each, Tell) and each.answers for each in special)
    return effects, None if handed_over else Answer(NO_CONTENT, b"")  # type: ignore[return-value]
