"""Jobs that look up members: whom an invitation selects, and who answered; a page at a time."""

from datetime import datetime
from typing import Any

from diramoja.core import Command, Personal, View, job
from diramoja.core.ports.database import Database
from diramoja.plugins.event.contracts import unanswered
from diramoja.plugins.event.invitation_queries import Segment, segment_page
from diramoja.plugins.member.contracts import not_walled

__all__ = [
    "AskAttended",
    "DropGuests",
    "FindAttended",
    "FindGuests",
    "FindInvited",
    "FindKept",
    "FindOfficials",
    "NoteInvited",
    "TellGuests",
    "TellOfficials",
    "find_attended",
    "find_guests",
    "find_invited",
    "find_kept",
    "find_officials",
]

PAGE = 150
"""Members that one command names: a decision has room for so many, with all that is known of each to be deleted."""
OFFICIALS = 20
"""So many are told at most."""
_GUESTS = f"""
SELECT g.member FROM event_guest AS g JOIN event AS e ON e.id = g.event
WHERE g.event = $1 AND g.state = ANY($2::text[]) AND g.member > $3
    AND ($5 <> 'reminder' OR {not_walled("g.member", "e.organizer")})
UNION ALL SELECT i.member FROM ({unanswered("$1")}) AS i WHERE i.member > $3 AND i.at <= $6
ORDER BY member LIMIT $4
"""  # noqa: S608  # constants


class FindInvited(View):
    """The members of a segment after this one, in the order of their ids."""

    event: str
    segment: Segment
    after: Personal[str] = ""


class NoteInvited(Command):
    """A page of the members that an invitation selects; told by the job that looked them up."""

    segment: Segment
    members: Personal[tuple[str, ...]]
    has_more: bool


class FindGuests(View):
    """Who answered and is in one of these states, after this member; `notice` and `about` say what they are told.

    `invited_by`: also who was invited by then, and did not answer.
    """

    event: str
    notice: str
    about: str
    states: tuple[str, ...]
    after: Personal[str] = ""
    invited_by: datetime | None = None


def _second(fields: dict[str, Any]) -> dict[str, Any]:
    """What was to be told stood beside the members once; the event is the one that reads this."""
    told = {name: fields.pop(name) for name in ("notice", "about", "states")}
    return {**fields, "wanted": {"event": "", **told}}


class TellGuests(Command, version=2, upcasts={1: _second}):
    """A page of guests; told by the job that looked them up."""

    wanted: FindGuests
    members: Personal[tuple[str, ...]]
    has_more: bool


class FindOfficials(View):
    """Some officials; `event` is without an organizer."""

    event: str


class TellOfficials(Command):
    """Some of the officials there are; told by the job that looked them up."""

    officials: Personal[tuple[str, ...]]


class FindAttended(View):
    """Who was there, after this member."""

    event: str
    after: Personal[str] = ""


class AskAttended(Command):
    """A page of those who were there; told by the job that looked them up."""

    members: Personal[tuple[str, ...]]
    has_more: bool


class FindKept(View):
    """Who is still known to an event that is long over."""

    event: str


class DropGuests(Command):
    """Delete what is known of these members; told by the job that looked them up."""

    members: Personal[tuple[str, ...]]
    has_more: bool


@job(FindInvited, timeout_s=30)
async def find_invited(payload: FindInvited, db: Database) -> NoteInvited | None:
    """Without those who are invited, have answered, are behind a wall or suspended."""
    members = await segment_page(db, payload.event, payload.segment, after=payload.after, limit=PAGE)
    return NoteInvited(payload.segment, members, len(members) == PAGE) if members else None


@job(FindGuests, timeout_s=30)
async def find_guests(payload: FindGuests, db: Database) -> TellGuests | None:
    """In the order of their ids. A reminder says where, so it is not for those from whom a wall hides the event."""
    rows = await db.fetch(
        _GUESTS, payload.event, list(payload.states), payload.after, PAGE, payload.notice, payload.invited_by
    )
    members = tuple(row["member"] for row in rows)
    if not members:
        return None
    return TellGuests(payload, members, len(members) == PAGE)


@job(FindOfficials, timeout_s=10)
async def find_officials(payload: FindOfficials, db: Database) -> TellOfficials | None:
    """By their level."""
    sql = "SELECT id FROM member WHERE membership_level = 'official' AND phase <> 'suspended' ORDER BY id LIMIT $1"
    rows = await db.fetch(sql, OFFICIALS)
    return TellOfficials(tuple(row["id"] for row in rows)) if rows else None


@job(FindKept, timeout_s=30)
async def find_kept(payload: FindKept, db: Database) -> DropGuests | None:
    """Those who answered, were invited, came or said something."""
    rows = await db.fetch(
        "SELECT member FROM event_guest WHERE event = $1"
        " UNION SELECT member FROM event_invitation WHERE event = $1"
        " UNION SELECT member FROM event_check_in WHERE event = $1"
        " UNION SELECT member FROM event_voice WHERE event = $1"
        " ORDER BY member LIMIT $2",
        payload.event,
        PAGE,
    )
    members = tuple(row["member"] for row in rows)
    return DropGuests(members, len(members) == PAGE) if members else None


@job(FindAttended, timeout_s=30)
async def find_attended(payload: FindAttended, db: Database) -> AskAttended | None:
    """In the order of their ids."""
    rows = await db.fetch(
        "SELECT member FROM event_check_in WHERE event = $1 AND member > $2 ORDER BY member LIMIT $3",
        payload.event,
        payload.after,
        PAGE,
    )
    members = tuple(row["member"] for row in rows)
    return AskAttended(members, len(members) == PAGE) if members else None
