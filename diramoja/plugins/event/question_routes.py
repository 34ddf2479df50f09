"""HTTP of questions to those who speak at an event."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_204_NO_CONTENT

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.ports.database import Database
from diramoja.plugins.event.contracts import AnswerQuestion, AskQuestion, Upvote, WithdrawUpvote
from diramoja.plugins.event.queries import check_visible
from diramoja.plugins.event.question_queries import QuestionSort, event_of_question, question_list
from diramoja.plugins.event.views import QuestionState, QuestionText, QuestionView

__all__ = ["EventQuestions", "Questions"]


class NewQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one wants to know."""

    body: QuestionText


class QuestionChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a question."""

    state: QuestionState


class EventQuestions(Controller):
    """The questions of an event."""

    path = "/events/{event_id:str}/questions"
    tags = ["Events"]  # noqa: RUF012  # Litestar reads it from the class

    @post("/", permission="event.ask", limit="posts", summary="Ask")
    async def ask(self, event_id: str, data: NewQuestion, *, db: Database, reader: Reader, send: Send) -> QuestionView:
        """Before the event and during it. Others see it once it is screened."""
        await check_visible(db, reader, event_id)
        view: QuestionView = await send("event", event_id, AskQuestion(send.new_id("qst"), data.body))
        return view

    @get("/", permission="event.read", summary="Questions")
    async def list_questions(
        self,
        event_id: str,
        *,
        db: Database,
        reader: Reader,
        page: PageQuery,
        sort: Annotated[QuestionSort, QueryParameter(description="new, or top: most wanted first")] = "new",
    ) -> Page[QuestionView]:
        """What all may see, and one's own that still waits."""
        await check_visible(db, reader, event_id)
        return await question_list(db, reader, event_id, sort=sort, page=page)


class Questions(Controller):
    """Single questions."""

    path = "/questions/{question_id:str}"
    tags = ["Events"]  # noqa: RUF012  # Litestar reads it from the class

    @put(
        "/upvote",
        permission="event.ask",
        open_to="restricted",
        limit="votes",
        status_code=HTTP_204_NO_CONTENT,
        summary="Want an answer too",
    )
    async def upvote(self, question_id: str, *, db: Database, reader: Reader, send: Send) -> None:
        """A member counts once; one's own question counts already."""
        await send("event", await _event_of(db, reader, question_id), Upvote(question_id))

    @delete("/upvote", permission="event.ask", open_to="suspended", limit="votes", summary="Want it no more")
    async def withdraw(self, question_id: str, *, db: Database, reader: Reader, send: Send) -> None:
        """None is no error."""
        await send("event", await _event_of(db, reader, question_id), WithdrawUpvote(question_id))

    @patch("/", permission="event.ask", summary="Say what became of it")
    async def change(
        self, question_id: str, data: QuestionChange, *, db: Database, reader: Reader, send: Send
    ) -> QuestionView:
        """By the organizer or the staff: it was answered, or will not be, or is open again."""
        event = await _event_of(db, reader, question_id)
        view: QuestionView = await send("event", event, AnswerQuestion(question_id, data.state))
        return view


async def _event_of(db: Database, reader: Reader, question: str) -> str:
    event = await event_of_question(db, reader, question)
    await check_visible(db, reader, event)
    return event
