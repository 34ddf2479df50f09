"""Versions of a text by lines: replacing lines, placing a change made to an older version, hashes and diffs; pure."""

import difflib
import hashlib
from collections.abc import Sequence

__all__ = ["Change", "change_diff", "lines_of", "placed", "replaced", "sha256"]

type Change = tuple[int, int, int]
"""From line, to line (from 1, both included; to = from - 1 inserts), lines that came instead."""

CONTEXT_LINES = 2


def lines_of(text: str) -> list[str]:
    """The lines of a text; an empty text has none."""
    return text.split("\n") if text else []


def sha256(text: str) -> str:
    """Of the UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def placed(change: Change, later: Sequence[Change]) -> Change | None:
    """Where a change stands after later ones; None where one of these touches the same lines."""
    first, last, lines = change
    for from_, to, came in later:
        if to < first and from_ <= first:
            shift = came - (to - from_ + 1)
            first, last = first + shift, last + shift
        elif from_ <= last or from_ < first:
            return None
    return first, last, lines


def replaced(text: str, change: Change, instead: str) -> str | None:
    """The text with these lines replaced; None where it has no such lines."""
    lines = lines_of(text)
    first, last, _ = change
    if not 1 <= first <= last + 1 <= len(lines) + 1:
        return None
    return "\n".join([*lines[: first - 1], *lines_of(instead), *lines[last:]])


def change_diff(text: str, change: Change, instead: str) -> str:
    """The unified diff of one change, made from the lines about it alone, whatever the length of the text."""
    lines = lines_of(text)
    first, last, _ = change
    start = max(0, first - 1 - CONTEXT_LINES)
    around = lines[start : last + CONTEXT_LINES]
    after = [*lines[start : first - 1], *lines_of(instead), *lines[last : last + CONTEXT_LINES]]
    hunk = difflib.unified_diff(around, after, "before", "after", n=CONTEXT_LINES, lineterm="")
    return "\n".join([f"line {start + 1}", *list(hunk)[3:]])
