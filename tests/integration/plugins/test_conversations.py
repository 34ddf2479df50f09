"""Conversations through the public API: who takes part, what is stored, what moderators see."""

import json
from collections.abc import Iterator

import pytest
from websockets.sync.client import connect

from tests.support.community import Community, Person, community, until

SECRET = "The treasurer is my cousin"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    with community(tmp_path_factory.mktemp("conversations")) as made:
        yield made


@pytest.fixture(scope="module")
def people(platform: Community) -> tuple[Person, Person, Person]:
    return platform.join("amina"), platform.join("baraka"), platform.join("chausiku")


@pytest.fixture(scope="module")
def pair(people: tuple[Person, Person, Person]) -> str:
    amina, baraka, _ = people
    made = amina.post("/v1/conversations", {"member_ids": [baraka.id]})
    assert made.status_code == 201, made.text
    again = baraka.post("/v1/conversations", {"member_ids": [amina.id]})
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    return str(made.json()["id"])


def say(person: Person, conversation: str, body: str, **more: str) -> str:
    answer = person.post(f"/v1/conversations/{conversation}/messages", {"body": body} | more)
    assert answer.status_code == 201, answer.text
    assert answer.json()["body"] == body
    return str(answer.json()["id"])


def test_what_is_said_is_read_by_the_other_and_by_nobody_else(people: tuple[Person, Person, Person], pair: str) -> None:
    amina, baraka, stranger = people
    message = say(amina, pair, SECRET)
    (found,) = baraka.get(f"/v1/conversations/{pair}/messages").json()["items"]
    assert (found["id"], found["body"], found["sender_id"]) == (message, SECRET, amina.id)
    for path in ("", "/messages"):
        assert stranger.get(f"/v1/conversations/{pair}{path}").status_code == 404
    assert stranger.post(f"/v1/conversations/{pair}/messages", {"body": "Let me in"}).status_code == 404
    assert stranger.post(f"/v1/messages/{message}/reports", {"reason": "spam"}).status_code == 404
    assert stranger.get("/v1/conversations").json()["items"] == []


def test_a_receipt_is_seen_and_unread_falls(people: tuple[Person, Person, Person], pair: str) -> None:
    amina, baraka, _ = people
    last = say(amina, pair, "Are you there?")
    (listed,) = baraka.get("/v1/conversations").json()["items"]
    assert listed["unread"] == listed["last_number"]
    assert baraka.call("PUT", f"/v1/conversations/{pair}/read", {"up_to": last}).status_code == 204
    shown = amina.get(f"/v1/conversations/{pair}").json()
    assert {each["member_id"]: each["read_number"] for each in shown["members"]}[baraka.id] == shown["last_number"]
    assert baraka.get(f"/v1/conversations/{pair}").json()["unread"] == 0


def test_a_channel_is_heard_by_who_takes_part_alone(
    platform: Community, people: tuple[Person, Person, Person], pair: str
) -> None:
    amina, baraka, stranger = people
    for person, frame_type in ((baraka, "subscribed"), (stranger, "error")):
        with connect(
            platform.url.replace("http", "ws") + "/v1/live",
            additional_headers={"authorization": f"Bearer {person.token}"},
        ) as socket:
            json.loads(socket.recv(10))
            socket.send(json.dumps({"type": "subscribe", "channels": [f"conversation:{pair}"]}))
            assert json.loads(socket.recv(10))["type"] == frame_type
            if person is baraka:
                say(amina, pair, "A word that no channel carries")
                event = json.loads(socket.recv(10))
                assert event["name"] == "conversation.message.sent"
                assert "no channel carries" not in json.dumps(event)
    polled = stranger.get("/v1/live/poll", params={"channels": f"conversation:{pair}", "wait": 0})
    assert polled.status_code == 403


def test_a_sealed_body_stays_as_it_came(people: tuple[Person, Person, Person], pair: str) -> None:
    amina, baraka, _ = people
    message = say(amina, pair, "bm9ib2R5IHJlYWRz", encoding="sealed")
    found = baraka.get(f"/v1/conversations/{pair}/messages").json()["items"][0]
    assert (found["id"], found["body"], found["encoding"]) == (message, "bm9ib2R5IHJlYWRz", "sealed")


def test_moderators_see_what_is_disclosed_and_remove_it(
    platform: Community, people: tuple[Person, Person, Person], pair: str
) -> None:
    amina, baraka, _ = people
    moderator = platform.promote(platform.administrator(), platform.join("mosi"))
    rude = say(amina, pair, "You are a fool and everybody says so")
    report = baraka.post(f"/v1/messages/{rude}/reports", {"reason": "insult", "text": "Again and again"})
    assert report.status_code == 201, report.text
    again = baraka.post(f"/v1/messages/{rude}/reports", {"reason": "insult"})
    assert (again.status_code, again.json()["id"]) == (200, report.json()["id"])
    (case,) = until(lambda: moderator.get("/v1/moderation/cases").json()["items"])
    assert "You are a fool" in case["body"]
    assert SECRET not in moderator.get(f"/v1/moderation/cases/{case['id']}").text
    guide = moderator.get("/v1/moderation/guidelines").json()
    decided = moderator.post(
        f"/v1/moderation/cases/{case['id']}/decisions",
        {
            "action": "remove",
            "rule": guide["rules"][0]["name"],
            "guidelines_version": guide["version"],
            "reason": "It insults.",
        },
    )
    assert decided.status_code == 200, decided.text
    path = f"/v1/conversations/{pair}/messages"
    until(lambda: baraka.get(path).json()["items"][0]["status"] == "removed")
    assert baraka.get(path).json()["items"][0]["body"] == ""


def test_no_word_lies_in_clear_in_the_data_folder_or_the_logs(
    platform: Community, people: tuple[Person, Person, Person], pair: str
) -> None:
    say(people[1], pair, "Kijiko cha siri 8214")
    platform.command("dead-letters", "list")
    for file in [*platform.data.rglob("*"), platform.errors]:
        if file.is_file():
            data = file.read_bytes()
            assert b"Kijiko cha siri 8214" not in data, file
            assert SECRET.encode() not in data, file
