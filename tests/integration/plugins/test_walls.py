"""One blocked another: neither sees or hears of the other, in whatever list, page, search, channel or notice."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import attrs
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.community import Community, Person, community, until

WORDS = {"zuri": "giraffe", "tatu": "elephant"}
"""A word of each that nobody else uses."""
OWN_WALLS = "/v1/me/walls"
"""Where one reads whom one blocked, to take it back."""


@attrs.frozen
class Scene:
    """Two of whom one blocked the other, a third, and what the two did before and since."""

    platform: Community
    zuri: Person
    tatu: Person
    third: Person
    shared: str
    own: dict[str, str]
    posts: dict[str, list[str]]
    of_third: str
    conversations: list[str]
    live: dict[str, ClientConnection]

    def both_ways(self) -> list[tuple[Person, Person]]:
        """(reader, the one who is not to be seen)."""
        return [(self.zuri, self.tatu), (self.tatu, self.zuri)]


def listen(stack: ExitStack, platform: Community, person: Person, *channels: str) -> ClientConnection:
    socket = stack.enter_context(
        connect(
            platform.url.replace("http", "ws") + "/v1/live",
            additional_headers={"authorization": f"Bearer {person.token}"},
        )
    )
    socket.send(json.dumps({"type": "subscribe", "channels": list(channels)}))
    while json.loads(socket.recv(10))["type"] != "subscribed":
        pass
    return socket


def heard(socket: ClientConnection, for_s: float = 2.0) -> list[dict[str, Any]]:
    """All events that come within a while."""
    end, found = time.monotonic() + for_s, []
    while (rest := end - time.monotonic()) > 0:
        try:
            frame = json.loads(socket.recv(rest))
        except TimeoutError:
            break
        if frame["type"] == "event":
            found.append(frame)
    return found


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with community(tmp_path_factory.mktemp("walls")) as platform, ExitStack() as stack:
        zuri, tatu, third = (platform.join(name) for name in ("zuri", "tatu", "third"))
        for person in (zuri, tatu):
            assert person.call("PATCH", "/v1/me", {"interests": ["healthcare"]}).status_code == 200
        shared = third.open_topic("Where we all meet")
        own, posts = {}, {}
        of_third = third.write(shared, "What do you all think?")
        for person in (zuri, tatu):
            word = WORDS[person.username]
            own[person.id] = person.open_topic(f"About the {word}")
            first = person.write(shared, f"I saw one {word} at the river.")
            posts[person.id] = [first, person.write(shared, f"One {word} again.", reply_to=of_third)]
            assert person.call("PUT", f"/v1/topics/{shared}/follow").status_code == 204
        for person, other in ((zuri, tatu), (tatu, zuri)):
            assert person.call("PUT", f"/v1/members/{other.id}/follow").status_code == 204
            assert person.call("PUT", f"/v1/topics/{own[other.id]}/follow").status_code == 204
            assert person.call("PUT", f"/v1/posts/{posts[other.id][0]}/reactions/like").status_code == 204
        pair = zuri.post("/v1/conversations", {"member_ids": [tatu.id]})
        assert pair.status_code == 201, pair.text
        group = third.post("/v1/conversations", {"member_ids": [zuri.id, tatu.id], "title": "All three"})
        assert group.status_code == 201, group.text
        id = group.json()["id"]
        until(lambda: len(third.get(f"/v1/conversations/{id}").json()["members"]) == 3)
        said = tatu.post(f"/v1/conversations/{id}/messages", {"body": "An elephant in the group."})
        assert said.status_code == 201, said.text
        live = {
            each.id: listen(stack, platform, each, f"topic:{shared}", f"conversation:{id}") for each in (zuri, tatu)
        }
        assert zuri.call("PUT", f"/v1/members/{tatu.id}/block").status_code == 204
        yield Scene(platform, zuri, tatu, third, shared, own, posts, of_third, [pair.json()["id"], id], live)


def test_a_block_is_not_shown_to_the_other(scene: Scene) -> None:
    assert scene.tatu.call("PUT", f"/v1/members/{scene.zuri.id}/block").status_code in (204, 404)
    assert scene.tatu.call("DELETE", f"/v1/members/{scene.zuri.id}/block").status_code in (204, 404)


def test_no_route_shows_the_one_to_the_other(scene: Scene) -> None:
    paths = scene.platform.http.get("/schema/openapi.json").json()["paths"]
    routes = sorted(path for path, methods in paths.items() if "get" in methods)
    shown: list[str] = []
    for reader, hidden in scene.both_ways():
        marks = (hidden.id, hidden.username, WORDS[hidden.username])
        for path in _filled(routes, scene, hidden):
            answer = reader.get(path)
            assert answer.status_code < 500, (path, answer.text)
            if answer.status_code < 400 and _names(answer.text, marks, own=scene.own[hidden.id]):
                shown.append(f"{reader.username} sees {hidden.username} in {path}: {answer.text[:300]}")
    assert not shown, "\n".join(shown)


def _names(text: str, marks: tuple[str, ...], own: str) -> bool:
    return any(re.search(rf"\b{re.escape(mark)}\b", text) for mark in (*marks, own))


def _filled(routes: list[str], scene: Scene, hidden: Person) -> Iterator[str]:
    """Each route with everything of the hidden one, and with what all three share."""
    values = {
        "topic_id": [scene.shared, scene.own[hidden.id]],
        "post_id": [*scene.posts[hidden.id], scene.of_third],
        "member_id": [hidden.id],
        "conversation_id": scene.conversations[1:],
    }
    for route in routes:
        found = [route]
        for name, ids in values.items():
            found = [each.replace(f"{{{name}}}", id) for each in found for id in (ids if name in each else [""])]
        for path in found:
            if "{" not in path and "/live/poll" not in path and path != OWN_WALLS:
                yield path
        if route == "/v1/search":
            yield from (f"{route}?q={word}" for word in (WORDS[hidden.username], hidden.username, "about"))
        if route == "/v1/search/suggest":
            yield from (f"{route}?q={word[:3]}" for word in (WORDS[hidden.username], hidden.username))
        if route == "/v1/topics":
            yield from (f"{route}?sort={sort}" for sort in ("new", "active", "trending"))


def test_channels_tell_that_something_happened_and_not_what(scene: Scene) -> None:
    for author in (scene.zuri, scene.tatu):
        author.write(scene.shared, f"Now the {WORDS[author.username]} sleeps.")
        said = author.post(f"/v1/conversations/{scene.conversations[1]}/messages", {"body": "Good night."})
        assert said.status_code == 201, said.text
    for reader, hidden in scene.both_ways():
        events = heard(scene.live[reader.id])
        assert {"topic.post.published", "conversation.message.sent"} <= {each["name"] for each in events}
        assert hidden.id not in json.dumps(events)
        assert WORDS[hidden.username] not in json.dumps(events)
        for channel in {each["channel"] for each in events}:
            seqs = [each["seq"] for each in events if each["channel"] == channel]
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), channel
        assert any(each["data"] is None for each in events)


def test_neither_writes_follows_nor_is_told_of_the_other(scene: Scene) -> None:
    before = {each.id: _notices(each) for each in (scene.zuri, scene.tatu)}
    for reader, hidden in scene.both_ways():
        assert reader.post("/v1/conversations", {"member_ids": [hidden.id]}).status_code in (403, 404)
        pair = f"/v1/conversations/{scene.conversations[0]}/messages"
        assert reader.post(pair, {"body": "Hello?"}).json()["code"] == "blocked"
        assert reader.call("PUT", f"/v1/members/{hidden.id}/follow").status_code in (403, 404)
        reader.post(f"/v1/topics/{scene.shared}/posts", {"body": f"Hear me, @{hidden.username}!"})
        answer = {"body": "I answer you.", "reply_to": scene.posts[hidden.id][0]}
        reader.post(f"/v1/topics/{scene.shared}/posts", answer)
        reader.open_topic(f"Another about the {WORDS[reader.username]}")
    third = scene.third.post(f"/v1/topics/{scene.shared}/posts", {"body": "Hear me, @zuri and @tatu!"})
    assert third.status_code == 201
    last = {third.json()["id"], scene.third.open_topic("The last topic of all")}
    for person in (scene.zuri, scene.tatu):  # What came before these was told before, or never is.
        until(lambda person=person: last <= {each["subject"]["id"] for each in _notices(person)})  # type: ignore[misc]
    for reader, hidden in scene.both_ways():
        since = json.dumps(_notices(reader)[: -len(before[reader.id]) or None])
        assert not re.search(f"{hidden.id}|{WORDS[hidden.username]}", since), since


def test_nothing_is_written_into_the_others_own_topic(scene: Scene) -> None:
    for reader, hidden in scene.both_ways():
        theirs = f"/v1/topics/{scene.own[hidden.id]}"
        share = {"topic_id": scene.own[hidden.id]}
        tried = [
            reader.post(f"{theirs}/posts", {"body": "Let me in."}),
            reader.post(f"/v1/posts/{scene.of_third}/shares", share),
            reader.call("PUT", f"{theirs}/follow"),
        ]
        assert [(each.status_code, each.json()["code"]) for each in tried] == [(404, "topic_missing")] * 3
        assert reader.post(f"/v1/topics/{scene.shared}/posts", {"body": "Here I may."}).status_code == 201


def test_what_a_block_hides_in_a_group_is_not_counted_as_unread(scene: Scene) -> None:
    path = f"/v1/conversations/{scene.conversations[1]}"
    before = scene.tatu.get(path).json()["unread"]
    for person, count in ((scene.zuri, 3), (scene.third, 2)):
        for number in range(count):
            assert person.post(f"{path}/messages", {"body": f"Number {number}"}).status_code == 201
    assert scene.tatu.get(path).json()["unread"] - before == 2
    assert scene.zuri.get(path).json()["unread"] == 2
    listed = {each["id"]: each["unread"] for each in scene.tatu.get("/v1/conversations").json()["items"]}
    assert listed[scene.conversations[1]] == before + 2
    assert len(scene.tatu.get(f"{path}/messages").json()["items"]) >= 2


def _notices(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = person.get("/v1/me/notifications", params={"limit": 100}).json()["items"]
    return items


def test_when_it_is_taken_back_they_see_each_other_again(scene: Scene) -> None:
    assert scene.zuri.call("DELETE", f"/v1/members/{scene.tatu.id}/block").status_code == 204
    until(lambda: scene.tatu.get(f"/v1/members/{scene.zuri.id}").status_code == 200)
    assert WORDS["tatu"] in scene.zuri.get(f"/v1/topics/{scene.shared}/posts").text
    assert scene.zuri.post("/v1/conversations", {"member_ids": [scene.tatu.id]}).status_code == 200
