"""Ballot papers in piles: each group of equal papers lies with one option, or with none, and has one value."""

from collections.abc import Collection, Mapping

import numpy as np

from diramoja.counting.profile import Integers, Profile, summed

__all__ = ["Papers"]


class Papers:
    """Where the papers of a ranked vote lie, and what each is worth in units of 10^-decimals votes.

    All papers begin with their first choice. Mutable: made anew for each count.
    """

    def __init__(self, profile: Profile, decimals: int = 0) -> None:
        self._table = profile.table
        self._weights = profile.weights
        self._size = len(profile.options)
        self._at: Integers = self._table[:, 0].copy()
        self._values: Integers = np.full(len(self._weights), 10**decimals, dtype=np.int64)

    def votes(self) -> list[int]:
        """Of each place, and last of the papers that lie nowhere."""
        return summed(self._at, self._weights * self._values, self._size)

    def values(self, place: int) -> list[int]:
        """The different values of papers that lie there."""
        return [int(each) for each in np.unique(self._values[self._at == place])]

    def move(self, place: int, continuing: Collection[int], worth: Mapping[int, int] | None = None) -> list[int]:
        """Move the papers of a place to the next choice of each among those that continue.

        Args:
            place: whose papers.
            continuing: those that can receive.
            worth: value until now → value from now on; None: as it is.

        Returns:
            The votes that each place receives, and last those of the papers without a further choice.
        """
        rows = np.flatnonzero(self._at == place)
        if worth is not None:
            known = np.array(sorted(worth), dtype=np.int64)
            new = np.array([worth[each] for each in known.tolist()], dtype=np.int64)
            self._values[rows] = new[np.searchsorted(known, self._values[rows])]
        self._at[rows] = self._next(rows, continuing)
        return summed(self._at[rows], (self._weights * self._values)[rows], self._size)

    def _next(self, rows: Integers, continuing: Collection[int]) -> Integers:
        """The first choice that continues, or -1. Whoever stood before the present pile continues no more."""
        can = np.zeros(self._size + 1, dtype=np.bool_)
        can[list(continuing)] = True
        chosen = can[self._table[rows]]
        first = chosen.argmax(axis=1)
        found: Integers = np.where(chosen.any(axis=1), self._table[rows, first], -1)
        return found
