"""What a member decides about their inbox: what is read, how they are told, from whom and of what nothing."""

from datetime import timedelta

from msgspec import UNSET

from diramoja.core import Call, Cancel, Context, Decision, Put, Reject, RemindAfter, RemindAt, Remove, Reply
from diramoja.core.decisions import Effect
from diramoja.plugins.member.contracts import ConsentChanged, WallChanged
from diramoja.plugins.member.forgetting_contracts import ForgetMember, MemberErased, forgotten_rows
from diramoja.plugins.notification.contracts import (
    DigestLapsed,
    ForgetNotices,
    MarkAllRead,
    MarkRead,
    NoteConsent,
    NoteWall,
    QuietHoursOver,
    SetPreferences,
    SweepInbox,
    Unsubscribe,
)
from diramoja.plugins.notification.delivery import FindOld, find_old
from diramoja.plugins.notification.outgoing import CHOICES, clock_of
from diramoja.plugins.notification.rules import STATUTORY_CHANNELS, chosen_channels, next_at, zone_of
from diramoja.plugins.notification.settings import NotificationSettings
from diramoja.plugins.notification.state import Choices, Delivery, Inbox, Notice, ReadMark, Wall, inbox, preferences_of

__all__ = ["set_preferences"]

READ_MARKS = 8
_OTHERS = Reject("denied", "An inbox is its member's.", 403)
_MISSING = Reject("notification_missing", "There is no such notice in your inbox.", 404)
_STATUTORY = Reject("statutory_notice", "These notices come to the inbox and by email; they cannot be switched off.")


# --- reading ---


@inbox.on("open")
def mark_read(state: Inbox, message: MarkRead, context: Context) -> Decision:
    """One; again changes nothing."""
    if context.sender != context.id:
        return _OTHERS
    notice = context.row(Notice, message.notice)
    if notice is None:
        return _MISSING
    if notice.read_at is not None or notice.seq <= state.read_seq:
        return None
    return Put(notice.but(read_at=context.now))


@inbox.on("open")
def mark_all_read(state: Inbox, message: MarkAllRead, context: Context) -> Decision:
    """All up to and with one: a mark, however many they are."""
    if context.sender != context.id:
        return _OTHERS
    notice = context.row(Notice, message.up_to)
    if notice is None:
        return _MISSING
    if notice.seq <= state.read_seq:
        return None
    mark = ReadMark(str(state.marks % READ_MARKS), notice.seq, context.now)
    return state.but(read_seq=notice.seq, marks=state.marks + 1), Put(mark)


# --- preferences ---


@inbox.on("absent", "open")
def set_preferences(state: Inbox, message: SetPreferences, context: Context) -> Decision:
    """By the member; what waits goes by the new ones."""
    if context.sender != context.id:
        return _OTHERS
    if message.time_zone is not UNSET and zone_of(message.time_zone) is None:
        return Reject("time_zone_unknown", "There is no time zone of this name.", 400)
    settings = context.settings(NotificationSettings)
    if message.channels is not UNSET:
        for kind, channels in message.channels.items():
            if _is_statutory(kind, state, settings) and not set(STATUTORY_CHANNELS) <= set(channels):
                return _STATUTORY
    given = {name: getattr(message, name) for name in message.__struct_fields__}
    changed = {name: value for name, value in given.items() if value is not UNSET}
    preferences = preferences_of(state, settings).but(**changed, email_suspended=False)
    chosen = state.but(phase="open", preferences=preferences)
    if preferences.digest is None:
        chosen = chosen.but(digest=(), digest_more=0, digest_channels=())
    return chosen, Put(Choices(CHOICES, preferences)), *_by_new_clock(chosen, context), Reply(preferences)


def _by_new_clock(state: Inbox, context: Context) -> list[Effect]:
    effects: list[Effect] = [RemindAt(context.now, QuietHoursOver())] if state.waiting else []
    digest = state.preferences.digest if state.preferences else None
    if digest is None:
        return [*effects, Cancel(DigestLapsed.wire_name)]
    if state.digest:
        effects.append(RemindAt(next_at(context.now, digest.at, clock_of(state, context)), DigestLapsed()))
    return effects


def _is_statutory(kind: str, state: Inbox, settings: NotificationSettings) -> bool:
    return kind in ("statutory", *settings.statutory_kinds, *state.statutory_kinds)


