"""The dispatcher: sends commands from a gateway in small batches and waits for their committed answers.

An answer arrives as a hint (`reply.<gateway>.<tag>`, quick, may be lost) or from the request rows, which are read for
all that wait in one query every 250 ms: so a worker, a hint or a gateway may die.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import anyio
import attrs
import structlog
from msgspec import Meta

from diramoja.core.envelope import Envelope, ReplyHint, pack, unpack
from diramoja.core.errors import DiramojaError, LimitedError, UnavailableError
from diramoja.core.ids import check_id
from diramoja.core.messages import MAX_BODY_BYTES, Command, encode
from diramoja.core.ports.broker import Broker, Outgoing
from diramoja.core.ports.records import Operations
from diramoja.core.ports.rows import RequestRow
from diramoja.core.runtime.turn import Answer, problem
from diramoja.core.settings import Settings

__all__ = ["Answer", "DispatchSettings", "Dispatcher"]

log = structlog.get_logger(__name__)

TAG_DIGITS = 16


class DispatchSettings(Settings, frozen=True, kw_only=True):
    """How a gateway sends and waits: section [dispatch] of the deployment file."""

    answer_timeout_s: Annotated[float, Meta(gt=0, le=60, description="How long an answer is awaited.")] = 5.0
    waiting_max: Annotated[int, Meta(ge=1, le=100_000, description="Writes of one gateway that wait.")] = 512
    waiting_per_member: Annotated[int, Meta(ge=1, le=100_000, description="Writes of one member that wait.")] = 32
    batch_messages: Annotated[int, Meta(ge=1, le=1000, description="Commands of one publication.")] = 500
    linger_s: Annotated[float, Meta(ge=0, le=0.1, description="How long a batch is collected under load.")] = 0.001
    poll_s: Annotated[float, Meta(gt=0, le=5, description="Time between two looks at the request rows.")] = 0.25


@attrs.define(eq=False)
class _Waiting:
    """A caller that waits. `tag` tells its request from another one with the same id and another digest."""

    request: str
    tag: str
    digest: bytes
    lane: str
    message: Outgoing
    since: float
    answer: asyncio.Future[Answer]

    @property
    def place(self) -> tuple[str, str]:
        return self.request, self.tag


class Dispatcher:
    """One gateway's sender; `async with dispatcher.serving():` around its life. asyncio only."""

    def __init__(self, broker: Broker, operations: Operations, settings: DispatchSettings, gateway_id: str) -> None:
        self._broker = broker
        self._operations = operations
        self._settings = settings
        self._subject = f"reply.{check_id(gateway_id)}"
        self._waiting: dict[tuple[str, str], list[_Waiting]] = {}
        self._outbox: dict[_Waiting, None] = {}
        self._lanes: dict[str, int] = {}
        self._news = asyncio.Event()
        self.count = 0
        """Callers that wait now."""

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Dispatcher"]:
        """Publish, listen and poll for the block."""
        subscription = await self._broker.listen(f"{self._subject}.*", self._heard)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._publish_for_ever)
                tasks.start_soon(self._poll_for_ever)
                yield self
                tasks.cancel_scope.cancel()
        finally:
            await subscription.end()

    async def send(
        self,
        kind: str,
        agent: str,
        command: Command,
        *,
        sender: str,
        roles: Sequence[str],
        key: str,
        digest: bytes,
        correlation: str = "",
        lane: str = "",
    ) -> Answer:
        """The committed answer to a command.

        Args:
            kind: of the agent.
            agent: its id.
            command: what it shall do.
            sender: id of the member; with `key` the id of the request, whose repeat meets the first answer.
            roles: of the sender.
            key: the Idempotency-Key.
            digest: keyed hash of what the client sent, to tell a repeat from another request with the same key.
            correlation: id of the chain that this belongs to; "": it begins one.
            lane: whose share of the waiting writes this uses; "": the sender's.

        Raises:
            InvalidError: the id of the agent can be none.
            LimitedError: the command is larger than 64 KB (`command_too_large`).
            UnavailableError: too many wait (`too_many_waiting`), the broker is away, or there was no answer in time
                (`answer_late`): the same request with the same key is safe.
        """
        request = f"{sender}:{key}"
        tag = digest.hex()[:TAG_DIGITS] or "0"
        envelope = Envelope(
            id=request,
            version=command.schema_version,
            body=encode(command),
            sender=sender,
            correlation=correlation or request,
            roles=tuple(roles),
            reply_to=f"{self._subject}.{tag}",
            request=request,
            digest=digest,
        )
        message = Outgoing(f"cmd.{kind}.{check_id(agent)}.{command.wire_name}", _packed(envelope))
        loop = asyncio.get_running_loop()
        waiting = _Waiting(request, tag, digest, lane or sender, message, loop.time(), loop.create_future())
        self._admit(waiting)
        try:
            async with asyncio.timeout(self._settings.answer_timeout_s):
                return await waiting.answer
        except TimeoutError:
            raise _late() from None
        finally:
            self._forget(waiting)

    # --- who waits ---

    def _admit(self, waiting: _Waiting) -> None:
        in_lane = self._lanes.get(waiting.lane, 0)
        if self.count >= self._settings.waiting_max or in_lane >= self._settings.waiting_per_member:
            raise UnavailableError("Too many writes are waiting for their answers.", code="too_many_waiting")
        self.count += 1
        self._lanes[waiting.lane] = in_lane + 1
        self._waiting.setdefault(waiting.place, []).append(waiting)
        self._outbox[waiting] = None
        self._news.set()

    def _forget(self, waiting: _Waiting) -> None:
        self.count -= 1
        self._outbox.pop(waiting, None)
        waiting.answer.cancel()
        self._lanes[waiting.lane] -= 1
        if not self._lanes[waiting.lane]:
            del self._lanes[waiting.lane]
        others = self._waiting[waiting.place]
        others.remove(waiting)
        if not others:
            del self._waiting[waiting.place]

    # --- sending ---

    async def _publish_for_ever(self) -> None:
        while True:
            await self._news.wait()
            if len(self._outbox) > 1:
                await asyncio.sleep(self._settings.linger_s)
            batch = list(self._outbox)[: self._settings.batch_messages]
            for waiting in batch:
                del self._outbox[waiting]
            if not self._outbox:
                self._news.clear()
            if batch:
                await self._publish(batch)

    async def _publish(self, batch: Sequence[_Waiting]) -> None:
        """One publication at a time, so that the order is kept."""
        try:
            await self._broker.publish([waiting.message for waiting in batch])
        except DiramojaError as error:
            log.warning("dispatch_failed", code=error.code, commands=len(batch))
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(_away(error))

    # --- answers ---

    def _heard(self, subject: str, data: bytes) -> None:
        try:
            hint = unpack(ReplyHint, data)
        except DiramojaError as error:
            log.warning("reply_unreadable", code=error.code)
            return
        tag = subject.rpartition(".")[2]
        self._resolve((hint.request, tag), Answer(hint.status, hint.answer))

    def _resolve(self, place: tuple[str, str], answer: Answer) -> None:
        for waiting in self._waiting.get(place, ()):
            if not waiting.answer.done():
                waiting.answer.set_result(answer)

    async def _poll_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.poll_s)
            late = self._late()
            if not late:
                continue
            try:
                rows = await self._operations.answers(sorted({waiting.request for waiting in late}))
            except DiramojaError as error:
                log.warning("answers_unreadable", code=error.code, waiting=len(late))
                continue
            found = {row.id: row for row in rows}
            for waiting in late:
                if waiting.request in found:
                    self._resolve(waiting.place, _answer_of(found[waiting.request], waiting.digest))

    def _late(self) -> list[_Waiting]:
        """Those that have waited for longer than a look's interval."""
        before = asyncio.get_running_loop().time() - self._settings.poll_s
        return [waiting for each in self._waiting.values() for waiting in each if waiting.since < before]


def _packed(envelope: Envelope) -> bytes:
    data = pack(envelope)
    if len(data) > MAX_BODY_BYTES:
        raise LimitedError(f"A command is at most {MAX_BODY_BYTES // 1024} KB.", code="command_too_large")
    return data


def _away(error: DiramojaError) -> UnavailableError:
    away = UnavailableError("The command could not be handed over.", code=error.code, cure="Try again.")
    away.__cause__ = error
    return away


def _answer_of(row: RequestRow, digest: bytes) -> Answer:
    if row.digest and digest and row.digest != digest:
        return problem(409, "idempotency_conflict", "This Idempotency-Key belongs to another request.")
    return Answer(row.status or 0, row.answer or b"")


def _late() -> UnavailableError:
    return UnavailableError(
        "The answer did not come in time; the command may still take effect.",
        code="answer_late",
        cure="Send the same request with the same Idempotency-Key again.",
    )
