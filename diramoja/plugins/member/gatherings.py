"""Events for a member: invited, coming, there, called off; and how many they attended (F1)."""

from datetime import datetime

from diramoja.core import Command, Context, Decision, Personal
from diramoja.plugins.event.contracts import EventCancelled, EventCheckin, EventInvited, RsvpConfirmed
from diramoja.plugins.member.contracts import MemberRsvp
from diramoja.plugins.member.queries import members_attending
from diramoja.plugins.member.rules import day_of
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import FREE, PRESENT, Member, member, wake
from diramoja.plugins.notification.contracts import Notify, Subject, notify

__all__ = ["NoteAttendance", "NoteCancelled", "NoteInvitation", "NoteRsvp"]


class NoteInvitation(Command):
    """This member is invited to an event."""

    event: str
    title: str
    organizer: Personal[str]
    starts_at: datetime


class NoteRsvp(Command):
    """This member has a seat at an event."""

    event: str


class NoteAttendance(Command):
    """This member checked in at an event."""

    event: str


class NoteCancelled(Command):
    """An event to which this member answered does not take place."""

    event: str
    title: str
    reason: str
    organizer: Personal[str]


@member.on(*FREE, "restricted")
def note_invitation(state: Member, message: NoteInvitation, context: Context) -> Decision:
    """Told once. An event is open to them now, which counts for F1."""
    notice = Notify(
        kind="event.invited",
        notice_class="participation",
        subject=Subject("event", message.event),
        text="You are invited to {title} on {time}.",
        values={"title": message.title, "time": f"{message.starts_at:%Y-%m-%d %H:%M} UTC"},
        valid_until=message.starts_at,
        about=message.organizer,
    )
    return state.but(event_open_on=day_of(context.now)), *notify(context, context.id, notice)


@member.on("suspended")
def note_no_invitation(state: Member, message: NoteInvitation, context: Context) -> Decision:
    """Whoever cannot take part is not invited."""
    return None


@member.on(*PRESENT)
def note_rsvp(state: Member, message: NoteRsvp, context: Context) -> Decision:
    """To come somewhere is an activity."""
    awake, news = wake(state, context)
    return awake.but(event_open_on=day_of(context.now)), *news, MemberRsvp(context.id, message.event)


@member.on(*PRESENT)
def note_attendance(state: Member, message: NoteAttendance, context: Context) -> Decision:
    """For the contributions shown, and F1; the days of as many events as are full marks are kept."""
    most, today = context.settings(MemberSettings).engagement_events, day_of(context.now)
    awake, news = wake(state, context)
    attended = awake.but(events=state.events + 1, event_days=(*state.event_days, today)[-most:], event_open_on=today)
    return attended, *news


@member.on(*PRESENT)
def note_cancelled(state: Member, message: NoteCancelled, context: Context) -> Decision:
    """Whoever called it off knows."""
    if message.organizer == context.id:
        return None
    notice = Notify(
        kind="event.cancelled",
        notice_class="personal",
        subject=Subject("event", message.event),
        text="{title} does not take place: {reason}",
        values={"title": message.title, "reason": message.reason},
    )
    return notify(context, context.id, notice)


# --- who is heard ---


def on_invitation(event: EventInvited) -> list[tuple[str, NoteInvitation]]:
    """The member who is invited."""
    return [(event.member, NoteInvitation(event.event, event.title, event.organizer, event.starts_at))]


def on_seat(event: RsvpConfirmed) -> list[tuple[str, NoteRsvp]]:
    """The member who has a seat."""
    return [(event.member, NoteRsvp(event.event))]


def on_check_in(event: EventCheckin) -> list[tuple[str, NoteAttendance]]:
    """The member who is there."""
    return [(event.member, NoteAttendance(event.event))]


def on_cancellation(event: EventCancelled) -> NoteCancelled:
    """For all who answered or were invited, and may have come."""
    return NoteCancelled(event.event, event.title, event.reason, event.organizer)


member.hears(EventInvited, to=on_invitation)
member.hears(RsvpConfirmed, to=on_seat)
member.hears(EventCheckin, to=on_check_in)
member.hears(EventCancelled, across=members_attending, tell=on_cancellation)
