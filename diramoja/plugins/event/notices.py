"""What people are told of an event: English here, the other languages in `locale`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from diramoja.core import Context
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import Gathering
from diramoja.plugins.notification.contracts import Notify, Subject

__all__ = [
    "lapse_notice",
    "left_notice",
    "near_notice",
    "offer_notice",
    "orphan_notice",
    "promotion_notice",
    "questions_notice",
    "reminder_notice",
    "reschedule_notice",
    "survey_notice",
]


def reminder_notice(state: Gathering, context: Context, hours: int, *, place: str, valid_until: datetime) -> Notify:
    """That it begins soon; with a place: where. That is told anew of another time, the earlier ones are told once."""
    at = f"{_time(state.starts_at)}:" if place else ""
    text = "{title} begins on {time}. Where: {place}" if place else "{title} begins on {time}."
    values = _when(state) | ({"place": place} if place else {})
    return _notice("reminder", text, values, context=context, once=f"{at}{hours}", valid_until=valid_until)


def promotion_notice(state: Gathering, context: Context, seat: int) -> Notify:
    """That whoever was first in line has a seat."""
    text = "A seat at {title} on {time} is yours now."
    return _notice("promoted", text, _when(state), context=context, once=seat, valid_until=state.starts_at)


def offer_notice(state: Gathering, context: Context, number: int, until: datetime) -> Notify:
    """That a seat is held for whoever was first in line."""
    text = "A seat at {title} on {time} is held for you until {until}: answer yes to take it."
    values = _when(state) | {"until": _time(until)}
    return _notice("offered", text, values, context=context, once=number, valid_until=until)


def lapse_notice(state: Gathering, context: Context, number: int) -> Notify:
    """That the seat was held for so long, and no longer."""
    text = "The seat at {title} that was held for you is no longer: the time to take it is over."
    return _notice("offer_lapsed", text, {"title": state.title}, context=context, once=number)


def left_notice(state: Gathering, context: Context, number: int) -> Notify:
    """That who is suspended waits no more."""
    text = "You wait no longer for a seat at {title}: while you are suspended you could not take one."
    return _notice("line_left", text, {"title": state.title}, context=context, once=number)


def near_notice(state: Gathering, context: Context) -> Notify:
    """To the organizer: most seats are taken."""
    text = "{registered} of {capacity} seats at {title} are taken. Who answers when all are, waits in line for one."
    values = {"registered": str(state.registered), "capacity": str(state.capacity), "title": state.title}
    return _notice("capacity_near", text, values, context=context)


def reschedule_notice(state: Gathering, context: Context, before: datetime) -> Notify:
    """That it begins at another time; each move is told, also one back to a time that was told before."""
    text = "{title} begins on {time}, not on {before}."
    values = _when(state) | {"before": _time(before)}
    return _notice("rescheduled", text, values, context=context, once=state.sequence, valid_until=state.starts_at)


def orphan_notice(state: Gathering, context: Context) -> Notify:
    """To officials: whoever organized it is no more."""
    text = "{title} on {time} has no organizer any more: take it over, or call it off."
    return _notice("organizer_gone", text, _when(state), context=context, valid_until=state.ends_at)


def questions_notice(state: Gathering, context: Context, questions: str) -> Notify:
    """To the organizer: what most want to know."""
    text = "What most want to know at {title}:\n{questions}"
    values = {"title": state.title, "questions": questions}
    return _notice("questions", text, values, context=context, valid_until=state.ends_at)


def survey_notice(state: Gathering, context: Context) -> Notify:
    """To who was there: how was it?"""
    text = "How was {title}? Say it in a minute; nobody sees who said what."
    until = state.ends_at + timedelta(days=context.settings(EventSettings).feedback_days)
    notice = _notice("survey", text, {"title": state.title}, context=context, valid_until=until)
    return notice.but(notice_class="participation")


def _notice(
    kind: str, text: str, values: Mapping[str, str], *, context: Context, once: Any = "", **more: Any
) -> Notify:
    """About this event; told anew of each `once`."""
    return Notify(
        kind=f"event.{kind}",
        notice_class="personal",
        subject=Subject("event", context.id),
        text=text,
        values=values,
        key=f"event.{kind}:{context.id}:{once}" if once != "" else "",
        **more,
    )


def _when(state: Gathering) -> dict[str, str]:
    return {"title": state.title, "time": _time(state.starts_at)}


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
