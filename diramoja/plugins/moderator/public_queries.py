"""What members and guests may read: decisions about oneself, the log without names, the statistics."""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from diramoja.core import Page, PageQuery
from diramoja.core.errors import MissingError
from diramoja.core.ports.database import Database
from diramoja.pages import Moment, Number, paged, place
from diramoja.plugins.moderator.guidelines import Guidelines
from diramoja.plugins.moderator.queries import accuracy_of
from diramoja.plugins.moderator.views import (
    ActionCount,
    GuidelinesView,
    LogEntry,
    RuleView,
    SanctionView,
    StatisticsView,
)

__all__ = ["case_of_sanction", "guidelines_view", "log_list", "sanction_list", "statistics"]

STATISTICS_DAYS = 30
_LOG = "SELECT day, action, rule, guidelines_version, by, partition, seq FROM moderation_log"


async def sanction_list(db: Database, member: str, now: datetime, page: PageQuery) -> Page[SanctionView]:
    """Decisions about a member, the newest first.

    Raises:
        InvalidError: the cursor is of another list.
    """
    at, last = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        "SELECT s.id, s.action AS kind, s.rule, s.guidelines_version, s.reason, s.by, s.post AS post_id, s.issued_at,"
        " s.ends_at, s.appeal_until, CASE WHEN s.state = 'standing' AND s.ends_at <= $2 THEN 'ended' ELSE s.state END"
        " AS state, coalesce(a.state, 'none') AS appeal, coalesce(a.reason, '') AS appeal_reason"
        " FROM moderation_sanction s LEFT JOIN moderation_appeal a ON a.sanction = s.id WHERE s.member = $1"
        " AND ($3::timestamptz IS NULL OR (s.issued_at, s.id) < ($3, $4))"
        " ORDER BY s.issued_at DESC, s.id DESC LIMIT $5",
        member,
        now,
        at,
        last,
        page.limit + 1,
    )
    return paged(rows, page, lambda row: msgspec.convert(dict(row), SanctionView), "issued_at", "id")


async def case_of_sanction(db: Database, member: str, id: str) -> str:
    """The case of a decision about this member.

    Raises:
        MissingError: there is none about this member.
    """
    row = await db.one('SELECT "case" FROM moderation_sanction WHERE id = $1 AND member = $2', id, member)
    if row is None:
        raise MissingError("There is no such decision about you.", code="sanction_missing")
    return str(row["case"])


async def log_list(db: Database, page: PageQuery) -> Page[LogEntry]:
    """Decisions of all, the newest day first, in no order within a day.

    Raises:
        InvalidError: the cursor is of another list.
    """
    after = place(page, tuple[date, Number, Number]) or ()
    before = "WHERE (day, partition, seq) < ($1, $2, $3)" if after else ""
    order = f"ORDER BY day DESC, partition DESC, seq DESC LIMIT {page.limit + 1:d}"
    rows = await db.fetch(f"{_LOG} {before} {order}", *after)
    return paged(rows, page, lambda row: msgspec.convert(dict(row), LogEntry), "day", "partition", "seq")


def guidelines_view(guidelines: Guidelines, version: str | None) -> GuidelinesView:
    """The guidelines that hold, or an earlier version of them.

    Raises:
        MissingError: there is no such version.
    """
    found = guidelines.of(version) if version else guidelines.current
    if found is None:
        raise MissingError(f"There are no guidelines {version}.", code="guidelines_missing")
    return GuidelinesView(
        version=found.version,
        versions=tuple(each.version for each in guidelines.versions),
        rules=tuple(RuleView(rule.name, rule.title, rule.text) for rule in found.rules),
    )


_WAITING = ("open", "claimed", "escalated")


_STATISTICS_WAITING = """
SELECT count(*) AS waiting, count(*) FILTER (WHERE overdue) AS overdue,
    (SELECT count(*) FROM moderation_appeal WHERE state = 'filed') AS appeals
FROM moderation_case WHERE phase = ANY ($1)
"""
_STATISTICS_DECIDED = """
SELECT count(*) AS decided, avg((NOT overdue)::int)::float8 AS in_time,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - opened_at)::float8) AS median_s
FROM moderation_case WHERE decided_at >= $1 AND took_part <> '{}'
"""
_STATISTICS_ACTIONS = r"""
SELECT action, by, count(*) AS count FROM moderation_log WHERE day >= $1 AND action NOT LIKE '%\_appeal\_%'
GROUP BY action, by ORDER BY action, by
"""
_STATISTICS_APPEALS = """
SELECT count(*) FILTER (WHERE state = 'granted') AS granted, count(*) FILTER (WHERE state = 'denied') AS denied
FROM moderation_appeal WHERE decided_at >= $1
"""
_STATISTICS_ACCURACY = """
SELECT coalesce(sum(decided), 0)::int AS decided, coalesce(sum(appealed), 0)::int AS appealed,
    coalesce(sum(appeals_decided), 0)::int AS appeals_decided,
    coalesce(sum(appeals_overturned), 0)::int AS appeals_overturned,
    coalesce(sum(reviews_done), 0)::int AS reviews_done, coalesce(sum(reviews_differed), 0)::int AS reviews_differed
FROM moderation_moderator
"""


async def statistics(db: Database, now: datetime) -> StatisticsView:
    """Counts of all moderation; nobody is named."""
    since = now - timedelta(days=STATISTICS_DAYS)
    waiting = await db.one(_STATISTICS_WAITING, list(_WAITING))
    decided = await db.one(_STATISTICS_DECIDED, since)
    actions = await db.fetch(_STATISTICS_ACTIONS, since.date())
    appeals = await db.one(_STATISTICS_APPEALS, since)
    counts = await db.one(_STATISTICS_ACCURACY)
    assert waiting and decided and appeals and counts
    return StatisticsView(
        waiting=waiting["waiting"],
        overdue=waiting["overdue"],
        appeals_waiting=waiting["appeals"],
        decided=decided["decided"],
        in_time_ratio=_rounded(decided["in_time"], 3),
        response_s_median=_rounded(decided["median_s"], 1),
        actions=tuple(msgspec.convert(dict(row), ActionCount) for row in actions),
        appeals_granted=appeals["granted"],
        appeals_denied=appeals["denied"],
        accuracy=accuracy_of(counts),
    )


def _rounded(value: Any, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
