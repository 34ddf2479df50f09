"""The WebSocket /v1/live: one session a socket, with a bounded queue out.

The first frame authenticates, unless the token came in the Authorization header or as the subprotocol
`bearer.<token>` (beside `diramoja`, which is the one accepted).
"""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime

import anyio
import attrs
from litestar import asgi
from litestar.enums import ScopeType
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from diramoja.core.errors import DiramojaError, LimitedError, MissingError, UnauthenticatedError
from diramoja.core.ports.records import AgentKey
from diramoja.core.tokens import Claims, Tokens
from diramoja_community.auth import bearer, reader_of
from diramoja_community.channels import Channels
from diramoja_community.exchange import exchange_of
from diramoja_community.feed import LiveFeed
from diramoja_community.limits import Limits
from diramoja_community.live_frames import (
    Authenticate,
    Given,
    Ping,
    Resume,
    Subscribe,
    Unsubscribe,
    error_frame,
    frame,
    read_frame,
)
from diramoja_community.outbox import Connections, Outbox
from diramoja_community.settings import GatewaySettings
from diramoja_community.socket import GONE, Socket

__all__ = ["Live", "live_route"]

AUTHENTICATE_S = 10.0
WRITE_S = 10.0
LAST_WRITE_S = 1.0
FRAMES_PER_SECOND = 50

SUBPROTOCOL = "diramoja"
TOKEN_PREFIX = "bearer."  # noqa: S105  # no secret

UNAUTHENTICATED = 4401
TOO_MANY = 4429
SLOW = 1013


@attrs.frozen
class Live:
    """What sessions and polls share."""

    feed: LiveFeed
    channels: Channels
    tokens: Tokens
    limits: Limits
    settings: GatewaySettings
    connections: Connections


# --- a session ---


