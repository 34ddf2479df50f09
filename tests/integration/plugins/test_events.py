"""Events through the public API: who sees, answers and invites; what is kept from whom."""

import json
from collections.abc import Iterator
from datetime import timedelta, timezone
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.scenarios.town import Town, town
from tests.support.community import Community, Person, until

CARES: dict[str, Any] = {"interests": ["healthcare"], "region": "nairobi"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("events")) as made:
        yield made


@pytest.fixture(scope="module")
def leader(place: Town) -> Person:
    return place.people("leader", 1, level="leader")[0]


@pytest.fixture(scope="module")
def members(place: Town) -> list[Person]:
    return place.people("member", 6, level="member", **CARES)


@pytest.fixture(scope="module")
def supporter(place: Town) -> Person:
    return place.people("supporter", 1, **CARES)[0]


def plan(place: Town, organizer: Person, **more: Any) -> str:
    body: dict[str, Any] = {
        "event_type": "meeting",
        "title": "Clinics by the river",
        "starts_at": (place.now + timedelta(days=20)).isoformat(),
        "duration_minutes": 60,
        "virtual_link": "https://meet.example.org/river",
    }
    made = organizer.post("/v1/events", body | more)
    assert made.status_code == 201, made.text
    return f"/v1/events/{made.json()['id']}"


def opened(place: Town, organizer: Person, **more: Any) -> str:
    path = plan(place, organizer, **more)
    answer = organizer.post(f"{path}/open")
    assert answer.status_code == 200, answer.text
    return path


def answer(person: Person, path: str, word: str = "yes", *, accessible: bool = False) -> dict[str, Any]:
    found = person.call("PUT", f"{path}/rsvp", {"answer": word, "accessible": accessible})
    assert found.status_code == 200, found.text
    shown: dict[str, Any] = found.json()
    return shown


def listed(person: Person, **params: str) -> list[str]:
    found = person.get("/v1/events", params={"limit": "100"} | params)
    assert found.status_code == 200, found.text
    return [f"/v1/events/{each['id']}" for each in found.json()["items"]]


def reads(platform: Community, person: Person | None, path: str) -> int:
    return person.get(path).status_code if person else platform.http.get(path).status_code


# --- who sees what ---


@pytest.mark.parametrize(
    ("visibility", "guest", "supporters", "others"),
    [("public", 200, 200, 200), ("members_only", 404, 404, 200), ("invite_only", 404, 404, 404)],
)
def test_who_sees_an_event(
    place: Town, leader: Person, members: list[Person], supporter: Person, *, visibility: str, guest: int,
    supporters: int, others: int,
) -> None:  # fmt: skip
    path = plan(place, leader, visibility=visibility)
    readers = (None, supporter, members[0])
    assert [reads(place.platform, each, path) for each in readers] == [404, 404, 404]
    assert path not in listed(members[0])
    leader.post(f"{path}/open")
    assert [reads(place.platform, each, path) for each in readers] == [guest, supporters, others]
    for reader, status in ((supporter, supporters), (members[0], others)):
        assert (path in listed(reader)) == (status == 200)
        word = reader.call("PUT", f"{path}/rsvp", {"answer": "maybe"})
        assert word.status_code == status, word.text
        assert reader.get(f"{path}/rsvp").status_code == status
        with connect(
            place.platform.url.replace("http", "ws") + "/v1/live",
            additional_headers={"authorization": f"Bearer {reader.token}"},
        ) as socket:
            json.loads(socket.recv(10))
            socket.send(json.dumps({"type": "subscribe", "channels": [path.replace("/v1/events/", "event:")]}))
            assert json.loads(socket.recv(10))["type"] == ("subscribed" if status == 200 else "error")


def test_who_is_invited_sees_and_answers(place: Town, leader: Person, members: list[Person]) -> None:
    path = opened(place, leader, visibility="invite_only")
    one = members[1]
    assert one.get(path).status_code == 404
    invited = leader.post(f"{path}/invitations", {"member_ids": [one.id]})
    assert (invited.status_code, invited.json()) == (202, {"selected": 1, "suppressed": 0})
    until(lambda: one.get(path).status_code == 200)
    assert answer(one, path)["state"] == "confirmed"
    assert path in listed(one, mine="attending")
    stranger, official = members[2], place.people("official", 1, level="official")[0]
    assert path not in listed(stranger)
    for method, rest, body in (
        ("PATCH", "", {"title": "Mine"}),
        ("POST", "/open", None),
        ("POST", "/cancel", {"reason": "Mine."}),
        ("POST", "/invitations", {"member_ids": [stranger.id]}),
        ("DELETE", "/rsvp", None),
        ("GET", "/attendees", None),
        ("GET", "/connections", None),
    ):
        refused = stranger.call(method, path + rest, body)
        assert (refused.status_code, refused.json()["code"]) == (404, "event_missing"), (method, rest)
    assert official.post(f"{path}/cancel", {"reason": "The hall is closed."}).json()["phase"] == "cancelled"


