"""Reads of members; each knows its reader."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import InvalidError, MissingError
from diramoja.core.ports.database import Database
from diramoja.plugins.member.contracts import ContributionCounts, MemberView

__all__ = ["following_of", "one_member"]


async def one_member(db: Database, reader: Reader, id: str) -> MemberView:
    """A member; what others need not know to oneself only, the standing to officers too.

    Raises:
        MissingError: there is none.
    """
    row = await db.one("SELECT * FROM member WHERE id = $1", id)
    if row is None:
        raise MissingError(f"There is no member {id}.", code="member_missing")
    return _view(row, reader)


async def following_of(db: Database, reader: Reader, page: PageQuery) -> Page[MemberView]:
    """Whom the reader follows, last first."""
    since, last = _place(page)
    rows = await db.fetch(
        "SELECT m.*, f.since FROM member_following AS f JOIN member AS m ON m.id = f.member WHERE f.follower = $1"
        " AND ($2::timestamptz IS NULL OR (f.since, f.member) < ($2, $3))"
        " ORDER BY f.since DESC, f.member DESC LIMIT $4",
        reader.member,
        since,
        last,
        page.limit + 1,
    )
    shown = rows[: page.limit]
    more = len(rows) > page.limit
    cursor = PageQuery.cursor(shown[-1]["since"].isoformat(), shown[-1]["id"]) if more else None
    return Page([_view(row, reader) for row in shown], cursor)


def _place(page: PageQuery) -> tuple[datetime | None, str]:
    if not page.after:
        return None, ""
    try:
        since, last = page.after
        return datetime.fromisoformat(str(since)), str(last)
    except ValueError as error:
        raise InvalidError("This cursor is of another list.", code="cursor_invalid") from error


def _view(row: Mapping[str, Any], reader: Reader) -> MemberView:
    own = row["id"] == reader.member
    return MemberView(
        id=row["id"],
        username=row["username"],
        membership_level=row["membership_level"],
        region=row["region"],
        interests=tuple(row["interests"]),
        member_since=row["member_since"],
        contributions=ContributionCounts(row["posts"], row["comments"]),
        standing=row["standing"] if own or reader.has("admin") else UNSET,
        age_group=row["age_group"] if own else UNSET,
    )
