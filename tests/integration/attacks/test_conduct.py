"""What is left to whoever is restricted or suspended: for every write, written down apart from the code."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from diramoja.core.tokens import Tokens
from tests.integration.attacks.test_permissions import BODIES, EXPECTED, case_of
from tests.support.community import Community, Person, until

OWN = {
    "POST /v1/auth/login",
    "POST /v1/auth/refresh",
    "POST /v1/auth/logout",
    "PATCH /v1/me",
    "PUT /v1/me/consents",
    "PUT /v1/me/promotion",
    "POST /v1/votes/{vote_id}/ballots",
    "POST /v1/votes/{vote_id}/disputes",
    "DELETE /v1/me/promotion",
    "DELETE /v1/members/{member_id}/follow",
    "DELETE /v1/me",
    "POST /v1/me/restore",
    "POST /v1/me/exports",
    "PUT /v1/members/{member_id}/block",
    "DELETE /v1/members/{member_id}/block",
    "PUT /v1/members/{member_id}/mute",
    "DELETE /v1/members/{member_id}/mute",
    "DELETE /v1/topics/{topic_id}/follow",
    "DELETE /v1/topics/{topic_id}/support",
    "DELETE /v1/posts/{post_id}",
    "DELETE /v1/posts/{post_id}/reactions/{kind}",
    "DELETE /v1/events/{event_id}/rsvp",
    "DELETE /v1/questions/{question_id}/upvote",
    "PUT /v1/me/calendar-feed",
    "DELETE /v1/me/calendar-feed",
    "PUT /v1/me/notifications/read",
    "PUT /v1/me/notifications/{notice_id}/read",
    "PUT /v1/me/preferences",
    "POST /v1/unsubscribe",
    "POST /v1/me/sanctions/{sanction_id}/appeals",
    "DELETE /v1/conversations/{conversation_id}/members/{member_id}",
    "DELETE /v1/conversations/{conversation_id}/messages/{message_id}",
    "PUT /v1/conversations/{conversation_id}/read",
}
"""One's own affairs, and taking back: left to everybody."""
BESIDE_WORDS = {
    "PUT /v1/members/{member_id}/follow",
    "PUT /v1/topics/{topic_id}/follow",
    "PUT /v1/topics/{topic_id}/support",
    "PUT /v1/posts/{post_id}/reactions/{kind}",
    "PUT /v1/events/{event_id}/rsvp",
    "POST /v1/events/{event_id}/check-ins",
    "POST /v1/events/{event_id}/feedback",
    "PUT /v1/questions/{question_id}/upvote",
    "POST /v1/posts/{post_id}/reports",
    "POST /v1/messages/{message_id}/reports",
    "POST /v1/events/{event_id}/reports",
}
"""Left to whoever is restricted, who may not write."""
WRITES = [each for each in EXPECTED if not each.startswith("GET ") and "supporter" in EXPECTED[each]]


def sanctioned(person: Person, action: str, *, moderator: Person, reporter: Person, topic: str) -> Person:
    """The person once the decision is in force."""
    post = person.write(topic, f"Before {action}.")
    assert reporter.post(f"/v1/posts/{post}/reports", {"reason": "spam"}).status_code == 201
    ends = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    decision = BODIES["POST /v1/moderation/cases/{case_id}/decisions"] | {"action": action, "term_ends": ends}
    case = case_of(moderator, post)
    assert moderator.post(f"/v1/moderation/cases/{case}/decisions", decision).status_code == 200
    until(lambda: person.post("/v1/topics", BODIES["POST /v1/topics"]).status_code == 403)
    return person


@pytest.fixture(scope="module")
def topic(amina: Person) -> str:
    return amina.open_topic()


@pytest.fixture(scope="module")
def post(amina: Person, topic: str) -> str:
    return amina.write(topic, "The clinic closes at noon.")


@pytest.fixture(scope="module")
def people(platform: Community, amina: Person, moderator: Person, topic: str) -> dict[str, Person]:
    return {
        word: sanctioned(platform.join(), action, moderator=moderator, reporter=amina, topic=topic)
        for action, word in (("restrict", "restricted"), ("suspend", "suspended"))
    }


