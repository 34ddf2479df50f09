"""The routes over the gateway and a worker in memory; the lists are tested on a real database."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from diramoja.core import AgentKind, Context, Decision, Plugin, State, Tell
from diramoja.core.ports.database import Database
from diramoja.plugins.information.hooks import register_plugin as information
from diramoja.plugins.member.contracts import ReportContent, SubmitPost, SubmitTopic
from diramoja.plugins.moderator.hooks import register_plugin as moderator
from diramoja.plugins.search.hooks import register_plugin as search
from diramoja.plugins.topic.contracts import OpenTopic, ReportPost, TakePost
from diramoja.plugins.topic.hooks import register_plugin as topics
from diramoja.ports.search import Document, Found, Hit, Search, SearchQuery
from tests.support.gateway import NoDatabase, Process, gateway_client

type Client = TestClient[Litestar]


class Member(State):
    """Stands for the member plugin."""

    phase: Literal["absent"] = "absent"


member = AgentKind("member", Member, prefix="mem")


@member.on("absent")
def submit(state: Member, message: SubmitPost, context: Context) -> Decision:
    post = TakePost(message.post_id, context.id, message.body, message.reply_to)
    return Tell("topic", message.topic_id, post, answers=True)


@member.on("absent")
def submit_topic(state: Member, message: SubmitTopic, context: Context) -> Decision:
    opened = OpenTopic(message.title, message.description, message.category, message.tags, message.policy_proposal)
    return Tell("topic", message.topic_id, opened, answers=True)


@member.on("absent")
def report_content(state: Member, message: ReportContent, context: Context) -> Decision:
    report = ReportPost(message.report_id, message.post_id, message.reason, message.text, 0.5)
    return Tell("topic", message.topic_id, report, answers=True)


class PostTable(NoDatabase):
    """Knows the topic of every post."""

    topic = ""

    async def one(self, sql: str, *args: Any) -> Mapping[str, Any] | None:
        if not self.topic or not sql.startswith(("SELECT topic FROM post", "SELECT topic, (SELECT m.member_since")):
            return None
        return {"topic": self.topic, "member_since": None}


class Finder:
    """Finds one thing."""

    async def index(self, documents: Sequence[Document]) -> None:
        raise NotImplementedError

    async def remove(self, ids: Sequence[str]) -> None:
        raise NotImplementedError

    async def find(self, query: SearchQuery) -> Found:
        hit = Hit(
            "pst_1", query.kind or "post", "Clinics", f"<mark>{query.q}</mark>", 1.0, datetime(2026, 1, 1, tzinfo=UTC)
        )
        return Found([hit], {"type": {"post": 1}, "category": {}}, None)

    async def suggest(self, prefix: str, limit: int, hidden: Sequence[str] = ()) -> list[str]:
        return [f"{prefix}nics"][:limit]


@pytest.fixture
def table() -> PostTable:
    return PostTable()


@pytest.fixture
def gateway(tmp_path: Path, table: PostTable) -> Iterator[tuple[Client, Process]]:
    plugins = [Plugin(name="member", kinds=[member]), topics(), moderator(), information(), search()]
    ports: dict[type, object] = {Database: table, Search: Finder()}
    with gateway_client(tmp_path, plugins, ports=ports) as (client, process):
        yield client, process


OPENING = {"title": "Clinics", "description": "Where?", "category": "healthcare", "tags": ["rural"]}


def opened(client: Client, process: Process) -> str:
    answer = client.post("/v1/topics", json=OPENING, headers=process.signed_in("mem_a", "supporter"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_topic_is_opened_and_posted_to(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    id = opened(client, process)
    answer = client.post(f"/v1/topics/{id}/posts", json={"body": "Here."}, headers=process.signed_in("mem_b"))
    assert answer.status_code == 201, answer.text
    post = answer.json()
    assert (post["topic_id"], post["author_id"], post["status"], post["reply_to"]) == (id, "mem_b", "pending", None)
    assert post["reactions"] == {"agree": 0, "disagree": 0, "pass": 0, "like": 0}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/topics", OPENING | {"title": "ab"}, "title"),
        ("/v1/topics", OPENING | {"tags": ["a b"]}, "tags[0]"),
        ("/v1/topics", OPENING | {"colour": "red"}, "colour"),
        ("/v1/topics/top_1/posts", {"body": "   "}, "body"),
        ("/v1/topics/top_1/posts", {"body": "x" * 10_001}, "body"),
        ("/v1/topics/top_1/posts", {}, "body"),
        ("/v1/topics/top_1/posts", {"body": 5}, "body"),
    ],
)
def test_bad_input_names_its_field(gateway: tuple[Client, Process], path: str, body: Any, field: str) -> None:
    client, process = gateway
    answer = client.post(path, json=body, headers=process.signed_in())
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_a_guest_reads_and_does_not_write(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    assert client.get("/v1/topics").json() == {"items": [], "next_cursor": None}
    assert client.get("/v1/topics?sort=oldest").status_code == 400
    assert client.post("/v1/topics", json=OPENING).status_code == 401
    assert client.get("/v1/moderation/cases", headers=process.signed_in()).status_code == 403
    assert client.get("/v1/moderation/cases?state=open", headers=process.signed_in("mem_m", "moderator")).json() == {
        "items": [],
        "next_cursor": None,
    }


def test_following_and_closing_answer_nothing(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    id = opened(client, process)
    for call in (client.put, client.delete):
        answer = call(f"/v1/topics/{id}/follow", headers=process.signed_in("mem_b"))
        assert (answer.status_code, answer.content) == (204, b"")
    answer = client.post(f"/v1/topics/{id}/close", json={"reason": "Done."}, headers=process.signed_in("mem_b"))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_creator")
    answer = client.post(f"/v1/topics/{id}/close", json={"reason": "Done."}, headers=process.signed_in("mem_a"))
    assert (answer.status_code, answer.content) == (204, b"")


def test_what_is_done_to_a_post_goes_to_its_topic(gateway: tuple[Client, Process], table: PostTable) -> None:
    client, process = gateway
    table.topic = opened(client, process)
    answer = client.post(f"/v1/topics/{table.topic}/posts", json={"body": "Here."}, headers=process.signed_in("mem_b"))
    id = answer.json()["id"]
    other = process.signed_in("mem_c")
    answers = (client.put(f"/v1/posts/{id}/reactions/agree", headers=other).status_code for _ in range(200))
    assert next(status for status in answers if status != 404) == 204  # 404 until it is published
    assert client.delete(f"/v1/posts/{id}/reactions/agree", headers=other).status_code == 204
    assert client.put(f"/v1/posts/{id}/reactions/love", headers=other).status_code == 400
    report = client.post(f"/v1/posts/{id}/reports", json={"reason": "spam"}, headers=other)
    assert (report.status_code, report.json()["status"]) == (201, "received")
    assert client.delete(f"/v1/posts/{id}", headers=other).status_code == 403
    assert client.delete(f"/v1/posts/{id}", headers=process.signed_in("mem_b")).status_code == 204


def test_an_unknown_post_is_missing(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    for call in (client.get, client.delete):
        answer = call("/v1/posts/pst_x", headers=process.signed_in())
        assert (answer.status_code, answer.json()["code"]) == (404, "post_missing")
    assert client.put("/v1/posts/pst_x/reactions/like", headers=process.signed_in()).status_code == 404


def test_search_and_sources_are_read_by_guests(gateway: tuple[Client, Process]) -> None:
    client, _ = gateway
    found = client.get("/v1/search", params={"q": "cli", "type": "post", "from": "2026-01-01T00:00:00Z"})
    assert found.status_code == 200, found.text
    assert found.json()["items"][0]["snippet"] == "<mark>cli</mark>"
    assert client.get("/v1/search/suggest?q=cli").json() == {"items": ["clinics"]}
    assert client.get("/v1/search").status_code == 400
    sources = client.get("/v1/information/sources?rating=flagged&limit=1").json()
    assert sources["items"][0]["rating"] == "flagged" and sources["next_cursor"]
    assert client.get("/v1/posts/pst_1/notes").json() == {"items": [], "next_cursor": None}
