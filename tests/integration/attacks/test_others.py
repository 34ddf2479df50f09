"""Another person's object on every route that acts on one, through the roles that the route lets in."""

from typing import Any

import attrs
import pytest

from tests.integration.attacks.test_permissions import BODIES, EXPECTED, case_of
from tests.support.community import Community, Person, until

NOON = "2030-01-01T12:00:00Z"
EVENT = {
    "event_type": "meeting",
    "title": "Between us",
    "starts_at": NOON,
    "duration_minutes": 60,
    "location": "The hall",
}
STRANGERS: dict[str, tuple[int, str]] = {
    "PATCH /v1/topics/{topic_id}": (403, "not_creator"),
    "POST /v1/topics/{topic_id}/close": (403, "not_creator"),
    "PUT /v1/topics/{topic_id}/pins/{post_id}": (403, "not_creator"),
    "DELETE /v1/topics/{topic_id}/pins/{post_id}": (403, "not_creator"),
    "POST /v1/topics/{topic_id}/drafts": (403, "not_creator"),
    "POST /v1/amendments/{amendment_id}/decision": (403, "not_author"),
    "PATCH /v1/posts/{post_id}": (403, "not_author"),
    "DELETE /v1/posts/{post_id}": (403, "not_author"),
    "PUT /v1/me/notifications/read": (404, "notification_missing"),
    "PUT /v1/me/notifications/{notice_id}/read": (404, "notification_missing"),
    "POST /v1/me/sanctions/{sanction_id}/appeals": (404, "sanction_missing"),
    "GET /v1/members/{member_id}/membership/history": (403, "denied"),
    "GET /v1/conversations/{conversation_id}": (404, "conversation_missing"),
    "PUT /v1/conversations/{conversation_id}/members/{member_id}": (404, "conversation_missing"),
    "DELETE /v1/conversations/{conversation_id}/members/{member_id}": (404, "conversation_missing"),
    "POST /v1/conversations/{conversation_id}/messages": (404, "conversation_missing"),
    "GET /v1/conversations/{conversation_id}/messages": (404, "conversation_missing"),
    "DELETE /v1/conversations/{conversation_id}/messages/{message_id}": (404, "message_missing"),
    "PUT /v1/conversations/{conversation_id}/read": (404, "message_missing"),
    "POST /v1/messages/{message_id}/reports": (404, "message_missing"),
    "PATCH /v1/events/{event_id}": (403, "not_organizer"),
    "POST /v1/events/{event_id}/open": (409, "event_open_registration"),
    "POST /v1/events/{event_id}/cancel": (403, "not_organizer"),
    "POST /v1/events/{event_id}/invitations": (403, "not_organizer"),
    "POST /v1/events/{event_id}/check-ins": (403, "not_staff"),
    "POST /v1/events/{event_id}/check-ins/batch": (403, "not_staff"),
    "PATCH /v1/questions/{question_id}": (403, "not_staff"),
    "PATCH /v1/votes/{vote_id}": (403, "not_creator"),
    "POST /v1/votes/{vote_id}/schedule": (404, "vote_missing"),
    "POST /v1/votes/{vote_id}/cancel": (403, "not_creator"),
    "POST /v1/votes/{vote_id}/casting-vote": (409, "vote_draft"),
}
"""Route → the answer to somebody who is let in by their role, and whose object it is not."""
ABOUT_OTHERS = {
    "PUT /v1/topics/{topic_id}/follow", "DELETE /v1/topics/{topic_id}/follow", "PUT /v1/topics/{topic_id}/support",
    "DELETE /v1/topics/{topic_id}/support", "POST /v1/topics/{topic_id}/posts", "POST /v1/posts/{post_id}/shares",
    "PUT /v1/posts/{post_id}/reactions/{kind}", "DELETE /v1/posts/{post_id}/reactions/{kind}",
    "POST /v1/posts/{post_id}/reports", "POST /v1/drafts/{draft_id}/amendments", "PUT /v1/members/{member_id}/follow",
    "DELETE /v1/members/{member_id}/follow", "PUT /v1/members/{member_id}/block",
    "DELETE /v1/members/{member_id}/block", "PUT /v1/members/{member_id}/mute", "DELETE /v1/members/{member_id}/mute",
    "POST /v1/information/sources/{source_id}/objections", "PUT /v1/events/{event_id}/rsvp",
    "DELETE /v1/events/{event_id}/rsvp", "POST /v1/events/{event_id}/questions",
    "PUT /v1/questions/{question_id}/upvote", "DELETE /v1/questions/{question_id}/upvote",
    "POST /v1/events/{event_id}/reports",
    "POST /v1/events/{event_id}/feedback", "POST /v1/votes/{vote_id}/ballots", "POST /v1/votes/{vote_id}/disputes",
    "POST /v1/votes/{vote_id}/roll/objections", "PUT /v1/me/delegations/{scope_id}",
    "DELETE /v1/me/delegations/{scope_id}",
}  # fmt: skip
"""Made to act on what is another's."""


