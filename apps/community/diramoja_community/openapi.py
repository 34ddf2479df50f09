"""The description of the API: OpenAPI 3.1 from the routes, with errors, permissions and an example each.

/schema is a page to read, /schema/openapi.json and .yaml are for tools. Nothing is loaded from elsewhere.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar, Request, Router
from litestar.enums import MediaType, OpenAPIMediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import HTTPRoute

from diramoja import __version__
from diramoja.core.registry import Registry
from diramoja_community.auth import OPEN, OWN_PERMISSIONS
from diramoja_community.examples import Examples
from diramoja_community.pages import PAGE_HEADERS
from diramoja_community.problems import PROBLEM_JSON, Problem
from diramoja_community.reference_page import reference_page
from diramoja_community.schemas import MessageSchemas

__all__ = ["Description", "openapi_config"]

ABOUT = """Every write takes an `Idempotency-Key`: the same key with the same body gives the same answer, so that a \
retry is safe for 7 days. A 2xx answer means that the effect is committed. Errors are `application/problem+json` \
(RFC 9457); branch on `code`. Lists take `limit` (20, at most 100) and `cursor`, and answer `items` and `next_cursor`. \
`RateLimit-Limit`, `-Remaining` and `-Reset` (seconds) say how much of the hour is left.

