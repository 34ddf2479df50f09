"""What the records hold, row by row: in the column order of the tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import attrs

__all__ = [
    "AgentKey", "AgentSummary", "Backlog", "DeadLetter", "EventRow", "JobRow", "Mode", "OwnRow", "ParkedRow",
    "PartitionRow", "RecordWrite", "ReminderRow", "RequestRow", "RowKey", "SnapshotRow", "Tail", "TellRow",
    "WorkerRow", "Writes",
]  # fmt: skip

type Mode = Literal["running", "paused", "failed"]


class AgentKey(NamedTuple):
    """The address of an agent."""

    kind: str
    agent: str


class RowKey(NamedTuple):
    """The address of an own row."""

    kind: str
    agent: str
    collection: str
    key: str


class SnapshotRow(NamedTuple):
    """An agent as committed. `body` is b"" while the agent is absent but paused, failed or numbered."""

    kind: str
    agent: str
    version: int
    revision: int
    channel_seq: int
    mode: str
    parked: int
    failures: int
    at: datetime
    body: bytes


class OwnRow(NamedTuple):
    """An own row; `body` None removes it."""

    kind: str
    agent: str
    collection: str
    key: str
    version: int
    body: bytes | None


class EventRow(NamedTuple):
    """An event in the log; `channel_seq` None where it is not live."""

    partition: int
    seq: int
    kind: str
    agent: str
    name: str
    version: int
    channel_seq: int | None
    at: datetime
    correlation: str
    causation: str
    body: bytes


class TellRow(NamedTuple):
    """A committed command to another agent, kept until it is published. `envelope` is packed."""

    partition: int
    seq: int
    kind: str
    agent: str
    verb: str
    envelope: bytes


class RequestRow(NamedTuple):
    """A request from outside and its answer, once there is one. The first answer stays."""

    id: str
    digest: bytes
    status: int | None
    answer: bytes | None
    at: datetime


class ReminderRow(NamedTuple):
    """A pending reminder; `due` None cancels it. `repeat` is "", "every:<seconds>" or "cron:<expression>".

    `envelope` is packed.
    """

    kind: str
    agent: str
    name: str
    partition: int
    due: datetime | None
    verb: str
    envelope: bytes
    repeat: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Kind, agent and name."""
        return self[:3]


class JobRow(NamedTuple):
    """A job. `state`: ready, running, done, failed or cancelled. `id` is `<kind>:<agent>:<key>` or unique."""

    id: str
    kind: str
    agent: str
    name: str
    version: int
    payload: bytes
    correlation: str
    causation: str
    hops: int
    state: str
    attempts: int
    due: datetime
    deadline: datetime
    error: str

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.state in {"ready", "running"}


class DeadLetter(NamedTuple):
    """A message that could not be decided. `payload` is the body with its personal fields masked."""

    id: str
    partition: int
    stream_seq: int
    kind: str
    agent: str
    verb: str
    command_id: str
    sender: str
    correlation: str
    causation: str
    code: str
    detail: str
    traceback: str
    state_version: int
    version: int
    payload: bytes
    at: datetime


class ParkedRow(NamedTuple):
    """A command that waits for a paused or failed agent; `seq` counts per agent from 1."""

    kind: str
    agent: str
    seq: int
    verb: str
    at: datetime
    envelope: bytes


class PartitionRow(NamedTuple):
    """Ownership and progress of a partition.

    Attributes:
        cursor: sequence in COMMANDS of the last message decided.
        seen: for each source partition the out_seq of its last tell that was decided.
        sent: for each target partition the out_seq of the last tell that went to it over the stream.
        out_seq: number of the last tell or event committed.
        told_seq: number of the last tell published; `published_seq`: of the last event.
        clock: time of the last message decided.
        attempts: claims from a crash at an unchanged cursor, and those that follow until what stood there is decided.
        turn: number of turns committed; a commit compares it, so that none is committed twice.
        suspect: what a worker decides alone since others ended there: "" where it is none. A commit empties it.
    """

    n: int
    owner: str
    epoch: int
    cursor: int
    seen: tuple[int, ...]
    out_seq: int
    told_seq: int
    published_seq: int
    clock: datetime
    attempts: int
    turn: int
    suspect: str
    sent: tuple[int, ...]

    def after(self, **changes: Any) -> "PartitionRow":
        """The row as one more turn leaves it."""
        return self._replace(turn=self.turn + 1, suspect="", **changes)


class WorkerRow(NamedTuple):
    """A process that lives: `id` is unique to its start; `unfit` says why it claims nothing, "" where it does."""

    id: str
    roles: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    unfit: str = ""


@attrs.frozen
class RecordWrite:
    """Upserts and deletes on one table of the read model.

    Attributes:
        table: name; `key` its primary key's columns.
        rows: JSON objects, one a row, in the order of their keys, no key twice.
        deletes: key values to delete.
    """

    table: str
    key: tuple[str, ...]
    rows: Sequence[bytes]
    deletes: Sequence[tuple[str, ...]] = ()


@attrs.define
class Writes:
    """All that one turn commits. `marks` holds (as it was read, as it shall be) for every partition of the batch."""

    snapshots: list[SnapshotRow] = attrs.field(factory=list)
    own_rows: list[OwnRow] = attrs.field(factory=list)
    events: list[EventRow] = attrs.field(factory=list)
    tells: list[TellRow] = attrs.field(factory=list)
    requests: list[RequestRow] = attrs.field(factory=list)
    reminders: list[ReminderRow] = attrs.field(factory=list)
    jobs: list[JobRow] = attrs.field(factory=list)
    cancelled_jobs: list[str] = attrs.field(factory=list)
    dead_letters: list[DeadLetter] = attrs.field(factory=list)
    parked: list[ParkedRow] = attrs.field(factory=list)
    unparked: list[tuple[str, str, int]] = attrs.field(factory=list)  # kind, agent, all up to this seq
    records: list[RecordWrite] = attrs.field(factory=list)
    marks: list[tuple[PartitionRow, PartitionRow]] = attrs.field(factory=list)


class Tail(NamedTuple):
    """What a partition committed and has not published, in order."""

    tells: Sequence[TellRow]
    events: Sequence[EventRow]


class Backlog(NamedTuple):
    """What waits: dead letters, and jobs that are due. `oldest_s`: how long the first of these has been."""

    dead_letters: int
    jobs: int
    oldest_s: float


class AgentSummary(NamedTuple):
    """One agent for an operator."""

    kind: str
    agent: str
    phase: str
    mode: str
    parked: int
    revision: int
    at: datetime
