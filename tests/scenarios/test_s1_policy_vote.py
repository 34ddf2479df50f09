"""S1, a policy proposal, facts 8 to 12: a vote by 400 members, and its twin without quorum.

The campaign of fact 12 comes with its plugin: here it is what it waits for.
"""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from tests.scenarios.town import Listener, Town, soon, town
from tests.support.community import Person


@attrs.frozen
class Size:
    """How many are on the roll, the leader among them, and how they vote."""

    roll: int
    votes: tuple[int, int, int]

    @property
    def ballots(self) -> int:
        return sum(self.votes)

    @property
    def quorum(self) -> int:
        return self.roll * 3 // 10

    @property
    def choices(self) -> list[int]:
        """Option numbers, one a voter."""
        return [option for option, count in enumerate(self.votes, 1) for _ in range(count)]


SIZE = Size(8_200, (1_525, 915, 407)) if os.environ.get("DIRAMOJA_TEST_SIZE") == "full" else Size(400, (75, 45, 20))
"""`DIRAMOJA_TEST_SIZE=full` plays it at full size, in some minutes."""
TWIN = SIZE.quorum - 1
TWICE = 10
OPTIONS = ["A clinic in every village", "Clinics by bus", "As it is"]


@attrs.define
class Vote:
    """A vote, as its leader reads it."""

    leader: Person
    id: str

    @property
    def path(self) -> str:
        return f"/v1/votes/{self.id}"

    def read(self, of: str = "") -> dict[str, Any]:
        answer = self.leader.get(self.path + of)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def at(self, what: str) -> datetime:
        """When something was done with it, by its audit trail."""
        (found,) = [each["at"] for each in self.read("/audit")["items"] if each["what"] == what]
        return datetime.fromisoformat(found)


@attrs.define
class Story:
    """What the facts speak of."""

    town: Town
    leader: Person
    members: list[Person]
    supporter: Person
    later: Person
    vote: Vote
    twin: Vote
    listener: Listener
    opens_at: datetime
    closes_at: datetime

    @property
    def roll(self) -> list[Person]:
        return [self.leader, *self.members]

    @property
    def voters(self) -> list[Person]:
        return self.members[: SIZE.ballots]

    def cast(self, vote: Vote, person: Person, choice: int) -> int:
        return person.post(f"{vote.path}/ballots", {"choices": [choice]}).status_code


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with town(tmp_path_factory.mktemp("s1_vote")) as made:
        leader = made.people("leader", 1, level="leader")[0]
        members = made.people("member", SIZE.roll - 1, level="member")
        supporter = made.people("supporter", 1)[0]
        opens_at = made.now + timedelta(days=3)
        closes_at = opens_at + timedelta(days=7)
        vote, twin = (_drafted(leader, title, opens_at, closes_at) for title in ("Clinics", "Clinics, the twin"))
        listener = Listener(made.platform, members[0], f"vote:{vote.id}")
        yield Story(made, leader, members, supporter, leader, vote, twin, listener, opens_at, closes_at)
        listener.close()


