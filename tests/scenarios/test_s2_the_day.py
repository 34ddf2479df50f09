"""S2, a town hall, facts 8 to 12: what is asked, who comes, how it was.

The facts happen in the order of time: tickets are valid before the questions are told, and members check in after that.
Live sentiment (fact 10) comes with its plugin.
"""

import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

from tests.scenarios.hall import SIZE, Hall, hall
from tests.scenarios.town import Listener, report, soon
from tests.support.community import Person

BY_TICKET, ONLINE = SIZE.seats * 3 // 5, SIZE.seats // 5
QUESTIONS = 12
SHOWN = 5


@attrs.define
class Story:
    """The hall with all seats taken, and what the day brings."""

    hall: Hall
    door: Person
    questions: list[str] = attrs.field(factory=list)
    codes: list[str] = attrs.field(factory=list)
    listener: Listener | None = None

    @property
    def seated(self) -> list[Person]:
        return self.hall.confirmed

    def ask(self, person: Person, body: str) -> str:
        answer = person.post(f"{self.hall.path}/questions", {"body": body})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def top(self, person: Person) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = person.get(
            f"{self.hall.path}/questions", params={"sort": "top", "limit": 100}
        ).json()["items"]
        return items

    def scan(self, code: str, scanner: str, minutes: float = 0) -> dict[str, str]:
        at = self.hall.town.now + timedelta(minutes=minutes)
        return {"code": code, "scanned_at": at.isoformat(), "scanner_id": scanner}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with hall(tmp_path_factory.mktemp("s2_day")) as made:
        door = made.town.people("door", 1, level="member")[0]
        _fill(made, door)
        story = Story(made, door)
        yield story
        if story.listener is not None:
            story.listener.close()


def _fill(made: Hall, door: Person) -> None:
    """All are invited, and as many as there are seats come."""
    made.starts_at = made.town.now.replace(microsecond=0) + timedelta(days=10)
    body = {
        "event_type": "town_hall",
        "title": "Clinics in the North",
        "location": "Community hall, Market Street 4",
        "virtual_link": "https://meet.example.org/clinics",
        "visibility": "members_only",
        "starts_at": made.starts_at.isoformat(),
        "duration_minutes": 90,
        "capacity": SIZE.seats,
        "categories": ["healthcare"],
        "staff": [door.id],
    }
    planned = made.organizer.post("/v1/events", body)
    assert planned.status_code == 201, planned.text
    made.event = planned.json()["id"]
    assert made.organizer.post(f"{made.path}/open").status_code == 200
    chosen = made.organizer.post(f"{made.path}/invitations", {"interests": ["healthcare"], "regions": ["north"]})
    assert chosen.json()["selected"] == SIZE.invited  # Whoever answers before being invited is invited no more.
    soon(lambda: all(made.town.each(made.members, lambda each: made.told(each, "event.invited"))), 60)
    made.confirmed = made.members[: SIZE.seats]
    assert {each["state"] for each in made.town.each(made.confirmed, made.answer)} == {"confirmed"}


def test_fact_8_the_list_collects_questions_and_an_upvote_counts_once(story: Story) -> None:
    askers = story.seated[:QUESTIONS]
    numbered = list(enumerate(askers))
    story.questions = story.hall.town.each(numbered, lambda each: story.ask(each[1], f"Question {each[0]}?"))
    watcher = story.seated[-1]
    soon(lambda: len(story.top(watcher)) == QUESTIONS, 5)

    def want(place: int) -> None:
        """Question n is wanted by n of those who asked none, each twice."""
        for voter in story.seated[QUESTIONS : QUESTIONS + place] * 2:
            answer = voter.call("PUT", f"/v1/questions/{story.questions[place]}/upvote")
            assert answer.status_code == 204, answer.text

    story.hall.town.each(range(QUESTIONS), want)
    ordered = [(each["id"], each["upvotes"]) for each in story.top(watcher)]
    assert ordered == [(story.questions[place], place) for place in reversed(range(QUESTIONS))]


def test_fact_9_a_day_before_the_place_is_told_and_tickets_are_valid(story: Story) -> None:
    made = story.hall
    made.town.move(made.before(25))
    early = story.seated[0].get(f"{made.path}/ticket")
    assert (early.status_code, early.json()["code"]) == (404, "ticket_early")
    made.town.move(made.before(24))
    soon(lambda: all(made.town.each(story.seated, lambda each: _place_told(made, each))), 60)

    def ticket(person: Person) -> str:
        answer = person.get(f"{made.path}/ticket")
        assert answer.status_code == 200, answer.text
        assert answer.json()["valid_from"] == made.before(24).isoformat().replace("+00:00", "Z")
        assert ET.fromstring(answer.json()["qr_svg"]).tag.endswith("svg")
        return str(answer.json()["code"])

    story.codes = made.town.each(story.seated, ticket)
    assert len(set(story.codes)) == SIZE.seats
    assert made.members[-1].get(f"{made.path}/ticket").status_code == 404


def _place_told(made: Hall, person: Person) -> bool:
    return any("Market Street 4" in each["reason"] for each in made.told(person, "event.reminder"))


