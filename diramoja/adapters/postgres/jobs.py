"""The jobs of the records port: rows taken with FOR UPDATE SKIP LOCKED, never one twice at a time."""

from collections.abc import Mapping
from datetime import datetime

from diramoja.adapters.postgres.client import PostgresClient
from diramoja.core.ports.rows import JobRow

__all__ = ["PostgresJobs"]

_COLUMNS = ", ".join(f"j.{field}" for field in JobRow._fields)

# Whether a lock has expired goes by the database's clock, whether a job is due by the caller's.
TAKE = f"""
WITH expired AS MATERIALIZED (
    SELECT id FROM job WHERE name = ANY($1::text[]) AND state = 'running' AND locked_until <= now()
    ORDER BY locked_until LIMIT 1 FOR UPDATE SKIP LOCKED
), ready AS MATERIALIZED (
    SELECT id FROM job WHERE name = ANY($1::text[]) AND state = 'ready' AND due <= $2
    ORDER BY due LIMIT $3 FOR UPDATE SKIP LOCKED
), taken AS (SELECT id FROM expired UNION ALL SELECT id FROM ready LIMIT $3)
UPDATE job j SET state = 'running', attempts = j.attempts + 1, locked_until = now() + make_interval(secs => l.lease_s)
FROM taken, unnest($1::text[], $4::float8[]) AS l (name, lease_s)
WHERE j.id = taken.id AND l.name = j.name RETURNING {_COLUMNS}
"""  # noqa: S608  # constants
# Of one attempt of one call: the same job may have been taken again, or ended and called anew.
_HELD = "WHERE id = $1 AND causation = $2 AND attempts = $3 AND state = 'running'"
HOLDS = f"SELECT 1 FROM job {_HELD}"  # noqa: S608  # constants
END = f"UPDATE job SET state = $4, error = $5, locked_until = NULL, ended_at = now() {_HELD} RETURNING id"  # noqa: S608
RETRY = f"UPDATE job SET state = 'ready', due = $4, error = $5, locked_until = NULL {_HELD}"  # noqa: S608
ADVANCE = f"UPDATE job SET payload = $4, locked_until = now() + make_interval(secs => $5) {_HELD}"  # noqa: S608


class PostgresJobs:
    """See the port."""

    def __init__(self, client: PostgresClient) -> None:
        self._keys = client.keys

    async def take_jobs(self, leases_s: Mapping[str, float], now: datetime, limit: int) -> list[JobRow]:
        """See the port."""
        names, leases = [*leases_s], [*leases_s.values()]
        return [JobRow(*row) for row in await self._keys.fetch(TAKE, names, now, limit, leases)]

    async def holds_job(self, job: JobRow) -> bool:
        """See the port."""
        return bool(await self._keys.fetch(HOLDS, *_attempt(job)))

    async def end_job(self, job: JobRow, state: str, error: str = "") -> bool:
        """See the port."""
        return bool(await self._keys.fetch(END, *_attempt(job), state, error))

    async def retry_job(self, job: JobRow, due: datetime, error: str) -> None:
        """See the port."""
        await self._keys.fetch(RETRY, *_attempt(job), due, error)

    async def advance_job(self, job: JobRow, payload: bytes, lease_s: float) -> None:
        """See the port."""
        await self._keys.fetch(ADVANCE, *_attempt(job), payload, lease_s)


def _attempt(job: JobRow) -> tuple[str, str, int]:
    return job.id, job.causation, job.attempts
