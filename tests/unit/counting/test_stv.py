"""Both single transferable votes, by hand."""

from collections.abc import Mapping
from typing import Any

from diramoja.counting import BUILT_IN, Profile, Ties
from diramoja.counting.values import Transfer

VOTES = 10**5


def ranked(ballots: Mapping[Any, int], options: int, seats: int) -> Profile:
    return Profile.of("ranking", "ABCDEFGH"[:options], ballots, seats=seats)


# --- Scottish ---


def test_scottish_quota_suffices_when_it_is_reached() -> None:
    count = BUILT_IN["scottish_stv"].count(ranked({(1,): 4, (2,): 4, (3,): 3}, 3, 2))
    assert (count.rounds[0].quota, count.winners, len(count.rounds)) == (4 * VOTES, (1, 2), 1)


def test_scottish_surplus_moves_every_paper_at_a_truncated_value() -> None:
    """Quota 4 of 11 for two seats: 7 papers of A hold a surplus of 3, so each is worth 3/7 = .42857."""
    count = BUILT_IN["scottish_stv"].count(ranked({(1, 2): 4, (1, 3): 2, (1,): 1, (2,): 2, (3,): 2}, 3, 2))
    surplus = count.rounds[1]
    assert (surplus.step, surplus.option) == ("surplus", 1)
    assert surplus.transfers == (Transfer(1, 2, 4 * 42857), Transfer(1, 3, 2 * 42857), Transfer(1, 0, 42857))
    assert surplus.votes == (4 * VOTES, 2 * VOTES + 4 * 42857, 2 * VOTES + 2 * 42857)
    assert (surplus.exhausted, surplus.lost) == (42857, 3 * VOTES - 7 * 42857)


