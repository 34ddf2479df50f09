"""What a vote tells of who took part, and lets go in time; through the public API of the whole platform."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.town import Town, town
from tests.support.community import Person, until


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    settings = ["vote.voters_kept_days=2", "vote.roll_kept_days=10"]
    with town(tmp_path_factory.mktemp("terms"), *settings) as made:
        yield made


def opened(place: Town, leader: Person) -> str:
    body = {
        "title": "Opening hours of clinics",
        "vote_type": "poll",
        "options": ["Until six", "Until eight"],
        "opens_at": (place.now + timedelta(hours=2)).isoformat(),
        "closes_at": (place.now + timedelta(hours=6)).isoformat(),
    }
    vote = str(leader.post("/v1/votes", body).json()["id"])
    assert leader.post(f"/v1/votes/{vote}/schedule").status_code == 200
    until(lambda: leader.get(f"/v1/votes/{vote}/roll").json()["hash"])
    place.move(place.now + timedelta(hours=2, minutes=1))
    until(lambda: leader.get(f"/v1/votes/{vote}").json()["phase"] == "open")
    return vote


def own(person: Person, vote: str) -> dict[str, Any]:
    return dict(person.get(f"/v1/votes/{vote}/roll/me").json())


def test_figures_stay_and_who_voted_and_the_roll_go(place: Town) -> None:
    leader = place.people("leader", 1, level="leader")[0]
    north = place.people("north", 12, level="member", region="north")
    south = place.people("south", 11, level="member", region="south")
    vote = opened(place, leader)
    report = f"/v1/votes/{vote}/participation"
    assert leader.get(report).json()["code"] == "participation_missing"
    for person in (*north[:6], *south[:5]):
        assert person.post(f"/v1/votes/{vote}/ballots", {"choices": [1]}).status_code == 201
    place.move(place.now + timedelta(hours=5))
    figures = until(lambda: [r.json()] if (r := leader.get(report)).status_code == 200 else [])[0]
    assert figures["voted"] == 11
    cells = {each["name"]: (each["roll"], each["voted"]) for each in figures["by_region"]}
    hidden = (None, None)  # Of the leader, who named no region; and of the south, without which it would be told.
    assert cells == {"north": (10, 5), "south": hidden, "": hidden}
    assert own(north[0], vote)["voted"]
    until(lambda: leader.get(f"/v1/votes/{vote}").json()["phase"] == "results_published")  # The terms run from then.
    place.move(place.now + timedelta(days=6))
    until(lambda: not own(north[0], vote)["voted"])
    assert until(lambda: "not kept" in own(north[0], vote)["reason"])
    assert until(lambda: leader.get(f"/v1/votes/{vote}/receipts").json()["items"] == [])
    place.move(place.now + timedelta(days=6))
    until(lambda: not own(north[0], vote)["eligible"])
    assert leader.get(report).json() == figures
    result = leader.get(f"/v1/votes/{vote}/results").json()
    assert (result["ballots"], result["winners"]) == (11, [1])
