"""HTTP of what members say of an event, and of the report to its organizer."""

from litestar import Controller, get, post
from litestar.status_codes import HTTP_201_CREATED

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.ports.database import Database
from diramoja.plugins.event.contracts import GiveFeedback
from diramoja.plugins.event.queries import check_visible
from diramoja.plugins.event.report_queries import comment_list, event_feedback, event_report
from diramoja.plugins.event.views import CommentView, FeedbackView, ReportView

__all__ = ["Reports"]


class Reports(Controller):
    """How an event was, and how it went."""

    path = "/events/{event_id:str}"
    tags = ["Events"]  # noqa: RUF012  # Litestar reads it from the class

    @post(
        "/feedback",
        permission="event.rsvp",
        open_to="restricted",
        status_code=HTTP_201_CREATED,
        summary="Say how it was",
    )
    async def give(
        self, event_id: str, data: GiveFeedback, *, db: Database, reader: Reader, send: Send
    ) -> FeedbackView:
        """Once, by who was there. What is said is kept without who said it."""
        await check_visible(db, reader, event_id)
        view: FeedbackView = await send("event", event_id, data)
        return view

    @get("/feedback", permission="event.read", summary="How it was")
    async def get_feedback(self, event_id: str, db: Database, reader: Reader) -> FeedbackView:
        """All answers together, in steps of five; null below five."""
        return await event_feedback(db, reader, event_id)

    @get("/feedback/comments", permission="event.rsvp", summary="What was said of it")
    async def list_comments(self, event_id: str, db: Database, reader: Reader, page: PageQuery) -> Page[CommentView]:
        """For the organizer, with four others at least, in no order of time and without names."""
        return await comment_list(db, reader, event_id, page)

    @get("/report", permission="event.rsvp", summary="How it went")
    async def get_report(self, event_id: str, db: Database, reader: Reader) -> ReportView:
        """For the organizer: who was invited, has a seat and came, by time, with charts; the survey; topics."""
        return await event_report(db, reader, event_id)
