"""Reads of inboxes; each is of its own member."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.ports.database import Database
from diramoja.pages import Number, holding, paged, place
from diramoja.plugins.notification.contracts import (
    ChannelName,
    ChannelView,
    Digest,
    NoticeClass,
    NoticeView,
    PreferencesView,
    QuietHours,
    Subject,
)
from diramoja.plugins.notification.settings import NotificationSettings
from diramoja.ports.texts import Texts

__all__ = [
    "HOLDINGS",
    "Told",
    "drop_counts",
    "language_of",
    "member_of_letter",
    "notice_list",
    "old_notices",
    "preferences",
    "told",
]

_LARGEST = 2**63 - 1

_NOTICE = (
    'SELECT n.id, n.seq, n.kind, n.notice_class, n.subject_type, n.subject_id, n.text, n."values"::text AS "values",'
    " n.channels, n.held, n.created_at, COALESCE(n.read_at,"
    " (SELECT min(m.at) FROM notice_mark m WHERE m.member = n.member AND m.seq >= n.seq)) AS read_at"
    " FROM notice n WHERE n.member = $1"
)
_SHOWN = (
    " AND (n.notice_class = 'statutory' OR NOT EXISTS"
    " (SELECT 1 FROM notice_wall w WHERE w.member = n.member AND w.other = n.about))"
)
"""Nothing about somebody behind a wall that was put up later, either."""
_TOLD = (
    'SELECT n.id, n.kind, n.notice_class, n.subject_type, n.subject_id, n.text, n."values"::text AS "values"'
    ", n.valid_until FROM notice n WHERE n.member = $1 AND n.id = ANY($2::text[])"
)
_UNREAD = " AND n.read_at IS NULL AND n.seq > COALESCE((SELECT max(m.seq) FROM notice_mark m WHERE m.member = $1), 0)"


HOLDINGS = [
    holding(
        "notices",
        'SELECT n.id, n.kind, n.notice_class, n.subject_type, n.subject_id, n.text, n."values"::text AS "values",'  # noqa: S608
        " n.channels, n.created_at, n.read_at FROM notice n WHERE n.member = $1 AND n.id > $2"
        f"{_SHOWN} ORDER BY n.id LIMIT $3",
        "id",
    ),
    holding(
        "preferences",
        "SELECT name, language, time_zone, quiet_start, quiet_end, digest_at, channels::text AS channels,"
        " email_suspended FROM notice_preferences WHERE member = $1 AND name > $2 ORDER BY name LIMIT $3",
        "name",
    ),
]


class Told(msgspec.Struct, frozen=True):
    """A notice as letters need it."""

    kind: str
    notice_class: NoticeClass
    subject: Subject
    text: str
    values: Mapping[str, str]
    valid_until: datetime | None

    def is_late(self, now: datetime) -> bool:
        """Whether it is no longer worth telling."""
        return self.valid_until is not None and self.valid_until <= now


async def notice_list(  # keywords
    db: Database,
    reader: Reader,
    page: PageQuery,
    *,
    texts: Texts,
    settings: NotificationSettings,
    unread: bool,
    kind: str,
) -> Page[NoticeView]:
    """The reader's notices, the newest first, in their language.

    Raises:
        InvalidError: the cursor is of another list.
    """
    (before,) = place(page, tuple[Number]) or (_LARGEST,)
    rows = await db.fetch(
        _NOTICE
        + _SHOWN
        + (_UNREAD if unread else "")
        + " AND ($2 = '' OR n.kind = $2) AND n.seq < $3 ORDER BY n.seq DESC LIMIT $4",
        reader.member,
        kind,
        before,
        page.limit + 1,
    )
    deliveries = await _deliveries(db, reader.member, [row["id"] for row in rows[: page.limit]])
    language = await language_of(db, settings, reader.member)
    return paged(rows, page, lambda row: _view(row, deliveries.get(row["id"], {}), texts, language), "seq")


async def _deliveries(db: Database, member: str, notices: Sequence[str]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Notice → channel → what became of it."""
    if not notices:
        return {}
    rows = await db.fetch(
        "SELECT notice, channel, state, at, reason FROM notice_delivery WHERE member = $1 AND key = ANY($2::text[])",
        member,
        [f"{id}:{channel}" for id in notices for channel in ("in_app", "email", "sms", "push")],
    )
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["notice"], {})[row["channel"]] = row
    return found


