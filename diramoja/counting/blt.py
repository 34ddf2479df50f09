"""Ranked ballots as BLT, the text format of many counting programs.

    3 1                 three options, one seat
    -2                  option 2 is withdrawn (optional)
    28 1 2 0            28 ballots: 1 before 2
    12 3=1 0            12 ballots: 3 and 1 equal, which ends a ranking before it begins
    0                   no more ballots
    "Ayo"               the names, in the order of their numbers
    "Bahati"
    "Chausiku"
    "Who is to chair?"  the title (optional)

Quotation marks only enclose names. A `#` begins a remark before the names, `-` in a ballot is a rank left out, `(...)`
in front of a weight the mark of a ballot, which is not kept. Source: Hill, Wichmann, Woodall 1987, and the files of
OpenSTV, which added what is optional.
"""

import re
from collections.abc import Iterator

from diramoja.core.errors import InvalidError
from diramoja.counting.profile import MOST_OPTIONS, Ballot, Profile
from diramoja.counting.values import Form

__all__ = ["read_blt", "write_blt"]

MOST_DIGITS = 10
MOST_LINE = 10_000
"""Characters."""
_PLAIN = re.compile(r"[0-9 \t]+")
_MARK = re.compile(r"\([^()]*\)")
_NUMBER = re.compile(rf"[0-9]{{1,{MOST_DIGITS}}}")
_QUOTES = re.compile(r'["\s]+')


def read_blt(text: str, form: Form = "ranking") -> Profile:
    """The ballots of a file. As marks: all options that a ballot names are approved.

    Raises:
        InvalidError: `ballots_invalid`, with the line.
    """
    if form == "grades":
        raise InvalidError("BLT holds rankings and no grades.", code="ballots_invalid", cure="Give a CSV file.")
    lines = _Lines(text)
    options, seats = lines.head()
    withdrawn = lines.withdrawn()
    profile = Profile.of(
        form,
        [""] * options,
        lines.ballots(is_ranking=form == "ranking"),
        seats=seats,
        withdrawn=withdrawn,
        where=lambda _: f"Line {lines.number}",
    )
    names, title = lines.names(options)
    return profile.named(names, title)


def write_blt(profile: Profile) -> str:
    """The file; equal ballots in one line. Reading it gives the same ballots.

    Raises:
        InvalidError: `ballots_invalid`: grades cannot be written so.
    """
    if profile.form == "grades":
        raise InvalidError("BLT holds rankings and no grades.", code="ballots_invalid", cure="Write a CSV file.")
    options = max(profile.numbers)
    gone = " ".join(str(-number) for number in range(1, options + 1) if number not in profile.numbers)
    names = {each.number: each.name for each in profile.options}
    lines = [f"{options} {profile.seats}", *([gone] if gone else [])]
    lines += [" ".join(map(str, (weight, *ballot, 0))) for ballot, weight in profile.ballots().items()]
    lines += ["0", *(_quoted(names.get(number, "")) for number in range(1, options + 1)), _quoted(profile.title)]
    return "\n".join([*lines, ""])


def _quoted(name: str) -> str:
    return f'"{name.replace(chr(34), chr(39))}"'


class _Lines:
    """The lines of a file, one after the other; `number` is that of the last one taken."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self.number = 0

    def _take(self) -> str | None:
        """The next line with something on it, without remarks; None at the end."""
        while self.number < len(self._lines):
            line = self._lines[self.number]
            self.number += 1
            if len(line) > MOST_LINE:
                raise self._wrong(f"has more than {MOST_LINE:,} characters")
            if line := line.partition("#")[0].strip():
                return line
        return None

    def _wrong(self, what: str, cure: str = "") -> InvalidError:
        return InvalidError(f"Line {self.number} {what}.", code="ballots_invalid", cure=cure)

    def _int(self, word: str) -> int:
        if not _NUMBER.fullmatch(word):
            raise self._wrong(f"has {word[:20]!r} where a whole number belongs")
        return int(word)

    def head(self) -> tuple[int, int]:
        """Options and seats."""
        words = (self._take() or "").split()
        if len(words) != 2:  # noqa: PLR2004  # as the file's format has it
            raise self._wrong("does not give the number of options and of seats", "Is this a BLT file?")
        options, seats = map(self._int, words)
        if not 1 <= options <= MOST_OPTIONS:
            raise self._wrong(f"gives {options} options; there can be 1 to {MOST_OPTIONS}")
        return options, seats

    def withdrawn(self) -> list[int]:
        """Options that are named with a minus, on lines of their own."""
        found: list[int] = []
        while (line := self._take()) is not None and line.startswith("-"):
            found += [-self._int(word[1:]) if word[0] == "-" else self._int(word) for word in line.split()]
            if max(found) > 0:
                raise self._wrong("names options withdrawn and others")
        if line is not None:
            self.number -= 1
        return [-each for each in found]

    def ballots(self, *, is_ranking: bool) -> Iterator[tuple[Ballot, int]]:
        """Those up to the line that is only 0."""
        while (line := self._take()) is not None:
            if _PLAIN.fullmatch(line):
                words = line.split()
                if max(map(len, words)) > MOST_DIGITS:
                    raise self._wrong("has a number that is too large")
                weight, *ballot = map(int, words)
            else:
                weight, *ballot = self._unusual(line, is_ranking=is_ranking)
            if weight == 0 and not ballot:
                return
            if not ballot or ballot[-1] != 0:
                raise self._wrong("does not end with 0")
            if 0 in (ballot := ballot[:-1]) and _PLAIN.fullmatch(line):
                raise self._wrong("has a 0 before its end")
            yield tuple(ballot), weight
        raise self._wrong("is the last one, and the 0 that ends the ballots is missing", "Is the file complete?")

    def _unusual(self, line: str, *, is_ranking: bool) -> list[int]:
        """With a mark, equal ranks or ranks left out; a 0 is where a ranking ends."""
        weight, *words = _MARK.sub("", line, count=1).split() or [""]
        found = [self._int(weight)]
        for word in words:
            equal = [self._int(each) for each in word.split("=")] if word != "-" else []
            found += equal if len(equal) == 1 or not is_ranking else [0, *equal]
        return found

    def names(self, options: int) -> tuple[list[str], str]:
        """Of the options, and the title; a file without any has numbers for names."""
        rest = [_QUOTES.sub(" ", line[:MOST_LINE]).strip() for line in self._lines[self.number :]]
        while rest and not rest[-1]:
            rest.pop()
        if rest and len(rest) < options:
            self.number = len(self._lines)
            raise self._wrong(f"is the last one, and it ends {len(rest)} names for {options} options")
        return rest[:options] or [""] * options, " ".join(rest[options : options + 1])
