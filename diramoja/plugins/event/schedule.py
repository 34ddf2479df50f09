"""What an event does with time: reminders, upcoming, start, end, another date; and when it forgets who was there."""

from datetime import datetime, timedelta
from typing import Any

from diramoja.core import Call, Cancel, Command, Context, Decision, RemindAfter, RemindAt, Remove
from diramoja.plugins.event.audiences import DropGuests, FindGuests, FindKept, TellGuests, find_guests, find_kept
from diramoja.plugins.event.contracts import EventCompleted, EventRescheduled, EventStarted
from diramoja.plugins.event.feedback import asking
from diramoja.plugins.event.notices import reminder_notice, reschedule_notice
from diramoja.plugins.event.questions import ShowTopQuestions
from diramoja.plugins.event.seating import ReleaseSeats
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import (
    AHEAD,
    OPEN,
    OVER,
    Answered,
    CheckedIn,
    Gathering,
    Guest,
    Invitation,
    Opening,
    Voice,
    Wording,
    event,
)
from diramoja.plugins.notification.contracts import Notify, notify

__all__ = [
    "BecomeUpcoming",
    "CompleteEvent",
    "ForgetGuests",
    "RemindGuests",
    "StartEvent",
    "armed",
    "called_off",
    "is_soon",
    "moved",
]

_REMINDED = ("confirmed",)
_ANSWERED = ("confirmed", "offered", "waitlisted", "maybe")
REMINDER, RESCHEDULED = "reminder", "rescheduled"


class BecomeUpcoming(Command):
    """It begins soon. Told by the event to itself."""


class StartEvent(Command):
    """It begins. Told by the event to itself."""


class CompleteEvent(Command):
    """It is over. Told by the event to itself."""


class RemindGuests(Command):
    """So many hours are left: remind who has a seat. Told by the event to itself."""

    hours: int


class ForgetGuests(Command):
    """It is long over: delete who answered and who was there. Told by the event to itself."""


# --- setting the times ---


def is_soon(state: Gathering, context: Context) -> bool:
    """Whether it begins so soon that it is upcoming."""
    return state.starts_at - timedelta(hours=context.settings(EventSettings).upcoming_hours) <= context.now


def armed(state: Gathering, context: Context) -> list[RemindAt | Cancel]:
    """All that is due before, at and after the start; what would have been due already is not made up for."""
    settings = context.settings(EventSettings)
    due: list[tuple[datetime, Command, str]] = [
        (state.starts_at - timedelta(hours=hours), RemindGuests(hours), f"remind:{hours}")
        for hours in settings.reminder_hours
    ]
    due += [
        (state.starts_at - timedelta(hours=settings.release_hours), ReleaseSeats(), ReleaseSeats.wire_name),
        (state.starts_at - timedelta(hours=settings.upcoming_hours), BecomeUpcoming(), BecomeUpcoming.wire_name),
        (
            state.starts_at - timedelta(hours=settings.upvotes_shown_hours),
            ShowTopQuestions(),
            ShowTopQuestions.wire_name,
        ),
        (state.starts_at, StartEvent(), StartEvent.wire_name),
        (state.ends_at, CompleteEvent(), CompleteEvent.wire_name),
    ]
    return [RemindAt(at, what, name) if at > context.now else Cancel(name) for at, what, name in due]


def moved(before: Gathering, state: Gathering, context: Context) -> tuple[Gathering, list[Any]]:
    """All times of an event that begins or ends at others, and the news of it to who answered or is invited."""
    if before.phase == "in_progress":
        return state, [RemindAt(state.ends_at, CompleteEvent())]
    open_again = "registration_closed" if state.is_full else "open_registration"
    timed = state.but(
        phase="upcoming" if is_soon(state, context) else open_again, is_released=_stays_released(state, context)
    )
    news = EventRescheduled(context.id, state.starts_at, state.duration_minutes, before.starts_at)
    effects = [*armed(timed, context), news]
    if before.starts_at == state.starts_at:
        return timed, effects
    about = before.starts_at.isoformat()
    return timed, [*effects, _telling(FindGuests(context.id, RESCHEDULED, about, _ANSWERED, invited_by=context.now))]


