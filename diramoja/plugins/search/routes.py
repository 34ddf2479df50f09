"""HTTP of search."""

from datetime import UTC, datetime
from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter

from diramoja.core import Reader
from diramoja.core.ports.database import Database
from diramoja.plugins.search.contracts import FoundView, SuggestionsView
from diramoja.plugins.search.queries import walled_from
from diramoja.ports.search import Search, SearchQuery

__all__ = ["SearchRoutes"]


class SearchRoutes(Controller):
    """Full text over what everybody may see."""

    path = "/search"
    tags = ["Search"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="search.read", summary="Topics, posts and public events, best first")
    async def find(
        self,
        *,
        search: Search,
        db: Database,
        reader: Reader,
        q: Annotated[str, QueryParameter(min_length=1, max_length=200, description='words, "phrases", -without')],
        kind: Annotated[str, QueryParameter(name="type", max_length=40, description="topic, post, event, ...")] = "",
        category: Annotated[str, QueryParameter(max_length=40)] = "",
        since: Annotated[datetime | None, QueryParameter(name="from")] = None,
        until: Annotated[datetime | None, QueryParameter(name="to")] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
        cursor: Annotated[str, QueryParameter(max_length=500)] = "",
    ) -> FoundView:
        """Matches stand in <mark>, the rest is escaped. Nothing of those whom a block keeps apart from the reader."""
        hidden = await walled_from(db, reader)
        query = SearchQuery(q, kind, category, _aware(since), _aware(until), limit, cursor, hidden)
        found = await search.find(query)
        return FoundView(found.items, found.facets, found.next_cursor, found.newest_only)

    @get("/suggest", permission="search.read", summary="How a beginning may go on")
    async def suggest(
        self,
        *,
        search: Search,
        db: Database,
        reader: Reader,
        q: Annotated[str, QueryParameter(min_length=1, max_length=60, description="the beginning of a word or title")],
        limit: Annotated[int, QueryParameter(ge=1, le=20)] = 10,
    ) -> SuggestionsView:
        """Titles and words, most frequent first."""
        return SuggestionsView(await search.suggest(q, limit, await walled_from(db, reader)))


def _aware(at: datetime | None) -> datetime | None:
    """A time without a zone is UTC."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
