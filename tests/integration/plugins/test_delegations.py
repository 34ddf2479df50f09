"""Delegations and statutes through the public API: made, refused, seen, and cast when the vote is closed."""

import json
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.town import Town, town
from tests.support.community import Person, until
from tests.support.platform_process import PROGRAM

STATUTES = [{"article": "§ 12 (2)", "vote_types": ["binding_vote"], "notice_days": 14, "quorum_ratio": 0.5}]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("delegations"), f"vote.statutes={json.dumps(STATUTES)}") as made:
        yield made


@pytest.fixture(scope="module")
def people(place: Town) -> list[Person]:
    return place.people("voter", 9, level="member")


@pytest.fixture(scope="module")
def leader(place: Town) -> Person:
    return place.given_level(place.platform.join("leader_1"), "leader")


def delegate(person: Person, to: Person, scope: str, **more: Any) -> dict[str, Any]:
    answer = person.call("PUT", f"/v1/me/delegations/{scope}", {"delegate": to.id} | more)
    assert answer.status_code == 200, answer.text
    view: dict[str, Any] = answer.json()
    return view


def draft(place: Town, leader: Person, **terms: Any) -> str:
    body = {
        "title": "Opening hours of clinics",
        "vote_type": "policy_vote",
        "options": ["Until six", "Until eight"],
        "opens_at": (place.now + timedelta(days=2)).isoformat(),
        "closes_at": (place.now + timedelta(days=9)).isoformat(),
        "delegation": True,
    }
    answer = leader.post("/v1/votes", body | terms)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def scheduled(place: Town, leader: Person, **terms: Any) -> str:
    vote = draft(place, leader, **terms)
    answer = leader.post(f"/v1/votes/{vote}/schedule")
    assert answer.status_code == 200, answer.text
    until(lambda: leader.get(f"/v1/votes/{vote}/roll").json()["size"])
    return vote


def test_a_delegation_is_made_seen_and_taken_back(people: list[Person]) -> None:
    amina, baraka, chausiku = people[:3]
    delegate(baraka, chausiku, "housing")
    made = delegate(amina, baraka, "housing", shows_name=True)
    assert (made["delegate"], made["chain"], made["effective"]) == (baraka.id, [baraka.id, chausiku.id], True)
    assert made["expires_at"]
    seen = baraka.get("/v1/me/delegations/housing").json()
    assert (seen["delegators"], seen["names"], seen["chain"]) == (1, [amina.id], [chausiku.id])
    unseen = chausiku.get("/v1/me/delegations/housing").json()
    assert (unseen["delegators"], unseen["names"], unseen["delegate"]) == (1, [], None)
    (listed,) = amina.get("/v1/me/delegations").json()["items"]
    assert listed["scope"] == "housing"
    assert amina.call("DELETE", "/v1/me/delegations/housing").status_code == 204
    assert amina.get("/v1/me/delegations/housing").json()["delegate"] is None
    assert baraka.get("/v1/me/delegations/housing").json()["delegators"] == 0


def test_a_circle_is_refused(people: list[Person]) -> None:
    amina, baraka, chausiku = people[:3]
    delegate(amina, baraka, "transport")
    delegate(baraka, chausiku, "transport")
    for delegator, to in ((chausiku, amina), (amina, amina)):
        refused = delegator.call("PUT", "/v1/me/delegations/transport", {"delegate": to.id})
        assert (refused.status_code, refused.json()["code"]) == (409, "delegation_cycle")


def test_what_cannot_be_delegated_says_why(place: Town, people: list[Person], leader: Person) -> None:
    amina, baraka = people[:2]
    supporter = place.platform.join("supporter_1")
    alone = scheduled(place, leader, delegation=False)
    put = lambda scope, to: amina.call("PUT", f"/v1/me/delegations/{scope}", {"delegate": to})  # noqa: E731
    answers = [
        put(alone, baraka.id),
        put("vot_nowhere", baraka.id),
        put("housing", supporter.id),
        put("housing", "mem_nobody"),
        supporter.call("PUT", "/v1/me/delegations/housing", {"delegate": baraka.id}),
    ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (409, "delegation_off"),
        (404, "scope_missing"),
        (404, "member_missing"),
        (404, "member_missing"),
        (403, "denied"),
    ]
    baraka.call("PUT", f"/v1/members/{amina.id}/block")
    until(lambda: put("housing", baraka.id).status_code == 403)
    baraka.call("DELETE", f"/v1/members/{amina.id}/block")


def test_who_counts_on_somebody_who_leaves_is_told_at_once_and_when_it_ends(place: Town, people: list[Person]) -> None:
    amina, baraka = people[:2]
    (leaving,) = place.people("leaving", 1, level="member")
    delegate(amina, leaving, "education")
    delegate(leaving, baraka, "education")
    left = leaving.call("DELETE", "/v1/me")
    assert left.status_code == 202, left.text
    until(lambda: place.notices(amina, "vote.delegate_leaving"))
    assert amina.get("/v1/me/delegations/education").json()["delegate"] == leaving.id
    refused = baraka.call("PUT", "/v1/me/delegations/school", {"delegate": leaving.id})
    assert (refused.status_code, refused.json()["code"]) == (404, "member_missing")
    place.move(datetime.fromisoformat(left.json()["erase_after"]) + timedelta(minutes=1))
    amina = place.platform.sign_in(amina.username)
    until(lambda: place.notices(amina, "vote.delegate_gone"))
    assert amina.get("/v1/me/delegations/education").json()["delegate"] is None
    for kind in ("vote.delegate_leaving", "vote.delegate_gone"):
        (notice,) = place.notices(amina, kind)
        assert notice["subject"] == {"type": "delegation", "id": "education"}


