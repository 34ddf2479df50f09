"""The inbox of a member: its state and its rows. The handlers are in agent and the modules beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from diramoja.core import AgentKind, Personal, Row, State, View, fact
from diramoja.core.ports.clock import Clock
from diramoja.fields import NEVER
from diramoja.plugins.notification.contracts import (
    ChannelName,
    DeliveryState,
    Digest,
    NoticeClass,
    Notify,
    PreferencesView,
    QuietHoursOver,
    Subject,
)
from diramoja.plugins.notification.settings import NotificationSettings

__all__ = [
    "Choices",
    "Delivery",
    "DropReason",
    "Dropped",
    "Held",
    "Inbox",
    "Notice",
    "ReadMark",
    "Waiting",
    "Wall",
    "decided_at",
    "inbox",
    "preferences_of",
    "released_at",
]

type DropReason = Literal["late", "refused", "off", "consent", "cap"]


class Notice(Row):
    """What was told. `held` says why it did not go out by itself: `digest` or `cap`; "" where it did."""

    id: str
    seq: int
    kind: str
    notice_class: NoticeClass
    subject: Subject
    text: str
    values: Personal[Mapping[str, str]]
    channels: tuple[ChannelName, ...]
    held: Literal["", "digest", "cap"]
    about: Personal[str]
    created_at: datetime
    valid_until: datetime | None = None
    read_at: datetime | None = None


class Delivery(Row):
    """What became of a notice on a channel. None is kept where the inbox showed it at once."""

    key: str
    notice: str
    channel: ChannelName
    state: DeliveryState
    at: datetime
    reason: str = ""


class Wall(Row):
    """What stands between this member and another."""

    other: Personal[str]
    is_blocked: bool = False
    is_blocked_by: bool = False
    is_muted: bool = False

    @property
    def is_up(self) -> bool:
        """Whether this member is told nothing about the other."""
        return self.is_blocked or self.is_blocked_by or self.is_muted


class ReadMark(Row):
    """All up to `seq` were read at `at`; places go round, so that few are kept."""

    place: str
    seq: int
    at: datetime


class Dropped(Row):
    """How many notices were not taken, and why."""

    reason: DropReason
    count: int


class Choices(Row):
    """The member's preferences, where they set some. There is one."""

    name: str
    preferences: PreferencesView


class Waiting(View):
    """A message that quiet hours hold up."""

    notice: str
    channel: ChannelName
    valid_until: datetime | None
    is_statutory: bool


class Held(View):
    """A notice that the digest is to list."""

    notice: str
    valid_until: datetime | None


class Inbox(State):
    """What an inbox knows beside its notices, which are rows.

    Attributes:
        preferences: None: the usual ones.
        count: notices that were told. `kept`: those that are still here.
        day, day_count, week, week_count: how much of the caps is used up.
        waiting: for the end of quiet hours. `digest`: for the digest; `digest_more`: beyond those that it lists.
        statutory_kinds: those that came, so that nobody switches them off.
    """

    phase: Literal["absent", "open", "closed"] = "absent"
    preferences: PreferencesView | None = None
    consents_to_campaigns: bool = False
    walls: int = 0
    count: int = 0
    kept: int = 0
    read_seq: int = 0
    marks: int = 0
    day: str = ""
    day_count: int = 0
    week: str = ""
    week_count: int = 0
    waiting: tuple[Waiting, ...] = ()
    digest: tuple[Held, ...] = ()
    digest_more: int = 0
    digest_channels: tuple[ChannelName, ...] = ()
    statutory_kinds: tuple[str, ...] = ()


@fact(Notify, fallback=NEVER)
async def decided_at(messages: Sequence[Notify], clock: Clock) -> Sequence[datetime]:
    """What time it is: `context.now` is when it was sent, which was earlier if nothing ran since."""
    return [clock.now()] * len(messages)


@fact(QuietHoursOver, fallback=NEVER)
async def released_at(messages: Sequence[QuietHoursOver], clock: Clock) -> Sequence[datetime]:
    """What time it is: `context.now` is when the reminder was due."""
    return [clock.now()] * len(messages)


inbox = AgentKind(
    "inbox",
    Inbox,
    prefix="inb",
    rows=[Notice, Delivery, Wall, ReadMark, Dropped, Choices],
    facts=[decided_at, released_at],
    codes={"absent": "notification_missing"},
)


def preferences_of(state: Inbox, settings: NotificationSettings) -> PreferencesView:
    """The member's, or the usual ones."""
    usual = PreferencesView(settings.language, settings.time_zone, None, Digest(settings.digest_at), {})
    return state.preferences or usual
