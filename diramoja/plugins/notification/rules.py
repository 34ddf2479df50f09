"""When a member may be told something, and on which channels. Pure."""

from bisect import bisect
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from diramoja.plugins.notification.contracts import ChannelName, NoticeClass, QuietHours

__all__ = ["STATUTORY_CHANNELS", "chosen_channels", "day_of", "next_at", "quiet_until", "week_of", "zone_of"]

STATUTORY_CHANNELS: tuple[ChannelName, ...] = ("in_app", "email")
DEFAULT_CHANNELS: Mapping[NoticeClass, tuple[ChannelName, ...]] = {
    "statutory": STATUTORY_CHANNELS,
    "personal": ("in_app",),
    "participation": ("in_app",),
    "campaign": ("in_app",),
}

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo | None:
    """The time zone of the IANA database; None where there is none of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def chosen_channels(
    channels: Mapping[str, tuple[ChannelName, ...]], kind: str, notice_class: NoticeClass
) -> tuple[ChannelName, ...]:
    """By the member's choice for the kind, else for its class, else as usual; inbox and email too where statutory."""
    chosen = channels.get(kind, channels.get(notice_class, DEFAULT_CHANNELS[notice_class]))
    always = STATUTORY_CHANNELS if notice_class == "statutory" else ()
    return tuple(dict.fromkeys((*always, *chosen)))


def day_of(now: datetime, zone: ZoneInfo) -> str:
    """The day by the member's calendar."""
    return now.astimezone(zone).date().isoformat()


def week_of(now: datetime, zone: ZoneInfo) -> str:
    """The ISO week by the member's calendar."""
    year, week, _ = now.astimezone(zone).isocalendar()
    return f"{year}-W{week:02}"


def quiet_until(now: datetime, quiet: QuietHours | None, zone: ZoneInfo) -> datetime | None:
    """The first moment from which on the member's clock shows no quiet hour; None where it shows none now.

    A whole minute, UTC. Hours that a change of the clock leaves out or repeats are as the clock on the wall shows them.
    """
    if quiet is None or not _is_quiet(now, quiet, zone):
        return None
    end = _time(quiet.end)
    today = now.astimezone(zone).date()
    for day in (today, today + _DAY, today + 2 * _DAY):
        for fold in (0, 1):
            at = _utc(day, end, zone, fold)
            if at > now and (first := _first_without(at, now, quiet, zone)) is not None:
                changed = _change(now, first, zone)
                return first if _is_quiet(changed, quiet, zone) else changed
    return now + _DAY  # No clock does this; were one to, the message would come a day later.


def _first_without(at: datetime, now: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime | None:
    """`at`, or where the clock jumps over that hour, the moment of the jump; None where it is quiet at `at`."""
    if _is_quiet(at, quiet, zone):
        return None
    while at - _MINUTE > now and not _is_quiet(at - _MINUTE, quiet, zone):
        at -= _MINUTE
    return at


def _change(now: datetime, until: datetime, zone: ZoneInfo) -> datetime:
    """The minute after `now` at which the clock is changed; `until` where it is not changed before."""
    if now.astimezone(zone).utcoffset() == until.astimezone(zone).utcoffset():
        return until
    minutes = range(1, (until - now) // _MINUTE + 1)
    before = now.astimezone(zone).utcoffset()
    return now + _MINUTE * minutes[bisect(minutes, False, key=lambda each: _offset(now, each, zone) != before)]


def _offset(now: datetime, minutes: int, zone: ZoneInfo) -> timedelta | None:
    return (now + _MINUTE * minutes).astimezone(zone).utcoffset()


def _is_quiet(at: datetime, quiet: QuietHours, zone: ZoneInfo) -> bool:
    shown = at.astimezone(zone).strftime("%H:%M")
    if quiet.start <= quiet.end:
        return quiet.start <= shown < quiet.end
    return shown >= quiet.start or shown < quiet.end


def next_at(now: datetime, clock_time: str, zone: ZoneInfo) -> datetime:
    """The next moment after `now` at which the member's clock shows this; an hour that is left out comes later."""
    today = now.astimezone(zone).date()
    at = _utc(today, _time(clock_time), zone, 0)
    return at if at > now else _utc(today + _DAY, _time(clock_time), zone, 0)


def _time(text: str) -> time:
    return time.fromisoformat(text)


def _utc(day: date, at: time, zone: ZoneInfo, fold: int) -> datetime:
    return datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC)
