"""How an event went: figures and charts for its organizer, what was said of it, and the survey for all."""

from collections.abc import Mapping, Sequence
from typing import Any

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import MissingError
from diramoja.core.ports.database import Database
from diramoja.pages import paged, place
from diramoja.plugins.event.charts import BARS_MAX, bar_chart
from diramoja.plugins.event.queries import check_organizer, check_visible
from diramoja.plugins.event.rules import feedback_view
from diramoja.plugins.event.views import ChartsView, CommentView, Count, FeedbackView, ReportView, SpunOff
from diramoja.withholding import STEP

__all__ = ["comment_list", "event_feedback", "event_report"]

_FIGURES = """
SELECT e.*,
    (SELECT count(*) FROM event_invitation AS i WHERE i.event = e.id) AS invited,
    (SELECT count(*) FROM event_check_in AS c WHERE c.event = e.id AND c.way = 'online') AS online,
    (SELECT count(*) FROM event_question AS q WHERE q.event = e.id AND q.status = 'published') AS questions,
    (SELECT count(*) FROM event_question AS q WHERE q.event = e.id AND q.status = 'published'
        AND q.state = 'answered') AS answered
FROM event AS e WHERE e.id = $1
"""
_REGISTRATIONS = """
SELECT * FROM (
    SELECT date_trunc('day', answered_at, 'UTC') AS at, count(*) AS count FROM event_guest
    WHERE event = $1 AND state = 'confirmed' GROUP BY 1 ORDER BY 1 DESC LIMIT $2
) AS last ORDER BY at
"""
_CHECK_INS = """
SELECT date_bin('15 minutes', at, timestamptz '2000-01-01T00:00:00Z') AS at, count(*) AS count FROM event_check_in
WHERE event = $1 GROUP BY 1 ORDER BY 1 LIMIT $2
"""


async def event_feedback(db: Database, reader: Reader, event: str) -> FeedbackView:
    """All answers together, in steps of five.

    Raises:
        MissingError: there is no such event for the reader.
    """
    await check_visible(db, reader, event)
    row = await db.one("SELECT ratings FROM event WHERE id = $1", event)
    return feedback_view(row["ratings"] if row else ())


async def comment_list(db: Database, reader: Reader, event: str, page: PageQuery) -> Page[CommentView]:
    """What was said, in no order of time; for the organizer.

    Raises:
        MissingError: there is no such event. DeniedError: it is another's.
    """
    await check_organizer(db, reader, event)
    (after,) = place(page, tuple[str]) or ("",)
    rows = await db.fetch(
        "SELECT c.id, c.text FROM event_comment AS c JOIN event AS e ON e.id = c.event"
        " WHERE c.event = $1 AND c.id > $2"
        " AND (c.five + 1) * $3 <= (SELECT coalesce(sum(n), 0) FROM unnest(e.ratings) AS n) ORDER BY c.id LIMIT $4",
        event,
        after,
        STEP,
        page.limit + 1,
    )
    return paged(rows, page, lambda row: CommentView(row["id"], row["text"]), "id")


async def event_report(db: Database, reader: Reader, event: str) -> ReportView:
    """How it went.

    Raises:
        MissingError: there is no such event. DeniedError: it is another's.
    """
    await check_organizer(db, reader, event)
    row = await db.one(_FIGURES, event)
    if row is None:
        raise MissingError(f"There is no event {event}.", code="event_missing")
    registrations = _counts(await db.fetch(_REGISTRATIONS, event, BARS_MAX))
    check_ins = _counts(await db.fetch(_CHECK_INS, event, BARS_MAX))
    feedback = feedback_view(row["ratings"])
    return ReportView(
        event_id=event,
        invited=_invited(row),
        registered=row["registered_count"],
        attended=row["attended_count"],
        online=row["online"],
        registrations=registrations,
        check_ins=check_ins,
        questions=row["questions"],
        answered=row["answered"],
        feedback=feedback,
        topics=tuple(map(SpunOff, row["topics"], row["topic_titles"])),
        charts=_charts(row, registrations, check_ins, feedback),
    )


def _invited(row: Mapping[str, Any]) -> int | None:
    """Withheld where it is so few that it would say something of them."""
    invited: int = row["invited"]
    return invited if invited >= STEP else None


def _counts(rows: Sequence[Mapping[str, Any]]) -> tuple[Count, ...]:
    return tuple(Count(row["at"], row["count"]) for row in rows)


def _charts(
    row: Mapping[str, Any], registrations: Sequence[Count], check_ins: Sequence[Count], feedback: FeedbackView
) -> ChartsView:
    reach = [("invited", _invited(row)), *((name, row[column]) for name, column in _REACH.items())]
    bins = feedback.ratings or ()
    ratings = [(f"{each.low}" if each.low == each.high else f"{each.low} to {each.high}", each.count) for each in bins]
    return ChartsView(
        reach=bar_chart("Invited, registered, there", reach),
        registrations=bar_chart(
            "Registrations by day", [(f"{each.at:%Y-%m-%d}", each.count) for each in registrations]
        ),
        check_ins=bar_chart(
            "Check-ins by quarter of an hour, UTC", [(f"{each.at:%d %b %H:%M}", each.count) for each in check_ins]
        ),
        feedback=bar_chart("Ratings, 1 to 5", ratings or [("fewer than five answers", None)]),
    )


_REACH = {"registered": "registered_count", "there": "attended_count", "of them online": "online"}