@inbox.on("absent", "open")
def unsubscribe(state: Inbox, message: Unsubscribe, context: Context) -> Decision:
    """No more email of this kind; the route has checked the link. Again changes nothing."""
    settings = context.settings(NotificationSettings)
    if message.notice_class == "statutory" or _is_statutory(message.kind, state, settings):
        return _STATUTORY
    preferences = preferences_of(state, settings)
    before = chosen_channels(preferences.channels, message.kind, message.notice_class)
    after = tuple(channel for channel in before if channel != "email")
    if message.kind in preferences.channels and after == before:
        return None
    changed = preferences.but(channels={**preferences.channels, message.kind: after})
    return state.but(phase="open", preferences=changed), Put(Choices(CHOICES, changed))


# --- from whom and of what nothing ---


@inbox.on("absent", "open")
def note_wall(state: Inbox, message: NoteWall, context: Context) -> Decision:
    """Known here, so that nothing about the other is told."""
    before = context.row(Wall, message.other) or Wall(message.other)
    field = {"block": "is_blocked", "blocked_by": "is_blocked_by", "mute": "is_muted"}[message.wall]
    after = before.but(**{field: message.is_up})
    if after == before:
        return None
    changed = state.but(phase="open", walls=state.walls + after.is_up - before.is_up)
    return changed, Put(after) if after.is_up else Remove(Wall, message.other)


@inbox.on("absent", "open")
def note_consent(state: Inbox, message: NoteConsent, context: Context) -> Decision:
    """Without it no notice of a campaign is taken."""
    return state.but(phase="open", consents_to_campaigns=message.is_given)


def walls_of(event: WallChanged) -> list[tuple[str, NoteWall]]:
    """A mute concerns whoever muted; a block both."""
    own = (event.member, NoteWall(event.other, event.wall, event.is_up))
    if event.wall == "mute":
        return [own]
    return [own, (event.other, NoteWall(event.member, "blocked_by", event.is_up))]


inbox.hears(WallChanged, to=walls_of)
inbox.hears(
    ConsentChanged,
    to=lambda event: [(event.member, NoteConsent(event.is_given))] if event.kind == "campaign" else [],
)


# --- forgetting ---


@inbox.on("open")
def sweep(state: Inbox, message: SweepInbox, context: Context) -> Decision:
    """Which notices are old, is asked of the read model."""
    keep = timedelta(days=context.settings(NotificationSettings).keep_days)
    return Call(find_old, FindOld(context.id, context.now - keep), key="sweep")


@inbox.on("open")
def forget(state: Inbox, message: ForgetNotices, context: Context) -> Decision:
    """They go with what became of them; while some are left, another look follows."""
    removed = [effect for id in message.notices for effect in _without(id)]
    left = max(0, state.kept - len(message.notices))
    again = [RemindAfter(timedelta(days=0 if message.more else 7), SweepInbox())] if left else []
    return state.but(kept=left), *removed, *again


@inbox.on("absent", "open", "closed")
def forget_member(state: Inbox, message: ForgetMember, context: Context) -> Decision:
    """One's own inbox is emptied and closed; out of another's go the notices about what they did."""
    if context.id == message.member:
        reminders = (SweepInbox, QuietHoursOver, DigestLapsed)
        cancels = [Cancel(each.wire_name) for each in reminders]
        return Inbox(phase="closed"), *cancels, *forgotten_rows(inbox, message, context)
    about = [key for collection, key in message.rows if collection == "notice" and _is_about(key, message, context)]
    wall = context.row(Wall, message.member)
    others = [each for each in message.rows if each[1] not in (*about, message.member)]
    fewer = state.but(kept=max(0, state.kept - len(about)), walls=state.walls - (wall is not None and wall.is_up))
    return (
        fewer,
        *(effect for id in about for effect in _without(id)),
        *([Remove(Wall, message.member)] if wall else []),
        *forgotten_rows(inbox, message.but(rows=tuple(others)), context),
    )


def _is_about(key: str, message: ForgetMember, context: Context) -> bool:
    notice = context.row(Notice, key)
    return notice is not None and notice.about == message.member


def _without(notice: str) -> list[Effect]:
    channels = ("in_app", "email", "sms", "push")
    return [Remove(Notice, notice), *(Remove(Delivery, f"{notice}:{channel}") for channel in channels)]


inbox.hears(MemberErased, to=lambda event: [(event.member, ForgetMember(event.member, "keep"))])
