"""What holds for any ballots, as hypothesis makes them up."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diramoja.counting import BUILT_IN, Count, Profile, Ties, read_blt, read_csv, write_blt, write_csv
from diramoja.counting.majority_judgement import median
from diramoja.counting.meek_stv import DECIMALS, ONE

type Ballots = list[tuple[tuple[int, ...], int]]

SEED = bytes(range(32))
RANKED = ("plurality", "instant_runoff", "scottish_stv", "meek_stv", "schulze")
ALL = (*BUILT_IN,)


@st.composite
def rankings(draw: st.DrawFn, *, least: int = 2) -> tuple[int, Ballots]:
    options = draw(st.integers(least, 6))
    numbers = [*range(1, options + 1)]
    short = st.permutations(numbers).flatmap(lambda order: st.integers(0, options).map(lambda n: tuple(order[:n])))
    return options, draw(st.lists(st.tuples(short, st.integers(1, 9)), min_size=1, max_size=25))


@st.composite
def ballots_of(draw: st.DrawFn, form: str) -> tuple[int, Ballots]:
    if form != "grades":
        return draw(rankings())
    options = draw(st.integers(2, 5))
    one = st.tuples(*[st.integers(-1, 5)] * options)
    return options, draw(st.lists(st.tuples(one, st.integers(1, 9)), min_size=1, max_size=25))


def profile_of(form: Any, options: int, ballots: Ballots, seats: int = 1) -> Profile:
    return Profile.of(form, "ABCDEF"[:options], ballots, seats=seats)


# --- of every method ---


@pytest.mark.parametrize("name", ALL)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_order_and_grouping_of_ballots_change_nothing(name: str, data: st.DataObject) -> None:
    method = BUILT_IN[name]
    options, ballots = data.draw(ballots_of(method.form))
    shuffled = data.draw(st.permutations(ballots))
    single = [(ballot, 1) for ballot, weight in ballots for _ in range(weight)]
    counts = [method.count(profile_of(method.form, options, each)) for each in (ballots, [*shuffled], single)]
    assert counts[0] == counts[1] == counts[2]


@pytest.mark.parametrize("name", ALL)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_lot_decides_every_tie_and_every_seat_is_filled(name: str, data: st.DataObject) -> None:
    method = BUILT_IN[name]
    options, ballots = data.draw(ballots_of(method.form))
    seats = 1 if method.seats == "one" else data.draw(st.integers(1, options))
    profile = profile_of(method.form, options, ballots)
    count = method.count(profile, seats=seats, ties=Ties("lot", SEED))
    if not profile.valid:
        assert count.outcome == "no_votes"
        return
    assert (count.outcome, len({*count.winners})) == ("decided", seats)
    assert {*count.winners} <= {*range(1, options + 1)}
    elected = [option for round_ in count.rounds for option in round_.elected]
    assert elected == [*count.winners]


@pytest.mark.parametrize("name", ALL)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_an_open_tie_leaves_room_for_whatever_the_lot_draws(name: str, data: st.DataObject) -> None:
    method = BUILT_IN[name]
    options, ballots = data.draw(ballots_of(method.form))
    profile = profile_of(method.form, options, ballots)
    if not profile.valid:
        return
    open_, drawn = (
        method.count(profile),
        method.count(profile, ties=Ties("lot", data.draw(st.binary(min_size=32, max_size=32)))),
    )
    if open_.outcome == "decided":
        assert {*drawn.winners} == {*open_.winners}
    else:
        assert open_.tie is not None
        assert {*open_.winners} <= {*drawn.winners} <= {*open_.winners, *open_.tie.contested}


@pytest.mark.parametrize("name", ["plurality", "instant_runoff", "schulze", "scottish_stv", "meek_stv"])
@given(data=rankings())
@settings(max_examples=60, deadline=None)
def test_majority_of_first_choices_wins(name: str, data: tuple[int, Ballots]) -> None:
    options, ballots = data
    more = sum(weight for _, weight in ballots) + 1
    count = BUILT_IN[name].count(profile_of("ranking", options, [*ballots, ((2, 1), more)]))
    assert (count.winners, count.tie) == ((2,), None)


@given(data=ballots_of("grades"))
@settings(max_examples=60, deadline=None)
def test_majority_judgement_chooses_a_highest_lower_median(data: tuple[int, Ballots]) -> None:
    profile = profile_of("grades", *data)
    if not profile.valid:
        return
    count = BUILT_IN["majority_judgement"].count(profile, ties=Ties("lot", SEED))
    assert count.grading is not None
    medians = [median(counts) for counts in count.grading.counts]
    assert medians[count.winners[0] - 1] == max(medians)
    assert by_the_book(count) == {*BUILT_IN["majority_judgement"].count(profile).winners} or count.tie is not None


def by_the_book(count: Count) -> set[int]:
    """Lay down one median grade each, and again: the slow way."""
    assert count.grading is not None
    held = {number: [*grades] for number, grades in enumerate(count.grading.counts, 1)}
    while sum(next(iter(held.values()))):
        medians = {number: median(grades) for number, grades in held.items()}
        held = {number: held[number] for number, grade in medians.items() if grade == max(medians.values())}
        if len(held) == 1:
            break
        for number, grades in held.items():
            grades[medians[number]] -= 1
    return {*held}


# --- of the methods that compare two ---


@given(data=rankings())
@settings(max_examples=100, deadline=None)
def test_schulze_elects_whoever_beats_every_other(data: tuple[int, Ballots]) -> None:
    options, ballots = data
    profile = profile_of("ranking", options, ballots)
    if not profile.valid:
        return
    count = BUILT_IN["schulze"].count(profile, ties=Ties("lot", SEED))
    assert count.pairwise is not None
    wins = count.pairwise.wins
    places = range(options)
    best = [a for a in places if all(wins[a][b] > wins[b][a] for b in places if b != a)]
    assert count.winners == (best[0] + 1,) if best else count.winners


# --- of the single transferable votes ---


@given(data=rankings(least=3), seats=st.integers(1, 5))
@settings(max_examples=150, deadline=None)
def test_scottish_votes_are_conserved_and_quotas_suffice(data: tuple[int, Ballots], seats: int) -> None:
    options, ballots = data
    profile = profile_of("ranking", options, ballots)
    if not profile.valid or seats > options:
        return
    count = BUILT_IN["scottish_stv"].count(profile, seats=seats, ties=Ties("lot", SEED))
    for round_ in count.rounds:
        assert sum(round_.votes) + round_.exhausted + round_.lost == profile.valid * 10**5
        assert min(round_.votes) >= 0
        assert round_.quota * (seats + 1) > profile.valid * 10**5
        assert sum(each.votes for each in round_.transfers) <= max_moved(count.rounds, round_.number)
    assert all(now.lost >= before.lost for before, now in pairwise(count.rounds))


def max_moved(rounds: Any, number: int) -> int:
    """What the option had before the round, or its surplus."""
    if number == 1:
        return 0
    before, now = rounds[number - 2], rounds[number - 1]
    place = now.option - 1
    votes: int = before.votes[place] - (now.quota if now.step == "surplus" else 0)
    return votes


@given(data=rankings(least=3), seats=st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_meek_votes_are_conserved_and_keep_values_are_shares(data: tuple[int, Ballots], seats: int) -> None:
    options, ballots = data
    profile = profile_of("ranking", options, ballots)
    if not profile.valid or seats > options:
        return
    count = BUILT_IN["meek_stv"].count(profile, seats=seats, ties=Ties("lot", SEED))
    assert count.decimals == DECIMALS
    for round_ in count.rounds:
        assert sum(round_.votes) + round_.exhausted == profile.valid * ONE
        assert round_.exhausted >= 0
        assert all(0 <= keep <= ONE for keep in round_.keep)
        assert round_.quota == sum(round_.votes) // (seats + 1) + 1


# --- files ---


@given(data=rankings(), seats=st.integers(1, 2))
@settings(max_examples=60, deadline=None)
def test_blt_is_read_as_it_was_written(data: tuple[int, Ballots], seats: int) -> None:
    profile = profile_of("ranking", *data, seats)
    again = read_blt(write_blt(profile))
    assert (again.options, again.ballots(), again.seats) == (profile.options, profile.ballots(), seats)


@pytest.mark.parametrize("form", ["ranking", "marks", "grades"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_csv_is_read_as_it_was_written(form: Any, data: st.DataObject) -> None:
    profile = profile_of(form, *data.draw(ballots_of(form)))
    again = read_csv(write_csv(profile), form)
    assert (again.options, again.ballots()) == (profile.options, profile.ballots())
