"""HTTP of events and answers; tickets, check-ins, questions and calendars are in modules beside this one."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_202_ACCEPTED
from msgspec import Meta

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.errors import InvalidError
from diramoja.core.ports.database import Database
from diramoja.plugins.event.contracts import (
    CancelEvent,
    CreateEvent,
    EditEvent,
    Invite,
    OpenRegistration,
    ReportEvent,
    Rsvp,
    TakeOver,
)
from diramoja.plugins.event.contracts import WithdrawRsvp as Withdraw
from diramoja.plugins.event.invitation_queries import Segment, segment_counts, with_regions_below
from diramoja.plugins.event.queries import (
    EventFilter,
    Mine,
    When,
    attendee_list,
    check_known,
    check_visible,
    connection_list,
    event_list,
    known_place,
    one_event,
    organized,
    own_rsvp,
)
from diramoja.plugins.event.views import (
    AttendeeView,
    ConnectionView,
    EventType,
    EventView,
    GuestState,
    InvitationsView,
    MemberId,
    RsvpView,
)
from diramoja.plugins.member.contracts import MemberSettings, check_region
from diramoja.plugins.moderator.contracts import ReportView as FiledView
from diramoja.plugins.topic.contracts import ReportReason, ReportText

__all__ = ["Events"]

type Word = Annotated[str, Meta(min_length=1, max_length=80)]


class Invitations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite: with one of these interests and in one of these regions or below; or these members."""

    interests: Annotated[tuple[Word, ...], Meta(max_length=20, examples=[["healthcare"]])] = ()
    regions: Annotated[tuple[Word, ...], Meta(max_length=50, examples=[["nairobi"]])] = ()
    member_ids: Annotated[tuple[MemberId, ...], Meta(max_length=100)] = ()


class EventReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why moderators should look at it."""

    reason: ReportReason
    text: ReportText = ""


class Events(Controller):
    """Events, invitations to them, and answers."""

    path = "/events"
    tags = ["Events"]  # noqa: RUF012  # Litestar reads it from the class

    @post("/", permission="event.plan", limit="posts", summary="Plan an event")
    async def create(self, data: CreateEvent, send: Send) -> EventView:
        """Nobody else sees it before its registration opens."""
        view: EventView = await send("event", send.new_id("evt"), data)
        return view

    @get("/", permission="event.read", summary="Events")
    async def list_events(
        self,
        *,
        db: Database,
        reader: Reader,
        page: PageQuery,
        when: Annotated[When, QueryParameter(description="ahead: the next first; past: the last first")] = "ahead",
        mine: Annotated[Mine | None, QueryParameter(description="organized or attending")] = None,
        event_type: Annotated[EventType | None, QueryParameter(name="type")] = None,
        category: Annotated[str | None, QueryParameter(max_length=40)] = None,
        since: Annotated[datetime | None, QueryParameter(name="from")] = None,
        until: Annotated[datetime | None, QueryParameter(name="to")] = None,
    ) -> Page[EventView]:
        """Those that the reader may see."""
        wanted = EventFilter(when, mine, event_type, category, _utc(since), _utc(until))
        return await event_list(db, reader, page, wanted=wanted)

    @get("/{event_id:str}", permission="event.read", summary="One event")
    async def get_event(self, event_id: str, db: Database, reader: Reader) -> EventView:
        """The link to join is shown to who has a seat."""
        return await one_event(db, reader, event_id)

    @patch(
        "/{event_id:str}",
        permission="event.plan",
        limit="posts",
        example={"location": "Community hall, Market Street 6", "capacity": 80},
        summary="Change an event",
    )
    async def edit(self, event_id: str, data: EditEvent, *, db: Database, reader: Reader, send: Send) -> EventView:
        """By its organizer. What is not given stays. Another time is told to all who answered or are invited.

        Other words are shown once they are screened: `held` says why that takes a while. 409 `edit_pending`: the last
        ones are still looked at.
        """
        await check_visible(db, reader, event_id)
        view: EventView = await send("event", event_id, data)
        return view

    @post("/{event_id:str}/open", permission="event.plan", status_code=HTTP_200_OK, summary="Open the registration")
    async def open_registration(self, event_id: str, db: Database, reader: Reader, send: Send) -> EventView:
        """By its organizer, once it is screened: `held` says why that takes a while."""
        await check_visible(db, reader, event_id)
        view: EventView = await send("event", event_id, OpenRegistration())
        return view

    @post("/{event_id:str}/cancel", permission="event.cancel", status_code=HTTP_200_OK, summary="Call an event off")
    async def cancel(self, event_id: str, data: CancelEvent, *, db: Database, reader: Reader, send: Send) -> EventView:
        """By its organizer or an official, who need not see it. All who answered or are invited are told why."""
        if not reader.has("official"):
            await check_visible(db, reader, event_id)
        view: EventView = await send("event", event_id, data)
        return view

    @post(
        "/{event_id:str}/take-over",
        permission="event.take_over",
        status_code=HTTP_200_OK,
        summary="Take over an event without an organizer",
    )
    async def take_over(self, event_id: str, send: Send) -> EventView:
        """By an official, who need not see it, once its organizer is no more."""
        view: EventView = await send("event", event_id, TakeOver())
        return view

    @post(
        "/{event_id:str}/reports",
        permission="event.report",
        open_to="restricted",
        status_code=HTTP_201_CREATED,
        summary="Report an event to moderators",
        responses={HTTP_200_OK: ResponseSpec(FiledView, description="You reported it before: the same report.")},
    )
    async def report(self, event_id: str, data: EventReport, *, db: Database, reader: Reader, send: Send) -> FiledView:
        """What it says of itself. The answer shows neither the case nor other reports."""
        await check_visible(db, reader, event_id)
        view: FiledView = await send("event", event_id, ReportEvent(send.new_id("rep"), data.reason, data.text))
        return view

    @post(
        "/{event_id:str}/invitations",
        permission="event.plan",
        limit="posts",
        status_code=HTTP_202_ACCEPTED,
        summary="Invite members",
    )
    async def invite(
        self,
        event_id: str,
        data: Invitations,
        *,
        db: Database,
        reader: Reader,
        send: Send,
        places: MemberSettings,
    ) -> InvitationsView:
        """By its organizer; by interest or region: a leader or an official. Each member is invited once."""
        visibility = await organized(db, reader, event_id)
        for region in data.regions:
            check_region(region, places)
        regions = with_regions_below(data.regions, places)
        segment = Segment(reader.member, visibility, data.interests, regions, data.member_ids)
        selected, suppressed = await segment_counts(db, event_id, segment)
        command = Invite(data.interests, regions, data.member_ids, selected, suppressed)
        view: InvitationsView = await send("event", event_id, command)
        return view

    @get("/{event_id:str}/rsvp", permission="event.rsvp", summary="One's own answer")
    async def get_rsvp(self, event_id: str, db: Database, reader: Reader) -> RsvpView:
        """With the position in the line, or until when a seat is held."""
        await check_visible(db, reader, event_id)
        return await own_rsvp(db, reader, event_id)

    @put("/{event_id:str}/rsvp", permission="event.rsvp", open_to="restricted", limit="votes", summary="Answer")
    async def answer(self, event_id: str, data: Rsvp, *, db: Database, reader: Reader, send: Send) -> RsvpView:
        """`yes` takes a seat, or a place in the line; `maybe` holds none. The last answer counts."""
        await check_visible(db, reader, event_id)
        if waiting := await known_place(db, reader, event_id, data):
            return waiting
        view: RsvpView = await send("event", event_id, data)
        return view

    @delete(
        "/{event_id:str}/rsvp",
        permission="event.rsvp",
        open_to="suspended",
        limit="votes",
        status_code=HTTP_200_OK,
        summary="Take the answer back",
    )
    async def withdraw(self, event_id: str, db: Database, reader: Reader, send: Send) -> RsvpView:
        """The seat goes to the first in line. Open to who does not see the event any more."""
        await check_known(db, reader, event_id)
        view: RsvpView = await send("event", event_id, Withdraw())
        return view

    @get("/{event_id:str}/attendees", permission="event.plan", summary="Who answered")
    async def list_attendees(
        self,
        event_id: str,
        *,
        db: Database,
        reader: Reader,
        page: PageQuery,
        guest_state: Annotated[GuestState | None, QueryParameter(name="state")] = None,
    ) -> Page[AttendeeView]:
        """For its organizer alone."""
        return await attendee_list(db, reader, event_id, page, state=guest_state)

    @get("/{event_id:str}/connections", permission="event.rsvp", summary="Who else comes and shares an interest")
    async def list_connections(
        self, event_id: str, db: Database, reader: Reader, page: PageQuery
    ) -> Page[ConnectionView]:
        """For who has a seat: others who agreed to be named (the consent `connect`), as oneself did."""
        return await connection_list(db, reader, event_id, page)


def _utc(at: datetime | None) -> datetime | None:
    """A time without a zone is UTC."""
    if at is None or at.tzinfo is None:
        return at and at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise InvalidError("There is no such time.", code="time_invalid") from error