def test_delegated_ballots_join_the_count(place: Town, people: list[Person], leader: Person) -> None:
    """Four delegate to one who may carry three; one votes herself; one chain ends with nobody."""
    first, second, third, fourth, carrier, own, lonely, idle, _ = people
    topic = leader.open_topic("Clinics")
    until(lambda: own.get(f"/v1/me/delegations/{topic}").status_code == 200)
    assert delegate(own, carrier, topic)["scope_kind"] == "topic"
    vote = scheduled(place, leader, topic_id=topic)
    delegate(first, carrier, vote)
    delegate(second, first, "healthcare")
    delegate(third, carrier, topic)
    delegate(third, carrier, vote)
    delegate(lonely, idle, vote)
    place.move(place.now + timedelta(days=2, minutes=1))
    until(lambda: leader.get(f"/v1/votes/{vote}").json()["phase"] == "open")
    delegate(fourth, carrier, topic)
    assert first.get(f"/v1/votes/{vote}/roll/me").json()["delegated_to"] == carrier.id
    for person, choice in ((carrier, 2), (own, 1)):
        cast = person.post(f"/v1/votes/{vote}/ballots", {"choices": [choice]})
        assert cast.status_code == 201, cast.text
    seen = second.get(f"/v1/me/delegations/{vote}").json()
    assert (seen["chain"], seen["effective"], seen["choices"]) == ([first.id, carrier.id], True, [2])
    place.move(place.now + timedelta(days=7))
    results = until(lambda: _results(leader, vote))
    assert (results["ballots"], results["delegated"]) == (5, 3)
    assert {line["number"]: line["votes"] for line in results["lines"]} == {1: 1, 2: 4}
    assert first.get(f"/v1/me/delegations/{vote}").json()["caster"] == carrier.id
    assert fourth.get(f"/v1/me/delegations/{vote}").json()["caster"] == carrier.id
    left_out = second.get(f"/v1/me/delegations/{vote}").json()
    assert (left_out["caster"], left_out["effective"]) == (None, False)
    assert "as many ballots" in left_out["reason"]
    until(lambda: place.notices(second, "vote.delegation_uncast"))
    until(lambda: place.notices(lonely, "vote.delegation_uncast"))
    assert place.notices(first, "vote.delegation_uncast") == []
    late = first.call("PUT", f"/v1/me/delegations/{vote}", {"delegate": carrier.id})
    assert (late.status_code, late.json()["code"]) == (409, "vote_closed")


def _results(person: Person, vote: str) -> dict[str, Any]:
    answer = person.get(f"/v1/votes/{vote}/results")
    found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    return found


def test_a_vote_against_the_statutes_is_refused_by_its_article(place: Town, leader: Person) -> None:
    vote = draft(place, leader, vote_type="binding_vote", quorum_ratio=0.3)
    refused = leader.post(f"/v1/votes/{vote}/schedule")
    assert (refused.status_code, refused.json()["code"]) == (409, "against_statutes")
    assert refused.json()["detail"].count("§ 12 (2)") == 2
    times = {"opens_at": place.now + timedelta(days=15), "closes_at": place.now + timedelta(days=20)}
    changed = {name: each.isoformat() for name, each in times.items()} | {"quorum_ratio": 0.5}
    assert leader.call("PATCH", f"/v1/votes/{vote}", changed).status_code == 200
    assert leader.post(f"/v1/votes/{vote}/schedule").status_code == 200


def test_a_vote_is_played_through_on_the_command_line(place: Town, leader: Person, tmp_path: Path) -> None:
    vote = draft(place, leader, vote_type="binding_vote", quorum_ratio=0.3)
    done = _check(place, vote, "--json")
    assert done.returncode == 1, done.stderr
    preview = json.loads(done.stdout)
    assert (preview["is_allowed"], preview["quorum_needed"]) == (False, -(-preview["roll_size"] * 3 // 10))
    assert [each["rule"] for each in preview["rules"] if not each["is_met"]] == ["notice", "quorum"]
    file = tmp_path / "vote.json"
    body = {"title": "A poll", "vote_type": "poll", "options": ["Yes", "No"]}
    times = {"opens_at": "2096-01-01T00:00:00Z", "closes_at": "2096-01-08T00:00:00Z"}
    file.write_text(json.dumps(body | times))
    done = _check(place, str(file))
    assert done.returncode == 0, done.stderr
    assert "It may be scheduled." in done.stdout
    assert _check(place, "vot_nowhere").returncode == 1
    mistyped = _check(place, vote, "--role", "leadr")
    assert mistyped.returncode == 1
    assert "There is no role leadr. Did you mean leader?" in mistyped.stderr


def _check(place: Town, *arguments: str) -> subprocess.CompletedProcess[str]:
    platform = place.platform
    options = [word for each in platform.options for word in ("--set", each)]
    command = [*PROGRAM, "--data", str(platform.data), *options, "statutes", "check", *arguments]
    return subprocess.run(
        command, env=platform.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60
    )
