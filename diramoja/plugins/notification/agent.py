"""An inbox is told something: once, in time, to whom it may concern, and within the caps.

What goes out of it, and what its member decides, is handled in the modules beside this one, which are imported here.
"""

from diramoja.core import Context, Decision, RemindAt
from diramoja.core.decisions import Effect
from diramoja.core.ids import derive_id
from diramoja.plugins.notification import choices, outgoing
from diramoja.plugins.notification.contracts import ChannelName, DigestLapsed, Notify, PreferencesView
from diramoja.plugins.notification.outgoing import clock_of, dropped, go_out, is_walled, keep
from diramoja.plugins.notification.rules import chosen_channels, day_of, next_at, week_of
from diramoja.plugins.notification.settings import NotificationSettings
from diramoja.plugins.notification.state import DropReason, Held, Inbox, Notice, decided_at, inbox, preferences_of

__all__ = ["HANDLED_IN", "inbox"]

HANDLED_IN = (choices, outgoing)
"""The modules whose handlers belong to the kind."""

STATUTORY_KINDS_MAX = 50


@inbox.on("absent", "open")
def take(state: Inbox, message: Notify, context: Context) -> Decision:
    """Tell it once; what is late, refused, switched off or beyond the cap is counted."""
    settings = context.settings(NotificationSettings)
    preferences = preferences_of(state, settings)
    key = message.key or f"{message.kind}:{message.subject.type}:{message.subject.id}"
    id = derive_id("ntc", context.id, key)
    if state.kept and context.row(Notice, id):
        return None
    channels = chosen_channels(preferences.channels, message.kind, message.notice_class)
    reason = _reason_to_drop(state, message, context, channels)
    if reason is not None:
        return state.but(phase="open"), dropped(reason, context)
    counted = _counted(state, message, context)
    notice = Notice(
        id=id,
        seq=state.count + 1,
        kind=message.kind,
        notice_class=message.notice_class,
        subject=message.subject,
        text=message.text,
        values=message.values,
        channels=channels,
        about=message.about,
        held="" if counted is not None else "digest" if preferences.digest else "cap",
        created_at=context.now,
        valid_until=message.valid_until,
    )
    kept, effects = keep(counted or state, notice, context)
    if notice.held == "":
        kept, sent = go_out(kept, notice, context, valid_until=message.valid_until)
        effects += sent
    elif notice.held == "digest":
        kept, more = _held_for_digest(kept, notice, preferences, context)
        effects += more
    return kept, *effects


def _reason_to_drop(
    state: Inbox, message: Notify, context: Context, channels: tuple[ChannelName, ...]
) -> DropReason | None:
    if message.valid_until is not None and message.valid_until <= max(context.now, context.fact(decided_at)):
        return "late"
    if message.notice_class == "statutory":
        return None
    if not channels:
        return "off"
    if message.notice_class == "campaign":
        if not state.consents_to_campaigns:
            return "consent"
        if _week_count(state, context) >= context.settings(NotificationSettings).campaign_per_week:
            return "cap"
    return "refused" if is_walled(state, message.about, context) else None


# --- caps ---


def _counted(state: Inbox, message: Notify, context: Context) -> Inbox | None:
    """With this notice in the caps; None where there is no room for it today."""
    settings, zone = context.settings(NotificationSettings), clock_of(state, context)
    if message.notice_class == "statutory":
        known = message.kind in state.statutory_kinds or len(state.statutory_kinds) >= STATUTORY_KINDS_MAX
        return state if known else state.but(statutory_kinds=(*state.statutory_kinds, message.kind))
    if message.notice_class == "campaign":
        week = max(state.week, week_of(context.now, zone))
        return state.but(week=week, week_count=_week_count(state, context) + 1)
    if message.notice_class != "participation":
        return state
    day = max(state.day, day_of(context.now, zone))  # Travelling west begins no day anew.
    used = state.day_count if state.day == day else 0
    return state.but(day=day, day_count=used + 1) if used < settings.participation_per_day else None


def _week_count(state: Inbox, context: Context) -> int:
    return state.week_count if state.week >= week_of(context.now, clock_of(state, context)) else 0


def _held_for_digest(
    state: Inbox, notice: Notice, preferences: PreferencesView, context: Context
) -> tuple[Inbox, list[Effect]]:
    """For the one message of the day with the rest."""
    assert preferences.digest is not None
    is_full = len(state.digest) >= context.settings(NotificationSettings).digest_max
    held = state.but(
        digest=state.digest if is_full else (*state.digest, Held(notice.id, notice.valid_until)),
        digest_more=state.digest_more + is_full,
        digest_channels=tuple(dict.fromkeys((*state.digest_channels, *notice.channels))),
    )
    at = next_at(context.now, preferences.digest.at, clock_of(state, context))
    return held, [] if state.digest else [RemindAt(at, DigestLapsed())]
