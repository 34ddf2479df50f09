"""Reads around tickets: one's own, whose seat a code is for, and who may see the code of the venue."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import attrs

from diramoja.core import Reader
from diramoja.core.errors import DeniedError, InvalidError, MissingError
from diramoja.core.ports.database import Database
from diramoja.plugins.event.contracts import Scan
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.tickets import Ticket, Tickets, qr_svg
from diramoja.plugins.event.views import ScanRefusal, TicketView, VenueCodeView

__all__ = ["Scanned", "check_venue_code", "own_ticket", "scans_of", "venue_code"]


@attrs.frozen
class Scanned:
    """A code as it was scanned."""

    code: str
    at: datetime
    scanner: str


async def own_ticket(
    db: Database, reader: Reader, event: str, *, tickets: Tickets, settings: EventSettings, now: datetime
) -> TicketView:
    """The reader's ticket.

    Raises:
        MissingError: they have no seat; it is `ticket_early`, more than a day before the start; or it is called off.
    """
    row = await db.one(
        "SELECT e.phase, e.starts_at, e.ends_at, g.seat, c.at AS checked_in_at FROM event_guest AS g"
        " JOIN event AS e ON e.id = g.event LEFT JOIN event_check_in AS c ON c.event = g.event AND c.member = g.member"
        " WHERE g.event = $1 AND g.member = $2 AND g.state = 'confirmed'",
        event,
        reader.member,
    )
    if row is None:
        raise MissingError("You have no seat at this event.", code="ticket_missing")
    if row["phase"] == "cancelled":
        raise MissingError("This event does not take place.", code="ticket_missing")
    valid_from = row["starts_at"] - timedelta(hours=settings.upcoming_hours)
    if now < valid_from:
        raise MissingError(f"Your ticket is here from {valid_from:%Y-%m-%d %H:%M} UTC.", code="ticket_early")
    ticket = Ticket(row["seat"], valid_from, row["ends_at"])
    code = tickets.issue(event, ticket)
    return TicketView(
        event_id=event,
        seat=ticket.number,
        code=code,
        qr_svg=qr_svg(code),
        valid_from=ticket.valid_from,
        valid_until=ticket.valid_until,
        checked_in_at=row["checked_in_at"],
    )


async def scans_of(db: Database, event: str, scanned: Sequence[Scanned], tickets: Tickets) -> tuple[Scan, ...]:
    """The scans with whose seat each is, or why it is none.

    The times in a code are for scanners without a connection; here the event's own count, which may have moved.
    """
    read = [_read(event, each.code, tickets) for each in scanned]
    seats = [seat for seat, _ in read if seat is not None]
    rows = await db.fetch(
        "SELECT member, seat FROM event_guest WHERE event = $1 AND seat = ANY($2::int[]) AND state = 'confirmed'",
        event,
        seats,
    )
    holders = {row["seat"]: row["member"] for row in rows}
    return tuple(
        Scan(holders.get(seat, ""), seat or 0, each.at, each.scanner, refusal)
        for each, (seat, refusal) in zip(scanned, read, strict=True)
    )


async def venue_code(
    db: Database, reader: Reader, event: str, *, tickets: Tickets, settings: EventSettings, now: datetime
) -> VenueCodeView:
    """What to show at the venue now; for organizer and staff.

    Raises:
        MissingError: there is no such event.
        DeniedError: the reader does not help there.
    """
    row = await db.one("SELECT organizer, staff FROM event WHERE id = $1", event)
    if row is None:
        raise MissingError(f"There is no event {event}.", code="event_missing")
    if reader.member not in (row["organizer"], *row["staff"]):
        raise DeniedError("Only the organizer and the staff do this.", code="not_staff")
    step, changes_at = _step(now, settings)
    return VenueCodeView(tickets.venue_code(event, step), changes_at)


def check_venue_code(event: str, given: str, *, tickets: Tickets, settings: EventSettings, now: datetime) -> None:
    """Raises InvalidError where it is not what is shown at the venue."""
    step, _ = _step(now, settings)
    if not tickets.is_venue_code(event, given, step):
        raise InvalidError("This is not the code that is shown at the venue now.", code="venue_code_invalid")


def _step(now: datetime, settings: EventSettings) -> tuple[int, datetime]:
    length = 60 * settings.venue_code_minutes
    step = int(now.timestamp()) // length
    return step, datetime.fromtimestamp((step + 1) * length, UTC)


def _read(event: str, code: str, tickets: Tickets) -> tuple[int | None, ScanRefusal | None]:
    try:
        return tickets.read(event, code).number, None
    except InvalidError as error:
        return None, "ticket_elsewhere" if error.code == "ticket_elsewhere" else "ticket_invalid"
