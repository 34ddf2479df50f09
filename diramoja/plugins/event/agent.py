"""The event itself: planned, opened, changed, called off. Seats, times and invitations are handled beside it."""

from datetime import UTC, datetime, timedelta

from msgspec import UNSET

from diramoja.core import Context, Decision, Put, Reject, Reply
from diramoja.plugins.event import checkin, feedback, forgetting, invitations, questions, schedule, seating, topics
from diramoja.plugins.event.contracts import (
    CancelEvent,
    CreateEvent,
    EditEvent,
    EventCancelled,
    EventChanged,
    EventCreated,
    EventOpened,
    EventView,
    OpenRegistration,
)
from diramoja.plugins.event.schedule import armed, called_off, is_soon, moved
from diramoja.plugins.event.seating import Seating, seats_of
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import TOLD, Gathering, Opening, event, event_view, only_organizer

__all__ = ["HANDLED_IN", "event"]

HANDLED_IN = (checkin, feedback, forgetting, invitations, questions, schedule, seating, topics)
"""The modules whose handlers belong to the kind."""

_TEXTS = ("description", "location", "virtual_link", "related_topics", "resources")
"""Fields that are kept in the row of texts."""


@event.on("absent")
def create_event(state: Gathering, message: CreateEvent, context: Context) -> Decision:
    if refusal := _bad_time(message.starts_at, context):
        return refusal
    given = {name: getattr(message, name) for name in message.__struct_fields__}
    given["starts_at"] = message.starts_at.astimezone(UTC)
    texts = Opening("opening", **{name: given.pop(name) for name in _TEXTS})
    draft = state.but(organizer=context.sender, created_at=context.now, changed_at=context.now, **given)
    if refusal := _impossible_seats(draft):
        return refusal
    planned = seats_of(draft).but(phase="planning")
    created = EventCreated(
        event=context.id,
        organizer=context.sender,
        event_type=message.event_type,
        title=message.title,
        visibility=message.visibility,
        starts_at=message.starts_at,
    )
    return planned, Put(texts), created, Reply(_view(planned, texts, context), status=201)


@event.on("planning")
def open_registration(state: Gathering, message: OpenRegistration, context: Context) -> Decision:
    if refusal := only_organizer(state, context):
        return refusal
    if state.starts_at <= context.now:
        return _past()
    texts = context.row(Opening, "opening")
    assert texts is not None
    opened = state.but(phase="upcoming" if is_soon(state, context) else "open_registration", opened_at=context.now)
    return (
        opened,
        *armed(opened, context),
        _news(EventOpened, opened, texts, context),
        Reply(event_view(context, opened)),
    )


@event.on("planning", *TOLD)
def edit_event(state: Gathering, message: EditEvent, context: Context) -> Decision:
    if refusal := only_organizer(state, context) or _not_now(state, message):
        return refusal
    texts = context.row(Opening, "opening")
    assert texts is not None
    given = {name: value for name in message.__struct_fields__ if (value := getattr(message, name)) is not UNSET}
    if message.starts_at is not UNSET and message.starts_at != state.starts_at:
        if refusal := _bad_time(message.starts_at, context):
            return refusal
        given["starts_at"] = message.starts_at.astimezone(UTC)
    reworded = texts.but(**{name: given.pop(name) for name in _TEXTS if name in given})
    changed = state.but(**given)
    if refusal := _impossible_seats(changed):
        return refusal
    return _changed(state, changed, (texts, reworded), context)


def _changed(state: Gathering, changed: Gathering, texts: tuple[Opening, Opening], context: Context) -> Decision:
    """What follows from it: seats for those in line, other times for what is due, the news."""
    before, reworded = texts
    if changed == state and reworded == before:
        return Reply(event_view(context, state))
    changed = _counted(changed, context)
    if changed.phase == "planning":
        planned = seats_of(changed)
        return planned, Put(reworded), Reply(_view(planned, reworded, context))
    timed, effects = moved(state, changed, context) if _is_moved(state, changed) else (changed, [])
    seating = Seating(seats_of(timed), context)
    seating.fill()
    news = _news(EventChanged, seating.state, reworded, context)
    return (
        *seating.settled(),
        Put(reworded),
        *effects,
        news,
        Reply(_view(seating.state, reworded, context)),
    )


def _is_moved(state: Gathering, changed: Gathering) -> bool:
    return (state.starts_at, state.duration_minutes) != (changed.starts_at, changed.duration_minutes)


@event.on("planning", *TOLD)
def cancel_event(state: Gathering, message: CancelEvent, context: Context) -> Decision:
    refusal = only_organizer(state, context)
    if refusal and (state.phase == "planning" or "official" not in context.roles):
        return refusal
    cancelled = _counted(state.but(phase="cancelled", cancel_reason=message.reason), context)
    news = [EventCancelled(context.id, state.title, message.reason, state.organizer)] if state.phase in TOLD else []
    return cancelled, *news, *called_off(context), Reply(event_view(context, cancelled))


# --- parts of decisions ---


def _counted(state: Gathering, context: Context) -> Gathering:
    """Calendars take what has the higher number."""
    return state.but(sequence=state.sequence + 1, changed_at=context.now)


def _past() -> Reject:
    return Reject("event_past", "It would have begun already: choose a later time.")


def _bad_time(at: datetime, context: Context) -> Reject | None:
    days = context.settings(EventSettings).ahead_days
    if at > context.now + timedelta(days=days):
        return Reject("event_too_far", f"An event is planned at most {days} days ahead.", 400)
    return _past() if at <= context.now else None


def _impossible_seats(state: Gathering) -> Reject | None:
    """Seats that contradict each other, or that are promised already."""
    if state.accessible_seats and state.capacity is None:
        return Reject("seats_invalid", "Accessible seats are among the capacity: say how many seats there are.", 400)
    if state.capacity is not None and state.accessible_seats > state.capacity:
        return Reject("seats_invalid", "There are more accessible seats than seats.", 400)
    line = state.accessible
    if not state.is_released and state.accessible_seats < line.taken + line.offered + line.waiting:
        return Reject("seats_promised", "Members have these accessible seats, or wait for them.")
    return None


def _not_now(state: Gathering, message: EditEvent) -> Reject | None:
    """What cannot be changed any more."""
    if message.visibility not in (UNSET, state.visibility) and state.phase != "planning":
        return Reject("visibility_fixed", "Who sees an event is settled when registration opens.")
    if message.starts_at not in (UNSET, state.starts_at) and state.phase == "in_progress":
        return Reject("event_in_progress", "It has begun.")
    return None


def _news[E: (EventOpened, EventChanged)](of: type[E], state: Gathering, texts: Opening, context: Context) -> E:
    return of(
        event=context.id,
        event_type=state.event_type,
        title=state.title,
        description=texts.description,
        visibility=state.visibility,
        organizer=state.organizer,
        starts_at=state.starts_at,
        categories=state.categories,
        created_at=state.created_at,
    )


def _view(state: Gathering, texts: Opening, context: Context) -> EventView:
    """As its organizer sees it, with texts that are being written."""
    shown = {name: getattr(texts, name) for name in _TEXTS}
    return event_view(context, state).but(**shown)
