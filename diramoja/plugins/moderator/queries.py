"""Reads for the moderators' routes and alerts. Who may call them is checked beside the routes."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from diramoja.core import Event, Page, PageQuery, Reader
from diramoja.core.errors import DeniedError, MissingError
from diramoja.core.ports.database import Database
from diramoja.pages import Moment, paged, place
from diramoja.plugins.member.contracts import not_walled
from diramoja.plugins.moderator.case_contracts import AuthorityLevel, CaseOpened, CasePhase
from diramoja.plugins.moderator.rules import accuracy
from diramoja.plugins.moderator.views import (
    AccuracyView,
    AppealState,
    AppealView,
    CaseView,
    ModeratorView,
    ReportedReason,
)
from diramoja.plugins.topic.contracts import ModerationChanged, TopicFlagged

__all__ = [
    "accuracy_of",
    "appeal_list",
    "authority_in",
    "case_list",
    "case_of_appeal",
    "moderator_list",
    "on_duty",
    "on_duty_for_report",
    "on_duty_for_topic",
    "one_case",
    "review_list",
]

_HIDDEN = "c.review = 'asked' AND NOT $1 = ANY (c.took_part)"
"""While a second opinion is asked for, only those who decided see the decision."""
_CASE = (
    "SELECT c.id, c.phase, c.origin, c.about, c.place, c.topic AS topic_id, c.post AS post_id,"  # noqa: S608  # constants
    " c.author AS author_id, t.body,"
    " t.revised, c.reason, c.toxicity_ratio, c.confidence_ratio, c.severe, c.weight, c.rank, c.tags, c.authority,"
    " c.report_count, nullif(c.claimed_by, '') AS claimed_by, c.opened_at, c.overdue, c.escalation_reason, c.proposal,"
    f" CASE WHEN {_HIDDEN} THEN NULL ELSE c.action END AS action,"
    f" CASE WHEN {_HIDDEN} THEN NULL ELSE c.post_action END AS post_action,"
    f" CASE WHEN {_HIDDEN} THEN '' ELSE c.rule END AS rule,"
    f" CASE WHEN {_HIDDEN} THEN '' ELSE c.guidelines_version END AS guidelines_version,"
    f" CASE WHEN {_HIDDEN} THEN '' ELSE c.decision_reason END AS decision_reason, c.decided_at"
    ' FROM moderation_case c JOIN moderation_case_text t ON t."case" = c.id'
)
_SEAT = (
    "WITH party (member) AS (SELECT author FROM moderation_case WHERE id = $2"
    " UNION SELECT addressee FROM moderation_case WHERE id = $2"
    ' UNION SELECT reporter FROM moderation_case_report WHERE "case" = $2)'
    " SELECT (SELECT authority_level FROM moderation_moderator WHERE id = $1) AS authority,"
    " EXISTS (SELECT 1 FROM moderation_recusal r JOIN moderation_case c ON c.topic = r.topic"
    " WHERE c.id = $2 AND $1 = ANY (r.members)) AS recused,"
    " EXISTS (SELECT 1 FROM party WHERE NOT"
)
_APPEAL = (
    "SELECT a.id, a.sanction AS sanction_id, a.text, a.filed_at, a.state, a.reason AS decision_reason,"
    ' a."case" AS case_id, s.action AS kind FROM moderation_appeal a JOIN moderation_sanction s ON s.id = a.sanction'
)
_UNCONCERNED = (
    "NOT $1 = ANY (c.took_part) AND $1 NOT IN (c.author, c.addressee)"
    ' AND NOT EXISTS (SELECT 1 FROM moderation_case_report r WHERE r."case" = c.id AND r.reporter = $1)'
)
_SHOWN_REPORTS = 100


async def case_list(
    db: Database, reader: Reader, page: PageQuery, *, phase: CasePhase | None = None, overdue: bool | None = None
) -> Page[CaseView]:
    """Cases by weight, the heaviest first, and by age; not those of authors behind a block.

    The weight of a waiting case grows with each report: one that overtakes the cursor is on the first page.

    Raises:
        InvalidError: the cursor is of another list.
    """
    args: list[Any] = [reader.member]
    conditions = [not_walled("$1", "c.author")]
    for column, value in (("phase", phase), ("overdue", overdue)):
        if value is not None:
            args.append(value)
            conditions.append(f"c.{column} = ${len(args)}")
    if after := place(page, tuple[float, str]):
        args += after
        conditions.append(f"(c.rank, c.id) > (${len(args) - 1}, ${len(args)})")
    sql = f"{_CASE} WHERE {' AND '.join(conditions)} ORDER BY c.rank, c.id LIMIT {page.limit + 1:d}"
    rows = await db.fetch(sql, *args)
    return paged(rows, page, _case, "rank", "id")


async def one_case(db: Database, reader: Reader, id: str) -> CaseView:
    """A case with what was reported, but for whom it is about: words of a report give its author away.

    Raises:
        MissingError: there is none.
    """
    row = await db.one(f"{_CASE} WHERE c.id = $2 AND {not_walled('$1', 'c.author')}", reader.member, id)
    if row is None:
        raise MissingError(f"There is no case {id}.", code="case_missing")
    reports = await db.fetch(
        'SELECT r.reason, r.text FROM moderation_case_report r JOIN moderation_case c ON c.id = r."case"'
        ' WHERE r."case" = $1 AND $2 NOT IN (c.author, c.addressee) ORDER BY r.reporter LIMIT $3',
        id,
        reader.member,
        _SHOWN_REPORTS,
    )
    return _case(row).but(reports=tuple(msgspec.convert(dict(each), ReportedReason) for each in reports))


async def review_list(db: Database, reader: Reader, page: PageQuery) -> Page[CaseView]:
    """Cases on which a second opinion is asked for, oldest decision first; none in which the reader has a part.

    Raises:
        InvalidError: the cursor is of another list.
    """
    at, after = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        f"{_CASE} WHERE c.review = 'asked' AND {_UNCONCERNED} AND {not_walled('$1', 'c.author')}"
        " AND ($2::timestamptz IS NULL OR (c.decided_at, c.id) > ($2, $3)) ORDER BY c.decided_at, c.id LIMIT $4",
        reader.member,
        at,
        after,
        page.limit + 1,
    )
    return paged(rows, page, _case, "decided_at", "id")


async def authority_in(db: Database, reader: Reader, case: str) -> AuthorityLevel:
    """The authority of the reader; officials have the highest.

    Raises:
        DeniedError: a block stands between the reader and a party of the case, or they stand in an open vote about
            its topic, or proposed it (`recused`).
    """
    row = await db.one(f"{_SEAT} {not_walled('$1', 'party.member')}) AS walled", reader.member, case)
    if row is not None and row["walled"]:
        raise DeniedError("A block stands between you and somebody whom this case concerns.", code="recused")
    if row is not None and row["recused"]:
        detail = "While a vote about this topic is open in which you stand, or that you proposed, others decide here."
        raise DeniedError(detail, code="recused")
    if reader.has("official"):
        return "global"
    return msgspec.convert(row["authority"], AuthorityLevel) if row and row["authority"] else "topic"


# --- appeals ---


async def appeal_list(db: Database, reader: Reader, page: PageQuery, *, state: AppealState) -> Page[AppealView]:
    """Appeals in this state, oldest first; not the reader's own.

    Raises:
        InvalidError: the cursor is of another list.
    """
    at, after = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        f"{_APPEAL} WHERE a.state = $1 AND a.member <> $2 AND {not_walled('$2', 'a.member')}"
        " AND ($3::timestamptz IS NULL OR (a.filed_at, a.id) > ($3, $4)) ORDER BY a.filed_at, a.id LIMIT $5",
        state,
        reader.member,
        at,
        after,
        page.limit + 1,
    )
    return paged(rows, page, _appeal, "filed_at", "id")


async def case_of_appeal(db: Database, id: str) -> str:
    """The case to which an appeal belongs.

    Raises:
        MissingError: there is none.
    """
    row = await db.one('SELECT "case" FROM moderation_appeal WHERE id = $1', id)
    if row is None:
        raise MissingError(f"There is no appeal {id}.", code="appeal_missing")
    return str(row["case"])


# --- moderators ---


async def on_duty(event: Event, db: Database) -> AsyncIterator[str]:
    """Whom an event about a case or a topic concerns: on duty for the topic; else all who may act on it.

    Of an escalation those with the authority that it takes.
    """
    rows = db.stream(
        "WITH able AS (SELECT id, phase = 'on_duty' AND (topics = '{}' OR $1 = ANY (topics)) AS here"  # noqa: S608  # constants
        " FROM moderation_moderator m WHERE NOT EXISTS (SELECT 1 FROM moderation_case c WHERE c.id = $2"
        f" AND (m.id IN (c.author, c.addressee) OR NOT {not_walled('m.id', 'c.author')}"
        f" OR NOT {not_walled('m.id', 'c.addressee')} OR m.id = ANY (c.took_part) OR EXISTS (SELECT 1"
        ' FROM moderation_case_report r WHERE r."case" = c.id AND r.reporter = m.id)))'
        " AND ($3 = 'topic' OR moderator_type = 'human_official' OR authority_level IN ($3, 'global')))"
        " SELECT id FROM able WHERE here OR NOT EXISTS (SELECT 1 FROM able WHERE here) ORDER BY id",
        getattr(event, "topic", ""),
        getattr(event, "case", ""),
        getattr(event, "authority", "topic"),
    )
    async for row in rows:
        yield row["id"]


async def on_duty_for_report(event: CaseOpened, db: Database) -> AsyncIterator[str]:
    """The same where members reported; of what software found the queue is told enough."""
    if event.origin == "report":
        async for id in on_duty(event, db):
            yield id


async def on_duty_for_topic(event: TopicFlagged | ModerationChanged, db: Database) -> AsyncIterator[str]:
    """The same where a review of a topic begins, or its moderation is raised."""
    begins = not event.is_over if isinstance(event, TopicFlagged) else event.level != "open"
    if begins:
        async for id in on_duty(event, db):
            yield id


async def moderator_list(db: Database, page: PageQuery) -> Page[ModeratorView]:
    """Moderators with their counts, by id.

    Raises:
        InvalidError: the cursor is of another list.
    """
    (after,) = place(page, tuple[str]) or ("",)
    rows = await db.fetch(
        "SELECT * FROM moderation_moderator WHERE id > $1 ORDER BY id LIMIT $2", after, page.limit + 1
    )
    return paged(rows, page, _moderator, "id")


def accuracy_of(row: Mapping[str, Any]) -> AccuracyView:
    """The accuracy (F11) from the counts of a moderator, or from their sums."""
    return accuracy(
        decided=row["decided"],
        appealed=row["appealed"],
        appeals=(row["appeals_decided"], row["appeals_overturned"]),
        reviews=(row["reviews_done"], row["reviews_differed"]),
    )


# --- rows ---


def _moderator(row: Mapping[str, Any]) -> ModeratorView:
    decided = row["decided"]
    mean_s = round(row["response_s"] / decided, 1) if decided else None
    return msgspec.convert({**row, "response_s": mean_s, "accuracy": accuracy_of(row)}, ModeratorView)


def _case(row: Mapping[str, Any]) -> CaseView:
    return msgspec.convert(dict(row), CaseView)


def _appeal(row: Mapping[str, Any]) -> AppealView:
    return msgspec.convert(dict(row), AppealView)
