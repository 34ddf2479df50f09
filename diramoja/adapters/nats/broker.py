"""The broker port on NATS JetStream."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription

from diramoja.adapters.nats import wire
from diramoja.adapters.nats.client import Answer, NatsLink, open_link
from diramoja.adapters.nats.errors import away, from_answer, outcome_unknown, too_large
from diramoja.adapters.nats.intake import NatsIntake
from diramoja.adapters.nats.prefetch import Prefetch
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.nats.streams import Names, commands_config, events_config, prepare_stream, stream_info
from diramoja.core.errors import DiramojaError, InvalidError, OutcomeUnknownError, UnavailableError
from diramoja.core.ports.broker import Intake, Outgoing, StreamInfo, Subscription

__all__ = ["NatsBroker", "open_broker"]

BATCH_FROM = 8
"""From so many messages on an atomic batch is quicker: it costs 3 ms at least, a single one .4 ms."""
BATCH_MESSAGES = 1000
"""The server's limit of an atomic batch (ADR-50)."""
BATCH_BYTES = 4 * 1024 * 1024
HINT_UNSENT_BYTES = 1024 * 1024
"""With so much unsent the server is stuck; hints are dropped then."""

_NO_RESPONDERS = 503

log = structlog.get_logger(__name__)


class _Stored(msgspec.Struct):
    """The server's answer to a publication."""

    error: dict[str, Any] | None = None
    count: int = 1


class _Listening:
    """A subscription on core NATS."""

    def __init__(self, subscription: NatsSubscription) -> None:
        self._subscription = subscription

    async def end(self) -> None:
        """See the port."""
        try:
            await self._subscription.unsubscribe()
        except (nats.errors.ConnectionClosedError, nats.errors.BadSubscriptionError):
            return  # It has ended.


class NatsBroker:
    """See the port. `open_broker` makes one."""

    def __init__(self, link: NatsLink, settings: NatsSettings) -> None:
        self._link = link
        self._settings = settings
        self._names = Names(settings.prefix)

    async def prepare(self) -> None:
        """See the port.

        Raises:
            ConflictError: a stream exists with another configuration.
        """
        await prepare_stream(self._link, commands_config(self._names, self._settings))
        await prepare_stream(self._link, events_config(self._names, self._settings))

    async def commands(self) -> StreamInfo:
        """See the port."""
        return await stream_info(self._link, self._names.commands)

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """See the port.

        From eight on in atomic batches of at most 1,000. Fewer commands go together and are awaited together: clients
        do not care which of them was first. Fewer tells or events go one by one: were a later one stored and an
        earlier one not, its receiver would take the earlier one for a repeat.
        """
        self._check(messages)
        stored = False
        for some in _portions(messages):
            try:
                await self._publish_some(some)
            except OutcomeUnknownError:
                raise
            except DiramojaError as error:
                if stored:
                    raise outcome_unknown(error) from error
                raise
            stored = True

    def _check(self, messages: Sequence[Outgoing]) -> None:
        limit = self._link.max_payload - wire.HEADROOM_BYTES
        for message in messages:
            wire.check_subject(message.subject)
            if len(message.data) > limit:
                raise too_large(limit)
        if len({message.subject.startswith("event.") for message in messages}) > 1:
            raise InvalidError("Commands and events are published in calls of their own.")

    async def _publish_some(self, messages: Sequence[Outgoing]) -> None:
        """One portion: a batch, or a few that are awaited together."""
        in_batch = len(messages) >= BATCH_FROM
        replies = [self._link.expect() for _ in (range(2) if in_batch else messages)]
        deadline = asyncio.get_running_loop().time() + self._settings.deadline_s
        try:
            await self._link.write(self._commands(messages, [reply for reply, _ in replies], in_batch=in_batch))
            async with asyncio.timeout_at(deadline):
                answers = [await replies[0][1]]
                if not (in_batch and _is_refused_at_once(answers[0])):
                    answers += [await future for _, future in replies[1:]]
        except (TimeoutError, nats.errors.Error) as error:
            raise outcome_unknown(error) from error
        finally:
            for reply, _ in replies:
                self._link.forget(reply)
        _confirm(answers[-1:] if in_batch else answers, len(messages) if in_batch else 1)

    def _commands(self, messages: Sequence[Outgoing], replies: Sequence[str], *, in_batch: bool) -> bytes:
        root = self._names.root
        if in_batch:
            return wire.batch(messages, root, secrets.token_hex(8), (replies[0], replies[1]))
        pairs = zip(messages, replies, strict=True)
        return b"".join(wire.publication(root + message.subject, reply, message.data) for message, reply in pairs)

    def intake(self) -> Intake:
        """See the port."""
        settings = self._settings
        prefetch = Prefetch(settings.prefetch_messages, settings.prefetch_bytes)
        return NatsIntake(self._link, self._names.commands, prefetch)

    async def purge_commands(self, partition: int, below: int) -> None:
        """See the port."""
        body = {"filter": f"p.{partition}.>", "seq": below}
        await self._link.call(f"STREAM.PURGE.{self._names.commands}", body)

    async def hint(self, subject: str, data: bytes) -> None:
        """See the port. It is dropped without a connection or on a jammed one, as is one larger than the server takes.

        Raises:
            InvalidError: a hint may not go there.
        """
        commands = wire.publication(self._names.root + wire.check_hint(subject), "", data)
        if len(data) <= self._link.max_payload and self._link.unsent_bytes < HINT_UNSENT_BYTES:
            with contextlib.suppress(UnavailableError):
                await self._link.write(commands)

    async def listen(self, subject: str, call: Callable[[str, bytes], Awaitable[None] | None]) -> Subscription:
        """See the port."""
        root = self._names.root

        async def deliver(message: Msg) -> None:
            try:
                waiting = call(message.subject[len(root) :], message.data)
                if waiting is not None:
                    await waiting
            except Exception:
                log.exception("nats_listener_failed", subject=subject)

        return _Listening(await self._link.subscribe(root + subject, deliver))

    def connected(self) -> bool:
        """See the port."""
        return self._link.connected


