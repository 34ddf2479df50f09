"""The event itself: planned, opened, changed, called off. Seats, times and invitations are handled beside it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import UNSET

from diramoja.core import Context, Decision, Put, Reject, Remove, Reply
from diramoja.plugins.event import (
    checkin,
    feedback,
    forgetting,
    invitations,
    leaving,
    questions,
    schedule,
    seating,
    topics,
    wording,
)
from diramoja.plugins.event.contracts import (
    CancelEvent,
    CreateEvent,
    EditEvent,
    EventCancelled,
    EventChanged,
    EventCreated,
    EventOpened,
    OpenRegistration,
)
from diramoja.plugins.event.schedule import armed, called_off, is_soon, moved
from diramoja.plugins.event.seating import Seating, seats_of
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import TOLD, Gathering, Opening, Wording, event, event_view, only_organizer
from diramoja.plugins.event.wording import TEXTS, asked, counted, news, opening_of, view, words_of
from diramoja.plugins.topic.contracts import HeldView, ModeratePost, TakeVerdict

__all__ = ["HANDLED_IN", "event"]

HANDLED_IN = (checkin, feedback, forgetting, invitations, leaving, questions, schedule, seating, topics, wording)
"""The modules whose handlers belong to the kind."""

EDIT_PENDING = Reject("edit_pending", "What was written last is still being looked at.")


@event.on("absent")
def create_event(state: Gathering, message: CreateEvent, context: Context) -> Decision:
    if refusal := _bad_time(message.starts_at, context):
        return refusal
    given = {name: getattr(message, name) for name in message.__struct_fields__}
    given["starts_at"] = message.starts_at.astimezone(UTC)
    texts = Opening("opening", **{name: given.pop(name) for name in TEXTS})
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
    return planned, Put(texts), created, Reply(view(planned, texts, context), status=201)


# --- opened ---


@event.on("planning")
def open_registration(state: Gathering, message: OpenRegistration, context: Context) -> Decision:
    """What others are to see is screened now, once; a plan that people look at is not sent again."""
    if refusal := only_organizer(state, context):
        return refusal
    if state.starts_at <= context.now:
        return _past()
    if not context.has("moderator"):
        return _opened(state, context)
    plan = context.row(Wording, context.id)
    if plan and plan.held:
        return Reply(event_view(context, state).but(held=plan.held))
    plan = words_of(state, opening_of(context), context.id)
    return Put(plan), asked(plan, context)


@event.on("planning")
def opening_judged(state: Gathering, message: TakeVerdict, context: Context) -> Decision:
    """Software cleared, held or hid it."""
    plan = context.row(Wording, context.id)
    if message.post_id != context.id or plan is None or plan.held is None or plan.held.status != "pending":
        return None
    if message.outcome == "cleared":
        return *_opened(state, context), Remove(Wording, plan.id)
    held = HeldView(message.outcome, message.reason)
    return Put(plan.but(held=held)), Reply(event_view(context, state).but(held=held))


@event.on("planning")
def opening_decided(state: Gathering, message: ModeratePost, context: Context) -> Decision:
    """People let it be opened, now or after an appeal, or not: then its organizer finds other words.

    An appeal is about the words that were refused, not about those that are looked at now.
    """
    plan = context.row(Wording, context.id)
    if message.post_id != context.id or plan is None or (message.on_appeal and plan.held):
        return None
    if message.action != "publish":
        return Put(plan.but(held=None))
    return *_opened(state, context), Remove(Wording, plan.id)


def _opened(state: Gathering, context: Context) -> tuple[Any, ...]:
    """Unless it would have begun by now: then it is a plan still."""
    if state.starts_at <= context.now:
        return (Reply(event_view(context, state)),)
    opened = state.but(phase="upcoming" if is_soon(state, context) else "open_registration", opened_at=context.now)
    return (
        opened,
        *armed(opened, context),
        news(EventOpened, opened, opening_of(context), context),
        Reply(event_view(context, opened)),
    )


# --- changed ---


@event.on("planning", *TOLD)
def edit_event(state: Gathering, message: EditEvent, context: Context) -> Decision:
    """Figures and times change at once; other words once they are screened."""
    if refusal := only_organizer(state, context) or _not_now(state, message, context):
        return refusal
    texts = opening_of(context)
    given = {name: value for name in message.__struct_fields__ if (value := getattr(message, name)) is not UNSET}
    if message.starts_at is not UNSET:
        given["starts_at"] = message.starts_at.astimezone(UTC)
    reworded = texts.but(**{name: given.pop(name) for name in TEXTS if name in given})
    changed = state.but(**given)
    if refusal := _impossible_seats(changed):
        return refusal
    if not context.has("moderator") or words_of(changed, reworded) == words_of(state, texts):
        return _changed(state, changed, (texts, reworded), context)
    following = _replanned if state.phase == "planning" else _reworded
    return following(state, changed, (texts, reworded), context)


def _reworded(state: Gathering, changed: Gathering, words: tuple[Opening, Opening], context: Context) -> Decision:
    """The figures are changed; the words once they are cleared."""
    if state.wording:
        return EDIT_PENDING
    texts, reworded = words
    following = words_of(changed, reworded, context.new_id("wrd"))
    said = texts.but(virtual_link=reworded.virtual_link, related_topics=reworded.related_topics)
    figures = changed.but(title=state.title, categories=state.categories)
    after, *effects = _changed(state, figures, (texts, said), context)[:-1] or (state,)
    return after.but(wording=following.id), *effects, Put(following), asked(following, context)


def _replanned(state: Gathering, changed: Gathering, texts: tuple[Opening, Opening], context: Context) -> Decision:
    """While people look at a plan its words stay; of what they did not let through nothing is kept."""
    plan = context.row(Wording, context.id)
    if plan is None:
        return _changed(state, changed, texts, context)
    return EDIT_PENDING if plan.held else (*_changed(state, changed, texts, context), Remove(Wording, plan.id))


def _changed(state: Gathering, changed: Gathering, texts: tuple[Opening, Opening], context: Context) -> tuple[Any, ...]:
    """What follows from it: seats for those in line, other times for what is due, the news; the answer comes last."""
    before, reworded = texts
    if changed == state and reworded == before:
        return (Reply(event_view(context, state)),)
    changed = counted(changed, context)
    if changed.phase == "planning":
        planned = seats_of(changed)
        return planned, Put(reworded), Reply(view(planned, reworded, context))
    timed, effects = moved(state, changed, context) if _is_moved(state, changed) else (changed, [])
    seating = Seating(seats_of(timed), context)
    seating.fill()
    return (
        *seating.settled(),
        Put(reworded),
        *effects,
        news(EventChanged, seating.state, reworded, context),
        Reply(view(seating.state, reworded, context)),
    )


def _is_moved(state: Gathering, changed: Gathering) -> bool:
    return (state.starts_at, state.duration_minutes) != (changed.starts_at, changed.duration_minutes)


@event.on("planning", *TOLD)
def cancel_event(state: Gathering, message: CancelEvent, context: Context) -> Decision:
    refusal = only_organizer(state, context)
    if refusal and (state.phase == "planning" or "official" not in context.roles):
        return refusal
    cancelled = counted(state.but(phase="cancelled", cancel_reason=message.reason), context)
    told = [EventCancelled(context.id, state.title, message.reason, state.organizer)] if state.phase in TOLD else []
    return cancelled, *told, *called_off(context), Reply(event_view(context, cancelled))


# --- parts of decisions ---


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


def _not_now(state: Gathering, message: EditEvent, context: Context) -> Reject | None:
    """What cannot be changed any more, or not to that."""
    if message.visibility not in (UNSET, state.visibility) and state.phase != "planning":
        return Reject("visibility_fixed", "Who sees an event is settled when registration opens.")
    if message.starts_at not in (UNSET, state.starts_at) and state.phase == "in_progress":
        return Reject("event_in_progress", "It has begun.")
    if message.starts_at is not UNSET and message.starts_at != state.starts_at:
        return _bad_time(message.starts_at, context)
    return None
