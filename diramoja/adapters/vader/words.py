"""The word list: what abuse is made of, found also where it is written in a disguise."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

__all__ = ["Entry", "WordList", "normalised"]

LONGEST = 30_000
"""Characters that are looked at: some single ones are spelt out as eighteen."""
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_LEET = str.maketrans("013457@$!", "oieastasi")
_RUN = re.compile(r"[\w@$!]+")
_SIGN, _LETTER = re.compile(r"[013457@$!]"), re.compile(r"[a-z]")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_ADDRESS = re.compile(r"https?://\S+|@\w+")


class Entry(NamedTuple):
    """A word or phrase: how toxic a text is that holds it once, 0..1, and the reason given to its author."""

    weight: float
    reason: str


def normalised(text: str) -> str:
    """Lower case without addresses, invisible characters, look-alike digits and stretched letters."""
    plain = unicodedata.normalize("NFKC", text)[:LONGEST].translate(_INVISIBLE).lower().replace("\u2019", "'")
    return _STRETCHED.sub(r"\1", _RUN.sub(_undisguised, _ADDRESS.sub(" ", plain)))


def _undisguised(match: re.Match[str]) -> str:
    """A run with signs for letters, if a letter follows one. In steps: one pattern for it would try every pair."""
    run = match.group()
    sign = _SIGN.search(run)
    return run.translate(_LEET) if sign and _LETTER.search(run, sign.end()) else run


class WordList:
    """Entries by word or phrase; a `*` at the end stands for any ending, single words also match with a plural s."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._words = {word: entry for word, entry in entries.items() if word.isalpha()}
        self._patterns = {_pattern(word): entry for word, entry in entries.items() if not word.isalpha()}

    @classmethod
    def read(cls, lines: Iterable[str]) -> "WordList":
        """From lines of word, weight and reason, separated by tabs; `#` begins a comment.

        Raises:
            ValueError: names the line that is none.
        """
        entries: dict[str, Entry] = {}
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith("#"):
                word, entry = _read(line, number)
                entries[word] = entry
        return cls(entries)

    def found(self, text: str) -> dict[str, Entry]:
        """What a normalised text holds."""
        hits = {word: entry for word in _tokens(text) if (entry := self._known(word))}
        for pattern, entry in self._patterns.items():
            if pattern.search(text):
                hits[pattern.pattern] = entry
        return hits

    def _known(self, word: str) -> Entry | None:
        return self._words.get(word) or (self._words.get(word[:-1]) if word.endswith("s") else None)


def _tokens(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text))


def _pattern(word: str) -> re.Pattern[str]:
    body = r"\s+".join(re.escape(part) for part in word.rstrip("*").split())
    return re.compile(rf"(?<!\w){body}" + ("" if word.endswith("*") else r"(?!\w)"))


def _read(line: str, number: int) -> tuple[str, Entry]:
    try:
        word, weight, reason = line.strip().split("\t")
        entry = Entry(float(weight), reason)
    except ValueError as error:
        raise ValueError(f"line {number} is not word, weight and reason separated by tabs") from error
    if not 0 <= entry.weight <= 1:
        raise ValueError(f"line {number}: the weight is beyond 0..1")
    return word.lower(), entry
