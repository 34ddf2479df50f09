"""The connection to NATS: opens, reconnects for ever, asks with a deadline, closes."""

import asyncio
import re
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.protocol.parser import AWAITING_CONTROL_LINE, Parser

from diramoja.adapters.nats.errors import away, from_answer
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.nats.wire import publication, status_of
from diramoja.core.settings import read_secret

__all__ = ["Answer", "NatsLink", "Tap", "open_link"]

type Tap = Callable[[bytes, bytes, bytes, bytes | None], None]
"""Called with subject, reply, data and raw headers, inside the read loop: it must be quick and must not raise."""

RECONNECT_WAIT_S = 0.2
PING_INTERVAL_S = 5
LISTEN_MESSAGES = 65_536
LISTEN_BYTES = 32 * 1024 * 1024
LONGEST_DEADLINE_S = 60
QUIET_S = 5.0
"""At most one log line of a kind in this time."""

MESSAGE = re.compile(rb"MSG (\S+) (\d+) (?:(\S+) )?(\d+)\r\n")
LINE_END = b"\r\n"
_NO_RESPONDERS = 503

log = structlog.get_logger(__name__)


class _FastParser(Parser):
    """Hands whole messages for taps over as they lie in what was read; all else goes nats-py's way."""

    def __init__(self, client: "_FastClient") -> None:
        super().__init__(client)
        self._client = client

    async def parse(self, data: bytes = b"") -> None:
        """See nats-py."""
        if self.state != AWAITING_CONTROL_LINE:
            await super().parse(data)
            return
        read, at, is_for_tap = bytes(self.buf) + data, 0, False
        while line := MESSAGE.match(read, at):
            subject, sid, reply, size = line.groups()
            begin, end = line.end(), line.end() + int(size)
            tap = self._client.taps.get(int(sid))
            is_for_tap = tap is not None
            if tap is None or len(read) < end + len(LINE_END):
                break
            call_tap(tap, subject, reply or b"", read[begin:end])
            at = end + len(LINE_END)
        self.buf[:] = read[at:]  # A message for a tap that is not whole yet waits here.
        if line is None or not is_for_tap:
            await super().parse()


