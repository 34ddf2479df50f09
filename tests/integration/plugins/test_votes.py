"""Votes through the public API on real servers: rolls by their rules, objections, disputes, recounts, calling off."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import httpx
import msgspec
import pytest

from diramoja.plugins.vote.words import RollRule
from tests.scenarios.town import Listener, Town, town
from tests.support.community import Person, until


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("votes")) as made:
        yield made


@attrs.define
class People:
    """Who takes part, by where they live and what they are."""

    leader: Person
    officials: list[Person]
    north: list[Person]
    south: list[Person]


@pytest.fixture(scope="module")
def people(place: Town) -> People:
    return People(
        leader=place.people("leader", 1, level="leader")[0],
        officials=place.people("official", 4, level="official"),
        north=place.people("north", 4, level="member", region="north"),
        south=place.people("south", 3, level="member", region="south"),
    )


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def drafted(place: Town, by: Person, **terms: Any) -> str:
    body = {
        "title": "Opening hours of clinics",
        "vote_type": "policy_vote",
        "options": ["Until six", "Until eight"],
        "opens_at": (place.now + timedelta(days=2)).isoformat(),
        "closes_at": (place.now + timedelta(days=9)).isoformat(),
        "roll": {"regions": ["north"]},
    }
    answer = by.post("/v1/votes", body | terms)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def scheduled(place: Town, by: Person, **terms: Any) -> str:
    vote = drafted(place, by, **terms)
    answer = by.post(f"/v1/votes/{vote}/schedule")
    assert answer.status_code == 200, answer.text
    until(lambda: by.get(f"/v1/votes/{vote}/roll").json()["hash"])
    return vote


def phase(person: Person, vote: str) -> str:
    return str(person.get(f"/v1/votes/{vote}").json()["phase"])


def moved(place: Town, person: Person, vote: str, to: str) -> None:
    """On to when it opens, or closes; and until it is in the phase that follows."""
    at = person.get(f"/v1/votes/{vote}").json()["opens_at" if to == "open" else "closes_at"]
    place.platform.http.get("/v1/simulation/clock")
    answer = place.admin.post("/v1/simulation/clock", {"now": at}, timeout=60)
    assert answer.status_code == 200, answer.text
    until(lambda: phase(person, vote) == to)


def cast(person: Person, vote: str, *choices: int) -> tuple[int, str]:
    return code(person.post(f"/v1/votes/{vote}/ballots", {"choices": [*choices]}))


def test_a_roll_is_who_meets_its_rule_and_its_hash_can_be_made_again(place: Town, people: People) -> None:
    vote = scheduled(place, people.leader)
    roll = people.leader.get(f"/v1/votes/{vote}/roll").json()
    rule = msgspec.json.encode(RollRule(regions=("north",)), order="deterministic")
    ids = "".join(f"{id}\n" for id in sorted(each.id for each in people.north))
    assert roll["size"] == len(people.north)
    assert roll["hash"] == hashlib.sha256(rule + b"\n" + ids.encode()).hexdigest()
    assert roll["frozen_at"] and roll["objections_until"]
    own = [each.get(f"/v1/votes/{vote}/roll/me").json() for each in (people.north[0], people.south[0])]
    assert [each["eligible"] for each in own] == [True, False]
    assert all(each["reason"] for each in own)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"levels": ["official"]}, "officials"),
        ({"levels": ["member"], "regions": ["south"]}, "south"),
        ({"standings": ["arrears"]}, ""),
        ({"member_days": 30, "regions": ["north"]}, ""),
        ({"bodies": ["bdy_none"]}, ""),
    ],
)
def test_rolls_go_by_level_standing_region_body_and_time(
    place: Town, people: People, rule: dict[str, Any], expected: str
) -> None:
    size = len(getattr(people, expected)) if expected else 0
    vote = scheduled(place, people.leader, roll=rule)
    assert people.leader.get(f"/v1/votes/{vote}/roll").json()["size"] == size


def test_a_draft_is_seen_by_its_creator_and_officers_and_cannot_be_frozen_twice(place: Town, people: People) -> None:
    vote = drafted(place, people.north[0], vote_type="poll")
    seen = {
        each.username: each.get(f"/v1/votes/{vote}").status_code
        for each in (people.north[0], people.leader, people.south[0])
    }
    assert [*seen.values()] == [200, 200, 404]
    listed = people.south[0].get("/v1/votes", params={"phase": "draft"}).json()["items"]
    assert listed == []
    assert [each["id"] for each in people.north[0].get("/v1/votes", params={"phase": "draft"}).json()["items"]] == [
        vote
    ]
    assert code(people.south[0].post(f"/v1/votes/{vote}/schedule"))[0] in (403, 404)
    assert people.north[0].call("PATCH", f"/v1/votes/{vote}", {"title": "Other hours"}).json()["title"] == "Other hours"
    assert people.north[0].post(f"/v1/votes/{vote}/schedule").status_code == 200
    assert code(people.north[0].post(f"/v1/votes/{vote}/schedule")) == (409, "vote_scheduled")
    assert code(people.leader.call("PATCH", f"/v1/votes/{vote}", {"title": "abc"})) == (409, "vote_frozen")


@pytest.mark.parametrize(
    ("terms", "refused"),
    [
        ({"anonymity_level": "anonymous"}, "secret_ballot_unavailable"),
        ({"voting_method": "coin_toss"}, "method_unknown"),
        ({"voting_method": "schulze", "majority": "absolute"}, "method_unfit"),
        ({"voting_method": "schulze", "seats": 2, "options": ["a", "b", "c"]}, "method_unfit"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(
    place: Town, people: People, terms: dict[str, Any], refused: str
) -> None:
    body = {
        "title": "abc",
        "vote_type": "poll",
        "options": ["a", "b"],
        "opens_at": (place.now + timedelta(days=2)).isoformat(),
        "closes_at": (place.now + timedelta(days=9)).isoformat(),
    }
    assert code(people.leader.post("/v1/votes", body | terms))[1] == refused


def test_an_objection_that_is_upheld_changes_one_entry_of_the_roll(place: Town, people: People) -> None:
    vote = scheduled(place, people.leader)
    before = people.leader.get(f"/v1/votes/{vote}/roll").json()
    path = f"/v1/votes/{vote}/roll/objections"
    filed = people.south[0].post(path, {"kind": "missing", "text": "I moved to the North."})
    assert filed.status_code == 201, filed.text
    gone = people.north[1].post(
        path, {"kind": "not_eligible", "text": "They moved away.", "member_id": people.north[0].id}
    )
    assert [each["id"] for each in people.south[0].get(path).json()["items"]] == [filed.json()["id"]]
    assert len(place.officer.get(path).json()["items"]) == 2
    for objection in (filed, gone):
        decided = place.officer.post(
            f"/v1/objections/{objection.json()['id']}/decision", {"decision": "uphold", "reason": "So it is."}
        )
        assert decided.status_code == 200, decided.text
    until(lambda: people.south[0].get(f"/v1/votes/{vote}/roll/me").json()["eligible"])
    until(lambda: not people.north[0].get(f"/v1/votes/{vote}/roll/me").json()["eligible"])
    until(
        lambda: (
            (found := people.leader.get(f"/v1/votes/{vote}/roll").json())["hash"] != before["hash"]
            and found["size"] == before["size"]
        )
    )
    said = [each["what"] for each in people.leader.get(f"/v1/votes/{vote}/audit").json()["items"]]
    assert said[:5] == ["created", "scheduled", "roll_frozen", "roll_objected", "roll_objected"]


def test_a_scheduled_vote_is_shown_with_its_topic(place: Town, people: People) -> None:
    topic = people.leader.open_topic()
    vote = scheduled(place, people.leader, topic_id=topic)
    until(lambda: people.leader.get(f"/v1/topics/{topic}").json()["voting_attached"] == vote)
    assert [each["id"] for each in people.leader.get("/v1/votes", params={"topic_id": topic}).json()["items"]] == [vote]


def test_what_is_called_off_takes_no_ballots_and_says_why(place: Town, people: People) -> None:
    vote = scheduled(place, people.leader, anonymity_level="pseudonymous")
    moved(place, people.leader, vote, "open")
    assert cast(people.north[0], vote, 1)[0] == 201
    cancelled = people.leader.post(f"/v1/votes/{vote}/cancel", {"reason": "The text has an error."})
    assert cancelled.json()["cancel_reason"] == "The text has an error."
    until(lambda: cast(people.north[1], vote, 1) == (409, "vote_closed"))
    assert code(people.leader.get(f"/v1/votes/{vote}/results")) == (409, "vote_cancelled")
    for person in people.north:
        until(lambda person=person: place.notices(person, "vote.cancelled"))  # type: ignore[misc]


def test_a_live_tally_is_shown_where_it_may_be(place: Town, people: People) -> None:
    vote = scheduled(place, people.leader, vote_type="poll", live_tally=True)
    assert code(people.leader.get(f"/v1/votes/{vote}/tally")) == (409, "vote_not_open")
    listener = Listener(place.platform, people.north[0], f"vote:{vote}")
    moved(place, people.leader, vote, "open")
    assert [cast(person, vote, choice)[0] for person, choice in zip(people.north, (1, 2, 2), strict=False)] == [201] * 3
    until(lambda: people.leader.get(f"/v1/votes/{vote}/tally").json()["counts"] == [1, 2])
    tally = people.leader.get(f"/v1/votes/{vote}/tally").json()
    assert (tally["ballots"], tally["provisional"]) == (3, True)
    until(lambda: [event["data"]["counts"] for _, event in listener.named("vote.tally.updated")][-1:] == [[1, 2]])
    listener.close()


def test_a_dispute_is_decided_by_a_committee_and_a_recount_is_published(place: Town, people: People) -> None:
    vote = scheduled(place, people.leader, majority="absolute", quorum_ratio=0.5)
    moved(place, people.leader, vote, "open")
    assert [cast(person, vote, choice)[0] for person, choice in zip(people.north, (1, 2, 2), strict=False)] == [201] * 3
    assert code(people.north[0].post(f"/v1/votes/{vote}/disputes", {"text": "It is still open."})) == (409, "vote_open")
    moved(place, people.leader, vote, "results_published")
    result = people.leader.get(f"/v1/votes/{vote}/results").json()
    assert (result["outcome"], result["winners"], result["majority_needed"]) == ("decided", [2], 2)
    path = f"/v1/votes/{vote}/disputes"
    words = {"text": "My ballot is not in the record."}
    assert code(people.south[0].post(path, words)) == (403, "not_on_roll")
    filed = people.north[0].post(path, words)
    assert filed.status_code == 201, filed.text
    assert code(people.north[0].post(path, words)) == (409, "dispute_filed")
    until(lambda: phase(people.leader, vote) == "disputed")
    (shown,) = people.leader.get(path).json()["items"]
    (own,) = people.north[0].get(path).json()["items"]
    assert (shown["filed_by"], own["filed_by"]) == (None, people.north[0].id)
    decide = f"/v1/disputes/{filed.json()['id']}/decisions"
    until(lambda: all(place.notices(each, "vote.dispute_opened") for each in people.officials))
    given = [
        each.post(decide, {"decision": "recount", "reason": "To be sure."}).status_code for each in people.officials[:2]
    ]
    assert given == [200, 200]
    assert phase(people.leader, vote) == "disputed"
    assert (
        people.officials[2].post(decide, {"decision": "recount", "reason": "Once more."}).json()["decision"]
        == "recount"
    )
    until(lambda: people.leader.get(f"/v1/votes/{vote}/results").json()["count_number"] == 2)
    again = people.leader.get(f"/v1/votes/{vote}/results").json()
    assert (again["winners"], again["lines"], again["record_hash"]) == (
        result["winners"],
        result["lines"],
        result["record_hash"],
    )
    assert code(people.officials[3].post(decide, {"decision": "annul", "reason": "Late."})) == (409, "dispute_decided")
    (shown,) = people.leader.get(path).json()["items"]
    assert (shown["decision"], shown["deciders"], len(shown["reasons"])) == ("recount", 3, 3)


def test_who_took_part_is_counted_when_it_is_over(place: Town, people: People) -> None:
    vote = scheduled(place, people.leader)
    moved(place, people.leader, vote, "open")
    before = people.north[0].get("/v1/me").json()["contributions"]["votes"]
    assert cast(people.north[0], vote, 1)[0] == 201
    assert people.north[0].get("/v1/me").json()["contributions"]["votes"] == before
    moved(place, people.leader, vote, "results_published")
    until(lambda: people.north[0].get("/v1/me").json()["contributions"]["votes"] == before + 1)
    names = [each["name"] for each in people.north[0].get("/v1/me/engagement").json()["components"]]
    assert "votes" in names