def test_fact_8_two_hours_before_the_organizer_gets_what_most_want_to_know(story: Story) -> None:
    made = story.hall
    assert made.told(made.organizer, "event.questions") == []
    made.town.move(made.before(2))
    (notice,) = soon(lambda: made.told(made.organizer, "event.questions"), 60)
    told = [line for line in notice["reason"].splitlines() if "Question" in line]
    wanted = range(QUESTIONS - 1, QUESTIONS - 1 - SHOWN, -1)
    assert told == [f"{rank}. Question {place}? ({place})" for rank, place in enumerate(wanted, start=1)]


def test_fact_9_members_check_in_by_code_and_online(story: Story) -> None:
    made = story.hall
    made.town.move(made.before(0.5))

    def scanned(code: str) -> tuple[int, str]:
        answer = story.door.post(f"{made.path}/check-ins", story.scan(code, "door_1"))
        return answer.status_code, answer.json()["outcome"]

    assert set(made.town.each(story.codes[: BY_TICKET - 1], scanned)) == {(201, "accepted")}
    joined = made.town.each(
        story.seated[BY_TICKET : BY_TICKET + ONLINE],
        lambda each: each.post(f"{made.path}/check-ins", {"join": "online"}).status_code,
    )
    assert set(joined) == {201}
    again = story.door.post(f"{made.path}/check-ins", story.scan(story.codes[0], "door_2"))
    assert (again.status_code, again.json()["code"]) == (409, "code_used")
    assert made.read()["attended_count"] == BY_TICKET + ONLINE - 1


def test_fact_9_of_two_offline_scanners_the_earlier_counts(story: Story) -> None:
    made, code = story.hall, story.codes[BY_TICKET - 1]
    late, early = story.scan(code, "door_2", -5), story.scan(code, "door_3", -10)
    counted = ""
    for scans, outcomes in (([late], ["accepted"]), ([early, late], ["accepted", "duplicate"])):
        answer = story.door.post(f"{made.path}/check-ins/batch", {"scans": scans})
        assert answer.status_code == 200, answer.text
        assert [each["outcome"] for each in answer.json()["items"]] == outcomes
        counted = answer.json()["items"][-1]["at"]
    assert counted == early["scanned_at"].replace("+00:00", "Z")
    assert made.read()["attended_count"] == BY_TICKET + ONLINE


def test_fact_10_it_begins_in_time_and_a_live_question_is_heard_at_once(story: Story) -> None:
    made = story.hall
    made.town.move(made.before(0))
    soon(lambda: made.read()["phase"] == "in_progress", 5)
    story.listener = listener = Listener(made.town.platform, story.seated[0], f"event:{made.event}")
    begun = time.monotonic()
    asked = story.ask(story.seated[1], "And who pays?")
    ((at, heard),) = soon(lambda: listener.named("event.question.asked"), 1)
    report("a question to a listener", [at - begun])
    assert (heard["data"]["question"], heard["data"]["body"]) == (asked, "And who pays?")


def test_fact_11_it_ends_and_who_was_there_says_once_how_it_was(story: Story) -> None:
    made = story.hall
    there = story.seated[: BY_TICKET + ONLINE]
    made.town.move(made.before(-1.5))
    soon(lambda: made.read()["phase"] == "completed", 5)
    soon(lambda: all(made.town.each(there, lambda each: made.told(each, "event.survey"))), 60)
    assert [made.told(each, "event.survey") for each in story.seated[len(there) :]] == [[]] * (SIZE.seats - len(there))

    def answer(person: Person) -> int:
        return person.post(f"{made.path}/feedback", {"rating": 4, "text": "Useful."}).status_code

    assert [answer(each) for each in there[:4]] == [201] * 4
    assert made.read()["feedback_score"] is None
    assert made.organizer.get(f"{made.path}/feedback").json()["count"] is None
    assert answer(there[4]) == 201
    assert made.read()["feedback_score"] == 75
    assert set(made.town.each(there[5:], answer)) == {201}
    second = there[0].post(f"{made.path}/feedback", {"rating": 1})
    assert (second.status_code, second.json()["code"]) == (409, "feedback_given")
    assert answer(story.seated[-1]) == 403
    assert made.organizer.get(f"{made.path}/feedback").json()["count"] == BY_TICKET + ONLINE


def test_fact_12_the_report_and_the_topics_that_came_out_of_it(story: Story) -> None:
    made = story.hall
    topics = []
    for number, person in enumerate(story.seated[:2]):
        body = {"title": f"Spun off {number}", "description": "", "category": "healthcare", "event_id": made.event}
        opened = person.post("/v1/topics", body)
        assert opened.status_code == 201, opened.text
        topics.append(opened.json()["id"])
    soon(lambda: len(made.read()["topics"]) == len(topics), 5)
    assert {each["id"] for each in made.read()["topics"]} == set(topics)
    for topic in topics:
        assert story.seated[3].get(f"/v1/topics/{topic}").json()["event_id"] == made.event
    read = made.organizer.get(f"{made.path}/report").json()
    figures = (read["invited"], read["registered"], read["attended"], read["online"])
    assert figures == (SIZE.invited, SIZE.seats, BY_TICKET + ONLINE, ONLINE)
    assert {each["id"] for each in read["topics"]} == set(topics)
    assert read["questions"] == QUESTIONS + 1
    assert all(ET.fromstring(chart).get("role") == "img" for chart in read["charts"].values())
    assert story.seated[0].get(f"{made.path}/report").status_code == 403
