"""Reads of questions, and the job that looks up those that most want to know."""

from collections.abc import Mapping
from typing import Any, Literal

from diramoja.core import Command, Page, PageQuery, Reader, View, job
from diramoja.core.errors import MissingError
from diramoja.core.ports.database import Database
from diramoja.pages import Number, paged, place
from diramoja.plugins.event.views import QuestionView
from diramoja.plugins.member.contracts import not_walled

__all__ = [
    "FindTopQuestions",
    "QuestionSort",
    "TellTopQuestions",
    "TopQuestion",
    "event_of_question",
    "find_top_questions",
    "question_list",
]

type QuestionSort = Literal["new", "top"]

_VISIBLE = f"(q.status = 'published' OR (q.author = $1 AND q.status <> 'removed')) AND {not_walled('$1', 'q.author')}"
_ORDER: Mapping[QuestionSort, tuple[str, str, tuple[str, ...]]] = {
    "new": ("q.number < $3::bigint", "q.number DESC", ("number",)),
    "top": (
        "(q.upvotes < $3::bigint OR (q.upvotes = $3::bigint AND q.number > $4::bigint))",
        "q.upvotes DESC, q.number",
        ("upvotes", "number"),
    ),
}


async def question_list(
    db: Database, reader: Reader, event: str, *, sort: QuestionSort, page: PageQuery
) -> Page[QuestionView]:
    """What all may see, and one's own that waits; the newest or the most wanted first.

    Raises:
        InvalidError: the cursor is of another list.
    """
    after, order, columns = _ORDER[sort]
    shape = tuple[Number] if sort == "new" else tuple[Number, Number]
    values: tuple[int, ...] = place(page, shape) or ()
    rows = await db.fetch(
        f"SELECT q.* FROM event_question q WHERE q.event = $2 AND {_VISIBLE}"  # noqa: S608  # constants
        f" AND {after if values else 'true'} ORDER BY {order} LIMIT {page.limit + 1:d}",
        reader.member,
        event,
        *values,
    )
    return paged(rows, page, _question, *columns)


async def event_of_question(db: Database, reader: Reader, question: str) -> str:
    """The event of a question that the reader may see.

    Raises:
        MissingError: there is none.
    """
    row = await db.one(f"SELECT q.event FROM event_question q WHERE q.id = $2 AND {_VISIBLE}", reader.member, question)  # noqa: S608  # constants
    if row is None:
        raise MissingError(f"There is no question {question}.", code="question_missing")
    return str(row["event"])


def _question(row: Mapping[str, Any]) -> QuestionView:
    return QuestionView(
        id=row["id"],
        event_id=row["event"],
        author_id=row["author"],
        body=row["body"],
        state=row["state"],
        upvotes=row["upvotes"],
        created_at=row["created_at"],
        status=row["status"],
    )


# --- the most wanted ---


class TopQuestion(View):
    """A question and how many others want an answer."""

    body: str
    upvotes: int


class FindTopQuestions(View):
    """So many of the open ones."""

    event: str
    most: int


class TellTopQuestions(Command):
    """The most wanted, the most first; told by the job that looked them up."""

    questions: tuple[TopQuestion, ...]


@job(FindTopQuestions, timeout_s=10)
async def find_top_questions(payload: FindTopQuestions, db: Database) -> TellTopQuestions | None:
    """Of two that as many want, the one that was asked first; none from behind a wall."""
    rows = await db.fetch(
        "SELECT q.body, q.upvotes FROM event_question AS q JOIN event AS e ON e.id = q.event"  # noqa: S608  # constants
        " WHERE q.event = $1 AND q.status = 'published' AND q.state = 'open'"
        f" AND {not_walled('e.organizer', 'q.author')} ORDER BY q.upvotes DESC, q.number LIMIT $2",
        payload.event,
        payload.most,
    )
    return TellTopQuestions(tuple(TopQuestion(row["body"], row["upvotes"]) for row in rows)) if rows else None
