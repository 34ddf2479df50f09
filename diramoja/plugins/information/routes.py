"""HTTP of the information broker."""

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.ports.database import Database
from diramoja.plugins.information.contracts import (
    ConfirmSource,
    DecideObjection,
    NoteView,
    ObjectToSource,
    ProposeSource,
    Rating,
    SourceState,
    SourceStateView,
)
from diramoja.plugins.information.queries import note_list, source_list
from diramoja.plugins.information.rules import source_id
from diramoja.plugins.information.settings import InformationSettings

__all__ = ["RATERS", "Notes", "Sources"]

RATERS = frozenset({"moderator", "leader", "official"})
"""Who proposes, confirms and decides what is said of a source; always two of them, or three."""


class Notes(Controller):
    """Context notes of a post."""

    path = "/posts/{post_id:str}/notes"
    tags = ["Information"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="information.read", summary="Context notes of a post")
    async def list_notes(self, post_id: str, db: Database, reader: Reader, page: PageQuery) -> Page[NoteView]:
        """Oldest first; empty where the reader may not see the post."""
        return await note_list(db, reader, post_id, page)


class NewObjection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a rating is wrong."""

    text: Annotated[str, Meta(min_length=1, max_length=4_000, pattern=r"^(?=[\s\S]*\S)")]


class Sources(Controller):
    """Flagged and trusted sources."""

    path = "/information/sources"
    tags = ["Information"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="information.read", summary="Flagged and trusted sources")
    async def list_sources(
        self,
        db: Database,
        settings: InformationSettings,
        page: PageQuery,
        *,
        reader: Reader,
        rating: Annotated[Rating | None, QueryParameter(description="flagged or trusted")] = None,
        stage: Annotated[
            SourceState | None, QueryParameter(name="state", description="such as proposed; else those in force")
        ] = None,
    ) -> Page[SourceStateView]:
        """By domain. What one person alone proposed is shown to those who may confirm it."""
        if stage == "proposed" and not reader.roles & RATERS:
            return Page([])
        return await source_list(db, settings.sources, page, rating=rating, state=stage)

    @post("/", permission="source.rate", summary="Propose to rate a source")
    async def propose_source(self, data: ProposeSource, send: Send) -> SourceStateView:
        """It takes effect when a second person confirms it. 409 where it is proposed or in force."""
        domain = data.domain.lower().removeprefix("www.")
        view: SourceStateView = await send("source", source_id(domain), data.but(domain=domain))
        return view

    @post("/{source_id:str}/confirm", permission="source.rate", status_code=HTTP_200_OK, summary="Confirm a rating")
    async def confirm_source(self, source_id: str, send: Send) -> SourceStateView:
        """By a second person; 403 `second_person_needed` for whoever proposed it."""
        view: SourceStateView = await send("source", source_id, ConfirmSource())
        return view

    @post("/{source_id:str}/objections", permission="source.object", summary="Object to a rating")
    async def object_to_source(self, source_id: str, data: NewObjection, send: Send) -> SourceStateView:
        """The rating holds until a third person has decided; whoever objects is told."""
        view: SourceStateView = await send("source", source_id, ObjectToSource(data.text))
        return view

    @post(
        "/{source_id:str}/objections/decision",
        permission="source.rate",
        status_code=HTTP_200_OK,
        summary="Decide an objection",
    )
    async def decide_objection(self, source_id: str, data: DecideObjection, send: Send) -> SourceStateView:
        """By somebody who neither rated the source nor objected."""
        view: SourceStateView = await send("source", source_id, data)
        return view
