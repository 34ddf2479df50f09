"""HTTP of tickets and check-ins. Codes are read here; the event hears of whose seat it is."""

from typing import Annotated, Literal

import msgspec
from litestar import Controller, get, post
from litestar.openapi import ResponseSpec
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from msgspec import Meta

from diramoja.core import Reader, Send
from diramoja.core.errors import InvalidError
from diramoja.core.keys import Keys
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.fields import Moment
from diramoja.plugins.event.contracts import CheckIn, CheckInBatch
from diramoja.plugins.event.queries import check_visible
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.ticket_queries import Scanned, check_venue_code, own_ticket, scans_of, venue_code
from diramoja.plugins.event.tickets import public_jwk, tickets_of
from diramoja.plugins.event.views import (
    BatchView,
    CheckInView,
    Code,
    ScannerId,
    TicketKeyView,
    TicketView,
    VenueCodeView,
)

__all__ = ["CheckIns", "TicketKeys"]


class NewScan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ticket that was scanned."""

    code: Code
    scanned_at: Moment
    scanner_id: ScannerId


class NewCheckIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By the staff: a `code`, with when and where it was scanned. By oneself: the `venue_code`, or `join` online."""

    code: Code | None = None
    scanned_at: Moment | None = None
    scanner_id: ScannerId = "api"
    venue_code: Annotated[str, Meta(max_length=40, examples=["7k2p9x"])] | None = None
    join: Literal["online"] | None = None


class NewScans(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scanner kept while it was offline."""

    scans: Annotated[tuple[NewScan, ...], Meta(min_length=1, max_length=100)]


class TicketKeys(Controller):
    """The key that tickets are signed with."""

    path = "/ticket-key"
    tags = ["Events"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="event.read", summary="The public key of tickets")
    async def get_key(self, keys: Keys, settings: EventSettings) -> TicketKeyView:
        """With it a scanner checks tickets of any event without a connection."""
        return TicketKeyView(**public_jwk(tickets_of(keys, settings).public_key))


class CheckIns(Controller):
    """Tickets, and who is there."""

    path = "/events/{event_id:str}"
    tags = ["Events"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/ticket", permission="event.rsvp", summary="One's own ticket")
    async def get_ticket(
        self, event_id: str, *, db: Database, reader: Reader, keys: Keys, clock: Clock, settings: EventSettings
    ) -> TicketView:
        """From a day before the start. It is good once; after the event moved, fetch it again."""
        tickets = tickets_of(keys, settings)
        return await own_ticket(db, reader, event_id, tickets=tickets, settings=settings, now=clock.now())

    @get("/venue-code", permission="event.rsvp", summary="The code to show at the venue")
    async def get_venue_code(
        self, event_id: str, *, db: Database, reader: Reader, keys: Keys, clock: Clock, settings: EventSettings
    ) -> VenueCodeView:
        """For organizer and staff. It changes every few minutes, so that who is elsewhere cannot use it."""
        tickets = tickets_of(keys, settings)
        return await venue_code(db, reader, event_id, tickets=tickets, settings=settings, now=clock.now())

    @post(
        "/check-ins",
        permission="event.rsvp",
        open_to="restricted",
        status_code=HTTP_201_CREATED,
        example={"join": "online"},
        summary="Check in",
        responses={HTTP_200_OK: ResponseSpec(CheckInView, description="You had checked in yourself before.")},
    )
    async def check_in(
        self,
        event_id: str,
        data: NewCheckIn,
        *,
        db: Database,
        reader: Reader,
        send: Send,
        keys: Keys,
        clock: Clock,
        settings: EventSettings,
    ) -> CheckInView:
        """A member by their ticket, as the staff; or oneself. 409 `code_used`: by whom it was used, nobody can say."""
        await check_visible(db, reader, event_id)
        tickets, now = tickets_of(keys, settings), clock.now()
        command = _check_in(data)
        if data.code is not None:
            scanned = Scanned(data.code, data.scanned_at or now, data.scanner_id)
            (scan,) = await scans_of(db, event_id, [scanned], tickets)
            command = CheckIn("ticket", scan)
        elif data.venue_code is not None:
            check_venue_code(event_id, data.venue_code, tickets=tickets, settings=settings, now=now)
        view: CheckInView = await send("event", event_id, command)
        return view

    @post("/check-ins/batch", permission="event.rsvp", status_code=HTTP_200_OK, summary="Check in what was scanned")
    async def check_in_batch(
        self,
        event_id: str,
        data: NewScans,
        *,
        db: Database,
        reader: Reader,
        send: Send,
        keys: Keys,
        settings: EventSettings,
    ) -> BatchView:
        """By the staff. Of two scans of a ticket the earlier counts; a batch that is sent again changes nothing."""
        await check_visible(db, reader, event_id)
        scanned = [Scanned(each.code, each.scanned_at, each.scanner_id) for each in data.scans]
        scans = await scans_of(db, event_id, scanned, tickets_of(keys, settings))
        view: BatchView = await send("event", event_id, CheckInBatch(scans))
        return view


def _check_in(data: NewCheckIn) -> CheckIn:
    """Of one's own; of a code the scan is added.

    Raises:
        InvalidError: it says more than one thing, or nothing.
    """
    if [data.code, data.venue_code, data.join].count(None) != 2:  # noqa: PLR2004  # one of three
        raise InvalidError("Give one of code, venue_code and join.", code="check_in_invalid")
    return CheckIn("online" if data.join else "venue")
