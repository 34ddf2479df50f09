"""What goes over the wire and comes back, as bytes: pure functions, no driver.

Source: NATS client protocol (PUB, HPUB); ADR-15 (JetStream acknowledgement subjects); ADR-50 (atomic batches).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from diramoja.core.errors import InvalidError
from diramoja.core.ports.broker import Outgoing

__all__ = [
    "HEADROOM_BYTES",
    "Place",
    "Status",
    "batch",
    "check_hint",
    "check_subject",
    "consumer_progress",
    "place_of",
    "publication",
    "status_of",
]

HEADROOM_BYTES = 256
"""What the headers of a batch take of max_payload."""

_SUBJECT = re.compile(r"(cmd|tell|job|event)(\.[!-)+-\-/-=?-~]{1,256}){3}")
_HINT = re.compile(r"[!#%-)+-\-/-=?-~][!-)+-=?-~]{0,511}")
_ACK_TOKENS = 9
_ACK_TOKENS_WITH_DOMAIN = 11
_STATUS_LINE = b"NATS/1.0 "
_LAST_CONSUMER = re.compile(rb"Nats-Last-Consumer: *(\d+)")


class Place(NamedTuple):
    """Where a delivered message stands.

    Attributes:
        consumer: name of the consumer that delivers it.
        seq: its sequence in the stream.
        nth: its sequence in the consumer, from 1 without a gap.
        at_ns: when it was stored, nanoseconds since 1970.
    """

    consumer: bytes
    seq: int
    nth: int
    at_ns: int


class Status(NamedTuple):
    """A status message: HTTP-like code, 0 where it is none, and the rest of its header."""

    code: int
    text: bytes


def check_subject(subject: str) -> str:
    """The same subject, if it is one of ours; nothing else may reach the protocol.

    Raises:
        InvalidError: it has not four tokens of visible ASCII without dot and wildcard, or another first one.
    """
    if not _SUBJECT.fullmatch(subject):
        raise InvalidError("A subject is cmd, tell, job or event and three tokens without space, dot or wildcard.")
    return subject


def check_hint(subject: str) -> str:
    """The same subject, if a hint may go there: not to the server's own subjects.

    Raises:
        InvalidError: it is empty, longer than 512, begins with `$`, or holds a space, a wildcard or other characters.
    """
    if not _HINT.fullmatch(subject) or subject.startswith("_"):
        raise InvalidError("A hint goes to a subject of visible ASCII without wildcard, not beginning with $ or _.")
    return subject


def publication(subject: str, reply: str, data: bytes) -> bytes:
    """One message; `reply` "" asks for no answer."""
    return f"PUB {subject} {reply} {len(data)}\r\n".encode() + data + b"\r\n"


def batch(messages: Sequence[Outgoing], root: str, id: str, replies: tuple[str, str]) -> bytes:
    """Messages as one atomic batch; the server answers on `replies` to the first and to the last, which commits."""
    parts: list[bytes] = []
    for number, message in enumerate(messages, 1):
        last = number == len(messages)
        commit = "Nats-Batch-Commit: 1\r\n" if last else ""
        headers = f"NATS/1.0\r\nNats-Batch-Id: {id}\r\nNats-Batch-Sequence: {number}\r\n{commit}\r\n"
        reply = replies[1] if last else replies[0] if number == 1 else ""
        size = len(headers) + len(message.data)
        parts += (
            f"HPUB {root}{message.subject} {reply} {len(headers)} {size}\r\n{headers}".encode(),
            message.data,
            b"\r\n",
        )
    return b"".join(parts)


def place_of(reply: bytes) -> Place:
    """Read the acknowledgement subject of a delivered message.

    `$JS.ACK.<stream>.<consumer>.<deliveries>.<seq>.<nth>.<time>.<pending>`, or with domain and account before the
    stream and perhaps a random token at the end.

    Raises:
        ValueError: it is none.
    """
    tokens = reply.split(b".")
    count = len(tokens)
    if count == _ACK_TOKENS:
        return Place(tokens[3], int(tokens[5]), int(tokens[6]), int(tokens[7]))
    if count >= _ACK_TOKENS_WITH_DOMAIN:
        return Place(tokens[5], int(tokens[7]), int(tokens[8]), int(tokens[9]))
    raise ValueError("not an acknowledgement subject")


def status_of(headers: bytes | None) -> Status:
    """Read the status line of a message's headers."""
    if not headers or not headers.startswith(_STATUS_LINE):
        return Status(0, b"")
    code = headers[9:12]
    return Status(int(code) if code.isdigit() else 0, headers[12:])


def consumer_progress(status: Status) -> int | None:
    """How many messages the consumer has delivered, from its heartbeat; None where it does not say."""
    found = _LAST_CONSUMER.search(status.text)
    return int(found[1]) if found else None
