"""Who owns which partition: leases on the database's clock, claims by compare-and-set of the epoch."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg

from diramoja.adapters.postgres.client import Connection
from diramoja.core.errors import FencedError
from diramoja.core.ports.records import over_head
from diramoja.core.ports.rows import PartitionRow, WorkerRow

__all__ = [
    "STREAM",
    "WRITE_VERSIONS",
    "beat",
    "claim",
    "enlist",
    "introduce",
    "partitions",
    "release",
    "retire",
    "stream_of_record",
    "suspect",
]

TERMINATION_MS = 500
"""How long a claim waits for the end of the frozen owner's session; usually 3 to 6 ms."""
LOCK_TIMEOUT = "500ms"

_PROGRESS = """
p.epoch, p.cursor, p.seen, p.out_seq, p.told_seq, p.published_seq, p.clock, p.attempts, p.turn, p.suspect, p.sent
"""

# Rows are locked by number before they are updated, as a commit does: none of the two ends in a deadlock.
BEAT = """
WITH alive AS (
    INSERT INTO worker (id, roles, host, pid, started_at, seen_at, lease_until, unfit)
    VALUES ($1, $2, $3, $4, $5, now(), now() + make_interval(secs => $6), $7)
    ON CONFLICT (id) DO UPDATE
        SET seen_at = EXCLUDED.seen_at, lease_until = EXCLUDED.lease_until, unfit = EXCLUDED.unfit
), mine AS MATERIALIZED (
    SELECT n FROM partition WHERE owner = $1 ORDER BY n FOR UPDATE
), held AS (
    UPDATE partition p SET lease_until = now() + make_interval(secs => $6) FROM mine WHERE p.n = mine.n
)
SELECT id FROM worker WHERE lease_until > now() AND unfit = ''
"""
PARTITIONS = f"""
SELECT p.n, CASE WHEN p.lease_until > now() THEN p.owner ELSE '' END, {_PROGRESS} FROM partition p ORDER BY p.n
"""  # noqa: S608  # constants
END_SESSIONS = """
SELECT pg_terminate_backend(a.pid, $3) FROM pg_stat_activity a
WHERE (a.pid, a.backend_start) IN (
    SELECT w.commit_pid, w.commit_started FROM worker w JOIN partition p ON p.owner = w.id
    WHERE p.n = ANY($1::int[]) AND p.owner <> $2 AND p.lease_until <= now())
"""
CLAIM = f"""
WITH free AS MATERIALIZED (
    SELECT n FROM partition WHERE n = ANY($2::int[]) AND (owner = '' OR lease_until <= now()) ORDER BY n FOR UPDATE
)
UPDATE partition p SET owner = $1, epoch = p.epoch + 1, lease_until = now() + make_interval(secs => $3),
    claimed_at = p.cursor, attempts = CASE
        WHEN p.owner IN ('', $1) THEN p.attempts
        WHEN p.cursor = p.claimed_at OR p.attempts > 0 THEN p.attempts + 1
        ELSE 0 END
FROM free WHERE p.n = free.n
RETURNING p.n, p.owner, {_PROGRESS}
"""  # noqa: S608  # constants
SUSPECT = """
UPDATE partition SET suspect = $4 WHERE n = $1 AND owner = $2 AND epoch = $3 RETURNING n
"""
RELEASE = """
WITH mine AS MATERIALIZED (
    SELECT n FROM partition WHERE owner = $1 AND n = ANY($2::int[]) ORDER BY n FOR UPDATE)
UPDATE partition p SET owner = '', lease_until = '-infinity' FROM mine WHERE p.n = mine.n
"""
STREAM = "stream_of_record"
KEEP_STREAM = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING"
STREAM_KNOWN = "SELECT value FROM meta WHERE key = $1"
VERSIONS = "SELECT name, version FROM written_version"
WRITE_VERSIONS = """
INSERT INTO written_version (name, version) SELECT * FROM unnest($1::text[], $2::int[]) AS new (name, version)
ON CONFLICT (name) DO UPDATE SET version = greatest(written_version.version, EXCLUDED.version)
"""
INTRODUCE = """
UPDATE worker SET commit_pid = a.pid, commit_started = a.backend_start
FROM pg_stat_activity a WHERE a.pid = pg_backend_pid() AND worker.id = $1
"""


async def beat(connection: Connection, worker: WorkerRow, lease_s: float) -> list[str]:
    """See the port."""
    rows = await connection.fetch(BEAT, *worker[:5], lease_s, worker.unfit)
    return sorted({worker.id, *(row[0] for row in rows)})  # The statement does not see what it inserts itself.


async def partitions(connection: Connection) -> list[PartitionRow]:
    """See the port."""
    return _rows(await connection.fetch(PARTITIONS))


async def claim(connection: Connection, worker: str, numbers: Sequence[int], lease_s: float) -> list[PartitionRow]:
    """See the port."""
    await connection.execute(END_SESSIONS, numbers, worker, TERMINATION_MS)
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        return sorted(_rows(await connection.fetch(CLAIM, worker, numbers, lease_s)))


async def stream_of_record(connection: Connection, created: datetime) -> datetime:
    """See the port."""
    known = await connection.fetchval(STREAM_KNOWN, STREAM)
    if known is None:
        await connection.execute(KEEP_STREAM, STREAM, created.isoformat())
        known = await connection.fetchval(STREAM_KNOWN, STREAM)
    return datetime.fromisoformat(known)


async def enlist(connection: Connection, versions: Mapping[str, int]) -> list[str]:
    """See the port."""
    written = {row[0]: row[1] for row in await connection.fetch(VERSIONS)}
    over = over_head(written, versions)
    if not over and any(written.get(name, 0) < version for name, version in versions.items()):
        await connection.execute(WRITE_VERSIONS, list(versions), list(versions.values()))
    return over


async def suspect(connection: Connection, mark: PartitionRow, what: str) -> None:
    """See the port."""
    if not await connection.fetch(SUSPECT, mark.n, mark.owner, mark.epoch, what):
        raise FencedError("The partition has another owner now.")


async def release(connection: Connection, worker: str, numbers: Sequence[int]) -> None:
    """See the port."""
    await connection.execute(RELEASE, worker, numbers)


async def retire(connection: Connection, worker: str) -> None:
    """See the port; what it still owns is free at once."""
    await connection.execute(RELEASE, worker, range(64))
    await connection.execute("DELETE FROM worker WHERE id = $1", worker)


async def introduce(connection: Connection, worker: str) -> None:
    """Note this connection as the worker's commit session, for whoever has to end it."""
    await connection.execute(INTRODUCE, worker)


def _rows(rows: Iterable[asyncpg.Record]) -> list[PartitionRow]:
    return [PartitionRow(*row)._replace(seen=tuple(row[4]), sent=tuple(row[12])) for row in rows]
