"""Ballots as CSV: a column for each option, a line for each ballot.

    weight,Ayo,Bahati,Chausiku      the options; a first column `weight`, in front `ballot`, is optional
    28,1,2,                         a ranking: the rank of each, from 1; nothing where there is none
    5,x,x,                          marks: whatever is not empty, 0 or no
    1,5,3,0                         grades: whole numbers, the lowest 0; nothing for no grade

A rank that is given twice or left out ends a ranking there. `ballot` is whatever tells ballots apart, and is not read.
Source: RFC 4180; a name that a spreadsheet would take for a formula has an apostrophe in front.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence

from diramoja.core.errors import InvalidError
from diramoja.counting.profile import MOST_OPTIONS, NO_GRADE, Ballot, Profile
from diramoja.counting.values import Form

__all__ = ["read_csv", "write_csv"]

MARK, WEIGHT = "ballot", "weight"
NOT = frozenset({"", "0", "no", "false"})
YES = frozenset({"x", "yes", "true", "1"})
FORMULA = ("=", "+", "-", "@")
_NUMBER = re.compile(r"[0-9]{1,10}")


def read_csv(text: str, form: Form, grades: Sequence[str] = ()) -> Profile:
    """The ballots of a file, for one seat.

    Args:
        text: the file.
        form: what its cells mean.
        grades: names of grades, the lowest first, where the file has those and not numbers.

    Raises:
        InvalidError: `ballots_invalid`, with the line.
    """
    rows = _Rows(text, form, grades)
    names = rows.head()
    return Profile.of(form, names, rows.ballots(len(names)), where=lambda _: f"Line {rows.number}")


def write_csv(profile: Profile) -> str:
    """The file; equal ballots in one line. Reading it gives the same ballots; options that were withdrawn are gone."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow([WEIGHT, *(_plain(each.name) for each in profile.options)])
    for ballot, weight in profile.ballots().items():
        writer.writerow([weight, *_cells(profile, ballot)])
    return made.getvalue()


def _cells(profile: Profile, ballot: Ballot) -> list[str]:
    if profile.form == "grades":
        return ["" if grade == NO_GRADE else str(grade) for grade in ballot]
    if profile.form == "marks":
        return ["1" if number in ballot else "" for number in profile.numbers]
    ranks = {number: str(rank) for rank, number in enumerate(ballot, 1)}
    return [ranks.get(number, "") for number in profile.numbers]


def _plain(name: str) -> str:
    return f"'{name}" if name.startswith((*FORMULA, "'")) else name


class _Rows:
    """The lines of a file."""

    def __init__(self, text: str, form: Form, grades: Sequence[str]) -> None:
        if "\0" in text:
            raise _wrong(text[: text.index("\0")].count("\n") + 1, "has a character that no text has")
        self._rows = csv.reader(io.StringIO(text), strict=True)
        self._read: Callable[[Sequence[str]], Ballot] = {
            "ranking": self._ranking, "marks": self._marks, "grades": self._grades
        }[form]  # fmt: skip
        self._grades_named = {name.strip().casefold(): grade for grade, name in enumerate(grades)}
        self._extra: list[str] = []

    @property
    def number(self) -> int:
        """Of the last line that was read."""
        return self._rows.line_num

    def head(self) -> list[str]:
        """The names of the options."""
        cells = next(self._lines(), [])
        if len(cells) == 1 and ";" in cells[0]:
            raise _wrong(self.number, "has semicolons between its columns: save it with commas")
        for name in (MARK, WEIGHT):
            if cells and cells[0].casefold() == name:
                self._extra.append(name)
                cells = cells[1:]
        if not 1 <= len(cells) <= MOST_OPTIONS:
            raise _wrong(self.number, f"names {len(cells)} options; there can be 1 to {MOST_OPTIONS}")
        if empty := next((place for place, name in enumerate(cells, 1) if not name), 0):
            raise _wrong(self.number, f"has no name for option {empty}")
        return [name.removeprefix("'") if name[1:].startswith((*FORMULA, "'")) else name for name in cells]

    def ballots(self, options: int) -> Iterator[tuple[Ballot, int]]:
        """With their weights."""
        for row in self._lines():
            extra, cells = row[: len(self._extra)], row[len(self._extra) :]
            if len(cells) != options:
                raise _wrong(self.number, f"has {len(cells)} cells for {options} options")
            yield self._read(cells), self._int(extra[-1]) if WEIGHT in self._extra else 1

    def _lines(self) -> Iterator[list[str]]:
        try:
            for row in self._rows:
                if row:
                    yield [cell.strip() for cell in row]
        except csv.Error as error:
            raise _wrong(self.number, f"is no CSV: {error}") from error

    def _int(self, cell: str) -> int:
        if not _NUMBER.fullmatch(cell):
            raise _wrong(self.number, f"has {cell[:20]!r} where a whole number belongs")
        return int(cell)

    def _ranking(self, cells: Sequence[str]) -> Ballot:
        """Options by rank, up to the first rank that is left out or given twice."""
        ranked: dict[int, list[int]] = {}
        for number, cell in enumerate(cells, 1):
            if cell and (rank := 1 if cell.casefold() == "x" else self._int(cell)):
                ranked.setdefault(rank, []).append(number)
        ballot: list[int] = []
        while len(found := ranked.get(len(ballot) + 1, ())) == 1:
            ballot += found
        return tuple(ballot)

    def _marks(self, cells: Sequence[str]) -> Ballot:
        return tuple(number for number, cell in enumerate(cells, 1) if self._is_marked(cell.casefold()))

    def _is_marked(self, cell: str) -> bool:
        return cell in YES or (cell not in NOT and self._int(cell) > 0)

    def _grades(self, cells: Sequence[str]) -> Ballot:
        return tuple(NO_GRADE if not cell else self._grade(cell) for cell in cells)

    def _grade(self, cell: str) -> int:
        named = self._grades_named.get(cell.casefold())
        return self._int(cell) if named is None else named


def _wrong(line: int, what: str) -> InvalidError:
    return InvalidError(f"Line {line} {what}.", code="ballots_invalid")
