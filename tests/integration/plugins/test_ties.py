"""Ties decided by people, through the public API: the lot from secrets, the public draw, the casting vote."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from diramoja.counting import lot_order
from tests.scenarios.town import Town, town
from tests.support.community import Person, until

SECRETS = bytes(range(32)).hex(), bytes(range(1, 33)).hex()
DRAWN = {"order": [2, 1], "minutes": "Drawn from a hat in front of all who were there."}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("ties")) as made:
        yield made


@pytest.fixture(scope="module")
def officials(place: Town) -> list[Person]:
    return place.people("official", 2, level="official")


def commitment(secret: str) -> dict[str, str]:
    return {"commitment": hashlib.sha256(bytes.fromhex(secret)).hexdigest()}


def opened(place: Town, official: Person, **terms: Any) -> str:
    body = {
        "title": "Opening hours of clinics",
        "vote_type": "poll",
        "options": ["Until six", "Until eight"],
        "opens_at": (place.now + timedelta(days=2)).isoformat(),
        "closes_at": (place.now + timedelta(days=9)).isoformat(),
    }
    answer = official.post("/v1/votes", body | terms)
    assert answer.status_code == 201, answer.text
    vote = str(answer.json()["id"])
    assert official.post(f"/v1/votes/{vote}/schedule").status_code == 200
    until(lambda: official.get(f"/v1/votes/{vote}/roll").json()["size"])
    place.move(place.now + timedelta(days=2, minutes=1))
    until(lambda: official.get(f"/v1/votes/{vote}").json()["phase"] == "open")
    return vote


def tied(place: Town, officials: list[Person], vote: str) -> None:
    """One for each option, and closed."""
    for choice, person in enumerate(officials, 1):
        cast = person.post(f"/v1/votes/{vote}/ballots", {"choices": [choice]})
        assert cast.status_code == 201, cast.text
    place.move(place.now + timedelta(days=7))
    until(lambda: outcome(officials[0], vote) == "tied")


def outcome(person: Person, vote: str) -> str:
    return str(person.get(f"/v1/votes/{vote}").json()["outcome"])


def test_a_lot_from_secrets_decides_a_tie(place: Town, officials: list[Person]) -> None:
    vote = opened(place, officials[0], tie_rule="lot")
    for person, secret in zip(officials, SECRETS, strict=True):
        put = person.call("PUT", f"/v1/votes/{vote}/lot/secrets/me", commitment(secret))
        assert put.status_code == 200, put.text
    tied(place, officials, vote)
    until(lambda: place.notices(officials[1], "vote.lot_asked"))
    for person, secret in zip(officials, SECRETS, strict=True):
        revealed = person.post(f"/v1/votes/{vote}/lot/reveals", {"secret": secret})
        assert revealed.status_code == 200, revealed.text
    until(lambda: outcome(officials[0], vote) == "decided")
    lot = place.platform.http.get(f"/v1/votes/{vote}/lot").json()
    assert [each["secret"] for each in lot["secrets"]] == list(SECRETS)
    record = officials[0].get(f"/v1/votes/{vote}/results").json()["record_hash"]
    seed = hashlib.sha256(b"".join(sorted(map(bytes.fromhex, SECRETS))) + bytes.fromhex(record)).hexdigest()
    assert lot["seed"] == seed
    winners = officials[0].get(f"/v1/votes/{vote}").json()["winners"]
    assert winners == [lot_order(bytes.fromhex(seed), (1, 2))[0]]


def test_where_nobody_published_a_secret_the_draw_is_public(place: Town, officials: list[Person]) -> None:
    vote = opened(place, officials[0], tie_rule="lot")
    tied(place, officials, vote)
    assert officials[0].post(f"/v1/votes/{vote}/lot/draws", DRAWN).json()["order"] == []
    assert officials[0].post(f"/v1/votes/{vote}/lot/draws", DRAWN).json()["order"] == []  # Again by the same.
    assert outcome(officials[0], vote) == "tied"
    drawn = officials[1].post(f"/v1/votes/{vote}/lot/draws", DRAWN)
    assert (drawn.status_code, drawn.json()["order"]) == (200, DRAWN["order"])
    until(lambda: outcome(officials[0], vote) == "decided")
    assert officials[0].get(f"/v1/votes/{vote}").json()["winners"] == [2]
    lot = place.platform.http.get(f"/v1/votes/{vote}/lot").json()
    entered = [(each["member"], each["order"], each["minutes"]) for each in lot["draws"]]
    assert entered == [(each.id, DRAWN["order"], DRAWN["minutes"]) for each in officials]


def test_a_casting_vote_decides_a_tie(place: Town, officials: list[Person]) -> None:
    one, other = officials
    vote = opened(place, one, tie_rule="casting_vote", casting_member=other.id)
    tied(place, officials, vote)
    refused = one.post(f"/v1/votes/{vote}/casting-vote", {"order": [1, 2]})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_casting_member")
    assert other.post(f"/v1/votes/{vote}/casting-vote", {"order": [1, 2]}).status_code == 200
    until(lambda: outcome(one, vote) == "decided")
    assert one.get(f"/v1/votes/{vote}").json()["winners"] == [1]
