"""The WebSocket /v1/live: one session a socket, with a bounded queue out.

The first frame authenticates, unless the token came in the Authorization header or as the subprotocol
`bearer.<token>` (beside `diramoja`, which is the one accepted).
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import anyio
import attrs
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from diramoja.core.errors import DeniedError, DiramojaError, LimitedError, UnauthenticatedError
from diramoja.core.ports.rows import AgentKey
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
    Typing,
    Unsubscribe,
    error_frame,
    frame,
    read_frame,
)
from diramoja_community.outbox import Connections, Outbox, Rounds
from diramoja_community.presence import Presence
from diramoja_community.rights import Listener, Rights
from diramoja_community.settings import GatewaySettings
from diramoja_community.socket import GONE, Socket

__all__ = ["LIVE_PATH", "Live", "live_application"]

LIVE_PATH = "/v1/live"
AUTHENTICATE_S = 10.0
WRITE_S = 10.0
LAST_WRITE_S = 1.0
FRAMES_PER_SECOND = 50
TYPING_S = 2.0
"""Sooner than that typing is not passed on again."""

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
    rights: Rights
    presence: Presence
    rounds: Rounds = attrs.field(factory=Rounds)


# --- a session ---


@attrs.frozen
class _Ending:
    """The last frame, and how the socket is closed."""

    frame: str
    code: int
    reason: str


class Session(Outbox):
    """One socket that is accepted and authenticated: an ear of the feed.

    It reads in the task of its request and writes in rounds, without a task: only a client that does not take what is
    written is waited for in one. What a socket costs in memory is what limits how many there may be.
    """

    __slots__ = (
        "_claims",
        "_ending",
        "_heard",
        "_is_open",
        "_lagging",
        "_listener",
        "_live",
        "_reader",
        "_socket",
        "_typed_at",
        "_until",
    )

    def __init__(self, live: Live, socket: Socket, claims: Claims) -> None:
        super().__init__(live.connections.backlog)
        self._live = live
        self._socket = socket
        self._claims = claims
        self._reader = reader_of(claims)
        self._listener = Listener(self._reader, self)
        self._heard: dict[AgentKey, None] = {}
        self._lagging: asyncio.Task[None] | None = None
        self._ending: _Ending | None = None
        self._is_open = True
        self._typed_at = 0.0
        self._until = asyncio.timeout_at(self._greet())

    @property
    def member(self) -> str:
        """Who listens."""
        return self._claims.member

    async def run(self) -> None:
        """Until either side ends it."""
        self._live.rights.add(self._listener)
        try:
            async with self._until:
                await self._read()
        except TimeoutError:
            if not self._until.expired():
                raise
            self._ending = self._ending or _expired()
        finally:
            self._is_open = False
            self._leave_all(list(self._heard))
            self._live.rights.drop(self._listener)
            if self._lagging is not None:
                self._lagging.cancel()
            if self._ending is None:
                self.take_now()  # What nobody takes waits for nobody.
        if self._ending is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WRITE_S):
                    await self._close(self._ending)

    def _greet(self) -> float:
        """Say until when the token lasts; that, by the clock of the loop."""
        expires = self._claims.expires_at
        self.put(frame("authenticated", member_id=self._claims.member, expires_at=expires))
        return asyncio.get_running_loop().time() + (expires - datetime.now(UTC)).total_seconds()

    # --- out ---

    def wake(self) -> None:
        """See `Outbox`."""
        self._live.rounds.add(self._write)

    def revise(self, walls: frozenset[str], *, shows: bool) -> None:
        """See `Outbox`."""
        if (walls, shows) != (self.walls, self.shows):
            super().revise(walls, shows=shows)
            self._live.presence.revise(self, self._heard)

    def lose(self, key: AgentKey, error: DiramojaError) -> None:
        """See `Outbox`; the client is told."""
        self._leave_all([key])
        label = self._live.channels.label(key)
        self.put(frame("unsubscribed", channels=[label], code=error.code, detail=str(error)))

    def _leave_all(self, keys: Iterable[AgentKey]) -> None:
        self._live.feed.leave(self, keys)
        self._live.presence.leave(self, keys)
        for key in keys:
            self._heard.pop(key, None)
            self._listener.invited.pop(key, None)

    def _write(self) -> None:
        if not self._is_open or self._lagging is not None:
            return
        if self.slow:
            self._give_up()
            return
        loop = asyncio.get_running_loop()
        sending = asyncio.Task(self._send(self.take_now()), loop=loop, eager_start=True)
        if not sending.done():
            self._lagging = asyncio.create_task(self._wait(sending), name="live")

    async def _send(self, frames: Iterable[str]) -> None:
        with contextlib.suppress(*GONE):  # Whoever reads learns it too.
            for each in frames:
                await self._socket.send_text(each)

    async def _wait(self, sending: asyncio.Task[None]) -> None:
        """Until the client has taken it; what comes meanwhile waits, in the bounds of the outbox."""
        try:
            await asyncio.wait([sending], timeout=WRITE_S)
        finally:
            sending.cancel()
        self._lagging = None
        self.slow = self.slow or not sending.done()
        self._write()

    def _give_up(self) -> None:
        self._live.connections.slow += 1
        text = frame("error", code="slow_client", detail="You read too slowly; connect again and resume.")
        self._ending = _Ending(text, SLOW, "slow_client")
        self._is_open = False
        self._until.reschedule(0)

    async def _close(self, ending: _Ending) -> None:
        await self._send([*self.take_now(), ending.frame])
        with contextlib.suppress(*GONE):
            await self._socket.close(ending.code, ending.reason)

    # --- in ---

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        second, count = 0, 0
        while (text := await self._socket.receive()) is not None:
            now = int(loop.time())
            second, count = now, count + 1 if now == second else 1
            if count > FRAMES_PER_SECOND:
                text = frame("error", code="rate_limited", detail="Too many frames.")
                self._ending = _Ending(text, TOO_MANY, "rate_limited")
                return
            try:
                await self._take(read_frame(text))
            except DiramojaError as error:
                self.put(error_frame(error))

    async def _take(self, given: Given) -> None:
        match given:
            case Subscribe(channels=names, presence=presence):
                await self._join(dict.fromkeys(names), presence=presence)
            case Resume(after=after, presence=presence):
                await self._join(after, presence=presence)
            case Typing(channel=name):
                await self._type(name)
            case Unsubscribe(channels=names):
                self._leave(names)
            case Ping():
                self.put(frame("pong"))
            case Authenticate(token=token):
                self._prolong(token)

    def _prolong(self, token: str) -> None:
        claims = self._live.tokens.read_access(token)
        if claims.member != self._claims.member:
            raise UnauthenticatedError("This session is another member's.", code="token_invalid")
        self._claims, self._reader = claims, reader_of(claims)
        self._listener.reader = self._reader
        self._until.reschedule(self._greet())
        self._leave_denied()

    def _leave_denied(self) -> None:
        """A fresh token may bear fewer roles than the one before."""
        for key in list(self._heard):
            label = self._live.channels.label(key)
            try:
                self._live.channels.resolve(label, self._reader)
            except DiramojaError as error:
                self.lose(key, error)

    async def _join(self, after: Mapping[str, int | None], *, presence: bool) -> None:
        wanted: dict[AgentKey, int | None] = {}
        for name, seq in after.items():
            try:
                wanted[await self._live.rights.admit(self._listener, name)] = seq
            except DiramojaError as error:
                self.put(error_frame(error, channel=name[:256]))
        if len(self._heard.keys() | wanted.keys()) > self._live.settings.channels_per_socket:
            raise LimitedError("This connection hears as many channels as it may.", code="too_many_channels")
        if not wanted:
            return
        await self._live.rights.read_walls(self._listener)
        self._heard.update(dict.fromkeys(wanted))
        try:
            come = await self._live.feed.join(self, wanted)
        except DiramojaError:
            self._leave_all(wanted)
            raise
        self._leave_all([key for key in come if key not in self._heard])  # Taken from this reader meanwhile.
        heard = {key: seq for key, seq in come.items() if key in self._heard}
        self.put(frame("subscribed", channels={self._live.channels.label(key): seq for key, seq in heard.items()}))
        if presence:
            self._live.presence.enter(self, heard)
        else:
            self._live.presence.leave(self, heard)

    async def _type(self, name: str) -> None:
        key = self._live.channels.resolve(name, self._reader)
        if key not in self._heard:
            raise DeniedError("Subscribe to the channel first.", code="channel_denied")
        now = asyncio.get_running_loop().time()
        if now - self._typed_at < TYPING_S:
            return
        self._typed_at = now
        may = await self._live.rights.may_type(self._listener, key)
        if may is False:
            raise DeniedError("You do not write there now.", code="typing_denied")
        if may and key in self._heard:
            self._live.presence.typing(self, key)

    def _leave(self, names: list[str]) -> None:
        keys = [self._live.channels.resolve(name, self._reader) for name in names]
        self._leave_all(keys)
        self.put(frame("unsubscribed", channels=[self._live.channels.label(key) for key in keys]))


def _expired() -> _Ending:
    late = UnauthenticatedError("The access token has expired.", code="token_expired")
    return _Ending(error_frame(late), UNAUTHENTICATED, late.code)


# --- the application ---


def live_application(live: Live) -> ASGIApp:
    """What serves the WebSocket."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == ScopeType.WEBSOCKET
        socket = Socket(scope, receive, send)
        await socket.connected()
        try:
            await live.limits.address(socket, exchange_of(socket))
        except DiramojaError as error:
            await socket.close(TOO_MANY, error.code)
            return
        offered = scope["subprotocols"]
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
        given = read_frame(await socket.receive() or "")
        if isinstance(given, Authenticate):
            return live.tokens.read_access(given.token)
    raise UnauthenticatedError("The first frame has to be `authenticate` with an access token.")