def _drafted(leader: Person, title: str, opens_at: datetime, closes_at: datetime) -> Vote:
    body = {
        "title": title,
        "description": "What shall the party ask for?",
        "vote_type": "policy_vote",
        "options": OPTIONS,
        "quorum_ratio": 0.3,
        "revote": True,
        "opens_at": opens_at.isoformat(),
        "closes_at": closes_at.isoformat(),
    }
    answer = leader.post("/v1/votes", body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["phase"] == "draft"
    return Vote(leader, answer.json()["id"])


def test_fact_8_a_scheduled_vote_has_a_frozen_roll_and_fixed_terms(story: Story) -> None:
    for vote in (story.vote, story.twin):
        answer = story.leader.post(f"{vote.path}/schedule")
        assert answer.status_code == 200, answer.text
        roll = soon(lambda vote=vote: (found := vote.read("/roll"))["hash"] and found, 5)  # type: ignore[misc]
        assert roll["size"] == len(story.roll) == SIZE.roll
        assert len(roll["hash"]) == 64
    assert story.vote.read("/roll")["hash"] == story.twin.read("/roll")["hash"]
    changed = story.leader.call("PATCH", story.vote.path, {"options": ["Yes", "No"]})
    assert (changed.status_code, changed.json()["code"]) == (409, "vote_frozen")
    story.later = story.town.people("later", 1, level="member")[0]
    early = story.members[0].post(f"{story.vote.path}/ballots", {"choices": [1]})
    assert (early.status_code, early.json()["code"]) == (409, "vote_not_open")


def test_fact_9_all_on_the_roll_are_told_when_it_opens(story: Story) -> None:
    story.town.move(story.opens_at)
    soon(lambda: story.vote.read()["phase"] == "open" == story.twin.read()["phase"], 5)
    assert abs(story.vote.at("opened") - story.opens_at) <= timedelta(seconds=2)

    def told(person: Person) -> bool:
        found = [each for each in story.town.notices(person, "vote.opened") if each["subject"]["id"] == story.vote.id]
        states = {each["channel"]: each["state"] for notice in found for each in notice["channels"]}
        return len(found) == 1 and states.get("email") in ("sent", "delivered") and "in_app" in states

    soon(lambda: all(story.town.each(story.roll, told)), 60)
    for person in (story.later, story.supporter):
        assert story.town.notices(person, "vote.opened") == []


def test_fact_8_who_came_later_or_is_no_member_is_not_on_the_roll(story: Story) -> None:
    for person in (story.later, story.supporter):
        refused = person.post(f"{story.vote.path}/ballots", {"choices": [1]})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_on_roll")
        assert not person.get(f"{story.vote.path}/roll/me").json()["eligible"]


def test_fact_10_ballots_count_once_each_and_nobody_sees_how_it_stands(story: Story) -> None:
    cast = story.town.each(zip(story.voters, SIZE.choices, strict=True), lambda each: story.cast(story.vote, *each))
    again = story.town.each(story.voters[:TWICE], lambda person: story.cast(story.vote, person, 1))
    twins = story.town.each(story.voters[:TWIN], lambda person: story.cast(story.twin, person, 1))
    assert {*cast, *again, *twins} == {201}
    soon(lambda: story.vote.read()["turnout"] == SIZE.ballots, 10)
    soon(lambda: story.twin.read()["turnout"] == TWIN, 10)
    for person in (story.members[0], story.leader, story.town.admin):
        hidden, opened = (person.get(f"{story.vote.path}/{what}") for what in ("tally", "results"))
        assert (hidden.status_code, hidden.json()["code"]) == (409, "tally_hidden")
        assert (opened.status_code, opened.json()["code"]) == (409, "vote_open")
    own = story.members[0].get(f"{story.vote.path}/roll/me").json()
    assert own["eligible"] and own["voted"]


def _reminders(story: Story, vote: Vote, person: Person) -> list[str]:
    return [
        kind
        for kind in ("vote.reminder", "vote.urgent")
        for each in story.town.notices(person, kind)
        if each["subject"]["id"] == vote.id
    ]


def test_fact_10_who_has_voted_is_not_reminded_and_others_at_most_twice(story: Story) -> None:
    late = story.closes_at - timedelta(hours=16.8)
    story.town.move(late - timedelta(seconds=10))
    assert story.vote.read()["phase"] == "open"
    story.town.move(late)
    soon(lambda: story.vote.read()["phase"] == "closing_soon" == story.twin.read()["phase"], 5)
    story.town.move(story.closes_at - timedelta(hours=6))
    absent = [story.leader, *story.members[SIZE.ballots :]]
    missing = [story.leader, *story.members[TWIN:]]
    soon(lambda: all(story.town.each(absent, lambda each: _reminders(story, story.vote, each))), 60)
    soon(lambda: all(story.town.each(missing, lambda each: len(_reminders(story, story.twin, each)) == 2)), 60)
    for vote, people, expected in (
        (story.vote, absent, ["vote.reminder"]),
        (story.vote, story.voters, []),
        (story.twin, story.voters[:TWIN], []),
    ):
        found = story.town.each(people, lambda each, vote=vote: _reminders(story, vote, each))  # type: ignore[misc]
        assert found == [expected] * len(people)


def test_fact_11_the_results_are_those_of_the_published_ballots(story: Story) -> None:
    soon_at = story.closes_at - timedelta(hours=16.8)
    assert abs(story.vote.at("closing_soon") - soon_at) <= timedelta(seconds=2)
    story.town.move(story.closes_at)
    soon(lambda: story.vote.read()["phase"] == "results_published", 5)
    assert abs(story.vote.at("closed") - story.closes_at) <= timedelta(seconds=2)
    found = story.vote.read("/results")
    assert [line["votes"] for line in found["lines"]] == [*SIZE.votes]
    assert (found["outcome"], found["winners"], found["quorum_met"]) == ("decided", [1], True)
    assert (found["ballots"], found["quorum_needed"], found["roll_size"]) == (SIZE.ballots, SIZE.quorum, SIZE.roll)
    groups = story.vote.read("/ballots")["items"]
    recount = Counter({each["choices"][0]: each["ballots"] for each in groups})
    assert [recount[option] for option in (1, 2, 3)] == [*SIZE.votes]
    late = story.members[-1].post(f"{story.vote.path}/ballots", {"choices": [1]})
    assert (late.status_code, late.json()["code"]) == (409, "vote_closed")


def test_fact_12_it_takes_effect_once_it_cannot_be_disputed(story: Story) -> None:
    twin = soon(lambda: story.twin.leader.get(f"{story.twin.path}/results").json(), 5)
    assert (twin["outcome"], twin["winners"], twin["ballots"]) == ("no_quorum", [], TWIN)
    story.town.move(story.closes_at + timedelta(hours=71))
    assert not story.vote.read("/results")["effective"]
    assert story.listener.named("vote.took_effect") == []
    story.town.move(story.closes_at + timedelta(hours=73))
    soon(lambda: story.vote.read("/results")["effective"], 5)
    (heard,) = soon(lambda: story.listener.named("vote.took_effect"), 5)
    assert heard[1]["data"]["winner_texts"] == OPTIONS[:1]
    late = story.members[0].post(f"{story.vote.path}/disputes", {"text": "I dispute this too late."})
    assert (late.status_code, late.json()["code"]) == (409, "dispute_late")
