"""What goes out of an inbox: at once, after the quiet hours, in a digest; and what became of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from diramoja.core import Call, Context, Decision, Event, Put, RemindAfter, RemindAt
from diramoja.core.decisions import Effect
from diramoja.plugins.notification.contracts import (
    ChannelName,
    DeliveryState,
    DigestLapsed,
    NoteDelivery,
    NotificationReceived,
    QuietHoursOver,
    Subject,
    SweepInbox,
)
from diramoja.plugins.notification.delivery import DELIVERIES, Deliver
from diramoja.plugins.notification.rules import quiet_until, zone_of
from diramoja.plugins.notification.settings import NotificationSettings
from diramoja.plugins.notification.state import (
    Choices,
    Delivery,
    Dropped,
    DropReason,
    Inbox,
    Notice,
    Waiting,
    Wall,
    inbox,
    preferences_of,
    released_at,
)
from diramoja.ports.texts import msgid

__all__ = ["CHOICES", "DIGEST_KIND", "clock_of", "delivery", "dropped", "go_out", "is_walled", "keep"]

DIGEST_KIND = "notification.digest"
CHOICES = "preferences"

type Effects = list[Effect | Event]


def clock_of(state: Inbox, context: Context) -> ZoneInfo:
    """The clock that the member goes by."""
    preferences = preferences_of(state, context.settings(NotificationSettings))
    return zone_of(preferences.time_zone) or ZoneInfo("UTC")


def is_walled(state: Inbox, other: str, context: Context) -> bool:
    """Whether this member is told nothing about another."""
    wall = context.row(Wall, other) if other and state.walls else None
    return wall is not None and wall.is_up


def delivery(notice: str, channel: ChannelName, state: DeliveryState, at: datetime, reason: str = "") -> Put:  # noqa: PLR0917  # the row's fields
    """What becomes of a notice on a channel."""
    return Put(Delivery(f"{notice}:{channel}", notice, channel, state, at, reason))


def keep(state: Inbox, notice: Notice, context: Context) -> tuple[Inbox, Effects]:
    """Put it into the inbox."""
    effects: Effects = [Put(notice)]
    if not state.kept:
        effects.append(RemindAfter(timedelta(days=context.settings(NotificationSettings).keep_days), SweepInbox()))
    return state.but(phase="open", count=notice.seq, kept=state.kept + 1), effects


def go_out(
    state: Inbox, notice: Notice, context: Context, *, valid_until: datetime | None = None, listed: Sequence[str] = ()
) -> tuple[Inbox, Effects]:
    """On each of its channels now, after the quiet hours, or not."""
    due = _due(state, valid_until, context, is_statutory=notice.notice_class == "statutory")
    effects: Effects = []
    waiting: list[Waiting] = []
    for channel in notice.channels:
        hindrance = _hindrance(state, channel, context) or _too_late(state, due, valid_until, context)
        if hindrance:
            effects.append(delivery(notice.id, channel, "suppressed", context.now, hindrance))
        elif due is not None:
            waiting.append(Waiting(notice.id, channel, valid_until, notice.notice_class == "statutory"))
            effects.append(delivery(notice.id, channel, "queued", context.now, "quiet_hours"))
        elif channel == "in_app":
            effects.append(_received(notice))
        else:
            effects += _sent(notice.id, channel, context, valid_until=valid_until, listed=listed)
    effects += _late_counted(effects, context)
    if not waiting:
        return state, effects
    queued = state.but(waiting=(*state.waiting, *waiting))
    return queued, [*effects, *_reminder(queued, context)]


def _hindrance(state: Inbox, channel: ChannelName, context: Context) -> str:
    """Why nothing can be sent on a channel; "" where it can."""
    if channel != "email":
        return ""
    if not context.has("identity"):
        return "no_address"
    return "address_refused" if state.preferences and state.preferences.email_suspended else ""


def _too_late(state: Inbox, due: datetime | None, valid_until: datetime | None, context: Context) -> str:
    if due is None:
        return ""
    if valid_until is not None and due >= valid_until:
        return "late"
    return "too_many" if len(state.waiting) >= context.settings(NotificationSettings).queue_max else ""


def _late_counted(effects: Effects, context: Context) -> Effects:
    """Messages that came to nothing because it was too late for them."""
    late = sum(
        isinstance(each, Put) and isinstance(each.row, Delivery) and each.row.reason == "late" for each in effects
    )
    return [dropped("late", context, late)] if late else []


def dropped(reason: DropReason, context: Context, count: int = 1) -> Put:
    """So many more that were dropped, and why."""
    before = context.row(Dropped, reason)
    return Put(Dropped(reason, (before.count if before else 0) + count))


def _received(notice: Notice) -> NotificationReceived:
    return NotificationReceived(notice.id, notice.kind, notice.notice_class, notice.subject)


def _sent(
    notice: str, channel: ChannelName, context: Context, *, valid_until: datetime | None, listed: Sequence[str] = ()
) -> Effects:
    """To be sent by a job, which tells what became of it."""
    payload = Deliver(context.id, notice, channel, valid_until, tuple(listed))
    return [
        delivery(notice, channel, "queued", context.now),
        Call(DELIVERIES[channel], payload, key=f"{channel}:{notice}"),
    ]


# --- quiet hours ---


def _due(state: Inbox, valid_until: datetime | None, context: Context, *, is_statutory: bool) -> datetime | None:
    """When a message may go out; None: now. Quiet hours do not hold a statutory one up in its last hours."""
    settings = context.settings(NotificationSettings)
    until = quiet_until(context.now, preferences_of(state, settings).quiet_hours, clock_of(state, context))
    if until is None or not is_statutory or valid_until is None:
        return until
    until = min(until, valid_until - timedelta(hours=settings.last_hours))
    return until if until > context.now else None


def _reminder(state: Inbox, context: Context) -> Effects:
    """At the first moment when something that waits may go."""
    dues = [_due(state, each.valid_until, context, is_statutory=each.is_statutory) for each in state.waiting]
    return [RemindAt(min(each or context.now for each in dues), QuietHoursOver())] if dues else []


@inbox.on("open")
def release(state: Inbox, message: QuietHoursOver, context: Context) -> Decision:
    """Send what may go; what is late by now is suppressed."""
    effects: Effects = []
    rest: list[Waiting] = []
    now = max(context.now, context.fact(released_at))
    for each in state.waiting:
        if each.valid_until is not None and each.valid_until <= now:
            effects.append(delivery(each.notice, each.channel, "suppressed", context.now, "late"))
        elif _due(state, each.valid_until, context, is_statutory=each.is_statutory) is not None:
            rest.append(each)
        elif each.channel == "in_app":
            effects += _shown(state, each, context)
        else:
            effects += _sent(each.notice, each.channel, context, valid_until=each.valid_until)
    left = state.but(waiting=tuple(rest))
    return left, *effects, *_late_counted(effects, context), *_reminder(left, context)


def _shown(state: Inbox, waiting: Waiting, context: Context) -> Effects:
    """Unless it is forgotten, or a wall was put up meanwhile."""
    notice = context.row(Notice, waiting.notice)
    if notice is None:
        return []
    if not waiting.is_statutory and is_walled(state, notice.about, context):
        return [delivery(notice.id, "in_app", "suppressed", context.now, "refused")]
    return [_received(notice), delivery(notice.id, "in_app", "delivered", context.now)]


# --- digests ---


@inbox.on("open")
def send_digest(state: Inbox, message: DigestLapsed, context: Context) -> Decision:
    """One message with all that was beyond the cap."""
    preferences = preferences_of(state, context.settings(NotificationSettings))
    until = quiet_until(context.now, preferences.quiet_hours, clock_of(state, context))
    if until is not None:
        return RemindAt(until, DigestLapsed())
    listed = [each.notice for each in state.digest if each.valid_until is None or each.valid_until > context.now]
    late = len(state.digest) - len(listed)
    effects: Effects = [dropped("late", context, late)] if late else []
    empty = state.but(digest=(), digest_more=0, digest_channels=())
    channels = preferences.channels.get(DIGEST_KIND, state.digest_channels)
    if not listed or not channels:
        return empty, *effects
    notice = Notice(
        id=context.new_id("ntc"),
        seq=state.count + 1,
        kind=DIGEST_KIND,
        notice_class="participation",
        subject=Subject("inbox", context.id),
        text=msgid("More that you could take part in: {count}."),
        values={"count": str(len(listed) + state.digest_more)},
        channels=tuple(channels),
        held="",
        about="",
        created_at=context.now,
    )
    kept, put = keep(empty, notice, context)
    kept, sent = go_out(kept, notice, context, listed=listed)
    return kept, *effects, *put, *sent


# --- what became of it ---


@inbox.on("open")
def note_delivery(state: Inbox, message: NoteDelivery, context: Context) -> Decision:
    """An address that refuses our mail for good is not used again until the member says so."""
    noted = delivery(message.notice, message.channel, message.state, context.now, message.reason)
    preferences = preferences_of(state, context.settings(NotificationSettings))
    is_refused = message.channel == "email" and message.reason == "address_refused" and message.state == "failed"
    if not is_refused or preferences.email_suspended:
        return noted, *_late_counted([noted], context)
    suspended = state.but(preferences=preferences.but(email_suspended=True))
    notice = Notice(
        id=context.new_id("ntc"),
        seq=state.count + 1,
        kind="notification.address_refused",
        notice_class="personal",
        subject=Subject("inbox", context.id),
        text=msgid(
            "Your email address refused our mail, so we send none. Saving your preferences makes us try it again."
        ),
        values={},
        channels=("in_app",),
        held="",
        about="",
        created_at=context.now,
    )
    kept, effects = keep(suspended, notice, context)
    kept, sent = go_out(kept, notice, context)
    assert kept.preferences is not None
    return kept, noted, Put(Choices(CHOICES, kept.preferences)), *effects, *sent
