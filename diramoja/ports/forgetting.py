"""The forgetting port: where an id is named, and how it is taken out of what no agent owns."""

from collections.abc import Sequence
from typing import Protocol

from diramoja.core.ports.rows import AgentKey, EventRow, RowKey

__all__ = ["Forgetting"]


class Forgetting(Protocol):
    """For erasing; slow by intention, as every look reads whole tables, a few thousand rows a call."""

    async def agents_naming(self, id: str, after: AgentKey, limit: int) -> tuple[list[AgentKey], AgentKey | None]:
        """Agents that are, or whose state names, this id; by (kind, agent) after a place, and where to go on.

        `limit` of them at the most; a few thousand are looked at in one call. None to go on: all were looked at.
        """
        ...

    async def rows_naming(self, id: str, after: RowKey, limit: int) -> tuple[list[RowKey], RowKey | None]:
        """Own rows of an agent of this id, or whose key or body names it; as `agents_naming`."""
        ...

    async def rows_of(self, kind: str, agent: str, collection: str, limit: int) -> list[str]:
        """The first keys of an agent's own rows in a collection: for a term that is over, page by page."""
        ...

    async def events_naming(
        self, id: str, after: tuple[int, int], limit: int
    ) -> tuple[list[EventRow], tuple[int, int] | None]:
        """Committed events of an agent of this id, or whose body names it, by (partition, seq); as `agents_naming`."""
        ...

    async def rewrite_events(self, rows: Sequence[EventRow]) -> None:
        """Give these events, by (partition, seq, at), the agent, the chain and the body that they have here."""
        ...

    async def forget(self, id: str, other: str) -> None:
        """Of what this id sent or asked for: delete requests and ended jobs, and name `other` in dead letters."""
        ...
