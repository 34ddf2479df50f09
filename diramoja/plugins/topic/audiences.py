"""Jobs that look up members: those named in a text, officials, and how many are in good standing."""

from diramoja.core import Command, Personal, View, job
from diramoja.core.ports.database import Database

__all__ = [
    "NAMES",
    "CountStanding",
    "FindMentioned",
    "FindOfficials",
    "NoteMentioned",
    "TellOfficials",
    "WeighSupport",
    "count_standing",
    "find_mentioned",
    "find_officials",
]

NAMES = 10
"""Members that one text may name."""
OFFICIALS = 500
"""So many are told of one thing at most."""


class FindMentioned(View):
    """Usernames in a post that is shown now."""

    post: str
    author: Personal[str]
    names: Personal[tuple[str, ...]]


class NoteMentioned(Command):
    """The members that a post names; told by the job that looked them up."""

    post: str
    members: Personal[tuple[str, ...]]


class FindOfficials(View):
    """`notice`: the kind of what they will be told."""

    notice: str


class TellOfficials(Command):
    """The officials there are; told by the job that looked them up."""

    notice: str
    members: Personal[tuple[str, ...]]


class CountStanding(View):
    """Nothing more to say: all members are counted."""


class WeighSupport(Command):
    """How many members are in good standing; told by the job that counted them."""

    members: int


@job(FindMentioned, timeout_s=10)
async def find_mentioned(payload: FindMentioned, db: Database) -> NoteMentioned | None:
    """The members of these usernames, but the author."""
    rows = await db.fetch(
        "SELECT id FROM member WHERE username = ANY($1::text[]) AND id <> $2 ORDER BY id",
        list(payload.names),
        payload.author,
    )
    return NoteMentioned(payload.post, tuple(row["id"] for row in rows)) if rows else None


@job(FindOfficials, timeout_s=10)
async def find_officials(payload: FindOfficials, db: Database) -> TellOfficials | None:
    """By their level."""
    sql = "SELECT id FROM member WHERE membership_level = 'official' ORDER BY id LIMIT $1"
    rows = await db.fetch(sql, OFFICIALS)
    return TellOfficials(payload.notice, tuple(row["id"] for row in rows)) if rows else None


@job(CountStanding, timeout_s=30)
async def count_standing(payload: CountStanding, db: Database) -> WeighSupport:
    """All members in good standing; supporters of the platform, who are no members, do not count."""
    row = await db.one("SELECT count(*) AS n FROM member WHERE standing = 'good' AND membership_level <> 'supporter'")
    return WeighSupport(int(row["n"]) if row else 0)
