"""The classifier port: how toxic a text is. Local and read-only, fast enough to be a fact."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

__all__ = ["Assessment", "Classifier"]


class Assessment(msgspec.Struct, frozen=True):
    """What a classifier says of a text.

    Attributes:
        toxicity: 0..1.
        confidence: 0..1, how sure it is of that.
        sentiment: -100..100; for aggregates only, never kept per person.
        reasons: words for the author, such as "insult"; no quotation.
        model: name and version of what judged.
    """

    toxicity: float
    confidence: float
    sentiment: int
    reasons: tuple[str, ...]
    model: str


class Classifier(Protocol):
    """What the moderator needs of a classifier."""

    async def assess(self, texts: Sequence[str]) -> Sequence[Assessment]:
        """One assessment a text, in order; any text, at most 10,000 characters each."""
        ...
