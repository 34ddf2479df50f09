"""The event log of the records port: committed events, by place or by channel."""

from collections.abc import Mapping, Sequence

from diramoja.adapters.postgres.client import PostgresClient
from diramoja.core.ids import PARTITIONS
from diramoja.core.ports.rows import AgentKey, EventRow

__all__ = ["PostgresEventLog"]

_COLUMNS = ", ".join(f"e.{field}" for field in EventRow._fields)

# A share of each partition, and of those what lies nearest to the cursor: a busy partition does not starve the others.
AFTER = f"""
SELECT {_COLUMNS} FROM unnest($1::int[], $2::bigint[]) AS c (n, seq) CROSS JOIN LATERAL (
    SELECT * FROM event_log l WHERE l.partition = c.n AND l.seq > c.seq ORDER BY l.seq LIMIT $4) e
ORDER BY e.seq - c.seq, e.partition LIMIT $3
"""  # noqa: S608  # constants
CHANNEL = f"""
SELECT {_COLUMNS} FROM event_log e WHERE e.kind = $1 AND e.agent = $2 AND e.channel_seq > $3
ORDER BY e.channel_seq LIMIT $4
"""  # noqa: S608  # constants
# The snapshot is committed with the event and carries the same number; the log would be asked month by month.
LASTS = """
SELECT s.kind, s.agent, s.channel_seq FROM snapshot s
JOIN unnest($1::text[], $2::text[]) AS k (kind, agent) ON s.kind = k.kind AND s.agent = k.agent
WHERE s.channel_seq > 0
"""
MOVE = "INSERT INTO view_cursor (view, seqs) VALUES ($1, $2) ON CONFLICT (view) DO UPDATE SET seqs = EXCLUDED.seqs"


class PostgresEventLog:
    """See the port."""

    def __init__(self, client: PostgresClient) -> None:
        self._keys = client.keys

    async def events_after(self, cursor: Mapping[int, int], limit: int) -> list[EventRow]:
        """See the port."""
        numbers = range(PARTITIONS)
        share = max(1, limit // 8)
        rows = await self._keys.fetch(AFTER, numbers, [cursor.get(n, 0) for n in numbers], limit, share)
        return [EventRow(*row) for row in rows]

    async def channel_after(self, kind: str, agent: str, after: int, limit: int) -> list[EventRow]:
        """See the port."""
        return [EventRow(*row) for row in await self._keys.fetch(CHANNEL, kind, agent, after, limit)]

    async def channel_lasts(self, channels: Sequence[AgentKey]) -> Mapping[AgentKey, int]:
        """See the port."""
        if not channels:
            return {}
        rows = await self._keys.fetch(LASTS, *zip(*channels, strict=True))
        return {AgentKey(row[0], row[1]): row[2] for row in rows}

    async def view_cursor(self, view: str) -> Mapping[int, int]:
        """See the port."""
        rows = await self._keys.fetch("SELECT seqs FROM view_cursor WHERE view = $1", view)
        return {n: seq for n, seq in enumerate(rows[0][0]) if seq} if rows else {}

    async def move_view(self, view: str, cursor: Mapping[int, int]) -> None:
        """See the port."""
        await self._keys.fetch(MOVE, view, [cursor.get(n, 0) for n in range(PARTITIONS)])
