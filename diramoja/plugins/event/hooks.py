"""What events bring to a deployment."""

from pathlib import Path

from diramoja.core import Channel, Plugin, hookimpl
from diramoja.plugins.event.agent import event
from diramoja.plugins.event.audiences import find_guests, find_invited, find_kept
from diramoja.plugins.event.projections import RECORDS
from diramoja.plugins.event.queries import may_see
from diramoja.plugins.event.routes import Events
from diramoja.plugins.event.settings import EventSettings

__all__ = ["register_plugin"]

_HERE = Path(__file__).parent


@hookimpl
def register_plugin() -> Plugin:
    """The kind event, its lists and its routes."""
    return Plugin(
        name="event",
        kinds=[event],
        records=RECORDS,
        jobs=[find_invited, find_guests, find_kept],
        routes=[Events],
        settings=EventSettings,
        permissions={
            "event.read": {"guest"},
            "event.plan": {"member"},
            "event.cancel": {"member"},
            "event.rsvp": {"supporter"},
        },
        channels={"event": Channel("event.read", allows=may_see, author="author")},
        uses=["member"],
        migrations=_HERE / "migrations",
        locale=_HERE / "locale",
    )
