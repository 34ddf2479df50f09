"""What people are told of an event: English here, the other languages in `locale`."""

from datetime import datetime

from diramoja.core import Context
from diramoja.plugins.event.state import Gathering
from diramoja.plugins.notification.contracts import Notify, Subject

__all__ = ["lapse_notice", "near_notice", "offer_notice", "promotion_notice", "reminder_notice", "reschedule_notice"]


def reminder_notice(state: Gathering, context: Context, hours: int, *, place: str, valid_until: datetime) -> Notify:
    """That it begins soon; with a place: where. That is told anew of another time, the earlier ones are told once."""
    at = f"{_time(state.starts_at)}:" if place else ""
    text = "{title} begins on {time}. Where: {place}" if place else "{title} begins on {time}."
    return Notify(
        kind="event.reminder",
        notice_class="personal",
        subject=Subject("event", context.id),
        text=text,
        values=_values(state) | ({"place": place} if place else {}),
        key=f"event.reminder:{context.id}:{at}{hours}",
        valid_until=valid_until,
    )


def promotion_notice(state: Gathering, context: Context, seat: int) -> Notify:
    """That whoever was first in line has a seat."""
    return Notify(
        kind="event.promoted",
        notice_class="personal",
        subject=Subject("event", context.id),
        text="A seat at {title} on {time} is yours now.",
        values=_values(state),
        key=f"event.promoted:{context.id}:{seat}",
        valid_until=state.starts_at,
    )


def offer_notice(state: Gathering, context: Context, number: int, until: datetime) -> Notify:
    """That a seat is held for whoever was first in line."""
    return Notify(
        kind="event.offered",
        notice_class="personal",
        subject=Subject("event", context.id),
        text="A seat at {title} on {time} is held for you until {until}: answer yes to take it.",
        values=_values(state) | {"until": _time(until)},
        key=f"event.offered:{context.id}:{number}",
        valid_until=until,
    )


def lapse_notice(state: Gathering, context: Context, number: int) -> Notify:
    """That the seat was held for so long, and no longer."""
    return Notify(
        kind="event.offer_lapsed",
        notice_class="personal",
        subject=Subject("event", context.id),
        text="The seat at {title} that was held for you is no longer: the time to take it is over.",
        values={"title": state.title},
        key=f"event.offer_lapsed:{context.id}:{number}",
    )


def near_notice(state: Gathering, context: Context) -> Notify:
    """To the organizer: most seats are taken."""
    return Notify(
        kind="event.capacity_near",
        notice_class="personal",
        subject=Subject("event", context.id),
        text="{registered} of {capacity} seats at {title} are taken. Who answers when all are, waits in line for one.",
        values={"registered": str(state.registered), "capacity": str(state.capacity), "title": state.title},
    )


def reschedule_notice(state: Gathering, context: Context, before: datetime) -> Notify:
    """That it begins at another time; each move is told, also one back to a time that was told before."""
    return Notify(
        kind="event.rescheduled",
        notice_class="personal",
        subject=Subject("event", context.id),
        text="{title} begins on {time}, not on {before}.",
        values=_values(state) | {"before": _time(before)},
        key=f"event.rescheduled:{context.id}:{state.sequence}",
        valid_until=state.starts_at,
    )


def _values(state: Gathering) -> dict[str, str]:
    return {"title": state.title, "time": _time(state.starts_at)}


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
