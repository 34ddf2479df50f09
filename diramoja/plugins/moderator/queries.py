"""Reads for the moderators' routes. Who may call them is checked beside the routes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from diramoja.core import Page, PageQuery
from diramoja.core.errors import InvalidError, MissingError
from diramoja.core.ports.database import Database
from diramoja.plugins.moderator.contracts import CasePhase, CaseView, ReportedReason

__all__ = ["case_list", "one_case"]

_CASE = (
    "SELECT c.id, c.phase, c.origin, c.topic AS topic_id, c.post AS post_id, c.author AS author_id, t.body, c.reason,"
    " c.toxicity_ratio, c.report_count, nullif(c.claimed_by, '') AS claimed_by, c.opened_at, c.overdue, c.action,"
    " c.rule, c.guidelines_version, c.decision_reason, c.decided_at"
    ' FROM moderation_case c JOIN moderation_case_text t ON t."case" = c.id'
)
_SHOWN_REPORTS = 100


async def case_list(db: Database, page: PageQuery, *, phase: CasePhase | None, overdue: bool | None) -> Page[CaseView]:
    """Cases, oldest first.

    Raises:
        InvalidError: the cursor is of another list.
    """
    at, after = _place(page)
    rows = await db.fetch(
        f"{_CASE} WHERE ($1::text IS NULL OR c.phase = $1) AND ($2::boolean IS NULL OR c.overdue = $2)"
        " AND ($3::timestamptz IS NULL OR (c.opened_at, c.id) > ($3, $4)) ORDER BY c.opened_at, c.id LIMIT $5",
        phase,
        overdue,
        at,
        after,
        page.limit + 1,
    )
    items = [_view(row) for row in rows[: page.limit]]
    more = len(rows) > page.limit
    return Page(items, PageQuery.cursor(items[-1].opened_at.isoformat(), items[-1].id) if more else None)


async def one_case(db: Database, id: str) -> CaseView:
    """A case with what was reported.

    Raises:
        MissingError: there is none.
    """
    row = await db.one(f"{_CASE} WHERE c.id = $1", id)
    if row is None:
        raise MissingError(f"There is no case {id}.", code="case_missing")
    reports = await db.fetch(
        'SELECT reason, text FROM moderation_case_report WHERE "case" = $1 ORDER BY reporter LIMIT $2',
        id,
        _SHOWN_REPORTS,
    )
    return _view(row).but(reports=tuple(msgspec.convert(dict(each), ReportedReason) for each in reports))


def _view(row: Mapping[str, Any]) -> CaseView:
    return msgspec.convert(dict(row), CaseView)


def _place(page: PageQuery) -> tuple[datetime | None, str]:
    if not page.after:
        return None, ""
    try:
        at, after = page.after
        return datetime.fromisoformat(str(at)), str(after)
    except ValueError as error:
        raise InvalidError("This cursor is of another list.", code="cursor_invalid") from error
