"""The ballots of a vote as values: equal ones grouped, checked, in arrays."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import attrs
import numpy as np
import numpy.typing as npt

from diramoja.core.errors import InvalidError
from diramoja.counting.values import Count, Form, Option, Round

__all__ = [
    "MOST_OPTIONS",
    "MOST_VOTES",
    "NO_GRADE",
    "TOP_GRADE",
    "Ballot",
    "Ballots",
    "Integers",
    "Profile",
    "check_seats",
    "digest_of",
    "summed",
]

type Ballot = tuple[int, ...]
type Ballots = Mapping[Any, int] | Iterable[tuple[Ballot, int]]
"""Ballots with their weights. A ranking is option numbers, the best first, and ends at a 0; marks are option numbers in
any order; grades are one for each option, from 0 for the lowest to `TOP_GRADE`, and `NO_GRADE` for none. One that is
empty is blank, whatever its form."""
type Integers = npt.NDArray[np.int64]

MOST_OPTIONS = 200
MOST_VOTES = 10**9
"""Sums of votes at five decimals then stay below 2^53, where a double still counts every one."""
MOST_CELLS = 50_000_000
"""Of the array of grouped ballots."""
MOST_TEXT = 500
"""Characters of a name."""
TOP_GRADE = 1_000
NO_GRADE = -1
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@attrs.frozen(eq=False)
class Profile:
    """The ballots of one vote.

    Attributes:
        form: what a ballot holds.
        options: those that can be chosen; those withdrawn are gone from here and from the ballots.
        table: (groups, columns) int64: places among `options`, -1 for none; of grades one column per option, their
            grade or `NO_GRADE`.
        weights: (groups,) int64, how many ballots are like this.
        blank: ballots that say nothing.
        seats: how many are to be chosen, as far as the file says.
        title: what was asked.
        withdrawn: options that stand on ballots and can no longer be chosen.
    """

    form: Form
    options: tuple[Option, ...]
    table: Integers
    weights: Integers
    blank: int = 0
    seats: int = 1
    title: str = ""
    withdrawn: tuple[Option, ...] = ()

    @classmethod
    def of(
        cls,
        form: Form,
        names: Sequence[str],
        ballots: Ballots,
        *,
        seats: int = 1,
        withdrawn: Iterable[int] = (),
        title: str = "",
        where: Callable[[int], str] = "Ballot {}".format,
    ) -> Self:
        """Check ballots and group them.

        Args:
            form: what a ballot holds.
            names: of the options, in the order of their numbers.
            ballots: with their weights; looked at one by one.
            seats: how many are to be chosen, where nobody says otherwise.
            withdrawn: numbers of options that can no longer be chosen.
            title: what was asked.
            where: calls a ballot, by its place from 1, as an error should.

        Raises:
            InvalidError: `ballots_invalid`, with what is wrong and where.
        """
        gone = frozenset(withdrawn)
        options, left = _options(names, gone)
        check_seats(seats, options)
        groups, blank = _grouped(_Normal(form, len(names), gone), ballots, where)
        table, weights = _arrays(form, groups, options, len(names))
        return cls(form, options, table, weights, blank, seats, _cleaned(title), left)

    def named(self, names: Sequence[str], title: str) -> Self:
        """With the names of all options, those withdrawn included, in the order of their numbers."""
        options, left = _options(names, frozenset(each.number for each in self.withdrawn))
        return attrs.evolve(self, options=options, withdrawn=left, title=_cleaned(title))

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the options, by their places."""
        return tuple(each.number for each in self.options)

    @cached_property
    def valid(self) -> int:
        """Ballots that are not blank."""
        return int(self.weights.sum())

    def count(self, method: str, seats: int, *, rounds: tuple[Round, ...], **found: Any) -> Count:
        """A count of these ballots. `found`: fields of `Count`."""
        return Count(
            method=method,
            title=self.title,
            options=self.options,
            seats=seats,
            ballots=self.valid + self.blank,
            blank=self.blank,
            rounds=rounds,
            **{"decimals": 0, "winners": (), **found},
        )

    @property
    def record(self) -> str:
        """All these ballots as `digest_of` takes them: a file whose SHA-256 is the digest."""
        blank = {"": self.blank}
        return _record({**{",".join(map(str, each)): n for each, n in self._groups().items()}, **blank}.items())

    @property
    def digest(self) -> str:
        """Of all these ballots: see `digest_of`."""
        return hashlib.sha256(self.record.encode()).hexdigest()

    def ballots(self) -> dict[Ballot, int]:
        """The grouped ballots again, by option numbers; grades in the order of the options that can be chosen."""
        nothing: Ballot = (NO_GRADE,) * len(self.options) if self.form == "grades" else ()
        return self._groups() | ({nothing: self.blank} if self.blank else {})

    def _groups(self) -> dict[Ballot, int]:
        """Without the blank ones."""
        numbers = np.array([*self.numbers, 0], dtype=np.int64)
        rows = self.table if self.form == "grades" else numbers[self.table]
        held = [tuple(row) if self.form == "grades" else tuple(n for n in row if n) for row in rows.tolist()]
        return dict(zip(held, self.weights.tolist(), strict=True))