Live events come over the WebSocket `/v1/live`: send `{"type": "authenticate", "token": "..."}`, then \
`{"type": "subscribe", "channels": ["topic:<id>", "vote:<id>", "event:<id>", "member:me"]}`; after a reconnect \
`{"type": "resume", "after": {"topic:<id>": 12}}` brings what was missed. Where WebSockets cannot, `/v1/live/poll` \
gives the same events. On topics and conversations `{"type": "typing", "channel": "topic:<id>"}` is told to others, \
as is who is there; `"presence": false` beside the channels keeps out of that. Moderators hear on `moderation:queue` \
that a case needs another look."""

ERRORS: Mapping[int, str] = {
    400: "The request is not valid; `errors` names the fields.",
    401: "An access token is needed, or the one given is not valid (`token_expired`, `token_invalid`).",
    403: "Your roles or the state of things do not allow this.",
    404: "There is no such thing, or none that you may see.",
    409: "Not possible in the present state, or the Idempotency-Key belongs to another request.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    429: "Too much in this hour; `Retry-After` says when to go on.",
    503: "Try again after `Retry-After`, with the same Idempotency-Key.",
}

CODES: Mapping[int, str] = {
    400: "invalid",
    401: "token_expired",
    403: "denied",
    404: "missing",
    409: "idempotency_conflict",
    413: "body_too_large",
    415: "media_type_unsupported",
    429: "rate_limited",
    503: "answer_late",
}

KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Made and returned where absent.",
    "schema": {"type": "string", "pattern": r"^[!-~]{1,128}$(?!\n)"},
    "example": "5b0e6f1c-7f3e-4f0e-9c55-0d5a2c6f9d11",
}


class Description:
    """The document, made at its first use."""

    def __init__(self, registry: Registry, messages: MessageSchemas) -> None:
        self._messages = messages
        self._permissions = {**registry.permissions, **OWN_PERMISSIONS}
        self._examples = Examples({kind.name: kind.prefix for kind in registry.kinds.values()})
        self._made: dict[str, Any] | None = None

    def of(self, application: Litestar, schema: dict[str, Any]) -> dict[str, Any]:
        """Litestar's document with what it does not know."""
        if self._made is None:
            plain = msgspec.json.decode(msgspec.json.encode(schema, enc_hook=str))
            self._made = self._completed(application, self._messages.fill(plain, Problem))
        return self._made

    def _completed(self, application: Litestar, document: dict[str, Any]) -> dict[str, Any]:
        schemas = document["components"]["schemas"]
        for path, method, handler in _operations(application):
            operation = document["paths"].get(path, {}).get(method)
            if operation is not None:
                self._complete(operation, handler, schemas)
        return document

    def _complete(self, operation: dict[str, Any], handler: HTTPRouteHandler, schemas: Mapping[str, Any]) -> None:
        permission = handler.opt.get("permission", OPEN)
        is_public = "guest" in self._permissions[permission]
        operation["security"] = [{}, {"bearer": []}] if is_public else [{"bearer": []}]
        if permission not in OWN_PERMISSIONS:
            roles = ", ".join(sorted(self._permissions[permission]))
            text = f"Permission `{permission}`: {roles}."
            operation["description"] = "\n\n".join(filter(None, (operation.get("description"), text)))
        takes = handler.parsed_fn_signature.parameters
        if "send" in takes:
            operation.setdefault("parameters", []).append(dict(KEY_PARAMETER))
        for parameter in operation.get("parameters", []):
            parameter.setdefault("example", self._examples.of(parameter["schema"], schemas, parameter["name"]))
        self._exemplify(operation, schemas)
        if "data" in takes and takes["data"].has_default:
            operation["requestBody"]["required"] = False
        if "example" in handler.opt:
            operation["requestBody"]["content"]["application/json"]["example"] = handler.opt["example"]
        self._add_errors(operation, has_body="data" in takes, is_write="send" in takes, is_public=is_public)
        if "conflict" in handler.opt:
            operation["responses"]["409"] = _error(409, handler.opt["conflict"])

    def _exemplify(self, operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
        bodies = [operation.get("requestBody", {}), *operation.get("responses", {}).values()]
        for body in bodies:
            for media in body.get("content", {}).values():
                if "schema" in media:
                    media["example"] = self._examples.of(media["schema"], schemas)

    def _add_errors(self, operation: dict[str, Any], *, has_body: bool, is_write: bool, is_public: bool) -> None:
        statuses = {400, 401, 404, 429, 503}
        statuses |= {413, 415} if has_body else set()
        statuses |= {409} if is_write else set()
        statuses |= set() if is_public and not is_write else {403}
        for status in sorted(statuses):
            operation["responses"][str(status)] = _error(status, CODES[status])


def _error(status: int, code: str) -> dict[str, Any]:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": _example_problem(status, code)}
    return {"description": ERRORS[status], "content": {PROBLEM_JSON: problem}}


def _example_problem(status: int, code: str) -> dict[str, Any]:
    return {
        "type": f"urn:diramoja:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": ERRORS[status],
        "code": code,
        "request_id": "req_5f0c2a9b7d1e4c3a6b8d",
    }


def _operations(application: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                yield route.path_format or "/", method.lower(), handler


class _Rendered(OpenAPIRenderPlugin):
    """The document in one form."""

    def __init__(self, path: str, media_type: OpenAPIMediaType | MediaType, description: Description) -> None:
        super().__init__(path=path, media_type=media_type)
        self._description = description
        self._text = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The bytes, made once."""
        if not self._text:
            self._text = self.write(self._description.of(request.app, openapi_schema))
        return self._text

    def write(self, document: dict[str, Any]) -> bytes:
        """As JSON."""
        return msgspec.json.format(msgspec.json.encode(document))


class _Yaml(_Rendered):
    def write(self, document: dict[str, Any]) -> bytes:
        return msgspec.yaml.encode(document)


class _Page(_Rendered):
    def __init__(self, description: Description, banner: str) -> None:
        super().__init__("/", MediaType.HTML, description)
        self._banner = banner

    def write(self, document: dict[str, Any]) -> bytes:
        return reference_page(document, self._banner).encode()


def openapi_config(name: str, description: Description, banner: str = "") -> OpenAPIConfig:
    """What Litestar makes the document with; `banner` stands above it where people read it."""
    bearer = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT", description="POST /v1/auth/login")
    headers = {**PAGE_HEADERS, "cache-control": "no-cache"}
    return OpenAPIConfig(
        title=f"{name}: API",
        version=__version__,
        description=ABOUT,
        components=Components(security_schemes={"bearer": bearer}),
        use_handler_docstrings=True,
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, response_headers=headers),
        render_plugins=[
            _Page(description, banner),
            _Rendered("/openapi.json", OpenAPIMediaType.OPENAPI_JSON, description),
            _Yaml("/openapi.yaml", OpenAPIMediaType.OPENAPI_YAML, description),
        ],
    )
