"""Every decoder that bytes from outside come to, with what it promises: a value of its type or its documented error."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from diramoja.core.envelope import Envelope, EventEnvelope, ReplyHint, pack, unpack
from diramoja.core.errors import InvalidError, MessageError, UnauthenticatedError
from diramoja.core.gateway import PageQuery
from diramoja.core.host import discover
from diramoja.core.ids import check_id
from diramoja.core.messages import Message, decode, encode
from diramoja.core.ports.broker import Incoming
from diramoja.core.registry import Registry
from diramoja.core.runtime.items import from_stream
from diramoja.core.tokens import Tokens
from diramoja.counting import BUILT_IN, Ties, read_ballots, write_blt, write_csv
from diramoja.plugins.identity.rules import check_email, check_password, check_username
from diramoja_community.bodies import check_json
from diramoja_community.live_frames import read_frame
from diramoja_community.problems import ProblemError

__all__ = [
    "DECODERS",
    "ENVELOPES",
    "KINDS",
    "MESSAGES",
    "START",
    "in_stream",
    "read_account",
    "read_body",
    "read_cursor",
    "read_envelope",
    "read_id",
    "read_live_frame",
    "read_message",
    "read_token",
    "read_votes",
]

REGISTRY = Registry.of([brought.value for brought in discover().plugins.values()])
TOKENS_OF_OURS = Tokens(b"a key of 32 bytes that nobody has")
BAD_REQUEST = 400
START = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = list(REGISTRY.kinds.values())
MESSAGES: list[type[Message]] = sorted(
    {
        *(handled.command for kind in KINDS for handled in kind.commands.values()),
        *(kind.state for kind in KINDS),
        *(row for kind in KINDS for row in kind.rows.values()),
    },
    key=lambda each: f"{each.__module__}.{each.__qualname__}",
)
ENVELOPES: tuple[type[Any], ...] = (Envelope, EventEnvelope, ReplyHint)


def read_message(cls: type[Message], data: bytes, version: int | None) -> None:
    """What is read is written and read the same again."""
    try:
        message = decode(cls, data, version)
    except MessageError:
        return
    assert decode(cls, encode(message)) == message


def read_envelope(cls: type[Any], data: bytes) -> None:
    """The same of an envelope."""
    try:
        envelope = unpack(cls, data)
    except MessageError:
        return
    assert unpack(cls, pack(envelope)) == envelope


def in_stream(incoming: Incoming) -> None:
    """Whatever stands in the stream is an item: with a command or with a fault."""
    item = from_stream(incoming, REGISTRY)
    assert (item.partition, item.seq) == (incoming.partition, incoming.seq)
    assert (item.command is None) == (item.fault is not None) or item.verb.startswith("_")


def read_id(text: str) -> None:
    """An id is one or refused."""
    try:
        assert check_id(text) == text
    except InvalidError:
        assert not text.isascii() or not text.isalnum() or len(text) > 128


def read_body(data: bytes) -> None:
    """The body of a request is taken or a 400."""
    status = BAD_REQUEST
    try:
        check_json(data)
    except ProblemError as error:
        status = error.status
    assert status == BAD_REQUEST


def read_live_frame(frame: str | bytes) -> None:
    """A frame of a WebSocket."""
    try:
        read_frame(frame)
    except InvalidError:
        return


def read_cursor(text: str) -> None:
    """A cursor of a page is read and written the same again."""
    try:
        query = PageQuery.read(20, text)
    except InvalidError:
        return
    assert PageQuery.read(20, PageQuery.cursor(*query.after)).after == query.after


def read_token(text: str) -> None:
    """No token that was not signed by us is read."""
    try:
        TOKENS_OF_OURS.read_access(text)
    except UnauthenticatedError:
        return
    raise AssertionError(f"A forged token: {text}")


def read_account(text: str) -> None:
    """Names, email addresses and passwords are taken or refused; what is taken is taken the same again."""
    for check in (check_username, check_email):
        try:
            taken = check(text)
        except InvalidError:
            continue
        assert check(taken) == taken
    try:
        check_password(text, 12)
    except InvalidError:
        return
    assert len(text) >= 12  # the same as above


def read_votes(name: str, data: bytes) -> None:
    """A file of ballots is read and can be counted and written again, or refused."""
    ending = name.removesuffix(".gz").rpartition(".")[2]
    for form, method in (("ranking", "plurality"), ("marks", "approval"), ("grades", "score")):
        try:
            profile = read_ballots(name, data, BUILT_IN[method].form)
        except InvalidError:
            continue
        BUILT_IN[method].count(profile, ties=Ties("lot", bytes(32)))
        written = write_blt(profile) if ending == "blt" else write_csv(profile)
        again = read_ballots(f"votes.{ending}", written.encode(), BUILT_IN[method].form)
        assert again.ballots() == profile.ballots(), form


def _any_votes(data: bytes) -> None:
    for name in ("votes.blt", "votes.csv", "votes.csv.gz"):
        read_votes(name, data)


def read_wire_cursor(data: bytes) -> None:
    """A cursor whose base64 is right."""
    read_cursor(base64.urlsafe_b64encode(data).decode())


def _of_text(read: Callable[[str], None]) -> Callable[[bytes], None]:
    return lambda data: read(data.decode("utf-8", "replace"))


def _any_message(data: bytes) -> None:
    if data:
        read_message(MESSAGES[data[0] % len(MESSAGES)], data[1:], None)


def _any_envelope(data: bytes) -> None:
    if data:
        read_envelope(ENVELOPES[data[0] % len(ENVELOPES)], data[1:])


def _any_item(data: bytes) -> None:
    if data:
        kind = KINDS[data[0] % len(KINDS)]
        verbs = sorted(kind.commands)
        verb = verbs[len(data) % len(verbs)]
        in_stream(Incoming(3, 17, START, "cmd", kind.name, "id", verb, data[1:]))
        in_stream(Incoming(3, 17, START, "tell", kind.name, "id", verb, pack(Envelope("id", 1, data[1:]))))


DECODERS: dict[str, Callable[[bytes], None]] = {
    "message": _any_message,
    "envelope": _any_envelope,
    "item": _any_item,
    "id": _of_text(read_id),
    "body": read_body,
    "frame": read_live_frame,
    "cursor": read_wire_cursor,
    "token": _of_text(read_token),
    "account": _of_text(read_account),
    "votes": _any_votes,
}
"""Name → takes bytes; anything that it raises is a fault."""
