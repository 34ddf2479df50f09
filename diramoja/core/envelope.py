"""Envelopes: what travels around a message's body, decoded apart from it.

Arrays in MessagePack, so that a field can be added at the end and old bytes decode for ever.
"""

from datetime import datetime

import msgspec

from diramoja.core.errors import MessageError

__all__ = ["Envelope", "EventEnvelope", "ReplyHint", "pack", "unpack"]

MAX_HOPS = 32
"""A command further from its cause than this is a dead letter."""


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """Around a command.

    Attributes:
        id: the same in every repeat of the command.
        version: version of the command's class that wrote the body.
        body: JSON of the command.
        sender: id of the member or agent that sent it.
        correlation: id of the command that began the chain.
        causation: id of the command that led to this one.
        roles: roles of the sender, from a gateway.
        hops: how many tells lie between this and the start of the chain.
        reply_to: subject on which the answer is awaited; "" where nobody waits.
        request: id of the request that the answer belongs to; "" where there is none.
        digest: keyed hash of the client's request, to tell a repeat from another request with the same key.
        source: partition of the agent that told it; -1 from outside.
        seq: the source's out_seq; 0 from outside.
        told_by: kind of the agent that told it.
    """

    id: str
    version: int
    body: bytes
    sender: str = ""
    correlation: str = ""
    causation: str = ""
    roles: tuple[str, ...] = ()
    hops: int = 0
    reply_to: str = ""
    request: str = ""
    digest: bytes = b""
    source: int = -1
    seq: int = 0
    told_by: str = ""


class EventEnvelope(msgspec.Struct, frozen=True, array_like=True):
    """Around an event, on the EVENTS stream and on live subjects.

    Attributes:
        channel_seq: number of the event on the channel `kind:agent`; None where it is not live.
        partition: with `seq` the event's place in the log.
        body: JSON of the event.
    """

    name: str
    version: int
    kind: str
    agent: str
    channel_seq: int | None
    partition: int
    seq: int
    at: datetime
    correlation: str
    causation: str
    body: bytes


class ReplyHint(msgspec.Struct, frozen=True, array_like=True):
    """Tells a waiting gateway that a request has its answer; the truth is the request row."""

    request: str
    status: int
    answer: bytes


_ENCODER = msgspec.msgpack.Encoder()
_DECODERS: dict[type, msgspec.msgpack.Decoder[object]] = {
    cls: msgspec.msgpack.Decoder(cls) for cls in (Envelope, EventEnvelope, ReplyHint)
}


def pack(envelope: Envelope | EventEnvelope | ReplyHint) -> bytes:
    """The envelope as MessagePack."""
    return _ENCODER.encode(envelope)


def unpack[T: (Envelope, EventEnvelope, ReplyHint)](cls: type[T], data: bytes) -> T:
    """Read an envelope.

    Raises:
        MessageError: the bytes are none.
    """
    try:
        envelope = _DECODERS[cls].decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError(f"These bytes are no {cls.__name__}.", code="envelope_invalid") from error
    assert isinstance(envelope, cls)
    return envelope