def digest_of(groups: Iterable[tuple[str, int]]) -> str:
    """SHA-256, in hexadecimal, of ballots: over a line for each group of equal ones, sorted by what they say.

    Args:
        groups: option numbers or grades with commas between them, "" where it is blank; and how many there are. A line
            has a semicolon between the two.
    """
    return hashlib.sha256(_record(groups).encode()).hexdigest()


def _record(groups: Iterable[tuple[str, int]]) -> str:
    return "".join(f"{choices};{ballots}\n" for choices, ballots in sorted(groups) if ballots)


def summed(places: Integers, values: Integers, size: int) -> list[int]:
    """The exact sum of values at each place from 0; the last of the sums is of those at -1.

    Source: a double holds every integer below 2^53 (IEEE 754), and no sum of votes here goes beyond (`MOST_VOTES`).
    """
    sums = np.bincount(places + 1, weights=values, minlength=size + 1)
    return [*map(int, sums[1:]), int(sums[0])]


def _options(names: Sequence[str], gone: frozenset[int]) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """Those that can be chosen, and those withdrawn."""
    if not 1 <= len(names) <= MOST_OPTIONS:
        raise _invalid(f"There are {len(names)} options; there can be 1 to {MOST_OPTIONS}.")
    if unknown := [each for each in gone if not 1 <= each <= len(names)]:
        raise _invalid(f"Option {unknown[0]} is withdrawn, and there is none of that number.")
    listed = [Option(number, _name(name, number)) for number, name in enumerate(names, 1)]
    left = tuple(each for each in listed if each.number not in gone)
    return left, tuple(each for each in listed if each.number in gone)


def _name(name: str, number: int) -> str:
    return _cleaned(name) or f"Option {number}"


def _cleaned(text: str) -> str:
    return _CONTROL.sub(" ", text[:MOST_TEXT]).strip()


def check_seats(seats: int, options: Sequence[Option]) -> None:
    """Raise InvalidError unless there is an option for every seat."""
    if not 1 <= seats <= len(options):
        raise _invalid(f"There are {len(options)} options for {seats} seats.")


@attrs.frozen
class _Normal:
    """The normal shape of ballots, the same for ballots that say the same. () is blank."""

    form: Form
    options: int
    gone: frozenset[int]

    def __call__(self, ballot: Ballot) -> Ballot:
        if not ballot:
            return ()
        if self.form == "grades":
            return self._grades(ballot)
        if self.form == "marks":
            self._check_numbers(ballot)
            return tuple(sorted({*ballot} - self.gone))
        if 0 in ballot:
            ballot = ballot[: ballot.index(0)]
        self._check_numbers(ballot)
        return tuple(each for each in ballot if each not in self.gone) if self.gone else ballot

    def _check_numbers(self, ballot: Ballot) -> None:
        if ballot and not (min(ballot) >= 1 and max(ballot) <= self.options):
            wrong = next(each for each in ballot if not 1 <= each <= self.options)
            raise ValueError(f"there is no option {wrong}.")
        if len(set(ballot)) != len(ballot):
            twice = next(each for each in ballot if ballot.count(each) > 1)
            raise ValueError(f"option {twice} stands there twice.")

    def _grades(self, ballot: Ballot) -> Ballot:
        if len(ballot) != self.options:
            raise ValueError(f"it has {len(ballot)} grades for {self.options} options.")
        if not (min(ballot) >= NO_GRADE and max(ballot) <= TOP_GRADE):
            raise ValueError(f"a grade is a whole number from 0 to {TOP_GRADE:,}.")
        held = tuple(each for number, each in enumerate(ballot, 1) if number not in self.gone) if self.gone else ballot
        return held if max(held) > NO_GRADE else ()


def _grouped(normal: _Normal, ballots: Ballots, where: Callable[[int], str]) -> tuple[dict[Ballot, int], int]:
    """Normal ballots with their weights, and the weight of the blank ones."""
    groups: dict[Ballot, int] = {}
    total = 0
    for place, (ballot, weight) in enumerate(ballots.items() if isinstance(ballots, Mapping) else ballots, 1):
        total += weight
        try:
            if weight < 1 or total > MOST_VOTES:
                raise ValueError(f"a weight is at least 1, and all together at most {MOST_VOTES:,}.")  # noqa: TRY301  # one error for all
            held = normal(ballot)
        except ValueError as error:
            raise _invalid(f"{where(place)}: {error}") from error
        groups[held] = groups.get(held, 0) + weight
    return groups, groups.pop((), 0)


def _arrays(
    form: Form, groups: Mapping[Ballot, int], options: Sequence[Option], names: int
) -> tuple[Integers, Integers]:
    ordered = sorted(groups.items())
    width = max((len(ballot) for ballot, _ in ordered), default=1)
    if width * len(ordered) > MOST_CELLS:
        raise _invalid("There are too many different ballots.")
    padded = [ballot + (0,) * (width - len(ballot)) for ballot, _ in ordered]
    table = np.array(padded, dtype=np.int64).reshape(len(ordered), width)
    if form != "grades":
        places = np.full(names + 1, -1, dtype=np.int64)
        places[[each.number for each in options]] = np.arange(len(options))
        table = places[table]
    return table, np.array([weight for _, weight in ordered], dtype=np.int64)


def _invalid(message: str) -> InvalidError:
    return InvalidError(message, code="ballots_invalid")
