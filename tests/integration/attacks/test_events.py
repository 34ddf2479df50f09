"""Events against hostile organizers, guests and crowds, on a running platform."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.town import Town, town
from tests.support.community import Person, until

SEATS = 4
LINK = "https://meet.example.org/hidden-room"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("attack")) as made:
        yield made


@pytest.fixture(scope="module")
def people(place: Town) -> list[Person]:
    return place.people("person", 12, level="member", interests=["healthcare"], region="nairobi")


@pytest.fixture(scope="module")
def organizer(place: Town) -> Person:
    return place.people("organizer", 1, level="leader")[0]


def plan(place: Town, organizer: Person, **more: Any) -> str:
    body: dict[str, Any] = {
        "event_type": "meeting",
        "title": "A meeting by the river",
        "starts_at": (place.now + timedelta(days=9)).isoformat(),
        "duration_minutes": 60,
    }
    made = organizer.post("/v1/events", body | more)
    assert made.status_code == 201, made.text
    return f"/v1/events/{made.json()['id']}"


def opened(place: Town, organizer: Person, **more: Any) -> str:
    path = plan(place, organizer, **more)
    assert organizer.post(f"{path}/open").status_code == 200
    return path


def answer(person: Person, path: str, word: str = "yes") -> str:
    found = person.call("PUT", f"{path}/rsvp", {"answer": word})
    assert found.status_code == 200, found.text
    return str(found.json()["state"])


def listed(person: Person) -> list[str]:
    return [f"/v1/events/{each['id']}" for each in person.get("/v1/events?limit=100").json()["items"]]


# --- seats ---


def test_a_crowd_that_flips_its_answers_while_seats_come_and_go(
    place: Town, organizer: Person, people: list[Person]
) -> None:
    path = opened(place, organizer, capacity=SEATS, accessible_seats=1)

    def flip(person: Person) -> Callable[[], None]:
        def act() -> None:
            for word in ("yes", "no", "yes", "maybe", "yes"):
                answer(person, path, word)

        return act

    def resize() -> None:
        for capacity in (SEATS + 3, 1, SEATS, 2, SEATS):
            changed = organizer.call("PATCH", path, {"capacity": capacity})
            assert changed.status_code == 200, changed.text

    threads = [threading.Thread(target=act) for act in (*map(flip, people), resize)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    view = organizer.get(path).json()
    guests = organizer.get(f"{path}/attendees?limit=100").json()["items"]
    confirmed = [each for each in guests if each["state"] == "confirmed"]
    waiting = sorted(each["position"] for each in guests if each["state"] == "waitlisted")
    assert view["registered_count"] == len(confirmed) <= SEATS + 3
    assert (len(confirmed) + len(waiting), view["waiting_count"]) == (len(people), len(waiting))
    assert waiting == list(range(1, len(waiting) + 1))
    for each in people[: len(confirmed)]:
        answer(each, path, "no")
    final = organizer.get(path).json()
    assert final["registered_count"] <= SEATS
    assert not final["waiting_count"] or final["registered_count"] >= SEATS - 1  # One seat is the accessible one.


# --- walls ---


def test_nobody_is_told_where_by_an_organizer_behind_a_wall(
    place: Town, organizer: Person, people: list[Person]
) -> None:
    """The event is hidden from them; a reminder must not say what is hidden."""
    path = opened(
        place,
        organizer,
        virtual_link=LINK,
        location="Room 7",
        starts_at=(place.now + timedelta(hours=3)).isoformat(),
    )
    kept, walled = people[0], people[1]
    for each in (kept, walled):
        assert answer(each, path) == "confirmed"
    assert organizer.call("PUT", f"/v1/members/{walled.id}/block").status_code == 204
    until(lambda: walled.get(path).status_code == 404)
    place.move(place.now + timedelta(hours=1, minutes=1))
    until(lambda: place.notices(kept, "event.reminder"))
    assert LINK in kept.get("/v1/me/notifications").text
    assert LINK not in walled.get("/v1/me/notifications").text
    assert organizer.call("DELETE", f"/v1/members/{walled.id}/block").status_code == 204


def test_an_invitation_does_not_say_who_blocked_the_organizer(
    place: Town, organizer: Person, people: list[Person]
) -> None:
    path = opened(place, organizer)
    walled = people[2]
    assert walled.call("PUT", f"/v1/members/{organizer.id}/block").status_code == 204
    until(lambda: organizer.get(f"/v1/members/{walled.id}").status_code == 404)
    said = [organizer.post(f"{path}/invitations", {"member_ids": [each]}).json() for each in (walled.id, "mem_nobody")]
    assert said == [{"selected": 0, "suppressed": 0}] * 2
    assert walled.call("DELETE", f"/v1/members/{organizer.id}/block").status_code == 204


def test_who_blocked_an_organizer_is_not_made_to_see_by_being_named_as_staff(
    place: Town, organizer: Person, people: list[Person]
) -> None:
    walled = people[3]
    assert walled.call("PUT", f"/v1/members/{organizer.id}/block").status_code == 204
    until(lambda: organizer.get(f"/v1/members/{walled.id}").status_code == 404)
    path = plan(place, organizer, title="You cannot get away from me", staff=[walled.id, people[4].id])
    assert people[4].get(path).status_code == 404  # Nor anybody before what it says is screened.
    assert organizer.post(f"{path}/open").status_code == 200
    assert people[4].get(path).status_code == 200
    assert walled.get(path).status_code == 404
    assert path not in listed(walled)
    assert walled.call("DELETE", f"/v1/members/{organizer.id}/block").status_code == 204
    until(lambda: walled.get(path).status_code == 200)


def test_what_was_asked_from_behind_a_wall_is_not_sent_to_the_organizer(
    place: Town, organizer: Person, people: list[Person]
) -> None:
    path = opened(place, organizer, starts_at=(place.now + timedelta(hours=3)).isoformat())
    bodies = ["When do the nurses come?", "Why do you hide in your house?"]
    for each, body in zip(people[5:7], bodies, strict=True):
        assert each.post(f"{path}/questions", {"body": body}).status_code == 201
    until(lambda: len(people[7].get(f"{path}/questions").json()["items"]) == len(bodies))
    assert organizer.call("PUT", f"/v1/members/{people[6].id}/block").status_code == 204
    until(lambda: people[6].get(path).status_code == 404)
    place.move(place.now + timedelta(hours=1, minutes=1))
    until(lambda: place.notices(organizer, "event.questions"))
    told = organizer.get("/v1/me/notifications?kind=event.questions").text
    assert (bodies[0] in told, bodies[1] in told) == (True, False)
    assert organizer.call("DELETE", f"/v1/members/{people[6].id}/block").status_code == 204


# --- the line ---


def test_who_could_only_let_a_seat_lapse_waits_for_none(place: Town, organizer: Person) -> None:
    first, suspended, walled, last = place.people("line", 4, level="member")
    path = opened(place, organizer, capacity=1)
    states = [answer(each, path) for each in (first, suspended, walled, last)]
    assert states == ["confirmed", "waitlisted", "waitlisted", "waitlisted"]
    body = {"standing": "suspended_by_body", "reason": "As the statutes say."}
    assert place.officer.call("PATCH", f"/v1/members/{suspended.id}/membership", body).status_code == 200
    assert organizer.call("PUT", f"/v1/members/{walled.id}/block").status_code == 204
    until(lambda: last.get(f"{path}/rsvp").json()["position"] == 1)
    until(lambda: place.notices(suspended, "event.line_left"))
    assert place.notices(walled, "event.line_left") == []
    place.move(place.now + timedelta(days=8))
    answer(first, path, "no")
    assert last.get(f"{path}/rsvp").json()["state"] == "offered"
    assert organizer.call("DELETE", f"/v1/members/{walled.id}/block").status_code == 204


# --- nobody's event ---


def test_an_event_whose_organizer_is_gone_is_taken_over(place: Town, people: list[Person]) -> None:
    official = place.people("official", 1, level="official")[0]
    gone = place.people("gone", 1, level="member")[0]
    path = opened(place, gone, visibility="invite_only", starts_at=(place.now + timedelta(days=30)).isoformat())
    assert official.get(path).status_code == 404
    refused = official.post(f"{path}/take-over")
    assert (refused.status_code, refused.json()["code"]) == (409, "event_organized")
    assert gone.call("DELETE", "/v1/me").is_success
    place.move(place.now + timedelta(days=15))
    official = place.platform.sign_in(official.username)
    until(lambda: place.notices(official, "event.organizer_gone"), within_s=60)
    taken = official.post(f"{path}/take-over")
    assert (taken.status_code, taken.json()["organizer_id"]) == (200, official.id), taken.text
    until(lambda: official.get(path).status_code == 200)
    assert official.call("PATCH", path, {"title": "It takes place"}).json()["title"] == "It takes place"
    assert people[0].post(f"{path}/take-over").status_code == 403
