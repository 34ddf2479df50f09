"""Clocks on walls: quiet hours and digests where the hour is changed, and where it is not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from diramoja.plugins.notification.contracts import ChannelName, QuietHours
from diramoja.plugins.notification.rules import (
    chosen_channels,
    day_of,
    next_at,
    quiet_until,
    week_of,
    zone_of,
)

NIGHT = QuietHours("22:00", "07:00")
BERLIN, NAIROBI, NEW_YORK, LORD_HOWE, APIA = map(
    ZoneInfo, ("Europe/Berlin", "Africa/Nairobi", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "until"),
    [
        ("2026-06-10 18:59", NAIROBI, None),  # 21:59
        ("2026-06-10 19:00", NAIROBI, "2026-06-11 04:00"),
        ("2026-06-11 03:59", NAIROBI, "2026-06-11 04:00"),
        ("2026-06-11 04:00", NAIROBI, None),
        ("2026-03-28 21:30", BERLIN, "2026-03-29 05:00"),  # The night loses an hour: 07:00 is 05:00 UTC.
        ("2026-10-24 20:30", BERLIN, "2026-10-25 06:00"),  # It has one more.
        ("2026-01-10 23:00", BERLIN, "2026-01-11 06:00"),
    ],
)
def test_quiet_hours_end_by_the_clock_of_the_member(now: str, zone: ZoneInfo, until: str | None) -> None:
    assert quiet_until(utc(now), NIGHT, zone) == (utc(until) if until else None)


def test_an_end_that_the_clock_leaves_out_is_the_moment_of_the_jump() -> None:
    late = QuietHours("20:00", "02:30")  # On 8 March 2026 the clocks of New York go from 02:00 to 03:00, 07:00 UTC.
    assert quiet_until(utc("2026-03-08 05:00"), late, NEW_YORK) == utc("2026-03-08 07:00")


def test_quiet_hours_of_no_length_are_none() -> None:
    assert quiet_until(utc("2026-06-10 12:00"), QuietHours("08:00", "08:00"), NAIROBI) is None
    assert quiet_until(utc("2026-06-10 12:00"), None, NAIROBI) is None


MINUTES = some.integers(0, 24 * 60 - 1).map(lambda each: f"{each // 60:02}:{each % 60:02}")
CHANGES = {BERLIN: "2026-03-29 01:00", NEW_YORK: "2026-11-01 06:00", LORD_HOWE: "2026-04-04 15:00"}


@given(
    zone=some.sampled_from(list(CHANGES)),
    offset_minutes=some.integers(-36 * 60, 12 * 60),
    quiet=some.builds(QuietHours, MINUTES, MINUTES),
)
@example(zone=LORD_HOWE, offset_minutes=-30, quiet=QuietHours("01:40", "01:50"))
@example(zone=NEW_YORK, offset_minutes=-60, quiet=QuietHours("00:30", "01:30"))
@example(zone=NEW_YORK, offset_minutes=-1, quiet=QuietHours("01:01", "00:00"))
def test_quiet_until_is_the_first_minute_that_is_not_quiet(
    zone: ZoneInfo, offset_minutes: int, quiet: QuietHours
) -> None:
    def is_quiet(at: datetime) -> bool:
        shown = at.astimezone(zone).strftime("%H:%M")
        return quiet.start <= shown < quiet.end if quiet.start <= quiet.end else not quiet.end <= shown < quiet.start

    now = utc(CHANGES[zone]) + timedelta(minutes=offset_minutes)
    first = next(at for each in range(60 * 60) if not is_quiet(at := now + timedelta(minutes=each)))
    assert quiet_until(now, quiet, zone) == (None if first == now else first)


@given(
    zone=some.sampled_from([BERLIN, NAIROBI, NEW_YORK, LORD_HOWE, APIA]),
    minutes=some.integers(0, 366 * 24 * 60),
    clock_time=MINUTES,
)
def test_the_next_time_is_ahead_and_within_a_day_and_a_change(zone: ZoneInfo, minutes: int, clock_time: str) -> None:
    now = utc("2026-01-01 00:00") + timedelta(minutes=minutes)
    at = next_at(now, clock_time, zone)
    assert now < at <= now + timedelta(hours=26)
    shown = at.astimezone(zone)
    there = datetime.fromisoformat(f"{shown.date()} {clock_time}").replace(tzinfo=zone)
    is_left_out = there.astimezone(UTC).astimezone(zone).strftime("%H:%M") != clock_time
    assert shown.strftime("%H:%M") == clock_time or is_left_out


def test_days_and_weeks_are_the_members() -> None:
    assert day_of(utc("2026-06-10 22:30"), NAIROBI) == "2026-06-11"
    assert day_of(utc("2026-06-10 22:30"), NEW_YORK) == "2026-06-10"
    assert week_of(utc("2026-01-01 12:00"), BERLIN) == "2026-W01"
    assert week_of(utc("2025-12-28 23:30"), BERLIN) == "2026-W01"
    assert week_of(utc("2025-12-28 23:30"), NEW_YORK) == "2025-W52"


@pytest.mark.parametrize("name", ["", "Mars/Base", "../../etc/passwd", "/etc/passwd", "a" * 300, "Africa"])
def test_what_is_no_time_zone_is_none(name: str) -> None:
    assert zone_of(name) is None


def test_channels_go_by_kind_then_class_then_as_usual() -> None:
    chosen: dict[str, tuple[ChannelName, ...]] = {"participation": ("push",), "topic.suggested": ("sms", "sms")}
    assert chosen_channels(chosen, "topic.suggested", "participation") == ("sms",)
    assert chosen_channels(chosen, "topic.other", "participation") == ("push",)
    assert chosen_channels({}, "topic.other", "participation") == ("in_app",)
    assert chosen_channels({"vote.opened": ("sms",)}, "vote.opened", "statutory") == ("in_app", "email", "sms")
    assert chosen_channels({"statutory": ()}, "vote.opened", "statutory") == ("in_app", "email")
