"""Worked examples that others have published, each with its source."""

import pytest

from diramoja.counting import BUILT_IN, Profile, Ties
from diramoja.counting.majority_judgement import median

GRADES = {"Excellent": 3, "Good": 2, "Fair": 1, "Poor": 0}


def graded(columns: list[list[int]]) -> Profile:
    """Of the grades of each option; which of them stand on one ballot does not matter."""
    ballots: dict[tuple[int, ...], int] = {}
    for ballot in zip(*columns, strict=True):
        ballots[ballot] = ballots.get(ballot, 0) + 1
    return Profile.of("grades", [f"Option {n}" for n in range(1, len(columns) + 1)], ballots)


def spread(counts: list[int]) -> list[int]:
    """Grades by how often each was given, the lowest first."""
    return [grade for grade, count in enumerate(counts) for _ in range(count)]


# --- score ---


def test_score_example_of_the_fedora_elections_guide() -> None:
    """Fedora Elections Guide, section 1.2, table 1.1: totals, and C wins; its sum for C, 15 of 4 + 7 + 6, is a slip.

    https://pfrields.fedorapeople.org/documents/elections-guide/sect-Fedora_Elections_Guide-Range_Voting-Range_Voting_Example.html
    """
    ballots = {(0, 3, 4, 4, 6, 0, 4): 1, (7, 2, 7, 2, 3, 5, 0): 1, (7, 7, 6, 1, 4, 1, 4): 1}
    profile = Profile.of("grades", [f"Candidate {letter}" for letter in "ABCDEFG"], ballots)
    count = BUILT_IN["score"].count(profile)
    assert count.rounds[0].votes == (14, 12, 17, 7, 13, 6, 8)
    assert count.winners == (3,)


# --- majority judgement ---


def test_majority_judgement_median_of_five_grades() -> None:
    """Balinski and Laraki, Le jugement majoritaire, translated at http://rangevoting.org/BalinskiL.html.

    Good, Passable, Reject, Good, Mildly good: the median is Mildly good. Of six grades, the lower of the middle two.
    """
    reject, passable, mildly_good, good = range(4)
    given = [good, passable, reject, good, mildly_good]
    assert median([given.count(grade) for grade in range(4)]) == mildly_good
    given.append(good)
    assert median([given.count(grade) for grade in range(4)]) == mildly_good


def test_majority_judgement_tie_break_of_the_encyclopedia() -> None:
    """Wikipedia, Majority judgment (mirrored at http://108.161.137.60/piglix/Majority_Judgment).

    Both medians are Fair; after one Fair of each is laid down, X has Good and wins.
    """
    x = [GRADES[name] for name in ("Good", "Good", "Fair", "Poor")]
    y = [GRADES[name] for name in ("Excellent", "Fair", "Fair", "Fair")]
    count = BUILT_IN["majority_judgement"].count(graded([x, y]))
    first, second = count.rounds
    assert (first.votes, second.removed, second.votes) == ((1, 1), 1, (2, 1))
    assert count.winners == (1,)


def test_majority_judgement_poll_of_mieux_voter() -> None:
    """The example of majority_judgment 0.1.0 (https://pub.dev/packages/majority_judgment): ranks 2, 1, 4, 2."""
    poll = [[1, 2, 4, 2, 1], [1, 2, 4, 1, 2], [3, 1, 3, 1, 2], [1, 2, 4, 2, 1]]
    profile = graded([spread(counts) for counts in poll])
    method = BUILT_IN["majority_judgement"]
    assert method.count(profile).winners == (2,)
    assert method.count(profile, seats=3).winners == (2, 1, 4)
    assert method.count(profile, seats=4).winners == (2, 1, 4, 3)
    two = method.count(profile, seats=2)
    assert two.tie is not None
    assert (two.outcome, two.winners, two.tie.contested) == ("tied", (2,), (1, 4))


def test_majority_judgement_order_of_the_python_package() -> None:
    """majorityjudgement 0.1.2 (https://pypi.org/project/majorityjudgement): [5, 5] stands below [3, 7]."""
    count = BUILT_IN["majority_judgement"].count(graded([spread([5, 5]), spread([3, 7])]))
    assert count.winners == (2,)


def test_majority_judgement_counts_no_grade_as_the_lowest() -> None:
    profile = Profile.of("grades", "AB", {(2, 1): 1, (-1, 1): 2, (2, 0): 1})
    count = BUILT_IN["majority_judgement"].count(profile)
    assert count.grading is not None
    assert count.grading.counts == ((2, 0, 2), (1, 3, 0))
    assert count.winners == (2,)


# --- Schulze ---

SCHULZE = {
    "ACBED": 5, "ADECB": 5, "BEDAC": 8, "CABED": 3, "CAEBD": 7, "CBADE": 2, "DCEBA": 7, "EBADC": 8
}  # fmt: skip


def test_schulze_first_example_of_its_author() -> None:
    """M. Schulze, example 1 (45 voters): duels, strongest paths, winner E.

    https://pinocchiopedia.com/wiki/User:MarkusSchulze/Schulze_method_examples
    """
    ballots = {tuple("ABCDE".index(letter) + 1 for letter in order): n for order, n in SCHULZE.items()}
    count = BUILT_IN["schulze"].count(Profile.of("ranking", "ABCDE", ballots))
    assert count.pairwise is not None
    assert count.pairwise.wins == (
        (0, 20, 26, 30, 22), (25, 0, 16, 33, 18), (19, 29, 0, 17, 24), (15, 12, 28, 0, 14), (23, 27, 21, 31, 0)
    )  # fmt: skip
    assert count.pairwise.paths == (
        (0, 28, 28, 30, 24), (25, 0, 28, 33, 24), (25, 29, 0, 29, 24), (25, 28, 28, 0, 24), (25, 28, 28, 31, 0)
    )  # fmt: skip
    assert count.winners == (5,)


def test_schulze_several_potential_winners_are_drawn_by_lot() -> None:
    profile = Profile.of("ranking", "ABC", {(1, 2, 3): 1, (2, 3, 1): 1, (3, 1, 2): 1})
    assert BUILT_IN["schulze"].count(profile).outcome == "tied"
    count = BUILT_IN["schulze"].count(profile, ties=Ties("lot", bytes(32)))
    assert count.tie is not None
    assert count.winners == (count.tie.order[0],)


# --- the capital of Tennessee ---

TENNESSEE = {(1, 2, 3, 4): 42, (2, 3, 4, 1): 26, (3, 4, 2, 1): 15, (4, 3, 2, 1): 17}


@pytest.mark.parametrize(
    ("method", "winner"), [("plurality", 1), ("instant_runoff", 4), ("schulze", 2), ("scottish_stv", 4)]
)
def test_capital_of_tennessee(method: str, winner: int) -> None:
    """Electowiki: Memphis has most votes, Knoxville wins the instant runoff, Nashville beats every other.

    https://electowiki.org/wiki/Effects_of_different_voting_systems_under_similar_circumstances
    """
    profile = Profile.of("ranking", ["Memphis", "Nashville", "Chattanooga", "Knoxville"], TENNESSEE)
    assert BUILT_IN[method].count(profile).winners == (winner,)
