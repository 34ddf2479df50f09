"""Ties: by lot that nobody could choose, by casting vote, and every way that an open one can go."""

import hashlib

import pytest

from diramoja.core.errors import InvalidError
from diramoja.counting import BUILT_IN, Profile, Ties, commitment, lot_order, lot_seed
from diramoja.counting.ties import MOST_WAYS

SECRETS = [bytes([n]) * 32 for n in (3, 1, 2)]
RECORD = hashlib.sha256(b"the record").digest()


def ranked(ballots: dict[tuple[int, ...], int], options: int) -> Profile:
    return Profile.of("ranking", "ABCDEFGHIJKLMNOPQRST"[:options], ballots)


# --- the lot ---


def test_lot_seed_is_the_hash_of_sorted_secrets_and_record() -> None:
    by_hand = hashlib.sha256(bytes([1]) * 32 + bytes([2]) * 32 + bytes([3]) * 32 + RECORD).digest()
    assert lot_seed(SECRETS, RECORD) == by_hand == lot_seed(SECRETS[::-1], RECORD)
    assert lot_seed(SECRETS, bytes(32)) != by_hand


def test_lot_order_is_ascending_by_the_hash_of_seed_and_number() -> None:
    seed = lot_seed(SECRETS, RECORD)
    hashes = {hashlib.sha256(seed + str(number).encode()).hexdigest(): number for number in range(1, 13)}
    assert lot_order(seed, range(1, 13)) == tuple(hashes[each] for each in sorted(hashes))


def test_lot_needs_the_secrets_of_two_officers() -> None:
    for few in (SECRETS[:1], [SECRETS[0], SECRETS[0]], []):
        with pytest.raises(InvalidError, match="at least 2 officers"):
            lot_seed(few, RECORD)
    with pytest.raises(InvalidError, match="32 bytes"):
        lot_seed([b"short", SECRETS[0]], RECORD)


def test_commitment_is_checked_by_anyone() -> None:
    assert commitment(SECRETS[0]) == hashlib.sha256(SECRETS[0]).hexdigest()


@pytest.mark.parametrize("seed", [bytes([n]) * 32 for n in range(8)])
def test_lot_excludes_the_last_of_its_order_and_elects_the_first(seed: bytes) -> None:
    order = lot_order(seed, (1, 2, 3))
    even = ranked({(1,): 2, (2,): 2, (3,): 2}, 3)
    count = BUILT_IN["instant_runoff"].count(even, ties=Ties("lot", seed))
    assert count.rounds[1].excluded == (order[-1],)
    assert count.winners == BUILT_IN["plurality"].count(even, ties=Ties("lot", seed)).winners == (order[0],)


# --- the casting vote ---


def test_casting_vote_also_says_who_is_excluded() -> None:
    profile = ranked({(1,): 4, (2, 1): 2, (3,): 2}, 3)
    cast = BUILT_IN["instant_runoff"].count(profile, ties=Ties("casting_vote", casting=(3, 2)))
    assert (cast.rounds[1].excluded, cast.rounds[1].ties[0].by) == ((2,), "casting_vote")


def test_casting_vote_that_names_nobody_concerned_leaves_the_tie_open() -> None:
    profile = ranked({(1,): 2, (2,): 2, (3,): 1}, 3)
    assert BUILT_IN["plurality"].count(profile, ties=Ties("casting_vote", casting=(3, 9))).outcome == "tied"


# --- open ties ---


def test_tie_on_the_way_needs_no_lot_where_every_way_ends_alike() -> None:
    count = BUILT_IN["instant_runoff"].count(ranked({(1,): 5, (2, 1): 2, (3, 1): 2}, 3))
    assert count.tie is None
    count = BUILT_IN["instant_runoff"].count(ranked({(1,): 5, (2, 1): 3, (3, 1): 3}, 3))
    assert count.tie is not None
    assert (count.winners, count.outcome, count.tie.settled, count.tie.options) == ((1,), "decided", "alike", (2, 3))


def test_tie_on_the_way_is_open_where_it_decides() -> None:
    profile = ranked({(1,): 5, (2, 3): 3, (3, 1): 3}, 3)
    count = BUILT_IN["instant_runoff"].count(profile)
    assert count.tie is not None
    assert (count.outcome, count.winners, count.tie.contested) == ("tied", (), (1, 3))
    assert BUILT_IN["instant_runoff"].count(profile, ties=Ties("run_off")).run_off == (1, 3)
    assert BUILT_IN["instant_runoff"].count(profile, ties=Ties("status_quo")).outcome == "status_quo"


def test_seats_that_no_tie_concerns_are_filled() -> None:
    profile = ranked({(1,): 9, (2,): 4, (3,): 4, (4,): 1}, 4)
    count = BUILT_IN["plurality"].count(profile, seats=2)
    assert count.tie is not None
    assert (count.outcome, count.winners, count.tie.contested) == ("tied", (1,), (2, 3))
    count = BUILT_IN["plurality"].count(profile, seats=2, ties=Ties("status_quo"))
    assert (count.outcome, count.winners) == ("status_quo", (1,))


def test_more_ways_than_anyone_plays_through_stay_open() -> None:
    profile = ranked({(number,): 1 for number in range(1, 16)}, 15)
    assert MOST_WAYS < 15 * 14 * 13
    for ties, outcome in (
        (Ties("lot"), "tied"), (Ties("run_off"), "run_off"), (Ties("status_quo"), "status_quo")
    ):  # fmt: skip
        count = BUILT_IN["instant_runoff"].count(profile, ties=ties)
        assert (count.outcome, count.winners) == (outcome, ())
        assert count.tie is not None
        assert count.tie.contested == tuple(range(1, 16))
    assert BUILT_IN["instant_runoff"].count(profile, ties=Ties("lot", bytes(32))).outcome == "decided"
