"""The platform through its public API only: real NATS, real PostgreSQL, every built-in plugin."""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.nats_server import NatsServer
from tests.support.platform import Platform
from tests.support.postgres_server import fresh_database, shared_postgres
from tests.support.processes import in_time

PASSWORD = "a long sentence is good"
_numbers = itertools.count(1)


@attrs.define
class World:
    """A platform with its servers."""

    folder: Path
    nats: NatsServer
    options: list[str]
    platform: Platform

    def restarted(self) -> None:
        """Killed and started again."""
        self.platform.kill()
        self.platform = Platform(self.folder / "data", *self.options)

    @property
    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.platform.url, timeout=10)


@attrs.frozen
class Person:
    """Somebody who joined and signed in."""

    id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    (folder / "nats").mkdir()
    nats = NatsServer(folder / "nats")
    database = anyio.run(fresh_database, shared_postgres())
    limits = [f"gateway.{each}_per_hour=0" for each in ("posts", "votes", "calls", "address_calls")]
    options = [f"nats.url={nats.url}", f"postgres.url={database.url}", *limits]
    made = World(folder, nats, options, Platform(folder / "data", *options))
    yield made
    made.platform.stop()
    nats.stop()


def join(world: World, name: str) -> Person:
    with world.http as http:
        username = f"{name}{next(_numbers)}"
        account = {"username": username, "email": f"{username}@example.org", "password": PASSWORD}
        member = http.post("/v1/members", json=account)
        assert member.status_code == 201, member.text
        assert "example.org" not in member.text
        tokens = http.post("/v1/auth/login", json={"username": username, "password": PASSWORD})
        assert tokens.status_code == 200, tokens.text
        return Person(member.json()["id"], tokens.json()["access_token"])


def open_topic(world: World, person: Person) -> str:
    topic = {"title": "Evening clinics", "description": "Should they stay open?", "category": "health"}
    with world.http as http:
        answer = http.post("/v1/topics", json=topic, headers=person.headers)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


def post(world: World, person: Person, topic: str, body: str, **headers: str) -> httpx.Response:
    with world.http as http:
        return http.post(f"/v1/topics/{topic}/posts", json={"body": body}, headers=person.headers | headers)


@contextmanager
def listen(world: World, person: Person) -> Iterator[ClientConnection]:
    with connect(world.platform.url.replace("http", "ws") + "/v1/live", compression=None) as socket:
        socket.send(json.dumps({"type": "authenticate", "token": person.token}))
        assert hear(socket)["type"] == "authenticated"
        yield socket


def hear(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(timeout=5))


def test_post_of_one_member_reaches_the_other_live_and_in_the_list(world: World) -> None:
    amina, baraka = join(world, "amina"), join(world, "baraka")
    topic = open_topic(world, amina)
    with listen(world, baraka) as socket:
        socket.send(json.dumps({"type": "subscribe", "channels": [f"topic:{topic}", "member:me"]}))
        assert hear(socket)["channels"] == {f"topic:{topic}": 0, "member:me": 0}
        started = time.perf_counter()
        answer = post(world, amina, topic, "Most of us work until six.")
        assert (answer.status_code, answer.json()["author_id"]) == (201, amina.id)
        event = hear(socket)
        assert time.perf_counter() - started < 1
    assert (event["name"], event["seq"]) == ("topic.post.published", 1)
    assert event["data"]["post"] == answer.json()["id"]
    with world.http as http:
        items = http.get(f"/v1/topics/{topic}/posts", headers=baraka.headers).json()["items"]
    assert [(each["id"], each["status"]) for each in items] == [(answer.json()["id"], "published")]


