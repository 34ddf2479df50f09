"""The routes of edits, shares, pins, support, reviews, drafts and feeds over the gateway and a worker in memory."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from diramoja.core import AgentKind, Context, Decision, Plugin, State, Tell
from diramoja.core.ports.database import Database
from diramoja.plugins.member.contracts import SubmitEdit, SubmitPost, SubmitShare, SubmitTopic
from diramoja.plugins.topic.contracts import EditPost, OpenTopic, SharePost, TakePost
from diramoja.plugins.topic.hooks import register_plugin as topics
from tests.support.gateway import NoDatabase, Process, gateway_client

type Client = TestClient[Litestar]


class Member(State):
    """Stands for the member plugin."""

    phase: Literal["absent"] = "absent"


member = AgentKind("member", Member, prefix="mem")


@member.on("absent")
def submit_topic(state: Member, message: SubmitTopic, context: Context) -> Decision:
    opened = OpenTopic(message.title, message.description, message.category, message.tags, message.policy_proposal)
    return Tell("topic", message.topic_id, opened, answers=True)


@member.on("absent")
def submit(state: Member, message: SubmitPost, context: Context) -> Decision:
    return Tell("topic", message.topic_id, TakePost(message.post_id, context.id, message.body), answers=True)


@member.on("absent")
def submit_edit(state: Member, message: SubmitEdit, context: Context) -> Decision:
    return Tell("topic", message.topic_id, EditPost(message.post_id, context.id, message.body), answers=True)


@member.on("absent")
def submit_share(state: Member, message: SubmitShare, context: Context) -> Decision:
    share = SharePost(message.post_id, message.share_id, message.into, context.id, message.comment)
    return Tell("topic", message.topic_id, share, answers=True)


class Table(NoDatabase):
    """Knows the topic of every post and the draft of every amendment."""

    def __init__(self) -> None:
        self.topic = self.draft = ""

    async def one(self, sql: str, *args: Any) -> Mapping[str, Any] | None:
        if sql.startswith("SELECT topic"):
            return {"topic": self.topic, "member_since": None}
        return {"draft": self.draft} if sql.startswith("SELECT draft") else None


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def gateway(tmp_path: Path, table: Table) -> Iterator[tuple[Client, Process]]:
    plugins = [Plugin(name="member", kinds=[member]), topics()]
    with gateway_client(tmp_path, plugins, ports={Database: table}) as (client, process):
        yield client, process


def opened(client: Client, process: Process) -> str:
    opening = {"title": "Clinics", "description": "Where?", "category": "healthcare", "policy_proposal": True}
    answer = client.post("/v1/topics", json=opening, headers=process.signed_in("mem_a"))
    assert answer.status_code == 201, answer.text
    assert answer.json()["support"] == {
        "needed": 20, "reached_at": None, "decide_by": None, "decision": None, "reason": "",
    }  # fmt: skip
    return str(answer.json()["id"])


def written(client: Client, process: Process, table: Table) -> str:
    table.topic = opened(client, process)
    headers = process.signed_in("mem_b")
    answer = client.post(f"/v1/topics/{table.topic}/posts", json={"body": "Here."}, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_post_is_edited_and_shared(gateway: tuple[Client, Process], table: Table) -> None:
    client, process = gateway
    post = written(client, process, table)
    answer = client.patch(f"/v1/posts/{post}", json={"body": "There."}, headers=process.signed_in("mem_b"))
    assert (answer.status_code, answer.json()["body"]) == (200, "There."), answer.text
    other = opened(client, process)
    shared = client.post(f"/v1/posts/{post}/shares", json={"topic_id": other}, headers=process.signed_in("mem_c"))
    assert (shared.status_code, shared.json()["shared"]) == (201, {"post_id": post, "topic_id": table.topic})
    for into in ("", "a.b", "*", "x" * 200, "tóp", "top_1\n"):
        bad = client.post(f"/v1/posts/{post}/shares", json={"topic_id": into}, headers=process.signed_in("mem_c"))
        assert (bad.status_code, bad.json()["errors"][0]["field"]) == (400, "topic_id")
    gone = client.post(f"/v1/posts/{post}/shares", json={"topic_id": "top_x"}, headers=process.signed_in("mem_c"))
    assert (gone.status_code, gone.json()["code"]) == (404, "topic_missing")
    assert client.patch(f"/v1/posts/{post}", json={"body": " "}, headers=process.signed_in("mem_b")).status_code == 400


def test_a_topic_is_changed_pinned_to_supported_and_reviewed(gateway: tuple[Client, Process], table: Table) -> None:
    client, process = gateway
    post = written(client, process, table)
    path = f"/v1/topics/{table.topic}"
    creator, person, moderator = (
        process.signed_in("mem_a"),
        process.signed_in("mem_c", "member"),
        process.signed_in("mem_m", "moderator"),
    )
    changed = client.patch(path, json={"title": "Night clinics"}, headers=creator)
    assert (changed.status_code, changed.json()["title"], changed.json()["description"]) == (
        200,
        "Night clinics",
        "Where?",
    )
    assert client.patch(path, json={"phase": "closed"}, headers=creator).status_code == 400
    assert client.put(f"{path}/pins/{post}", headers=creator).status_code == 204
    assert client.put(f"{path}/pins/{post}", headers=person).json()["code"] == "not_creator"
    assert client.delete(f"{path}/pins/{post}", headers=creator).status_code == 204
    for call in (client.put, client.delete):
        assert call(f"{path}/support", headers=person).status_code == 204
    assert client.put(f"{path}/support", headers=process.signed_in("mem_s", "supporter")).status_code == 403
    decision = {"decision": "refused", "reason": "No."}
    answer = client.post(f"{path}/support/decision", json=decision, headers=process.signed_in("mem_o", "official"))
    assert (answer.status_code, answer.json()["code"]) == (409, "support_missing")
    assert client.put(f"{path}/review", json={"reason": "Insults."}, headers=moderator).status_code == 204
    assert client.put(f"{path}/review", json={"reason": "Insults."}, headers=creator).status_code == 403
    assert client.post(f"{path}/review/end", json={}, headers=moderator).status_code == 204


def test_a_draft_is_begun_and_amended(gateway: tuple[Client, Process], table: Table) -> None:
    client, process = gateway
    id = opened(client, process)
    creator, person = process.signed_in("mem_a"), process.signed_in("mem_c", "member")
    draft = client.post(f"/v1/topics/{id}/drafts", json={"title": "Rules", "text": "One\nTwo"}, headers=creator)
    assert (draft.status_code, draft.json()["version"]) == (201, 1), draft.text
    table.draft = draft.json()["id"]
    change = {"from": 2, "to": 2, "text": "Second", "reason": "Clearer."}
    amendment = client.post(f"/v1/drafts/{table.draft}/amendments", json=change, headers=person)
    assert amendment.status_code == 201, amendment.text
    assert (amendment.json()["from"], amendment.json()["diff"].splitlines()[-2:]) == (2, ["-Two", "+Second"])
    path = f"/v1/amendments/{amendment.json()['id']}/decision"
    decided = client.post(path, json={"accepted": True, "reason": "Yes."}, headers=creator)
    assert (decided.status_code, decided.json()["status"]) == (200, "accepted"), decided.text
    wrong = client.post(f"/v1/drafts/{table.draft}/amendments", json=change | {"from": "two"}, headers=person)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "from")


@pytest.mark.parametrize("path", ["/v1/me/feed", "/v1/me/recommendations", "/v1/me/recommendations?type=post"])
def test_the_feed_is_for_whoever_signed_in(gateway: tuple[Client, Process], path: str) -> None:
    client, process = gateway
    assert client.get(path).status_code == 401
    answer = client.get(path, headers=process.signed_in("mem_a"))
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next_cursor": None})


@pytest.mark.parametrize("path", ["related", "contributors", "summary", "drafts"])
def test_what_is_not_there_is_missing(gateway: tuple[Client, Process], path: str) -> None:
    answer = gateway[0].get(f"/v1/topics/top_x/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "topic_missing")


@pytest.mark.parametrize(
    "path", ["/v1/drafts/dft_x", "/v1/drafts/dft_x/versions", "/v1/drafts/dft_x/amendments", "/v1/posts/x/revisions"]
)
def test_a_draft_or_post_that_is_not_there_is_missing(gateway: tuple[Client, Process], path: str) -> None:
    assert gateway[0].get(path).status_code == 404


def test_a_kind_of_recommendation_that_is_none_is_refused(gateway: tuple[Client, Process]) -> None:
    client, process = gateway
    answer = client.get("/v1/me/recommendations?type=cat", headers=process.signed_in("mem_a"))
    assert answer.status_code == 400
