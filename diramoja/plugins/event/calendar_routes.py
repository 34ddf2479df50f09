"""HTTP of calendars.

The token is in the address of a feed, since calendar programs know no other way. It opens nothing else, and requests
are logged by their route, without what is asked.
"""

from typing import Annotated

from litestar import Controller, Response, delete, get, put
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK

from diramoja.core import Reader
from diramoja.core.keys import Keys
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.plugins.event.calendar import MEDIA_TYPE, CalendarEntry, calendar_of
from diramoja.plugins.event.calendar_queries import end_feed, entries_of, entry_of, feed_token, member_of_token
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.views import FeedView

__all__ = ["Calendars", "Feeds"]

FEED = "/v1/me/calendar.ics"


class Calendars(Controller):
    """An event for one's calendar."""

    path = "/events/{event_id:str}"
    tags = ["Events"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/calendar.ics", permission="event.read", media_type=MEDIA_TYPE, summary="An event as iCalendar")
    async def get_calendar(self, event_id: str, db: Database, reader: Reader) -> Response[bytes]:
        """RFC 5545; the link to join is not in it."""
        entry = await entry_of(db, reader, event_id)
        return _calendar([entry], entry.title)


class Feeds(Controller):
    """A calendar of all events that one goes to."""

    path = "/me"
    tags = ["Events"]  # noqa: RUF012  # Litestar reads it from the class

    @put("/calendar-feed", permission="event.rsvp", open_to="suspended", summary="The address of one's calendar feed")
    async def get_feed(self, db: Database, reader: Reader, keys: Keys, settings: EventSettings) -> FeedView:
        """Made at the first call; the same one until it is taken back. Relative to where the platform is reached."""
        key = keys.get("event_feeds", settings.feed_key_file)
        return FeedView(f"{FEED}?token={await feed_token(db, reader, key)}")

    @delete("/calendar-feed", permission="event.rsvp", open_to="suspended", summary="Take the address back")
    async def end(self, db: Database, reader: Reader) -> None:
        """Whoever has it reads nothing any more; the next one is another."""
        await end_feed(db, reader)

    @get("/calendar.ics", permission="event.read", media_type=MEDIA_TYPE, summary="One's events as iCalendar")
    async def get_events(
        self,
        *,
        db: Database,
        clock: Clock,
        settings: EventSettings,
        token: Annotated[str, QueryParameter(min_length=1, max_length=100, description="out of the address")],
    ) -> Response[bytes]:
        """RFC 5545, for calendar programs; without signing in."""
        member = await member_of_token(db, token)
        return _calendar(await entries_of(db, member, settings=settings, now=clock.now()), "DiraMoja")


def _calendar(entries: list[CalendarEntry], name: str) -> Response[bytes]:
    headers = {"content-disposition": 'inline; filename="calendar.ics"', "cache-control": "private, no-store"}
    return Response(calendar_of(entries, name=name), status_code=HTTP_200_OK, media_type=MEDIA_TYPE, headers=headers)
