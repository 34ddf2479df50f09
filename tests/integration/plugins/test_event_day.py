"""The day of an event through the public API: tickets, check-ins, questions, calendars, what is said of it after."""

import base64
import runpy
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from ical.calendar_stream import IcsCalendarStream

from tests.scenarios.town import Town, town
from tests.support.community import Person, until

TOXIC = "You stupid worthless idiot, I hate you and hope that you die, disgusting horrible pathetic scum"
SCANNER = Path(__file__).parents[3] / "docs" / "examples" / "scan_tickets.py"
GUESTS = 8


@attrs.define
class Day:
    """An event with its organizer, somebody at the door, and guests who have seats."""

    town: Town
    organizer: Person
    door: Person
    guests: list[Person]
    stranger: Person
    id: str

    @property
    def path(self) -> str:
        return f"/v1/events/{self.id}"

    def code(self, guest: Person) -> str:
        answer = guest.get(f"{self.path}/ticket")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["code"])

    def view(self) -> dict[str, Any]:
        found: dict[str, Any] = self.organizer.get(self.path).json()
        return found

    def scan(self, code: str, *, minutes: float = 0, scanner: str = "door_1") -> dict[str, str]:
        at = self.town.now + timedelta(minutes=minutes)
        return {"code": code, "scanned_at": at.isoformat(), "scanner_id": scanner}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    with town(tmp_path_factory.mktemp("day"), "logging.level=debug") as made:
        organizer, door = made.people("host", 2, level="member")
        guests = made.people("guest", GUESTS, level="member")
        stranger = made.people("stranger", 1, level="member")[0]
        body = {
            "event_type": "town_hall",
            "title": "Clinics; a town hall, for all",
            "description": "Come;\nand, ask",
            "starts_at": (made.now + timedelta(days=9)).isoformat(),
            "duration_minutes": 90,
            "location": "Hall 1, Market Street",
            "virtual_link": "https://meet.example.org/clinics",
            "visibility": "members_only",
            "staff": [door.id],
        }
        answer = organizer.post("/v1/events", body)
        assert answer.status_code == 201, answer.text
        event = answer.json()["id"]
        assert organizer.post(f"/v1/events/{event}/open").status_code == 200
        for guest in guests:
            assert guest.call("PUT", f"/v1/events/{event}/rsvp", {"answer": "yes"}).json()["state"] == "confirmed"
        yield Day(made, organizer, door, guests, stranger, event)


def test_tickets_are_there_from_a_day_before(day: Day) -> None:
    early = day.guests[0].get(f"{day.path}/ticket")
    assert (early.status_code, early.json()["code"]) == (404, "ticket_early")
    assert day.stranger.get(f"{day.path}/ticket").json()["code"] == "ticket_missing"
    day.town.move(day.town.now + timedelta(days=8, minutes=1))
    ticket = day.guests[0].get(f"{day.path}/ticket").json()
    assert day.code(day.guests[0]) == ticket["code"] != day.code(day.guests[1])
    assert ET.fromstring(ticket["qr_svg"]).tag.endswith("svg")
    assert day.guests[0].id not in str(ticket)


def test_a_scanner_without_a_connection_needs_the_public_key_alone(day: Day) -> None:
    judge = runpy.run_path(str(SCANNER))["judge"]
    jwk = day.town.platform.http.get("/v1/ticket-key").json()
    assert (jwk["kty"], jwk["crv"]) == ("OKP", "Ed25519")
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk["x"] + "="))
    code, now = day.code(day.guests[0]), day.town.now.timestamp()
    assert judge(key, day.id, code, now)[0] == "welcome"
    assert judge(key, "evt_other", code, now)[0] == "for another event"
    assert judge(key, day.id, code[:60] + ("A" if code[60] != "A" else "B") + code[61:], now)[0] == "forged"


