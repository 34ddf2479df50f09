"""Whatever bytes come in, a decoder gives a value of its type or the error that it documents, and nothing else."""

import base64
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from diramoja_community.bodies import check_json
from diramoja_community.live_frames import read_frame
from diramoja_community.problems import ProblemError

REGISTRY = Registry.of([brought.value for brought in discover().plugins.values()])
TOKENS_OF_OURS = Tokens(b"a key of 32 bytes that nobody has")
KINDS = list(REGISTRY.kinds.values())
MESSAGES: list[type[Message]] = sorted(
    {
        *(handled.command for kind in KINDS for handled in kind.commands.values()),
        *(kind.state for kind in KINDS),
        *(row for kind in KINDS for row in kind.rows.values()),
    },
    key=lambda each: f"{each.__module__}.{each.__qualname__}",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
BYTES = st.binary(max_size=400) | JSON.map(msgspec.json.encode)


def fields_of(cls: type[Message]) -> st.SearchStrategy[bytes]:
    """Objects that have some of the class's fields, with anything in them."""
    names = [field.encode_name for field in msgspec.structs.fields(cls)]
    some = st.dictionaries(st.sampled_from(names), JSON, max_size=len(names)) if names else st.just({})
    return some.map(msgspec.json.encode)


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__qualname__)
@given(data=st.data(), version=st.none() | st.integers(-(2**70), 2**70))
def test_a_message_is_read_or_refused(cls: type[Message], data: Any, version: int | None) -> None:
    try:
        message = decode(cls, data.draw(BYTES | fields_of(cls)), version)
    except MessageError:
        return
    assert decode(cls, encode(message)) == message


@pytest.mark.parametrize("cls", [Envelope, EventEnvelope, ReplyHint])
@given(data=st.binary(max_size=400) | JSON.map(lambda value: msgspec.msgpack.encode(str(value))))
def test_an_envelope_is_read_or_refused(cls: type[Any], data: bytes) -> None:
    try:
        envelope = unpack(cls, data)
    except MessageError:
        return
    assert unpack(cls, pack(envelope)) == envelope


TOKENS = st.text(max_size=30)


@given(
    origin=st.sampled_from(["cmd", "tell", "job"]),
    kind=st.sampled_from([kind.name for kind in KINDS]) | TOKENS,
    agent=TOKENS,
    verb=st.sampled_from([verb for kind in KINDS for verb in kind.commands]) | TOKENS,
    data=BYTES | BYTES.map(lambda body: pack(Envelope("id", 1, body))),
)
def test_whatever_stands_in_the_stream_is_an_item(
    *, origin: Any, kind: str, agent: str, verb: str, data: bytes
) -> None:
    item = from_stream(Incoming(3, 17, datetime.now(UTC), origin, kind, agent, verb, data), REGISTRY)
    assert (item.partition, item.seq) == (3, 17)
    assert (item.command is None) == (item.fault is not None) or item.verb.startswith("_")


@given(text=st.text(max_size=300))
def test_an_id_is_one_or_refused(text: str) -> None:
    try:
        assert check_id(text) == text
    except InvalidError:
        assert not text.isascii() or not text.isalnum() or len(text) > 128


@given(data=BYTES)
def test_a_body_is_taken_or_refused(data: bytes) -> None:
    try:
        check_json(data)
    except ProblemError as error:
        assert error.status == 400  # noqa: PT017  # the other outcome is as good


@given(frame=st.text(max_size=300) | BYTES)
def test_a_frame_is_read_or_refused(frame: str | bytes) -> None:
    try:
        read_frame(frame)
    except InvalidError:
        return


CURSORS = st.text(max_size=200) | JSON.map(lambda value: base64.urlsafe_b64encode(msgspec.json.encode(value)).decode())


@given(cursor=CURSORS)
def test_a_cursor_is_read_or_refused(cursor: str) -> None:
    try:
        query = PageQuery.read(20, cursor)
    except InvalidError:
        return
    assert PageQuery.read(20, PageQuery.cursor(*query.after)).after == query.after


DOTTED = st.builds(lambda a, b, c: f"{a}.{b}.{c}", *[st.text(max_size=60)] * 3)


@given(text=st.text(max_size=300) | DOTTED)
def test_a_token_is_none_of_ours(text: str) -> None:
    with pytest.raises(UnauthenticatedError):
        TOKENS_OF_OURS.read_access(text)
