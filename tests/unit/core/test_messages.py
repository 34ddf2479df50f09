from typing import Any, Literal

import msgspec
import pytest

from diramoja.core import Command, Event, Personal, Row, State
from diramoja.core.errors import MessageError
from diramoja.core.messages import decode, encode, personal_fields, snake_case
from tests.support.talks import AnnounceTalk, ForgetRater, RateTalk, Rating


def test_wire_name_of_a_command_is_its_verb() -> None:
    assert (RateTalk.wire_name, snake_case("HTTPCheck2Go")) == ("rate_talk", "httpcheck2_go")


def test_messages_are_frozen_and_round_trip() -> None:
    rating = Rating("mem_a", 3)
    with pytest.raises(AttributeError):
        rating.stars = 4
    assert decode(Rating, encode(rating)) == rating
    assert rating.but(stars=5) == Rating("mem_a", 5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b'{"stars": 6}',
        b'{"stars": "5"}',
        b'{"stars": 1e99}',
        b'{"stars": NaN}',
        b"{}",
        b'{"stars": 5, "more": 1}',
        b"\xff\xfe",
        b"{" * 100_000,
        b'{"stars": ' + b"[" * 100_000,
    ],
)
def test_decode_refuses_what_is_no_message(body: bytes) -> None:
    with pytest.raises(MessageError):
        decode(RateTalk, body)


def test_personal_fields_are_known() -> None:
    assert personal_fields(ForgetRater) == {"member"}
    assert personal_fields(AnnounceTalk) == frozenset()


def test_a_version_without_its_upcasters_is_refused_at_import() -> None:
    with pytest.raises(TypeError, match="upcasts for the versions 1 to 2"):

        class Late(Event, name="late.one", version=3, upcasts={2: lambda fields: fields}):
            pass


def _named(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "speaker": fields.pop("by", "unknown")}


def _rated(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "stars": [fields["stars"]]}


class Old(State, version=3, upcasts={1: _named, 2: _rated}):
    phase: Literal["absent", "open"] = "absent"
    speaker: str = ""
    stars: tuple[int, ...] = ()


def test_bytes_of_older_versions_are_upcast_step_by_step() -> None:
    assert decode(Old, b'{"phase":"open","by":"mem_a","stars":3}', 1) == Old("open", "mem_a", (3,))
    assert decode(Old, b'{"phase":"open","speaker":"mem_a","stars":3}', 2) == Old("open", "mem_a", (3,))
    assert decode(Old, b'{"phase":"open","speaker":"mem_a","stars":[3]}', 3) == Old("open", "mem_a", (3,))


@pytest.mark.parametrize("version", [0, 4, -1])
def test_bytes_of_an_unknown_version_are_refused(version: int) -> None:
    with pytest.raises(MessageError, match="version"):
        decode(Old, b"{}", version)


def test_unknown_fields_are_refused_in_commands_and_ignored_in_events() -> None:
    class Plain(Event, name="plain.one"):
        n: int

    class Ask(Command):
        n: int

    assert decode(Plain, b'{"n":1,"later":2}') == Plain(1)
    with pytest.raises(MessageError):
        decode(Ask, b'{"n":1,"later":2}')


def test_the_key_of_a_row_is_its_first_field() -> None:
    class Pair(Row):
        member: Personal[str]
        other: str

    assert Pair("mem_a", "x").key == "mem_a"
    assert msgspec.json.decode(encode(Pair("mem_a", "x"))) == {"member": "mem_a", "other": "x"}
