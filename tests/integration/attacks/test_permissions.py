"""Every route with every role; members who act for others; what is held seen by nobody else."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from diramoja.core.tokens import Tokens
from diramoja_community.auth import complete
from tests.support.community import Community, Person, until

TOXIC = "You stupid worthless idiot, I hate you and hope that you die, disgusting horrible pathetic scum"
ROLES = (
    "guest", "supporter", "member", "active_member", "leader", "official", "moderator", "membership_officer", "admin",
)  # fmt: skip
GUEST, SIGNED_IN, MEMBER = set(ROLES), set(ROLES[1:]), set(ROLES[2:6])
OFFICIAL, MODERATOR, OFFICER, ADMIN = {"official"}, {"moderator"}, {"membership_officer"}, {"admin"}
LEADERS = {"leader", "official"}
RATER = {"leader", "official", "moderator"}
"""Who says what of sources."""
EXPECTED = {
    "POST /v1/members": GUEST,
    "POST /v1/auth/login": GUEST,
    "POST /v1/auth/refresh": GUEST,
    "POST /v1/auth/logout": SIGNED_IN,
    "GET /v1/me": SIGNED_IN,
    "PATCH /v1/me": SIGNED_IN,
    "DELETE /v1/me": SIGNED_IN,
    "POST /v1/me/restore": SIGNED_IN,
    "POST /v1/me/exports": SIGNED_IN,
    "GET /v1/me/exports/{export_id}": SIGNED_IN,
    "GET /v1/me/account": SIGNED_IN,
    "GET /v1/me/following": SIGNED_IN,
    "GET /v1/me/network": SIGNED_IN,
    "GET /v1/me/walls": SIGNED_IN,
    "GET /v1/me/engagement": SIGNED_IN,
    "GET /v1/me/consents": SIGNED_IN,
    "PUT /v1/me/consents": SIGNED_IN,
    "PUT /v1/me/promotion": SIGNED_IN,
    "DELETE /v1/me/promotion": SIGNED_IN,
    "GET /v1/regions": GUEST,
    "GET /v1/bodies": SIGNED_IN,
    "POST /v1/bodies": OFFICER,
    "GET /v1/bodies/{body_id}/members": OFFICER,
    "PUT /v1/bodies/{body_id}/members/{member_id}": OFFICER,
    "DELETE /v1/bodies/{body_id}/members/{member_id}": OFFICER,
    "GET /v1/members/{member_id}": GUEST,
    "PUT /v1/members/{member_id}/follow": SIGNED_IN,
    "DELETE /v1/members/{member_id}/follow": SIGNED_IN,
    "PUT /v1/members/{member_id}/block": SIGNED_IN,
    "DELETE /v1/members/{member_id}/block": SIGNED_IN,
    "PUT /v1/members/{member_id}/mute": SIGNED_IN,
    "DELETE /v1/members/{member_id}/mute": SIGNED_IN,
    "PATCH /v1/members/{member_id}/membership": OFFICER,
    "GET /v1/members/{member_id}/membership/history": OFFICER,
    "PUT /v1/members/{member_id}/roles/{role}": ADMIN,
    "DELETE /v1/members/{member_id}/roles/{role}": ADMIN,
    "GET /v1/badges/{member_id}": GUEST,
    "GET /v1/events": GUEST,
    "POST /v1/events": MEMBER,
    "GET /v1/events/{event_id}": GUEST,
    "PATCH /v1/events/{event_id}": MEMBER,
    "POST /v1/events/{event_id}/open": MEMBER,
    "POST /v1/events/{event_id}/cancel": MEMBER,
    "POST /v1/events/{event_id}/take-over": OFFICIAL,
    "POST /v1/events/{event_id}/reports": SIGNED_IN,
    "POST /v1/events/{event_id}/invitations": MEMBER,
    "GET /v1/events/{event_id}/rsvp": SIGNED_IN,
    "PUT /v1/events/{event_id}/rsvp": SIGNED_IN,
    "DELETE /v1/events/{event_id}/rsvp": SIGNED_IN,
    "GET /v1/events/{event_id}/attendees": MEMBER,
    "GET /v1/events/{event_id}/connections": SIGNED_IN,
    "GET /v1/events/{event_id}/ticket": SIGNED_IN,
    "GET /v1/events/{event_id}/venue-code": SIGNED_IN,
    "POST /v1/events/{event_id}/check-ins": SIGNED_IN,
    "POST /v1/events/{event_id}/check-ins/batch": SIGNED_IN,
    "GET /v1/events/{event_id}/questions": GUEST,
    "POST /v1/events/{event_id}/questions": SIGNED_IN,
    "PUT /v1/questions/{question_id}/upvote": SIGNED_IN,
    "DELETE /v1/questions/{question_id}/upvote": SIGNED_IN,
    "PATCH /v1/questions/{question_id}": SIGNED_IN,
    "GET /v1/events/{event_id}/feedback": GUEST,
    "POST /v1/events/{event_id}/feedback": SIGNED_IN,
    "GET /v1/events/{event_id}/feedback/comments": SIGNED_IN,
    "GET /v1/events/{event_id}/report": SIGNED_IN,
    "GET /v1/events/{event_id}/calendar.ics": GUEST,
    "GET /v1/me/calendar.ics": GUEST,
    "PUT /v1/me/calendar-feed": SIGNED_IN,
    "DELETE /v1/me/calendar-feed": SIGNED_IN,
    "GET /v1/ticket-key": GUEST,
    "GET /v1/topics": GUEST,
    "POST /v1/topics": SIGNED_IN,
    "GET /v1/topics/{topic_id}": GUEST,
    "PUT /v1/topics/{topic_id}/follow": SIGNED_IN,
    "DELETE /v1/topics/{topic_id}/follow": SIGNED_IN,
    "POST /v1/topics/{topic_id}/close": SIGNED_IN,
    "PATCH /v1/topics/{topic_id}": SIGNED_IN,
    "GET /v1/topics/{topic_id}/related": GUEST,
    "GET /v1/topics/{topic_id}/contributors": GUEST,
    "GET /v1/topics/{topic_id}/summary": GUEST,
    "PUT /v1/topics/{topic_id}/support": MEMBER,
    "DELETE /v1/topics/{topic_id}/support": MEMBER,
    "POST /v1/topics/{topic_id}/support/decision": OFFICIAL,
    "PUT /v1/topics/{topic_id}/pins/{post_id}": SIGNED_IN,
    "DELETE /v1/topics/{topic_id}/pins/{post_id}": SIGNED_IN,
    "PUT /v1/topics/{topic_id}/review": MODERATOR,
    "POST /v1/topics/{topic_id}/review/end": MODERATOR,
    "GET /v1/topics/{topic_id}/drafts": GUEST,
    "POST /v1/topics/{topic_id}/drafts": SIGNED_IN,
    "GET /v1/drafts/{draft_id}": GUEST,
    "GET /v1/drafts/{draft_id}/versions": GUEST,
    "GET /v1/drafts/{draft_id}/amendments": GUEST,
    "POST /v1/drafts/{draft_id}/amendments": MEMBER,
    "POST /v1/amendments/{amendment_id}/decision": SIGNED_IN,
    "GET /v1/me/feed": SIGNED_IN,
    "GET /v1/me/recommendations": SIGNED_IN,
    "GET /v1/topics/{topic_id}/posts": GUEST,
    "POST /v1/topics/{topic_id}/posts": SIGNED_IN,
    "GET /v1/posts/{post_id}": GUEST,
    "PATCH /v1/posts/{post_id}": SIGNED_IN,
    "DELETE /v1/posts/{post_id}": SIGNED_IN,
    "GET /v1/posts/{post_id}/revisions": GUEST,
    "POST /v1/posts/{post_id}/shares": SIGNED_IN,
    "PUT /v1/posts/{post_id}/reactions/{kind}": SIGNED_IN,
    "DELETE /v1/posts/{post_id}/reactions/{kind}": SIGNED_IN,
    "POST /v1/posts/{post_id}/reports": SIGNED_IN,
    "GET /v1/posts/{post_id}/notes": GUEST,
    "GET /v1/information/sources": GUEST,
    "POST /v1/information/sources": RATER,
    "POST /v1/information/sources/{source_id}/confirm": RATER,
    "POST /v1/information/sources/{source_id}/objections": SIGNED_IN,
    "POST /v1/information/sources/{source_id}/objections/decision": RATER,
    "GET /v1/moderation/cases": MODERATOR,
    "GET /v1/moderation/cases/{case_id}": MODERATOR,
    "POST /v1/moderation/cases/{case_id}/claim": MODERATOR,
    "POST /v1/moderation/cases/{case_id}/release": MODERATOR,
    "POST /v1/moderation/cases/{case_id}/decisions": MODERATOR,
    "GET /v1/me/notifications": SIGNED_IN,
    "PUT /v1/me/notifications/read": SIGNED_IN,
    "PUT /v1/me/notifications/{notice_id}/read": SIGNED_IN,
    "GET /v1/me/preferences": SIGNED_IN,
    "PUT /v1/me/preferences": SIGNED_IN,
    "GET /v1/unsubscribe": GUEST,
    "POST /v1/unsubscribe": GUEST,
    "GET /v1/notifications/statistics": ADMIN,
    "POST /v1/moderation/cases/{case_id}/escalations": MODERATOR,
    "POST /v1/moderation/cases/{case_id}/reviews": MODERATOR,
    "POST /v1/moderation/decisions/bulk": MODERATOR,
    "GET /v1/moderation/reviews": MODERATOR,
    "GET /v1/moderation/appeals": MODERATOR,
    "POST /v1/moderation/appeals/{appeal_id}/decision": MODERATOR,
    "GET /v1/moderation/moderators": MODERATOR | OFFICIAL,
    "PUT /v1/moderation/moderators/{member_id}": OFFICIAL,
    "PUT /v1/moderation/duty": MODERATOR,
    "DELETE /v1/moderation/duty": MODERATOR,
    "GET /v1/moderation/log": GUEST,
    "GET /v1/moderation/guidelines": GUEST,
    "GET /v1/moderation/statistics": GUEST,
    "GET /v1/me/sanctions": SIGNED_IN,
    "POST /v1/me/sanctions/{sanction_id}/appeals": SIGNED_IN,
    "POST /v1/conversations": SIGNED_IN,
    "GET /v1/conversations": SIGNED_IN,
    "GET /v1/conversations/{conversation_id}": SIGNED_IN,
    "PUT /v1/conversations/{conversation_id}/members/{member_id}": SIGNED_IN,
    "DELETE /v1/conversations/{conversation_id}/members/{member_id}": SIGNED_IN,
    "POST /v1/conversations/{conversation_id}/messages": SIGNED_IN,
    "GET /v1/conversations/{conversation_id}/messages": SIGNED_IN,
    "DELETE /v1/conversations/{conversation_id}/messages/{message_id}": SIGNED_IN,
    "PUT /v1/conversations/{conversation_id}/read": SIGNED_IN,
    "POST /v1/messages/{message_id}/reports": SIGNED_IN,
    "GET /v1/votes": GUEST,
    "POST /v1/votes": MEMBER,
    "GET /v1/votes/{vote_id}": GUEST,
    "PATCH /v1/votes/{vote_id}": MEMBER,
    "POST /v1/votes/{vote_id}/schedule": MEMBER,
    "POST /v1/votes/{vote_id}/cancel": MEMBER,
    "GET /v1/votes/{vote_id}/roll": GUEST,
    "GET /v1/votes/{vote_id}/roll/me": SIGNED_IN,
    "GET /v1/votes/{vote_id}/roll/objections": MEMBER | OFFICER,
    "POST /v1/votes/{vote_id}/roll/objections": MEMBER | OFFICER,
    "POST /v1/objections/{objection_id}/decision": OFFICER,
    "POST /v1/votes/{vote_id}/extensions": OFFICIAL,
    "GET /v1/votes/{vote_id}/tally": GUEST,
    "GET /v1/votes/{vote_id}/results": GUEST,
    "GET /v1/votes/{vote_id}/audit": GUEST,
    "GET /v1/votes/{vote_id}/disputes": GUEST,
    "POST /v1/votes/{vote_id}/disputes": SIGNED_IN,
    "POST /v1/disputes/{dispute_id}/decisions": OFFICIAL,
    "GET /v1/votes/{vote_id}/ballots": GUEST,
    "POST /v1/votes/{vote_id}/ballots": SIGNED_IN,
    "GET /v1/votes/{vote_id}/ballots/me": SIGNED_IN,
    "GET /v1/votes/{vote_id}/ballots.blt": GUEST,
    "GET /v1/votes/{vote_id}/ballots.csv": GUEST,
    "GET /v1/votes/{vote_id}/count": GUEST,
    "GET /v1/votes/{vote_id}/count.svg": GUEST,
    "GET /v1/votes/{vote_id}/participation": GUEST,
    "GET /v1/votes/{vote_id}/receipts": GUEST,
    "GET /v1/votes/{vote_id}/record": GUEST,
    "GET /v1/votes/{vote_id}/lot": GUEST,
    "PUT /v1/votes/{vote_id}/lot/secrets/me": LEADERS,
    "POST /v1/votes/{vote_id}/lot/reveals": LEADERS,
    "POST /v1/votes/{vote_id}/lot/draws": LEADERS,
    "POST /v1/votes/{vote_id}/casting-vote": MEMBER,
    "GET /v1/me/delegations": MEMBER,
    "GET /v1/me/delegations/{scope_id}": MEMBER,
    "PUT /v1/me/delegations/{scope_id}": MEMBER,
    "DELETE /v1/me/delegations/{scope_id}": MEMBER,
    "GET /v1/search": GUEST,
    "GET /v1/search/suggest": GUEST,
    "GET /v1/live/poll": GUEST,
    "GET /v1/simulation/clock": GUEST,
    "POST /v1/simulation/clock": ADMIN,
    "GET /v1/agents": ADMIN,
    "POST /v1/agents/{kind}/pause": ADMIN,
    "POST /v1/agents/{kind}/resume": ADMIN,
    "POST /v1/agents/{kind}/{agent_id}/pause": ADMIN,
    "POST /v1/agents/{kind}/{agent_id}/resume": ADMIN,
    "POST /v1/agents/{kind}/{agent_id}/restart": ADMIN,
}
"""Written down apart from the code: a route that is new, or open to others, has to be put here by somebody."""
BODIES: dict[str, Any] = {
    "POST /v1/topics": {"title": "abc", "description": "", "category": "economy"},
    "POST /v1/topics/{topic_id}/close": {"reason": "abc"},
    "POST /v1/topics/{topic_id}/posts": {"body": "abc"},
    "PATCH /v1/topics/{topic_id}": {"title": "abc"},
    "POST /v1/topics/{topic_id}/support/decision": {"decision": "refused", "reason": "abc"},
    "PUT /v1/topics/{topic_id}/review": {"reason": "abc"},
    "POST /v1/topics/{topic_id}/review/end": {"reason": "abc"},
    "POST /v1/topics/{topic_id}/drafts": {"title": "abc", "text": "abc"},
    "POST /v1/drafts/{draft_id}/amendments": {"from": 1, "to": 1, "text": "abc", "reason": "abc"},
    "POST /v1/amendments/{amendment_id}/decision": {"accepted": True, "reason": "abc"},
    "PATCH /v1/posts/{post_id}": {"body": "abc"},
    "POST /v1/posts/{post_id}/shares": {"topic_id": "top_1"},
    "POST /v1/posts/{post_id}/reports": {"reason": "spam"},
    "PATCH /v1/me": {"region": "north"},
    "PUT /v1/me/consents": {"campaign": True},
    "POST /v1/bodies": {"name": "Board"},
    "PUT /v1/bodies/{body_id}/members/{member_id}": {"role": "chair"},
    "PUT /v1/votes/{vote_id}/lot/secrets/me": {"commitment": "0" * 64},
    "POST /v1/votes/{vote_id}/lot/reveals": {"secret": "0" * 64},
    "POST /v1/votes/{vote_id}/lot/draws": {"order": [1, 2], "minutes": "Drawn from a hat before witnesses."},
    "POST /v1/votes/{vote_id}/casting-vote": {"order": [1, 2]},
    "PUT /v1/me/delegations/{scope_id}": {"delegate": "mem_none"},
    "POST /v1/votes": {
        "title": "abc",
        "vote_type": "poll",
        "options": ["a", "b"],
        "opens_at": "2035-01-01T00:00:00Z",
        "closes_at": "2035-01-02T00:00:00Z",
    },
    "PATCH /v1/votes/{vote_id}": {"title": "abc"},
    "POST /v1/votes/{vote_id}/cancel": {"reason": "abc"},
    "POST /v1/votes/{vote_id}/ballots": {"choices": []},
    "POST /v1/votes/{vote_id}/extensions": {
        "outage_from": "2026-01-01T00:00:00Z",
        "outage_until": "2026-01-01T01:00:00Z",
        "reason": "abc",
    },
    "POST /v1/votes/{vote_id}/roll/objections": {"kind": "missing", "text": "abc"},
    "POST /v1/objections/{objection_id}/decision": {"decision": "reject", "reason": "abc"},
    "POST /v1/votes/{vote_id}/disputes": {"text": "abc abc abc"},
    "POST /v1/disputes/{dispute_id}/decisions": {"decision": "reject", "reason": "abc"},
    "PUT /v1/me/notifications/read": {"up_to": "ntc_none"},
    "PUT /v1/me/preferences": {"language": "en"},
    "PATCH /v1/members/{member_id}/membership": {"reason": "abc"},
    "POST /v1/moderation/cases/{case_id}/decisions": {
        "action": "hide",
        "rule": "respect",
        "guidelines_version": "2026-01",
        "reason": "abc",
    },
}


@pytest.fixture(scope="module")
def tokens(platform: Community) -> dict[str, str]:
    issue = Tokens((platform.data / "secrets" / "access_token.key").read_bytes()).issue_access
    return {role: issue(platform.join().id, complete([role, "supporter"])) for role in ROLES[1:]}


def test_every_route_is_known_here(platform: Community) -> None:
    paths = platform.http.get("/schema/openapi.json").json()["paths"]
    assert {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods} == set(EXPECTED)


@pytest.mark.parametrize("route", EXPECTED)
def test_route_lets_in_whom_it_should_and_nobody_else(platform: Community, tokens: dict[str, str], route: str) -> None:
    method, _, path = route.partition(" ")
    names = (
        "member_id", "topic_id", "post_id", "case_id", "body_id", "draft_id", "amendment_id", "appeal_id", "agent_id",
        "notice_id", "sanction_id", "source_id", "conversation_id", "message_id", "export_id", "event_id",
        "question_id", "kind", "role",
        "scope_id", "vote_id", "objection_id", "dispute_id",
    )  # fmt: skip
    for name in names:
        path = path.replace(f"{{{name}}}", "like" if name == "kind" and "reactions" in path else "nothing_1")
    for role in ROLES:
        headers = {"authorization": f"Bearer {tokens[role]}"} if role in tokens else {}
        answer = platform.http.request(method, path, headers=headers, json=BODIES.get(route))
        refused = answer.status_code in (401, 403)
        assert refused == (role not in EXPECTED[route]), (role, answer.status_code, answer.text)
        assert answer.status_code < 500, answer.text
        assert not refused or answer.status_code == (401 if role == "guest" else 403)


# --- for others ---


@pytest.fixture(scope="module")
def topic(amina: Person) -> str:
    return amina.open_topic()


@pytest.fixture(scope="module")
def post(amina: Person, topic: str) -> str:
    return amina.write(topic, "The clinic closes at noon.")


def test_nobody_deletes_or_closes_what_is_anothers(amina: Person, baraka: Person, topic: str, post: str) -> None:
    assert baraka.call("DELETE", f"/v1/posts/{post}").json()["code"] == "not_author"
    assert baraka.post(f"/v1/topics/{topic}/close", {"reason": "I want it"}).json()["code"] == "not_creator"
    assert amina.get(f"/v1/posts/{post}").json()["status"] == "published"
    assert amina.get(f"/v1/topics/{topic}").json()["phase"] != "closed"


def test_nobody_says_who_they_are_in_a_body(baraka: Person, amina: Person, topic: str) -> None:
    for more in ({"author": amina.id}, {"author_id": amina.id}, {"sender": amina.id}, {"post_id": "pst_1"}):
        assert baraka.post(f"/v1/topics/{topic}/posts", {"body": "abc"} | more).status_code == 400
    for more in ({"standing": "good"}, {"membership_level": "official"}, {"id": amina.id}):
        assert baraka.call("PATCH", "/v1/me", more).status_code == 400


def test_roles_are_given_by_administrators_only(baraka: Person, moderator: Person, admin: Person) -> None:
    for who in (baraka, moderator):
        for role in ("admin", "moderator", "membership_officer"):
            assert who.call("PUT", f"/v1/members/{who.id}/roles/{role}").status_code == 403
    assert admin.call("PUT", f"/v1/members/{admin.id}/roles/membership_officer").json()["code"] == "own_role"
    assert admin.call("PUT", f"/v1/members/{baraka.id}/roles/official").status_code == 404
    assert admin.get("/v1/moderation/cases").status_code == 403


def test_levels_are_set_by_officers_for_others(platform: Community, admin: Person, officer: Person) -> None:
    person = platform.join()
    body = {"level": "official", "reason": "abc"}
    for who in (admin, person):
        assert who.call("PATCH", f"/v1/members/{person.id}/membership", body).status_code == 403
    assert officer.call("PATCH", f"/v1/members/{officer.id}/membership", body).json()["code"] == "own_membership"
    assert officer.call("PATCH", f"/v1/members/{person.id}/membership", body).status_code == 200
    assert platform.join().get(f"/v1/members/{person.id}/membership/history").status_code == 403


def test_suspended_member_writes_nothing(platform: Community, officer: Person, topic: str, post: str) -> None:
    person = platform.join()
    body = {"standing": "suspended_by_body", "reason": "abc"}
    assert officer.call("PATCH", f"/v1/members/{person.id}/membership", body).status_code == 200
    assert person.post(f"/v1/topics/{topic}/posts", {"body": "abc"}).json()["code"] == "suspended"
    assert person.post("/v1/topics", BODIES["POST /v1/topics"]).json()["code"] == "suspended"


def test_email_of_another_is_shown_nowhere(platform: Community, amina: Person, baraka: Person, admin: Person) -> None:
    for who in (baraka, admin):
        for path in (f"/v1/members/{amina.id}", "/v1/search?q=amina", "/v1/me/account", "/v1/agents?kind=account"):
            assert "amina@" not in who.get(path).text
    assert amina.get("/v1/me/account").json()["email"] == "amina@people.example.org"
    assert "age_group" not in baraka.get(f"/v1/members/{amina.id}").json()


# --- what is not there, or not any more ---


def test_nothing_is_written_to_what_is_missing_or_closed(amina: Person, baraka: Person, post: str) -> None:
    closed = amina.open_topic()
    old = amina.write(closed, "Before it closes.")
    assert amina.post(f"/v1/topics/{closed}/close", {"reason": "Done."}).status_code == 204
    assert baraka.post(f"/v1/topics/{closed}/posts", {"body": "abc"}).status_code == 409
    assert baraka.call("PUT", f"/v1/posts/{old}/reactions/like").status_code == 409
    assert amina.post(f"/v1/topics/{closed}/close", {"reason": "Again."}).status_code == 409
    assert baraka.post("/v1/topics/top_missing/posts", {"body": "abc"}).json()["code"] == "topic_missing"
    assert baraka.call("PUT", "/v1/posts/pst_missing/reactions/like").status_code == 404
    assert baraka.call("PUT", f"/v1/posts/{post}/reactions/love").status_code in (400, 404)


def test_reply_goes_only_to_a_published_post_of_the_topic(amina: Person, baraka: Person, post: str) -> None:
    other = baraka.open_topic()
    assert baraka.post(f"/v1/topics/{other}/posts", {"body": "abc", "reply_to": post}).json()["code"] == "post_missing"
    gone = baraka.write(other, "Soon deleted.")
    assert baraka.call("DELETE", f"/v1/posts/{gone}").status_code == 204
    assert baraka.call("DELETE", f"/v1/posts/{gone}").status_code == 404
    assert amina.post(f"/v1/topics/{other}/posts", {"body": "abc", "reply_to": gone}).status_code == 404
    assert amina.call("PUT", f"/v1/posts/{gone}/reactions/like").status_code == 404
    assert amina.post(f"/v1/posts/{gone}/reports", {"reason": "spam"}).status_code == 404
    assert [amina.get(f"/v1/posts/{gone}").status_code, baraka.get(f"/v1/posts/{gone}").status_code] == [404, 404]


def test_reactions_of_one_member_count_once(amina: Person, baraka: Person, topic: str) -> None:
    post = amina.write(topic, "React to this.")
    for kind in ("agree", "agree", "like", "disagree", "like", "pass"):
        assert baraka.call("PUT", f"/v1/posts/{post}/reactions/{kind}").status_code == 204
    assert amina.get(f"/v1/posts/{post}").json()["reactions"] == {"agree": 0, "disagree": 0, "pass": 1, "like": 1}
    for kind in ("agree", "pass", "pass", "like", "like"):
        assert baraka.call("DELETE", f"/v1/posts/{post}/reactions/{kind}").status_code == 204
    assert set(amina.get(f"/v1/posts/{post}").json()["reactions"].values()) == {0}


# --- held, and in cases ---


@pytest.fixture(scope="module")
def held(amina: Person, topic: str) -> str:
    post = amina.post(f"/v1/topics/{topic}/posts", {"body": TOXIC}).json()["id"]
    until(lambda: amina.get(f"/v1/posts/{post}").json()["status"] in ("held", "hidden"))
    return str(post)


def case_of(moderator: Person, post: str) -> str:
    def look() -> list[str]:
        cases = moderator.get("/v1/moderation/cases?limit=100").json()["items"]
        return [each["id"] for each in cases if each["post_id"] == post and each["phase"] != "decided"]

    return until(look)[0]


def test_held_post_is_seen_by_its_author_and_moderators_only(
    *, platform: Community, amina: Person, baraka: Person, moderator: Person, admin: Person, topic: str, held: str
) -> None:
    for who in (baraka, admin):
        assert who.get(f"/v1/posts/{held}").status_code == 404
        for sort in ("new", "old", "top"):
            assert "worthless" not in who.get(f"/v1/topics/{topic}/posts?limit=100&sort={sort}").text
        assert "worthless" not in who.get("/v1/search?q=worthless").text
        assert who.get("/v1/search/suggest?q=worthl").json()["items"] == []
        assert "worthless" not in who.get(f"/v1/live/poll?channels=topic:{topic}&after=0&wait=0").text
        assert "worthless" not in who.get(f"/v1/posts/{held}/notes").text
    assert platform.http.get(f"/v1/posts/{held}").status_code == 404
    for who in (amina, moderator):
        assert who.get(f"/v1/posts/{held}").json()["body"] == TOXIC
        assert "worthless" in who.get(f"/v1/topics/{topic}/posts?limit=100").text


def test_held_post_takes_no_reaction_reply_or_report(baraka: Person, topic: str, held: str) -> None:
    assert baraka.call("PUT", f"/v1/posts/{held}/reactions/like").status_code == 404
    assert baraka.post(f"/v1/topics/{topic}/posts", {"body": "abc", "reply_to": held}).status_code == 404
    assert baraka.post(f"/v1/posts/{held}/reports", {"reason": "spam"}).status_code == 404


def test_held_post_is_not_told_from_a_missing_one(baraka: Person, held: str) -> None:
    assert baraka.call("DELETE", f"/v1/posts/{held}").status_code == 404


def test_case_is_claimed_by_one_and_decided_by_nobody_concerned(
    *, platform: Community, admin: Person, baraka: Person, moderator: Person, topic: str
) -> None:
    writer = platform.promote(admin, platform.join("writer"))
    other = platform.promote(admin, platform.join("other_mod"))
    post = writer.write(topic, "Written by a moderator.")
    assert baraka.post(f"/v1/posts/{post}/reports", {"reason": "spam"}).status_code == 201
    case = case_of(moderator, post)
    decision = BODIES["POST /v1/moderation/cases/{case_id}/decisions"]
    for verb, body in (("claim", None), ("decisions", decision)):
        assert writer.post(f"/v1/moderation/cases/{case}/{verb}", body).json()["code"] == "recused"
    assert moderator.post(f"/v1/moderation/cases/{case}/claim").status_code == 200
    assert moderator.post(f"/v1/moderation/cases/{case}/claim").status_code == 200
    for verb, body in (("claim", None), ("release", None), ("decisions", decision)):
        assert other.post(f"/v1/moderation/cases/{case}/{verb}", body).json()["code"] == "claimed"
    assert moderator.post(f"/v1/moderation/cases/{case}/decisions", decision).status_code == 200
    assert moderator.post(f"/v1/moderation/cases/{case}/decisions", decision).status_code == 409
    until(lambda: baraka.get(f"/v1/posts/{post}").status_code == 404)
    assert moderator.post("/v1/moderation/cases/cas_missing/claim").status_code == 404


def test_report_counts_once_and_recuses_its_reporter(
    *, platform: Community, admin: Person, amina: Person, moderator: Person, topic: str
) -> None:
    reporter = platform.promote(admin, platform.join("reporter"))
    post = amina.write(topic, "Report this.")
    answers = [reporter.post(f"/v1/posts/{post}/reports", {"reason": "spam"}) for _ in range(3)]
    assert [each.status_code for each in answers] == [201, 200, 200]
    case = case_of(moderator, post)
    assert moderator.get(f"/v1/moderation/cases/{case}").json()["report_count"] == 1
    assert reporter.post(f"/v1/moderation/cases/{case}/claim").json()["code"] == "recused"
    assert "cas_" not in answers[0].text and reporter.id not in moderator.get(f"/v1/moderation/cases/{case}").text


def test_twenty_moderators_at_once_make_one_claim(
    *, platform: Community, admin: Person, baraka: Person, topic: str, moderator: Person
) -> None:
    post = baraka.write(topic, "Claim this.")
    assert platform.join().post(f"/v1/posts/{post}/reports", {"reason": "spam"}).status_code == 201
    case = case_of(moderator, post)
    crowd = [platform.promote(admin, platform.join()) for _ in range(6)]
    with ThreadPoolExecutor(len(crowd)) as pool:
        answers = list(pool.map(lambda each: each.post(f"/v1/moderation/cases/{case}/claim"), crowd))
    assert sorted(each.status_code for each in answers) == [200, *([409] * 5)]