@attrs.frozen
class Things:
    """What Amina has, by the name of the parameter."""

    ids: dict[str, str]

    def path(self, route: str) -> tuple[str, str]:
        method, _, path = route.partition(" ")
        for name, id in self.ids.items():
            path = path.replace(f"{{{name}}}", id)
        assert "{" not in path, path
        return method, path


def made(answer: Any) -> str:
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["id"])


def as_member(platform: Community, officer: Person) -> Person:
    """Somebody new of that level."""
    person, level = platform.join(), {"level": "member", "reason": "Dues paid."}
    assert officer.call("PATCH", f"/v1/members/{person.id}/membership", level).status_code == 200
    until(lambda: "member" in platform.sign_in(person.username).get("/v1/me/account").json()["roles"])
    return platform.sign_in(person.username)


@pytest.fixture(scope="module")
def peer(platform: Community, officer: Person) -> Person:
    """A member who has nothing to do with it."""
    return as_member(platform, officer)


def meeting(organizer: Person) -> dict[str, str]:
    """An event with a question, and the draft of a vote."""
    event = made(organizer.post("/v1/events", EVENT))
    assert organizer.post(f"/v1/events/{event}/open").status_code == 200
    question = made(organizer.post(f"/v1/events/{event}/questions", {"body": "When does it end?"}))
    return {
        "event_id": event,
        "question_id": question,
        "vote_id": made(organizer.post("/v1/votes", BODIES["POST /v1/votes"])),
    }


@pytest.fixture(scope="module")
def things(platform: Community, amina: Person, moderator: Person, officer: Person) -> Things:
    chef, friend = platform.join(), as_member(platform, officer)
    proposal = BODIES["POST /v1/topics"] | {"policy_proposal": True}
    topic = made(amina.post("/v1/topics", proposal))
    post = amina.write(topic, "The clinic closes at noon.")
    draft = made(amina.post(f"/v1/topics/{topic}/drafts", {"title": "Rules", "text": "One\nTwo"}))
    change = {"from": 2, "to": 2, "text": "Second", "reason": "Clearer."}
    amendment = made(friend.post(f"/v1/drafts/{draft}/amendments", change))
    talk = made(amina.post("/v1/conversations", {"member_ids": [friend.id, chef.id], "title": "Us"}))
    message = made(amina.post(f"/v1/conversations/{talk}/messages", {"body": "Only for us."}))
    hidden = amina.write(topic, "To be hidden.")
    assert friend.post(f"/v1/posts/{hidden}/reports", {"reason": "spam"}).status_code == 201
    decision = BODIES["POST /v1/moderation/cases/{case_id}/decisions"]
    assert moderator.post(f"/v1/moderation/cases/{case_of(moderator, hidden)}/decisions", decision).status_code == 200
    sanction = until(lambda: amina.get("/v1/me/sanctions").json()["items"])[0]["id"]
    notice = until(lambda: amina.get("/v1/me/notifications").json()["items"])[0]["id"]
    ids = {
        "topic_id": topic, "post_id": post, "amendment_id": amendment, "conversation_id": talk, "message_id": message,
        "sanction_id": sanction, "notice_id": notice, "member_id": amina.id,
    }  # fmt: skip
    return Things(ids | meeting(friend))


def test_every_route_that_acts_on_an_object_is_known_here() -> None:
    on_objects = {each for each in EXPECTED if "{" in each and not each.startswith("GET ")}
    open_to_all = {each for each in on_objects if "supporter" in EXPECTED[each] or "member" in EXPECTED[each]}
    assert open_to_all - set(STRANGERS) - ABOUT_OTHERS == set()


