"""/v1/live and its long-polling twin over an in-memory worker."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import attrs
import msgspec
import pytest
from litestar import Controller, Litestar, post
from litestar.exceptions import WebSocketDisconnect
from litestar.testing import TestClient, WebSocketTestSession

from diramoja.core import AgentKind, Channel, Command, Context, Decision, Event, Send, State
from diramoja.core.ports.rows import EventRow
from diramoja_community import live as session
from diramoja_community.feed import HINTS_PER_S
from diramoja_community.settings import GatewaySettings
from tests.support import talks
from tests.support.gateway import Process, gateway_client
from tests.support.talks import AnnounceTalk, RateTalk, Tone, ToneOf, talk

type Client = TestClient[Litestar]


class Tones(ToneOf):
    async def tones(self, stars: Any) -> Any:
        return ["warm" for _ in stars]


class Notice(Event, name="inbox.noticed", live=True):
    text: str


class Tell(Command):
    text: str


class Inbox(State):
    phase: Literal["absent"] = "absent"


inbox = AgentKind("inbox", Inbox, prefix="inb")


@inbox.on("absent")
def tell(state: Inbox, message: Tell, context: Context) -> Decision:
    return Notice(message.text)


class Talks(Controller):
    path = "/talks"

    @post("/{talk_id:str}", permission="talk.rate")
    async def announce(self, talk_id: str, data: AnnounceTalk, send: Send) -> Tone:
        answer: Tone = await send(talk, talk_id, data)
        return answer

    @post("/{talk_id:str}/ratings", permission="talk.rate")
    async def rate(self, talk_id: str, data: RateTalk, send: Send) -> Tone:
        answer: Tone = await send(talk, talk_id, data)
        return answer

    @post("/{member_id:str}/inbox", permission="talk.rate")
    async def tell(self, member_id: str, data: Tell, send: Send) -> Tone:
        answer: Tone = await send(inbox, member_id, data)
        return answer


plugin = attrs.evolve(
    talks.plugin,
    kinds=[*talks.plugin.kinds, inbox],
    routes=[Talks],
    permissions={**talks.plugin.permissions, "talk.hear": {"moderator"}},
    channels={
        "talk": Channel("talk.read", presence=True, typing="talk.rate"),
        "inbox": Channel("talk.rate", own=True),
    },
)


async def all_but_one(_db: object, members: Sequence[str]) -> frozenset[str]:
    return frozenset(members) - {"mem_a"}


with_people = attrs.evolve(plugin, shown=all_but_one)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[tuple[Client, Process]]:
    with gateway_client(tmp_path, [plugin], ports={ToneOf: Tones()}) as (client, process):
        yield client, process


def announce(gateway: tuple[Client, Process], id: str = "tlk_1") -> None:
    client, process = gateway
    body = {"title": "Clinics", "ends_at": "2026-06-01T12:00:00Z"}
    assert client.post(f"/v1/talks/{id}", json=body, headers=process.signed_in()).status_code == 204


def rate(gateway: tuple[Client, Process], times: int = 1, id: str = "tlk_1") -> None:
    client, process = gateway
    for _ in range(times):
        assert client.post(f"/v1/talks/{id}/ratings", json={"stars": 5}, headers=process.signed_in()).is_success


@contextmanager
def connected(gateway: tuple[Client, Process], member: str = "mem_a", *roles: str) -> Iterator[WebSocketTestSession]:
    client, process = gateway
    with client.websocket_connect("/v1/live") as socket:
        socket.send_json({"type": "authenticate", "token": process.token(member, *roles)})
        greeting = socket.receive_json(timeout=2)
        assert (greeting["type"], greeting["member_id"]) == ("authenticated", member)
        yield socket


def ask(socket: WebSocketTestSession, **frame: Any) -> Any:
    socket.send_json(frame)
    return socket.receive_json(timeout=2)


# --- who connects ---


def test_socket_authenticates_by_header_or_subprotocol(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    with client.websocket_connect("/v1/live", headers=process.signed_in()) as socket:
        assert socket.receive_json(timeout=2)["member_id"] == "mem_a"
    offered = ["diramoja", f"bearer.{process.token('mem_b')}"]
    with client.websocket_connect("/v1/live", subprotocols=offered) as socket:
        assert socket.accepted_subprotocol == "diramoja"
        assert socket.receive_json(timeout=2)["member_id"] == "mem_b"


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"type": "ping"}, "unauthenticated"),
        ({"type": "authenticate", "token": "a.b.c"}, "token_invalid"),
        ({"type": "authenticate"}, "frame_invalid"),
    ],
)
def test_socket_without_a_token_is_told_and_closed(gateway: tuple[Client, Process], first: Any, code: str) -> None:
    with gateway[0].websocket_connect("/v1/live") as socket:
        assert ask(socket, **first)["code"] == code
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json(timeout=2)
        assert closed.value.code in (session.UNAUTHENTICATED, session.TOO_MANY)


def test_socket_that_says_nothing_is_closed(gateway: tuple[Client, Process], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "AUTHENTICATE_S", 0.05)
    with gateway[0].websocket_connect("/v1/live") as socket:
        assert socket.receive_json(timeout=2)["code"] == "unauthenticated"


def test_token_that_expires_closes_the_socket_and_a_fresh_one_prolongs_it(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    with client.websocket_connect("/v1/live") as socket:
        ask(socket, type="authenticate", token=process.token("mem_a", ttl_s=1.5))
        assert ask(socket, type="authenticate", token=process.token("mem_b"))["code"] == "token_invalid"
        started = time.monotonic()
        assert ask(socket, type="authenticate", token=process.token("mem_a", ttl_s=2.5))["type"] == "authenticated"
        assert socket.receive_json(timeout=4)["code"] == "token_expired"
        assert time.monotonic() - started > 1.4
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json(timeout=2)
        assert closed.value.code == session.UNAUTHENTICATED


def test_fresh_token_with_fewer_roles_ends_what_it_may_not_hear(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    with connected(gateway, "mem_a") as socket:
        ask(socket, type="subscribe", channels=["inbox:me", "talk:tlk_1"])
        ask(socket, type="authenticate", token=process.token("mem_a", "supporter"))
        told = socket.receive_json(timeout=2)
        assert (told["type"], told["code"], told["channels"]) == ("unsubscribed", "channel_denied", ["inbox:me"])
        client.post("/v1/talks/mem_a/inbox", json={"text": "hello"}, headers=process.signed_in())
        announce(gateway)
        rate(gateway)
        assert socket.receive_json(timeout=2)["channel"] == "talk:tlk_1"


# --- what they hear ---


def test_subscriber_hears_events_in_order(gateway: tuple[Client, Process]) -> None:
    announce(gateway)
    with connected(gateway, "mem_b") as socket:
        assert ask(socket, type="subscribe", channels=["talk:tlk_1"]) == {
            "type": "subscribed",
            "channels": {"talk:tlk_1": 0},
        }
        rate(gateway, 3)
        heard = [socket.receive_json(timeout=2) for _ in range(3)]
        assert [(each["channel"], each["name"], each["seq"]) for each in heard] == [
            ("talk:tlk_1", "talk.rated", seq) for seq in (1, 2, 3)
        ]
        assert heard[0]["data"] == {"count": 1, "total": 5}
        assert ask(socket, type="unsubscribe", channels=["talk:tlk_1"])["type"] == "unsubscribed"
        rate(gateway)
        assert ask(socket, type="ping") == {"type": "pong"}


def test_reconnected_client_resumes_without_a_gap(gateway: tuple[Client, Process]) -> None:
    announce(gateway)
    rate(gateway, 5)
    with connected(gateway) as socket:
        socket.send_json({"type": "resume", "after": {"talk:tlk_1": 2}})
        assert [socket.receive_json(timeout=2)["seq"] for _ in range(3)] == [3, 4, 5]
        assert socket.receive_json(timeout=2) == {"type": "subscribed", "channels": {"talk:tlk_1": 5}}
        rate(gateway)
        assert socket.receive_json(timeout=2)["seq"] == 6
        assert ask(socket, type="resume", after={"talk:tlk_1": 99})["type"] == "reset"


def test_own_channel_is_heard_as_me_and_by_nobody_else(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    with connected(gateway, "mem_a") as socket:
        assert ask(socket, type="subscribe", channels=["inbox:me"])["channels"] == {"inbox:me": 0}
        assert ask(socket, type="subscribe", channels=["inbox:mem_b"])["code"] == "channel_denied"
        client.post("/v1/talks/mem_b/inbox", json={"text": "not yours"}, headers=process.signed_in())
        client.post("/v1/talks/mem_a/inbox", json={"text": "yours"}, headers=process.signed_in())
        heard = socket.receive_json(timeout=2)
        assert (heard["channel"], heard["data"]) == ("inbox:me", {"text": "yours"})


@pytest.mark.parametrize(
    ("channel", "code"),
    [
        ("talk", "channel_invalid"),
        ("", "channel_invalid"),
        ("x" * 300 + ":a", "channel_invalid"),
        ("nothing:a", "channel_unknown"),
        ("talk:a.b", "id_invalid"),
        ("talk:*", "id_invalid"),
        ("talk:", "id_invalid"),
        ("inbox:me", "channel_denied"),
    ],
)
def test_channel_that_cannot_be_is_refused_and_the_others_are_heard(
    gateway: tuple[Client, Process], channel: str, code: str
) -> None:
    with connected(gateway, "mem_a", "supporter") as socket:
        told = ask(socket, type="subscribe", channels=[channel, "talk:tlk_1"])
        assert (told["type"], told["code"], told["channel"]) == ("error", code, channel[:256])
        assert socket.receive_json(timeout=2)["type"] == "subscribed"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "frame_invalid"),
        ("{", "frame_invalid"),
        ("[]", "frame_invalid"),
        ('{"type": "shout"}', "frame_invalid"),
        ('{"type": "ping", "more": 1}', "frame_invalid"),
        ('{"type": "subscribe", "channels": "talk:a"}', "frame_invalid"),
        ('{"type": "subscribe", "channels": [1]}', "frame_invalid"),
        ('{"type": "resume", "after": {"talk:a": -1}}', "frame_invalid"),
        ('{"type": "resume", "after": {"talk:a": "1"}}', "frame_invalid"),
        ('{"type": "resume", "after": {"talk:a": 99999999999999999999}}', "number_invalid"),
        ('{"type": "subscribe", "channels": ["\\u0000"]}', "text_invalid"),
        ("[" * 10_000, "too_deep"),
        ('"' + "x" * 20_000 + '"', "frame_too_large"),
        (msgspec.json.encode({"type": "subscribe", "channels": ["talk:a"] * 101}).decode(), "frame_invalid"),
    ],
)
def test_frame_that_is_wrong_is_answered_and_the_session_goes_on(
    gateway: tuple[Client, Process], frame: str, code: str
) -> None:
    with connected(gateway) as socket:
        socket.send_text(frame)
        told = socket.receive_json(timeout=2)
        assert (told["type"], told["code"]) == ("error", code)
        assert ask(socket, type="ping") == {"type": "pong"}
        socket.send_bytes(b'{"type": "ping"}')
        assert socket.receive_json(timeout=2) == {"type": "pong"}


def test_typing_is_for_those_who_hear_the_channel_and_write_there(gateway: tuple[Client, Process]) -> None:
    with connected(gateway) as socket:
        assert ask(socket, type="typing", channel="talk:tlk_1")["code"] == "channel_denied"
        assert ask(socket, type="subscribe", channels=["talk:tlk_1", "inbox:me"])["type"] == "subscribed"
        assert ask(socket, type="typing", channel="inbox:me")["code"] == "typing_denied"


def test_typing_is_told_to_the_others_and_not_oneself(gateway: tuple[Client, Process]) -> None:
    with connected(gateway) as typist, connected(gateway, "mem_b") as other:
        for each in (typist, other):
            assert ask(each, type="subscribe", channels=["talk:tlk_1"])["type"] == "subscribed"
        for _ in range(5):
            typist.send_json({"type": "typing", "channel": "talk:tlk_1"})
        assert other.receive_json(timeout=5) == {
            "type": "typing",
            "channel": "talk:tlk_1",
            "seq": None,
            "members": ["mem_a"],
        }
        assert ask(other, type="ping") == {"type": "pong"}
        assert ask(typist, type="ping") == {"type": "pong"}


def test_typing_of_those_who_may_not_write_now_is_refused(tmp_path: Path) -> None:
    async def never(*_: object) -> bool:
        return False

    talk_channel = Channel("talk.rate", typing="talk.rate", may_write=never)
    refusing = attrs.evolve(plugin, channels={"talk": talk_channel})
    with gateway_client(tmp_path, [refusing], ports={ToneOf: Tones()}) as gateway, connected(gateway) as socket:
        assert ask(socket, type="subscribe", channels=["talk:tlk_1"])["type"] == "subscribed"
        assert ask(socket, type="typing", channel="talk:tlk_1")["code"] == "typing_denied"


# --- presence ---


def test_people_are_counted_and_named_where_they_let_it_be_seen(tmp_path: Path) -> None:
    settings = GatewaySettings(presence_min=2)
    with (
        gateway_client(tmp_path, [with_people], settings, ports={ToneOf: Tones()}) as gateway,
        connected(gateway) as it,
    ):
        assert ask(it, type="subscribe", channels=["talk:tlk_1"])["type"] == "subscribed"
        with connected(gateway, "mem_b") as second, connected(gateway, "mem_away") as third:
            assert ask(second, type="subscribe", channels=["talk:tlk_1"])["type"] == "subscribed"
            assert ask(third, type="subscribe", channels=["talk:tlk_1"], presence=False)["type"] == "subscribed"
            while (heard := it.receive_json(timeout=5))["count"] != 2:
                pass
            assert (heard["type"], heard["channel"], heard["seq"]) == ("presence", "talk:tlk_1", None)
            whole = second.receive_json(timeout=5)
            assert (whole["count"], whole["withheld"], whole["members"]) == (2, False, ["mem_b"])
            assert ask(third, type="ping") == {"type": "pong"}
        while (heard := it.receive_json(timeout=5))["count"] is not None:
            pass
        assert (heard["withheld"], heard["left"]) == (True, ["mem_b"])


# --- hints ---


def test_hints_say_to_whom_something_happened_and_nothing_more(tmp_path: Path) -> None:
    channels = {**plugin.channels, "inbox:all": Channel("talk.hear", hints_of="inbox")}
    with_hints = attrs.evolve(plugin, channels=channels)
    with (
        gateway_client(tmp_path, [with_hints], ports={ToneOf: Tones()}) as gateway,
        connected(gateway, "mem_m", "moderator") as socket,
        connected(gateway, "mem_b", "supporter") as other,
    ):
        assert ask(other, type="subscribe", channels=["inbox:all"])["code"] == "channel_denied"
        assert ask(socket, type="subscribe", channels=["inbox:all"])["channels"] == {"inbox:all": 0}
        client, process = gateway
        for number in range(HINTS_PER_S + 5):
            body = {"text": f"secret {number}"}
            client.post(f"/v1/talks/mem_{number}/inbox", json=body, headers=process.signed_in())
        heard = [socket.receive_json(timeout=5) for _ in range(HINTS_PER_S)]
        assert heard[0] | {"id": "", "at": ""} == {
            "type": "event",
            "channel": "inbox:all",
            "name": "inbox.noticed",
            "id": "",
            "seq": None,
            "at": "",
            "data": {"inbox": "mem_0"},
        }
        numbers = [int(each["data"]["inbox"][4:]) for each in heard if each["data"]]
        assert numbers == sorted(set(numbers))


# --- bounds ---


def test_channels_of_a_socket_are_bounded(tmp_path: Path) -> None:
    with (
        gateway_client(tmp_path, [plugin], GatewaySettings(channels_per_socket=2)) as gateway,
        connected(gateway) as socket,
    ):
        assert ask(socket, type="subscribe", channels=["talk:a", "talk:b"])["type"] == "subscribed"
        assert ask(socket, type="subscribe", channels=["talk:c"])["code"] == "too_many_channels"
        assert ask(socket, type="subscribe", channels=["talk:b"])["type"] == "subscribed"


def test_sockets_of_a_member_and_of_the_gateway_are_bounded(tmp_path: Path) -> None:
    settings = GatewaySettings(sockets_per_member=1, sockets_max=2)
    with gateway_client(tmp_path, [plugin], settings) as gateway, connected(gateway), connected(gateway, "mem_b"):
        for member in ("mem_a", "mem_c"):
            with gateway[0].websocket_connect("/v1/live", headers=gateway[1].signed_in(member)) as socket:
                assert socket.receive_json(timeout=2)["code"] == "too_many_connections"


def test_sockets_that_say_nothing_count_too(tmp_path: Path) -> None:
    settings = GatewaySettings(sockets_max=1)
    with gateway_client(tmp_path, [plugin], settings) as (client, process), client.websocket_connect("/v1/live"):
        headers = process.signed_in("mem_c")
        with client.websocket_connect("/v1/live", headers=headers) as socket:
            assert socket.receive_json(timeout=2)["code"] == "too_many_connections"


def test_frames_of_a_flood_end_the_session(gateway: tuple[Client, Process]) -> None:
    with connected(gateway) as socket:
        for _ in range(session.FRAMES_PER_SECOND * 4):
            socket.send_json({"type": "ping"})
        told: list[Any] = []
        with pytest.raises(WebSocketDisconnect) as closed:
            told.extend(iter(lambda: socket.receive_json(timeout=2), None))
        assert closed.value.code == session.TOO_MANY


def test_what_a_session_or_poll_leaves_waits_for_nobody(gateway: tuple[Client, Process]) -> None:
    announce(gateway)
    rate(gateway, 50)
    with connected(gateway) as socket:
        socket.send_json({"type": "resume", "after": {"talk:tlk_1": 1}})
        assert socket.receive_json(timeout=2)["seq"] == 2
    poll(gateway, "channels=talk:tlk_1&after=1&wait=0")
    backlog = gateway[0].app.state.gateway.live.connections.backlog
    assert backlog.characters == 0


# --- polling ---


def poll(gateway: tuple[Client, Process], query: str, member: str = "") -> Any:
    client, process = gateway
    return client.get(f"/v1/live/poll?{query}", headers=process.signed_in(member) if member else {})


def test_poll_brings_what_came_after_and_what_to_ask_next(gateway: tuple[Client, Process]) -> None:
    announce(gateway)
    rate(gateway, 3)
    assert poll(gateway, "channels=talk:tlk_1&wait=0").json() == {"events": [], "after": {"talk:tlk_1": 3}}
    brought = poll(gateway, "channels=talk:tlk_1,talk:other&after=1,0&wait=5").json()
    assert [each["seq"] for each in brought["events"]] == [2, 3]
    assert brought["after"] == {"talk:tlk_1": 3, "talk:other": 0}


def test_poll_far_behind_is_brought_up_in_several_answers(gateway: tuple[Client, Process]) -> None:
    records = gateway[1].records
    for seq in range(1, 1501):
        at = records.clock.now()
        records.event_log.append(EventRow(1, seq, "talk", "tlk_9", "talk.rated", 1, seq, at, "", "", b"{}"))
    after, seen, polls = 0, [], 0
    while after < 1500:
        brought = poll(gateway, f"channels=talk:tlk_9&after={after}&wait=0").json()
        seen += [each["seq"] for each in brought["events"]]
        after, polls = brought["after"]["talk:tlk_9"], polls + 1
    assert (seen, polls) == (list(range(1, 1501)), 3)


def test_poll_waits_for_the_first_event(gateway: tuple[Client, Process]) -> None:
    announce(gateway)
    started = time.monotonic()
    assert poll(gateway, "channels=talk:tlk_1&wait=0.2").json()["events"] == []
    assert 0.15 < time.monotonic() - started < 2
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(poll, gateway, "channels=talk:tlk_1&after=0&wait=10")
        rate(gateway)
        assert [each["seq"] for each in waiting.result(5).json()["events"]] == [1]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("channels=talk:a&after=x", 400),
        ("channels=talk:a&after=1,2", 400),
        ("channels=talk:a&after=-1", 400),
        ("channels=talk:a&after=99999999999999999999", 400),
        ("channels=talk:a.b", 400),
        ("channels=talk", 400),
        ("channels=nothing:a", 404),
        ("channels=talk:a&wait=31", 400),
        ("channels=talk:a&wait=nan", 400),
        ("wait=0", 400),
        ("channels=inbox:me", 403),
        ("channels=" + ",".join(["talk:a"] * 101), 400),
    ],
)
def test_poll_that_cannot_be_is_refused(gateway: tuple[Client, Process], query: str, status: int) -> None:
    answer = poll(gateway, query)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
