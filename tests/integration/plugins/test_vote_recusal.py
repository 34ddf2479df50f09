"""Moderators who stand in an open vote, or proposed it, act in no case of its topic; through the public API."""

from collections.abc import Iterator
from datetime import timedelta

import attrs
import httpx
import pytest

from tests.scenarios.town import Town, town
from tests.support.community import Person, until

RULE = {"rule": "respect", "guidelines_version": "2026-01", "reason": "It attacks a person.", "action": "warn"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("recusal")) as made:
        yield made


@attrs.define
class Moderators:
    """Who proposes, who stands, and who has no part in the vote."""

    leader: Person
    candidate: Person
    other: Person


@pytest.fixture(scope="module")
def moderators(place: Town) -> Moderators:
    leader = place.people("leader", 1, level="leader")[0]
    candidate, other = place.people("steward", 2, level="member")
    return Moderators(*(place.given_role(each, "moderator") for each in (leader, candidate, other)))


def reported(place: Town, topic: str, moderator: Person) -> str:
    """A case about a new post of this topic."""
    author, reporter = place.platform.join(), place.platform.join()
    post = author.write(topic, "What a day.")
    assert reporter.post(f"/v1/posts/{post}/reports", {"reason": "insult"}).status_code == 201

    def look() -> list[str]:
        cases = moderator.get("/v1/moderation/cases?limit=100").json()["items"]
        return [each["id"] for each in cases if each["post_id"] == post]

    return until(look)[0]


def opened(place: Town, people: Moderators, topic: str) -> str:
    """A vote about the topic that the leader proposed and in which the candidate stands."""
    body = {
        "title": "Who speaks for us",
        "vote_type": "poll",
        "on_persons": True,
        "topic_id": topic,
        "options": [{"text": "The steward", "member_id": people.candidate.id}, "Nobody"],
        "opens_at": (place.now + timedelta(hours=2)).isoformat(),
        "closes_at": (place.now + timedelta(hours=6)).isoformat(),
    }
    answer = people.leader.post("/v1/votes", body)
    assert answer.status_code == 201, answer.text
    vote = str(answer.json()["id"])
    assert people.leader.post(f"/v1/votes/{vote}/schedule").status_code == 200
    until(lambda: people.leader.get(f"/v1/votes/{vote}/roll").json()["hash"])
    place.move(place.now + timedelta(hours=2, minutes=1))
    until(lambda: phase(people.leader, vote) == "open")
    return vote


def phase(person: Person, vote: str) -> str:
    return str(person.get(f"/v1/votes/{vote}").json()["phase"])


def claim(person: Person, case: str) -> httpx.Response:
    return person.post(f"/v1/moderation/cases/{case}/claim")


def is_recused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json().get("code")) == (403, "recused")


def test_while_the_vote_is_open_others_decide(place: Town, moderators: Moderators) -> None:
    topic, elsewhere = (place.platform.join().open_topic() for _ in range(2))
    before, claimed = (reported(place, topic, moderators.other) for _ in range(2))
    assert claim(moderators.candidate, claimed).status_code == 200
    vote = opened(place, moderators, topic)
    until(lambda: is_recused(claim(moderators.candidate, before)))
    assert is_recused(claim(moderators.leader, before))
    assert is_recused(moderators.candidate.post(f"/v1/moderation/cases/{claimed}/decisions", RULE))
    assert is_recused(moderators.candidate.post(f"/v1/moderation/cases/{claimed}/escalations", {"reason": "Mine."}))
    many = {"items": [RULE | {"case_id": claimed}]}
    [one] = moderators.candidate.post("/v1/moderation/decisions/bulk", many).json()["items"]
    assert (one["status"], one["code"]) == (403, "recused")
    assert moderators.candidate.post(f"/v1/moderation/cases/{claimed}/release").status_code == 200
    since = reported(place, topic, moderators.other)
    assert is_recused(claim(moderators.candidate, since))
    assert claim(moderators.other, since).status_code == 200
    assert claim(moderators.candidate, reported(place, elsewhere, moderators.other)).status_code == 200
    place.move(place.now + timedelta(hours=5))
    until(lambda: phase(moderators.leader, vote) == "results_published")
    assert until(lambda: claim(moderators.candidate, before)).status_code == 200


def test_a_vote_that_is_called_off_frees_them(place: Town, moderators: Moderators) -> None:
    topic = place.platform.join().open_topic()
    case = reported(place, topic, moderators.other)
    vote = opened(place, moderators, topic)
    until(lambda: is_recused(claim(moderators.leader, case)))
    assert moderators.leader.post(f"/v1/votes/{vote}/cancel", {"reason": "A mistake."}).status_code == 200
    until(lambda: claim(moderators.leader, case).status_code == 200)
