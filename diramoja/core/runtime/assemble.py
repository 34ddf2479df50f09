"""From what was decided to what is committed: numbers events and tells, resolves who hears, projects records."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs
from cronsim import CronSim

from diramoja.core.agents import MAX_HEARERS, Hearing
from diramoja.core.decisions import (
    Call,
    Cancel,
    CancelCall,
    RemindAfter,
    RemindAt,
    RemindCron,
    RemindEvery,
    Tell,
    reminder_name,
)
from diramoja.core.envelope import Envelope, pack
from diramoja.core.ids import check_id, short
from diramoja.core.messages import Command, Event, Message, Record, decode, encode
from diramoja.core.ports.rows import (
    EventRow,
    JobRow,
    OwnRow,
    ParkedRow,
    RecordWrite,
    ReminderRow,
    RequestRow,
    TellRow,
    Writes,
)
from diramoja.core.projections import Meta, RecordProjection
from diramoja.core.runtime.items import Item, from_tell
from diramoja.core.runtime.letters import undecided, unheard
from diramoja.core.runtime.progress import Progress
from diramoja.core.runtime.turn import Decided, Turn

__all__ = ["AUDIENCE_JOB", "Assembly", "Audience"]

AUDIENCE_JOB = "_audience"
"""Name of the runtime's own job that tells a wide audience."""

MAX_TELL_BYTES = 64 * 1024
HEADROOM_BYTES = 4 * 1024
"""What the envelope of a tell may take of that."""


class Audience(Message):
    """Payload of the job that tells all agents that a query names; `told` were told already."""

    hearing: str
    version: int
    body: bytes
    told: int = 0


@attrs.define
class Assembly:
    """All that a turn commits, put together round by round; `close` at the end.

    Raises:
        Exception: something decided cannot be encoded or projected; the caller looks for the culprit.
    """

    turn: Turn
    progress: Progress
    writes: Writes = attrs.field(factory=Writes)
    tells: list[tuple[TellRow, datetime]] = attrs.field(factory=list)
    records: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], Record | None]] = attrs.field(factory=dict)
    reminders: dict[tuple[str, str, str], ReminderRow] = attrs.field(factory=dict)
    requests: dict[str, RequestRow] = attrs.field(factory=dict)

    def add(self, most: int) -> list[Item]:
        """Take what the turn has decided since; returns at most so many of its tells that the turn goes on with."""
        for decided in self.turn.news():
            _one(self, decided)
        onward: list[Item] = []
        for tell, at in self.tells:
            if len(onward) < most and self.progress.goes_on(tell):
                onward.append(from_tell(tell, at, self.turn.registry))
            else:
                self.progress.goes_out(tell)
                self.writes.tells.append(tell)
        self.tells.clear()
        return onward

    def close(self, items: Iterable[Item], published: Mapping[int, tuple[int, int]]) -> Writes:
        """All of it; see `Progress.after`."""
        _agents(self)
        writes = self.writes
        writes.reminders = list(self.reminders.values())
        writes.requests = list(self.requests.values())
        writes.unparked = [(*key, seq) for key, seq in self.turn.unparked.items()]
        writes.records = [_record_write(table, key, rows) for (table, key), rows in self.records.items()]
        writes.marks = self.progress.after(items, published)
        return writes


def _one(work: Assembly, decided: Decided) -> None:
    item = decided.item
    if item.reminder is not None:
        _next_reminder(work, item, item.reminder)
    if decided.parked_as:
        work.writes.parked.append(ParkedRow(*item.key, decided.parked_as, item.verb, item.at, pack(item.envelope)))
    if decided.failure is not None:
        work.writes.dead_letters.append(undecided(work.turn.registry, decided))
    for effect in decided.effects:
        if isinstance(effect, Event):
            _event(work, decided, effect)
        elif (write := _WRITERS.get(type(effect))) is not None:
            write(work, item, effect)
    _request(work, decided)


def _request(work: Assembly, decided: Decided) -> None:
    item, answer = decided.item, decided.answer
    request = item.envelope.request
    first = item.origin in ("cmd", "job") and bool(request)
    if not first and (answer is None or not request):
        return
    earlier = work.requests.get(request)
    if earlier is not None and (earlier.status is not None or answer is None):
        return
    digest = item.envelope.digest if first or earlier is None else earlier.digest
    work.requests[request] = RequestRow(
        request, digest, answer.status if answer else None, answer.body if answer else None, item.at
    )


