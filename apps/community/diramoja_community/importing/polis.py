"""Reads a Polis export: who took part, what was said and how it was moderated, who agreed with what.

A folder with `comments.csv`, `participants-votes.csv`, `summary.csv` and, where the export has them, the single votes
in `votes.csv`; each may be gzipped. Source: Polis export formats, github compdemocracy/openData.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

import attrs

from diramoja.core.errors import InvalidError

__all__ = ["Conversation", "Statement", "Vote", "read_polis"]

type Kind = Literal["agree", "disagree", "pass"]

KINDS: Mapping[int, Kind] = {1: "agree", -1: "disagree", 0: "pass"}
MAX_ROWS = 5_000_000
MAX_FIELD = 100_000


@attrs.frozen
class Statement:
    """A statement; `accepted` is what its moderators decided (1 and 0: it was shown; -1: refused)."""

    row: int
    id: str
    author: str
    body: str
    accepted: bool


@attrs.frozen
class Vote:
    """A reaction of a participant; `row` counts lines of the file from 1, and makes the id of its command."""

    row: int
    statement: str
    voter: str
    kind: Kind


@attrs.frozen
class Conversation:
    """One export. Statements by id, votes in the order of their time, then of the file."""

    name: str
    title: str
    description: str
    participants: Sequence[str]
    statements: Sequence[Statement]
    votes: Sequence[Vote]

    def expected(self) -> Counter[tuple[str, str]]:
        """(statement, kind) → how many hold that view in the end: a later vote replaces an earlier one."""
        last = {(vote.statement, vote.voter): vote.kind for vote in self.votes}
        return Counter((statement, kind) for (statement, _), kind in last.items())


def read_polis(folder: Path) -> Conversation:
    """The export in this folder.

    Raises:
        InvalidError: a file is missing or is no such export; names file and line.
    """
    summary = {row[0]: row[1] for row in _lines(folder, "summary") if len(row) > 1}
    statements = _statements(folder)
    table = _rows(folder, "participants-votes", {"participant"})
    known = {each.id for each in statements}
    votes = _votes(folder, statements) if _find(folder, "votes") else _from_table(table)
    for vote in votes:
        if vote.statement not in known:
            raise InvalidError(f"{folder.name}: vote {vote.row} is about statement {vote.statement}, which is missing.")
    people = dict.fromkeys([row["participant"] for row in table])
    people |= dict.fromkeys([each.author for each in statements] + [vote.voter for vote in votes])
    return Conversation(
        name=folder.resolve().name,
        title=summary.get("topic", "").strip() or folder.name,
        description=summary.get("conversation-description", "").strip(),
        participants=list(people),
        statements=statements,
        votes=votes,
    )


def _statements(folder: Path) -> list[Statement]:
    needed = {"comment-id", "author-id", "moderated", "comment-body"}
    found = [
        Statement(line, row["comment-id"], row["author-id"], row["comment-body"].strip(), row["moderated"] != "-1")
        for line, row in enumerate(_rows(folder, "comments", needed), 1)
    ]
    return sorted(found, key=lambda each: int(each.id))


def _votes(folder: Path, statements: Sequence[Statement]) -> list[Vote]:
    needed = {"timestamp", "comment-id", "voter-id", "vote"}
    rows = list(enumerate(_rows(folder, "votes", needed), 1))
    sign = _sign(folder, [(row["comment-id"], row["vote"]) for _, row in rows])
    ordered = sorted(rows, key=lambda each: (int(each[1]["timestamp"]), each[0]))
    return [Vote(line, row["comment-id"], row["voter-id"], _kind(row["vote"], sign, line)) for line, row in ordered]


def _sign(folder: Path, votes: Iterable[tuple[str, str]]) -> int:
    """Some exports count agreement as -1: the statements' own numbers of agreement settle which it is."""
    counted = Counter(votes)
    same = turned = 0
    for row in _rows(folder, "comments", {"comment-id"}):
        if row.get("agrees", "").isdigit():
            said = int(row["agrees"])
            same += abs(said - counted[row["comment-id"], "1"])
            turned += abs(said - counted[row["comment-id"], "-1"])
    return 1 if same <= turned else -1


def _from_table(table: Sequence[Mapping[str, str]]) -> list[Vote]:
    """Where the single votes are missing: what each participant held in the end, in the order of the file."""
    cells = ((row["participant"], name, value) for row in table for name, value in row.items())
    filled = [cell for cell in cells if cell[1].isdigit() and cell[2] != ""]
    return [Vote(line, name, who, _kind(value, 1, line)) for line, (who, name, value) in enumerate(filled, 1)]


def _kind(value: str, sign: int, line: int) -> Kind:
    try:
        return KINDS[sign * int(float(value))]
    except (KeyError, ValueError) as error:
        raise InvalidError(f"votes: line {line} holds {value[:20]!r}, which is none of 1, 0 and -1.") from error


def _find(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz") if path.is_file()), None)


def _lines(folder: Path, name: str) -> list[list[str]]:
    path = _find(folder, name)
    if path is None:
        raise InvalidError(f"{folder} holds no {name}.csv.", cure="Name the folder of a Polis export.")
    csv.field_size_limit(MAX_FIELD)
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="") as text:
            rows = list(islice(csv.reader(text), MAX_ROWS + 1))
    except (UnicodeDecodeError, csv.Error, OSError, EOFError) as error:
        raise InvalidError(f"{path.name} cannot be read ({type(error).__name__}).") from error
    if len(rows) > MAX_ROWS:
        raise InvalidError(f"{path.name} has more than {MAX_ROWS} lines.")
    return rows


def _rows(folder: Path, name: str, needed: set[str]) -> list[dict[str, str]]:
    header, *lines = _lines(folder, name) or [[]]
    if missing := needed - set(header):
        raise InvalidError(f"{name}.csv has no column {', '.join(sorted(missing))}.")
    for number, row in enumerate(lines, 2):
        if len(row) != len(header):
            raise InvalidError(f"{name}.csv: line {number} has {len(row)} fields in place of {len(header)}.")
    return [dict(zip(header, row, strict=True)) for row in lines]
