"""Whatever bytes come in, a decoder gives a value of its type or the error that it documents, and nothing else."""

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.core.envelope import Envelope, pack
from diramoja.core.messages import Message
from diramoja.core.ports.broker import Incoming
from tests.fuzz.decoders import (
    ENVELOPES,
    KINDS,
    MESSAGES,
    START,
    in_stream,
    read_account,
    read_body,
    read_cursor,
    read_envelope,
    read_id,
    read_live_frame,
    read_message,
    read_token,
    read_votes,
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
    read_message(cls, data.draw(BYTES | fields_of(cls)), version)


@pytest.mark.parametrize("cls", ENVELOPES)
@given(data=st.binary(max_size=400) | JSON.map(lambda value: msgspec.msgpack.encode(str(value))))
def test_an_envelope_is_read_or_refused(cls: type[Any], data: bytes) -> None:
    read_envelope(cls, data)


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
    in_stream(Incoming(3, 17, START, origin, kind, agent, verb, data))


@given(text=st.text(max_size=300))
def test_an_id_is_one_or_refused(text: str) -> None:
    read_id(text)


@given(text=st.text(max_size=300) | st.emails())
def test_a_name_an_address_a_password_is_taken_or_refused(text: str) -> None:
    read_account(text)


@given(data=BYTES)
def test_a_body_is_taken_or_refused(data: bytes) -> None:
    read_body(data)


@given(frame=st.text(max_size=300) | BYTES)
def test_a_frame_is_read_or_refused(frame: str | bytes) -> None:
    read_live_frame(frame)


CURSORS = st.text(max_size=200) | JSON.map(lambda value: base64.urlsafe_b64encode(msgspec.json.encode(value)).decode())


@given(cursor=CURSORS)
def test_a_cursor_is_read_or_refused(cursor: str) -> None:
    read_cursor(cursor)


DOTTED = st.builds(lambda a, b, c: f"{a}.{b}.{c}", *[st.text(max_size=60)] * 3)


@given(text=st.text(max_size=300) | DOTTED)
def test_a_token_is_none_of_ours(text: str) -> None:
    read_token(text)


CELLS = st.sampled_from(
    ["", "0", "1", "2", "3", "9", "x", "-1", "99999999999", "1=2", "-", "#", '"', "weight", "a", "é"]
)
LINES = st.lists(st.lists(CELLS, max_size=6), max_size=8)


@given(
    name=st.sampled_from(["votes.blt", "votes.csv", "votes.BLT.gz", "votes.txt"]),
    data=st.binary(max_size=200)
    | LINES.map(lambda lines: "\n".join(",".join(line) for line in lines).encode())
    | LINES.map(lambda lines: ("3 1\n" + "\n".join(" ".join(line) for line in lines) + "\n0\n").encode()),
)
def test_a_file_of_ballots_is_read_or_refused(name: str, data: bytes) -> None:
    read_votes(name, data)
