"""What a turn writes, as statements: one a table, tables in a fixed order, rows sorted by key.

Two turns that touch the same rows therefore wait for each other and never in a circle.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec

from diramoja.adapters.postgres.literals import as_literals, literals
from diramoja.core.envelope import Envelope, unpack
from diramoja.core.errors import InvalidError
from diramoja.core.ports.rows import (
    DeadLetter,
    EventRow,
    JobRow,
    OwnRow,
    ParkedRow,
    PartitionRow,
    RecordWrite,
    ReminderRow,
    RequestRow,
    SnapshotRow,
    TellRow,
    Writes,
)

__all__ = ["Statement", "fence", "statements"]

type Statement = tuple[str, Sequence[Any]]

_TYPES = {
    "int": "bigint",
    "int | None": "bigint",
    "str": "text",
    "bytes": "bytea",
    "bytes | None": "bytea",
    "datetime": "timestamptz",
    "datetime | None": "timestamptz",
}


def _insert(table: str, row: Any, conflict: str = "", extra: Sequence[str] = ()) -> str:
    """An insert of many rows through unnest, one array a field."""
    kinds = [_TYPES[_name_of(row.__annotations__[field])] for field in row._fields] + ["text"] * len(extra)
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(kinds, 1))
    names = ", ".join([*row._fields, *extra])
    return f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) {conflict}".rstrip()  # noqa: S608  # constants


def _name_of(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("datetime.", "")


def _replace(row: Any, key: Sequence[str]) -> str:
    sets = ", ".join(f"{field} = EXCLUDED.{field}" for field in row._fields if field not in key)
    return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}"


def _delete(table: str, key: Sequence[str]) -> str:
    """A delete of many rows that locks them in the order of their keys first: a join has no order of its own."""
    arrays = ", ".join(f"${place}::text[]" for place in range(1, len(key) + 1))
    columns = ", ".join(key)
    return (
        f"WITH gone AS MATERIALIZED (SELECT t.ctid AS place FROM {table} t"  # noqa: S608  # constants
        f" JOIN unnest({arrays}) AS k ({columns}) USING ({columns})"
        f" ORDER BY {', '.join(f't.{each}' for each in key)} FOR UPDATE OF t)"
        f" DELETE FROM {table} t USING gone WHERE t.ctid = gone.place"
    )


_OWN_KEY = ("kind", "agent", "collection", "key")
_REMINDER_KEY = ("kind", "agent", "name")

SNAPSHOTS = _insert("snapshot", SnapshotRow, _replace(SnapshotRow, ("kind", "agent")))
OWN_ROWS = _insert("own_row", OwnRow, _replace(OwnRow, _OWN_KEY))
OWN_ROWS_GONE = _delete("own_row", _OWN_KEY)
EVENTS = _insert("event_log", EventRow)
TELLS = _insert("tell", TellRow)
TELLS_GONE = """
DELETE FROM tell USING unnest($1::int[], $2::bigint[], $3::bigint[]) AS m (n, told_before, told)
WHERE tell.partition = m.n AND tell.seq > m.told_before AND tell.seq <= m.told
"""
REQUESTS = _insert(
    "request",
    RequestRow,
    "ON CONFLICT (id) DO UPDATE SET status = EXCLUDED.status, answer = EXCLUDED.answer"
    " WHERE request.status IS NULL AND EXCLUDED.status IS NOT NULL",
)
REMINDERS = _insert("reminder", ReminderRow, _replace(ReminderRow, _REMINDER_KEY))
REMINDERS_GONE = _delete("reminder", _REMINDER_KEY)
JOBS_CANCELLED = """
WITH gone AS MATERIALIZED (
    SELECT id FROM job WHERE id = ANY($1::text[]) AND state IN ('ready', 'running') ORDER BY id FOR UPDATE)
UPDATE job SET state = 'cancelled', locked_until = NULL, ended_at = now() FROM gone WHERE job.id = gone.id
"""
JOBS = _insert(
    "job",
    JobRow,
    _replace(JobRow, ("id",)) + ", locked_until = NULL, ended_at = NULL WHERE job.state NOT IN ('ready', 'running')",
)
DEAD_LETTERS = _insert("dead_letter", DeadLetter, "ON CONFLICT (id) DO NOTHING")
PARKED = _insert("parked", ParkedRow, extra=("correlation", "causation"))
PARKED_GONE = """
DELETE FROM parked USING unnest($1::text[], $2::text[], $3::bigint[]) AS k (kind, agent, seq)
WHERE parked.kind = k.kind AND parked.agent = k.agent AND parked.seq <= k.seq
"""
FENCE = """
WITH mark AS MATERIALIZED (
    SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::timestamptz[], $10::bigint[], $11::bigint[], $12::text[], $13::text[])
    AS m (n, owner, epoch, turn_before, cursor, out_seq, told_seq, published_seq, clock, attempts, turn, seen, sent)
), held AS MATERIALIZED (
    SELECT p.n FROM partition p JOIN mark m ON m.n = p.n
    WHERE p.owner = m.owner AND p.epoch = m.epoch AND p.turn = m.turn_before
    ORDER BY p.n FOR UPDATE OF p
)
UPDATE partition p SET cursor = m.cursor, out_seq = m.out_seq, told_seq = m.told_seq, published_seq = m.published_seq,
    clock = m.clock, attempts = m.attempts, turn = m.turn, suspect = '',
    seen = coalesce(m.seen::bigint[], p.seen), sent = coalesce(m.sent::bigint[], p.sent)