@pytest.mark.parametrize("route", STRANGERS)
def test_what_is_anothers_stays_theirs(
    *, things: Things, baraka: Person, peer: Person, admin: Person, amina: Person, route: str
) -> None:
    more: dict[str, Any] = {
        "POST /v1/me/sanctions/{sanction_id}/appeals": {"text": "For her."},
        "POST /v1/conversations/{conversation_id}/messages": {"body": "Let me in."},
        "PUT /v1/conversations/{conversation_id}/read": {"up_to": things.ids["message_id"]},
        "PUT /v1/me/notifications/read": {"up_to": things.ids["notice_id"]},
        "POST /v1/messages/{message_id}/reports": {"reason": "spam"},
        "PATCH /v1/events/{event_id}": {"title": "Mine now"},
        "POST /v1/events/{event_id}/cancel": {"reason": "Not mine."},
        "POST /v1/events/{event_id}/invitations": {"member_ids": [things.ids["member_id"]]},
        "POST /v1/events/{event_id}/check-ins": {"code": "a" * 130, "scanned_at": NOON, "scanner_id": "door"},
        "POST /v1/events/{event_id}/check-ins/batch": {
            "scans": [{"code": "a" * 130, "scanned_at": NOON, "scanner_id": "door"}]
        },
        "PATCH /v1/questions/{question_id}": {"state": "answered"},
    }
    method, path = things.path(route)
    strangers = (baraka, admin) if {"supporter", "admin"} <= EXPECTED[route] else (peer,)
    for stranger in strangers:
        answer = stranger.call(method, path, more.get(route, BODIES.get(route)))
        assert (answer.status_code, answer.json()["code"]) == STRANGERS[route], (stranger.username, answer.text)
    assert amina.get(f"/v1/posts/{things.ids['post_id']}").json()["body"] == "The clinic closes at noon."


def test_channels_and_polls_of_others_are_closed(things: Things, baraka: Person, amina: Person) -> None:
    for channel in (f"inbox:{amina.id}", f"member:{amina.id}", f"conversation:{things.ids['conversation_id']}"):
        assert baraka.get(f"/v1/live/poll?channels={channel}&after=0&wait=0").status_code == 403
        assert amina.get(f"/v1/live/poll?channels={channel}&after=0&wait=0").status_code == 200


def test_a_cursor_of_another_shows_nothing_of_theirs(amina: Person, baraka: Person, things: Things) -> None:
    for path in ("/v1/me/notifications", "/v1/me/sanctions", "/v1/conversations", "/v1/me/following", "/v1/me/feed"):
        page = amina.get(f"{path}?limit=1").json()
        cursor = page["next_cursor"] or ""
        answer = baraka.get(f"{path}?limit=100&cursor={cursor}")
        assert answer.status_code == 200, answer.text
        shown = {each["id"] for each in answer.json()["items"]}
        assert not shown & {each["id"] for each in page["items"] if path != "/v1/me/feed"}


def test_words_of_a_report_are_not_shown_to_a_moderator_whom_it_is_about(
    *, platform: Community, admin: Person, baraka: Person, moderator: Person, things: Things
) -> None:
    author = platform.promote(admin, platform.join())
    post = author.write(things.ids["topic_id"], "By somebody who moderates.")
    report = {"reason": "insult", "text": "It is me whom he means, his neighbour."}
    assert baraka.post(f"/v1/posts/{post}/reports", report).status_code == 201
    path = f"/v1/moderation/cases/{case_of(moderator, post)}"
    assert "neighbour" in moderator.get(path).text
    assert author.get(path).json()["reports"] == []


def test_a_wall_looks_to_a_reply_and_an_amendment_as_if_nothing_were_there(
    platform: Community, officer: Person
) -> None:
    author, other, third = platform.join(), platform.join(), platform.join()
    level = {"level": "member", "reason": "Dues paid."}
    assert officer.call("PATCH", f"/v1/members/{other.id}/membership", level).status_code == 200
    topic = made(author.post("/v1/topics", BODIES["POST /v1/topics"] | {"policy_proposal": True}))
    shared = third.open_topic()
    post = author.write(shared, "Answer me.")
    draft = made(author.post(f"/v1/topics/{topic}/drafts", {"title": "Rules", "text": "One\nTwo"}))
    until(lambda: "member" in platform.sign_in(other.username).get("/v1/me/account").json()["roles"])
    other = platform.sign_in(other.username)
    change = BODIES["POST /v1/drafts/{draft_id}/amendments"]
    assert other.post(f"/v1/drafts/{draft}/amendments", change).status_code == 201
    assert author.call("PUT", f"/v1/members/{other.id}/block").status_code == 204
    until(lambda: other.get(f"/v1/posts/{post}").status_code == 404)
    replies = [
        other.post(f"/v1/topics/{shared}/posts", {"body": "abc", "reply_to": each}).json()
        for each in (post, "pst_missing_1")
    ]
    assert [each["code"] for each in replies] == ["post_missing"] * 2
    into = [other.post(f"/v1/topics/{each}/posts", {"body": "abc"}).json() for each in (topic, "top_missing_1")]
    assert [each["code"] for each in into] == ["topic_missing"] * 2
    answer = other.post(f"/v1/drafts/{draft}/amendments", change)
    assert (answer.status_code, answer.json()["code"]) == (404, "draft_missing")
