"""A summary by extraction: the sentences that hold most of what many posts say; deterministic, no model.

The weight of a term is the number of posts that have it, so that one long post, or one that repeats itself, weighs no
more than another. Source: the centroid summaries of Radev et al. 2004, with redundant sentences left out.
"""

import math
from collections import Counter
from collections.abc import Sequence

from diramoja.plugins.topic.keywords import sentences, words
from diramoja.plugins.topic.views import SummaryLine

__all__ = ["subtopics_of", "summarised"]

LINES = 5
SUBTOPICS = 5
SENTENCE_CHARS = 30, 400
SMOOTHING = 5
MIN_POSTS = 2
OVERLAP_RATIO = 0.5


def summarised(posts: Sequence[tuple[str, str, str]], lines: int = LINES) -> tuple[SummaryLine, ...]:
    """The best sentences of (post, author, text), in the order of the posts."""
    spread = _spread(posts)
    shortest, longest = SENTENCE_CHARS
    found = [
        (place, SummaryLine(post, author, sentence), frozenset(words(sentence)))
        for place, (post, author, text) in enumerate(posts)
        for sentence in sentences(text)
        if shortest <= len(sentence) <= longest
    ]
    ranked = sorted(found, key=lambda each: (-_worth(each[2], spread), each[0]))
    chosen: list[tuple[int, SummaryLine, frozenset[str]]] = []
    for each in ranked:
        if len(chosen) == lines:
            break
        if each[2] and all(len(each[2] & other[2]) <= OVERLAP_RATIO * len(each[2]) for other in chosen):
            chosen.append(each)
    return tuple(line for _, line, _ in sorted(chosen, key=lambda each: each[0]))


def subtopics_of(posts: Sequence[tuple[str, str, str]], known: frozenset[str]) -> tuple[str, ...]:
    """Terms of several posts that are no keywords of the topic itself, the most widespread first."""
    spread = _spread(posts)
    terms = [(term, count) for term, count in spread.items() if count >= MIN_POSTS and term not in known]
    return tuple(term for term, _ in sorted(terms, key=lambda each: (-each[1], each[0]))[:SUBTOPICS])


def _spread(posts: Sequence[tuple[str, str, str]]) -> Counter[str]:
    """Term → posts that have it."""
    return Counter(term for _, _, text in posts for term in set(words(text)))


def _worth(terms: frozenset[str], spread: Counter[str]) -> float:
    return sum(math.log(spread[term]) + 0.01 for term in terms) / (len(terms) + SMOOTHING)
