"""Votes attacked by members, officers and readers of the API, on a running platform."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.plugins.test_votes import cast, code, moved, phase
from tests.scenarios.town import Town, town
from tests.support.community import Person, until


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("review_votes")) as made:
        yield made


@pytest.fixture(scope="module")
def leader(place: Town) -> Person:
    return place.people("leader", 1, level="leader")[0]


@pytest.fixture(scope="module")
def officials(place: Town) -> list[Person]:
    return place.people("official", 4, level="official")


@pytest.fixture(scope="module")
def members(place: Town) -> list[Person]:
    return place.people("member", 4, level="member")


def asked(place: Town, **terms: Any) -> dict[str, Any]:
    times = {"opens_at": place.now + timedelta(days=2), "closes_at": place.now + timedelta(days=9)}
    given = {"title": "Opening hours", "vote_type": "policy_vote", "options": ["Until six", "Until eight"]}
    return given | {name: time.isoformat() for name, time in times.items()} | terms


def drafted(place: Town, by: Person, **terms: Any) -> str:
    answer = by.post("/v1/votes", asked(place, **terms))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def scheduled(place: Town, by: Person, **terms: Any) -> str:
    vote = drafted(place, by, **terms)
    answer = by.post(f"/v1/votes/{vote}/schedule")
    assert answer.status_code == 200, answer.text
    until(lambda: by.get(f"/v1/votes/{vote}/roll").json()["hash"])
    return vote


@pytest.mark.parametrize(
    "times",
    [
        {"opens_at": "2031-01-01T00:00:00"},
        {"closes_at": "2031-01-03T00:00:00"},
        {"opens_at": "9999-12-30T00:00:00Z", "closes_at": "9999-12-31T23:59:59-14:00"},
        {"opens_at": "9999-12-30T00:00:00Z", "closes_at": "9999-12-31T00:00:00Z"},
        {"opens_at": "0001-01-01T00:00:00+14:00", "closes_at": "0001-01-02T00:00:00Z"},
        {"closes_at": "9999-12-31T23:59:59-14:00"},
    ],
    ids=lambda times: " ".join(times.values()),
)
def test_times_that_nobody_could_show_are_refused_and_break_no_list(
    place: Town, members: list[Person], leader: Person, times: dict[str, str]
) -> None:
    assert members[0].post("/v1/votes", asked(place, **times)).status_code == 400
    draft = drafted(place, members[0], vote_type="poll")
    assert members[0].call("PATCH", f"/v1/votes/{draft}", times).status_code == 400
    assert leader.get("/v1/votes").status_code == 200


def test_an_outage_without_a_zone_is_refused(place: Town, officials: list[Person]) -> None:
    vote = drafted(place, officials[0])
    outage = {"outage_from": "2031-01-01T00:00:00", "outage_until": "2031-01-01T01:00:00Z", "reason": "Power."}
    assert officials[0].post(f"/v1/votes/{vote}/extensions", outage).status_code == 400


@pytest.mark.parametrize(
    ("terms", "refused"),
    [
        ({"roll": {"levels": ["supporter", "member"]}}, "roll_unfit"),
        ({"options": ["Yes", " yes\u200b"]}, "wording_unclear"),
        ({"options": ["Yes", "\u200b"]}, "wording_unclear"),
        ({"options": ["\uff39es", "Yes"]}, "wording_unclear"),
        ({"title": "Clinics \u202eon"}, "wording_unclear"),
    ],
)
def test_what_would_mislead_is_refused(place: Town, leader: Person, terms: dict[str, Any], refused: str) -> None:
    assert code(leader.post("/v1/votes", asked(place, **terms))) == (400, refused)


def test_votes_on_persons_take_an_office_and_members_who_are_there(
    place: Town, leader: Person, members: list[Person]
) -> None:
    stands = {"text": "Out with this one", "member_id": members[1].id}
    named = {"on_persons": True, "options": [stands, "Stay"]}
    poll = drafted(place, members[0], vote_type="poll", **named)
    assert code(members[0].post(f"/v1/votes/{poll}/schedule")) == (403, "not_leader")
    nobody = drafted(place, leader, on_persons=True, options=[stands, {"text": "Nobody", "member_id": "mem_nobody"}])
    assert code(leader.post(f"/v1/votes/{nobody}/schedule")) == (400, "member_missing")
    own = named | {"tie_rule": "casting_vote", "casting_member": members[1].id}
    assert code(leader.post("/v1/votes", asked(place, **own))) == (400, "casting_member_unfit")


def test_a_draft_that_is_changed_under_the_hands_of_an_official_is_not_scheduled(
    place: Town, officials: list[Person], members: list[Person]
) -> None:
    vote = drafted(place, members[0], voting_method="score")
    read = officials[0].get(f"/v1/votes/{vote}").json()
    assert (read["form"], read["grades"] > 0) == ("grade", True)
    assert members[0].call("PATCH", f"/v1/votes/{vote}", {"options": ["Until eight", "Until six"]}).status_code == 200
    path, named = f"/v1/votes/{vote}/schedule", {"draft_hash": read["draft_hash"]}
    assert code(officials[0].post(path, named)) == (409, "draft_changed")
    assert code(officials[0].post(path, {"draft_hash": "abc"}))[0] == 400
    other = {"voting_method": "ranked_choice", "title": "Opening times"}
    shown = members[0].call("PATCH", f"/v1/votes/{vote}", other).json()
    assert (shown["form"], shown["grades"]) == ("rank", 0)
    unknown = members[0].call("PATCH", f"/v1/votes/{vote}", {"voting_method": "by_shouting"})
    assert code(unknown) == (400, "method_unknown")
    now = officials[0].get(f"/v1/votes/{vote}").json()["draft_hash"]
    assert now == shown["draft_hash"] != read["draft_hash"]
    scheduled = officials[0].post(path, {"draft_hash": now})
    assert scheduled.status_code == 200, scheduled.text
    assert (scheduled.json()["title"], scheduled.json()["draft_hash"]) == ("Opening times", "")


def test_nobody_learns_by_delegating_to_one_after_the_other_how_they_voted(
    place: Town, leader: Person, members: list[Person]
) -> None:
    curious, trusted, victim, other = members
    vote = scheduled(place, leader, vote_type="binding_vote", delegation=True)

    def seen(by: Person) -> Any:
        return by.get(f"/v1/me/delegations/{vote}").json()["choices"]

    def delegate(by: Person, to: Person) -> None:
        answer = by.call("PUT", f"/v1/me/delegations/{vote}", {"delegate": to.id})
        assert answer.status_code == 200, answer.text

    delegate(other, trusted)
    moved(place, leader, vote, "open")
    assert [cast(each, vote, 2) for each in (victim, trusted)] == [(201, "")] * 2
    for each in (victim, trusted):
        delegate(curious, each)
        assert seen(curious) is None
    assert seen(other) == [2]
    moved(place, leader, vote, "results_published")
    assert seen(curious) == [2]


def test_ballots_of_one_member_at_two_gateways_at_once_are_one(
    place: Town, leader: Person, members: list[Person]
) -> None:
    """With one key, with many; with the same choice, and with others."""
    vote = scheduled(place, leader, anonymity_level="pseudonymous")
    moved(place, leader, vote, "open")
    voter = members[0]
    with place.platform.another_gateway() as url, httpx.Client(base_url=url, timeout=30) as second:

        def try_one(number: int) -> tuple[int, str]:
            key = "one-key-for-all" if number % 4 < 2 else f"key-number-{number}"
            headers = {"authorization": f"Bearer {voter.token}", "idempotency-key": key}
            http = second if number % 2 else voter.http
            body = {"choices": [1 + number % 3 % 2]}
            answer = http.post(f"/v1/votes/{vote}/ballots", json=body, headers=headers)
            return answer.status_code, answer.json().get("receipt") or answer.json()["code"]

        answers = place.each(range(24), try_one)
    taken = {said for status, said in answers if status == 201}
    assert len(taken) == 1
    assert {said for status, said in answers if status != 201} <= {"revote_not_allowed", "idempotency_conflict"}
    assert voter.get(f"/v1/votes/{vote}/ballots/me").json()["receipt"] in taken
    until(lambda: leader.get(f"/v1/votes/{vote}").json()["turnout"] == 1)
    moved(place, leader, vote, "results_published")
    assert leader.get(f"/v1/votes/{vote}/results").json()["ballots"] == 1


def test_an_ill_formed_ballot_is_in_no_answer_and_no_log(place: Town, leader: Person, members: list[Person]) -> None:
    vote = scheduled(place, leader, anonymity_level="pseudonymous")
    moved(place, leader, vote, "open")
    bodies = [
        {"choices": ["Amani-7731"]}, {"choices": "Amani-7731"}, {"choices": {"Amani-7731": 1}}, {"choices": [7731]},
        {"choices": [7731.5]}, {"choices": [1], "sealed": "Amani-7731"}, {"sealed": "Amani-7731"},
        {"sealed": "Amani 7731"}, {"choices": [1, 1, 771]}, ["Amani-7731"],
    ]  # fmt: skip
    for body in bodies:
        answer = members[0].post(f"/v1/votes/{vote}/ballots", body)
        assert answer.status_code == 400
        assert "Amani" not in answer.text and "77" not in answer.text.partition("request_id")[0]
    told = place.platform.errors.read_text() + "".join(
        each.read_text(errors="replace") for each in Path(place.platform.data).rglob("*.log")
    )
    assert "Amani" not in told


def test_of_a_public_vote_that_was_called_off_no_blank_ballot_remains(
    place: Town, leader: Person, members: list[Person]
) -> None:
    vote = scheduled(place, leader)
    moved(place, leader, vote, "open")
    assert cast(members[0], vote) == (201, "")
    assert leader.post(f"/v1/votes/{vote}/cancel", {"reason": "The text has an error."}).status_code == 200
    until(lambda: members[0].get(f"/v1/votes/{vote}/ballots/me").status_code == 404)


def test_who_objects_and_who_disputes_is_told_to_nobody_and_no_judge_is_a_party(
    place: Town, leader: Person, officials: list[Person], members: list[Person]
) -> None:
    vote = scheduled(place, leader)
    objection = {"kind": "not_eligible", "member_id": members[1].id, "text": "They have left."}
    assert members[0].post(f"/v1/votes/{vote}/roll/objections", objection).status_code == 201
    moved(place, leader, vote, "open")
    assert cast(members[0], vote, 1) == (201, "")
    moved(place, leader, vote, "results_published")
    path, text = f"/v1/votes/{vote}/disputes", {"text": "My ballot is not in the record."}
    first = members[0].post(path, text).json()["id"]
    second = officials[0].post(path, text).json()["id"]
    until(lambda: phase(leader, vote) == "disputed")
    for reader in (members[2], leader, place.admin):
        trail = reader.get(f"/v1/votes/{vote}/audit").json()["items"]
        assert {each["by"] for each in trail if each["what"] in ("roll_objected", "disputed")} == {""}
    opinion = {"decision": "annul", "reason": "It has to be."}
    assert code(officials[0].post(f"/v1/disputes/{first}/decisions", opinion)) == (403, "recused")
    assert officials[1].post(f"/v1/disputes/{first}/decisions", opinion).status_code == 200
    assert code(officials[1].post(path, text)) == (403, "recused")
    assert officials[1].post(f"/v1/disputes/{second}/decisions", opinion).status_code == 200


def test_who_was_on_the_roll_may_dispute_whatever_became_of_them(
    place: Town, leader: Person, members: list[Person]
) -> None:
    (lowered,) = place.people("lowered", 1, level="member")
    vote = scheduled(place, leader)
    moved(place, leader, vote, "open")
    assert cast(members[0], vote, 1) == (201, "")
    moved(place, leader, vote, "results_published")
    lowered = place.given_level(lowered, "supporter")
    answer = lowered.post(f"/v1/votes/{vote}/disputes", {"text": "I was made a supporter meanwhile."})
    assert answer.status_code == 201, answer.text


def test_nobody_is_taken_off_a_roll_without_a_word(place: Town, leader: Person, members: list[Person]) -> None:
    vote = scheduled(place, leader)
    path = f"/v1/votes/{vote}/roll/objections"
    objection = {"kind": "not_eligible", "member_id": members[1].id, "text": "They have left."}
    filed = members[0].post(path, objection).json()
    until(lambda: place.notices(members[1], "vote.roll_objected"))
    (seen,) = members[1].get(path).json()["items"]
    assert (seen["id"], seen["filed_by"], seen["text"]) == (filed["id"], "", "They have left.")
    assert members[2].get(path).json()["items"] == []
    decision = {"decision": "uphold", "reason": "So it is."}
    assert place.officer.post(f"/v1/objections/{filed['id']}/decision", decision).status_code == 200
    until(lambda: any(each["subject"]["id"] == vote for each in place.notices(members[1], "vote.roll_corrected")))
    made_up = objection | {"member_id": "mem_nobody"}
    assert code(members[0].post(path, made_up)) == (404, "member_missing")


def test_nobody_without_an_office_fills_the_inboxes_with_polls(place: Town, leader: Person) -> None:
    (eager,) = place.people("eager", 1, level="member")
    polls = [drafted(place, eager, vote_type="poll", roll={"levels": ["leader"]}) for _ in range(6)]
    answers = [code(eager.post(f"/v1/votes/{poll}/schedule")) for poll in polls]
    assert answers == [(200, "")] * 5 + [(409, "polls_full")]
    assert leader.post(f"/v1/votes/{polls[5]}/schedule").status_code == 200
    place.move(place.now + timedelta(days=1, minutes=1))
    again = drafted(place, eager, vote_type="poll", roll={"levels": ["leader"]})
    assert eager.post(f"/v1/votes/{again}/schedule").status_code == 200


def test_an_old_account_is_no_old_membership(place: Town, leader: Person) -> None:
    """Accounts that slept and were made members just now are on no roll that asks for some time."""
    (sleeper,) = place.people("sleeper", 1)
    place.move(place.now + timedelta(days=40))
    sleeper = place.given_level(sleeper, "member")
    rule = {"roll": {"levels": ["member"], "member_days": 30}}
    early = scheduled(place, leader, **rule)
    assert not sleeper.get(f"/v1/votes/{early}/roll/me").json()["eligible"]
    place.move(place.now + timedelta(days=30, minutes=1))
    leader, sleeper = (place.platform.sign_in(each.username) for each in (leader, sleeper))
    late = scheduled(place, leader, **rule)
    assert sleeper.get(f"/v1/votes/{late}/roll/me").json()["eligible"]
