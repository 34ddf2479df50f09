"""What a ballot says: which choices each form takes, how they are written, what they add to a running count. Pure."""

import hashlib
from collections.abc import Sequence

from diramoja.core.errors import InvalidError
from diramoja.plugins.vote.words import BallotForm

__all__ = ["RECEIPTS", "cleaned", "counts_of", "longest", "read", "receipt_of", "written"]

RECEIPTS = 2**256
"""Receipts, read as numbers, are below this."""


def cleaned(form: BallotForm, choices: Sequence[int], *, options: int, grades: int) -> tuple[int, ...]:
    """The choices as they count; none of them: blank.

    In a ranking, a rank that is left out (0), or an option that was ranked before, ends the ballot there (F14).

    Args:
        form: see `BallotForm`.
        choices: as they were given.
        options: how many there are; they are numbered from 1.
        grades: the highest grade; the lowest is 0.

    Raises:
        InvalidError: they are no such ballot (`choices_invalid`). The text does not repeat them.
    """
    if not choices:
        return ()
    if form == "grade":
        return _graded(choices, options, grades)
    if any(choice > options for choice in choices):
        raise _invalid(f"Options have the numbers 1 to {options}.")
    if form == "rank":
        return _ranked(choices)
    if min(choices) < 1 or len(set(choices)) < len(choices):
        raise _invalid(f"Options have the numbers 1 to {options}, and each is chosen once.")
    if form == "choose_one" and len(choices) > 1:
        raise _invalid("Choose one option, or none for a blank ballot.")
    return tuple(sorted(choices))


def _graded(choices: Sequence[int], options: int, grades: int) -> tuple[int, ...]:
    if len(choices) != options:
        raise _invalid(f"Give each of the {options} options a grade, or none at all for a blank ballot.")
    if not all(0 <= grade <= grades for grade in choices):
        raise _invalid(f"Grades go from 0 to {grades}.")
    return tuple(choices)


def _ranked(choices: Sequence[int]) -> tuple[int, ...]:
    ranked: list[int] = []
    for choice in choices:
        if choice < 1 or choice in ranked:
            break
        ranked.append(choice)
    return tuple(ranked)


def _invalid(text: str) -> InvalidError:
    return InvalidError(text, code="choices_invalid")


def written(choices: Sequence[int]) -> str:
    """The choices as text: numbers with commas between them; "" for a blank ballot."""
    return ",".join(map(str, choices))


def read(text: str) -> tuple[int, ...]:
    """What was written.

    Raises:
        ValueError: it is no such text.
    """
    return tuple(int(part) for part in text.split(",")) if text else ()


def receipt_of(vote: str, voter: str, revision: int, content: str) -> str:
    """SHA-256, in hexadecimal, over these lines; `content` as it is kept: sealed where the vote is not public."""
    return hashlib.sha256(f"diramoja receipt 1\n{vote}\n{voter}\n{revision}\n{content}".encode()).hexdigest()


def longest(form: BallotForm, *, options: int, grades: int) -> int:
    """Characters of the longest text that a ballot of this form can be: all are sealed as if they were as long."""
    if form == "choose_one":
        return len(str(options))
    if form == "grade":
        return options * (len(str(grades)) + 1) - 1
    return len(written(range(1, options + 1)))


def counts_of(form: BallotForm, choices: Sequence[int], *, options: int) -> list[int]:
    """What a ballot adds to each option while the vote is open: one, of a ranking to the first, or the grade."""
    if form == "grade":
        return list(choices) or [0] * options
    chosen = choices[:1] if form == "rank" else choices
    return [int(number in chosen) for number in range(1, options + 1)]
