"""Scores of posts and topics, from counters that are kept as posts come and go; pure, each O(1).

Sources: dimensions of F5 after Steenbergen et al. 2003, Measuring political deliberation; the transform of F6 after
Anscombe 1948, The transformation of Poisson, binomial and negative-binomial data.
"""

import math
import re

import msgspec

from diramoja.plugins.topic.settings import TopicSettings

__all__ = ["QUARTER_S", "SLOTS", "Pulse", "Tally", "baseline_of", "is_sourced", "quality", "spread_of", "trending"]

QUARTER_S = 900
QUARTERS = 8
"""Quarters of an hour in the 2 hours of F6."""
SLOTS = 84
"""Slots of 2 hours in the 7 days of F6."""
_ANSCOMBE = 3 / 8
_LINK = re.compile(r"https?://[^\s/]+\.[^\s]", re.IGNORECASE)


class Tally(msgspec.Struct, frozen=True, omit_defaults=True):
    """What F5 counts over the posts that are published now.

    Attributes:
        posts: published.
        authors: of whom a post is published.
        roots: top-level posts. `answered`: those that somebody else answered.
        sourced: posts with a source or the length.
        removed: posts that people removed; not among the others.
        spread: Σ n·ln n over the posts n of each author, for the entropy.
    """

    posts: int = 0
    authors: int = 0
    roots: int = 0
    answered: int = 0
    sourced: int = 0
    removed: int = 0
    spread: float = 0.0


class Pulse(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who acted lately, by the quarter of an hour in which each acted last.

    Attributes:
        quarter: number of the current quarter since 1970.
        recent: members whose last act was in it, in the one before, ...: the current quarter and the 8 before it, so
            that on the mark, when the current one has only begun, it is 2 hours.
        ended: (slot, members acting in it) of slots of 2 hours that ended since the baseline was last written.
    """

    quarter: int = 0
    recent: tuple[int, ...] = ()
    ended: tuple[tuple[int, int], ...] = ()

    @property
    def members(self) -> int:
        """Distinct members acting in the last 2 hours: x of F6."""
        return sum(self.recent)

    def at(self, quarter: int) -> "Pulse":
        """The same, seen from a later quarter."""
        if quarter <= self.quarter:
            return self
        recent, ended = self.recent, self.ended
        for each in range(self.quarter + 1, min(quarter, self.quarter + QUARTERS + 1) + 1):
            if each % QUARTERS == 0 and any(recent[:QUARTERS]):
                ended = (*ended, (each // QUARTERS - 1, sum(recent[:QUARTERS])))
            recent = (0, *recent[:QUARTERS])
        return Pulse(quarter, recent if any(recent) else (), ended[-SLOTS:])

    def settled(self) -> "Pulse":
        """The same, once the slots that ended are in the baseline."""
        return Pulse(self.quarter, self.recent)

    def with_act(self, quarter: int, last: int) -> "Pulse":
        """After a member acted who acted last in quarter `last` (0: never)."""
        now = self.at(quarter)
        age = now.quarter - last
        if last and age <= 0:
            return now
        recent = list(now.recent or (0,))
        if age < len(recent):
            recent[age] -= 1
        recent[0] += 1
        return Pulse(now.quarter, tuple(recent), now.ended)


def is_sourced(body: str, settings: TopicSettings) -> bool:
    """Whether it has a source, that is a link, or the length (F2, F5)."""
    return len(body) >= settings.source_min_chars or _LINK.search(body) is not None


def spread_of(posts: int) -> float:
    """n·ln n; what an author of n posts adds to `Tally.spread`."""
    return posts * math.log(posts) if posts > 1 else 0.0


def quality(tally: Tally, settings: TopicSettings) -> int:
    """F5, 0 to 100: 100·n/(n + half)·(weighted mean of clean, diverse, answered, sourced)."""
    if tally.posts <= 0 or tally.authors <= 0:
        return 0
    entropy = math.log(tally.posts) - tally.spread / tally.posts
    parts = (
        settings.quality_clean_weight * (1 - _share(tally.removed, tally.posts + tally.removed))
        + settings.quality_diversity_weight * _share(entropy, math.log(tally.authors))
        + settings.quality_reply_weight * _share(tally.answered, tally.roots * settings.quality_reply_full_ratio)
        + settings.quality_source_weight * _share(tally.sourced, tally.posts * settings.quality_source_full_ratio)
    )
    return round(100 * tally.authors / (tally.authors + settings.quality_half_authors) * parts)


def _share(part: float, whole: float) -> float:
    """Between 0 and 1; 0 of nothing."""
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 0.0


def trending(members: int, usual: float, settings: TopicSettings) -> int:
    """F6, 0 to 100, from the members acting in 2 hours and how many that usually are."""
    z = 2 * (math.sqrt(members + _ANSCOMBE) - math.sqrt(usual + _ANSCOMBE))
    return round(min(100.0, max(0.0, settings.trending_scale * z)))


def baseline_of(slot: int, counts: tuple[int, ...], pulse: Pulse) -> tuple[int, tuple[int, ...]]:
    """(last full slot, members of the 84 slots up to it, the last one first) with the slots that ended since."""
    known = {slot - place: count for place, count in enumerate(counts)} | dict(pulse.ended)
    last = pulse.quarter // QUARTERS - 1
    return last, tuple(known.get(last - place, 0) for place in range(SLOTS))
