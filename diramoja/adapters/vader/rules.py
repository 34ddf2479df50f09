"""From words and tone to toxicity; pure."""

from collections.abc import Iterable

from diramoja.adapters.vader.words import Entry

__all__ = ["toxicity_of"]

MILD = 0.6
"""Words below this weight alone do not make abuse of a text in a friendly tone."""
TONE_SHARE = 0.15
"""What a thoroughly hostile tone adds, of what is left to 1."""
TONE_ALONE = 0.25
"""What a hostile tone without any listed word amounts to."""
COUNTED = 3
"""The heaviest so many words count: a long text is not toxic by its length."""


def toxicity_of(found: Iterable[Entry], compound: float) -> float:
    """0..1, rounded to 3 digits.

    Each word makes the text toxic with its weight, independently of the others (noisy or); hostile tone adds.

    Args:
        found: the listed words that the text holds.
        compound: VADER's sentiment, -1..1.
    """
    weights = sorted((entry.weight for entry in found), reverse=True)[:COUNTED]
    hostility = max(0.0, -compound)
    if not weights:
        return round(TONE_ALONE * hostility, 3)
    harmless = 1.0
    for weight in weights:
        harmless *= 1 - (weight / 2 if compound > 0 and weight < MILD else weight)
    return round(1 - harmless * (1 - TONE_SHARE * hostility), 3)
