"""Whom a search leaves out."""

from collections.abc import Sequence

from diramoja.core import Reader
from diramoja.core.ports.database import Database
from diramoja.plugins.member.contracts import walled_off

__all__ = ["walled_from"]


async def walled_from(db: Database, reader: Reader) -> Sequence[str]:
    """Members whom a block keeps apart from the reader."""
    if not reader.member:
        return ()
    return [row["other"] for row in await db.fetch(walled_off("$1"), reader.member)]