def test_scottish_second_surplus_multiplies_the_value_when_received() -> None:
    """A passes 8 papers on to B at 1/4; B, with 7 of its own, then has 9, and passes on 3/9 of .25 and of 1."""
    ballots = {(1, 2, 3): 8, (2, 4): 7, (3,): 3, (4,): 3, (5,): 2}
    count = BUILT_IN["scottish_stv"].count(ranked(ballots, 5, 3))
    first, a, b = count.rounds[:3]
    assert (first.quota, first.elected) == (6 * VOTES, (1, 2))
    assert (a.option, a.transfers) == (1, (Transfer(1, 3, 8 * 25000),))
    assert (b.option, b.transfers) == (2, (Transfer(2, 4, 7 * 14285),))
    ballots = {(1, 2, 3): 8, (2, 4): 5, (3,): 4, (4,): 4, (5,): 2}
    count = BUILT_IN["scottish_stv"].count(ranked(ballots, 5, 3))
    a, b = count.rounds[1:3]
    assert (a.transfers, a.elected, a.votes[1]) == ((Transfer(1, 2, 8 * 25000),), (2,), 7 * VOTES)
    assert b.transfers == (Transfer(2, 3, 8 * (25000 // 7)), Transfer(2, 4, 5 * (VOTES // 7)))


def test_scottish_papers_of_the_excluded_keep_their_value() -> None:
    """A passes 2 votes on to B in 8 papers of .25; B goes out with 3 votes, and these papers are still worth .25."""
    count = BUILT_IN["scottish_stv"].count(ranked({(1, 2, 3): 8, (3,): 3, (4,): 3, (2,): 1}, 4, 2))
    surplus, exclusion = count.rounds[1:3]
    assert surplus.transfers == (Transfer(1, 2, 8 * 25000),)
    assert (exclusion.option, exclusion.transfers) == (2, (Transfer(2, 3, 8 * 25000), Transfer(2, 0, VOTES)))
    (tie,) = exclusion.ties
    assert (tie.options, tie.chosen, tie.by, tie.round) == ((2, 3, 4), 2, "round", 1)


def test_scottish_fills_the_seats_when_as_many_are_left_and_moves_nothing_more() -> None:
    count = BUILT_IN["scottish_stv"].count(ranked({(1, 3): 9, (2,): 2, (3,): 1}, 3, 2))
    assert [each.step for each in count.rounds] == ["first", "surplus", "exclusion", "rest"]
    assert (count.winners, count.rounds[-1].votes) == ((1, 3), (5 * VOTES, 0, 4 * VOTES + 99996))
    few = BUILT_IN["scottish_stv"].count(ranked({(1,): 9, (2,): 1}, 2, 2))
    assert [(each.step, each.elected) for each in few.rounds] == [("first", (1,)), ("rest", (2,))]


def test_scottish_equal_surpluses_go_by_the_latest_stage_that_differs() -> None:
    """The papers of E bring B from 10 to 12 and C from 9 to 12; B had more before."""
    ballots = {(2, 4): 10, (3, 4): 9, (5, 2, 4): 2, (5, 3, 4): 3, (4,): 8, (1,): 8}
    count = BUILT_IN["scottish_stv"].count(ranked(ballots, 5, 3))
    exclusion, surplus = count.rounds[1:3]
    assert (count.rounds[0].quota, exclusion.elected) == (11 * VOTES, (2, 3))
    (tie,) = surplus.ties
    assert (tie.purpose, tie.options, tie.chosen, tie.by, tie.round) == ("surplus", (2, 3), 2, "round", 1)


def test_scottish_equal_surpluses_of_the_first_stage_are_drawn_by_lot() -> None:
    ballots = {(1, 3): 8, (2, 4): 8, (3,): 3, (4,): 3, (5,): 2}
    open_ = BUILT_IN["scottish_stv"].count(ranked(ballots, 5, 3))
    drawn = BUILT_IN["scottish_stv"].count(ranked(ballots, 5, 3), ties=Ties("lot", bytes(32)))
    assert open_.rounds[1].ties[0].by == "open"
    assert drawn.tie is not None
    favoured = next(each for each in drawn.tie.order if each in {1, 2})
    assert (drawn.rounds[1].option, drawn.rounds[1].ties[0].by) == (favoured, "lot")


def test_scottish_options_without_votes_go_in_turn_and_without_a_lot() -> None:
    count = BUILT_IN["scottish_stv"].count(ranked({(1,): 3, (2,): 3, (3,): 2}, 8, 2))
    assert [each.by for round_ in count.rounds for each in round_.ties] == []
    count = BUILT_IN["scottish_stv"].count(ranked({(1,): 4, (2,): 2, (3,): 1}, 8, 2))
    assert [each.by for round_ in count.rounds for each in round_.ties] == ["nothing"] * 4
    assert (count.winners, count.tie) == ((1, 2), None)


def test_scottish_options_without_votes_need_a_lot_where_one_of_them_is_elected() -> None:
    count = BUILT_IN["scottish_stv"].count(ranked({(1,): 4}, 3, 2))
    assert count.tie is not None
    assert (count.outcome, count.winners, count.tie.contested) == ("tied", (1,), (2, 3))


# --- Meek ---


def test_meek_settles_where_every_elected_keeps_a_quota() -> None:
    """Of 10 votes two seats take 10/3 each: A keeps x with 6x = 10/3 as long as nobody runs out of choices."""
    count = BUILT_IN["meek_stv"].count(ranked({(1, 2): 4, (1, 3): 2, (2,): 2, (3,): 2}, 3, 2))
    assert count.rounds[0].elected == (1,)
    last = count.rounds[-1]
    assert (last.elected, count.winners) == ((2,), (1, 2))
    assert abs(last.votes[0] - last.quota) < 10**5


def test_meek_quota_falls_as_votes_run_out_of_choices() -> None:
    count = BUILT_IN["meek_stv"].count(ranked({(1,): 5, (2,): 3, (3,): 2, (4,): 1}, 4, 2))
    quotas = [each.quota for each in count.rounds]
    assert quotas == sorted(quotas, reverse=True)
    assert quotas[0] > quotas[-1]


def test_meek_equal_lowest_need_a_lot_where_it_matters() -> None:
    ballots = {(1,): 6, (2, 3): 2, (3, 2): 2}
    count = BUILT_IN["meek_stv"].count(ranked(ballots, 3, 2))
    assert count.tie is not None
    assert (count.outcome, count.winners, count.tie.contested) == ("tied", (1,), (2, 3))
    drawn = BUILT_IN["meek_stv"].count(ranked(ballots, 3, 2), ties=Ties("lot", bytes(32)))
    assert (drawn.outcome, len(drawn.winners)) == ("decided", 2)