def test_the_search_finds_public_events_alone(place: Town, leader: Person, members: list[Person]) -> None:
    public = opened(place, leader, title="Zebra crossing", description="Where the children go.")
    hidden = opened(place, leader, title="Zebra parade", visibility="members_only")

    def found(who: Person) -> list[str]:
        items = who.get("/v1/search", params={"q": "zebra", "type": "event"}).json()["items"]
        return [f"/v1/events/{each['id']}" for each in items]

    until(lambda: found(members[0]) == [public])
    assert hidden not in found(leader)
    leader.post(f"{public}/cancel", {"reason": "Roadworks."})
    until(lambda: found(members[0]) == [])


def test_the_link_is_for_who_has_a_seat(place: Town, leader: Person, members: list[Person]) -> None:
    path = opened(place, leader, capacity=1)
    first, second = members[:2]
    answer(first, path)
    assert answer(second, path) == {
        "state": "waitlisted", "position": 1, "offer_until": None, "answer": "yes", "accessible": False,
    }  # fmt: skip
    assert first.get(path).json()["virtual_link"] == "https://meet.example.org/river"
    assert "virtual_link" not in second.get(path).json()
    assert "staff" not in first.get(path).json()
    (shown,) = [each for each in second.get("/v1/events").json()["items"] if path.endswith(each["id"])]
    assert "virtual_link" not in shown


def test_a_wall_hides_an_event_both_ways(place: Town, leader: Person, members: list[Person]) -> None:
    path = opened(place, leader)
    walled = members[3]
    answer(walled, path)
    assert walled.call("PUT", f"/v1/members/{leader.id}/block").status_code == 204
    until(lambda: walled.get(path).status_code == 404)
    assert path not in listed(walled)
    assert walled.call("PUT", f"{path}/rsvp", {"answer": "yes"}).status_code == 404
    assert leader.get(f"{path}/attendees").json()["items"] == []
    assert walled.call("DELETE", f"{path}/rsvp").status_code == 200  # Taking back is open to all.
    invited = leader.post(f"{path}/invitations", {"member_ids": [walled.id]})
    assert invited.json() == {"selected": 0, "suppressed": 0}  # As if there were no such member.
    assert walled.call("DELETE", f"/v1/members/{leader.id}/block").status_code == 204


# --- who does what ---