def _stays_released(state: Gathering, context: Context) -> bool:
    """Accessible seats are kept again until so long before the new time, unless others wait for them by now."""
    if not state.is_released or state.general.waiting:
        return state.is_released
    return state.starts_at - timedelta(hours=context.settings(EventSettings).release_hours) <= context.now


def called_off(context: Context) -> list[RemindAfter | Cancel]:
    """Nothing of it is due any more, but that it forgets."""
    settings = context.settings(EventSettings)
    commands = (ReleaseSeats, BecomeUpcoming, ShowTopQuestions, StartEvent, CompleteEvent)
    names = [f"remind:{hours}" for hours in settings.reminder_hours] + [each.wire_name for each in commands]
    return [*map(Cancel, names), _forgetting(context)]


def _forgetting(context: Context) -> RemindAfter:
    return RemindAfter(timedelta(days=context.settings(EventSettings).kept_days), ForgetGuests())


# --- what is due ---


@event.on(*OPEN)
def become_upcoming(state: Gathering, message: BecomeUpcoming, context: Context) -> Decision:
    return state.but(phase="upcoming")


@event.on(*AHEAD)
def start(state: Gathering, message: StartEvent, context: Context) -> Decision:
    return state.but(phase="in_progress"), EventStarted(context.id, state.registered)


@event.on("in_progress")
def complete(state: Gathering, message: CompleteEvent, context: Context) -> Decision:
    over = EventCompleted(context.id, state.title, state.registered, state.attended, state.topics)
    return state.but(phase="completed"), over, asking(context), _forgetting(context)


@event.on(*AHEAD)
def remind_guests(state: Gathering, message: RemindGuests, context: Context) -> Decision:
    return _telling(FindGuests(context.id, REMINDER, str(message.hours), _REMINDED))


# --- telling who answered or may still answer ---


def _telling(wanted: FindGuests) -> Call[FindGuests]:
    return Call(find_guests, wanted, key=f"{wanted.notice}:{wanted.about}:{wanted.after}")


@event.on(*AHEAD)
def tell_guests(state: Gathering, message: TellGuests, context: Context) -> Decision:
    wanted = message.wanted
    notice = _notice(state, wanted, context)
    if notice is None:
        return None
    told = [tell for member in message.members for tell in notify(context, member, notice)]
    if not message.has_more:
        return tuple(told)
    return *told, _telling(wanted.but(event=context.id, after=message.members[-1]))


def _notice(state: Gathering, wanted: FindGuests, context: Context) -> Notify | None:
    """What they are told, while it is still true: an event that moved reminds again."""
    if wanted.notice == RESCHEDULED:
        before = datetime.fromisoformat(wanted.about)
        return reschedule_notice(state, context, before) if before != state.starts_at else None
    hours = int(wanted.about)
    if context.now < state.starts_at - timedelta(hours=hours):
        return None
    texts, settings = context.row(Opening, "opening"), context.settings(EventSettings)
    later = [each for each in settings.reminder_hours if each < hours]
    valid_until = state.starts_at - timedelta(hours=max(later, default=0))
    place = _place(texts) if texts and hours <= settings.upcoming_hours else ""
    return reminder_notice(state, context, hours, place=place, valid_until=valid_until)


def _place(texts: Opening) -> str:
    return " · ".join(filter(None, (texts.location, texts.virtual_link)))


# --- forgetting ---


@event.on(*OVER)
def forget_guests(state: Gathering, message: ForgetGuests, context: Context) -> Decision:
    return Remove(Wording, context.id), Call(find_kept, FindKept(context.id), key="forget")


@event.on(*OVER)
def drop_guests(state: Gathering, message: DropGuests, context: Context) -> Decision:
    """The counts stay, the people go."""
    gone = [Remove(of, member) for member in message.members for of in (Guest, Invitation, CheckedIn, Voice, Answered)]
    more = Call(find_kept, FindKept(context.id), key=f"forget:{message.members[-1]}")
    unnamed = {"head": "", "tail": ""}  # Of the line that was left, only how many were in it.
    kept = state.but(general=state.general.but(**unnamed), accessible=state.accessible.but(**unnamed))
    return kept, *gone, *([more] if message.has_more else [])
