"""Events as iCalendar, for programs that people keep their days in. Source: RFC 5545; RFC 7986 for NAME.

Times are UTC, so that no time zone has to be described. A later SEQUENCE replaces an earlier one; what is called off
stays in the feed as CANCELLED, so that it goes from the calendar too.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

import attrs
from icalendar import Calendar, Event, vDuration, vText

__all__ = ["MEDIA_TYPE", "CalendarEntry", "calendar_of"]

MEDIA_TYPE = "text/calendar; charset=utf-8"
REFRESH = timedelta(hours=1)
_PRODUCT = "-//DiraMoja//Events//EN"
_BREAKS = re.compile("\r\n?|[\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
"""Whatever some program takes for the end of a line; a text could otherwise put lines of its own into a calendar."""
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SUMMARY_CHARS = 200
_DESCRIPTION_CHARS = 4_000


@attrs.frozen
class CalendarEntry:
    """An event as a calendar shows it. `sequence` grows with each change of time, place or state."""

    id: str
    title: str
    description: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    sequence: int
    status: Literal["TENTATIVE", "CONFIRMED", "CANCELLED"] = "CONFIRMED"
    location: str = ""
    categories: tuple[str, ...] = ()


def calendar_of(entries: Iterable[CalendarEntry], *, name: str) -> bytes:
    """A calendar; the same entries give the same bytes, so that a program sees that nothing changed."""
    made = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("name", vText(_line(name)))
    made.add("x-wr-calname", vText(_line(name)))
    made.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", vDuration(REFRESH))
    for entry in entries:
        made.add_component(_event(entry))
    data: bytes = made.to_ical()
    return data


def _event(entry: CalendarEntry) -> Event:
    made = Event()
    made.add("uid", f"{entry.id}@diramoja")
    made.add("dtstamp", _utc(entry.changed_at))
    made.add("last-modified", _utc(entry.changed_at))
    made.add("dtstart", _utc(entry.starts_at))
    made.add("dtend", _utc(entry.ends_at))
    made.add("sequence", entry.sequence)
    made.add("status", entry.status)
    made.add("summary", _line(entry.title)[:_SUMMARY_CHARS])
    if entry.description:
        made.add("description", _text(entry.description)[:_DESCRIPTION_CHARS])
    if entry.location:
        made.add("location", _line(entry.location))
    if entry.categories:
        made.add("categories", [_line(each) for each in entry.categories])
    return made


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _text(given: str) -> str:
    """Lines that end as this format means it, without control characters and halves of characters."""
    whole = given.encode("utf-8", "replace").decode()
    return _CONTROLS.sub("", _BREAKS.sub("\n", whole))


def _line(given: str) -> str:
    return _text(given).replace("\n", " ")
