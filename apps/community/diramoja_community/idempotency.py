"""Sending commands for a request: its key, the digest of what the client sent, and the committed answer."""

import hashlib
import re
import uuid
from typing import Any

from litestar import Request, Response
from litestar.enums import MediaType

from diramoja.core.agents import AgentKind
from diramoja.core.gateway import Reader, Send
from diramoja.core.ids import derive_id
from diramoja.core.messages import Command
from diramoja_community.auth import GUEST
from diramoja_community.dispatch import Answer, Dispatcher
from diramoja_community.exchange import Exchange, exchange_of
from diramoja_community.limits import address_of
from diramoja_community.problems import ProblemError, problem_of_answer

__all__ = ["GUEST_SENDER", "RequestSend", "Sender"]

GUEST_SENDER = "guest"
"""Sender of what nobody signed in for; never "", which is the runtime and the command line."""

NO_CONTENT = 204
BAD_REQUEST = 400
DIGEST_BYTES = 16

_KEY = re.compile(r"[\x21-\x7e]{1,128}")


class RequestSend(Send):
    """See `diramoja.core.gateway.Send`. A second command of the same request gets a key of its own, in order."""

    def __init__(self, dispatcher: Dispatcher, exchange: Exchange, *, key: str, digest: bytes, lane: str) -> None:
        self.key = key
        self._dispatcher = dispatcher
        self._exchange = exchange
        self._reader: Reader = exchange.reader or GUEST
        self._digest = digest
        self._lane = lane

    @property
    def sender(self) -> str:
        """Who sends."""
        return self._reader.member or GUEST_SENDER

    async def __call__(self, kind: AgentKind[Any] | str, agent: str, command: Command) -> Any:
        """See the protocol."""
        self._exchange.sends += 1
        nth = self._exchange.sends
        key = self.key if nth == 1 else f"{self.key}/{nth}"
        self._exchange.headers.setdefault("x-correlation-id", f"{self.sender}:{key}")
        answer = await self._dispatcher.send(
            kind if isinstance(kind, str) else kind.name,
            agent,
            command,
            sender=self.sender,
            roles=sorted(self._reader.roles),
            key=key,
            digest=self._digest,
            lane=self._lane,
        )
        return _answered(answer)

    def keyed(self, secret: bytes) -> "RequestSend":
        """See the protocol."""
        digest = hashlib.blake2b(self._digest, key=secret, digest_size=DIGEST_BYTES).digest()
        return RequestSend(self._dispatcher, self._exchange, key=self.key, digest=digest, lane=self._lane)

    def new_id(self, prefix: str) -> str:
        """See the protocol."""
        return derive_id(prefix, self.sender, self.key)


def _answered(answer: Answer) -> Response[bytes]:
    if answer.status >= BAD_REQUEST:
        raise problem_of_answer(answer.status, answer.body)
    if answer.status == NO_CONTENT or not answer.body:
        return Response(b"", status_code=NO_CONTENT)
    return Response(answer.body, status_code=answer.status, media_type=MediaType.JSON)


class Sender:
    """Makes the `send` of each request."""

    def __init__(self, dispatcher: Dispatcher, key: bytes) -> None:
        self._dispatcher = dispatcher
        self._key = key

    async def __call__(self, request: Request[Any, Any, Any]) -> Send:
        """The dependency `send`.

        Raises:
            ProblemError: the Idempotency-Key has another form.
        """
        exchange = exchange_of(request)
        given = request.headers.get("idempotency-key")
        if given is not None and not _KEY.fullmatch(given):
            raise ProblemError(
                BAD_REQUEST, "idempotency_key_invalid", "An Idempotency-Key has 1 to 128 visible ASCII characters."
            )
        key = given or str(uuid.uuid4())
        exchange.headers["idempotency-key"] = key
        digest = self._digest(request, await request.body())
        member = exchange.reader.member if exchange.reader else ""
        lane = member or f"address:{address_of(request)}"
        return RequestSend(self._dispatcher, exchange, key=key, digest=digest, lane=lane)

    def _digest(self, request: Request[Any, Any, Any], body: bytes) -> bytes:
        """Method, path and body, keyed: so that the stored digest says nothing of a password within."""
        scope = request.scope
        hasher = hashlib.blake2b(key=self._key, digest_size=DIGEST_BYTES)
        for part in (scope["method"].encode(), scope["path"].encode(), scope["query_string"], body):
            hasher.update(len(part).to_bytes(8))
            hasher.update(part)
        return hasher.digest()
