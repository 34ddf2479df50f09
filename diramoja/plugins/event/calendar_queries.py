"""Reads of calendars, and the tokens of feeds: as sessions, these are the gateway's and mean nothing to agents.

Of a token its hash is stored. It is made of the key, the member and a salt, so that it can be shown again; to take it
back is to forget the salt.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from diramoja.core import Reader
from diramoja.core.errors import UnauthenticatedError
from diramoja.core.ports.database import Database
from diramoja.plugins.event.calendar import CalendarEntry
from diramoja.plugins.event.queries import one_event
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.member.contracts import not_walled

__all__ = ["FEED_MAX", "end_feed", "entries_of", "entry_of", "feed_token", "member_of_token"]

FEED_MAX = 500
"""Events in one feed: those that end last."""
SALT_BYTES = 16
_OWN = f"""
SELECT e.*, x.description, x.location, g.state FROM event AS e JOIN event_text AS x ON x.event = e.id
LEFT JOIN event_guest AS g ON g.event = e.id AND g.member = $1
WHERE (e.organizer = $1 OR g.state <> 'declined' AND {not_walled("$1", "e.organizer")}) AND e.ends_at > $2
ORDER BY e.ends_at DESC, e.id LIMIT $3
"""  # noqa: S608  # constants


async def feed_token(db: Database, reader: Reader, key: bytes) -> str:
    """The reader's token; the same one until they take it back."""
    salt = secrets.token_bytes(SALT_BYTES)
    token = _token(key, reader.member, salt)
    row = await db.one(
        "INSERT INTO event_feed (member, salt, token_hash) VALUES ($1, $2, $3)"
        " ON CONFLICT (member) DO UPDATE SET member = excluded.member RETURNING salt",
        reader.member,
        salt,
        _hash(token),
    )
    return _token(key, reader.member, row["salt"]) if row else token


async def end_feed(db: Database, reader: Reader) -> None:
    """Take the token back; none is no error."""
    await db.execute("DELETE FROM event_feed WHERE member = $1", reader.member)


async def member_of_token(db: Database, token: str) -> str:
    """Whose feed it opens.

    Raises:
        UnauthenticatedError: nobody's, or nobody's any more.
    """
    row = await db.one(
        "SELECT f.member FROM event_feed AS f JOIN member AS m ON m.id = f.member WHERE f.token_hash = $1",
        _hash(token),
    )
    if row is None:
        raise UnauthenticatedError("This calendar address is not valid any more.", code="token_invalid")
    return str(row["member"])


async def entries_of(db: Database, member: str, *, settings: EventSettings, now: datetime) -> list[CalendarEntry]:
    """What a member organizes, goes to, or may go to; from some weeks ago on."""
    rows = await db.fetch(
        _OWN,
        member,
        now - timedelta(days=settings.feed_days),
        FEED_MAX,
    )
    return [_entry(row, "CONFIRMED" if row["state"] in (None, "confirmed") else "TENTATIVE") for row in rows]


async def entry_of(db: Database, reader: Reader, event: str) -> CalendarEntry:
    """One event.

    Raises:
        MissingError: there is none that the reader may see.
    """
    view = await one_event(db, reader, event)
    row = await db.one("SELECT sequence, changed_at FROM event WHERE id = $1", event)
    assert row is not None
    given = {name: getattr(view, name) for name in view.__struct_fields__} | dict(row)
    given["ends_at"] = view.starts_at + timedelta(minutes=view.duration_minutes)
    return _entry(given, "CONFIRMED")


def _entry(row: Mapping[str, Any], status: Literal["CONFIRMED", "TENTATIVE"]) -> CalendarEntry:
    return CalendarEntry(
        id=row["id"],
        title=row["title"],
        description=row["description"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        changed_at=row["changed_at"],
        sequence=row["sequence"],
        status="CANCELLED" if row["phase"] == "cancelled" else status,
        location=row["location"],
        categories=tuple(row["categories"]),
    )


def _token(key: bytes, member: str, salt: bytes) -> str:
    digest = hmac.digest(key, member.encode() + b"\x00" + salt, "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _hash(token: str) -> bytes:
    """A token has 256 bits that nobody guesses, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()
