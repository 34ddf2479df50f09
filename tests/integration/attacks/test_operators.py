"""Operators pause, resume and restart agents of every kind while people write: nothing is lost, all stays in order."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.community import PASSWORD, Community, Person, community, until


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    with community(tmp_path_factory.mktemp("operators"), "dispatch.answer_timeout_s=0.4") as made:
        yield made


@pytest.fixture(scope="module")
def topic(amina: Person) -> str:
    return amina.open_topic()


def bodies(person: Person, topic: str) -> list[str]:
    items = person.get(f"/v1/topics/{topic}/posts?sort=old&limit=100").json()["items"]
    return [each["body"] for each in items if each["status"] == "published"]


def operate(admin: Person, verb: str, kind: str, id: str = "") -> None:
    answer = admin.post(f"/v1/agents/{kind}/{id}/{verb}" if id else f"/v1/agents/{kind}/{verb}")
    assert answer.status_code == 204, answer.text


def of_kind(admin: Person, kind: str, id: str) -> dict[str, object]:
    items = admin.get(f"/v1/agents?kind={kind}&limit=100").json()["items"]
    return next(each for each in items if each["id"] == id)


def late(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 503 and int(answer.headers["retry-after"]) > 0 and answer.json()["code"] == "answer_late"
    )


def test_repairs_are_refused_or_harmless_where_nothing_is_broken(platform: Community) -> None:
    refused = platform.command("repair", "broker")
    assert refused.returncode == 1 and "Nothing was done" in refused.stderr
    assert platform.command("repair", "kinds").returncode == 0
    assert platform.http.get("/readyz").json()["status"] == "ready"


def test_posts_to_a_paused_topic_are_kept_and_appear_in_order(platform: Community, amina: Person, topic: str) -> None:
    assert platform.command("agents", "pause", "topic", topic).returncode == 0
    written = [f"Kept {number}" for number in range(5)]
    for number, body in enumerate(written):
        assert late(amina.post(f"/v1/topics/{topic}/posts", {"body": body}, key=f"kept-{number}"))
    assert bodies(amina, topic) == []
    listed = platform.command("agents", "list", "topic", "--mode", "paused")
    assert topic in listed.stdout and " 5 " in listed.stdout
    assert platform.command("agents", "resume", "topic", topic).returncode == 0
    until(lambda: bodies(amina, topic) == written)
    again = [amina.post(f"/v1/topics/{topic}/posts", {"body": body}, key=f"kept-{n}") for n, body in enumerate(written)]
    assert [each.status_code for each in again] == [201] * 5
    assert [each.json()["body"] for each in again] == written
    assert bodies(amina, topic) == written


def test_post_while_it_is_resumed_comes_after_those_that_were_kept(amina: Person, admin: Person) -> None:
    topic = amina.open_topic()
    operate(admin, "pause", "topic", topic)
    with ThreadPoolExecutor(20) as pool:
        kept = list(pool.map(lambda n: amina.post(f"/v1/topics/{topic}/posts", {"body": f"k{n}"}), range(20)))
        resumed = pool.submit(operate, admin, "resume", "topic", topic)
        after = list(pool.map(lambda n: amina.post(f"/v1/topics/{topic}/posts", {"body": f"n{n}"}), range(10)))
        resumed.result()
    assert all(map(late, kept))
    until(lambda: len(bodies(amina, topic)) == 30)
    assert {each[0] for each in bodies(amina, topic)[:20]} == {"k"}
    assert {each.status_code for each in after} <= {201, 503}


def test_paused_member_keeps_only_that_members_posts(amina: Person, baraka: Person, admin: Person, topic: str) -> None:
    operate(admin, "pause", "member", baraka.id)
    assert late(baraka.post(f"/v1/topics/{topic}/posts", {"body": "From a paused member"}))
    amina.write(topic, "From another")
    operate(admin, "restart", "member", baraka.id)
    until(lambda: bodies(amina, topic)[-2:] == ["From another", "From a paused member"])


def test_paused_account_gets_its_role_after_resume(platform: Community, admin: Person) -> None:
    person = platform.join()
    operate(admin, "pause", "account", person.id)
    assert late(admin.call("PUT", f"/v1/members/{person.id}/roles/moderator", key="role"))
    assert platform.sign_in(person.username).get("/v1/moderation/cases").status_code == 403
    operate(admin, "resume", "account", person.id)
    assert admin.call("PUT", f"/v1/members/{person.id}/roles/moderator", key="role").status_code == 200
    assert platform.sign_in(person.username).get("/v1/moderation/cases").status_code == 200


def test_paused_name_decides_after_resume_who_has_it(platform: Community, admin: Person) -> None:
    known = {each["id"] for each in admin.get("/v1/agents?kind=name&limit=100").json()["items"]}
    platform.join("renamed")
    names = [each["id"] for each in admin.get("/v1/agents?kind=name&limit=100").json()["items"]]
    fresh = [each for each in names if each not in known]
    assert len(fresh) == 2
    for each in fresh:
        operate(admin, "pause", "name", each)
    body = {"username": "renamed", "email": "second@people.example.org", "password": PASSWORD}

    def asks() -> httpx.Response:
        return platform.http.post("/v1/members", json=body, headers={"idempotency-key": "renamed"})

    assert late(asks())
    for each in fresh:
        operate(admin, "resume", "name", each)
    until(lambda: not late(asks()))
    assert asks().json()["code"] == "username_taken"


@pytest.mark.parametrize("kind", ["screening", "information"])
def test_paused_check_lets_posts_wait_and_keeps_their_order(
    *, amina: Person, baraka: Person, admin: Person, topic: str, kind: str
) -> None:
    amina.write(topic, f"Before {kind}")
    operate(admin, "pause", kind, topic)
    posts = [amina.post(f"/v1/topics/{topic}/posts", {"body": f"{kind} {n}"}).json() for n in range(4)]
    assert {each["status"] for each in posts} == {"pending"}
    until(lambda: of_kind(admin, kind, topic)["parked"] == 4)
    assert {baraka.get(f"/v1/posts/{each['id']}").status_code for each in posts} == {404}
    operate(admin, "resume", kind, topic)
    until(lambda: bodies(baraka, topic)[-4:] == [f"{kind} {n}" for n in range(4)])


def test_paused_case_is_claimed_after_resume(amina: Person, baraka: Person, admin: Person, moderator: Person) -> None:
    topic = amina.open_topic()
    post = amina.write(topic, "Report this one.")
    assert baraka.post(f"/v1/posts/{post}/reports", {"reason": "spam"}).status_code == 201
    case = until(
        lambda: [
            c["id"] for c in moderator.get("/v1/moderation/cases?limit=100").json()["items"] if c["post_id"] == post
        ]
    )[0]
    operate(admin, "pause", "case", case)
    assert late(moderator.post(f"/v1/moderation/cases/{case}/claim", key="claim"))
    assert moderator.get(f"/v1/moderation/cases/{case}").json()["phase"] == "open"
    operate(admin, "resume", "case", case)
    assert moderator.post(f"/v1/moderation/cases/{case}/claim", key="claim").json()["phase"] == "claimed"


def test_whole_kind_is_paused_also_for_agents_to_come(
    platform: Community, amina: Person, admin: Person, topic: str
) -> None:
    assert platform.command("agents", "pause", "topic").returncode == 0
    body = {"title": "To come", "description": "", "category": "economy"}

    def opens() -> httpx.Response:
        return amina.post("/v1/topics", body, key="to-come")

    until(lambda: late(amina.post("/v1/topics", body)))
    assert late(opens())
    assert late(amina.post(f"/v1/topics/{topic}/posts", {"body": "To the paused kind"}))
    kinds = {each["kind"]: each["mode"] for each in admin.get("/v1/agents").json()["kinds"]}
    assert kinds["topic"] == "paused" and kinds["member"] == "running"
    assert platform.command("agents", "resume", "topic").returncode == 0
    until(lambda: opens().status_code == 201)
    until(lambda: bodies(amina, topic)[-1:] == ["To the paused kind"])


def test_nothing_that_is_not_there_is_operated(platform: Community, admin: Person) -> None:
    assert admin.post("/v1/agents/topic/top_missing/pause").json()["code"] == "agent_missing"
    assert admin.post("/v1/agents/nothing/pause").json()["code"] == "kind_missing"
    said = platform.command("agents", "pause", "topic", "a.b")
    assert said.returncode != 0 and "Traceback" not in said.stderr, said.stderr


def test_trace_and_status_show_what_happened(platform: Community, amina: Person, topic: str) -> None:
    answer = amina.post(f"/v1/topics/{topic}/posts", {"body": "A secret of mine"}, key="traced")
    until(lambda: bodies(amina, topic)[-1:] == ["A secret of mine"])
    chain = platform.command("trace", answer.headers["x-correlation-id"])
    assert chain.returncode == 0, chain.stderr
    for part in ("topic", "screening", "topic.post.received", "topic.post.published"):
        assert part in chain.stdout
    assert "A secret of mine" not in chain.stdout
    status = platform.command("status")
    assert status.returncode == 0 and "topic" in status.stdout