def test_retried_key_gets_the_first_answer_after_a_kill(world: World) -> None:
    amina = join(world, "amina")
    topic = open_topic(world, amina)
    first = post(world, amina, topic, "once", **{"idempotency-key": "k-1"})
    world.restarted()
    again = post(world, amina, topic, "once", **{"idempotency-key": "k-1"})
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    other = post(world, amina, topic, "twice", **{"idempotency-key": "k-1"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


def test_subscriber_resumes_without_a_gap_after_a_kill_and_by_polling(world: World) -> None:
    amina, baraka = join(world, "amina"), join(world, "baraka")
    topic = open_topic(world, amina)
    channel = f"topic:{topic}"
    with listen(world, baraka) as socket:
        socket.send(json.dumps({"type": "subscribe", "channels": [channel]}))
        hear(socket)
        for number in range(3):
            assert post(world, amina, topic, f"before {number}").status_code == 201
        assert [hear(socket)["seq"] for _ in range(3)] == [1, 2, 3]
    for number in range(3):
        assert post(world, amina, topic, f"between {number}").status_code == 201
    with world.http as http:
        in_time(lambda: len(http.get(f"/v1/topics/{topic}/posts", headers=baraka.headers).json()["items"]) == 6)
    world.restarted()
    with listen(world, baraka) as socket:
        socket.send(json.dumps({"type": "resume", "after": {channel: 3}}))
        assert [hear(socket)["seq"] for _ in range(3)] == [4, 5, 6]
        assert hear(socket) == {"type": "subscribed", "channels": {channel: 6}}
        assert post(world, amina, topic, "after").status_code == 201
        assert hear(socket)["seq"] == 7
    with world.http as http:
        brought = http.get(f"/v1/live/poll?channels={channel}&after=5&wait=5", headers=baraka.headers).json()
    assert ([each["seq"] for each in brought["events"]], brought["after"]) == ([6, 7], {channel: 7})


def test_broker_that_is_away_means_503_and_the_retry_is_safe(world: World) -> None:
    amina = join(world, "amina")
    topic = open_topic(world, amina)
    world.nats.kill()
    try:
        away = post(world, amina, topic, "patience", **{"idempotency-key": "k-2"})
        assert (away.status_code, away.headers["content-type"]) == (503, "application/problem+json")
        assert int(away.headers["retry-after"]) >= 1
        with world.http as http:
            assert http.get(f"/v1/topics/{topic}", headers=amina.headers).status_code == 200
            in_time(lambda: http.get("/readyz").json()["status"] == "degraded")
    finally:
        world.nats.start()

    def taken() -> bool:
        return post(world, amina, topic, "patience", **{"idempotency-key": "k-2"}).status_code == 201

    in_time(taken, within_s=15)
    with world.http as http:
        in_time(lambda: http.get("/readyz").json()["status"] == "ready")
        in_time(lambda: len(http.get(f"/v1/topics/{topic}/posts", headers=amina.headers).json()["items"]) == 1)


def test_member_cannot_act_as_another_or_as_an_operator(world: World) -> None:
    amina, baraka = join(world, "amina"), join(world, "baraka")
    topic = open_topic(world, amina)
    id = post(world, amina, topic, "mine").json()["id"]
    with world.http as http:
        end = time.monotonic() + 20
        while http.get(f"/v1/posts/{id}", headers=baraka.headers).status_code != 200:  # Pending: not there for others.
            assert time.monotonic() < end
        assert http.delete(f"/v1/posts/{id}", headers=baraka.headers).status_code == 403
        assert http.post(f"/v1/topics/{topic}/close", json={"reason": "x"}, headers=baraka.headers).status_code == 403
        assert http.get("/v1/agents", headers=amina.headers).status_code == 403
        assert http.put(f"/v1/members/{amina.id}/roles/admin", headers=amina.headers).status_code == 403
        assert http.get("/v1/moderation/cases", headers=amina.headers).status_code == 403
        forged = amina.token[:-4] + "AAAA"
        assert http.get("/v1/me", headers={"authorization": f"Bearer {forged}"}).json()["code"] == "token_invalid"
    with listen(world, baraka) as socket:
        socket.send(json.dumps({"type": "subscribe", "channels": [f"member:{amina.id}"]}))
        assert hear(socket)["code"] == "channel_denied"


JUNK: list[Any] = [
    None,
    [],
    {},
    "text",
    {"unknown": 1},
    {"body": 5, "title": [], "username": {}, "reason": None, "limit": "x"},
    {"body": "", "title": "", "username": "", "password": "", "email": "", "reason": ""},
    {"body": "x" * 60_000, "title": "x" * 60_000, "username": "x" * 5_000},
    {"body": "\u202e", "title": "\u0085", "username": "a\u200bb", "email": "@", "password": "\U0001f600" * 20},
]
TEXTS = ["", "x", "-1", "1e9", "9" * 30, "%27%3B--", "%F0%9F%98%80", "2026-99-99", "a" * 1500, "WzEsMl0", "%5B%5D"]


def test_bad_input_is_never_answered_with_a_500(world: World) -> None:
    person = join(world, "zuri")
    with world.http as http:
        operations = http.get("/schema/openapi.json").json()["paths"]
        for path, item in operations.items():
            where = path.replace("{role}", "admin").replace("{kind}", "topic")
            for method, operation in item.items():
                for junk in JUNK if "requestBody" in operation else [None]:
                    filled = where.replace("{", "").replace("}", "_1")
                    answer = http.request(method, filled, json=junk, headers=person.headers)
                    assert answer.status_code < 500, f"{method} {filled} {junk!r:.80}: {answer.text}"
                for text in TEXTS:
                    names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
                    query = "&".join(f"{name}={text}" for name in names if name != "wait")
                    asked = f"{where.replace('{', '').replace('}', '')}?wait=0&{query}"
                    answer = http.request(method, asked, headers=person.headers)
                    assert answer.status_code < 500, f"{method} {asked:.200}: {answer.text}"


def test_pages_show_what_runs(world: World) -> None:
    join(world, "amina")
    with world.http as http:
        page = http.get("/", headers={"accept-language": "sw"})
        assert (page.status_code, page.headers["content-language"]) == (200, "sw")
        assert "<b>" in page.text
        document = http.get("/schema/openapi.json").json()
        assert {"/v1/members", "/v1/topics/{topic_id}/posts", "/v1/live/poll"} <= document["paths"].keys()
        assert 'diramoja_agents{kind="member",mode="running"}' in http.get("/metrics").text
