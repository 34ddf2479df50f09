import pytest

from diramoja.adapters.nats import wire
from diramoja.adapters.nats.errors import from_answer
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.nats.streams import Names, commands_config, differences
from diramoja.core.errors import ConflictError, InvalidError, LimitedError, UnavailableError
from diramoja.core.ports.broker import Outgoing


@pytest.mark.parametrize(
    "reply",
    [
        b"$JS.ACK.COMMANDS.in_7.1.1234.56.1764038584530424265.9",
        b"$JS.ACK.hub.AbCd.COMMANDS.in_7.1.1234.56.1764038584530424265.9",
        b"$JS.ACK._.AbCd.COMMANDS.in_7.1.1234.56.1764038584530424265.9.rAnDoM",
    ],
)
def test_place_is_read_from_every_form_of_acknowledgement(reply: bytes) -> None:
    assert wire.place_of(reply) == (b"in_7", 1234, 56, 1764038584530424265)


@pytest.mark.parametrize("reply", [b"", b"_INBOX.a.b", b"$JS.ACK.a.b.c.d.e.f.g", b"$JS.ACK.s.c.1.2.3.4.5.6"])
def test_place_of_another_subject_is_refused(reply: bytes) -> None:
    with pytest.raises(ValueError, match=r"acknowledgement|invalid literal"):
        wire.place_of(reply)


def test_status_line_is_read_and_plain_headers_are_none() -> None:
    heartbeat = wire.status_of(b"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 42\r\nNats-Last-Stream: 7\r\n\r\n")
    assert (heartbeat.code, wire.consumer_progress(heartbeat)) == (100, 42)
    assert wire.status_of(b"NATS/1.0 503\r\n\r\n").code == 503
    assert wire.status_of(b"NATS/1.0\r\nNats-Batch-Id: x\r\n\r\n") == (0, b"")
    assert wire.status_of(b"NATS/1.0 abc\r\n\r\n").code == 0
    assert wire.status_of(None) == (0, b"")
    assert wire.consumer_progress(wire.Status(100, b"")) is None


def test_batch_numbers_its_messages_and_commits_with_the_last() -> None:
    messages = [Outgoing(f"cmd.member.m{n}.join", b"x" * n) for n in range(3)]
    sent = wire.batch(messages, "t.", "b1", ("in.1", "in.2")).decode()
    first, second, third = sent.split("HPUB ")[1:]
    head = "NATS/1.0\r\nNats-Batch-Id: b1\r\nNats-Batch-Sequence: 1\r\n\r\n"
    assert first == f"t.cmd.member.m0.join in.1 {len(head)} {len(head)}\r\n{head}\r\n"
    assert second.startswith("t.cmd.member.m1.join  ")
    assert "Commit" not in second
    assert third.startswith("t.cmd.member.m2.join in.2 ")
    assert third.endswith("Nats-Batch-Sequence: 3\r\nNats-Batch-Commit: 1\r\n\r\nxx\r\n")


@pytest.mark.parametrize("subject", ["$JS.API.X", "_INBOX.x", "a b", "a.*", "a.>", "", "a\r\nPUB b 0", "x" * 600, ".a"])
def test_hint_to_a_subject_of_the_server_is_refused(subject: str) -> None:
    with pytest.raises(InvalidError):
        wire.check_hint(subject)


def test_hint_to_an_ordinary_subject_passes() -> None:
    assert wire.check_hint("reply.gateway_1.77") == "reply.gateway_1.77"


def test_answers_of_jetstream_become_our_errors() -> None:
    assert isinstance(from_answer({"code": 503, "err_code": 10077, "description": "no space"}), UnavailableError)
    assert isinstance(from_answer({"code": 400, "err_code": 10054}), LimitedError)
    assert isinstance(from_answer({"code": 400, "err_code": 10058}), ConflictError)
    assert isinstance(from_answer({"code": 400, "err_code": 99999}), InvalidError)
    assert isinstance(from_answer({"code": 500, "err_code": 99999}), UnavailableError)
    assert from_answer({"code": 400, "err_code": 10054}).code == "nats_10054"


def test_differences_name_every_field_and_ignore_what_the_server_adds() -> None:
    wanted = commands_config(Names("t"), NatsSettings())
    found = {**wanted, "duplicate_window": 120, "subjects": sorted(wanted["subjects"], reverse=True)}
    assert differences(wanted, found) == []
    found |= {"max_age": 5, "subject_transform": {"src": "*", "dest": "x"}}
    assert [each.split(" ")[0] for each in differences(wanted, found)] == ["max_age", "subject_transform"]
    del found["retention"]
    assert "retention is None and should be 'limits'" in differences(wanted, found)
