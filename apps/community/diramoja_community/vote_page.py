"""The page of a vote at /votes/{id}, where the plugin vote is there: rendered here, in English or Swahili."""

from typing import Any

import anyio
from litestar import Request, Response, get
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler

from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.core.registry import Ports, Registry
from diramoja.plugins.vote.count_queries import Shown, shown_vote
from diramoja.plugins.vote.page import vote_page
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.ports.texts import Texts
from diramoja_community.auth import GUEST, OPEN
from diramoja_community.catalogue import language_of, words
from diramoja_community.pages import PAGE_HEADERS, page
from diramoja_community.simulation import is_simulated

__all__ = ["vote_routes"]

KEPT = {"cache-control": "public, max-age=10"}
"""It is the same for everybody."""


def vote_routes(*, name: str, registry: Registry, ports: Ports) -> list[HTTPRouteHandler]:
    """The page, if there are votes."""
    settings = registry.settings.get(VoteSettings)
    if not isinstance(settings, VoteSettings):
        return []

    @get("/votes/{vote_id:str}", include_in_schema=False, media_type=MediaType.HTML, permission=OPEN)
    async def show_vote(request: Request[Any, Any, Any], vote_id: str) -> Response[str]:
        language = language_of(request.headers.get("accept-language", ""))
        shown = await shown_vote(ports.get(Database), GUEST, settings, vote_id)
        main = await anyio.to_thread.run_sync(_rendered, shown, ports.get(Texts), language)
        said = words(language)
        banner = said["simulation"] if is_simulated(ports.get(Clock)) else ""
        title = f"{shown.vote.title} - {name}"
        text = page(title=title, language=language, main=main, home=name, api=said["api"], banner=banner)
        headers = {**PAGE_HEADERS, "content-language": language, "vary": "accept-language", **KEPT}
        return Response(text, media_type=MediaType.HTML, headers=headers)

    return [show_vote]


def _rendered(shown: Shown, texts: Texts, language: str) -> str:
    return vote_page(shown, lambda text, values: texts.translate(language, text, values))
