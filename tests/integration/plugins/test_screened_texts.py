"""Titles, descriptions, drafts and amendments are screened before others see them, through the public API."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.community import Community, Person, community, until

RUDE = "You stupid idiots are disgusting filth and I hate you all"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    with community(tmp_path_factory.mktemp("texts")) as made:
        yield made


@pytest.fixture(scope="module")
def moderator(platform: Community) -> Person:
    return platform.promote(platform.administrator(), platform.join("mosi"))


@pytest.fixture(scope="module")
def amina(platform: Community) -> Person:
    return platform.join("amina")


@pytest.fixture(scope="module")
def reader(platform: Community, moderator: Person) -> Person:
    person, officer = platform.join("baraka"), platform.join("otieno")
    platform.promote(platform.sign_in("boss_1"), officer, "membership_officer")
    level = {"level": "member", "reason": "Dues are paid."}
    officer = platform.sign_in("otieno")
    assert officer.call("PATCH", f"/v1/members/{person.id}/membership", level).status_code == 200
    return platform.sign_in("baraka")


def case_about(moderator: Person, id: str) -> dict[str, Any]:
    def look() -> list[dict[str, Any]]:
        return [each for each in moderator.get("/v1/moderation/cases").json()["items"] if each["post_id"] == id]

    return until(look)[0]


def decide(moderator: Person, case: dict[str, Any], action: str) -> None:
    guide = moderator.get("/v1/moderation/guidelines").json()
    body = {
        "action": action,
        "rule": guide["rules"][0]["name"],
        "guidelines_version": guide["version"],
        "reason": "People looked at it.",
    }
    answer = moderator.post(f"/v1/moderation/cases/{case['id']}/decisions", body)
    assert answer.status_code == 200, answer.text


def told(person: Person) -> list[str]:
    return [each["reason"] for each in person.get("/v1/me/notifications").json()["items"]]


def test_a_title_is_seen_once_people_let_it(amina: Person, reader: Person, moderator: Person) -> None:
    body = {"title": "Those who lead us", "description": RUDE, "category": "economy"}
    answer = amina.post("/v1/topics", body)
    assert answer.status_code == 201, answer.text
    topic, held = answer.json()["id"], answer.json()["held"]
    assert answer.json()["phase"] == "pending"
    assert held["status"] in ("held", "hidden") and held["reason"]
    assert reader.get(f"/v1/topics/{topic}").status_code == 404
    assert topic not in reader.get("/v1/topics?sort=new").text
    assert reader.post(f"/v1/topics/{topic}/posts", {"body": "Hello"}).status_code in (404, 409)
    until(lambda: any(held["reason"] in text for text in told(amina)))
    case = case_about(moderator, topic)
    assert RUDE in case["body"]
    decide(moderator, case, "publish")
    until(lambda: reader.get(f"/v1/topics/{topic}").status_code == 200)
    assert reader.post(f"/v1/topics/{topic}/posts", {"body": "Hello"}).status_code == 201


def test_an_edit_is_seen_once_it_is_cleared_and_dropped_where_people_say_so(
    amina: Person, reader: Person, moderator: Person
) -> None:
    topic = amina.open_topic("Opening hours of clinics")
    path = f"/v1/topics/{topic}"
    answer = amina.call("PATCH", path, {"title": "Opening hours at night"})
    assert (answer.status_code, answer.json()["title"]) == (200, "Opening hours at night")
    answer = amina.call("PATCH", path, {"description": RUDE})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["description"], answer.json()["held"]["reason"] != "") == ("When?", True)
    assert amina.call("PATCH", path, {"title": "Again"}).json()["code"] == "edit_pending"
    assert RUDE not in reader.get(path).text
    decide(moderator, case_about(moderator, topic), "remove")
    until(lambda: amina.call("PATCH", path, {"title": "Hours"}).status_code == 200)
    assert reader.get(path).json()["description"] == "When?"


def test_an_event_is_opened_once_people_let_it(platform: Community, reader: Person, moderator: Person) -> None:
    body = {
        "event_type": "meeting",
        "title": "Those who lead us",
        "description": RUDE,
        "starts_at": (datetime.now(UTC) + timedelta(days=20)).isoformat(),
        "duration_minutes": 60,
    }
    made = reader.post("/v1/events", body)
    assert made.status_code == 201, made.text
    path, others = f"/v1/events/{made.json()['id']}", platform.join("wanjiru")
    held = reader.post(f"{path}/open")
    assert (held.status_code, held.json()["phase"], held.json()["held"]["reason"] != "") == (200, "planning", True)
    assert others.get(path).status_code == 404
    case = case_about(moderator, made.json()["id"])
    assert RUDE in case["body"]
    decide(moderator, case, "publish")
    until(lambda: others.get(path).status_code == 200)
    assert others.call("PUT", f"{path}/rsvp", {"answer": "yes"}).json()["state"] == "confirmed"

    changed = reader.call("PATCH", path, {"description": "Come", "capacity": 9})
    assert (changed.json()["description"], changed.json()["capacity"]) == ("Come", 9)
    held = reader.call("PATCH", path, {"location": RUDE, "capacity": 8})
    assert (held.json()["location"], held.json()["capacity"], "held" in held.json()) == ("", 8, True)
    assert RUDE not in others.get(path).text
    assert reader.call("PATCH", path, {"title": "Again"}).json()["code"] == "edit_pending"


def test_an_event_is_reported_and_people_take_its_words_away(
    platform: Community, reader: Person, moderator: Person
) -> None:
    body = {
        "event_type": "town_hall",
        "title": "Buy gold here",
        "location": "At their house",
        "starts_at": (datetime.now(UTC) + timedelta(days=20)).isoformat(),
        "duration_minutes": 60,
    }
    id, others = reader.post("/v1/events", body).json()["id"], platform.join("njeri")
    path = f"/v1/events/{id}"
    assert others.post(f"{path}/reports", {"reason": "spam"}).status_code == 404
    assert reader.post(f"{path}/open").json()["phase"] == "open_registration"
    report = others.post(f"{path}/reports", {"reason": "spam", "text": "Gold."})
    assert (report.status_code, report.json()["status"]) == (201, "received"), report.text
    again = others.post(f"{path}/reports", {"reason": "spam"})
    assert (again.status_code, again.json()["id"]) == (200, report.json()["id"])
    case = case_about(moderator, id)
    assert "Buy gold here" in case["body"] and "At their house" in case["body"]
    decide(moderator, case, "remove")
    until(lambda: others.get(path).json()["title"] == "town hall")
    assert others.get(path).json()["location"] == ""
    assert reader.call("PATCH", path, {"title": "Clinics"}).json()["title"] == "Clinics"


def test_drafts_and_amendments_are_screened(amina: Person, reader: Person, moderator: Person) -> None:
    body = {"title": "A proposal", "description": "Read it", "category": "economy", "policy_proposal": True}
    topic = amina.post("/v1/topics", body).json()["id"]
    held = amina.post(f"/v1/topics/{topic}/drafts", {"title": "Draft one", "text": RUDE})
    assert (held.status_code, held.json()["held"]["reason"] != "") == (201, True), held.text
    assert reader.get(f"/v1/drafts/{held.json()['id']}").status_code == 404
    assert reader.get(f"/v1/topics/{topic}/drafts").json()["items"] == []
    made = amina.post(f"/v1/topics/{topic}/drafts", {"title": "Draft two", "text": "Line one\nLine two"})
    assert (made.status_code, "held" in made.json()) == (201, False), made.text
    path = f"/v1/drafts/{made.json()['id']}/amendments"
    fine = reader.post(path, {"from": 1, "to": 1, "text": "Line 1", "reason": "Shorter"})
    assert (fine.status_code, fine.json()["status"]) == (201, "proposed"), fine.text
    rude = reader.post(path, {"from": 2, "to": 2, "text": "Line 2", "reason": RUDE})
    assert (rude.status_code, rude.json()["held"]["reason"] != "") == (201, True), rude.text
    assert [each["id"] for each in amina.get(path).json()["items"]] == [fine.json()["id"]]
    decide(moderator, case_about(moderator, rude.json()["id"]), "publish")
    until(lambda: len(amina.get(path).json()["items"]) == 2)