class _FastClient(Client):
    """nats-py with a short way in and out for messages that come by the thousand.

    Its own way builds headers, a Msg and a queue entry for each and wakes a task: 18 us; this one 5 us and less.
    It relies on names of nats-py 2.14 to 2.16 that begin with an underscore; its tests fail where they change.
    """

    def __init__(self) -> None:
        super().__init__()
        self.taps: dict[int, Tap] = {}
        self._ps = _FastParser(self)

    async def tap(self, subject: str, call: Tap) -> Subscription:
        """Subscribe with a call from the read loop; nothing may be sent to the subject before this returns."""
        subscription = await self.subscribe(subject, cb=_ignore)
        self.taps[subscription._id] = call  # noqa: SLF001  # nats-py shows it nowhere else
        return subscription

    async def untap(self, subscription: Subscription) -> None:
        """End it."""
        self.taps.pop(subscription._id, None)  # noqa: SLF001  # see tap
        if not self.is_closed:
            await subscription.unsubscribe()

    async def write(self, commands: bytes) -> None:
        """Send protocol lines now.

        Raises:
            ConnectionReconnectingError: there is no connection; nothing was sent, and nothing is kept for later.
        """
        if not self.is_connected:
            raise nats.errors.ConnectionReconnectingError
        await self._send_command(commands)
        await self._flush_pending()

    def forget_unsent(self) -> None:
        """Drop what the lost connection has not sent: its callers were told that the outcome is unknown."""
        self._pending = []
        self._pending_data_size = 0

    async def _process_msg(  # noqa: PLR0917  # nats-py's signature
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes
    ) -> None:
        tap = self.taps.get(sid)
        if tap is None:
            await super()._process_msg(sid, subject, reply, data, headers)
        else:
            call_tap(tap, subject, reply, data, headers=headers)

    async def _connect_to_server(self, s: Any) -> None:
        """As nats-py, which leaves the socket of an attempt that failed to the garbage collector."""
        if self._transport:
            self._transport.close()  # type: ignore[no-untyped-call]  # nats-py has no annotation there
        await super()._connect_to_server(s)

    async def _process_pong(self) -> None:
        """As nats-py, whose read loop dies of the pong for a ping that was given up."""
        if self._pongs and self._pongs[0].done():
            self._pongs[0] = asyncio.get_running_loop().create_future()
        await super()._process_pong()

    async def _read_loop(self) -> None:
        """As nats-py, but whatever ends the loop of a standing connection makes it reconnect."""
        await super()._read_loop()
        if self.is_connected:
            await self._process_op_err(nats.errors.StaleConnectionError())

    async def _process_err(self, err_msg: str) -> None:
        """As nats-py, but an error of the server never closes the client: it reconnects."""
        error = nats.errors.Error(f"nats: {err_msg.strip("'")}")
        await self._error_cb(error)
        if "permissions violation" not in err_msg:
            await self._process_op_err(error)


def call_tap(tap: Tap, subject: bytes, reply: bytes, data: bytes, *, headers: bytes | None = None) -> None:
    """An exception would end nats-py's read loop for good; the intake sees the gap."""
    try:
        tap(subject, reply, data, headers)
    except Exception:
        log.exception("nats_tap_failed")


async def _ignore(message: Msg) -> None:
    """Stands for the call of a tap."""


class Answer(msgspec.Struct, frozen=True):
    """What came back: the data, and the status code where it is a status message (else 0)."""

    status: int
    data: bytes


class NatsLink:
    """One connection, shared by all that the adapter does."""

    def __init__(self, settings: NatsSettings) -> None:
        self._settings = settings
        self._client = _FastClient()
        self._inbox = f"_INBOX.{secrets.token_hex(11)}"
        self._asked: dict[bytes, asyncio.Future[Answer]] = {}
        self._number = 0
        self._logged: dict[str, float] = {}
        self.on_reconnect: list[Callable[[], None]] = []

    @property
    def connected(self) -> bool:
        """Whether the connection stands now."""
        return self._client.is_connected

    @property
    def unsent_bytes(self) -> int:
        """What was written and the socket has not taken yet."""
        return self._client.pending_data_size

    @property
    def max_payload(self) -> int:
        """Bytes that the server takes in one message."""
        return self._client.max_payload

    @property
    def inbox(self) -> str:
        """Prefix of subjects that only this connection listens to."""
        return self._inbox

    async def connect(self) -> None:
        """Connect, within `connect_timeout_s`.

        Raises:
            UnavailableError: no server answers, or it refuses the user.
        """
        settings = self._settings
        try:
            async with asyncio.timeout(settings.connect_timeout_s):
                await self._client.connect(**self._options())
                await self._client.tap(f"{self._inbox}.r.*", self._take_answer)
        except (nats.errors.Error, OSError) as error:  # TimeoutError is an OSError.
            cause = self._client.last_error or error
            await self._client.close()
            raise away(f"{_hosts(settings.url)}: {type(cause).__name__}") from error

    def _options(self) -> dict[str, Any]:
        settings = self._settings
        password = read_secret(settings.password_file, "nats.password_file") or None
        tls = ssl.create_default_context(cafile=settings.ca_file) if settings.ca_file else None
        return {
            "servers": [each.strip() for each in settings.url.split(",")],
            "user": settings.user or None,
            "password": password,
            "tls": tls,
            "name": "diramoja",
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": RECONNECT_WAIT_S,
            "connect_timeout": 2,
            "ping_interval": PING_INTERVAL_S,
            "flush_timeout": settings.deadline_s,
            "error_cb": self._log_error,
            "disconnected_cb": self._on_disconnected,
            "reconnected_cb": self._on_reconnected,
        }

    async def close(self) -> None:
        """Close; what still waits for an answer gets none."""
        if not self._client.is_connected:
            self._client.forget_unsent()
        try:
            await self._client.close()
        except (OSError, RuntimeError, TypeError):
            # asyncio and nats-py stumble over a socket that is broken already; it is closed all the same.
            log.debug("nats_closed_broken")
        self._fail_asked()

    # --- asking ---

    def expect(self) -> tuple[str, "asyncio.Future[Answer]"]:
        """A new subject for one answer, and what will hold it. Call `forget` in the end."""
        self._number += 1
        token = b"%d" % self._number
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[token] = future
        return f"{self._inbox}.r.{self._number}", future

    def forget(self, reply: str) -> None:
        """Stop waiting for the answer on this subject."""
        self._asked.pop(reply.rpartition(".")[2].encode(), None)

    async def write(self, commands: bytes) -> None:
        """Send protocol lines.

        Raises:
            UnavailableError: there is no connection; nothing was sent.
        """
        try:
            await self._client.write(commands)
        except nats.errors.Error as error:
            raise away("not connected") from error

    async def call(self, name: str, body: object = None) -> dict[str, Any]:
        """Ask JetStream's API, such as `STREAM.INFO.COMMANDS`. Only for calls that may safely be repeated.

        Raises:
            UnavailableError: no answer in time.
            DiramojaError: its refusal, by the table of errors.
        """
        reply, future = self.expect()
        try:
            data = msgspec.json.encode(body) if body is not None else b""
            await self.write(publication(f"$JS.API.{name}", reply, data))
            async with asyncio.timeout(self._settings.deadline_s):
                answer = await future
        except TimeoutError as error:
            raise away("JetStream does not answer in time") from error
        except nats.errors.Error as error:
            raise away("the connection broke") from error
        finally:
            self.forget(reply)
        if answer.status == _NO_RESPONDERS:
            raise away("JetStream is not running")
        return _decode(answer.data)

    def _take_answer(self, subject: bytes, reply: bytes, data: bytes, headers: bytes | None) -> None:
        future = self._asked.get(subject.rpartition(b".")[2])
        if future is not None and not future.done():
            future.set_result(Answer(status_of(headers).code, data))

    def _fail_asked(self) -> None:
        for future in self._asked.values():
            if not future.done():
                future.set_exception(nats.errors.StaleConnectionError())
                future.exception()  # Whoever waits still gets it; whoever has left is no warning.
        self._asked.clear()

    # --- listening ---

    async def tap(self, subject: str, call: Tap) -> Subscription:
        """Subscribe with a call from the read loop; what is asked on this connection afterwards is answered there."""
        try:
            return await self._client.tap(subject, call)
        except nats.errors.Error as error:
            raise away("not connected") from error

    async def untap(self, subscription: Subscription) -> None:
        """End it."""
        await self._client.untap(subscription)

    async def subscribe(self, subject: str, call: Callable[[Msg], Awaitable[None]]) -> Subscription:
        """Subscribe with a coroutine, one message at a time; what overflows its queue is dropped and logged.

        Returns once the server knows of it.

        Raises:
            UnavailableError: it did not say so in time.
        """
        try:
            subscription = await self._client.subscribe(
                subject, cb=call, pending_msgs_limit=LISTEN_MESSAGES, pending_bytes_limit=LISTEN_BYTES
            )
        except nats.errors.Error as error:
            raise away("not connected") from error
        try:
            async with asyncio.timeout(self._settings.deadline_s):
                await self._client.flush(LONGEST_DEADLINE_S)
        except (nats.errors.Error, OSError) as error:
            await self._client.untap(subscription)
            raise away("it does not answer in time") from error
        return subscription

    # --- nats-py's callbacks ---

    async def _on_disconnected(self) -> None:
        self._client.forget_unsent()
        self._fail_asked()
        if not self._client.is_closed:
            log.warning("nats_disconnected")

    async def _on_reconnected(self) -> None:
        log.info("nats_reconnected")
        for call in self.on_reconnect:
            call()

    async def _log_error(self, error: Exception) -> None:
        """Log by kind, not more often than every `QUIET_S`; texts of slow consumers hold subjects, so no text."""
        name, now = type(error).__name__, time.monotonic()
        if now - self._logged.get(name, -QUIET_S) >= QUIET_S:
            self._logged[name] = now
            log.warning("nats_error", error=name)


def _decode(data: bytes) -> dict[str, Any]:
    """The answer of the API; its refusal is raised."""
    try:
        result = msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise away("JetStream gave an answer that is none") from error
    if "error" in result:
        raise from_answer(result["error"])
    return result


def _hosts(url: str) -> str:
    """The servers without user and password."""
    parts = [urlsplit(each.strip()) for each in url.split(",")]
    return ", ".join(f"{part.hostname}:{part.port or 4222}" for part in parts)


@asynccontextmanager
async def open_link(settings: NatsSettings) -> AsyncIterator[NatsLink]:
    """A connection for the block.

    Raises:
        UnavailableError: no server answers in time.
    """
    link = NatsLink(settings)
    await link.connect()
    try:
        yield link
    finally:
        await link.close()
