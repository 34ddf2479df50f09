"""Feeds as another library reads them, with titles that try to write lines of their own."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event

from diramoja.plugins.event.calendar import CalendarEntry, calendar_of

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
ENTRY = CalendarEntry(
    id="evt_7k2p9x",
    title="Town hall; clinics, nurses",
    description="Bring questions.\nDoors open at five.",
    starts_at=NOON,
    ends_at=NOON + timedelta(minutes=90),
    changed_at=NOON - timedelta(days=9),
    sequence=2,
    location="Hall 1, Market \\ Square",
    categories=("healthcare", "social_justice"),
)
HOSTILE = st.text(st.characters(exclude_categories=()) | st.sampled_from('\r\n\x0b\x0c\x1c\x85\u2028\u2029;,\\:"')) | (
    st.sampled_from(
        ["\r\nEND:VEVENT\r\nBEGIN:VEVENT", "x\u2028ATTENDEE:mailto:a@b.c", "\\n\\", "BEGIN:VALARM", "ü" * 300]
    )
)


def written(*entries: CalendarEntry, name: str = "Events") -> bytes:
    return calendar_of(entries, name=name)


def read(data: bytes) -> list[Event]:
    calendar = IcsCalendarStream.calendar_from_ics(data.decode())
    return list(calendar.events)


def test_another_library_reads_what_was_written() -> None:
    (event,) = read(written(ENTRY))
    assert (event.uid, event.summary, event.description) == (
        "evt_7k2p9x@diramoja",
        ENTRY.title,
        ENTRY.description,
    )
    assert (event.dtstart, event.dtend, event.sequence) == (ENTRY.starts_at, ENTRY.ends_at, 2)
    assert (event.location, event.categories) == (ENTRY.location, list(ENTRY.categories))
    assert event.status == "CONFIRMED"


def test_times_of_any_zone_are_written_as_utc() -> None:
    nairobi = NOON.astimezone(timezone(timedelta(hours=3)))
    data = written(attrs.evolve(ENTRY, starts_at=nairobi))
    assert b"DTSTART:20260329T120000Z" in data
    assert b"TZID" not in data and b"VTIMEZONE" not in data


@pytest.mark.parametrize("status", ["CANCELLED", "TENTATIVE"])
def test_what_is_called_off_stays_as_called_off(status: Any) -> None:
    (event,) = read(written(attrs.evolve(ENTRY, status=status, sequence=3)))
    assert (event.status, event.sequence) == (status, 3)


def test_lines_are_folded_at_75_bytes_and_end_as_they_should() -> None:
    data = written(attrs.evolve(ENTRY, description="Mkutano wa kijiji à " * 60 + "🙂" * 90))
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert [line.decode() for line in lines]  # No character is cut in two.


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_text_writes_lines_of_its_own(title: str, description: str, location: str) -> None:
    hostile = attrs.evolve(ENTRY, title=title, description=description, location=location, categories=(title,))
    data = written(hostile, ENTRY, name=title)
    names = {line.partition(b":")[0].partition(b";")[0] for line in data.replace(b"\r\n ", b"").splitlines()}
    assert data.count(b"\r\nBEGIN:VEVENT\r\n") == data.count(b"\r\nEND:VEVENT\r\n") == 2
    assert names <= {
        b"BEGIN", b"END", b"PRODID", b"VERSION", b"METHOD", b"NAME", b"X-WR-CALNAME", b"REFRESH-INTERVAL",
        b"X-PUBLISHED-TTL", b"UID", b"DTSTAMP", b"LAST-MODIFIED", b"DTSTART", b"DTEND", b"SEQUENCE", b"STATUS",
        b"SUMMARY", b"DESCRIPTION", b"LOCATION", b"CATEGORIES",
    }  # fmt: skip
    assert len(data.decode().splitlines()) == len(data.split(b"\r\n")) - 1
    assert [event.uid for event in read(data)] == ["evt_7k2p9x@diramoja"] * 2


def test_the_same_events_give_the_same_bytes() -> None:
    assert written(ENTRY) == written(ENTRY) != written(attrs.evolve(ENTRY, sequence=3))
    assert read(written()) == []
