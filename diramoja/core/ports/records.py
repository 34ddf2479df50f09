"""The records port: where the truth lies, and who may write it. What it takes and gives is in `rows`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

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
    WorkerRow,
    Writes,
)

__all__ = ["EventLog", "JobStore", "Operations", "Records", "over_head"]


def over_head(written: Mapping[str, int], mine: Mapping[str, int]) -> list[str]:
    """Names of versions that were written and are beyond a worker with these; see `Records.enlist`."""
    return sorted(
        name for name, version in written.items() if (mine[name] < version if name in mine else "/" not in name)
    )


class Records(Protocol):
    """What a worker needs. Every call has a deadline; a broken connection raises UnavailableError."""

    async def beat(self, worker: WorkerRow, lease_s: float) -> list[str]:
        """Say that this worker lives, extend its partitions' leases; the ids of all live and fit workers, sorted."""
        ...

    async def stream_of_record(self, created: datetime) -> datetime:
        """When the stream was created that the cursors belong to; where none is known yet, this one."""
        ...

    async def enlist(self, versions: Mapping[str, int]) -> list[str]:
        """Record the versions that a worker is about to write; the names of those that it should not.

        Those are names of which a higher version was recorded, and kinds (names without "/") that it lacks: then
        nothing is recorded.
        """
        ...

    async def partitions(self) -> list[PartitionRow]:
        """All partitions, by number; rows with an expired lease have owner ""."""
        ...

    async def claim(self, worker: str, numbers: Sequence[int], lease_s: float) -> list[PartitionRow]:
        """Take the free ones of these (no owner, or lease expired), each with epoch + 1.

        The commit session of an expired owner is terminated first, so that a frozen worker cannot hold its locks.
        `attempts` rises where another worker's lease had expired, and the cursor is where it was at the claim before
        or `attempts` was not 0 already.
        """
        ...

    async def suspect(self, mark: PartitionRow, what: str) -> None:
        """Write down what this partition's owner is about to decide alone.

        Raises:
            FencedError: the partition has another owner.
        """
        ...

    async def release(self, worker: str, numbers: Sequence[int]) -> None:
        """Give these back at once; those that are not ours are left alone."""
        ...

    async def retire(self, worker: str) -> None:
        """Say that this worker has ended."""
        ...

    async def snapshots(self, agents: Sequence[AgentKey]) -> list[SnapshotRow]:
        """Those that exist, in any order; one query."""
        ...

    async def own_rows(self, keys: Sequence[RowKey]) -> list[OwnRow]:
        """Those that exist, in any order; one query."""
        ...

    async def requests(self, ids: Sequence[str]) -> list[RequestRow]:
        """Those that exist, in any order; one query."""
        ...

    async def due(self, partitions: Sequence[int], now: datetime, limit: int) -> list[ReminderRow]:
        """Reminders due by `now`, in order of (due, kind, agent, name)."""
        ...

    async def parked(self, agent: AgentKey, limit: int) -> list[ParkedRow]:
        """The first parked commands of an agent, in order."""
        ...

    async def kind_modes(self) -> Mapping[str, Mode]:
        """Kinds that are not running."""
        ...

    async def tail(self, partition: PartitionRow, limit: int) -> Tail:
        """What stands after `told_seq` and `published_seq`, at most `limit` of each."""
        ...

    async def commit(self, writes: Writes) -> None:
        """All of it in one transaction, or nothing.

        The last statement is a compare-and-set of (owner, epoch, turn) over all marks. Tells up to `told_seq` of a mark
        are deleted. Request rows: the first digest and the first answer stay.

        Raises:
            FencedError: a mark did not match; nothing was written.
            InvalidError: the database refuses a row; nothing was written.
            OutcomeUnknownError: the connection broke while committing.
            UnavailableError: it broke before that; nothing was written.
        """
        ...