def _event(work: Assembly, decided: Decided, event: Event) -> None:
    item, cell = decided.item, decided.cell
    seq = work.progress.number(item.partition)
    channel_seq = None
    if event.is_live:
        cell.channel_seq += 1
        channel_seq = cell.channel_seq
    envelope = item.envelope
    body = encode(event)
    work.writes.events.append(
        EventRow(
            item.partition,
            seq,
            *item.key,
            event.wire_name,
            event.schema_version,
            channel_seq,
            item.at,
            envelope.correlation or envelope.id,
            envelope.id,
            body,
        )
    )
    for projection in work.turn.registry.event_records.get(type(event), ()):
        meta = Meta(*item.key, item.partition, seq, channel_seq, item.at, envelope.correlation, envelope.id)
        _record(work, projection, (), projection.project(event, meta))
    for hearing in work.turn.registry.hearings.get(type(event), ()):
        _heard(work, item, hearing, event)


def _heard(work: Assembly, item: Item, hearing: Hearing[Any], event: Event) -> None:
    if hearing.to is None:
        payload = encode(Audience(hearing.name, event.schema_version, encode(event)))
        key = f"{hearing.name}:{short(item.envelope.id)}:{len(work.writes.jobs)}"
        term = timedelta(days=1)
        work.writes.jobs.append(_job_row(item, name=AUDIENCE_JOB, version=1, payload=payload, key=key, term=term))
        return
    try:
        tells = list(_told(hearing, event))
    except Exception as error:  # noqa: BLE001  # the border: who hears must not stop who speaks
        work.writes.dead_letters.append(unheard(item, hearing, event, error))
        return
    for tell in tells:
        _tell(work, item, tell)


def _told(hearing: Hearing[Any], event: Event) -> Iterator[Tell]:
    """What those who hear are told; checked whole, so that nothing is numbered that cannot be sent."""
    assert hearing.to is not None
    pairs: list[tuple[str, Any]] = list(hearing.to(event))  # Whatever a plugin returned.
    if len(pairs) > MAX_HEARERS:
        raise ValueError(f"{hearing.name} names {len(pairs)} agents; at most {MAX_HEARERS}: use across=.")
    for agent, command in pairs:
        if not isinstance(command, Command) or len(encode(command)) > MAX_TELL_BYTES - HEADROOM_BYTES:
            raise TypeError(f"{hearing.name} gives no command that can be told.")
        yield Tell(hearing.kind, check_id(agent), command)


def _tell(work: Assembly, item: Item, tell: Tell) -> None:
    command, answers = tell.command, tell.answers
    seq = work.progress.number(item.partition)
    envelope = item.envelope
    packed = pack(
        Envelope(
            id=f"t{item.partition}-{seq}",
            version=command.schema_version,
            body=encode(command),
            sender=item.key.agent,
            correlation=envelope.correlation or envelope.id,
            causation=envelope.id,
            hops=envelope.hops + 1,
            reply_to=envelope.reply_to if answers else "",
            request=envelope.request if answers else "",
            source=item.partition,
            seq=seq,
            told_by=item.key.kind,
        )
    )
    if len(packed) > MAX_TELL_BYTES:
        raise ValueError(f"A tell {command.wire_name} of {len(packed)} bytes.")
    row = TellRow(item.partition, seq, tell.kind, check_id(tell.agent), command.wire_name, packed)
    work.tells.append((row, item.at))


def _reminder(work: Assembly, item: Item, effect: RemindAt | RemindAfter | RemindEvery | RemindCron) -> None:
    name = reminder_name(effect)
    due, repeat = _due(item.at, effect)
    envelope = Envelope(
        id=f"r:{item.key.kind}:{item.key.agent}:{name}:{short(item.envelope.id)}",
        version=effect.command.schema_version,
        body=encode(effect.command),
        correlation=item.envelope.correlation or item.envelope.id,
        causation=item.envelope.id,
    )
    work.reminders[(*item.key, name)] = ReminderRow(
        *item.key, name, item.partition, due, effect.command.wire_name, pack(envelope), repeat
    )


def _due(now: datetime, effect: RemindAt | RemindAfter | RemindEvery | RemindCron) -> tuple[datetime, str]:
    if isinstance(effect, RemindAt):
        return effect.at, ""
    if isinstance(effect, RemindAfter):
        return now + effect.after, ""
    if isinstance(effect, RemindEvery):
        return now + effect.every, f"every:{effect.every.total_seconds()}"
    return next(CronSim(effect.cron, now)), f"cron:{effect.cron}"