def _portions(messages: Sequence[Outgoing]) -> Iterator[Sequence[Outgoing]]:
    """What is published in one step each."""
    if len(messages) < BATCH_FROM:
        together = all(message.subject.startswith("cmd.") for message in messages)
        yield from [messages] if together and messages else ([message] for message in messages)
        return
    portion: list[Outgoing] = []
    size_bytes = 0
    for message in messages:
        if portion and (len(portion) == BATCH_MESSAGES or size_bytes + len(message.data) > BATCH_BYTES):
            yield portion
            portion, size_bytes = [], 0
        portion.append(message)
        size_bytes += len(message.data)
    yield portion


def _is_refused_at_once(answer: Answer) -> bool:
    """Whether the first message of a batch was refused; taken, it is answered by nothing."""
    return bool(answer.data or answer.status)


def _confirm(answers: Sequence[Answer], count: int) -> None:
    """Raise unless every answer says that `count` messages are stored.

    Raises:
        OutcomeUnknownError: some are stored and others not.
        DiramojaError: none is stored; the first refusal.
    """
    refusals = [refusal for answer in answers if (refusal := _refusal(answer, count))]
    if refusals and len(refusals) < len(answers):
        raise outcome_unknown(refusals[0]) from refusals[0]
    if refusals:
        raise refusals[0]


def _refusal(answer: Answer, count: int) -> DiramojaError | None:
    if answer.status == _NO_RESPONDERS:
        return away("no stream takes the subject")
    try:
        stored = msgspec.json.decode(answer.data, type=_Stored)
    except msgspec.DecodeError:
        return OutcomeUnknownError("NATS gave an answer that is none.", code="nats_outcome_unknown")
    if stored.error is not None:
        return from_answer(stored.error)
    return None if stored.count == count else away("a batch was cut short")


@asynccontextmanager
async def open_broker(settings: NatsSettings) -> AsyncIterator[NatsBroker]:
    """A connected broker for the block; `prepare` makes its streams.

    Raises:
        UnavailableError: no server answers in time.
    """
    async with open_link(settings) as link:
        yield NatsBroker(link, settings)
