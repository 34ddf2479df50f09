"""Reads of events; each knows its reader."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal

import attrs
from msgspec import UNSET

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import DeniedError, MissingError
from diramoja.core.ports.database import Database
from diramoja.pages import Moment, bind, paged, place
from diramoja.plugins.event.contracts import Rsvp
from diramoja.plugins.event.rules import score_of
from diramoja.plugins.event.views import (
    AttendeeView,
    ConnectionView,
    EventType,
    EventView,
    GuestState,
    Resource,
    RsvpView,
    SpunOff,
    Visibility,
)
from diramoja.plugins.member.contracts import MemberRestricted, StandingChanged, WallChanged, not_walled

__all__ = [
    "EventFilter",
    "Mine",
    "When",
    "attendee_list",
    "check_known",
    "check_organizer",
    "check_visible",
    "connection_list",
    "event_list",
    "known_place",
    "lines_of_suspended",
    "lines_of_walled",
    "may_see",
    "one_event",
    "organized",
    "own_rsvp",
    "seen_by",
]

type When = Literal["ahead", "past"]
type Mine = Literal["organized", "attending"]

_SEEN = f"""
(e.organizer = $1 OR {not_walled("$1", "e.organizer")} AND e.opened_at IS NOT NULL AND (
    e.visibility = 'public'
    OR $1 = ANY(e.staff)
    OR e.visibility = 'members_only' AND $2
    OR EXISTS (SELECT 1 FROM event_guest AS seat WHERE seat.event = e.id AND seat.member = $1)
    OR EXISTS (SELECT 1 FROM event_invitation AS card WHERE card.event = e.id AND card.member = $1)
))
"""  # noqa: S608  # constants
"""$1 the reader, $2 whether they are a member. Who is invited, answered or helps sees the event, whoever else may."""
_EVENT = (
    "SELECT e.*, x.description, x.location, x.virtual_link, x.related_topics, x.resource_titles, x.resource_urls,"
    " EXISTS (SELECT 1 FROM event_guest AS own WHERE own.event = e.id AND own.member = $1 AND own.state = 'confirmed')"
    " AS has_seat FROM event AS e JOIN event_text AS x ON x.event = e.id"
)
_OVER = "e.phase IN ('completed', 'cancelled')"
_CONNECTED = """
FROM event_guest AS g JOIN member AS m ON m.id = g.member JOIN member AS own ON own.id = $2
JOIN member_consent AS c ON c.member = g.member AND c.kind = 'connect' AND c.is_given
WHERE g.event = $1 AND g.state = 'confirmed'
"""
_WAITING = f"""
SELECT g.event FROM event_guest AS g JOIN event AS e ON e.id = g.event
WHERE g.state IN ('waitlisted', 'offered') AND NOT {_OVER}
"""  # noqa: S608  # constants
_POSITION = """
CASE WHEN g.state = 'waitlisted' THEN (
    SELECT count(*) FROM event_guest AS w
    WHERE w.event = g.event AND w.line = g.line AND w.state = 'waitlisted' AND w.number <= g.number
) END AS position
"""


@attrs.frozen
class EventFilter:
    """Which events: of a type, a category, a time; one's own."""

    when: When = "ahead"
    mine: Mine | None = None
    event_type: EventType | None = None
    category: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def seen_by(reader: Reader) -> tuple[str, bool]:
    """The first two arguments of what is read."""
    return reader.member, reader.has("member")


async def may_see(db: Database, id: str, reader: Reader) -> bool:
    """Whether the reader may see an event, and hear what goes on there."""
    row = await db.one(f"SELECT 1 FROM event AS e WHERE {_SEEN} AND e.id = $3", *seen_by(reader), id)  # noqa: S608  # constants
    return row is not None


async def check_visible(db: Database, reader: Reader, id: str) -> None:
    """Raises MissingError where there is no such event that the reader may see."""
    if not await may_see(db, id, reader):
        raise _missing(id)


async def check_known(db: Database, reader: Reader, id: str) -> None:
    """Raises MissingError where the reader neither answered nor sees the event."""
    if await _own(db, reader, id) is None:
        await check_visible(db, reader, id)


