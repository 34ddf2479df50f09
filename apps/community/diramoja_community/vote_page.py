"""The pages of votes at /votes and /votes/{id}, where the plugin vote is there, in English or Swahili."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import attrs
from litestar import Request, Response, get
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.status_codes import HTTP_200_OK, HTTP_304_NOT_MODIFIED, HTTP_404_NOT_FOUND

from diramoja.core import PageQuery
from diramoja.core.errors import MissingError
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.core.registry import Ports, Registry
from diramoja.plugins.member.contracts import MemberSettings
from diramoja.plugins.vote.count_queries import listed_votes, shown_vote
from diramoja.plugins.vote.list_page import list_page
from diramoja.plugins.vote.markup import Say, paragraph
from diramoja.plugins.vote.page import vote_page
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.ports.texts import Texts
from diramoja_community.auth import GUEST, OPEN
from diramoja_community.catalogue import language_of, other_languages, words
from diramoja_community.pages import PAGE_HEADERS, page
from diramoja_community.simulation import is_simulated

__all__ = ["vote_routes"]

type Asked = Request[Any, Any, Any]

KEPT_S = 10
"""A page is the same for everybody, so that many who look at once are answered once."""
SETTLED_S = 86_400
"""Once results stand nothing of them changes."""
LISTED = 20


def vote_routes(*, name: str, registry: Registry, ports: Ports) -> list[HTTPRouteHandler]:
    """The pages, if there are votes."""
    settings = registry.settings.get(VoteSettings)
    if not isinstance(settings, VoteSettings):
        return []
    frame = _Frame(name, ports)
    regions = _regions(registry)

    @get("/votes/{vote_id:str}", include_in_schema=False, media_type=MediaType.HTML, permission=OPEN)
    async def show_vote(request: Asked, vote_id: str) -> Response[str]:
        try:
            shown = await shown_vote(ports.get(Database), GUEST, settings, vote_id)
        except MissingError:
            return await frame.missing(request)
        kept_s = SETTLED_S if shown.result and shown.result.effective else KEPT_S
        return await frame.answer(request, shown.vote.title, lambda say: vote_page(shown, say, regions), kept_s=kept_s)

    @get("/votes", include_in_schema=False, media_type=MediaType.HTML, permission=OPEN)
    async def show_votes(request: Asked) -> Response[str]:
        asked = PageQuery.read(LISTED, request.query_params.get("cursor", "")[:1_000])
        listed = await listed_votes(ports.get(Database), asked)
        return await frame.answer(request, "", lambda say: list_page(listed, say))

    return [show_vote, show_votes]


def _regions(registry: Registry) -> Mapping[str, str]:
    settings = registry.settings.get(MemberSettings)
    return {id: each["name"] for id, each in settings.regions.items()} if isinstance(settings, MemberSettings) else {}


@attrs.frozen
class _Frame:
    """What is around every page of votes."""

    name: str
    ports: Ports

    async def answer(
        self,
        request: Asked,
        title: str,
        inside: Callable[[Say], str],
        *,
        kept_s: int = KEPT_S,
        status: int = HTTP_200_OK,
    ) -> Response[str]:
        """The page in the reader's language; nothing of it where they have it already."""
        language = language_of(request.headers.get("accept-language", ""), request.query_params.get("lang", ""))
        text = await anyio.to_thread.run_sync(self._page, language, title, inside)
        tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
        headers = {**PAGE_HEADERS, "content-language": language, "vary": "accept-language", "etag": tag}
        headers["cache-control"] = f"public, max-age={kept_s}"
        if status == HTTP_200_OK and tag in request.headers.get("if-none-match", ""):
            return Response("", status_code=HTTP_304_NOT_MODIFIED, media_type=MediaType.HTML, headers=headers)
        return Response(text, status_code=status, media_type=MediaType.HTML, headers=headers)

    async def missing(self, request: Asked) -> Response[str]:
        """That there is no such vote."""

        def inside(said: Mapping[str, str]) -> str:
            return f'<div class="hero"><h1>{said["missing"]}</h1>{paragraph(said["missing_text"])}</div>'

        language = language_of(request.headers.get("accept-language", ""), request.query_params.get("lang", ""))
        return await self.answer(request, "", lambda _: inside(words(language)), status=HTTP_404_NOT_FOUND)

    def _page(self, language: str, title: str, inside: Callable[[Say], str]) -> str:
        said, texts = words(language), self.ports.get(Texts)
        return page(
            title=f"{title or said['votes']} - {self.name}",
            language=language,
            main=inside(lambda text, values: texts.translate(language, text, values)),
            home=self.name,
            links={"/votes": said["votes"], "/schema": said["api"]},
            banner=said["simulation"] if is_simulated(self.ports.get(Clock)) else "",
            others=other_languages(language),
        )
