"""Where a member is named: looked for over whole tables, a few thousand rows a call, as few ever ask to be forgotten.

An index by member on every row would be paid for by every post; this is paid for by an erasure.
"""

from collections.abc import Sequence

from diramoja.adapters.postgres.client import PostgresClient
from diramoja.core.ports.rows import AgentKey, EventRow, RowKey

__all__ = ["PostgresForgetting"]

LOOKED_AT = 5_000
"""Rows that one call reads."""


def _looked(row: type[AgentKey | RowKey | EventRow], table: str, by: Sequence[str], text: str) -> str:
    """The first rows of a table after a place that name an id ($1), then the last one looked at, marked."""
    given = ", ".join(f"${place}" for place in range(4, 4 + len(by)))
    columns, order = ", ".join(row._fields), ", ".join(by)
    named = " OR ".join([*(f"position($1 IN {each}) > 0" for each in text.split()), "position($2::bytea IN body) > 0"])
    return (
        f"WITH looked AS MATERIALIZED (SELECT * FROM {table} WHERE ({order}) > ({given}) ORDER BY {order}"  # noqa: S608  # constants
        f" LIMIT {LOOKED_AT}) (SELECT {columns}, false AS is_end FROM looked WHERE {named} ORDER BY {order} LIMIT $3)"
        f" UNION ALL (SELECT {columns}, true FROM looked ORDER BY {', '.join(f'{each} DESC' for each in by)} LIMIT 1)"
    )


AGENTS = _looked(AgentKey, "snapshot", ("kind", "agent"), "agent")
ROWS = _looked(RowKey, "own_row", ("kind", "agent", "collection", "key"), "agent key")
EVENTS = _looked(EventRow, "event_log", ("partition", "seq"), "agent correlation causation")
ROWS_OF = "SELECT key FROM own_row WHERE kind = $1 AND agent = $2 AND collection = $3 ORDER BY key LIMIT $4"
REWRITE = """
UPDATE event_log e SET agent = n.agent, correlation = n.correlation, causation = n.causation, body = n.body
FROM unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::bytea[])
    AS n (partition, seq, at, agent, correlation, causation, body)
WHERE e.partition = n.partition AND e.seq = n.seq AND e.at = n.at
"""
REQUESTS = "DELETE FROM request WHERE position($1 IN id) > 0 OR position($2::bytea IN answer) > 0"
JOBS = (
    "DELETE FROM job WHERE ended_at IS NOT NULL AND (agent = $1 OR position($1 IN id) > 0"
    " OR position($2::bytea IN payload) > 0)"
)
DEAD_LETTERS = """
UPDATE dead_letter SET sender = replace(sender, $1, $3), agent = replace(agent, $1, $3),
    command_id = replace(command_id, $1, $3), detail = replace(detail, $1, $3), payload = ''
WHERE agent = $1 OR sender = $1 OR position($1 IN command_id) > 0 OR position($2::bytea IN payload) > 0
"""


class PostgresForgetting:
    """See the port."""

    def __init__(self, client: PostgresClient) -> None:
        self._keys = client.keys

    async def agents_naming(self, id: str, after: AgentKey, limit: int) -> tuple[list[AgentKey], AgentKey | None]:
        """See the port."""
        found = await self._keys.fetch(AGENTS, id, id.encode(), limit, *after)
        keys = [AgentKey(*row[:-1]) for row in found if not row[-1]]
        end = [AgentKey(*row[:-1]) for row in found if row[-1]]
        return keys, keys[-1] if len(keys) == limit else end[0] if end else None

    async def rows_naming(self, id: str, after: RowKey, limit: int) -> tuple[list[RowKey], RowKey | None]:
        """See the port."""
        found = await self._keys.fetch(ROWS, id, id.encode(), limit, *after)
        keys = [RowKey(*row[:-1]) for row in found if not row[-1]]
        end = [RowKey(*row[:-1]) for row in found if row[-1]]
        return keys, keys[-1] if len(keys) == limit else end[0] if end else None

    async def rows_of(self, kind: str, agent: str, collection: str, limit: int) -> list[str]:
        """See the port."""
        return [row[0] for row in await self._keys.fetch(ROWS_OF, kind, agent, collection, limit)]

    async def events_naming(
        self, id: str, after: tuple[int, int], limit: int
    ) -> tuple[list[EventRow], tuple[int, int] | None]:
        """See the port."""
        found = await self._keys.fetch(EVENTS, id, id.encode(), limit, *after)
        rows = [EventRow(*row[:-1]) for row in found if not row[-1]]
        end = [EventRow(*row[:-1]) for row in found if row[-1]]
        last = rows[-1] if len(rows) == limit else end[0] if end else None
        return rows, (last.partition, last.seq) if last else None

    async def rewrite_events(self, rows: Sequence[EventRow]) -> None:
        """See the port."""
        if rows:
            fields = ("partition", "seq", "at", "agent", "correlation", "causation", "body")
            await self._keys.fetch(REWRITE, *([getattr(row, each) for row in rows] for each in fields))

    async def forget(self, id: str, other: str) -> None:
        """See the port."""
        await self._keys.fetch(REQUESTS, id, id.encode())
        await self._keys.fetch(JOBS, id, id.encode())
        await self._keys.fetch(DEAD_LETTERS, id, id.encode(), other)