class Session:
    """One socket that is accepted and authenticated.

    It reads in the task of its request and writes in one of its own: what a socket costs in memory is what limits how
    many there may be.
    """

    def __init__(self, live: Live, socket: Socket, claims: Claims) -> None:
        self._live = live
        self._socket = socket
        self._claims = claims
        self._reader = reader_of(claims)
        self._outbox = Outbox(live.connections.backlog)
        self._heard: dict[AgentKey, None] = {}
        self._expiry: asyncio.TimerHandle | None = None
        self._close: tuple[int, str] | None = None

    async def run(self) -> None:
        """Until either side ends it."""
        self._greet()
        scope = anyio.CancelScope()
        writer = asyncio.get_running_loop().create_task(self._write(), name="live")
        writer.add_done_callback(lambda _: scope.cancel())
        try:
            with scope:
                await self._read()
            if self._close is not None:  # What waits is sent before it is closed.
                await asyncio.wait([writer], timeout=LAST_WRITE_S)
        finally:
            if self._expiry is not None:
                self._expiry.cancel()
            writer.cancel()
            self._live.feed.leave(self._outbox, self._heard)
            self._outbox.take_now()  # What nobody takes waits for nobody.
        if self._close is not None:
            with contextlib.suppress(*GONE), anyio.move_on_after(LAST_WRITE_S):
                await self._socket.close(*self._close)

    def _greet(self) -> None:
        """Say until when the token lasts, and be awake then."""
        expires = self._claims.expires_at
        if self._expiry is not None:
            self._expiry.cancel()
        rest_s = max(0.0, (expires - datetime.now(UTC)).total_seconds())
        self._expiry = asyncio.get_running_loop().call_later(rest_s, self._expire)
        self._outbox.put(frame("authenticated", member_id=self._claims.member, expires_at=expires))

    def _expire(self) -> None:
        late = UnauthenticatedError("The access token has expired.", code="token_expired")
        self._end(error_frame(late), (UNAUTHENTICATED, "token_expired"))

    def _end(self, last: str, close: tuple[int, str]) -> None:
        """Say this last, then close."""
        self._close = close
        self._outbox.put(last)

    # --- out ---

    async def _write(self) -> None:
        """Until the session is over, or its client gone or too slow."""
        is_sent = True
        while is_sent and self._close is None:
            frames = await self._outbox.take()
            is_sent = await self._send(frames, WRITE_S)
            if self._outbox.slow:
                await self._tell_slow()

    async def _send(self, frames: list[str], within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                for each in frames:
                    await self._socket.send_text(each)
        except TimeoutError:
            self._outbox.slow = True
        except GONE:
            return False  # It is gone.
        return not self._outbox.slow

    async def _tell_slow(self) -> None:
        self._live.connections.slow += 1
        self._close = (SLOW, "slow_client")
        text = frame("error", code="slow_client", detail="You read too slowly; connect again and resume.")
        with contextlib.suppress(*GONE), anyio.move_on_after(LAST_WRITE_S):
            await self._socket.send_text(text)

    # --- in ---

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        second, count = 0, 0
        async for text in self._socket.incoming():
            now = int(loop.time())
            second, count = now, count + 1 if now == second else 1
            if count > FRAMES_PER_SECOND:
                self._end(frame("error", code="rate_limited", detail="Too many frames."), (TOO_MANY, "rate_limited"))
                return
            try:
                await self._take(read_frame(text))
            except DiramojaError as error:
                self._outbox.put(error_frame(error))

    async def _take(self, given: Given) -> None:
        match given:
            case Subscribe(channels=names):
                await self._join(dict.fromkeys(names))
            case Resume(after=after):
                await self._join(after)
            case Unsubscribe(channels=names):
                self._leave(names)
            case Ping():
                self._outbox.put(frame("pong"))
            case Authenticate(token=token):
                self._prolong(token)

    def _prolong(self, token: str) -> None:
        claims = self._live.tokens.read_access(token)
        if claims.member != self._claims.member:
            raise UnauthenticatedError("This session is another member's.", code="token_invalid")
        self._claims, self._reader = claims, reader_of(claims)
        self._greet()
        self._leave_denied()

    def _leave_denied(self) -> None:
        """A fresh token may bear fewer roles than the one before."""
        for key in list(self._heard):
            label = self._live.channels.label(key)
            try:
                self._live.channels.resolve(label, self._reader)
            except DiramojaError as error:
                self._live.feed.leave(self._outbox, [key])
                del self._heard[key]
                self._outbox.put(error_frame(error, channel=label))

    async def _join(self, after: Mapping[str, int | None]) -> None:
        wanted: dict[AgentKey, int | None] = {}
        for name, seq in after.items():
            try:
                wanted[self._live.channels.resolve(name, self._reader)] = seq
            except DiramojaError as error:
                self._outbox.put(error_frame(error, channel=name[:256]))
        if len(self._heard.keys() | wanted.keys()) > self._live.settings.channels_per_socket:
            raise LimitedError("This connection hears as many channels as it may.", code="too_many_channels")
        if not wanted:
            return
        self._heard.update(dict.fromkeys(wanted))
        try:
            come = await self._live.feed.join(self._outbox, wanted)
        except DiramojaError:
            self._live.feed.leave(self._outbox, wanted)
            for key in wanted:
                self._heard.pop(key, None)
            raise
        labelled = {self._live.channels.label(key): seq for key, seq in come.items()}
        self._outbox.put(frame("subscribed", channels=labelled))

    def _leave(self, names: list[str]) -> None:
        keys = [self._live.channels.resolve(name, self._reader) for name in names]
        self._live.feed.leave(self._outbox, keys)
        for key in keys:
            self._heard.pop(key, None)
        self._outbox.put(frame("unsubscribed", channels=[self._live.channels.label(key) for key in keys]))


# --- the route ---


def live_route(live: Live) -> ASGIRouteHandler:
    """The WebSocket's handler."""

    @asgi("/v1/live", name="live", copy_scope=False)
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.WEBSOCKET:
            raise MissingError("This is a WebSocket; where there is none: /v1/live/poll.", code="not_found")
        socket = Socket(scope, receive, send)
        await socket.connected()
        try:
            await live.limits.address(socket, exchange_of(socket))
        except DiramojaError as error:
            await socket.close(TOO_MANY, error.code)
            return
        offered = list(scope.get("subprotocols", ()))
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        try:
            with live.connections.open():
                claims = await _authenticated(live, socket, offered)
                scope["headers"] = []  # They would be kept for as long as it is open.
                with live.connections.of(claims.member):
                    await Session(live, socket, claims).run()
        except DiramojaError as error:
            code = UNAUTHENTICATED if isinstance(error, UnauthenticatedError) else TOO_MANY
            with contextlib.suppress(*GONE):
                await socket.send_text(error_frame(error))
                await socket.close(code, error.code)

    return serve


async def _authenticated(live: Live, socket: Socket, offered: list[str]) -> Claims:
    """Who connects, by header, subprotocol or first frame."""
    header = socket.header(b"authorization")
    if header is not None:
        return live.tokens.read_access(bearer(header))
    for each in offered:
        if each.startswith(TOKEN_PREFIX):
            return live.tokens.read_access(each.removeprefix(TOKEN_PREFIX))
    with anyio.move_on_after(AUTHENTICATE_S):
        async for text in socket.incoming():
            given = read_frame(text)
            if not isinstance(given, Authenticate):
                break
            return live.tokens.read_access(given.token)
    raise UnauthenticatedError("The first frame has to be `authenticate` with an access token.")