class JobStore(Protocol):
    """What a process of the role `jobs` needs."""

    async def take_jobs(self, leases_s: Mapping[str, float], now: datetime, limit: int) -> list[JobRow]:
        """Due jobs, now `running` for the lease of their name, attempts + 1, no one twice at a time; of lapsed one."""
        ...

    async def holds_job(self, job: JobRow) -> bool:
        """Whether this attempt still has the job: it was not cancelled, nor taken again since its lease ran out.

        The three below do nothing without it; `job` is what `take_jobs` gave.
        """
        ...

    async def end_job(self, job: JobRow, state: str, error: str = "") -> bool:
        """Mark it done or failed; False where this attempt does not have it any more."""
        ...

    async def retry_job(self, job: JobRow, due: datetime, error: str) -> None:
        """Make it ready again at `due`."""
        ...

    async def advance_job(self, job: JobRow, payload: bytes, lease_s: float) -> None:
        """Store its progress while it runs, and keep it for at most `lease_s` more."""
        ...


class EventLog(Protocol):
    """Committed events, read by their place or by channel."""

    async def events_after(self, cursor: Mapping[int, int], limit: int) -> list[EventRow]:
        """Events whose seq is above the partition's in `cursor` (missing: 0), each partition's in order."""
        ...

    async def channel_after(self, kind: str, agent: str, after: int, limit: int) -> list[EventRow]:
        """Live events of one channel after a channel_seq, in order."""
        ...

    async def channel_lasts(self, channels: Sequence[AgentKey]) -> Mapping[AgentKey, int]:
        """The last channel_seq of each channel that has one; one query."""
        ...

    async def view_cursor(self, view: str) -> Mapping[int, int]:
        """How far a view has come, per partition; empty for a new one."""
        ...

    async def move_view(self, view: str, cursor: Mapping[int, int]) -> None:
        """Store how far a view has come."""
        ...


class Operations(Protocol):
    """What an operator sees and does."""

    async def answers(self, ids: Sequence[str]) -> list[RequestRow]:
        """Requests that have an answer; one query."""
        ...

    async def workers(self) -> list[WorkerRow]:
        """All that live."""
        ...

    async def agent_counts(self) -> Mapping[str, Mapping[str, int]]:
        """Kind → mode → number of agents that exist."""
        ...

    async def backlog(self, now: datetime) -> Backlog:
        """What waits at a time; one query that stops counting at 100,000 of each."""
        ...

    async def agents(self, kind: str, mode: str, after: str, limit: int) -> list[AgentSummary]:
        """Agents of a kind ("" all modes) by id, after an id."""
        ...

    async def set_kind_mode(self, kind: str, mode: Mode) -> None:
        """Pause or resume all agents of a kind, those to come included."""
        ...

    async def parked_agents(self, kinds: Sequence[str], limit: int) -> list[AgentKey]:
        """Agents of these kinds that run, so that nothing should be parked for them any more, and something is."""
        ...

    async def dead_letters(self, limit: int, before: str) -> list[DeadLetter]:
        """Newest first, before an id ("" from the newest)."""
        ...

    async def dead_letter(self, id: str) -> DeadLetter | None:
        """One, or None."""
        ...

    async def trace(self, correlation: str) -> list[tuple[datetime, str, str, str, str, str]]:
        """One chain in order: (at, what, kind, agent, name, causation) of events, dead letters, jobs and requests."""
        ...

    async def adopt_stream(self, created: datetime, last_seq: int) -> int:
        """Make the cursors belong to this stream; how many moved. Every partition loses its owner.

        To 0 in another stream than before; to `last_seq` from behind it in the same one, whose end was lost.
        """
        ...

    async def adopt_versions(self, versions: Mapping[str, int]) -> None:
        """Forget which versions were recorded, and record these."""
        ...

    async def expire(self, now: datetime) -> Mapping[str, int]:
        """Delete what its term has passed (requests after 7 days, ended jobs after 7 days); table → rows."""
        ...
