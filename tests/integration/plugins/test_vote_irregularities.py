"""What looks unusual about a vote, by the public API: when it is noted, who is told; and that it decides nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import attrs
import pytest

from diramoja.adapters.embedded.folder import read_endpoint
from tests.integration.plugins.test_votes import cast, code, moved, scheduled
from tests.scenarios.town import Town, town
from tests.support.community import Person, until

VOTERS = 24
EVERYBODY: dict[str, Any] = {"roll": {}}


@attrs.frozen
class Place:
    """A town with who takes part."""

    town: Town
    data: Path
    leader: Person
    officials: list[Person]
    voters: list[Person]

    def noted(self, vote: str) -> list[dict[str, Any]]:
        """What all can read of it in the audit trail."""
        trail = self.voters[0].get(f"/v1/votes/{vote}/audit", params={"limit": 100}).json()["items"]
        return [each for each in trail if each["what"] == "irregularity"]

    def told(self, person: Person, vote: str) -> int:
        """How often."""
        return sum(each["subject"]["id"] == vote for each in self.town.notices(person, "vote.irregularity"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("irregularities")
    with town(folder) as made:
        leader = made.people("leader", 1, level="leader")[0]
        officials = made.people("official", 2, level="official")
        yield Place(made, folder / "data", leader, officials, made.people("voter", VOTERS, level="member"))


def opened(place: Place, vote: str) -> datetime:
    """By when it opens, on a full minute."""
    moved(place.town, place.leader, vote, "open")
    return place.town.now


def came(place: Place, vote: str, at: datetime, voters: list[Person], *, before: int) -> int:
    """They vote in this minute; how many have now."""
    place.town.move(at)
    assert place.town.each(voters, lambda each: cast(each, vote, 1)) == [(201, "")] * len(voters)
    until(lambda: place.leader.get(f"/v1/votes/{vote}").json()["turnout"] == before + len(voters))
    return before + len(voters)


def test_what_is_unusual_is_noted_for_all_told_to_officials_and_decides_nothing(place: Place) -> None:
    """A roll that is changed late, a minute with nearly all ballots, levels that are new: each of them once."""
    begin = place.town.to_the_next(60) + timedelta(days=2)
    times = {"opens_at": begin.isoformat(), "closes_at": (begin + timedelta(days=7)).isoformat()}
    vote = scheduled(place.town, place.leader, **EVERYBODY, **times)
    (late,) = place.town.people("late", 1, level="member")
    objection = {"kind": "missing", "text": "My dues were paid before."}
    filed = late.post(f"/v1/votes/{vote}/roll/objections", objection).json()["id"]
    before = place.leader.get(f"/v1/votes/{vote}/roll").json()
    place.town.move(begin - timedelta(hours=20))
    assert place.noted(vote) == []
    upheld = place.town.officer.post(f"/v1/objections/{filed}/decision", {"decision": "uphold", "reason": "They were."})
    assert upheld.status_code == 200, upheld.text
    until(lambda: len(place.noted(vote)) == 1)
    after = place.leader.get(f"/v1/votes/{vote}/roll").json()
    assert after["size"] == before["size"] + 1 and after["hash"] != before["hash"]

    begin, cast_so_far = opened(place, vote), 0
    for minute, voter in enumerate(place.voters[:3], 2):
        cast_so_far = came(place, vote, begin + timedelta(minutes=minute), [voter], before=cast_so_far)
    came(place, vote, begin + timedelta(minutes=9), place.voters[3:], before=cast_so_far)
    assert len(place.noted(vote)) == 1  # While it is open nothing is said of how ballots come.
    moved(place.town, place.leader, vote, "results_published")
    until(lambda: len(place.noted(vote)) == 3)

    entries = place.noted(vote)
    assert {each["by"] for each in entries} == {""}
    said = " ".join(each["detail"] for each in entries)
    assert "was changed within 24 hours" in said
    assert "about 20 ballots came within one minute" in said and "Usual were < 5" in said
    assert "about 20 of 20 ballots came from accounts whose level was set within 7 days" in said
    assert not any(each.id in said or each.username in said for each in (*place.voters, late))
    until(lambda: [place.told(each, vote) for each in place.officials] == [3, 3])
    assert [place.told(each, vote) for each in (place.leader, place.voters[0], late)] == [0, 0, 0]
    result = place.leader.get(f"/v1/votes/{vote}/results").json()
    assert (result["outcome"], result["ballots"], result["winners"]) == ("decided", VOTERS, [1])


def test_a_station_that_holds_other_ballots_keeps_the_vote_from_being_counted(place: Place) -> None:
    """Somebody with the keys of the database takes a ballot out of it."""
    vote = scheduled(place.town, place.leader, **EVERYBODY)
    begin = opened(place, vote)
    came(place, vote, begin + timedelta(minutes=2), place.voters[:4], before=0)
    stolen = changed(place.data, "DELETE FROM vote_ballot WHERE vote = $1 AND member = $2", vote, place.voters[0].id)
    assert stolen == "DELETE 1"
    moved(place.town, place.leader, vote, "tallying")
    until(lambda: any("holds other ballots" in each["detail"] for each in place.noted(vote)))
    until(lambda: [place.told(each, vote) for each in place.officials] == [1, 1])
    assert code(place.leader.get(f"/v1/votes/{vote}/results")) == (409, "vote_open")
    assert place.leader.get(f"/v1/votes/{vote}").json()["phase"] == "tallying"


def changed(data: Path, sql: str, *values: str) -> str:
    async def done() -> str:
        endpoint = read_endpoint(data)
        assert endpoint is not None
        connection = await asyncpg.connect(endpoint.urls["postgres"])
        try:
            status: str = await connection.execute(sql, *values)
            return status
        finally:
            await connection.close()

    return anyio.run(done)
