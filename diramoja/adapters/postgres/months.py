"""The event log's partitions, one a month, made ahead. What no month takes goes to event_log_rest."""

from datetime import UTC, datetime
from itertools import pairwise

from diramoja.adapters.postgres.client import PooledConnections

__all__ = ["prepare_months"]

AHEAD = 3
"""This month and the next two."""
LOCK_TIMEOUT = "2s"
EXISTING = """
SELECT c.relname::text FROM pg_class c JOIN pg_class log ON log.oid = 'event_log'::regclass
WHERE c.relnamespace = log.relnamespace AND c.relname = ANY($1::text[])
"""


async def prepare_months(keys: PooledConnections, now: datetime) -> list[str]:
    """Make the partitions that are missing, with what event_log_rest holds of their time; the names of those made.

    Raises:
        UnavailableError: somebody reads the rest for too long; the next call tries again.
    """
    wanted = _months(now.astimezone(UTC))
    existing = {row[0] for row in await keys.fetch(EXISTING, [name for name, _, _ in wanted])}
    missing = [month for month in wanted if month[0] not in existing]
    for name, first, end in missing:
        await _make(keys, name, first, end)
    return [name for name, _, _ in missing]


def _months(now: datetime) -> list[tuple[str, datetime, datetime]]:
    firsts = [
        datetime(now.year + (now.month - 1 + k) // 12, (now.month - 1 + k) % 12 + 1, 1, tzinfo=UTC)
        for k in range(AHEAD + 1)
    ]
    return [(f"event_log_{a:%Y_%m}", a, b) for a, b in pairwise(firsts)]


async def _make(keys: PooledConnections, name: str, first: datetime, end: datetime) -> None:
    """Names and bounds come from dates alone, so they can be written into the statement."""
    async with keys.use() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('event_log months'))")
        if await connection.fetchval(f"SELECT EXISTS ({EXISTING})", [name]):
            return  # Somebody else made it meanwhile.
        await connection.execute(
            f"CREATE TABLE {name} (LIKE event_log INCLUDING DEFAULTS);"  # noqa: S608
            "LOCK TABLE event_log_rest IN ACCESS EXCLUSIVE MODE;"
            f"WITH moved AS (DELETE FROM event_log_rest WHERE at >= '{first}' AND at < '{end}' RETURNING *)"
            f" INSERT INTO {name} SELECT * FROM moved;"
            f"ALTER TABLE event_log ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{end}')"
        )
