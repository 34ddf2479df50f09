"""The database port: plain SQL for reads, projections over many agents, and the identity plugin's transactions."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

__all__ = ["Database", "Session"]


class Session(Protocol):
    """One connection, in or outside a transaction. Parameters are $1, $2, ...; rows are mappings by column."""

    async def fetch(self, sql: str, *args: Any) -> Sequence[Mapping[str, Any]]:
        """All rows."""
        ...

    async def one(self, sql: str, *args: Any) -> Mapping[str, Any] | None:
        """The first row, or None."""
        ...

    async def execute(self, sql: str, *args: Any) -> int:
        """Rows affected."""
        ...


class Database(Session, Protocol):
    """A pool. A statement outside `begin` is a transaction of its own.

    Raises (all): UnavailableError when no connection can be had in time or it breaks; InvalidError when the statement
    or a value is refused; ConflictError when a unique key exists.
    """

    def begin(self) -> AbstractAsyncContextManager[Session]:
        """A transaction: committed at the end of the block, rolled back by an exception."""
        ...

    def stream(self, sql: str, *args: Any, page: int = 1000) -> AsyncIterator[Mapping[str, Any]]:
        """Rows of a long result, fetched in pages within one read-only transaction."""
        ...
