"""The operations of the records port: what an operator sees and does, and what has had its day."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from diramoja.adapters.postgres.client import PostgresClient
from diramoja.adapters.postgres.months import prepare_months
from diramoja.adapters.postgres.ownership import STREAM, WRITE_VERSIONS
from diramoja.adapters.postgres.records import REQUESTS, select
from diramoja.core.ports.rows import (
    AgentKey,
    AgentSummary,
    Backlog,
    DeadLetter,
    Mode,
    RequestRow,
    SnapshotRow,
    WorkerRow,
)

__all__ = ["PostgresOperations"]

REQUEST_TERM = timedelta(days=7)
JOB_TERM = timedelta(days=7)
WORKER_TERM = timedelta(hours=1)
AT_ONCE = 5_000
"""Rows deleted by one statement."""
ROUNDS = 20
"""Statements a table at the most in one call: the rest waits for the next one."""
COUNTED = 100_000
"""Dead letters or jobs at the most, where it matters only that they are many."""
TRACED = 10_000
"""Steps of one chain that are shown."""

WORKERS = select(WorkerRow, "worker") + " WHERE lease_until > now() ORDER BY id"
AGENTS = select(SnapshotRow, "snapshot") + " WHERE kind = $1 AND agent > $2 ORDER BY agent LIMIT $3"
AGENTS_OF_MODE = select(SnapshotRow, "snapshot") + (
    " WHERE kind = $1 AND agent > $2 AND mode = $4 ORDER BY agent LIMIT $3"
)
PARKED_AGENTS = (
    "SELECT kind, agent FROM snapshot WHERE kind = ANY($1) AND mode = 'running' AND parked > 0"
    " ORDER BY kind, agent LIMIT $2"
)
DEAD_LETTERS = select(DeadLetter, "dead_letter") + (  # noqa: S608  # constants
    " WHERE $2 = '' OR (at, id) < (SELECT b.at, b.id FROM dead_letter b WHERE b.id = $2) ORDER BY at DESC, id DESC"
    " LIMIT $1"
)
DEAD_LETTER = select(DeadLetter, "dead_letter") + " WHERE id = $1"
BACKLOG = f"""
SELECT (SELECT count(*) FROM (SELECT FROM dead_letter LIMIT {COUNTED}) d),
    (SELECT count(*) FROM (SELECT FROM job WHERE state = 'ready' AND due <= $1 LIMIT {COUNTED}) j),
    coalesce((SELECT extract(epoch FROM $1 - min(due)) FROM job WHERE state = 'ready' AND due <= $1), 0)::float8
