"""Notification: messages and views."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Command, Context, Event, Personal, Tell, View
from diramoja.plugins.member.forgetting_contracts import FORMER

__all__ = [
    "ChannelName",
    "ChannelView",
    "ClockTime",
    "DeliveryState",
    "Digest",
    "DigestLapsed",
    "ForgetNotices",
    "MarkAllRead",
    "MarkRead",
    "NoteConsent",
    "NoteDelivery",
    "NoteWall",
    "NoticeClass",
    "NoticeKind",
    "NoticeView",
    "NotificationReceived",
    "Notify",
    "PreferencesView",
    "QuietHours",
    "QuietHoursOver",
    "SetPreferences",
    "Subject",
    "SweepInbox",
    "Unsubscribe",
    "notify",
]

type NoticeClass = Literal["statutory", "personal", "participation", "campaign"]
"""`statutory`: votes on whose roll one is, sanctions, security; cannot be switched off. `personal`: about oneself or by
somebody to oneself. `participation`: what one could take part in; capped. `campaign`: with consent only; capped."""
type NoticeKind = Annotated[
    str, Meta(pattern=r"^[a-z][a-z_]*(\.[a-z_]+)+$(?!\n)", max_length=80, examples=["topic.suggested"])
]
type ChannelName = Literal["in_app", "email", "sms", "push"]
type DeliveryState = Literal["queued", "sent", "delivered", "failed", "suppressed"]
type ClockTime = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)", description="hour and minute there", examples=["22:00"])
]
type Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}$(?!\n)", examples=["sw"])]
type TimeZone = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_+/-]{1,64}$(?!\n)", description="of the IANA database", examples=["Africa/Nairobi"])
]
type Choice = Annotated[
    str,
    Meta(
        pattern=r"^(statutory|personal|participation|campaign|[a-z][a-z_]*(\.[a-z_]+)+)$(?!\n)",
        max_length=80,
        description="a kind of notice, or a class for all its kinds",
    ),
]
type Channels = Annotated[Mapping[Choice, Annotated[tuple[ChannelName, ...], Meta(max_length=4)]], Meta(max_length=100)]


class Subject(View):
    """What a notice is about: a kind of agent or thing, and its id."""

    type: str
    id: str


class QuietHours(View):
    """From `start` to `end` by the member's clock; over midnight where `end` is the earlier."""

    start: ClockTime
    end: ClockTime


class Digest(View):
    """When what was beyond the cap of a day comes in one message, by the member's clock."""

    at: ClockTime


# --- from any plugin ---


class Notify(Command):
    """Tell a member something, to their inbox `inbox:<member>`; the same `key` twice is told once.

    Attributes:
        kind: what the member may switch off or choose channels for.
        text: English with `{name}` placeholders; it is the msgid of the plugin's catalogues (`locale/<language>.po`).
        values: for the placeholders.
        key: "" for kind and subject.
        valid_until: later it is dropped and counted.
        about: the member whose doing this is; whoever blocked or muted them is not told. "" for software and offices.
    """

    kind: NoticeKind
    notice_class: NoticeClass
    subject: Subject
    text: Annotated[str, Meta(min_length=1, max_length=1_000)]
    values: Personal[Mapping[str, str]] = msgspec.field(default_factory=dict)
    key: Annotated[str, Meta(max_length=200)] = ""
    valid_until: datetime | None = None
    about: Personal[str] = ""


def notify(context: Context, member: str, notice: Notify) -> tuple[Tell, ...]:
    """The effect that tells it; none where the deployment notifies nobody."""
    return (Tell("inbox", member, notice),) if member not in ("", FORMER) and context.has("notification") else ()


# --- from the member ---


class MarkRead(Command):
    """One notice was read; again changes nothing."""

    notice: str


class MarkAllRead(Command):
    """All up to and with this one were read."""

    up_to: Annotated[str, Meta(min_length=1, max_length=128)]


class SetPreferences(Command):
    """Change what is given; the rest stays. Answers a PreferencesView; 409 `statutory_notice`.

    Saving also tries an email address again that had refused our mail.
    """

    language: Language | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    quiet_hours: QuietHours | UnsetType | None = UNSET
    digest: Digest | UnsetType | None = UNSET
    channels: Channels | UnsetType = UNSET


class Unsubscribe(Command):
    """No more email of this kind; from whoever holds a link out of one. 409 `statutory_notice`."""

    kind: NoticeKind
    notice_class: NoticeClass


# --- from other agents, jobs and reminders ---


class NoteWall(Command):
    """A block stands between this member and another, or this one muted the other; or it was taken back."""

    other: Personal[str]
    wall: Literal["block", "blocked_by", "mute"]
    is_up: bool


class NoteConsent(Command):
    """The member consents to notices of campaigns, or does no more."""

    is_given: bool


class NoteDelivery(Command):
    """What became of a message on a channel."""

    notice: str
    channel: ChannelName
    state: DeliveryState
    reason: str = ""


class QuietHoursOver(Command):
    """What waited for the end of the quiet hours may go."""


class DigestLapsed(Command):
    """It is the member's hour for the digest."""


class SweepInbox(Command):
    """Look for notices that are older than they are kept."""


class ForgetNotices(Command):
    """These notices are older than they are kept. `more`: there are others."""

    notices: tuple[str, ...]
    more: bool = False


# --- events ---


class NotificationReceived(Event, name="notification.received", live=True):
    """There is something new in the inbox; its text is fetched in the reader's language. On the own channel only."""

    notice: str
    kind: str
    notice_class: NoticeClass
    subject: Subject


# --- views ---


class ChannelView(View):
    """A channel on which a member is told something, and what became of it; `reason` says why not."""

    channel: ChannelName
    state: DeliveryState
    at: datetime
    reason: str = ""


class NoticeView(View, rename={"notice_class": "class"}):
    """A notice in the inbox; `reason` is what it says, in the member's language."""

    id: str
    kind: str
    notice_class: NoticeClass
    subject: Subject
    reason: str
    channels: tuple[ChannelView, ...]
    created_at: datetime
    read_at: datetime | None


class PreferencesView(View):
    """How a member is told things. `email_suspended`: their address refused our mail for good."""

    language: str
    time_zone: str
    quiet_hours: QuietHours | None
    digest: Digest | None
    channels: Mapping[str, tuple[ChannelName, ...]]
    email_suspended: bool = False
