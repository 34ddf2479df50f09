"""Majority judgement: the best median grade wins.

Source: M. Balinski, R. Laraki, A theory of measuring, electing, and ranking, PNAS 104 (2007) 8720-8725. The median is
the lower one of the two in the middle. Equal options lay down one median grade each, and again, until their medians
differ. No grade counts as the lowest.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from diramoja.counting.profile import NO_GRADE, Profile, summed
from diramoja.counting.ties import Chooser
from diramoja.counting.values import Count, Grading, Round

__all__ = ["majority_judgement", "median"]

OUT = -1


def majority_judgement(profile: Profile, seats: int, chooser: Chooser) -> Count:
    """For several seats: the best, then the best of the others, and so on."""
    counts = _counts(profile)
    rounds: list[Round] = []
    elected: list[int] = []
    while len(elected) < seats:
        left = [place for place in range(len(counts)) if place not in elected]
        elected += _best(_Duel(counts, left, profile.numbers), seats - len(elected), chooser, rounds)
    return profile.count(
        "majority_judgement",
        seats,
        rounds=tuple(rounds),
        winners=tuple(profile.numbers[place] for place in elected),
        grading=Grading(tuple(tuple(each) for each in counts)),
    )


def _counts(profile: Profile) -> list[list[int]]:
    """How often each option got each grade."""
    top = int(profile.table.max())
    grades = np.where(profile.table == NO_GRADE, 0, profile.table)
    return [summed(column, profile.weights, top + 1)[:-1] for column in grades.T]


class _Duel:
    """Options that are compared, with the grades that they still hold."""

    def __init__(self, counts: Sequence[Sequence[int]], places: Sequence[int], numbers: Sequence[int]) -> None:
        self.held = {place: [*counts[place]] for place in places}
        self.numbers = numbers
        self.size = len(counts)
        self.removed = 0

    @property
    def total(self) -> int:
        """Grades that each still holds."""
        return sum(next(iter(self.held.values())))

    def medians(self) -> dict[int, int]:
        """Of each, the lower median."""
        return {place: median(grades) for place, grades in self.held.items()}

    def keep(self, places: Sequence[int]) -> None:
        """Only these go on."""
        self.held = {place: self.held[place] for place in places}

    def lay_down(self) -> None:
        """As many median grades of each, all equal, as it takes until the median of one of them changes."""
        number = min(_steady(grades) for grades in self.held.values())
        for grades in self.held.values():
            grades[median(grades)] -= number
        self.removed += number


def _best(duel: _Duel, seats: int, chooser: Chooser, rounds: list[Round]) -> list[int]:
    """The best; of several whose grades are all the same, as many as there are seats."""
    while duel.total:
        medians = duel.medians()
        best = [place for place, grade in medians.items() if grade == max(medians.values())]
        _note(rounds, duel, medians, elected=best if len(best) == 1 else ())
        if len(best) == 1:
            return best
        duel.keep(best)
        duel.lay_down()
    chosen, ties = chooser.top(dict.fromkeys(duel.held, 0), seats)
    _note(rounds, duel, dict.fromkeys(duel.held, 0), elected=chosen, ties=ties)
    return chosen


def _note(rounds: list[Round], duel: _Duel, medians: Mapping[int, int], *, elected: Sequence[int], **more: Any) -> None:
    rounds.append(
        Round(
            number=len(rounds) + 1,
            step="grade",
            votes=tuple(medians.get(place, OUT) for place in range(duel.size)),
            removed=duel.removed,
            elected=tuple(duel.numbers[place] for place in elected),
            **more,
        )
    )


def median(grades: Sequence[int]) -> int:
    """The lower median. `grades`: how often each grade was given, the lowest first; not all zero."""
    middle = (sum(grades) - 1) // 2
    for grade, count in enumerate(grades):
        middle -= count
        if middle < 0:
            return grade
    raise ValueError("no grades")


def _steady(grades: Sequence[int]) -> int:
    """How often the median can be laid down before it is another, or none is left.

    With m grades at the median and q below it among t, after k of them the median is still the same while
    q <= (t - k - 1) // 2 < q + m - k.
    """
    grade, total = median(grades), sum(grades)
    below, at = sum(grades[:grade]), grades[grade]
    return min(total - 2 * below, 2 * (below + at) - total + 1, at)
