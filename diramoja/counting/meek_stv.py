"""The single transferable vote by Meek's method.

Sources: I. D. Hill, B. A. Wichmann, D. R. Woodall, Algorithm 123: Single transferable vote by Meek's method, The
Computer Journal 30 (1987) 277-281; and the reference rule of the Proportional Representation Foundation
(prfound.org/resources/reference), which fixes what the paper leaves open: nine decimals; products with a keep value
are rounded up; quota = votes/(seats + 1), truncated, and 10^-9; a round ends when the surplus is below 10^-6 or falls
no longer; one exclusion a round, and whoever is within the surplus of the lowest is equal to it.
"""

from collections.abc import Sequence

import attrs
import numpy as np

from diramoja.counting.profile import Integers, Profile
from diramoja.counting.ties import Chooser
from diramoja.counting.values import Count, Round, TieBreak

__all__ = ["meek_stv"]

DECIMALS = 9
ONE = 10**DECIMALS
OMEGA = 10 ** (DECIMALS - 6)


def meek_stv(profile: Profile, seats: int, chooser: Chooser) -> Count:
    """Elects exactly as many as there are seats."""
    state = _Meek(profile, seats, chooser)
    while state.vacancies and len(state.hopeful) > state.vacancies:
        state.play_round()
    if state.vacancies:
        state.fill()
    winners = tuple(profile.numbers[place] for place in state.elected)
    return profile.count("meek_stv", seats, rounds=tuple(state.rounds), winners=winners, decimals=DECIMALS)


@attrs.frozen(eq=False)
class _Paths:
    """Papers as they pass those who keep a part of each, to the first who keeps all: equal ways are put together.

    Attributes:
        columns: one array of places a step, -1 for nobody. `weights`: papers that go this way.
    """

    columns: Sequence[Integers]
    weights: Integers

    @classmethod
    def of(cls, profile: Profile, elected: Sequence[int], hopeful: Sequence[int]) -> "_Paths":
        """For those who are elected and hopeful now."""
        size = len(profile.options)
        keeps, stops = np.zeros(size + 1, dtype=np.bool_), np.zeros(size + 1, dtype=np.bool_)
        keeps[[*elected, *hopeful]] = True
        stops[list(hopeful)] = True
        ended = stops[profile.table]
        shown = keeps[profile.table] & (ended.cumsum(axis=1) - ended == 0)
        packed = np.argsort(~shown, axis=1, kind="stable")[:, : len(elected) + 1]
        table = np.where(np.take_along_axis(shown, packed, 1), np.take_along_axis(profile.table, packed, 1), -1)
        return cls._together(table, profile.weights, size)

    @classmethod
    def _together(cls, table: Integers, weights: Integers, size: int) -> "_Paths":
        keys = np.zeros(len(table), dtype=np.int64)
        first = keys
        for column in table.T:
            _, first, keys = np.unique(keys * (size + 1) + column + 1, return_index=True, return_inverse=True)
        together = np.zeros(len(first), dtype=np.int64)
        np.add.at(together, keys, weights)
        return cls([np.ascontiguousarray(column) for column in table[first].T], together)

    def votes(self, keep: Sequence[int]) -> list[int]:
        """Of each place, in units of 10^-9, exact: all sums stay below 2^63."""
        kept = np.array([*keep, 0], dtype=np.int64)
        left = np.full(len(self.weights), ONE, dtype=np.int64)
        sums = np.zeros(len(kept), dtype=np.int64)
        for column in self.columns:
            taken = -(-left * kept[column] // ONE)
            np.add.at(sums, column, taken * self.weights)
            left -= taken
        return [int(each) for each in sums[:-1]]


class _Meek:
    """A count on its way. Options are places; votes and keep values are in units of 10^-9."""

    def __init__(self, profile: Profile, seats: int, chooser: Chooser) -> None:
        self._profile, self._seats, self._chooser = profile, seats, chooser
        self._valid = profile.valid * ONE
        self.keep = [ONE] * len(profile.options)
        self.hopeful = [*range(len(profile.options))]
        self.elected: list[int] = []
        self.rounds: list[Round] = []
        self.votes: list[int] = []
        self.quota = 0

    @property
    def vacancies(self) -> int:
        """Seats that nobody has yet."""
        return self._seats - len(self.elected)

    def play_round(self) -> None:
        """Settle the keep values until somebody is elected; if nobody is, exclude the lowest."""
        paths = _Paths.of(self._profile, self.elected, self.hopeful)
        surplus = -1
        for iteration in range(1, 1_000_000):
            before = surplus
            self.votes = paths.votes(self.keep)
            self.quota = sum(self.votes) // (self._seats + 1) + 1
            reached = [place for place in self.hopeful if self.votes[place] >= self.quota]
            if reached:
                self._elect(reached)
                self._note(iteration, elected=reached)
                return
            surplus = max(0, sum(self.votes[place] - self.quota for place in self.elected))
            if surplus < OMEGA or (before >= 0 and surplus >= before):
                self._exclude(iteration, surplus)
                return
            self._settle()
        raise AssertionError("a surplus that falls for ever")

    def _settle(self) -> None:
        for place in self.elected:
            product = -(-self.keep[place] * self.quota // ONE)
            self.keep[place] = min(ONE, -(-product * ONE // self.votes[place]))

    def _exclude(self, iterations: int, surplus: int) -> None:
        place, ties = self._lowest(surplus)
        self.hopeful.remove(place)
        self.keep[place] = 0
        self._note(iterations, excluded=place, ties=ties)

    def _lowest(self, surplus: int) -> tuple[int, tuple[TieBreak, ...]]:
        least = min(self.votes[place] for place in self.hopeful)
        tied = [place for place in self.hopeful if self.votes[place] <= least + surplus]
        if len(tied) == 1:
            return tied[0], ()
        all_go = len(self.hopeful) - len(tied) >= self.vacancies
        if all_go and surplus < OMEGA and not any(self.votes[place] for place in tied):
            place, broken = self._chooser.in_turn(tied)
        else:
            place, broken = self._chooser.choose(tied, "exclusion")
        return place, (broken,)

    def _elect(self, places: list[int]) -> None:
        places.sort(key=lambda place: (-self.votes[place], place))
        self.elected += places
        self.hopeful = [place for place in self.hopeful if place not in places]

    def fill(self) -> None:
        """As many are left as seats."""
        left = [*self.hopeful]
        self.votes = _Paths.of(self._profile, self.elected, self.hopeful).votes(self.keep)
        self.quota = sum(self.votes) // (self._seats + 1) + 1
        self._elect(left)
        self._note(0, elected=left, is_rest=True)

    def _note(
        self,
        iterations: int,
        *,
        elected: Sequence[int] = (),
        excluded: int | None = None,
        ties: tuple[TieBreak, ...] = (),
        is_rest: bool = False,
    ) -> None:
        numbers = self._profile.numbers
        out = () if excluded is None else (numbers[excluded],)
        self.rounds.append(
            Round(
                number=len(self.rounds) + 1,
                step="rest" if is_rest else "keep",
                option=out[0] if out else 0,
                votes=tuple(self.votes),
                exhausted=self._valid - sum(self.votes),
                quota=self.quota,
                elected=tuple(numbers[place] for place in elected),
                excluded=out,
                keep=tuple(self.keep),
                iterations=iterations,
                ties=ties,
            )
        )
