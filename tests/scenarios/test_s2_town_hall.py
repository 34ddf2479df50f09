"""S2, a town hall, facts 1 to 7: nobody is promised a seat that there is not, and everybody hears in time.

The facts happen in the order of time: the first reminders of fact 7 come before fact 6, the last one after it.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.scenarios.hall import SIZE, Hall, hall
from tests.scenarios.town import report, soon
from tests.support.community import Person

INVITED, REMINDER, NEAR = "event.invited", "event.reminder", "event.capacity_near"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(tmp_path_factory.mktemp("s2"), "event.waitlist_max=1000") as made:
        yield made


def test_fact_1_an_official_plans_a_town_hall_and_opens_it(story: Hall) -> None:
    story.starts_at = story.town.now.replace(microsecond=0) + timedelta(days=10)
    planned = story.organizer.post(
        "/v1/events",
        {
            "event_type": "town_hall",
            "title": "Clinics in the North",
            "description": "Come and ask the health committee.",
            "location": "Community hall, Market Street 4",
            "virtual_link": "https://meet.example.org/clinics",
            "visibility": "members_only",
            "starts_at": story.starts_at.isoformat(),
            "duration_minutes": 90,
            "capacity": SIZE.seats,
            "categories": ["healthcare"],
        },
    )
    assert planned.status_code == 201, planned.text
    assert planned.json()["phase"] == "planning"
    story.event = planned.json()["id"]
    assert story.members[0].get(story.path).status_code == 404
    opened = story.organizer.post(f"{story.path}/open")
    assert (opened.status_code, opened.json()["phase"]) == (200, "open_registration")
    assert story.members[0].get(story.path).status_code == 200
    supporter = story.town.people("supporter", 1)[0]
    assert supporter.get(story.path).status_code == 404


def test_fact_2_the_segment_is_invited_once_each_and_nobody_else(story: Hall) -> None:
    begun = time.monotonic()
    invited = story.organizer.post(f"{story.path}/invitations", {"interests": ["healthcare"], "regions": ["north"]})
    assert invited.status_code == 202, invited.text
    assert invited.json() == {"selected": SIZE.invited, "suppressed": None}
    soon(lambda: all(story.town.each(story.members, lambda each: story.told(each, INVITED))), 60)
    report("an invitation to all", [time.monotonic() - begun])
    again = story.organizer.post(f"{story.path}/invitations", {"interests": ["healthcare"], "regions": ["north"]})
    assert again.json() == {"selected": None, "suppressed": 5 * round((SIZE.invited + SIZE.walled) / 5)}
    counts = story.town.each(story.members, lambda each: len(story.told(each, INVITED)))
    assert counts == [1] * SIZE.invited
    for person in (*story.outside, *story.walled, story.organizer):
        assert story.told(person, INVITED) == []
    for person in story.walled:
        assert person.get(story.path).status_code == 404


def test_fact_3_yes_takes_a_seat_maybe_none_and_most_taken_is_said_once(story: Hall) -> None:
    yes, maybe = story.members[: SIZE.yes], story.members[-SIZE.maybe :]
    assert {each["state"] for each in story.town.each(yes, story.answer)} == {"confirmed"}
    story.town.each(maybe, lambda each: story.answer(each, "maybe"))
    assert story.read()["registered_count"] == SIZE.yes
    assert story.told(story.organizer, NEAR) == []
    for person in story.members[SIZE.yes : SIZE.near]:
        story.answer(person)
    soon(lambda: story.told(story.organizer, NEAR), 5)
    assert story.read()["registered_count"] == SIZE.near
    assert story.read()["waiting_count"] == 0
    assert story.read()["phase"] == "open_registration"


def test_fact_4_at_the_last_seat_the_line_begins(story: Hall) -> None:
    story.town.each(story.members[SIZE.near : SIZE.seats], story.answer)
    assert story.read()["phase"] == "registration_closed"
    story.confirmed = story.members[: SIZE.seats]
    story.waiting = story.members[SIZE.seats : SIZE.seats + SIZE.waiting]
    positions = []
    for person in story.waiting:
        answer = story.answer(person)
        assert answer["state"] == "waitlisted"
        positions.append(answer["position"])
    assert positions == list(range(1, SIZE.waiting + 1))
    assert [story.own(each)["position"] for each in story.waiting] == positions
    assert set(story.attendees("confirmed")) == {each.id for each in story.confirmed}
    assert story.read()["registered_count"] == SIZE.seats
    assert len(story.told(story.organizer, NEAR)) == 1


def test_fact_5_freed_seats_go_to_the_first_in_line_and_no_newcomer_overtakes(story: Hall) -> None:
    gone, newcomer = story.confirmed[:3], story.members[SIZE.seats + SIZE.waiting]

    def act(person: Person) -> None:
        if person is newcomer:
            assert story.answer(person)["state"] == "waitlisted"
        else:
            answer = person.call("DELETE", f"{story.path}/rsvp")
            assert (answer.status_code, answer.json()["state"]) == (200, "declined")

    begun = time.monotonic()
    story.town.each([gone[0], newcomer, *gone[1:]], act)
    promoted, left = story.waiting[:3], story.waiting[3:]
    soon(lambda: all(story.told(each, "event.promoted") for each in promoted), 5)
    report("a freed seat to a promotion told", [time.monotonic() - begun])
    assert {story.own(each)["state"] for each in promoted} == {"confirmed"}
    assert [story.own(each)["position"] for each in (*left, newcomer)] == list(range(1, len(left) + 2))
    assert story.read()["registered_count"] == SIZE.seats
    story.confirmed = [*story.confirmed[3:], *promoted]
    story.waiting = [*left, newcomer]


def _reminders(story: Hall, person: Person, event: str = "") -> int:
    return len(story.told(person, REMINDER, event))


def _all_reminded(story: Hall, times: int) -> None:
    def right(person: Person) -> bool:
        return _reminders(story, person) == times

    soon(lambda: all(story.town.each(story.confirmed, right)), 60)
    for person in (*story.waiting, story.members[-1]):
        assert _reminders(story, person) == 0


def test_fact_7_reminders_come_once_and_move_with_the_event(story: Hall) -> None:
    """At 7 days; then the event moves by a day, and the reminder of 3 days with it."""
    story.town.move(story.before(168))
    _all_reminded(story, 1)
    story.town.move(story.before(100))
    at_first = story.starts_at
    story.starts_at += timedelta(days=1)
    moved = story.organizer.call("PATCH", story.path, {"starts_at": story.starts_at.isoformat()})
    assert moved.status_code == 200, moved.text
    soon(lambda: all(story.town.each(story.confirmed, lambda each: story.told(each, "event.rescheduled"))), 60)
    story.town.move(at_first - timedelta(hours=71))
    _all_reminded(story, 1)
    story.town.move(story.before(72))
    _all_reminded(story, 2)


def test_fact_6_a_seat_freed_late_is_offered_lapses_and_is_offered_on(story: Hall) -> None:
    story.town.move(story.before(30))
    gone, fourth, fifth = story.confirmed[0], story.waiting[0], story.waiting[1]
    assert story.answer(gone, "no")["state"] == "declined"
    offered = story.own(fourth)
    assert (offered["state"], offered["position"]) == ("offered", None)
    until = datetime.fromisoformat(offered["offer_until"])
    assert timedelta(0) <= until - story.before(18) < timedelta(minutes=5)
    soon(lambda: story.told(fourth, "event.offered"), 5)
    assert story.own(fifth)["state"] == "waitlisted"
    story.confirmed.remove(gone)
    story.town.move(story.before(24))
    story.town.move(story.before(20))
    _second_event(story)
    assert story.own(fourth)["state"] == "offered"
    story.town.move(until)
    assert story.own(fourth)["state"] == "declined"
    assert story.own(fifth)["state"] == "offered"
    soon(lambda: story.told(fifth, "event.offered"), 5)
    assert story.answer(fifth)["state"] == "confirmed"
    assert story.read()["registered_count"] == SIZE.seats
    story.waiting = story.waiting[2:]


LATE = "late"
_LATE: dict[str, str] = {}


def _second_event(story: Hall) -> None:
    """Somebody has a seat elsewhere 20 hours before: there are seats left."""
    body = {
        "event_type": "meeting",
        "title": "The small hall",
        "starts_at": story.starts_at.isoformat(),
        "duration_minutes": 30,
        "capacity": 3,
    }
    made = story.organizer.post("/v1/events", body)
    assert made.status_code == 201, made.text
    _LATE[LATE] = made.json()["id"]
    path = f"/v1/events/{made.json()['id']}"
    assert story.organizer.post(f"{path}/open").json()["phase"] == "upcoming"
    answer = story.members[-1].call("PUT", f"{path}/rsvp", {"answer": "yes"})
    assert answer.json()["state"] == "confirmed"


def test_fact_7_the_last_reminders_tell_where_and_reach_who_came_late(story: Hall) -> None:
    """At 24 hours, where fact 6 went by, and at 2 hours; who came at 20 hours gets the last one alone."""
    assert story.read()["phase"] == "upcoming"
    _all_reminded_but_the_last_comer(story, 3)
    assert "Community hall, Market Street 4" in story.told(story.confirmed[0], REMINDER)[0]["reason"]
    story.town.move(story.before(2))
    _all_reminded_but_the_last_comer(story, 4)
    soon(lambda: _reminders(story, story.members[-1], _LATE[LATE]), 60)
    story.town.move(story.before(0))
    soon(lambda: story.read()["phase"] == "in_progress", 5)
    assert _reminders(story, story.members[-1], _LATE[LATE]) == 1
    _all_reminded_but_the_last_comer(story, 4)
    assert story.read()["registered_count"] == SIZE.seats


def _all_reminded_but_the_last_comer(story: Hall, times: int) -> None:
    def right(person: Person) -> bool:
        return _reminders(story, person) == times

    soon(lambda: all(story.town.each(story.confirmed, right)), 60)