def test_attendees_are_their_organizers_secret(place: Town, leader: Person, members: list[Person]) -> None:
    path = opened(place, leader, capacity=3, accessible_seats=1)
    answer(members[0], path)
    answer(members[1], path, accessible=True)
    answer(members[2], path, "maybe")
    for other in (members[0], place.admin):
        assert other.get(f"{path}/attendees").status_code == 403
    items = leader.get(f"{path}/attendees").json()["items"]
    assert [(each["username"], each["state"], each["accessible"]) for each in items] == [
        ("member_0", "confirmed", False),
        ("member_1", "confirmed", True),
        ("member_2", "maybe", False),
    ]
    first = leader.get(f"{path}/attendees", params={"limit": 2}).json()
    rest = leader.get(f"{path}/attendees", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [each["member_id"] for each in first["items"] + rest["items"]] == [each.id for each in members[:3]]
    assert rest["next_cursor"] is None


def test_who_agrees_to_be_named_meets_who_agrees_too(
    place: Town, leader: Person, members: list[Person], supporter: Person
) -> None:
    path = opened(place, leader)
    one, other, shy, absent = members[:4]
    for person in (one, other, shy, supporter):
        answer(person, path)
    for person in (one, other, absent):
        assert person.call("PUT", "/v1/me/consents", {"connect": True}).status_code == 200
    until(lambda: one.get(f"{path}/connections").status_code == 200)
    shown = {"member_id": other.id, "username": other.username, "interests": ["healthcare"]}
    assert one.get(f"{path}/connections").json() == {"items": [shown], "next_cursor": None}
    for person in (shy, absent):
        refused = person.get(f"{path}/connections")
        assert (refused.status_code, refused.json()["code"]) == (403, "consent_missing")
    assert other.call("PUT", f"/v1/members/{one.id}/block").status_code == 204
    until(lambda: one.get(f"{path}/connections").json()["items"] == [])
    assert other.call("DELETE", f"/v1/members/{one.id}/block").status_code == 204


def test_invitations_by_segment_reach_the_regions_below(
    place: Town, leader: Person, members: list[Person], supporter: Person
) -> None:
    path = opened(place, leader, visibility="members_only")
    wanted = {"interests": ["healthcare"], "regions": ["centre"]}
    assert members[0].post(f"{path}/invitations", wanted).json()["code"] == "not_organizer"
    assert leader.post(f"{path}/invitations", {"regions": ["atlantis"]}).json()["code"] == "region_unknown"
    assert leader.post(f"{path}/invitations", {}).json()["code"] == "invitation_empty"
    invited = leader.post(f"{path}/invitations", wanted, key="once")
    assert (invited.status_code, invited.json()) == (202, {"selected": 6, "suppressed": None})
    again = leader.post(f"{path}/invitations", wanted, key="once")
    assert (again.status_code, again.json()) == (202, invited.json())

    def told(person: Person) -> list[str]:
        found = place.notices(person, "event.invited")
        return [each["reason"] for each in found if path.endswith(each["subject"]["id"])]

    until(lambda: all(len(told(each)) == 1 for each in members))
    later = leader.post(f"{path}/invitations", wanted)
    assert later.json() == {"selected": None, "suppressed": 5}
    named = leader.post(f"{path}/invitations", wanted | {"member_ids": [members[0].id]})
    assert named.json() == {"selected": None, "suppressed": 6}  # Five who are not named, and one who is.
    assert leader.get(f"{path}/report").json()["invited"] == 6
    assert told(members[0])[0].startswith("You are invited to Clinics by the river on 20")
    assert told(supporter) == []  # Members only.
    small = opened(place, members[0])
    assert members[0].post(f"{small}/invitations", wanted).json()["code"] == "not_leader"


def test_the_same_key_gives_the_same_answer(place: Town, leader: Person, members: list[Person]) -> None:
    path = opened(place, leader, capacity=1)
    first = members[0].call("PUT", f"{path}/rsvp", {"answer": "yes"}, key="mine")
    assert members[0].call("PUT", f"{path}/rsvp", {"answer": "yes"}, key="mine").json() == first.json()
    assert members[0].call("PUT", f"{path}/rsvp", {"answer": "no"}, key="mine").status_code == 409
    assert leader.get(path).json()["registered_count"] == 1
    assert members[0].get(f"{path}/rsvp").json()["state"] == "confirmed"
    assert members[5].get(f"{path}/rsvp").json()["code"] == "rsvp_missing"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"starts_at": "2001-01-01T00:00:00Z"}, "event_past"),
        ({"starts_at": "0001-01-01T00:00:00+23:59"}, "event_past"),
        ({"starts_at": "9999-12-31T23:59:59-23:59"}, "event_too_far"),
        ({"starts_at": "2101-01-01T00:00:00"}, "invalid"),
        ({"capacity": 0}, "invalid"),
        ({"capacity": 2, "accessible_seats": 3}, "seats_invalid"),
        ({"virtual_link": "javascript:alert(1)"}, "invalid"),
        ({"resources": [{"title": "Map", "url": "http://plain.example.org"}]}, "invalid"),
        ({"phase": "completed"}, "invalid"),
    ],
)
def test_what_cannot_be_planned(place: Town, leader: Person, more: dict[str, Any], code: str) -> None:
    body = {"event_type": "rally", "title": "March", "starts_at": "2027-06-01T00:00:00Z", "duration_minutes": 60}
    refused = leader.post("/v1/events", body | more)
    assert (refused.json()["code"], refused.status_code // 100) == (code, 4), refused.text


def test_times_are_utc_wherever_they_come_from(place: Town, leader: Person) -> None:
    starts = (place.now + timedelta(days=9)).replace(microsecond=0)
    path = plan(place, leader, starts_at=starts.astimezone(timezone(timedelta(hours=3))).isoformat())
    assert leader.get(path).json()["starts_at"] == starts.isoformat().replace("+00:00", "Z")


def test_calling_off_tells_all_who_answered(place: Town, leader: Person, members: list[Person]) -> None:
    path = opened(place, leader, capacity=1)
    for person, word in zip(members, ("yes", "yes", "maybe", "no"), strict=False):
        answer(person, path, word)
    assert members[0].post(f"{path}/cancel", {"reason": "Mine."}).status_code == 403
    gone = leader.post(f"{path}/cancel", {"reason": "The hall is flooded."})
    assert (gone.json()["phase"], gone.json()["cancel_reason"]) == ("cancelled", "The hall is flooded.")

    def told(person: Person) -> int:
        found = place.notices(person, "event.cancelled")
        return sum(path.endswith(each["subject"]["id"]) for each in found)

    until(lambda: [told(each) for each in members[:3]] == [1, 1, 1])
    assert [told(each) for each in (*members[3:], leader)] == [0, 0, 0, 0]
    assert members[4].call("PUT", f"{path}/rsvp", {"answer": "yes"}).json()["code"] == "event_cancelled"
    assert path in listed(members[4], when="past")
    assert path not in listed(members[4])


def test_who_is_invited_and_has_not_answered_hears_of_a_move_and_of_the_end(
    place: Town, leader: Person, members: list[Person]
) -> None:
    path = opened(place, leader)
    declined, walled, late, silent = members[0], members[1], members[2], members[3]

    def told(person: Person, what: str) -> int:
        return sum(path.endswith(each["subject"]["id"]) for each in place.notices(person, f"event.{what}"))

    asked = [declined, walled, silent]
    leader.post(f"{path}/invitations", {"member_ids": [each.id for each in asked]})
    until(lambda: [told(each, "invited") for each in asked] == [1, 1, 1])
    answer(declined, path, "no")
    assert walled.call("PUT", f"/v1/members/{leader.id}/block").status_code == 204
    until(lambda: walled.get(path).status_code == 404)
    moved = leader.call("PATCH", path, {"starts_at": (place.now + timedelta(days=21)).isoformat()})
    assert moved.status_code == 200, moved.text
    until(lambda: told(silent, "rescheduled") == 1)
    leader.post(f"{path}/invitations", {"member_ids": [late.id]})
    until(lambda: told(late, "invited") == 1)
    assert leader.post(f"{path}/cancel", {"reason": "The hall is flooded."}).status_code == 200
    until(lambda: [told(each, "cancelled") for each in (late, silent)] == [1, 1])
    assert [told(each, "cancelled") for each in (declined, walled, leader)] == [0, 0, 0]
    assert [told(each, "rescheduled") for each in (declined, walled, late)] == [0, 0, 0]
    assert walled.call("DELETE", f"/v1/members/{leader.id}/block").status_code == 204


def test_lists_are_paged_and_filtered(place: Town, leader: Person, members: list[Person]) -> None:
    starts = place.now + timedelta(days=300)
    paths = [
        opened(
            place, leader, event_type="training", starts_at=(starts + timedelta(days=day)).isoformat(),
            categories=["education"],
        )
        for day in (2, 0, 1)
    ]  # fmt: skip
    wanted = [paths[1], paths[2], paths[0]]
    assert listed(members[0], type="training") == wanted
    assert listed(members[0], type="training", category="economy") == []
    assert listed(members[0], type="training", to=(starts + timedelta(days=1)).isoformat()) == wanted[:1]
    found: list[str] = []
    cursor = ""
    while True:
        params = {"type": "training", "limit": "1"} | ({"cursor": cursor} if cursor else {})
        page = members[0].get("/v1/events", params=params).json()
        found += [f"/v1/events/{each['id']}" for each in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert found == wanted
    assert set(wanted) <= set(listed(leader, mine="organized"))
    assert listed(members[0], mine="organized", type="training") == []
    assert members[0].get("/v1/events", params={"cursor": "WzFd"}).json()["code"] == "cursor_invalid"
    assert listed(members[0], type="training", **{"from": "2001-01-01T00:00:00"}) == wanted  # Without a zone: UTC.
    assert members[0].get("/v1/events", params={"to": "9999-12-31T23:59:59-23:59"}).json()["code"] == "time_invalid"


def test_what_was_attended_is_shown_as_a_contribution(place: Town, leader: Person, members: list[Person]) -> None:
    assert members[0].get(f"/v1/members/{members[0].id}").json()["contributions"]["events"] == 0
    names = [each["name"] for each in members[0].get("/v1/me/engagement").json()["components"]]
    assert "events" in names  # One was open to them: not to go counts.
