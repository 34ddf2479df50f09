"""Rows for tests of the records ports, with what a test does not care about filled in."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from diramoja.core.envelope import Envelope, pack
from diramoja.core.ports.records import Records
from diramoja.core.ports.rows import (
    DeadLetter,
    EventRow,
    JobRow,
    OwnRow,
    ParkedRow,
    PartitionRow,
    ReminderRow,
    RequestRow,
    SnapshotRow,
    TellRow,
    WorkerRow,
    Writes,
)

__all__ = [
    "NOW",
    "current",
    "dead_letter",
    "event",
    "job",
    "own",
    "parked",
    "reminder",
    "request",
    "snapshot",
    "step",
    "tell",
    "worker",
    "writes",
]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def worker(id: str = "wrk_a") -> WorkerRow:
    return WorkerRow(id, "all", "host", 1, NOW, NOW)


def snapshot(agent: str = "tlk_1", **changes: Any) -> SnapshotRow:
    return SnapshotRow("talk", agent, 1, 1, 0, "running", 0, 0, NOW, b'{"phase":"open"}')._replace(**changes)


def own(key: str = "mem_1", body: bytes | None = b"{}", agent: str = "tlk_1") -> OwnRow:
    return OwnRow("talk", agent, "rating", key, 1, body)


def event(seq: int, partition: int = 0, channel_seq: int | None = None, **changes: Any) -> EventRow:
    row = EventRow(partition, seq, "talk", "tlk_1", "talk.rated", 1, channel_seq, NOW, "cor", "cau", b"{}")
    return row._replace(**changes)


def tell(seq: int, partition: int = 0) -> TellRow:
    return TellRow(partition, seq, "talk", "tlk_2", "close", b"packed")


def request(id: str = "req_1", digest: bytes = b"one", status: int | None = None, **changes: Any) -> RequestRow:
    return RequestRow(id, digest, status, None if status is None else b"answer", NOW)._replace(**changes)


def reminder(name: str = "close", due: datetime | None = NOW, **changes: Any) -> ReminderRow:
    return ReminderRow("talk", "tlk_1", name, 0, due, "close", b"packed", "")._replace(**changes)


def job(id: str = "talk:tlk_1:x", **changes: Any) -> JobRow:
    row = JobRow(id, "talk", "tlk_1", "fetch", 1, b"{}", "cor", "cau", 0, "ready", 0, NOW, NOW, "")
    return row._replace(**changes)


def dead_letter(id: str = "ded_1", **changes: Any) -> DeadLetter:
    row = DeadLetter(
        id, 0, 7, "talk", "tlk_1", "rate", "cmd", "mem", "cor", "cau", "failed", "Why", "", 1, 1, b"{}", NOW
    )
    return row._replace(**changes)


def parked(seq: int, agent: str = "tlk_1") -> ParkedRow:
    return ParkedRow("talk", agent, seq, "rate", NOW, pack(Envelope("cmd", 1, b"{}", correlation="cor")))


async def current(store: Records, n: int = 0) -> PartitionRow:
    """A partition as it stands."""
    return (await store.partitions())[n]


def step(mark: PartitionRow, **changes: Any) -> tuple[PartitionRow, PartitionRow]:
    """A mark as it was and as it shall be, its cursor one further."""
    return mark, mark.after(cursor=mark.cursor + 1, **changes)


def writes(marks: Sequence[PartitionRow], **rows: Any) -> Writes:
    """All of one commit."""
    return Writes(marks=[step(mark) for mark in marks], **rows)
