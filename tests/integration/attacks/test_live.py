"""The live connection: who may hear, what is no frame, and nothing missed by those who come back."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.community import Community, Person, until


def listen(
    platform: Community, person: Person | None = None, *, path: str = "/v1/live", url: str = "", **options: Any
) -> ClientConnection:
    headers = {"authorization": f"Bearer {person.token}"} if person else {}
    url = (url or platform.url).replace("http", "ws") + path
    made: ClientConnection = connect(
        url, additional_headers=headers, compression=None, open_timeout=5, close_timeout=1, **options
    )
    return made


def ask(listener: ClientConnection, **frame: Any) -> dict[str, Any]:
    listener.send(json.dumps(frame))
    return heard(listener)


def heard(listener: ClientConnection) -> dict[str, Any]:
    return dict(json.loads(listener.recv(timeout=5)))


def closed_with(listener: ClientConnection) -> int:
    with suppress(ConnectionClosed):
        while True:
            listener.recv(timeout=15)
    assert listener.close_code is not None
    return listener.close_code


@pytest.fixture(scope="module")
def topic(amina: Person) -> str:
    return amina.open_topic()


FIRST = [
    {"type": "subscribe", "channels": ["topic:a"]},
    {"type": "authenticate", "token": "a.b.c"},
    {"type": "authenticate", "token": 5},
    {"type": "authenticate"},
    {"type": "nothing"},
    {},
    [],
]


@pytest.mark.parametrize("frame", FIRST, ids=range(len(FIRST)))
def test_first_frame_that_does_not_authenticate_ends_it(platform: Community, frame: Any) -> None:
    with listen(platform) as listener:
        listener.send(json.dumps(frame))
        assert heard(listener)["type"] == "error"
        assert closed_with(listener) in (4401, 4429)


def test_token_in_the_url_is_no_authentication(platform: Community, amina: Person) -> None:
    with listen(platform, path=f"/v1/live?token={amina.token}&access_token={amina.token}") as listener:
        assert ask(listener, type="subscribe", channels=["member:me"])["code"] == "unauthenticated"
    assert amina.token not in platform.errors.read_text()


def test_wrong_token_in_the_header_ends_it(platform: Community) -> None:
    with listen(platform, Person("", "", "x.y.z", "", platform.http)) as listener:
        assert closed_with(listener) == 4401


def test_other_path_is_no_socket(platform: Community, amina: Person) -> None:
    with pytest.raises(InvalidStatus):
        listen(platform, amina, path="/v1/nothing")


BAD: list[str | bytes] = [
    "",
    "{",
    "null",
    "[]",
    "5",
    '"a"',
    b"\xff\xfe",
    b"\x00",
    '{"type": "subscribe"}',
    '{"type": "subscribe", "channels": "topic:a"}',
    '{"type": "subscribe", "channels": [5]}',
    '{"type": "subscribe", "channels": ["topic:a"], "more": 1}',
    '{"type": "resume", "after": {"topic:a": -1}}',
    '{"type": "resume", "after": {"topic:a": 99999999999999999999}}',
    '{"type": "resume", "after": {"topic:a": 1.5}}',
    '{"type": "resume", "after": ["topic:a"]}',
    "[" * 8_000,
    '{"type": "ping", "x": "\\u0000"}',
    json.dumps({"type": "subscribe", "channels": [f"topic:a{n}" for n in range(101)]}),
    json.dumps({"type": "unsubscribe", "channels": ["topic:*"]}),
]
CHANNELS = [
    "topic",
    "topic:",
    ":a",
    "topic:a.b",
    "topic:*",
    "topic:>",
    "topic: a",
    "nothing:a",
    "a" * 300,
    "",
    "topic:💥",
]
CHANNELS += ["account:mem_1", "case:cas_1", "screening:a", "name:nam_1", "topic:a\u202e", "member:"]


def test_bad_frames_are_answered_and_the_socket_goes_on(platform: Community, amina: Person) -> None:
    with listen(platform, amina) as listener:
        heard(listener)
        for frame in BAD:
            listener.send(frame)
            assert heard(listener)["type"] == "error", frame
            assert ask(listener, type="ping") == {"type": "pong"}


def test_bad_channels_are_refused(platform: Community, amina: Person) -> None:
    with listen(platform, amina) as listener:
        heard(listener)
        for channel in CHANNELS:
            assert ask(listener, type="subscribe", channels=[channel])["type"] == "error", channel


def test_channel_of_another_member_is_refused(platform: Community, amina: Person, baraka: Person) -> None:
    with listen(platform, baraka) as listener:
        heard(listener)
        for channel in (f"member:{amina.id}", "member:me2"):
            assert ask(listener, type="subscribe", channels=[channel])["code"] == "channel_denied"
            assert ask(listener, type="resume", after={channel: 0})["code"] == "channel_denied"
            assert baraka.get(f"/v1/live/poll?channels={channel}&wait=0").status_code == 403
        assert ask(listener, type="subscribe", channels=["member:me"])["type"] == "subscribed"
    assert platform.http.get("/v1/live/poll?channels=member:me&wait=0").status_code in (401, 403)


def test_more_channels_than_one_may_hear_are_refused(platform: Community, amina: Person) -> None:
    with listen(platform, amina) as listener:
        heard(listener)
        assert len(ask(listener, type="subscribe", channels=[f"topic:t{n}" for n in range(100)])["channels"]) == 100
        assert ask(listener, type="subscribe", channels=["topic:one_more"])["code"] == "too_many_channels"
        assert ask(listener, type="unsubscribe", channels=["topic:t1"])["type"] == "unsubscribed"
        assert ask(listener, type="subscribe", channels=["topic:one_more"])["type"] == "subscribed"


def test_token_of_another_member_does_not_prolong(platform: Community, amina: Person, baraka: Person) -> None:
    with listen(platform, amina) as listener:
        heard(listener)
        assert ask(listener, type="authenticate", token=baraka.token)["code"] == "token_invalid"
        assert ask(listener, type="authenticate", token=amina.token)["type"] == "authenticated"


def test_number_from_the_future_is_reset(platform: Community, amina: Person, topic: str) -> None:
    with listen(platform, amina) as listener:
        heard(listener)
        reset = ask(listener, type="resume", after={f"topic:{topic}": 2**60})
        assert reset["type"] == "reset" and reset["seq"] < 1000
        assert heard(listener)["type"] == "subscribed"
        assert (
            amina.get(f"/v1/live/poll?channels=topic:{topic}&after={2**59}&wait=0").json()["events"][0]["type"]
            == "reset"
        )


def test_too_many_frames_or_a_huge_one_end_the_socket(platform: Community, amina: Person) -> None:
    with listen(platform, amina) as listener:
        heard(listener)
        listener.send("x" * 100_000)
        assert closed_with(listener) == 1009
    with listen(platform, amina) as listener:
        for _ in range(500):
            try:
                listener.send('{"type": "ping"}')
            except ConnectionClosed:
                break
        assert closed_with(listener) in (4429, 1006)


def test_too_many_sockets_of_one_member_are_refused(platform: Community) -> None:
    person = platform.join()
    with ExitStack() as stack:
        opened = [stack.enter_context(listen(platform, person)) for _ in range(20)]
        assert {heard(each)["type"] for each in opened} == {"authenticated"}
        with listen(platform, person) as one_more:
            assert heard(one_more)["code"] == "too_many_connections"
        for each in opened[1:]:
            each.socket.shutdown(socket.SHUT_RDWR)

    def is_free() -> bool:
        with listen(platform, person) as again:
            return bool(heard(again)["type"] == "authenticated")

    until(is_free)


def test_who_comes_back_misses_nothing(platform: Community, amina: Person, baraka: Person) -> None:
    topic = baraka.open_topic()
    seen: list[str] = []
    seq = 0
    posts = []
    for number in range(6):
        with listen(platform, amina) as listener:
            heard(listener)
            listener.send(json.dumps({"type": "resume", "after": {f"topic:{topic}": seq}}))
            posts.append(baraka.write(topic, f"While listening {number}"))
            while not seen or seen[-1] != posts[-1]:
                frame = heard(listener)
                assert frame["type"] in ("event", "subscribed"), frame
                if frame["type"] == "event":
                    assert frame["seq"] == seq + 1
                    seq = frame["seq"]
                    if frame["name"] == "topic.post.published":
                        seen.append(frame["data"]["post"])
            if number % 2:
                listener.socket.shutdown(socket.SHUT_RDWR)
        posts += [baraka.write(topic, f"While away {number}.{n}") for n in range(2)]
        if number == 5:
            posts = posts[:-2]
    assert seen == posts
    polled = amina.get(f"/v1/live/poll?channels=topic:{topic}&after=0&wait=0").json()
    assert [each["seq"] for each in polled["events"]] == list(range(1, len(polled["events"]) + 1))


def test_slow_listener_does_not_hold_up_the_others(platform: Community, amina: Person, baraka: Person) -> None:
    topic = baraka.open_topic()
    with listen(platform, amina, max_queue=1) as slow, listen(platform, amina) as quick:
        for each in (slow, quick):
            heard(each)
            assert ask(each, type="subscribe", channels=[f"topic:{topic}"])["type"] == "subscribed"
        for _ in range(20):
            baraka.post(f"/v1/topics/{topic}/posts", {"body": "x" * 10_000})
        count = 0
        while count < 20:
            count += heard(quick)["name"] == "topic.post.published"
        slow.socket.shutdown(socket.SHUT_RDWR)
    assert "Traceback" not in platform.errors.read_text()


# --- who is there, who is typing, what waits ---


def _after(listener: ClientConnection, kind: str, within_s: float = 15) -> dict[str, Any]:
    """The next frame of this type."""
    while (frame := dict(json.loads(listener.recv(timeout=within_s))))["type"] != kind:
        pass
    return frame


def _silent(listener: ClientConnection, kind: str) -> bool:
    """Whether no frame of this type comes before the answers to pings over two seconds."""
    for _ in range(5):
        listener.send(json.dumps({"type": "ping"}))
        while (frame := heard(listener))["type"] != "pong":
            if frame["type"] == kind:
                return False
        with suppress(TimeoutError):
            if json.loads(listener.recv(timeout=0.4))["type"] == kind:
                return False
    return True


def _joined(stack: ExitStack, platform: Community, person: Person, *channels: str) -> ClientConnection:
    listener = stack.enter_context(listen(platform, person))
    assert heard(listener)["type"] == "authenticated"
    assert ask(listener, type="subscribe", channels=list(channels))["type"] == "subscribed"
    return listener


def test_only_those_are_named_who_let_their_activity_be_seen(platform: Community) -> None:
    watcher, hidden, blocked = (platform.join() for _ in range(3))
    shown = [platform.join() for _ in range(4)]
    channel = f"topic:{watcher.open_topic()}"
    for person in (*shown, blocked):
        answer = person.call("PATCH", "/v1/me", {"privacy": {"activity": "members"}})
        assert answer.status_code == 200, answer.text
    assert watcher.call("PUT", f"/v1/members/{blocked.id}/block").status_code == 204
    with ExitStack() as stack:
        listener = _joined(stack, platform, watcher, channel)
        others = [_joined(stack, platform, each, channel) for each in (hidden, blocked, *shown)]
        named: set[str] = set()
        count = None
        while count != 7 or len(named) < 4:
            frame = _after(listener, "presence")
            assert frame["seq"] is None and frame["withheld"] == (frame["count"] is None)
            named |= {*frame.get("members", ()), *frame.get("joined", ())}
            count = frame["count"]
        assert named == {each.id for each in shown}
        assert shown[0].call("PATCH", "/v1/me", {"privacy": {"activity": "nobody"}}).status_code == 200
        assert _after(listener, "presence")["left"] == [shown[0].id]
        assert watcher.id not in _after(others[1], "presence")["members"]


def test_typing_is_refused_where_one_may_not_write_and_hidden_behind_walls(platform: Community) -> None:
    creator, typist, blocked = (platform.join() for _ in range(3))
    topic = creator.open_topic()
    channel = f"topic:{topic}"
    assert typist.call("PUT", f"/v1/members/{blocked.id}/block").status_code == 204
    with ExitStack() as stack:
        by_creator, by_typist, by_blocked = (
            _joined(stack, platform, each, channel) for each in (creator, typist, blocked)
        )
        assert ask(by_typist, type="typing", channel="topic:another")["code"] == "channel_denied"
        assert ask(by_typist, type="typing", channel="member:me")["code"] == "channel_denied"
        for _ in range(20):
            by_typist.send(json.dumps({"type": "typing", "channel": channel}))
        told = _after(by_creator, "typing")
        assert (told["channel"], told["seq"], told["members"]) == (channel, None, [typist.id])
        assert _silent(by_blocked, "typing")
        assert _silent(by_typist, "typing")
        assert creator.post(f"/v1/topics/{topic}/close", {"reason": "All is said."}).status_code == 204
        by_creator.send(json.dumps({"type": "typing", "channel": channel}))
        assert _after(by_creator, "error")["code"] == "typing_denied"


def test_who_is_taken_out_of_a_conversation_is_told_and_hears_no_more(platform: Community) -> None:
    creator, member, other = (platform.join() for _ in range(3))
    made = creator.post("/v1/conversations", {"member_ids": [member.id, other.id], "title": "Plans"})
    assert made.status_code == 201, made.text
    path, channel = f"/v1/conversations/{made.json()['id']}", f"conversation:{made.json()['id']}"
    until(lambda: len(creator.get(path).json()["members"]) == 3)
    with ExitStack() as stack:
        by_member, by_other = (_joined(stack, platform, each, channel) for each in (member, other))
        assert creator.call("DELETE", f"{path}/members/{member.id}").status_code == 204
        told = _after(by_member, "unsubscribed")
        assert (told["channels"], told["code"]) == ([channel], "channel_denied")
        assert creator.post(f"{path}/messages", {"body": "Among ourselves"}).status_code == 201
        while _after(by_other, "event")["name"] != "conversation.message.sent":
            pass
        assert _silent(by_member, "event")
        assert ask(by_member, type="subscribe", channels=[channel])["code"] == "channel_denied"
        assert ask(by_member, type="typing", channel=channel)["code"] == "channel_denied"
    assert member.get(f"/v1/live/poll?channels={channel}&wait=0").status_code == 403


def test_the_queue_is_heard_by_moderators_alone_and_says_nothing_of_the_post(
    platform: Community, amina: Person, baraka: Person, moderator: Person
) -> None:
    topic = amina.open_topic()
    with ExitStack() as stack:
        queue = _joined(stack, platform, moderator, "moderation:queue")
        curious = _joined(stack, platform, baraka, f"topic:{topic}")
        for name in ("moderation:queue", "moderation:other", "moderation:", "case:cas_1"):
            assert ask(curious, type="subscribe", channels=[name])["type"] == "error", name
        assert baraka.get("/v1/live/poll?channels=moderation:queue&wait=0").status_code == 403
        post = baraka.write(topic, "Nothing is wrong with this one")
        assert amina.post(f"/v1/posts/{post}/reports", {"reason": "spam"}).status_code == 201
        opened = _after(queue, "event")
        assert (opened["channel"], opened["name"], opened["seq"]) == (
            "moderation:queue",
            "moderation.case.opened",
            None,
        )
        assert list(opened["data"]) == ["case"]
        case = f"/v1/moderation/cases/{opened['data']['case']}"
        assert moderator.post(f"{case}/claim").status_code == 200
        assert _after(queue, "event")["name"] == "moderation.case.claimed"
        assert moderator.post(f"{case}/release").status_code == 200
        text = json.dumps(_after(queue, "event"))
        assert "moderation.case.released" in text and post not in text and moderator.id not in text


def test_a_poll_hears_the_queue_too(platform: Community, amina: Person, baraka: Person, moderator: Person) -> None:
    post = baraka.write(baraka.open_topic(), "Nothing is wrong with this one either")
    assert amina.post(f"/v1/posts/{post}/reports", {"reason": "spam"}).status_code == 201
    cases = "/v1/moderation/cases"
    case = until(lambda: [each for each in moderator.get(cases).json()["items"] if each["post_id"] == post])[0]
    path = "/v1/live/poll?channels=moderation:queue"
    after = moderator.get(f"{path}&wait=0").json()["after"]["moderation:queue"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(moderator.get, f"{path}&after={after}&wait=20")
        until(lambda: waiting.done() or _moved(moderator, f"{cases}/{case['id']}"))
    told = waiting.result().json()["events"][0]
    assert told["name"] in ("moderation.case.claimed", "moderation.case.released")
    assert (told["seq"], told["data"]) == (None, {"case": case["id"]})


def _moved(moderator: Person, case: str) -> bool:
    """There and back: it is where it was."""
    return not (moderator.post(f"{case}/claim").is_success and moderator.post(f"{case}/release").is_success)


def test_gateways_tell_each_other_who_is_there_and_types(platform: Community) -> None:
    here, there = platform.join(), platform.join()
    assert there.call("PATCH", "/v1/me", {"privacy": {"activity": "everyone"}}).status_code == 200
    channel = f"topic:{here.open_topic()}"
    with ExitStack() as stack:
        second = stack.enter_context(platform.another_gateway())
        near = _joined(stack, platform, here, channel)
        far = stack.enter_context(listen(platform, there, url=second))
        assert heard(far)["type"] == "authenticated"
        assert ask(far, type="subscribe", channels=[channel])["type"] == "subscribed"
        assert _after(near, "presence").get("members", [there.id]) == [there.id]
        far.send(json.dumps({"type": "typing", "channel": channel}))
        assert _after(near, "typing")["members"] == [there.id]
        far.socket.shutdown(socket.SHUT_RDWR)
        assert _after(near, "presence")["left"] == [there.id]