FROM mark m JOIN held h ON h.n = m.n WHERE p.n = m.n
"""


def statements(writes: Writes) -> Iterator[Statement]:
    """All but the fence, in the order in which they are sent.

    Raises:
        InvalidError: a record's table or column has an impossible name, or its JSON is none.
    """
    for record in sorted(writes.records, key=lambda each: each.table):
        yield from _record(record)
    yield from _agents(writes)
    yield from _outbox(writes)
    yield from _work(writes)


def _agents(writes: Writes) -> Iterator[Statement]:
    yield from _some(SNAPSHOTS, writes.snapshots, itemgetter(0, 1))
    yield from _some(OWN_ROWS_GONE, [row[:4] for row in writes.own_rows if row.body is None])
    yield from _some(OWN_ROWS, [row for row in writes.own_rows if row.body is not None], itemgetter(0, 1, 2, 3))


def _outbox(writes: Writes) -> Iterator[Statement]:
    yield from _some(EVENTS, writes.events, itemgetter(0, 1))
    yield from _some(TELLS, writes.tells, itemgetter(0, 1))
    told = [(old.n, old.told_seq, new.told_seq) for old, new in writes.marks if new.told_seq > old.told_seq]
    yield from _some(TELLS_GONE, told)
    yield from _some(REQUESTS, writes.requests, itemgetter(0))


def _work(writes: Writes) -> Iterator[Statement]:
    yield from _some(REMINDERS_GONE, [row[:3] for row in writes.reminders if row.due is None])
    yield from _some(REMINDERS, [row for row in writes.reminders if row.due is not None], itemgetter(0, 1, 2))
    if writes.cancelled_jobs:
        yield from _some(JOBS_CANCELLED, [(id,) for id in writes.cancelled_jobs])
    jobs = {row.id: row for row in reversed(writes.jobs)}  # Of two with one id the first stays, as of two turns.
    yield from _some(JOBS, list(jobs.values()), itemgetter(0))
    yield from _some(DEAD_LETTERS, writes.dead_letters, itemgetter(0))
    yield from _some(PARKED_GONE, writes.unparked)
    yield from _some(PARKED, [(*row, *_chain_of(row)) for row in writes.parked], itemgetter(0, 1, 2))


def _some(
    sql: str, rows: Sequence[tuple[Any, ...]], key: Callable[[tuple[Any, ...]], Any] | None = None
) -> Iterator[Statement]:
    if rows:
        text, kinds = as_literals(sql)
        yield text, literals(kinds, sorted(rows, key=key))


def _chain_of(row: ParkedRow) -> tuple[str, str]:
    """Correlation and causation of a parked command, so that its chain can be traced."""
    envelope = unpack(Envelope, row.envelope)
    return envelope.correlation or envelope.id, envelope.causation


def fence(marks: Sequence[tuple[PartitionRow, PartitionRow]]) -> Statement:
    """The compare-and-set over all marks; `seen` and `sent` go with it only where they moved."""
    text, kinds = as_literals(FENCE)
    rows = [
        (*old[:3], old.turn, new.cursor, *new[5:11], _moved(old.seen, new.seen), _moved(old.sent, new.sent))
        for old, new in marks
    ]
    return text, literals(kinds, rows)


def _moved(before: tuple[int, ...], after: tuple[int, ...]) -> str | None:
    return None if after is before else "{" + ",".join(map(str, after)) + "}"


def _record(record: RecordWrite) -> Iterator[Statement]:
    if record.deletes:
        gone = [dict(zip(record.key, values, strict=True)) for values in record.deletes]
        yield _record_delete(record.table, record.key), [msgspec.json.encode(gone).decode()]
    if record.rows:
        try:
            columns = tuple(msgspec.json.decode(record.rows[0], type=dict[str, msgspec.Raw]))
        except ValueError as error:
            raise InvalidError(f"A row of {record.table!r:.80} is no JSON object.", code="record_invalid") from error
        rows = (b"[" + b",".join(record.rows) + b"]").decode()
        yield _record_upsert(record.table, record.key, columns), [rows]


@lru_cache(maxsize=1024)
def _record_upsert(table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    names = ", ".join(map(_quoted, columns))
    sets = ", ".join(f"{_quoted(each)} = EXCLUDED.{_quoted(each)}" for each in columns if each not in key)
    return (
        f"INSERT INTO {_quoted(table)} ({names}) SELECT {names}"  # noqa: S608  # quoted names
        f" FROM json_populate_recordset(NULL::{_quoted(table)}, $1::json)"
        f" ON CONFLICT ({', '.join(map(_quoted, key))}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
    )


@lru_cache(maxsize=1024)
def _record_delete(table: str, key: tuple[str, ...]) -> str:
    """The keys come as JSON, so that the table says of which types they are."""
    same = " AND ".join(f"t.{_quoted(each)} = k.{_quoted(each)}" for each in key)
    order = ", ".join(f"t.{_quoted(each)}" for each in key)
    return (
        f"WITH gone AS MATERIALIZED (SELECT t.ctid AS place FROM {_quoted(table)} t"  # noqa: S608  # quoted names
        f" JOIN json_populate_recordset(NULL::{_quoted(table)}, $1::json) k ON {same} ORDER BY {order} FOR UPDATE OF t)"
        f" DELETE FROM {_quoted(table)} t USING gone WHERE t.ctid = gone.place"
    )


def _quoted(name: str) -> str:
    if not name.isidentifier():
        raise InvalidError(f"{name!r:.80} is no name of a table or column.", code="record_invalid")
    return f'"{name}"'
