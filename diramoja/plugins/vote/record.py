"""The record of an election as an archive to keep: what is public of a vote, and what tells that it is right. Pure.

The same vote gives the same bytes, whoever asks and wherever it runs. A vote whose ballots nobody opens one by one has
a record of another format: `FORMAT` stands first in the README.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs
import msgspec
from msgspec.structs import replace

from diramoja.counting import Count, explain
from diramoja.plugins.member.forgetting_contracts import FORMER
from diramoja.plugins.vote.markup import minute
from diramoja.plugins.vote.page import OUTCOMES, recount_command, rules_of
from diramoja.plugins.vote.views import AuditView, DisputeView, LotView, ResultView, RollView, VoteView
from diramoja.ports.texts import filled

__all__ = ["ENTRIES_MAX", "FORMAT", "Record", "packed"]

FORMAT = 1
ENTRIES_MAX = 5_000
"""Of the audit trail, the first ones; and of disputes that were decided, the last ones."""
MODE = 0o644
LATEST = 8**11 - 1
"""Seconds; no later time can stand in an archive of this kind (in 2242)."""
WIDE = 14
"""The column of names in the README."""
SUMS, README = "SHA256SUMS", "README.txt"

CONTENTS = {
    "audit.json": "what was done with the vote, from the beginning, by whom and when",
    "ballots.blt": "the ballots in a form that other counting programs read",
    "ballots.csv": "the ballots in a form for spreadsheets: equal ones in one line, `weight` says how many",
    "ballots.txt": "the ballots in the form that record_hash is made of: choices;how many",
    "count.json": "every step of the count, for programs",
    "count.txt": "every step of the count, for people",
    "disputes.json": "disputes about the result that were decided, with the reasons",
    "lot.json": "what was published for the lot",
    "receipts.txt": "the receipts of all ballots that were counted, sorted",
    "results.json": "what it came to",
    "roll.json": "how many could vote, by which rule, since when, and a hash of who they are",
    "terms.json": "what was asked: title, description, options and all rules",
}
"""What each file is. Who is on the roll stands in none of them, nor who cast which ballot."""


@attrs.frozen
class Record:
    """What guests may see of a vote whose results are published.

    Attributes:
        terms: as JSON, byte by byte what `terms_hash` is of.
        audit: from the beginning. `disputes`: that were decided.
        ballots: as texts, by the ending of a file.
        receipts: one a line; "" once who voted is forgotten.
    """

    vote: VoteView
    terms: bytes
    roll: RollView
    result: ResultView
    count: Count
    lot: LotView
    audit: Sequence[AuditView]
    disputes: Sequence[DisputeView]
    ballots: Mapping[str, str]
    receipts: str

    @property
    def closed_at(self) -> datetime:
        """As it was extended."""
        return self.vote.closes_at or self.result.published_at


def packed(record: Record) -> bytes:
    """The archive: one folder, named after the vote."""
    files = _files(record)
    files[README] = _readme(record, files).encode()
    files[SUMS] = "".join(f"{_sha256(content)}  {name}\n" for name, content in sorted(files.items())).encode()
    return _tar(record.vote.id, files, record.closed_at)


def _tar(folder: str, files: Mapping[str, bytes], at: datetime) -> bytes:
    """Of nobody: a header says no more than a name, a size and the time at which the vote closed."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(files.items()):
            head = tarfile.TarInfo(f"{folder}/{name}")
            head.size, head.mode, head.mtime = len(content), MODE, min(int(at.timestamp()), LATEST)
            tar.addfile(head, io.BytesIO(content))
    return made.getvalue()


# --- files ---


def _files(record: Record) -> dict[str, bytes]:
    roll = {name: getattr(record.roll, name) for name in ("size", "hash", "rule", "frozen_at")}
    found = {
        "audit.json": _json(record.audit),
        **{f"ballots.{ending}": text.encode() for ending, text in record.ballots.items()},
        "count.json": _json(record.count),
        "count.txt": _steps(record).encode(),
        "disputes.json": _json(record.disputes),
        "results.json": _json(record.result),
        "roll.json": _json(roll),
        "terms.json": record.terms,
    }
    if record.lot != LotView(record.vote.id):
        found["lot.json"] = _json(record.lot)
    if record.receipts:
        found["receipts.txt"] = record.receipts.encode()
    return found


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _steps(record: Record) -> str:
    """What `diramoja count` says of the ballots, to the letter: their file has no title."""
    lines = explain(replace(record.count, title=""))
    return "\n".join([*lines, "", f"SHA-256 of these ballots: {record.result.record_hash}", ""])


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- the README ---


