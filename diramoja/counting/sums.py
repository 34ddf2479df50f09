"""Plurality, approval and score: the methods that only add up."""

from collections.abc import Sequence

from diramoja.counting.profile import NO_GRADE, Profile, summed
from diramoja.counting.ties import Chooser
from diramoja.counting.values import Count, Round

__all__ = ["approval", "plurality", "score"]


def plurality(profile: Profile, seats: int, chooser: Chooser) -> Count:
    """Most first choices; also called simple majority."""
    votes = summed(profile.table[:, 0], profile.weights, len(profile.options))[:-1]
    return _most("plurality", profile, seats, (chooser, votes))


def approval(profile: Profile, seats: int, chooser: Chooser) -> Count:
    """Most ballots that approve it."""
    size = len(profile.options)
    columns = [summed(column, profile.weights, size)[:-1] for column in profile.table.T]
    return _most("approval", profile, seats, (chooser, [sum(each) for each in zip(*columns, strict=True)]))


def score(profile: Profile, seats: int, chooser: Chooser) -> Count:
    """The largest sum of grades; no grade adds nothing."""
    grades = profile.table * (profile.table != NO_GRADE)
    return _most("score", profile, seats, (chooser, [int(each) for each in profile.weights @ grades]))


def _most(method: str, profile: Profile, seats: int, found: tuple[Chooser, Sequence[int]]) -> Count:
    chooser, votes = found
    chosen, ties = chooser.top(dict(enumerate(votes)), seats)
    elected = tuple(profile.numbers[place] for place in chosen)
    return profile.count(
        method,
        seats,
        winners=elected,
        support=votes[chosen[0]],
        rounds=(Round(number=1, step="total", votes=tuple(votes), elected=elected, ties=ties),),
    )
