"""HTTP of the information broker."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.ports.database import Database
from diramoja.plugins.information.contracts import NoteView, Rating, SourceView
from diramoja.plugins.information.queries import note_list, source_list
from diramoja.plugins.information.settings import InformationSettings

__all__ = ["Notes", "Sources"]


class Notes(Controller):
    """Context notes of a post."""

    path = "/posts/{post_id:str}/notes"
    tags = ["Information"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="information.read", summary="Context notes of a post")
    async def list_notes(self, post_id: str, db: Database, reader: Reader, page: PageQuery) -> Page[NoteView]:
        """Oldest first; empty where the reader may not see the post."""
        return await note_list(db, reader, post_id, page)


class Sources(Controller):
    """Flagged and trusted sources."""

    path = "/information/sources"
    tags = ["Information"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="information.read", summary="Flagged and trusted sources")
    async def list_sources(
        self,
        settings: InformationSettings,
        page: PageQuery,
        rating: Annotated[Rating | None, QueryParameter(description="flagged or trusted")] = None,
    ) -> Page[SourceView]:
        """By domain."""
        return source_list(settings.sources, page, rating=rating)