def test_a_code_is_taken_once_and_by_the_staff(day: Day) -> None:
    code = day.code(day.guests[0])
    assert day.guests[1].post(f"{day.path}/check-ins", {"code": code}).json()["code"] == "not_staff"
    first = day.door.post(f"{day.path}/check-ins", day.scan(code))
    assert (first.status_code, first.json()["outcome"]) == (201, "accepted")
    again = day.organizer.post(f"{day.path}/check-ins", day.scan(code, scanner="door_2"))
    assert (again.status_code, again.json()["code"]) == (409, "code_used")
    assert day.view()["attended_count"] == 1


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"code": "A" * 130}, 409, ("ticket_invalid", "ticket_elsewhere")),
        ({"code": "A"}, 409, ("ticket_invalid",)),
        ({"code": "Ａ" * 130}, 400, ("invalid",)),  # noqa: RUF001
        ({"code": "A", "venue_code": "b"}, 400, ("check_in_invalid",)),
        ({}, 400, ("check_in_invalid",)),
        ({"join": "by_phone"}, 400, ("invalid",)),
        ({"code": "A", "scanned_at": "2026-03-01T12:00:00"}, 400, ("invalid",)),
        ({"code": "A", "scanned_at": "99999-03-01T12:00:00Z"}, 400, ("invalid",)),
        ({"code": "A", "scanner_id": "a b"}, 400, ("invalid",)),
        ({"venue_code": "zzzzzz"}, 400, ("venue_code_invalid",)),
    ],
)
def test_whatever_else_is_sent_is_refused(day: Day, body: dict[str, str], status: int, said: tuple[str, ...]) -> None:
    answer = day.door.post(f"{day.path}/check-ins", body)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] in said


def test_a_batch_says_of_each_scan_what_became_of_it(day: Day) -> None:
    codes = [day.code(guest) for guest in day.guests[:4]]
    scans = [
        day.scan(codes[0], minutes=1),
        day.scan(codes[1]),
        day.scan(codes[1], minutes=-5, scanner="door_2"),
        day.scan(codes[2]) | {"scanned_at": "0001-01-01T00:00:00+14:00"},
        day.scan(codes[2]) | {"scanned_at": "9999-12-31T23:59:59-14:00"},
        day.scan("A" * 130),
        day.scan(codes[3]),
    ]
    assert day.guests[0].post(f"{day.path}/check-ins/batch", {"scans": scans}).json()["code"] == "not_staff"
    first = day.door.post(f"{day.path}/check-ins/batch", {"scans": scans})
    assert first.status_code == 200, first.text
    outcomes = [each["outcome"] for each in first.json()["items"]]
    assert outcomes == ["duplicate", "duplicate", "accepted", "invalid", "invalid", "invalid", "accepted"]
    again = day.organizer.post(f"{day.path}/check-ins/batch", {"scans": scans[::-1]})
    assert [each["outcome"] for each in again.json()["items"]] == outcomes[::-1]
    assert day.view()["attended_count"] == 3


def test_members_check_themselves_in_by_the_code_on_the_wall_or_online(day: Day) -> None:
    assert day.guests[4].get(f"{day.path}/venue-code").json()["code"] == "not_staff"
    assert day.guests[4].post(f"{day.path}/check-ins", {"join": "online"}).json()["code"] == "check_in_closed"
    day.town.move(day.town.now + timedelta(hours=23))
    shown = day.door.get(f"{day.path}/venue-code").json()
    assert day.guests[4].post(f"{day.path}/check-ins", {"venue_code": shown["venue_code"]}).status_code == 201
    assert day.guests[4].post(f"{day.path}/check-ins", {"join": "online"}).status_code == 200
    day.town.move(day.town.now + timedelta(minutes=25))
    stale = day.guests[5].post(f"{day.path}/check-ins", {"venue_code": shown["venue_code"]})
    assert stale.json()["code"] == "venue_code_invalid"
    assert day.guests[5].post(f"{day.path}/check-ins", {"join": "online"}).json()["way"] == "online"
    assert day.stranger.post(f"{day.path}/check-ins", {"join": "online"}).json()["code"] == "seat_missing"
    assert day.view()["attended_count"] == 5
    attendees = day.organizer.get(f"{day.path}/attendees").json()["items"]
    assert sum(each["checked_in_at"] is not None for each in attendees) == 5


