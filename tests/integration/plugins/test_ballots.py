"""Ballots through the public API: who may cast what, receipts, ballots sealed at home, and what is published."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import attrs
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from diramoja.adapters.embedded.folder import read_endpoint
from tests.scenarios.town import Town, town
from tests.support.community import Person, until

OPTIONS = ("Until six", "Until eight", "Until ten")


@attrs.frozen
class Place:
    """A town with a leader, members and somebody who joined later."""

    town: Town
    data: Path
    leader: Person
    members: list[Person]

    def opened(self, **terms: Any) -> str:
        """A poll that is open."""
        begin = self.town.now + timedelta(minutes=1)
        times = {"opens_at": begin.isoformat(), "closes_at": (begin + timedelta(hours=1)).isoformat()}
        body = {"title": "Opening hours", "vote_type": "poll", "options": OPTIONS, "voting_method": "ranked_choice"}
        answer = self.leader.post("/v1/votes", body | times | terms)
        assert answer.status_code == 201, answer.text
        vote = str(answer.json()["id"])
        assert self.leader.post(f"/v1/votes/{vote}/schedule").status_code == 200
        until(lambda: self.leader.get(f"/v1/votes/{vote}").json()["stations"])
        assert code(self.cast(self.members[0], vote, 1)) == (409, "vote_not_open")
        self.town.move(begin)
        until(lambda: self.leader.get(f"/v1/votes/{vote}").json()["phase"] == "open")
        return vote

    def cast(self, voter: Person, vote: str, *choices: int) -> httpx.Response:
        return voter.post(f"/v1/votes/{vote}/ballots", {"choices": choices})

    def close(self, vote: str) -> None:
        self.town.move(self.town.now + timedelta(hours=1))
        until(lambda: self.leader.get(f"/v1/votes/{vote}").json()["phase"] == "results_published")

    def ballots(self, vote: str) -> dict[tuple[int, ...], int]:
        items = self.leader.get(f"/v1/votes/{vote}/ballots", params={"limit": 100}).json()["items"]
        return {tuple(item["choices"]): item["ballots"] for item in items}

    def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        async def asked() -> list[asyncpg.Record]:
            endpoint = read_endpoint(self.data)
            assert endpoint is not None
            connection = await asyncpg.connect(endpoint.urls["postgres"])
            try:
                rows: list[asyncpg.Record] = await connection.fetch(sql, *args)
                return rows
            finally:
                await connection.close()

        return anyio.run(asked)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("ballots")
    with town(folder, "vote.station_members=10") as made:
        leader = made.given_level(made.platform.join("leader_1"), "leader")
        yield Place(made, folder / "data", leader, made.people("voter", 12, level="member"))


def test_a_public_vote_from_ballot_to_record(place: Place) -> None:
    vote, (amina, baraka, *others) = place.opened(), place.members
    later = place.town.given_level(place.town.platform.join("late_1"), "member")
    supporter = place.town.platform.join("supporter_1")
    for stranger in (later, supporter):
        assert code(place.cast(stranger, vote, 1)) == (403, "not_on_roll")
    assert code(amina.get(f"/v1/votes/{vote}/ballots/me")) == (404, "ballot_missing")
    receipt = place.cast(amina, vote, 2, 1).json()
    assert receipt == amina.get(f"/v1/votes/{vote}/ballots/me").json() | {"vote_id": vote, "revision": 1}
    assert code(place.cast(amina, vote, 1)) == (409, "revote_not_allowed")
    for bad in ([4], [-1], ["1"]):
        refused = baraka.post(f"/v1/votes/{vote}/ballots", {"choices": bad})
        assert refused.status_code == 400
    assert code(baraka.post(f"/v1/votes/{vote}/ballots", {})) == (400, "choices_invalid")
    assert code(baraka.post(f"/v1/votes/{vote}/ballots", {"sealed": "AAAA"})) == (400, "ballot_sealed")
    assert place.cast(baraka, vote).status_code == 201  # Blank.
    for other in others:
        assert place.cast(other, vote, 3, 0, 1).status_code == 201  # The second rank was left out.
    for path in ("ballots", "receipts"):
        assert code(amina.get(f"/v1/votes/{vote}/{path}")) == (409, "vote_open")
    place.close(vote)
    assert code(place.cast(place.leader, vote, 1)) == (409, "vote_closed")
    assert place.ballots(vote) == {(): 1, (2, 1): 1, (3,): len(others)}
    found = amina.get(f"/v1/votes/{vote}/receipts", params={"receipt": receipt["receipt"]}).json()["items"]
    assert found == [{"receipt": receipt["receipt"], "member_id": amina.id, "choices": [2, 1]}]
    lines = f";1\n2,1;1\n3;{len(others)}\n"
    record = place.fetch("SELECT sha256, blank, ballots FROM vote_record WHERE vote = $1", vote)
    assert [tuple(row) for row in record] == [(hashlib.sha256(lines.encode()).hexdigest(), 1, 12)]
    assert sum(row["ballots"] for row in place.fetch("SELECT * FROM vote_station WHERE vote = $1", vote)) == 12


def test_a_draft_takes_no_ballots_and_says_so_to_those_who_see_it(place: Place) -> None:
    begin = place.town.now + timedelta(days=1)
    times = {"opens_at": begin.isoformat(), "closes_at": (begin + timedelta(hours=1)).isoformat()}
    body = {"title": "Opening hours", "vote_type": "poll", "options": OPTIONS, **times}
    vote = str(place.members[0].post("/v1/votes", body).json()["id"])
    seen = [code(place.cast(each, vote, 1)) for each in (place.members[0], place.leader, place.members[1])]
    assert seen == [(409, "vote_not_open")] * 2 + [(404, "vote_missing")]


@pytest.mark.parametrize("level", ["public", "pseudonymous"])
def test_a_ballot_sent_again_after_the_count_is_the_one_that_was_taken_or_too_late(place: Place, level: str) -> None:
    """Of one that was sealed nobody finds out any more what it said, not by trying either: its key is destroyed."""
    vote, (amina, baraka, *_) = place.opened(anonymity_level=level), place.members
    path, body = f"/v1/votes/{vote}/ballots", {"choices": [2, 1]}
    taken = amina.post(path, body, key=f"once-{level}")
    assert taken.status_code == 201
    assert amina.post(path, body, key=f"once-{level}").json() == taken.json()
    place.close(vote)
    again = amina.post(path, body, key=f"once-{level}")
    other = amina.post(path, {"choices": [3]}, key=f"once-{level}")
    if level == "public":
        assert (again.status_code, again.json()) == (201, taken.json())
        assert code(other) == (409, "idempotency_conflict")
    else:
        assert [code(again), code(other)] == [(409, "vote_closed")] * 2
    for voter in (amina, baraka):
        assert code(voter.post(path, body)) == (409, "vote_closed")


def test_lists_of_what_was_published_come_in_pages(place: Place) -> None:
    vote = place.opened(voting_method="approval")
    for voter, choices in zip(place.members, [(1,), (2,), (3,), (1, 2), ()], strict=False):
        assert place.cast(voter, vote, *choices).status_code == 201
    place.close(vote)
    for path, key in (("ballots", "choices"), ("receipts", "receipt")):
        items: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = place.leader.get(f"/v1/votes/{vote}/{path}", params={"limit": 2, **cursor}).json()
            items += [item[key] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert len(items) == 5
        assert items == sorted(items, key=lambda each: each if key == "receipt" else ",".join(map(str, each)))
    assert code(place.leader.get("/v1/votes/vot_none/ballots")) == (404, "vote_missing")


def sealed_at_home(key: str, vote: str, voter: str, text: str) -> str:
    """As whoever does not want to trust the gateway makes it, by RFC 9180."""
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    public = X25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key + "="))
    sealed = suite.encrypt(text.encode(), public, info=f"diramoja ballot 1\n{vote}\n{voter}".encode())
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def test_a_ballot_can_be_sealed_at_home_and_nonsense_counts_as_blank(place: Place) -> None:
    vote, (amina, baraka, chausiku, daudi, *_) = place.opened(anonymity_level="pseudonymous"), place.members
    key = amina.get(f"/v1/votes/{vote}").json()["ballot_key"]
    path = f"/v1/votes/{vote}/ballots"
    good = sealed_at_home(key, vote, amina.id, "3,1  ")
    assert amina.post(path, {"sealed": good}).status_code == 201
    assert baraka.post(path, {"sealed": good}).status_code == 201  # Another's: it does not open.
    assert chausiku.post(path, {"sealed": sealed_at_home(key, vote, chausiku.id, "9,9,9")}).status_code == 201
    assert place.cast(daudi, vote, 3, 1).status_code == 201
    short = sealed_at_home(key, vote, place.leader.id, "1")
    assert code(place.leader.post(path, {"sealed": short})) == (400, "ballot_not_sealed")
    assert code(place.leader.post(path, {"sealed": good, "choices": []})) == (400, "choices_invalid")
    place.close(vote)
    assert place.ballots(vote) == {(): 2, (3, 1): 2}
    assert place.fetch("SELECT spoiled FROM vote_record WHERE vote = $1", vote)[0]["spoiled"] == 2
    receipt = amina.get(f"{path}/me").json()["receipt"]
    lines = f"diramoja receipt 1\n{vote}\n{amina.id}\n1\n{good}"
    assert receipt == hashlib.sha256(lines.encode()).hexdigest()
    assert {"receipt": receipt} in amina.get(f"/v1/votes/{vote}/receipts").json()["items"]


def test_of_what_was_called_off_no_ballot_and_no_key_remains(place: Place) -> None:
    vote = place.opened(anonymity_level="pseudonymous")
    assert all(place.cast(voter, vote, 1).status_code == 201 for voter in place.members)
    assert place.fetch("SELECT 1 FROM vote_key WHERE vote = $1", vote)
    assert place.leader.post(f"/v1/votes/{vote}/cancel", {"reason": "The text has an error."}).status_code == 200
    until(lambda: not place.fetch("SELECT 1 FROM vote_key WHERE vote = $1", vote))
    until(lambda: not place.fetch("SELECT 1 FROM vote_ballot WHERE vote = $1", vote))
    kept = "SELECT 1 FROM own_row WHERE kind = 'ballot_box' AND agent LIKE $1 || '-%'"
    assert place.fetch(kept, vote) == []
    assert code(place.cast(place.members[0], vote, 1)) == (409, "vote_closed")


def test_ballots_that_were_tampered_with_are_not_published(place: Place) -> None:
    vote = place.opened()
    for voter in place.members:
        assert place.cast(voter, vote, 1).status_code == 201
    victim = "UPDATE vote_ballot SET content = $3 WHERE vote = $1 AND member = $2"
    place.fetch(victim, vote, place.members[0].id, "2")
    place.town.move(place.town.now + timedelta(hours=1))
    audit = f"/v1/votes/{vote}/audit"
    until(lambda: "ballots_incomplete" in place.leader.get(audit, params={"limit": 100}).text)
    assert place.leader.get(f"/v1/votes/{vote}").json()["phase"] == "tallying"
    assert code(place.leader.get(f"/v1/votes/{vote}/ballots")) == (409, "vote_open")
    place.fetch(victim, vote, place.members[0].id, "1")
    place.town.move(place.town.now + timedelta(hours=1))
    until(lambda: place.leader.get(f"/v1/votes/{vote}").json()["phase"] == "results_published")
    assert place.ballots(vote) == {(1,): len(place.members)}
