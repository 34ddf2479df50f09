"""From an assessment to an outcome; pure."""

import re

import attrs

from diramoja.plugins.moderator.contracts import Outcome
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.ports.classifier import Assessment

__all__ = ["AWAY", "Judgement", "judge"]

AWAY = Assessment(toxicity=0.0, confidence=0.0, sentiment=0, reasons=(), model="")
"""Stands in for the classifier that does not answer."""

_WORD = re.compile(r"\w+")


@attrs.frozen
class Judgement:
    """What happens to a post, and why, in words for its author. `toxicity_ratio` 0..1."""

    outcome: Outcome
    reason: str
    toxicity_ratio: float


def judge(assessment: Assessment, body: str, settings: ModerationSettings) -> Judgement:
    """Cleared, held, or hidden. Without a classifier the word list decides, and holds at the most."""
    if assessment.model == AWAY.model:
        return _by_words(body, settings.words)
    toxicity = assessment.toxicity
    if toxicity < settings.hold_toxicity_ratio:
        return Judgement("cleared", "", toxicity)
    because = ", ".join(assessment.reasons) or "tone"
    if toxicity >= settings.hide_toxicity_ratio and assessment.confidence >= settings.min_confidence_ratio:
        reason = f"Hidden by software ({assessment.model}) because of: {because}. A moderator will look at it."
        return Judgement("hidden", reason, toxicity)
    reason = f"Held for review by software ({assessment.model}) because of: {because}."
    return Judgement("held", reason, toxicity)


def _by_words(body: str, words: frozenset[str]) -> Judgement:
    if words.isdisjoint(_WORD.findall(body.lower())):
        return Judgement("cleared", "", 0.0)
    return Judgement("held", "Held for review by software because of a word on the list of the organisation.", 0.0)
