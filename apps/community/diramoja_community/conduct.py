"""What is left to whoever people in moderation restricted or suspended, or who leaves: one rule for every write.

A route says beside it what it leaves open: `open_to="restricted"`, `open_to="suspended"`, or `open_to="agent"` where
the member's own agent takes the command and refuses with the reason and the end. Else it is closed to both.
One's own affairs stay open: walls, preferences, appeals, taking back. Reading is not touched, nor what operators do.
"""

from collections.abc import Mapping
from typing import Any

from litestar.handlers import BaseRouteHandler

from diramoja.core import plugin
from diramoja.core.errors import DeniedError, UnauthenticatedError
from diramoja.core.gateway import Reader
from diramoja.core.ports.database import Database
from diramoja.core.registry import Registry
from diramoja_community.exchange import Connection

__all__ = ["OPEN_TO", "Conduct"]

OPEN_TO = ("restricted", "suspended", "agent")
"""The second includes the first."""
READS = ("GET", "HEAD", "OPTIONS")


class Conduct:
    """Asks the plugin that knows, once for each write that is not open to all."""

    def __init__(self, registry: Registry, database: Database) -> None:
        self._ask = next((each.conduct for each in registry.plugins.values() if each.conduct), None)
        self._database = database

    async def check(self, reader: Reader, connection: Connection, handler: BaseRouteHandler) -> None:
        """Let the request pass.

        Raises:
            UnauthenticatedError: they were erased.
            DeniedError: `restricted`, `suspended` or `leaving`.
        """
        left_open, scope = handler.opt.get("open_to"), _parts(connection)
        if not reader.member or scope["method"] in READS or left_open == "agent":
            return
        found = await self.of(reader.member)
        if found == "erased":
            raise UnauthenticatedError("This account is no more.", code="token_invalid")
        if left_open == "suspended":
            return
        if found == "leaving":
            detail = "Your account is about to be deleted: POST /v1/me/restore takes that back."
            raise DeniedError(detail, code=found)
        if found and found != left_open:
            raise DeniedError(f"You are {found}. GET /v1/me/sanctions says why, and until when.", code=found)

    async def of(self, member: str) -> plugin.Conduct:
        """What keeps the member from writing; "" where no plugin says that anything does."""
        return await self._ask(self._database, member) if self._ask is not None else ""


def _parts(connection: Connection) -> Mapping[str, Any]:
    return connection.scope
