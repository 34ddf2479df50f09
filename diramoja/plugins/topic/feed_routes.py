"""HTTP of what concerns one."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.plugins.topic.feed_queries import RecommendedType, feed, recommendations
from diramoja.plugins.topic.views import FeedItem

__all__ = ["Feeds"]


class Feeds(Controller):
    """The feed and the recommendations of the one who asks."""

    path = "/me"
    tags = ["Feed"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/feed", permission="feed.read", summary="What concerns one")
    async def get_feed(self, db: Database, reader: Reader, page: PageQuery) -> Page[FeedItem]:
        """Own and followed topics, mentions, followed members, interests; newest first, each with the reason."""
        return await feed(db, reader, page)

    @get("/recommendations", permission="feed.read", summary="What could concern one")
    async def get_recommendations(
        self,
        *,
        db: Database,
        reader: Reader,
        clock: Clock,
        page: PageQuery,
        kind: Annotated[RecommendedType, QueryParameter(name="type", description="topic or post")] = "topic",
    ) -> Page[FeedItem]:
        """In one's interests, like what one follows, and every fifth from elsewhere; one page."""
        return await recommendations(db, reader, clock, kind=kind, limit=page.limit)
