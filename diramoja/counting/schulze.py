"""Schulze's method: whoever is at least as strong as every other over the strongest paths of duels.

Source: M. Schulze, A new monotonic, clone-independent, reversal symmetric, and Condorcet-consistent single-winner
election method, Social Choice and Welfare 36 (2011) 267-303; a duel is as strong as the ballots that win it (winning
votes). Options that a ballot does not rank stand below all that it ranks, and equal to each other.
"""

import numpy as np

from diramoja.counting.profile import Integers, Profile
from diramoja.counting.ties import Chooser
from diramoja.counting.values import Count, Pairwise, Round

__all__ = ["duels", "schulze", "strongest_paths"]


def schulze(profile: Profile, seats: int, chooser: Chooser) -> Count:
    """Elects one; several that are equally strong are told apart by lot."""
    wins = duels(profile)
    paths = strongest_paths(wins)
    at_least = (paths >= paths.T).sum(axis=1) - 1
    best = [int(place) for place in np.flatnonzero(at_least == len(paths) - 1)]
    (winner,), ties = chooser.top(dict.fromkeys(best, 0), 1)
    number = profile.numbers[winner]
    votes = tuple(int(each) for each in at_least)
    return profile.count(
        "schulze",
        seats,
        winners=(number,),
        rounds=(Round(number=1, step="paths", votes=votes, elected=(number,), ties=ties),),
        pairwise=Pairwise(_rows(wins), _rows(paths)),
    )


def duels(profile: Profile) -> Integers:
    """(options, options): the ballots that prefer the first to the second."""
    size, groups = len(profile.options), len(profile.weights)
    ranks = np.full((groups, size + 1), size, dtype=np.int64)
    for rank, column in enumerate(profile.table.T):
        ranks[np.arange(groups), column] = rank
    ranks = ranks[:, :size]
    found = [profile.weights @ (ranks[:, [place]] < ranks) for place in range(size)]
    return np.array(found, dtype=np.int64).reshape(size, size)


def strongest_paths(wins: Integers) -> Integers:
    """(options, options): the strength of the weakest duel on the strongest path from the first to the second."""
    paths: Integers = np.where(wins > wins.T, wins, 0)
    for place in range(len(paths)):
        paths = np.maximum(paths, np.minimum(paths[:, [place]], paths[[place], :]))
    np.fill_diagonal(paths, 0)
    return paths


def _rows(table: Integers) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(each) for each in row) for row in table)
