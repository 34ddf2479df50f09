"""Settings of moderation."""

from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from diramoja.core import Settings

__all__ = ["ModerationSettings"]

type Ratio = Annotated[float, Meta(ge=0, le=1)]


class ModerationSettings(Settings, frozen=True, kw_only=True, dict=True):
    """When posts are held or hidden, and how soon people look.

    Attributes:
        hold_toxicity_ratio: from this toxicity on a post is held for review.
        hide_toxicity_ratio: from this on it is hidden, if the classifier is sure, and severe.
        min_confidence_ratio: below this confidence software never hides.
        review_within_minutes: a case that is not decided by then is overdue.
        release_held_after_hours: a held post that nobody reviewed by then is published unless it is severe.
        words_file: file of words, one a line, that hold a post while the classifier is away; "" for the list shipped.
    """

    hold_toxicity_ratio: Ratio = 0.6
    hide_toxicity_ratio: Ratio = 0.9
    min_confidence_ratio: Ratio = 0.7
    review_within_minutes: Annotated[int, Meta(ge=1, le=10_080)] = 60
    release_held_after_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    words_file: str = ""

    def __post_init__(self) -> None:
        """Read the words at start: a file that cannot be read is an error of the settings.

        Raises:
            ValueError: the file cannot be read, or the thresholds are in the wrong order.
        """
        if self.hold_toxicity_ratio > self.hide_toxicity_ratio:
            raise ValueError("hold_toxicity_ratio is at most hide_toxicity_ratio")
        _ = self.words

    @cached_property
    def words(self) -> frozenset[str]:
        """The word list, in lower case."""
        source = Path(self.words_file) if self.words_file else files(__package__) / "words.txt"
        try:
            lines = source.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"words_file cannot be read: {error}") from error
        return frozenset(line.strip().lower() for line in lines if line.strip() and not line.startswith("#"))