def _next_reminder(work: Assembly, item: Item, row: ReminderRow) -> None:
    """A due reminder goes; one that repeats gets its next time, if there is one. Missed times are not made up for."""
    due: datetime | None = None
    how, _, value = ("" if item.stripped else row.repeat).partition(":")
    if how == "cron":
        due = next(CronSim(value, item.at))
    elif how == "every" and row.due is not None:
        every = timedelta(seconds=float(value))
        due = row.due + every * (1 + (item.at - row.due) // every)
    work.reminders[(row.kind, row.agent, row.name)] = row._replace(due=due)


def _cancel(work: Assembly, item: Item, effect: Cancel) -> None:
    work.reminders[(*item.key, effect.name)] = ReminderRow(*item.key, effect.name, item.partition, None, "", b"", "")


def _call(work: Assembly, item: Item, call: Call[Any]) -> None:
    if call.job.name not in work.turn.registry.jobs:
        raise ValueError(f"No plugin here declares the job {call.job.name}.")
    row = _job_row(
        item,
        name=call.job.name,
        version=call.payload.schema_version,
        payload=encode(call.payload),
        key=call.key or f"{short(item.envelope.id)}:{len(work.writes.jobs)}",
        term=timedelta(seconds=call.job.deadline_s),
    )
    work.writes.jobs.append(row)


def _cancel_call(work: Assembly, item: Item, effect: CancelCall) -> None:
    work.writes.cancelled_jobs.append(f"{item.key.kind}:{item.key.agent}:{effect.key}")


_WRITERS: dict[type, Callable[[Assembly, Item, Any], None]] = {
    Tell: _tell,
    RemindAt: _reminder,
    RemindAfter: _reminder,
    RemindEvery: _reminder,
    RemindCron: _reminder,
    Cancel: _cancel,
    Call: _call,
    CancelCall: _cancel_call,
}


def _job_row(item: Item, *, name: str, version: int, payload: bytes, key: str, term: timedelta) -> JobRow:
    envelope = item.envelope
    return JobRow(
        id=f"{item.key.kind}:{item.key.agent}:{key}",
        kind=item.key.kind,
        agent=item.key.agent,
        name=name,
        version=version,
        payload=payload,
        correlation=envelope.correlation or envelope.id,
        causation=envelope.id,
        hops=envelope.hops,
        state="ready",
        attempts=0,
        due=item.at,
        deadline=item.at + term,
        error="",
    )


def _agents(work: Assembly) -> None:
    """Snapshots, own rows and the records made from them, once an agent and once a row."""
    turn = work.turn
    for key in turn.touched:
        cell = turn.cells[key]
        cell.revision += 1
        row = cell.row()
        if row.body and cell.mode != "failed":
            decode(cell.kind.state, row.body, row.version)  # A state of wrong types would never load again.
        work.writes.snapshots.append(row)
        for projection in work.turn.registry.state_records.get(key.kind, ()):
            _record(work, projection, (key.agent,), projection.project(key.agent, cell.state))
    for row_key, own in turn.written.items():
        collection = turn.cells[row_key[0], row_key[1]].kind.rows[row_key.collection]  # type: ignore[index]
        body = None if own is None else encode(own)
        work.writes.own_rows.append(OwnRow(*row_key, collection.schema_version, body))
        for projection in work.turn.registry.row_records.get(collection, ()):
            key_values = (row_key.agent, row_key.key)[-len(projection.key) :]
            made = None if own is None else projection.project(row_key.agent, own)
            if made is not None and _key_of(projection, made) not in (key_values, (row_key.agent,)):
                raise TypeError(f"A record {projection.table} has another key than its row, and would outlive it.")
            _record(work, projection, key_values, made)


def _record(work: Assembly, projection: RecordProjection, gone: tuple[str, ...], record: Record | None) -> None:
    """Last one of a key wins. `gone`: key values under which None deletes."""
    rows = work.records.setdefault((projection.table, projection.key), {})
    if record is not None:
        rows[_key_of(projection, record)] = record
    elif gone:
        rows[gone] = None


def _key_of(projection: RecordProjection, record: Record) -> tuple[str, ...]:
    return tuple(str(getattr(record, name)) for name in projection.key)


def _record_write(table: str, key: tuple[str, ...], rows: Mapping[tuple[str, ...], Record | None]) -> RecordWrite:
    ordered = sorted(rows)
    return RecordWrite(
        table,
        key,
        [encode(record) for each in ordered if (record := rows[each]) is not None],
        [each for each in ordered if rows[each] is None],
    )