def _readme(record: Record, names: Iterable[str]) -> str:
    vote, result = record.vote, record.result
    command = recount_command(vote, record.count, result.roll_size, "ballots.csv")
    contents = [f"  {name:<{WIDE}}{text}" for name, text in CONTENTS.items() if name in names]
    parts = [
        [f"DiraMoja election record, format {FORMAT}", "", vote.title, f"{vote.id}, closed {minute(record.closed_at)}"],
        [f"Result: {OUTCOMES[result.outcome]} (count {result.count_number}).{_stands(result)}"],
        INTRODUCTION,
        ["RULES", "", *_rules(vote, result)],
        ["FILES", "", *contents, *_cut(record)],
        ["ARE THE FILES COMPLETE?", "", "  sha256sum -c SHA256SUMS", "", *COMPLETE],
        ["WAS IT THIS QUESTION?", "", "  sha256sum terms.json", f"  {vote.terms_hash}", "", *QUESTION],
        ["ARE IT THESE BALLOTS?", "", "  sha256sum ballots.txt", f"  {result.record_hash}", "", *BALLOTS],
        ["WAS IT COUNTED RIGHT?", "", f"  {command}", "", *COUNTED, *_decides(result)],
        ["IS MY BALLOT AMONG THEM?", "", *_receipts(record)],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _rules(vote: VoteView, result: ResultView) -> list[str]:
    told = {**rules_of(vote, filled), "Ballots that are enough": str(result.quorum_needed or "any number")}
    return [f"  {name}: {text}" for name, text in told.items()]


def _cut(record: Record) -> list[str]:
    if max(len(record.audit), len(record.disputes)) < ENTRIES_MAX:
        return []
    address = f"/v1/votes/{record.vote.id}"
    return ["", f"Lists end after {ENTRIES_MAX} entries; all are at {address}/audit and {address}/disputes."]


def _stands(result: ResultView) -> str:
    if result.effective or result.outcome == "annulled":
        return " It stands."
    return " It is disputed." if result.disputes_open else f" It can be disputed until {minute(result.effective_at)}."


def _decides(result: ResultView) -> list[str]:
    """Where the vote came to something else than its count."""
    if result.outcome == "no_quorum":
        return [f"Too few took part ({result.quorum_needed} ballots were needed): whoever is chosen there is not."]
    if result.outcome == "annulled":
        return ["The vote was annulled after a dispute: whoever is chosen there is not. See disputes.json."]
    return []


def _receipts(record: Record) -> list[str]:
    if not record.receipts:
        return ["Who voted, with the receipts, has been forgotten since."]
    if record.vote.anonymity_level != "public":
        return RECEIPTS
    address = f"/v1/votes/{record.vote.id}/receipts"
    return [*RECEIPTS, f"This vote was public: {address} says whose each is, until that is forgotten."]


INTRODUCTION = [
    "This folder has all that is public of one vote. Whoever holds it can check it and count it",
    "again, on any computer and without asking anybody. Members are in it as ids only, and only those",
    "who stand, who decide a tie, or who did something with the vote: made it, scheduled it, ...",
]
COMPLETE = [
    "Each file is as it was when the archive was made. That does not say who made it: compare with",
    "somebody who downloaded it elsewhere. One that was made later may say more, or less: disputes are",
    "decided, receipts are forgotten, people leave for good. The two hashes below stay.",
]
QUESTION = [
    "That is the terms_hash of the vote. It was shown to all from the day it was scheduled, and",
    'audit.json has it with its date, where "what" is "scheduled". It is the SHA-256 of the file as it',
    "stands; a rule that is not in the file has its default, and the rules in words are above.",
    f'Where "{FORMER}" is in it, somebody who was named has left for good, and it is not equal any more.',
]
BALLOTS = [
    "That is the record_hash in results.json. The file has a line for each group of equal ballots, sorted:",
    "option numbers as in terms.json, from 1 (where options are ranked, the best first), or a grade for",
    "each option; then a semicolon and how many there are. A line that begins with it: blank ballots.",
]
COUNTED = [
    "Install DiraMoja and run this in this folder; it needs no server. It has to say what count.txt",
    "says, to the letter; the last line is the record_hash again. With --json in place of --explain it says",
    "what count.json says, but for the title and the lines.",
]
RECEIPTS = [
    "Whoever voted was given a receipt. Look for it in receipts.txt; where it is missing, dispute the",
    "result. Ballots that delegates cast for others have no receipts of their own.",
]
