"""Each method on ballots small enough to count by hand."""

from collections.abc import Mapping
from typing import Any

import pytest

from diramoja.core.errors import InvalidError
from diramoja.counting import BUILT_IN, Majority, Profile, Ties
from diramoja.counting.values import Transfer


def ranked(ballots: Mapping[Any, int], options: int = 3, seats: int = 1) -> Profile:
    return Profile.of("ranking", "ABCDEFGH"[:options], ballots, seats=seats)


# --- plurality, approval, score ---


def test_plurality_counts_first_choices_and_leaves_blank_ballots_out() -> None:
    count = BUILT_IN["plurality"].count(ranked({(1, 2): 3, (2,): 4, (3, 2): 2, (): 5}))
    assert (count.winners, count.rounds[0].votes) == ((2,), (3, 4, 2))
    assert (count.ballots, count.blank, count.valid) == (14, 5, 9)


def test_approval_counts_every_mark_of_a_ballot_once() -> None:
    profile = Profile.of("marks", "ABC", {(1, 2): 3, (2, 1): 1, (3,): 2, (): 1})
    count = BUILT_IN["approval"].count(profile, seats=2)
    assert (count.rounds[0].votes, count.winners, count.tie) == ((4, 4, 2), (1, 2), None)


def test_score_adds_grades_and_none_is_nothing() -> None:
    count = BUILT_IN["score"].count(Profile.of("grades", "ABC", {(5, 3, -1): 2, (0, 4, 5): 1, (-1, -1, -1): 1}))
    assert (count.rounds[0].votes, count.winners, count.blank) == ((10, 10, 5), (), 1)
    assert count.tie is not None
    assert (count.outcome, count.tie.contested) == ("tied", (1, 2))


# --- instant runoff ---


def test_instant_runoff_moves_the_papers_of_the_last() -> None:
    count = BUILT_IN["instant_runoff"].count(ranked({(1,): 4, (2, 1): 3, (3, 2): 2}))
    first, last = count.rounds
    assert (first.votes, last.votes, last.excluded) == ((4, 3, 2), (4, 5, 0), (3,))
    assert (last.transfers, last.elected, count.winners) == ((Transfer(3, 2, 2),), (2,), (2,))


def test_instant_runoff_needs_more_than_half_of_those_that_still_count() -> None:
    count = BUILT_IN["instant_runoff"].count(ranked({(1,): 4, (2,): 3, (3,): 2, (4,): 1}, 4))
    assert [each.exhausted for each in count.rounds] == [0, 1, 3]
    assert (count.winners, count.support) == ((1,), 4)


def test_instant_runoff_tells_the_lowest_apart_by_the_latest_round_that_differs() -> None:
    ballots = {(1,): 6, (2,): 3, (3,): 2, (4, 3): 1}
    count = BUILT_IN["instant_runoff"].count(ranked(ballots, 4))
    (tie,) = count.rounds[2].ties
    assert (tie.options, tie.chosen, tie.by, tie.round) == ((2, 3), 3, "round", 1)
    assert count.tie is None


def test_one_seat_methods_refuse_several() -> None:
    for name in ("instant_runoff", "schulze"):
        with pytest.raises(InvalidError, match="elects one"):
            BUILT_IN[name].count(ranked({(1,): 1}), seats=2)
        assert BUILT_IN[name].count(ranked({(1,): 1}, seats=2)).winners == (1,)


def test_a_method_refuses_ballots_of_another_form() -> None:
    with pytest.raises(InvalidError, match="score counts grades, and these ballots hold ranking"):
        BUILT_IN["score"].count(ranked({(1,): 1}))


def test_no_valid_ballot_elects_nobody() -> None:
    for method in BUILT_IN.values():
        for blank in ((), (-1, -1, -1)) if method.form == "grades" else ((),):
            count = method.count(Profile.of(method.form, "ABC", {blank: 4}))
            assert (count.outcome, count.winners, count.ballots, count.blank) == ("no_votes", (), 4, 4)


def test_a_blank_ballot_stops_no_count() -> None:
    for method in BUILT_IN.values():
        count = method.count(Profile.of(method.form, "AB", {(2, 1): 3, (): 1}))
        assert (count.ballots, count.blank, count.valid) == (4, 1, 3), method.name