def _view(
    row: Mapping[str, Any], deliveries: Mapping[str, Mapping[str, Any]], texts: Texts, language: str
) -> NoticeView:
    values: dict[str, str] = msgspec.json.decode(row["values"])
    return NoticeView(
        id=row["id"],
        kind=row["kind"],
        notice_class=row["notice_class"],
        subject=Subject(row["subject_type"], row["subject_id"]),
        reason=texts.translate(language, row["text"], values),
        channels=tuple(_channel(row, channel, deliveries.get(channel)) for channel in row["channels"]),
        created_at=row["created_at"],
        read_at=row["read_at"],
    )


def _channel(row: Mapping[str, Any], channel: ChannelName, delivery: Mapping[str, Any] | None) -> ChannelView:
    if delivery is not None:
        return ChannelView(channel, delivery["state"], delivery["at"], delivery["reason"])
    if row["held"]:
        return ChannelView(channel, "suppressed", row["created_at"], row["held"])
    return ChannelView(channel, "delivered", row["created_at"])


async def preferences(db: Database, reader: Reader, settings: NotificationSettings) -> PreferencesView:
    """The reader's, or the usual ones."""
    row = await db.one(
        "SELECT language, time_zone, quiet_start, quiet_end, digest_at, channels::text AS channels, email_suspended"
        " FROM notice_preferences WHERE member = $1",
        reader.member,
    )
    if row is None:
        return PreferencesView(settings.language, settings.time_zone, None, Digest(settings.digest_at), {})
    return PreferencesView(
        language=row["language"],
        time_zone=row["time_zone"],
        quiet_hours=QuietHours(row["quiet_start"], row["quiet_end"]) if row["quiet_start"] else None,
        digest=Digest(row["digest_at"]) if row["digest_at"] else None,
        channels=msgspec.json.decode(row["channels"]),
        email_suspended=row["email_suspended"],
    )


async def language_of(db: Database, settings: NotificationSettings, member: str) -> str:
    """In which a member reads; the usual one for whoever chose none."""
    row = await db.one("SELECT language FROM notice_preferences WHERE member = $1", member)
    return str(row["language"]) if row else settings.language


async def told(db: Database, member: str, notices: Sequence[str]) -> dict[str, Told]:
    """These notices of a member by id; those that are gone, or behind a wall, are left out."""
    rows = await db.fetch(
        _TOLD + _SHOWN,
        member,
        list(notices),
    )
    return {
        row["id"]: Told(
            kind=row["kind"],
            notice_class=row["notice_class"],
            subject=Subject(row["subject_type"], row["subject_id"]),
            text=row["text"],
            values=msgspec.json.decode(row["values"]),
            valid_until=row["valid_until"],
        )
        for row in rows
    }


async def member_of_letter(db: Database, notice: str) -> str | None:
    """To whom a notice went by email; None where it did not, or is forgotten."""
    row = await db.one("SELECT member FROM notice_delivery WHERE notice = $1 AND channel = 'email'", notice)
    return str(row["member"]) if row else None


async def old_notices(db: Database, member: str, before: datetime, limit: int) -> list[str]:
    """What a member was told before, the oldest first."""
    rows = await db.fetch(
        "SELECT id FROM notice WHERE member = $1 AND created_at <= $2 ORDER BY seq LIMIT $3", member, before, limit
    )
    return [row["id"] for row in rows]


async def drop_counts(db: Database) -> dict[str, int]:
    """How many notices were not taken in this deployment, by reason."""
    rows = await db.fetch(
        "SELECT reason, sum(count)::bigint AS count FROM notice_dropped GROUP BY reason ORDER BY reason"
    )
    return {row["reason"]: row["count"] for row in rows}