async def event_list(db: Database, reader: Reader, page: PageQuery, *, wanted: EventFilter) -> Page[EventView]:
    """Events ahead, the next first, or past ones, the last first.

    Raises:
        InvalidError: the cursor is of another list.
    """
    args: list[Any] = [*seen_by(reader)]
    is_past = wanted.when == "past"
    where = [_SEEN, _OVER if is_past else f"NOT {_OVER}", *_wanted(wanted, args)]
    if values := place(page, tuple[Moment, str]):
        after = ", ".join(f"${bind(args, value)}" for value in values)
        where.append(f"(e.starts_at, e.id) {'<' if is_past else '>'} ({after})")
    way = "DESC" if is_past else "ASC"
    order = f"ORDER BY e.starts_at {way}, e.id {way} LIMIT ${bind(args, page.limit + 1)}"
    rows = await db.fetch(f"{_EVENT} WHERE {' AND '.join(where)} {order}", *args)
    return paged(rows, page, partial(_event, reader=reader), "starts_at", "id")


def _wanted(wanted: EventFilter, args: list[Any]) -> list[str]:
    own = {
        "organized": "e.organizer = $1",
        "attending": "EXISTS (SELECT 1 FROM event_guest AS own WHERE own.event = e.id AND own.member = $1"
        " AND own.state <> 'declined')",
    }
    found = [own[wanted.mine]] if wanted.mine else []
    found += [f"e.event_type = ${bind(args, wanted.event_type)}"] if wanted.event_type else []
    found += [f"e.categories @> ARRAY[${bind(args, wanted.category)}::text]"] if wanted.category else []
    found += [f"e.starts_at >= ${bind(args, wanted.since)}"] if wanted.since else []
    found += [f"e.starts_at < ${bind(args, wanted.until)}"] if wanted.until else []
    return found


async def one_event(db: Database, reader: Reader, id: str) -> EventView:
    """An event.

    Raises:
        MissingError: there is none that the reader may see.
    """
    row = await db.one(f"{_EVENT} WHERE {_SEEN} AND e.id = $3", *seen_by(reader), id)
    if row is None:
        raise _missing(id)
    return _event(row, reader)


async def own_rsvp(db: Database, reader: Reader, id: str) -> RsvpView:
    """The reader's answer.

    Raises:
        MissingError: there is none.
    """
    found = await _own(db, reader, id)
    if found is None:
        raise MissingError("You have not answered.", code="rsvp_missing")
    return found


async def known_place(db: Database, reader: Reader, id: str, asked: Rsvp) -> RsvpView | None:
    """The reader's place in the line, where they ask again for what they wait for; only the lists know where it is."""
    found = await _own(db, reader, id)
    is_same = found is not None and (found.state, found.answer) == ("waitlisted", asked.answer)
    return found if found is not None and is_same and found.accessible == asked.accessible else None


async def _own(db: Database, reader: Reader, id: str) -> RsvpView | None:
    row = await db.one(
        f"SELECT g.*, {_POSITION} FROM event_guest AS g WHERE g.event = $1 AND g.member = $2",  # noqa: S608  # constants
        id,
        reader.member,
    )
    if row is None:
        return None
    return RsvpView(row["state"], row["position"], row["offer_until"], row["answer"], row["wants_accessible"])


async def check_organizer(db: Database, reader: Reader, id: str) -> None:
    """Raises MissingError where there is no such event for the reader, DeniedError where it is another's."""
    await organized(db, reader, id)


async def organized(db: Database, reader: Reader, id: str) -> Visibility:
    """Who sees an event of the reader's.

    Raises:
        MissingError: there is none that the reader may see.
        DeniedError: it is another's.
    """
    row = await db.one(
        f"SELECT e.organizer, e.visibility FROM event AS e WHERE {_SEEN} AND e.id = $3",  # noqa: S608  # constants
        *seen_by(reader),
        id,
    )
    if row is None:
        raise _missing(id)
    if row["organizer"] != reader.member:
        raise DeniedError("Only its organizer sees and does this.", code="not_organizer")
    found: Visibility = row["visibility"]
    return found


async def attendee_list(
    db: Database, reader: Reader, id: str, page: PageQuery, *, state: GuestState | None
) -> Page[AttendeeView]:
    """Who answered, in the order in which they did, but who is behind a wall; for the organizer alone.

    Raises:
        MissingError: there is no such event.
        DeniedError: it is another's.
    """
    await check_organizer(db, reader, id)
    at, last = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        f"SELECT g.*, m.username, c.at AS checked_in_at, {_POSITION} FROM event_guest AS g"  # noqa: S608  # constants
        " JOIN member AS m ON m.id = g.member"
        " LEFT JOIN event_check_in AS c ON c.event = g.event AND c.member = g.member"
        f" WHERE g.event = $2 AND {not_walled('$1', 'g.member')} AND ($3::text IS NULL OR g.state = $3)"
        " AND ($4::timestamptz IS NULL OR (g.answered_at, g.member) > ($4, $5))"
        " ORDER BY g.answered_at, g.member LIMIT $6",
        reader.member,
        id,
        state,
        at,
        last,
        page.limit + 1,
    )
    return paged(rows, page, _attendee, "answered_at", "member")


