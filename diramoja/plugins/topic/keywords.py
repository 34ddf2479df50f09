"""Keywords of a text, as tags and to find related topics; word lists and counting, no model.

A term's weight is how often it occurs, its saturation as in BM25, three times as much in the title. How rare a term is
among all topics is weighed where related topics are looked up.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

__all__ = ["TERMS", "excerpt", "keywords", "sentences", "tags_of", "words"]

TERMS = 20
"""Keywords of a topic at most."""
TITLE_WEIGHT = 3
SATURATION = 1.2
MIN_CHARS = 4
_WORD = re.compile(r"[^\W\d_]{3,40}")
_URL = re.compile(r"https?://\S+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


@cache
def _stop_words() -> frozenset[str]:
    text = (files(__package__) / "stopwords.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


@cache
def _vocabulary() -> dict[str, dict[str, str]]:
    """Category → term → tag, from lines `category,tag,word word word`."""
    found: dict[str, dict[str, str]] = {}
    for line in (files(__package__) / "vocabulary.csv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            category, tag, words_ = line.split(",")
            found.setdefault(category, {}).update({_stem(word): tag for word in words_.split()})
    return found


def words(text: str) -> list[str]:
    """The words that say something, in order, in lower case and in the singular."""
    plain = _URL.sub(" ", text).lower()
    said = (match.group() for match in _WORD.finditer(plain))
    return [_stem(word) for word in said if len(word) >= MIN_CHARS and word not in _stop_words()]


def keywords(title: str, text: str, tags: Iterable[str] = ()) -> dict[str, float]:
    """Term → weight, the heaviest first, at most 20; given tags weigh as much as a word of the title."""
    counts = Counter(words(text))
    counts.update({term: count * TITLE_WEIGHT for term, count in Counter(words(title)).items()})
    counts.update({_stem(tag.lower()): TITLE_WEIGHT for tag in tags})
    weights = {term: round(count * (1 + SATURATION) / (count + SATURATION), 3) for term, count in counts.items()}
    return dict(sorted(weights.items(), key=lambda each: (-each[1], each[0]))[:TERMS])


def tags_of(terms: dict[str, float], category: str, given: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The given tags and up to `count` more: what the category's vocabulary knows first, then the heaviest terms."""
    known = _vocabulary().get(category, {})
    found = dict.fromkeys(given)
    taken = {_stem(tag.lower()) for tag in given}
    ordered = [*(known[term] for term in terms if term in known), *(term for term in terms if term not in known)]
    for tag in ordered:
        if len(found) >= len(given) + count:
            break
        if _stem(tag) not in taken:
            found[tag] = None
            taken.add(_stem(tag))
    return tuple(found)


def sentences(text: str) -> list[str]:
    """Sentences of a text, by their full stops and lines."""
    return [part.strip() for part in _SENTENCE_END.split(_URL.sub("", text)) if part.strip()]


def excerpt(text: str, chars: int = 80) -> str:
    """The beginning of a text in one line."""
    line = " ".join(text.split())
    return line if len(line) <= chars else line[: chars - 1].rstrip() + "…"


def _stem(word: str) -> str:
    """The singular of an English plural; other words as they are."""
    if word.endswith("ies") and len(word) > MIN_CHARS:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
