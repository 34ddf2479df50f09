"""Inboxes as rows of the read model."""

from collections.abc import Mapping
from datetime import datetime

from diramoja.core import Personal, Record, record
from diramoja.plugins.notification.contracts import ChannelName
from diramoja.plugins.notification.state import Choices, Delivery, Dropped, Notice, ReadMark, Wall

__all__ = [
    "DeliveryRecord",
    "DroppedRecord",
    "MarkRecord",
    "NoticeRecord",
    "PreferencesRecord",
    "WallRecord",
    "delivery_rows",
    "dropped_rows",
    "mark_rows",
    "notice_rows",
    "preferences_rows",
    "wall_rows",
]


class NoticeRecord(Record):
    """A notice; `text` and `values` are not yet in a language."""

    member: Personal[str]
    id: str
    seq: int
    kind: str
    notice_class: str
    subject_type: str
    subject_id: str
    text: str
    values: Personal[Mapping[str, str]]
    channels: tuple[ChannelName, ...]
    held: str
    about: Personal[str]
    created_at: datetime
    valid_until: datetime | None
    read_at: datetime | None


class DeliveryRecord(Record):
    """What became of a notice on a channel."""

    member: Personal[str]
    key: str
    notice: str
    channel: str
    state: str
    at: datetime
    reason: str


class WallRecord(Record):
    """Somebody about whom a member is told nothing, and sees no notice."""

    member: Personal[str]
    other: Personal[str]


class MarkRecord(Record):
    """All up to this one were read."""

    member: Personal[str]
    place: str
    seq: int
    at: datetime


class DroppedRecord(Record):
    """How many notices were not taken, and why."""

    member: Personal[str]
    reason: str
    count: int


class PreferencesRecord(Record):
    """How a member is told things."""

    member: Personal[str]
    name: str
    language: str
    time_zone: str
    quiet_start: str | None
    quiet_end: str | None
    digest_at: str | None
    channels: Mapping[str, tuple[ChannelName, ...]]
    email_suspended: bool


@record("notice", key=("member", "id"), of=Notice)
def notice_rows(agent: str, row: Notice) -> NoticeRecord:
    """One row a notice."""
    return NoticeRecord(
        member=agent,
        id=row.id,
        seq=row.seq,
        kind=row.kind,
        notice_class=row.notice_class,
        subject_type=row.subject.type,
        subject_id=row.subject.id,
        text=row.text,
        values=row.values,
        channels=row.channels,
        held=row.held,
        about=row.about,
        created_at=row.created_at,
        valid_until=row.valid_until,
        read_at=row.read_at,
    )


@record("notice_delivery", key=("member", "key"), of=Delivery)
def delivery_rows(agent: str, row: Delivery) -> DeliveryRecord:
    """One row a notice and channel."""
    return DeliveryRecord(agent, row.key, row.notice, row.channel, row.state, row.at, row.reason)


@record("notice_wall", key=("member", "other"), of=Wall)
def wall_rows(agent: str, row: Wall) -> WallRecord:
    """One row a pair, while a wall is up."""
    return WallRecord(agent, row.other)


@record("notice_mark", key=("member", "place"), of=ReadMark)
def mark_rows(agent: str, row: ReadMark) -> MarkRecord:
    """The newest few of a member."""
    return MarkRecord(agent, row.place, row.seq, row.at)


@record("notice_dropped", key=("member", "reason"), of=Dropped)
def dropped_rows(agent: str, row: Dropped) -> DroppedRecord:
    """One row a member and reason."""
    return DroppedRecord(agent, row.reason, row.count)


@record("notice_preferences", key=("member", "name"), of=Choices)
def preferences_rows(agent: str, row: Choices) -> PreferencesRecord:
    """One row a member who set some."""
    chosen = row.preferences
    return PreferencesRecord(
        member=agent,
        name=row.name,
        language=chosen.language,
        time_zone=chosen.time_zone,
        quiet_start=chosen.quiet_hours.start if chosen.quiet_hours else None,
        quiet_end=chosen.quiet_hours.end if chosen.quiet_hours else None,
        digest_at=chosen.digest.at if chosen.digest else None,
        channels=chosen.channels,
        email_suspended=chosen.email_suspended,
    )
