"""The HTTP API: OpenAPI for tools; routes with permission and limit, and who has which permission, for people."""

import asyncio
from collections.abc import Iterator
from functools import cache
from typing import Any

import attrs
import httpx
import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from diramoja.core.plugin import ROLES, Channel, included
from diramoja_community.auth import OWN_PERMISSIONS
from tools.reference.built_in import application, deployment
from tools.reference.markdown import table

__all__ = ["Route", "http_page", "openapi", "permissions", "permissions_page", "routes"]


@attrs.frozen(order=True)
class Route:
    """A call of the API."""

    path: str
    method: str
    permission: str
    limit: str
    open_to: str
    summary: str
    text: str
    writes: bool


@cache
def openapi() -> dict[str, Any]:
    """The document as the gateway serves it."""

    async def fetched() -> bytes:
        transport = httpx.ASGITransport(app=application())  # type: ignore[arg-type]  # Litestar narrows the ASGI types
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return (await client.get("/schema/openapi.json")).raise_for_status().content

    document: dict[str, Any] = msgspec.json.decode(asyncio.run(fetched()))
    return document


def routes() -> list[Route]:
    """Every call that the document describes, by path."""
    return sorted(_routes())


def _routes() -> Iterator[Route]:
    for route in application().routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                described = openapi()["paths"].get(route.path_format, {}).get(method.lower())
                if described is not None:
                    yield _route(route.path_format, method, handler, described)


def _route(path: str, method: str, handler: HTTPRouteHandler, described: dict[str, Any]) -> Route:
    return Route(
        path=path,
        method=method,
        permission=handler.opt.get("permission", ""),
        limit=handler.opt.get("limit") or "",
        open_to=_open_to(handler, method),
        summary=described.get("summary", ""),
        text=described.get("description", "").partition("\n\nPermission ")[0],
        writes="send" in handler.parsed_fn_signature.parameters,
    )


def _open_to(handler: HTTPRouteHandler, method: str) -> str:
    permission, named = handler.opt.get("permission", ""), handler.opt.get("open_to")
    if method == "GET" or permission in OWN_PERMISSIONS:
        return "suspended"
    return named or "neither"


def permissions() -> dict[str, frozenset[str]]:
    """Permission → roles, those included."""
    return {**deployment().registry().permissions, **OWN_PERMISSIONS}


def http_page() -> str:
    """The routes by path."""
    rows = [
        (f"`{each.method}`", f"`{each.path}`", f"`{each.permission}`", each.limit, f"**{each.summary}.** {each.text}")
        for each in routes()
    ]
    return "\n\n".join(
        [
            "# HTTP",
            (
                "All of it with schemas, examples and errors: [openapi.json](openapi.json), or `/schema` of a running "
                "gateway. Besides: `/` (start page), `/healthz`, `/readyz`, `/metrics`, and the WebSocket `/v1/live`."
            ),
            openapi()["info"]["description"],
            (
                "`posts` and `votes` in the column limit are counted apart: `posts_per_hour` and `votes_per_hour` in "
                "[settings](settings.md)."
            ),
            table(("", "path", "permission", "limit", ""), rows),
        ]
    )


def permissions_page() -> str:
    """Each call with the roles that may make it."""
    held = permissions()
    rows = [
        (f"`{each.method} {each.path}`", *(_mark(held[each.permission], role) for role in ROLES), each.open_to)
        for each in routes()
    ]
    channels = [
        (
            f"`{kind if channel.hints_of else f'{kind}:<id>'}`",
            *(_mark(held[channel.permission], role) for role in ROLES),
            _remark(channel),
        )
        for each in deployment().plugins
        for kind, channel in each.value.channels.items()
    ]
    return "\n\n".join(
        [
            "# Permissions",
            (
                "Who may call what. A supporter is a guest too, a member is a supporter too, an active member is a "
                "member too; leaders and officials are all of these; moderator, membership officer and admin are given "
                "in addition. Ownership, recusal and visibility are decided by the agents and the queries. The last "
                "column says what is left to whom people in moderation restricted or suspended: `suspended` to both, "
                "`restricted` to these, `neither` to none, `agent`: the member's own agent decides and says why."
            ),
            table(("call", *ROLES, "left open to"), rows),
            "## Live channels",
            table(("channel", *ROLES, ""), channels),
        ]
    )


def _mark(held: frozenset[str], role: str) -> str:
    return "●" if held & included(role) else ""


def _remark(channel: Channel) -> str:
    remarks = (
        ("only the member's own", channel.own),
        ("those who take part", channel.allows),
        (f"hints about each {channel.hints_of}", channel.hints_of),
        ("presence", channel.presence),
        ("typing", channel.typing),
    )
    return ", ".join(text for text, holds in remarks if holds)
