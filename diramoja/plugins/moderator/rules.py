"""From an assessment to an outcome, bursts of reports, accuracy and its interval; pure."""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs
import msgspec

from diramoja.plugins.moderator.case_contracts import AuthorityLevel
from diramoja.plugins.moderator.contracts import Verdict
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.moderator.views import AccuracyView
from diramoja.ports.classifier import Assessment

__all__ = ["AWAY", "Arrival", "Judgement", "accuracy", "authority_above", "is_burst", "judge", "outranks", "reviewed"]

AWAY = Assessment(toxicity=0.0, confidence=0.0, sentiment=0, reasons=(), model="")
"""Stands in for the classifier that does not answer."""

MIN_REVIEWED = 20
Z_95 = 1.959964

_WORD = re.compile(r"\w+")
_RANK: dict[AuthorityLevel, int] = {"topic": 0, "regional": 1, "global": 2}


@attrs.frozen
class Judgement:
    """What happens to a post, and why, in words for its author. `toxicity_ratio`, `confidence_ratio` 0..1."""

    outcome: Verdict
    reason: str
    toxicity_ratio: float
    confidence_ratio: float


def judge(assessment: Assessment, body: str, settings: ModerationSettings) -> Judgement:
    """Cleared, held, or hidden. Without a classifier the word list decides, and holds at the most."""
    if assessment.model == AWAY.model:
        return _by_words(body, settings.words)
    toxicity, confidence = assessment.toxicity, assessment.confidence
    if toxicity < settings.hold_toxicity_ratio:
        return Judgement("cleared", "", toxicity, confidence)
    because = ", ".join(assessment.reasons) or "tone"
    if toxicity >= settings.hide_toxicity_ratio and confidence >= settings.min_confidence_ratio:
        reason = f"Hidden by software ({assessment.model}) because of: {because}. A moderator will look at it."
        return Judgement("hidden", reason, toxicity, confidence)
    reason = f"Held for review by software ({assessment.model}) because of: {because}."
    return Judgement("held", reason, toxicity, confidence)


def _by_words(body: str, words: frozenset[str]) -> Judgement:
    if words.isdisjoint(_WORD.findall(body.lower())):
        return Judgement("cleared", "", 0.0, 0.0)
    reason = "Held for review by software because of a word on the list of the organisation."
    return Judgement("held", reason, 0.0, 0.0)


class Arrival(msgspec.Struct, frozen=True):
    """A report as it came: when, and what its account shares with others."""

    at: datetime
    region: str
    takes_part: bool


def is_burst(arrivals: Sequence[Arrival], now: datetime, settings: ModerationSettings) -> bool:
    """More than `burst_reports` within `burst_minutes` from accounts that share the topic or a region (F4)."""
    since = now - timedelta(minutes=settings.burst_minutes)
    recent = [each for each in arrivals if each.at >= since]
    regions = Counter(each.region for each in recent if each.region)
    shared = max([sum(each.takes_part for each in recent), *regions.values()])
    return shared > settings.burst_reports


def outranks(level: AuthorityLevel, other: AuthorityLevel) -> bool:
    """Whether the first is equal or higher."""
    return _RANK[level] >= _RANK[other]


def authority_above(level: AuthorityLevel) -> AuthorityLevel:
    """The next higher one; above the highest there is none."""
    return "global" if level in ("regional", "global") else "regional"


def reviewed(case: str, now: datetime, reviews: int, settings: ModerationSettings) -> bool:
    """Whether a second moderator looks at a decision: the first ones of the month, then a share that nobody foresees.

    So at least `reviews_per_month` are looked at where there are as many decisions, and `review_ratio` in the long run.

    Args:
        case: id of the case.
        now: time of the decision, to the microsecond.
        reviews: of the moderator in this month so far.
        settings: how many.
    """
    if reviews < settings.reviews_per_month:
        return True
    digest = hashlib.blake2b(f"{case}:{now.isoformat()}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64 < settings.review_ratio


def accuracy(*, decided: int, appealed: int, appeals: tuple[int, int], reviews: tuple[int, int]) -> AccuracyView:
    """0..100 (F11) with its Wilson 95% interval, over all that others looked at; null below 20 of these.

    Args:
        decided: decisions.
        appealed: those of them with an appeal.
        appeals: (decided by others, overturned).
        reviews: (second opinions, that differed).

    Source: Wilson, Journal of the American Statistical Association 22 (1927).
    """
    looked = appeals[0] + reviews[0]
    if looked < MIN_REVIEWED or not decided:
        return AccuracyView(None, None, None, looked)
    wrong_appealed, wrong_rest = ((wrong + 0.5) / (of + 1) for of, wrong in (appeals, reviews))
    share = 1 - (appealed * wrong_appealed + (decided - appealed) * wrong_rest) / decided
    share = min(1.0, max(0.0, share))
    middle = (share + Z_95**2 / (2 * looked)) / (1 + Z_95**2 / looked)
    spread = share * (1 - share) / looked + Z_95**2 / (4 * looked**2)
    half = Z_95 * math.sqrt(spread) / (1 + Z_95**2 / looked)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return AccuracyView(round(100 * share, 1), round(100 * low, 1), round(100 * high, 1), looked)
