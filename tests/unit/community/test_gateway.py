"""The HTTP layer over an in-memory worker: answers, idempotency, permissions, limits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from litestar import Controller, Litestar, get, post, put
from litestar.testing import TestClient

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.errors import PluginError
from diramoja.core.ports.database import Database
from diramoja.core.tokens import Tokens
from diramoja_community.settings import GatewaySettings
from tests.support import talks
from tests.support.gateway import Process, gateway_client
from tests.support.talks import AnnounceTalk, Misbehave, Mood, RateTalk, RateThrough, Receipt, Tone, ToneOf, talk

type Client = TestClient[Litestar]


class Tones(ToneOf):
    async def tones(self, stars: Any) -> Any:
        return ["warm" for _ in stars]


class Talks(Controller):
    """Talks."""

    path = "/talks"

    @post("/", permission="talk.rate", limit="posts")
    async def announce(self, data: AnnounceTalk, send: Send) -> Tone:
        answer: Tone = await send(talk, send.new_id("tlk"), data)
        return answer

    @post("/{talk_id:str}/ratings", permission="talk.rate")
    async def rate(self, talk_id: str, data: RateTalk, send: Send) -> Receipt:
        answer: Receipt = await send(talk, talk_id, data)
        return answer

    @put("/{talk_id:str}/through", permission="talk.rate")
    async def through(self, talk_id: str, send: Send) -> Receipt:
        answer: Receipt = await send("rater", "rat_1", RateThrough(talk_id, 4))
        return answer

    @post("/{talk_id:str}/trouble", permission="talk.rate")
    async def trouble(self, talk_id: str, data: Misbehave, send: Send) -> None:
        await send(talk, talk_id, data)

    @get("/", permission="talk.read")
    async def talks(self, db: Database, reader: Reader, page: PageQuery, mood: Mood) -> Page[Tone]:
        assert await db.one("SELECT 1 AS one") == {"one": 1}
        return Page([Tone(f"{reader.member} {sorted(reader.roles)} {page.limit} {page.after} {mood.most_raters}")])

    @get("/raises", permission="talk.read")
    async def raises(self) -> None:
        raise RuntimeError("secret of mem_a")


plugin = attrs.evolve(talks.plugin, routes=[Talks])
ENDS = "2026-06-01T12:00:00Z"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[tuple[Client, Process]]:
    with gateway_client(tmp_path, [plugin], ports={ToneOf: Tones()}) as (client, process):
        yield client, process


def opened(client: Client, process: Process) -> str:
    body = {"title": "Clinics", "ends_at": ENDS}
    answer = client.post("/v1/talks", json=body, headers=process.signed_in() | {"idempotency-key": "opened"})
    assert answer.status_code == 204, answer.text
    return next(key.agent for key in process.records.snapshot if key.kind == "talk")


def test_write_answers_what_the_agent_committed(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    id = opened(client, process)
    answer = client.post(f"/v1/talks/{id}/ratings", json={"stars": 5}, headers=process.signed_in())
    assert (answer.status_code, answer.json()) == (201, {"count": 1})
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers["idempotency-key"]) == 36


def test_write_without_content_answers_204_and_nothing(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    answer = client.put(f"/v1/talks/{opened(client, process)}/through", headers=process.signed_in())
    assert (answer.status_code, answer.content) == (201, b'{"count":1}')
    first = client.post("/v1/talks", json={"title": "Roads", "ends_at": ENDS}, headers=process.signed_in())
    assert (first.status_code, first.content) == (204, b"")


def test_rejection_is_a_problem(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    answer = client.post("/v1/talks/tlk_none/ratings", json={"stars": 5}, headers=process.signed_in())
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:diramoja:problem:talk_missing",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no talk tlk_none.",
        "code": "talk_missing",
        "request_id": answer.headers["x-request-id"],
    }


def test_same_key_and_body_meets_the_first_answer_and_another_body_conflicts(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    id = opened(client, process)
    path, headers = f"/v1/talks/{id}/ratings", process.signed_in() | {"idempotency-key": "k1"}
    first = client.post(path, json={"stars": 5}, headers=headers)
    again = client.post(path, json={"stars": 5}, headers=headers)
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    assert len([key for key in process.records.own if key.collection == "rating"]) == 1
    other = client.post(path, json={"stars": 4}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    elsewhere = client.post("/v1/talks/tlk_x/ratings", json={"stars": 5}, headers=headers)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "idempotency_conflict")


def test_same_key_of_another_member_is_another_request(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    path = f"/v1/talks/{opened(client, process)}/ratings"
    for count, member in enumerate(("mem_a", "mem_b"), 1):
        answer = client.post(path, json={"stars": 5}, headers=process.signed_in(member) | {"idempotency-key": "k"})
        assert (answer.status_code, answer.json()) == (201, {"count": count})


def test_handler_that_raises_answers_500_with_its_dead_letter_and_nothing_inside(
    gateway: tuple[Client, Process],
) -> None:
    client, process = gateway
    answer = client.post(
        f"/v1/talks/{opened(client, process)}/trouble", json={"how": "raise"}, headers=process.signed_in()
    )
    assert (answer.status_code, answer.json()["code"]) == (500, "handler_failed")
    assert answer.json()["dead_letter"] in process.records.dead
    assert "talk of" not in answer.text


def test_route_that_raises_answers_500_without_what_it_said(gateway: tuple[Client, Process]) -> None:
    client, _ = gateway
    answer = client.get("/v1/talks/raises")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text


def test_worker_away_answers_503_and_the_retry_is_safe(tmp_path: Path) -> None:
    from diramoja_community.dispatch import DispatchSettings

    settings = DispatchSettings(answer_timeout_s=0.2, poll_s=0.05)
    with gateway_client(tmp_path, [plugin], settings, ports={ToneOf: Tones()}) as (client, process):
        path, headers = f"/v1/talks/{opened(client, process)}/ratings", process.signed_in() | {"idempotency-key": "k"}
        process.works = False
        late = client.post(path, json={"stars": 5}, headers=headers)
        assert (late.status_code, late.json()["code"], late.headers["retry-after"]) == (503, "answer_late", "1")
        process.works = True
        assert client.post(path, json={"stars": 5}, headers=headers).json() == {"count": 1}


# --- reading ---


def test_read_gets_ports_settings_reader_and_page(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    guest = client.get("/v1/talks")
    assert guest.json() == {"items": [{"word": " ['guest'] 20 () 500"}], "next_cursor": None}
    cursor = PageQuery.cursor("a", 3)
    member = client.get(f"/v1/talks?limit=7&cursor={cursor}", headers=process.signed_in())
    assert member.json()["items"] == [{"word": "mem_a ['guest', 'member', 'supporter'] 7 ('a', 3) 500"}]


@pytest.mark.parametrize(
    ("query", "field"), [("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("cursor=%21%21", None)]
)
def test_page_that_cannot_be_is_refused(gateway: tuple[Client, Process], query: str, field: str | None) -> None:
    answer = gateway[0].get(f"/v1/talks?{query}")
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json().get("errors", [])] == ([field] if field else [])


# --- who may ---


def test_guest_is_asked_to_sign_in(gateway: tuple[Client, Process]) -> None:
    answer = gateway[0].post("/v1/talks/tlk_1/ratings", json={"stars": 5})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_member_without_the_role_is_denied(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    answer = client.post("/v1/talks/tlk_1/ratings", json={"stars": 5}, headers=process.signed_in("mem_a", "supporter"))
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")
    assert ", which comes with " in answer.json()["detail"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer " + "x" * 9000])
def test_forged_token_is_refused(gateway: tuple[Client, Process], header: str) -> None:
    answer = gateway[0].get("/v1/talks", headers={"authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


def test_token_of_another_key_or_expired_is_refused(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    forged = Tokens(b"x" * 32).issue_access("mem_a", ["admin"])
    expired = process.token("mem_a", ttl_s=-1)
    for token, code in ((forged, "token_invalid"), (expired, "token_expired")):
        answer = client.get("/v1/talks", headers={"authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, code)


# --- the frame ---


def test_request_id_is_taken_or_made_and_returned(gateway: tuple[Client, Process]) -> None:
    client, _ = gateway
    assert client.get("/v1/talks", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    for bad in ("", "a b", "x" * 129, "<script>"):
        made = client.get("/v1/nowhere", headers={"x-request-id": bad}).headers["x-request-id"]
        assert made.startswith("req_")


def test_every_answer_has_the_security_headers(gateway: tuple[Client, Process]) -> None:
    client, _ = gateway
    for path in ("/v1/talks", "/v1/nowhere", "/v1/talks/raises"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]


# --- limits ---


def test_member_beyond_the_limit_of_the_route_waits(tmp_path: Path) -> None:
    settings = GatewaySettings(posts_per_hour=2)
    with gateway_client(tmp_path, [plugin], settings, ports={ToneOf: Tones()}) as (client, process):
        body = {"title": "Clinics", "ends_at": ENDS}
        found = [client.post("/v1/talks", json=body, headers=process.signed_in()) for _ in range(3)]
        assert [each.status_code for each in found] == [204, 204, 429]
        assert [each.headers["ratelimit-remaining"] for each in found] == ["1", "0", "0"]
        assert found[2].json()["code"] == "rate_limited"
        assert 0 < int(found[2].headers["retry-after"]) <= 3601
        assert client.post("/v1/talks", json=body, headers=process.signed_in("mem_b")).status_code == 204
        assert client.get("/v1/talks", headers=process.signed_in()).status_code == 200
        assert not any("mem_a" in key for key in process.cache.counts)


@pytest.mark.parametrize(
    ("settings", "headers"),
    [(GatewaySettings(calls_per_hour=2), True), (GatewaySettings(address_calls_per_hour=2), False)],
)
def test_calls_beyond_the_limit_of_member_or_address_wait(
    tmp_path: Path, settings: GatewaySettings, *, headers: bool
) -> None:
    with gateway_client(tmp_path, [plugin], settings, ports={ToneOf: Tones()}) as (client, process):
        sent = process.signed_in() if headers else {}
        assert [client.get("/v1/talks", headers=sent).status_code for _ in range(3)] == [200, 200, 429]


# --- composing ---


class Bare(Controller):
    path = "/bare"

    @get("/")
    async def bare(self) -> None: ...


class Unknown(Controller):
    path = "/unknown"

    @get("/", permission="talk.opne")
    async def unknown(self) -> None: ...


class Unlimited(Controller):
    path = "/unlimited"

    @get("/", permission="talk.read", limit="wishes")
    async def unlimited(self) -> None: ...


class Twice(Controller):
    path = "/twice"

    @get("/a", permission="talk.read")
    async def a(self, it: Database) -> None: ...

    @get("/b", permission="talk.read")
    async def b(self, it: Mood) -> None: ...


@pytest.mark.parametrize(
    ("controller", "says"),
    [
        (Bare, "Bare.bare of plugin talks has no permission"),
        (Unknown, "unknown permission talk.opne"),
        (Unlimited, "unknown limit wishes"),
        (Twice, "names two different ports it"),
    ],
)
def test_route_that_cannot_be_checked_is_refused_at_start(
    tmp_path: Path, controller: type[Controller], says: str
) -> None:
    broken = attrs.evolve(plugin, routes=[controller])
    with pytest.raises(PluginError, match=says), gateway_client(tmp_path, [broken]):
        pass
