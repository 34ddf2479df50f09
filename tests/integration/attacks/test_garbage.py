"""Garbage straight into the broker, with the passwords of each role: it is put aside, and stops nothing and nobody."""

import json
from datetime import UTC, datetime
from typing import Any

import anyio
import msgspec
import nats
import pytest

from diramoja.core.envelope import Envelope, pack
from tests.support.community import Community, Person, until

GOOD = Envelope(id="g", version=1, body=b"{}", sender="mem_x")
TAKE = json.dumps({"post_id": "pst_1", "author": "mem_x", "body": "abc"}).encode()


def forged(**fields: Any) -> bytes:
    return pack(msgspec.structs.replace(GOOD, **fields))


PAYLOADS: dict[str, bytes] = {
    "nothing": b"",
    "text": b"hello",
    "zeros": b"\x00" * 100,
    "large": b"x" * 200_000,
    "msgpack of another shape": msgspec.msgpack.encode({"a": 1}),
    "too short an array": msgspec.msgpack.encode(["a"]),
    "wrong types": msgspec.msgpack.encode([1, "x", 3]),
    "deep": b"\x91" * 50_000,
    "no JSON": forged(body=b"\xff\xfe{"),
    "deep JSON": forged(body=b"[" * 30_000),
    "unknown field": forged(body=b'{"nothing": 1}'),
    "version of the future": forged(version=10**6),
    "version below": forged(version=-5),
    "huge version": forged(version=2**63),
    "too many hops": forged(hops=10**9),
    "roles": forged(roles=("admin", "a\x00b")),
    "reply to a subject of the server": forged(reply_to="$SYS.REQ.SERVER.PING", request="r1"),
    "reply to wildcards": forged(reply_to="reply.>", request="r2"),
    "NUL in the id": forged(id="a\x00b"),
    "NUL in the sender": forged(sender="a\x00b"),
    "NUL in the request": forged(request="a\x00b"),
    "NUL in the correlation": forged(correlation="a\x00b", causation="\x00"),
    "NUL in the body": forged(body=b'{"post_id": "a\\u0000b", "author": "\\u0000", "body": "abc"}'),
    "long id": forged(id="i" * 20_000, request="r" * 20_000, sender="s" * 20_000),
    "source too high": forged(source=64, seq=1),
    "source far too high": forged(source=2**40, seq=1),
    "source below": forged(source=-7, seq=1),
    "seq below": forged(source=3, seq=-1),
    "seq beyond 64 bits": forged(source=63, seq=2**63 + 5),
}
SUBJECTS = [
    "{}.topic.top_garbage.take_post",
    "{}.topic.top_garbage.nothing",
    "{}.nothing.x.y",
    "{}.name.nam_garbage.lapse_name",
    "{}.topic.ümlaut.take_post",
    "{}.topic." + "x" * 5_00 + ".take_post",
    "{}._.-.*"[:-1] + "_",
    "{}.topic.a:b.take_post",
]


def send(
    platform: Community, role: str, messages: list[tuple[str, bytes]], headers: dict[str, str] | None = None
) -> None:
    """As this role of the deployment, awaiting the stream's acknowledgement."""
    url = json.loads((platform.data / "endpoint.json").read_text())["urls"][f"nats_{role}"]

    async def ignored(_error: Exception) -> None: ...

    async def publish() -> None:
        connection = await nats.connect(url, error_cb=ignored)
        try:
            for subject, data in messages:
                await connection.jetstream(timeout=0.5).publish(subject, data, headers=headers)
        finally:
            await connection.close()

    anyio.run(publish)


def lives(person: Person, topic: str) -> None:
    """A post still goes the whole way, in every partition that a few topics hit."""
    person.write(topic, f"Still alive at {datetime.now(UTC)}")


@pytest.fixture(scope="module")
def topic(amina: Person) -> str:
    return amina.open_topic()


ORIGINS = {"gateway": "cmd", "worker": "tell", "jobs": "job"}


@pytest.mark.parametrize("role", ORIGINS)
@pytest.mark.parametrize("what", PAYLOADS)
def test_garbage_to_the_agent_itself_does_not_stop_it(
    *, platform: Community, amina: Person, topic: str, role: str, what: str
) -> None:
    send(platform, role, [(f"{ORIGINS[role]}.topic.{topic}.take_post", PAYLOADS[what])])
    lives(amina, topic)


@pytest.mark.parametrize("subject", SUBJECTS, ids=range(len(SUBJECTS)))
def test_garbage_to_any_subject_does_not_stop_the_others(
    platform: Community, amina: Person, topic: str, subject: str
) -> None:
    for role, origin in ORIGINS.items():
        send(platform, role, [(subject.format(origin), data) for data in (b"", b"hello", forged(), forged(body=TAKE))])
    lives(amina, topic)


def test_headers_do_not_confuse_who_reads(platform: Community, amina: Person, topic: str) -> None:
    for headers in ({"Nats-Msg-Id": "1"}, {"Nats-Batch-Sequence": "x"}, {"X": "y" * 500}):
        send(platform, "worker", [(f"tell.topic.{topic}.take_post", b"hello")], headers)
    lives(amina, topic)


def test_role_writes_only_what_is_its_own(platform: Community, topic: str) -> None:
    def refused(role: str, subject: str) -> bool:
        try:
            send(platform, role, [(subject, forged())])
        except nats.errors.Error:
            return True
        return False

    for role, own in ORIGINS.items():
        for origin in ORIGINS.values():
            if origin != own:
                assert refused(role, f"{origin}.topic.{topic}.take_post"), (role, origin)


def test_all_of_it_is_in_the_dead_letters(platform: Community) -> None:
    codes = ("envelope_invalid", "message_invalid", "verb_unknown", "kind_unknown", "message_too_large")

    def listed() -> str:
        said = platform.command("dead-letters", "list", "--limit", "1000")
        assert said.returncode == 0, said.stderr
        return said.stdout if all(code in said.stdout for code in codes) else ""

    first = next(word for word in until(listed).split() if word.startswith("ded_"))
    shown = platform.command("dead-letters", "show", first)
    assert shown.returncode == 0 and first in shown.stdout
    assert platform.command("dead-letters", "replay", "ded_missing").returncode == 1
    assert platform.http.get("/readyz").status_code == 200
