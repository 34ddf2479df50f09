"""What routes see: who reads, how a command is sent, how lists are paged. The application provides the values."""

import base64
from collections.abc import Sequence
from typing import Annotated, Any, Protocol

import attrs
import msgspec

from diramoja.core.agents import AgentKind
from diramoja.core.errors import InvalidError
from diramoja.core.messages import Command

__all__ = ["Page", "PageQuery", "Reader", "Send"]

type _Word = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]
"""No database has a text with a NUL in it."""


@attrs.frozen
class Reader:
    """Who asks. `member` is "" for a guest; `roles` are complete (member includes supporter and guest)."""

    member: str = ""
    roles: frozenset[str] = frozenset({"guest"})

    def has(self, role: str) -> bool:
        """Whether this reader holds a role."""
        return role in self.roles


class Page[T](msgspec.Struct, frozen=True):
    """A page of a list; `next_cursor` is None on the last one."""

    items: Sequence[T]
    next_cursor: str | None = None


@attrs.frozen
class PageQuery:
    """Which page: `limit` 1 to 100; `after` are the sort values of the last item of the page before."""

    limit: int = 20
    after: tuple[str | int | float, ...] = ()

    @staticmethod
    def cursor(*values: str | float) -> str:
        """The opaque cursor for these sort values."""
        return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")

    @classmethod
    def read(cls, limit: int = 20, cursor: str = "") -> "PageQuery":
        """From query parameters.

        Raises:
            InvalidError: the cursor is none of ours.
        """
        if not cursor:
            return cls(limit)
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            values = msgspec.json.decode(
                base64.b64decode(padded, b"-_", validate=True), type=tuple[_Word | int | float, ...]
            )
        except ValueError as error:
            raise InvalidError("This cursor is none of ours.", code="cursor_invalid") from error
        return cls(limit, values)


class Send(Protocol):
    """Sends a command as the reader of this request and waits for its committed answer.

    A rejection is raised as the problem that answers the request. `key` is the Idempotency-Key, given or made.
    """

    key: str

    async def __call__(self, kind: AgentKind[Any] | str, agent: str, command: Command) -> Any:
        """The answer, ready to be returned by the route (its status and body as the agent committed them)."""
        ...

    def keyed(self, secret: bytes) -> "Send":
        """The same; but that what the client sent was sent before is known by a digest that needs this secret, too.

        Once the secret is destroyed, nobody can find out by trying what it was.
        """
        ...

    def new_id(self, prefix: str) -> str:
        """Id of an agent that this request creates: the same key gives the same id."""
        ...
