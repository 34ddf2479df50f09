"""The classifier port on VADER and a word list."""

import re
from collections.abc import Sequence

import anyio.lowlevel
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from diramoja.adapters.vader.rules import toxicity_of
from diramoja.adapters.vader.words import WordList, normalised
from diramoja.ports.classifier import Assessment

__all__ = ["VaderClassifier"]

_SYMBOL = re.compile(r"[^\w\s\x00-\x7f]")

MODEL = "vader 3.3 with words 1"
CHUNK_CHARS = 1_000
"""VADER looks for each word from the start of the text: its time grows with the square of the length."""
TONE_CHARS = 2_000
"""So much of a text shows its tone; the words are looked for in all of it."""
MAX_SYMBOLS = 30
TEXTS_A_BREATH = 16


class VaderClassifier:
    """Sentiment by VADER (Hutto & Gilbert 2014), toxicity by the word list, sharpened by the tone.

    Some 0.1 ms a post of usual length, at most 10 ms for 10,000 characters.
    """

    def __init__(self, words: WordList) -> None:
        self._words = words
        self._analyzer = SentimentIntensityAnalyzer()

    async def assess(self, texts: Sequence[str]) -> Sequence[Assessment]:
        """One assessment a text, in order; gives way now and then, so that a deadline can end it."""
        assessments = []
        for number, text in enumerate(texts):
            if number % TEXTS_A_BREATH == 0:
                await anyio.lowlevel.checkpoint()
            assessments.append(self.assess_one(text))
        return assessments

    def assess_one(self, text: str) -> Assessment:
        """The assessment of one text."""
        compound = self._compound(text)
        found = self._words.found(normalised(text))
        toxicity = toxicity_of(found.values(), compound)
        heaviest = max((entry.weight for entry in found.values()), default=0.0)
        return Assessment(
            toxicity=toxicity,
            confidence=round(max(heaviest, 1 - toxicity), 3),
            sentiment=round(100 * compound),
            reasons=tuple(sorted({entry.reason for entry in found.values()})),
            model=MODEL,
        )

    def _compound(self, text: str) -> float:
        """-1..1: the mean over the chunks at the beginning of the text."""
        chunks = [text[start : start + CHUNK_CHARS] for start in range(0, min(len(text), TONE_CHARS), CHUNK_CHARS)]
        scores = [self._analyzer.polarity_scores(_readable(chunk))["compound"] for chunk in chunks]
        return float(sum(scores) / len(scores)) if scores else 0.0


def _readable(chunk: str) -> str:
    """VADER spells each emoji out in words: a wall of them would take seconds and says nothing."""
    return _SYMBOL.sub(" ", chunk) if len(_SYMBOL.findall(chunk)) > MAX_SYMBOLS else chunk