def path_of(route: str, topic: str, post: str, member: str) -> tuple[str, str]:
    method, _, path = route.partition(" ")
    known = {"topic_id": topic, "post_id": post, "member_id": member, "kind": "like", "role": "moderator"}
    while "{" in path:
        name = path[path.index("{") + 1 : path.index("}")]
        path = path.replace(f"{{{name}}}", known.get(name, "nothing_1"))
    return method, path


@pytest.mark.parametrize("word", ["restricted", "suspended"])
@pytest.mark.parametrize("route", [each for each in WRITES if each != "POST /v1/auth/logout"])
def test_write_is_left_open_or_not(  # noqa: PLR0917  # each is a fixture by name
    people: dict[str, Person], baraka: Person, topic: str, post: str, route: str, word: str
) -> None:
    method, path = path_of(route, topic, post, baraka.id)
    answer = people[word].call(method, path, BODIES.get(route))
    left_open = OWN | (BESIDE_WORDS if word == "restricted" else set())
    code = answer.json().get("code") if answer.status_code == 403 else ""
    assert (code == word) == (route not in left_open), (answer.status_code, answer.text)


def test_reading_and_appealing_stay(people: dict[str, Person], topic: str, post: str) -> None:
    for word, person in people.items():
        for path in ("/v1/me", f"/v1/topics/{topic}/posts", f"/v1/posts/{post}", "/v1/me/feed", "/v1/me/notifications"):
            assert person.get(path).status_code == 200
        (sanction,) = person.get("/v1/me/sanctions").json()["items"]
        assert sanction["kind"] == {"restricted": "restrict", "suspended": "suspend"}[word]
        answer = person.post(f"/v1/me/sanctions/{sanction['id']}/appeals", {"text": "It was a joke."})
        assert answer.status_code == 201, answer.text


def test_nobody_appeals_for_another(people: dict[str, Person], baraka: Person) -> None:
    for person in people.values():
        (sanction,) = person.get("/v1/me/sanctions").json()["items"]
        answer = baraka.post(f"/v1/me/sanctions/{sanction['id']}/appeals", {"text": "For them."})
        assert (answer.status_code, answer.json()["code"]) == (404, "sanction_missing")
    assert baraka.get("/v1/me/sanctions").json()["items"] == []


def test_a_suspended_moderator_decides_nothing(
    *, platform: Community, admin: Person, moderator: Person, amina: Person, topic: str
) -> None:
    suspended = sanctioned(
        platform.promote(admin, platform.join()), "suspend", moderator=moderator, reporter=amina, topic=topic
    )
    body: dict[str, Any] = BODIES["POST /v1/moderation/cases/{case_id}/decisions"]
    for method, path, given in (
        ("POST", "/v1/moderation/cases/cas_1/claim", None),
        ("POST", "/v1/moderation/cases/cas_1/decisions", body),
        ("POST", "/v1/moderation/decisions/bulk", {"items": [body | {"case_id": "cas_1"}]}),
        ("PUT", f"/v1/topics/{topic}/review", {"reason": "abc"}),
        ("PUT", "/v1/moderation/duty", None),
    ):
        assert suspended.call(method, path, given).json()["code"] == "suspended", path
    assert suspended.call("DELETE", "/v1/moderation/duty").status_code == 200


def test_who_their_body_suspended_does_no_more_than_whom_moderation_did(
    platform: Community, officer: Person, post: str
) -> None:
    person = platform.join()
    body = {"standing": "suspended_by_body", "reason": "abc"}
    assert officer.call("PATCH", f"/v1/members/{person.id}/membership", body).status_code == 200
    assert person.call("PUT", f"/v1/posts/{post}/reactions/like").json()["code"] == "suspended"
    body = {"standing": "good", "reason": "abc"}
    assert officer.call("PATCH", f"/v1/members/{person.id}/membership", body).status_code == 200
    assert person.call("PUT", f"/v1/posts/{post}/reactions/like").status_code == 204


def test_an_account_that_is_no_member_yet_is_taken_for_nobody_who_was_erased(platform: Community, topic: str) -> None:
    token = Tokens((platform.data / "secrets" / "access_token.key").read_bytes()).issue_access("mem_new", ["supporter"])
    headers = {"authorization": f"Bearer {token}"}
    assert platform.http.put(f"/v1/topics/{topic}/follow", headers=headers).status_code == 204