def test_a_question_is_screened_like_a_post(day: Day) -> None:
    polite = day.guests[0].post(f"{day.path}/questions", {"body": "When does the clinic open?"}).json()
    until(lambda: [each["id"] for each in day.guests[1].get(f"{day.path}/questions").json()["items"]] == [polite["id"]])
    toxic = day.guests[2].post(f"{day.path}/questions", {"body": TOXIC}).json()["id"]
    own = until(lambda: _status(day, day.guests[2], toxic) in ("held", "hidden") and _status(day, day.guests[2], toxic))
    assert own in ("held", "hidden")
    assert TOXIC not in day.guests[1].get(f"{day.path}/questions?sort=top").text
    assert day.guests[1].call("PUT", f"/v1/questions/{toxic}/upvote").status_code == 404
    moderator = day.town.given_role(day.town.platform.join("mod_1"), "moderator")
    cases = until(lambda: [each for each in moderator.get("/v1/moderation/cases").json()["items"]])  # noqa: C416
    (case,) = [each["id"] for each in cases if each["post_id"] == toxic]
    assert moderator.post(f"/v1/moderation/cases/{case}/claim").status_code == 200
    decision = {"action": "publish", "rule": "respect", "guidelines_version": "2026-01", "reason": "A quotation."}
    assert moderator.post(f"/v1/moderation/cases/{case}/decisions", decision).status_code == 200
    until(lambda: TOXIC in day.guests[1].get(f"{day.path}/questions?sort=top").text)


def _status(day: Day, person: Person, question: str) -> str:
    items = person.get(f"{day.path}/questions").json()["items"]
    return next((str(each["status"]) for each in items if each["id"] == question), "")


def test_questions_are_wanted_once_by_each_and_answered_by_who_may(day: Day) -> None:
    guests = day.guests
    question = guests[3].post(f"{day.path}/questions", {"body": "Who pays for the nurses?"}).json()["id"]
    until(lambda: _status(day, guests[4], question) == "published")
    for who in (guests[4], guests[4], guests[5]):
        assert who.call("PUT", f"/v1/questions/{question}/upvote").status_code == 204
    assert guests[3].call("PUT", f"/v1/questions/{question}/upvote").json()["code"] == "own_question"
    top = guests[0].get(f"{day.path}/questions", params={"sort": "top", "limit": 1}).json()
    assert (top["items"][0]["id"], top["items"][0]["upvotes"]) == (question, 2)
    rest = guests[0].get(f"{day.path}/questions", params={"sort": "top", "cursor": top["next_cursor"]}).json()
    assert len(rest["items"]) == 2
    assert guests[4].call("DELETE", f"/v1/questions/{question}/upvote").status_code == 204
    assert guests[4].call("PATCH", f"/v1/questions/{question}", {"state": "answered"}).json()["code"] == "not_staff"
    assert day.door.call("PATCH", f"/v1/questions/{question}", {"state": "answered"}).json()["upvotes"] == 1
    outside = day.town.platform.join("outside_1")
    assert outside.get(f"{day.path}/questions").status_code == 404
    assert outside.call("PUT", f"/v1/questions/{question}/upvote").status_code == 404


# --- calendars ---


