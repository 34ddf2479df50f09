"""The records port as dictionaries."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
import msgspec

from diramoja.core.errors import FencedError
from diramoja.core.ids import PARTITIONS
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.records import over_head
from diramoja.core.ports.rows import (
    AgentKey,
    AgentSummary,
    Backlog,
    DeadLetter,
    EventRow,
    JobRow,
    Mode,
    OwnRow,
    ParkedRow,
    PartitionRow,
    ReminderRow,
    RequestRow,
    RowKey,
    SnapshotRow,
    Tail,
    TellRow,
    WorkerRow,
    Writes,
)
from diramoja.testing.memory.clock import START

__all__ = ["MemoryRecords"]


def _first_partitions() -> dict[int, PartitionRow]:
    return {
        number: PartitionRow(number, "", 0, 0, (0,) * PARTITIONS, 0, 0, 0, START, 0, 0, "", (0,) * PARTITIONS)
        for number in range(PARTITIONS)
    }


@attrs.define
class MemoryRecords:
    """All tables as dictionaries. Leases end with `retire` or `expire_lease`, not by time."""

    clock: Clock
    workers_alive: dict[str, WorkerRow] = attrs.field(factory=dict)
    rows: dict[int, PartitionRow] = attrs.field(factory=_first_partitions)
    snapshot: dict[AgentKey, SnapshotRow] = attrs.field(factory=dict)
    own: dict[RowKey, OwnRow] = attrs.field(factory=dict)
    event_log: list[EventRow] = attrs.field(factory=list)
    tells: dict[tuple[int, int], TellRow] = attrs.field(factory=dict)
    request: dict[str, RequestRow] = attrs.field(factory=dict)
    reminders: dict[tuple[str, str, str], ReminderRow] = attrs.field(factory=dict)
    jobs: dict[str, JobRow] = attrs.field(factory=dict)
    job_locks: dict[str, datetime] = attrs.field(factory=dict)
    dead: dict[str, DeadLetter] = attrs.field(factory=dict)
    parked_rows: dict[tuple[str, str, int], ParkedRow] = attrs.field(factory=dict)
    modes: dict[str, Mode] = attrs.field(factory=dict)
    tables: dict[str, dict[tuple[str, ...], bytes]] = attrs.field(factory=dict)
    cursors: dict[str, dict[int, int]] = attrs.field(factory=dict)
    stream: datetime | None = None
    versions: dict[str, int] = attrs.field(factory=dict)

    # --- records ---

    async def beat(self, worker: WorkerRow, lease_s: float) -> list[str]:
        """See the port."""
        self.workers_alive[worker.id] = worker
        return sorted(each.id for each in self.workers_alive.values() if not each.unfit or each.id == worker.id)

    async def stream_of_record(self, created: datetime) -> datetime:
        """See the port."""
        self.stream = self.stream or created
        return self.stream

    async def enlist(self, versions: Mapping[str, int]) -> list[str]:
        """See the port."""
        over = over_head(self.versions, versions)
        if not over:
            self.versions |= versions
        return over

    async def partitions(self) -> list[PartitionRow]:
        """See the port."""
        return [self.rows[number] for number in sorted(self.rows)]

    async def claim(self, worker: str, numbers: Sequence[int], lease_s: float) -> list[PartitionRow]:
        """See the port."""
        taken = [
            self.rows[n]._replace(owner=worker, epoch=self.rows[n].epoch + 1) for n in numbers if not self.rows[n].owner
        ]
        self.rows.update({row.n: row for row in taken})
        return taken

    async def suspect(self, mark: PartitionRow, what: str) -> None:
        """See the port."""
        row = self.rows[mark.n]
        if (row.owner, row.epoch) != (mark.owner, mark.epoch):
            raise FencedError(f"Partition {mark.n} has another owner now.")
        self.rows[mark.n] = row._replace(suspect=what)

    async def release(self, worker: str, numbers: Sequence[int]) -> None:
        """See the port."""
        for number in numbers:
            if self.rows[number].owner == worker:
                self.rows[number] = self.rows[number]._replace(owner="")

    async def retire(self, worker: str) -> None:
        """See the port."""
        self.workers_alive.pop(worker, None)
        await self.release(worker, list(self.rows))

    async def snapshots(self, agents: Sequence[AgentKey]) -> list[SnapshotRow]:
        """See the port."""
        return [self.snapshot[key] for key in agents if key in self.snapshot]

    async def own_rows(self, keys: Sequence[RowKey]) -> list[OwnRow]:
        """See the port."""
        return [self.own[key] for key in keys if key in self.own]

    async def requests(self, ids: Sequence[str]) -> list[RequestRow]:
        """See the port."""
        return [self.request[each] for each in ids if each in self.request]

    async def due(self, partitions: Sequence[int], now: datetime, limit: int) -> list[ReminderRow]:
        """See the port."""
        owned = set(partitions)
        rows = [(row.due, key, row) for key, row in self.reminders.items() if row.due is not None]
        found = sorted((due, key, row) for due, key, row in rows if row.partition in owned and due <= now)
        return [row for _, _, row in found[:limit]]

    async def parked(self, agent: AgentKey, limit: int) -> list[ParkedRow]:
        """See the port."""
        return [row for key, row in sorted(self.parked_rows.items()) if key[:2] == agent][:limit]

    async def kind_modes(self) -> Mapping[str, Mode]:
        """See the port."""
        return dict(self.modes)

    async def tail(self, partition: PartitionRow, limit: int) -> Tail:
        """See the port."""
        n = partition.n
        tells = [row for key, row in sorted(self.tells.items()) if key[0] == n and key[1] > partition.told_seq]
        events = [row for row in self.event_log if row.partition == n and row.seq > partition.published_seq]
        return Tail(tells[:limit], events[:limit])

    async def commit(self, writes: Writes) -> None:
        """See the port."""
        for before, _ in writes.marks:
            row = self.rows[before.n]
            if (row.owner, row.epoch, row.turn) != (before.owner, before.epoch, before.turn):
                raise FencedError(f"Partition {before.n} has another owner or turn now.")
        self._write_agents(writes)
        self._write_outbox(writes)
        self._write_work(writes)
        for _, after in writes.marks:
            self.rows[after.n] = after
            for key in [key for key in self.tells if key[0] == after.n and key[1] <= after.told_seq]:
                del self.tells[key]

    def _write_agents(self, writes: Writes) -> None:
        self.snapshot.update({AgentKey(row.kind, row.agent): row for row in writes.snapshots})
        for row in writes.own_rows:
            key = RowKey(*row[:4])
            if row.body is None:
                self.own.pop(key, None)
            else:
                self.own[key] = row
        for kind, agent, seq in writes.unparked:
            for place in [k for k in self.parked_rows if k[:2] == (kind, agent) and k[2] <= seq]:
                del self.parked_rows[place]
        for parked in writes.parked:
            self.parked_rows[parked.kind, parked.agent, parked.seq] = parked

    def _write_outbox(self, writes: Writes) -> None:
        self.event_log.extend(writes.events)
        self.tells.update({(row.partition, row.seq): row for row in writes.tells})
        for row in writes.requests:
            had = self.request.get(row.id)
            if had is None:
                self.request[row.id] = row
            elif had.status is None and row.status is not None:
                self.request[row.id] = had._replace(status=row.status, answer=row.answer)
        for record in writes.records:
            self._write_record(record.table, record.key, record.rows, record.deletes)

    def _write_record(
        self,
        table: str,
        key: tuple[str, ...],
        rows: Sequence[bytes],
        deletes: Sequence[tuple[str, ...]],
    ) -> None:
        stored = self.tables.setdefault(table, {})
        for body in rows:
            fields = msgspec.json.decode(body)
            stored[tuple(str(fields[name]) for name in key)] = body
        for gone in deletes:
            stored.pop(gone, None)

    def _write_work(self, writes: Writes) -> None:
        for row in writes.reminders:
            key = (row.kind, row.agent, row.name)
            if row.due is None:
                self.reminders.pop(key, None)
            else:
                self.reminders[key] = row
        for id in writes.cancelled_jobs:
            if id in self.jobs and self.jobs[id].state in ("ready", "running"):
                self.jobs[id] = self.jobs[id]._replace(state="cancelled")
        for job in writes.jobs:
            if job.id not in self.jobs or self.jobs[job.id].state not in ("ready", "running"):
                self.jobs[job.id] = job
        self.dead.update({letter.id: letter for letter in writes.dead_letters})

    # --- jobs ---

    async def take_jobs(self, leases_s: Mapping[str, float], now: datetime, limit: int) -> list[JobRow]:
        """See the port."""
        free = [row for row in self.jobs.values() if row.name in leases_s and self._is_free(row, now)]
        one_by_one = [row for row in free if row.state == "running"][:1] + [row for row in free if row.state == "ready"]
        taken = [row._replace(state="running", attempts=row.attempts + 1) for row in one_by_one[:limit]]
        self.jobs.update({row.id: row for row in taken})
        self.job_locks |= {row.id: self.clock.now() + timedelta(seconds=leases_s[row.name]) for row in taken}
        return taken

    def _is_free(self, row: JobRow, now: datetime) -> bool:
        if row.state == "running":
            return self.job_locks[row.id] <= self.clock.now()
        return row.state == "ready" and row.due <= now

    async def holds_job(self, job: JobRow) -> bool:
        """See the port."""
        row = self.jobs[job.id]
        return (row.state, row.causation, row.attempts) == ("running", job.causation, job.attempts)

    async def end_job(self, job: JobRow, state: str, error: str = "") -> bool:
        """See the port."""
        return await self._change_job(job, state=state, error=error)

    async def retry_job(self, job: JobRow, due: datetime, error: str) -> None:
        """See the port."""
        await self._change_job(job, state="ready", due=due, error=error)

    async def advance_job(self, job: JobRow, payload: bytes, lease_s: float) -> None:
        """See the port."""
        if await self._change_job(job, payload=payload):
            self.job_locks[job.id] = self.clock.now() + timedelta(seconds=lease_s)

    async def _change_job(self, job: JobRow, **changes: Any) -> bool:
        held = await self.holds_job(job)
        if held:
            self.jobs[job.id] = self.jobs[job.id]._replace(**changes)
        return held

    # --- events ---

    async def events_after(self, cursor: Mapping[int, int], limit: int) -> list[EventRow]:
        """See the port."""
        return [row for row in self.event_log if row.seq > cursor.get(row.partition, 0)][:limit]

    async def channel_after(self, kind: str, agent: str, after: int, limit: int) -> list[EventRow]:
        """See the port."""
        rows = [row for row in self.event_log if (row.kind, row.agent) == (kind, agent)]
        return [row for row in rows if row.channel_seq is not None and row.channel_seq > after][:limit]

    async def channel_lasts(self, channels: Sequence[AgentKey]) -> Mapping[AgentKey, int]:
        """See the port."""
        wanted = set(channels)
        lasts: dict[AgentKey, int] = {}
        for row in self.event_log:
            key = AgentKey(row.kind, row.agent)
            if key in wanted and row.channel_seq is not None:
                lasts[key] = row.channel_seq
        return lasts

    async def view_cursor(self, view: str) -> Mapping[int, int]:
        """See the port."""
        return dict(self.cursors.get(view, {}))

    async def move_view(self, view: str, cursor: Mapping[int, int]) -> None:
        """See the port."""
        self.cursors[view] = dict(cursor)

    # --- operations ---

    async def answers(self, ids: Sequence[str]) -> list[RequestRow]:
        """See the port."""
        return [row for row in await self.requests(ids) if row.status is not None]

    async def workers(self) -> list[WorkerRow]:
        """See the port."""
        return list(self.workers_alive.values())

    async def agent_counts(self) -> Mapping[str, Mapping[str, int]]:
        """See the port."""
        counts: dict[str, dict[str, int]] = {}
        for row in self.snapshot.values():
            by_mode = counts.setdefault(row.kind, {})
            by_mode[row.mode] = by_mode.get(row.mode, 0) + 1
        return counts

    async def backlog(self, now: datetime) -> Backlog:
        """See the port."""
        due = [row.due for row in self.jobs.values() if row.state == "ready" and row.due <= now]
        return Backlog(len(self.dead), len(due), (now - min(due, default=now)).total_seconds())

    async def agents(self, kind: str, mode: str, after: str, limit: int) -> list[AgentSummary]:
        """See the port."""
        rows = [row for key, row in sorted(self.snapshot.items()) if row.kind == kind and row.agent > after]
        found = [row for row in rows if not mode or row.mode == mode][:limit]
        return [AgentSummary(r.kind, r.agent, "", r.mode, r.parked, r.revision, r.at) for r in found]

    async def set_kind_mode(self, kind: str, mode: Mode) -> None:
        """See the port."""
        if mode == "running":
            self.modes.pop(kind, None)
        else:
            self.modes[kind] = mode

    async def adopt_stream(self, created: datetime, last_seq: int) -> int:
        """See the port."""
        low = last_seq if self.stream == created else 0
        moved = [row for row in self.rows.values() if row.cursor > low]
        self.rows.update({n: row._replace(owner="", epoch=row.epoch + 1) for n, row in self.rows.items()})
        self.rows.update({row.n: self.rows[row.n]._replace(cursor=low) for row in moved})
        self.stream = created
        return len(moved)

    async def adopt_versions(self, versions: Mapping[str, int]) -> None:
        """See the port."""
        self.versions = dict(versions)

    async def parked_agents(self, kinds: Sequence[str], limit: int) -> list[AgentKey]:
        """See the port."""
        rows = sorted(self.snapshot.items())
        return [key for key, row in rows if row.parked and row.mode == "running" and key.kind in kinds][:limit]

    async def dead_letters(self, limit: int, before: str) -> list[DeadLetter]:
        """See the port."""
        return list(reversed(self.dead.values()))[:limit]

    async def dead_letter(self, id: str) -> DeadLetter | None:
        """See the port."""
        return self.dead.get(id)

    async def trace(self, correlation: str) -> list[tuple[datetime, str, str, str, str, str]]:
        """See the port."""
        rows = [row for row in self.event_log if row.correlation == correlation]
        return [(row.at, "event", row.kind, row.agent, row.name, row.causation) for row in rows]

    async def agents_naming(self, id: str, after: AgentKey, limit: int) -> tuple[list[AgentKey], AgentKey | None]:
        """See the port."""
        rows = [(key, row.body) for key, row in sorted(self.snapshot.items()) if key > after]
        found = [key for key, body in rows if id in key.agent or id.encode() in body][:limit]
        return found, found[-1] if len(found) == limit else None

    async def rows_naming(self, id: str, after: RowKey, limit: int) -> tuple[list[RowKey], RowKey | None]:
        """See the port."""
        rows = [(key, row.body) for key, row in sorted(self.own.items()) if key > after]
        named = [key for key, body in rows if id in key.agent or id in key.key or id.encode() in (body or b"")]
        return named[:limit], named[limit - 1] if len(named) >= limit else None

    async def rows_of(self, kind: str, agent: str, collection: str, limit: int) -> list[str]:
        """See the port."""
        return [key.key for key in sorted(self.own) if key[:3] == (kind, agent, collection)][:limit]

    async def events_naming(
        self, id: str, after: tuple[int, int], limit: int
    ) -> tuple[list[EventRow], tuple[int, int] | None]:
        """See the port."""
        rows = sorted(row for row in self.event_log if (row.partition, row.seq) > after)
        texts = [(row, (row.agent + row.correlation + row.causation).encode() + row.body) for row in rows]
        named = [row for row, text in texts if id.encode() in text][:limit]
        return named, (named[-1].partition, named[-1].seq) if len(named) == limit else None

    async def rewrite_events(self, rows: Sequence[EventRow]) -> None:
        """See the port."""
        new = {(row.partition, row.seq): row for row in rows}
        self.event_log = [new.get((row.partition, row.seq), row) for row in self.event_log]

    async def forget(self, id: str, other: str) -> None:
        """See the port."""
        name = id.encode()
        asked = [key for key, row in self.request.items() if id in key or name in (row.answer or b"")]
        done = [key for key, row in self.jobs.items() if not row.is_open and (id in key or name in row.payload)]
        for key in asked:
            del self.request[key]
        for key in done:
            del self.jobs[key]
        for key, letter in list(self.dead.items()):
            if id in letter.sender + letter.agent + letter.command_id or name in letter.payload:
                texts = {each: getattr(letter, each).replace(id, other) for each in ("sender", "agent", "command_id")}
                self.dead[key] = letter._replace(payload=b"", **texts)

    async def expire(self, now: datetime) -> Mapping[str, int]:
        """See the port."""
        old = [row.id for row in self.request.values() if row.at < now - timedelta(days=7)]
        for id in old:
            del self.request[id]
        return {"request": len(old)}