"""  # noqa: S608  # constants
TRACE = """
SELECT at, 'request', '', '', coalesce(status::text, 'waiting'), '' FROM request WHERE id = $1
UNION ALL SELECT at, 'event', kind, agent, name, causation FROM event_log WHERE correlation = $1
UNION ALL SELECT at, 'parked', kind, agent, verb, causation FROM parked WHERE correlation = $1
UNION ALL SELECT due, 'job', kind, agent, name || ' ' || state, causation FROM job WHERE correlation = $1
UNION ALL SELECT at, 'dead_letter', kind, agent, verb || ' ' || code, causation FROM dead_letter WHERE correlation = $1
ORDER BY 1 LIMIT $2
"""
# Each deletes a bounded number of rows, the oldest first, and leaves to others what they have locked.
EXPIRED_REQUESTS = """
DELETE FROM request WHERE id IN
    (SELECT id FROM request WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1
"""
EXPIRED_JOBS = """
DELETE FROM job WHERE id IN
    (SELECT id FROM job WHERE ended_at < $1 ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1
"""
EXPIRED_WORKERS = """
DELETE FROM worker WHERE id IN (SELECT id FROM worker w WHERE lease_until < $1
    AND NOT EXISTS (SELECT FROM partition WHERE owner = w.id) LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1
"""
EXPIRED = {
    "request": (EXPIRED_REQUESTS, REQUEST_TERM),
    "job": (EXPIRED_JOBS, JOB_TERM),
    "worker": (EXPIRED_WORKERS, WORKER_TERM),
}


ADOPT_STREAM = """
WITH known AS (
    INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value
), low AS (
    SELECT CASE WHEN EXISTS (SELECT FROM meta WHERE key = $1 AND value = $2) THEN $3::bigint ELSE 0 END AS seq
), rows AS MATERIALIZED (
    SELECT n, cursor FROM partition ORDER BY n FOR UPDATE
), moved AS (
    UPDATE partition p SET owner = '', lease_until = '-infinity', epoch = p.epoch + 1, attempts = 0, suspect = '',
        claimed_at = -1, cursor = least(p.cursor, low.seq)
    FROM rows, low WHERE p.n = rows.n
)
SELECT count(*) FROM rows, low WHERE rows.cursor > low.seq
"""
FORGET_VERSIONS = "DELETE FROM written_version"


class _Phase(msgspec.Struct):
    phase: str = ""


class PostgresOperations:
    """See the port."""

    def __init__(self, client: PostgresClient) -> None:
        self._keys = client.keys

    async def answers(self, ids: Sequence[str]) -> list[RequestRow]:
        """See the port."""
        rows = await self._keys.fetch(f"{REQUESTS} AND status IS NOT NULL", ids)
        return [RequestRow(*row) for row in rows]

    async def workers(self) -> list[WorkerRow]:
        """See the port."""
        return [WorkerRow(*row) for row in await self._keys.fetch(WORKERS)]

    async def agent_counts(self) -> Mapping[str, Mapping[str, int]]:
        """See the port."""
        rows = await self._keys.fetch("SELECT kind, mode, count(*) FROM snapshot GROUP BY kind, mode ORDER BY 1, 2")
        counts: dict[str, dict[str, int]] = {}
        for kind, mode, count in rows:
            counts.setdefault(kind, {})[mode] = count
        return counts

    async def backlog(self, now: datetime) -> Backlog:
        """See the port."""
        ((dead_letters, jobs, oldest_s),) = await self._keys.fetch(BACKLOG, now)
        return Backlog(dead_letters, jobs, oldest_s)

    async def agents(self, kind: str, mode: str, after: str, limit: int) -> list[AgentSummary]:
        """See the port."""
        asked = (kind, after, limit)
        fetched = self._keys.fetch(AGENTS_OF_MODE, *asked, mode) if mode else self._keys.fetch(AGENTS, *asked)
        return [_summary(SnapshotRow(*row)) for row in await fetched]

    async def set_kind_mode(self, kind: str, mode: Mode) -> None:
        """See the port."""
        if mode == "running":
            await self._keys.fetch("DELETE FROM kind_control WHERE kind = $1", kind)
            return
        await self._keys.fetch(
            "INSERT INTO kind_control (kind, mode) VALUES ($1, $2)"
            " ON CONFLICT (kind) DO UPDATE SET mode = EXCLUDED.mode",
            kind,
            mode,
        )

    async def parked_agents(self, kinds: Sequence[str], limit: int) -> list[AgentKey]:
        """See the port."""
        return [AgentKey(*row) for row in await self._keys.fetch(PARKED_AGENTS, kinds, limit)]

    async def dead_letters(self, limit: int, before: str) -> list[DeadLetter]:
        """See the port."""
        return [DeadLetter(*row) for row in await self._keys.fetch(DEAD_LETTERS, limit, before)]

    async def dead_letter(self, id: str) -> DeadLetter | None:
        """See the port."""
        rows = await self._keys.fetch(DEAD_LETTER, id)
        return DeadLetter(*rows[0]) if rows else None

    async def trace(self, correlation: str) -> list[tuple[datetime, str, str, str, str, str]]:
        """See the port. `name` holds the state of a job and the code of a dead letter too; 10,000 steps at most."""
        return [tuple(row) for row in await self._keys.fetch(TRACE, correlation, TRACED)]

    async def adopt_stream(self, created: datetime, last_seq: int) -> int:
        """See the port."""
        rows = await self._keys.fetch(ADOPT_STREAM, STREAM, created.isoformat(), last_seq)
        return int(rows[0][0])

    async def adopt_versions(self, versions: Mapping[str, int]) -> None:
        """See the port."""
        await self._keys.fetch(FORGET_VERSIONS)
        await self._keys.fetch(WRITE_VERSIONS, list(versions), list(versions.values()))

    async def expire(self, now: datetime) -> Mapping[str, int]:
        """See the port. At most 100,000 rows a table in one call; makes the coming months of the event log too."""
        gone = {table: await self._expire(sql, now - term) for table, (sql, term) in EXPIRED.items()}
        await prepare_months(self._keys, now)
        return gone

    async def _expire(self, sql: str, before: datetime) -> int:
        count = 0
        for _ in range(ROUNDS):
            gone = len(await self._keys.fetch(sql, before, AT_ONCE))
            count += gone
            if gone < AT_ONCE:
                break
        return count


def _summary(row: SnapshotRow) -> AgentSummary:
    try:
        phase = msgspec.json.decode(row.body, type=_Phase).phase if row.body else ""
    except ValueError:
        phase = "unreadable"
    return AgentSummary(row.kind, row.agent, phase, row.mode, row.parked, row.revision, row.at)
