"""One exchange: what the gateway's parts share about a request, and the frame around it.

The frame gives every request an id, binds it to the log, puts the headers on whatever answers, and counts.
"""

import re
import secrets
import time
from collections.abc import Mapping, MutableMapping
from typing import Any, Protocol

import attrs
import structlog
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from diramoja.core.gateway import Reader
from diramoja_community.metrics import Metrics

type Connection = ASGIConnection[Any, Any, Any, Any]

__all__ = ["Connection", "Exchange", "Frame", "Scoped", "exchange_of"]

log = structlog.get_logger(__name__)

SLOW_S = 1.0
SERVER_ERROR = 500

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:@/+=-]{1,128}")
_KEY = "diramoja.exchange"

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
"""On every answer, unless the answer brings its own."""


@attrs.define
class Exchange:
    """What is known about one request. `headers` are added to its answer."""

    id: str
    headers: dict[str, str] = attrs.field(factory=dict)
    reader: Reader | None = None
    status: int = 0
    sends: int = 0


class Scoped(Protocol):
    """A request, or a WebSocket, by its ASGI scope."""

    @property
    def scope(self) -> Scope:
        """As ASGI gives it."""
        ...


def exchange_of(connection: Scoped) -> Exchange:
    """The exchange of a request."""
    parts: Mapping[str, Any] = connection.scope
    found: Exchange = parts[_KEY]  # put there by the frame
    return found


class Frame:
    """ASGI middleware around everything, 404s included.

    Sockets are the applications for WebSockets, by path: thousands are open, and need nothing that Litestar would keep.
    """

    def __init__(self, app: ASGIApp, sockets: Mapping[str, ASGIApp], metrics: Metrics, *, log_all: bool) -> None:
        self._app = app
        self._sockets = sockets
        self._metrics = metrics
        self._log_all = log_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request or one WebSocket."""
        exchange = Exchange(_request_id(scope))
        parts: MutableMapping[str, Any] = scope  # type: ignore[assignment]  # a place of our own in it
        parts[_KEY] = exchange
        structlog.contextvars.bind_contextvars(request_id=exchange.id)  # Of this request's own task.
        if scope["type"] == ScopeType.WEBSOCKET:
            await self._sockets.get(scope["path"].rstrip("/"), self._app)(scope, receive, send)
        else:
            await self._answer(exchange, scope, receive, send)

    async def _answer(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()

        async def send_framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = int(message["status"])
                message["headers"] = _headed(message["headers"], exchange, secure=scope["scheme"] == "https")
            await send(message)

        try:
            await self._app(scope, receive, send_framed)
        finally:
            self._note(scope, exchange, time.perf_counter() - started)

    def _note(self, scope: Scope, exchange: Exchange, took_s: float) -> None:
        method = str(scope.get("method", ""))
        self._metrics.request(method, _route(scope), exchange.status, took_s)
        if self._log_all or exchange.status >= SERVER_ERROR or took_s > SLOW_S:
            log.info("request", method=method, route=_route(scope), status=exchange.status, took_ms=int(took_s * 1000))


def _route(scope: Scope) -> str:
    """The pattern of the route, never the path: ids and typing errors would make endless series."""
    return str(scope.get("path_template") or "none")


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if _REQUEST_ID.fullmatch(given):
                return given
            break
    return "req_" + secrets.token_hex(10)


_ENCODED = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
_SECURE = (b"strict-transport-security", b"max-age=31536000")


def _headed(given: Any, exchange: Exchange, *, secure: bool) -> list[tuple[bytes, bytes]]:
    headers = list(given)
    present = {name for name, _ in headers}
    headers.append((b"x-request-id", exchange.id.encode()))
    headers.extend((name.encode(), value.encode("latin-1")) for name, value in exchange.headers.items())
    headers.extend(each for each in _ENCODED if each[0] not in present)
    if secure:
        headers.append(_SECURE)
    return headers