def test_an_event_is_read_by_another_library(day: Day) -> None:
    answer = day.guests[0].get(f"{day.path}/calendar.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    (event,) = IcsCalendarStream.calendar_from_ics(answer.text).events
    view = day.view()
    assert (event.summary, event.status, event.sequence) == ("Clinics; a town hall, for all", "CONFIRMED", 0)
    assert event.description == "Come;\nand, ask"
    assert str(event.dtstart)[:19].replace(" ", "T") == view["starts_at"][:19]
    assert "meet.example.org" not in answer.text
    assert day.town.platform.http.get(f"{day.path}/calendar.ics").status_code == 404


def test_a_feed_opens_with_its_token_and_nothing_else_does_until_it_is_taken_back(day: Day) -> None:
    guest, http = day.guests[6], day.town.platform.http
    url = guest.call("PUT", "/v1/me/calendar-feed").json()["url"]
    assert guest.call("PUT", "/v1/me/calendar-feed").json()["url"] == url
    feed = http.get(url)
    assert feed.status_code == 200, feed.text
    assert [each.uid for each in IcsCalendarStream.calendar_from_ics(feed.text).events] == [f"{day.id}@diramoja"]
    token = url.partition("=")[2]
    headers = {"authorization": f"Bearer {token}"}
    assert [http.get(path, headers=headers).status_code for path in ("/v1/me", f"{day.path}/ticket")] == [401, 401]
    assert http.get(url + "x").json()["code"] == http.get(url.replace("=", "=x")).json()["code"] == "token_invalid"
    assert http.get("/v1/me/calendar.ics").status_code == 400
    assert guest.call("DELETE", "/v1/me/calendar-feed").status_code == 204
    assert http.get(url).status_code == 401
    assert guest.call("PUT", "/v1/me/calendar-feed").json()["url"] != url
    assert token not in day.town.platform.errors.read_text()


def test_a_change_has_a_higher_sequence(day: Day) -> None:
    starts_at = day.town.now.replace(microsecond=0) + timedelta(days=400)
    body = {"event_type": "meeting", "title": "After", "starts_at": starts_at.isoformat(), "duration_minutes": 60}
    path = f"/v1/events/{day.organizer.post('/v1/events', body).json()['id']}"
    assert day.organizer.post(f"{path}/open").status_code == 200

    def read() -> tuple[int | None, object, str]:
        (event,) = IcsCalendarStream.calendar_from_ics(day.guests[0].get(f"{path}/calendar.ics").text).events
        return event.sequence, event.dtstart, str(event.status and event.status.value)

    assert read() == (0, starts_at, "CONFIRMED")
    later = (starts_at + timedelta(days=1)).astimezone(timezone(timedelta(hours=3)))
    assert day.organizer.call("PATCH", path, {"starts_at": later.isoformat()}).status_code == 200
    assert read() == (1, later, "CONFIRMED")
    assert day.organizer.post(f"{path}/cancel", {"reason": "No hall."}).status_code == 200
    assert read() == (2, later, "CANCELLED")


# --- after it ---


def test_a_topic_names_the_event_and_the_event_names_it(day: Day) -> None:
    body = {"title": "Night clinics", "description": "", "category": "healthcare", "event_id": day.id}
    for person, title in ((day.guests[0], "Night clinics"), (day.stranger, "Buy watches")):
        made = person.post("/v1/topics", body | {"title": title})
        assert made.status_code == 201, made.text
        assert person.get(f"/v1/topics/{made.json()['id']}").json()["event_id"] == day.id
    until(lambda: day.view()["topics"])
    assert [each["title"] for each in day.view()["topics"]] == ["Night clinics"]


def test_feedback_is_given_once_by_who_was_there(day: Day) -> None:
    early = day.guests[0].post(f"{day.path}/feedback", {"rating": 5})
    assert early.json()["code"] == "event_upcoming"
    day.town.move(day.town.now + timedelta(hours=3))
    until(lambda: day.view()["phase"] == "completed")
    there = [day.guests[place] for place in (0, 1, 3, 4, 5)]
    until(lambda: all(day.town.notices(each, "event.survey") for each in there))
    for place, guest in enumerate(there, start=1):
        answer = guest.post(f"{day.path}/feedback", {"rating": 4, "text": f"Remark {place}"})
        assert answer.status_code == 201, answer.text
        assert (day.view()["feedback_score"] is None) == (place < 5)
        comments = day.organizer.get(f"{day.path}/feedback/comments").json()["items"]
        assert len(comments) == (5 if place == 5 else 0)
    assert there[0].post(f"{day.path}/feedback", {"rating": 1}).json()["code"] == "feedback_given"
    assert day.guests[7].post(f"{day.path}/feedback", {"rating": 1}).json()["code"] == "not_attended"
    assert day.guests[7].get(f"{day.path}/feedback").json() == {
        "count": 5,
        "feedback_score": 75,
        "ratings": [{"low": 1, "high": 5, "count": 5}],
    }
    assert day.guests[0].get(f"{day.path}/feedback/comments").json()["code"] == "not_organizer"


def test_the_report_is_for_the_organizer(day: Day) -> None:
    assert day.guests[0].get(f"{day.path}/report").json()["code"] == "not_organizer"
    report = day.organizer.get(f"{day.path}/report").json()
    assert (report["registered"], report["attended"], report["online"]) == (GUESTS, 5, 1)
    assert sum(each["count"] for each in report["check_ins"]) == 5
    assert sum(each["count"] for each in report["registrations"]) == GUESTS
    assert (report["questions"], report["answered"]) == (3, 1)
    assert [each["title"] for each in report["topics"]] == ["Night clinics"]
    for chart in report["charts"].values():
        assert ET.fromstring(chart).get("role") == "img"