async def connection_list(db: Database, reader: Reader, id: str, page: PageQuery) -> Page[ConnectionView]:
    """Others who have a seat, share an interest with the reader and agreed to be named, as the reader did.

    Raises:
        MissingError: there is no such event.
        DeniedError: the reader has no seat, or did not agree.
    """
    await check_visible(db, reader, id)
    if await db.one(f"SELECT 1 {_CONNECTED} AND g.member = $2", id, reader.member) is None:  # constants
        raise DeniedError(
            "Who has a seat and consents to be named (`connect`) sees who else did.", code="consent_missing"
        )
    (last,) = place(page, tuple[str]) or ("",)
    shared = "ARRAY(SELECT unnest(m.interests) INTERSECT SELECT unnest(own.interests) ORDER BY 1)"
    rows = await db.fetch(
        f"SELECT m.id, m.username, {shared} AS shared {_CONNECTED}"  # constants
        f" AND m.interests && own.interests AND m.id <> $2 AND m.id > $3 AND {not_walled('$2', 'm.id')}"
        " ORDER BY m.id LIMIT $4",
        id,
        reader.member,
        last,
        page.limit + 1,
    )
    return paged(rows, page, lambda row: ConnectionView(row["id"], row["username"], tuple(row["shared"])), "id")


# --- where somebody waits ---


async def lines_of_suspended(event: MemberRestricted | StandingChanged, db: Database) -> AsyncIterator[str]:
    """Events where whoever is suspended now waits for a seat, or may take one."""
    found = event.phase if isinstance(event, MemberRestricted) else event.standing
    if found not in ("suspended", "suspended_by_body"):
        return
    async for row in db.stream(f"{_WAITING} AND g.member = $1 ORDER BY g.event", event.member):
        yield row["event"]


async def lines_of_walled(event: WallChanged, db: Database) -> AsyncIterator[str]:
    """Events where one of two waits whom a new block keeps apart, and the other is the organizer."""
    if event.wall != "block" or not event.is_up:
        return
    apart = "(g.member = $1 AND e.organizer = $2 OR g.member = $2 AND e.organizer = $1)"
    async for row in db.stream(f"{_WAITING} AND {apart} ORDER BY g.event", event.member, event.other):
        yield row["event"]


def _missing(id: str) -> MissingError:
    return MissingError(f"There is no event {id}.", code="event_missing")


def _event(row: Mapping[str, Any], reader: Reader) -> EventView:
    is_own = row["organizer"] == reader.member
    return EventView(
        id=row["id"],
        event_type=row["event_type"],
        title=row["title"],
        description=row["description"],
        organizer_id=row["organizer"],
        visibility=row["visibility"],
        phase=row["phase"],
        location=row["location"],
        starts_at=row["starts_at"],
        duration_minutes=row["duration_minutes"],
        capacity=row["capacity"],
        accessible_seats=row["accessible_seats"],
        registered_count=row["registered_count"],
        waiting_count=row["waiting_count"],
        attended_count=row["attended_count"],
        categories=tuple(row["categories"]),
        related_topics=tuple(row["related_topics"]),
        resources=tuple(map(Resource, row["resource_titles"], row["resource_urls"])),
        feedback_score=score_of(row["ratings"]),
        created_at=row["created_at"],
        topics=tuple(map(SpunOff, row["topics"], row["topic_titles"])),
        virtual_link=row["virtual_link"] if is_own or row["has_seat"] else UNSET,
        staff=tuple(row["staff"]) if is_own else UNSET,
        cancel_reason=row["cancel_reason"] or UNSET,
    )


def _attendee(row: Mapping[str, Any]) -> AttendeeView:
    return AttendeeView(
        member_id=row["member"],
        username=row["username"],
        state=row["state"],
        answer=row["answer"],
        accessible=row["wants_accessible"],
        position=row["position"],
        answered_at=row["answered_at"],
        checked_in_at=row["checked_in_at"],
    )