# --- majorities ---


@pytest.mark.parametrize(
    ("majority", "votes", "outcome"),
    [
        (Majority("absolute"), (5, 4), "decided"), (Majority("absolute"), (5, 5), "no_majority"),
        (Majority("absolute"), (1, 0), "decided"), (Majority("two_thirds"), (6, 3), "decided"),
        (Majority("two_thirds"), (65, 33), "no_majority"), (Majority("two_thirds"), (2, 1), "decided"),
        (Majority("of_roll", 20), (11, 4), "decided"), (Majority("of_roll", 20), (10, 4), "no_majority"),
    ],
)  # fmt: skip
def test_majority_is_met_at_its_bound(majority: Majority, votes: tuple[int, int], outcome: str) -> None:
    ballots = {(place,): number for place, number in enumerate(votes, 1) if number}
    count = BUILT_IN["plurality"].count(ranked(ballots | {(): 1}, 2), majority=majority)
    assert count.majority is not None
    assert (count.outcome, count.majority.met) == (outcome, outcome == "decided")
    assert count.winners == ((1,) if outcome == "decided" else ())


def test_absolute_majority_of_three_options_leads_to_a_run_off_of_the_first_two() -> None:
    absolute = Majority("absolute")
    count = BUILT_IN["plurality"].count(ranked({(1,): 4, (2,): 3, (3,): 2}), majority=absolute)
    assert (count.outcome, count.run_off, count.winners) == ("run_off", (1, 2), ())
    tied = BUILT_IN["plurality"].count(ranked({(1,): 4, (2,): 3, (3,): 3}), majority=absolute)
    assert tied.run_off == (1, 2, 3)


def test_a_tie_that_has_no_majority_either_way_needs_no_lot() -> None:
    count = BUILT_IN["plurality"].count(ranked({(1,): 4, (2,): 4}, 2), majority=Majority("absolute"))
    assert count.tie is not None
    assert (count.outcome, count.tie.settled) == ("no_majority", "alike")


def test_majority_of_the_roll_needs_a_roll_that_holds_the_ballots() -> None:
    with pytest.raises(InvalidError, match="9 ballots, and 8 people"):
        BUILT_IN["plurality"].count(ranked({(1,): 9}), majority=Majority("of_roll", 8))


# --- ties by every rule ---

EVEN = {(1,): 4, (2,): 4, (3,): 2}
SEED = bytes(32)


def test_tie_status_quo_chooses_nothing() -> None:
    count = BUILT_IN["plurality"].count(ranked(EVEN), ties=Ties("status_quo"))
    assert count.tie is not None
    assert (count.outcome, count.winners, count.tie.contested) == ("status_quo", (), (1, 2))


def test_tie_run_off_names_those_that_are_equal() -> None:
    count = BUILT_IN["plurality"].count(ranked(EVEN), ties=Ties("run_off"))
    assert (count.outcome, count.winners, count.run_off) == ("run_off", (), (1, 2))


def test_tie_casting_vote_decides_once_it_is_cast() -> None:
    before = BUILT_IN["plurality"].count(ranked(EVEN), ties=Ties("casting_vote"))
    assert (before.outcome, before.winners) == ("tied", ())
    for cast in (1, 2):
        count = BUILT_IN["plurality"].count(ranked(EVEN), ties=Ties("casting_vote", casting=(cast,)))
        assert count.tie is not None
        assert (count.outcome, count.winners, count.tie.settled) == ("decided", (cast,), "decided")
    beside = BUILT_IN["plurality"].count(ranked(EVEN), ties=Ties("casting_vote", casting=(3,)))
    assert beside.outcome == "tied"


def test_tie_lot_decides_once_it_is_drawn() -> None:
    before = BUILT_IN["plurality"].count(ranked(EVEN), ties=Ties("lot"))
    assert (before.outcome, before.winners) == ("tied", ())
    after = BUILT_IN["plurality"].count(ranked(EVEN), ties=Ties("lot", SEED))
    assert after.tie is not None
    favoured = next(each for each in after.tie.order if each != 3)
    assert (after.winners, after.rounds[0].ties[0].by) == ((favoured,), "lot")
