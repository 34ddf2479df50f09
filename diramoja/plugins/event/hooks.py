"""What events bring to a deployment."""

from pathlib import Path

from diramoja.core import Channel, Plugin, hookimpl
from diramoja.plugins.event.agent import event
from diramoja.plugins.event.audiences import find_attended, find_guests, find_invited, find_kept, find_officials
from diramoja.plugins.event.calendar_routes import Calendars, Feeds
from diramoja.plugins.event.export_queries import HOLDINGS
from diramoja.plugins.event.feedback_routes import Reports
from diramoja.plugins.event.forgetting import drop_feeds
from diramoja.plugins.event.projections import RECORDS
from diramoja.plugins.event.queries import may_see
from diramoja.plugins.event.question_queries import find_top_questions
from diramoja.plugins.event.question_routes import EventQuestions, Questions
from diramoja.plugins.event.routes import Events
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.ticket_routes import CheckIns, TicketKeys

__all__ = ["register_plugin"]

_HERE = Path(__file__).parent


@hookimpl
def register_plugin() -> Plugin:
    """The kind event, its lists and its routes."""
    return Plugin(
        name="event",
        kinds=[event],
        records=RECORDS,
        views=[drop_feeds],
        jobs=[find_invited, find_guests, find_attended, find_top_questions, find_kept, find_officials],
        routes=[Events, CheckIns, TicketKeys, EventQuestions, Questions, Reports, Calendars, Feeds],
        settings=EventSettings,
        permissions={
            "event.read": {"guest"},
            "event.plan": {"member"},
            "event.cancel": {"member"},
            "event.take_over": {"official"},
            "event.report": {"supporter"},
            "event.rsvp": {"supporter"},
            "event.ask": {"supporter"},
        },
        channels={"event": Channel("event.read", allows=may_see, author="author")},
        uses=["member"],
        holds=HOLDINGS,
        migrations=_HERE / "migrations",
        locale=_HERE / "locale",
    )
