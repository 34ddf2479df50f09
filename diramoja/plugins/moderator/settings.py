"""Settings of moderation."""

from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from diramoja.core import Settings
from diramoja.plugins.moderator.guidelines import Guidelines, read_guidelines

__all__ = ["ModerationSettings"]

type Ratio = Annotated[float, Meta(ge=0, le=1)]
type Days = Annotated[int, Meta(ge=1, le=3_650)]


class ModerationSettings(Settings, frozen=True, kw_only=True, dict=True):
    """When posts are held or hidden, how soon people look, and what decisions entail.

    Attributes:
        hold_toxicity_ratio: from this toxicity on a post is held for review.
        hide_toxicity_ratio: from this on it is hidden, if the classifier is sure, and severe.
        min_confidence_ratio: below this confidence software never hides, and the case is escalated.
        review_within_minutes: a case that is not decided by then is overdue.
        release_held_after_hours: a held post that nobody reviewed by then is published unless it is severe.
        words_file: file of words, one a line, that hold a post while the classifier is away; "" for the list shipped.
        guidelines_file: TOML file of the rules that decisions name; "" for those shipped.
        warning_days: then a warning lapses.
        appeal_days: so long an appeal may be filed.
        sanction_kept_days: a sanction is forgotten so long after its term, or after the decision where it has none; a
            ban stays.
        term_days_max: longest restriction or suspension.
        burst_reports: more reports than this within `burst_minutes`, from accounts that share the topic or a region,
            are tagged as a burst.
        burst_minutes: see `burst_reports`.
        flagged_shares: so often a member shares the same flagged post until people look at it.
        reviews_per_month: decisions of a moderator that a second one looks at, at least.
        review_ratio: share of the decisions that a second one looks at.
    """

    hold_toxicity_ratio: Ratio = 0.6
    hide_toxicity_ratio: Ratio = 0.9
    min_confidence_ratio: Ratio = 0.7
    review_within_minutes: Annotated[int, Meta(ge=1, le=10_080)] = 60
    release_held_after_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    words_file: str = ""
    guidelines_file: str = ""
    warning_days: Days = 180
    appeal_days: Days = 14
    sanction_kept_days: Days = 365
    term_days_max: Days = 365
    burst_reports: Annotated[int, Meta(ge=1, le=50)] = 5
    burst_minutes: Annotated[int, Meta(ge=1, le=1_440)] = 10
    flagged_shares: Annotated[int, Meta(ge=1, le=100)] = 3
    reviews_per_month: Annotated[int, Meta(ge=0, le=1_000)] = 5
    review_ratio: Ratio = 0.05

    def __post_init__(self) -> None:
        """Read the files at start: one that cannot be read is an error of the settings.

        Raises:
            ValueError: a file cannot be read, or the thresholds are in the wrong order.
        """
        if self.hold_toxicity_ratio > self.hide_toxicity_ratio:
            raise ValueError("hold_toxicity_ratio is at most hide_toxicity_ratio")
        _ = self.words, self.guidelines

    @cached_property
    def words(self) -> frozenset[str]:
        """The word list, in lower case."""
        lines = _text("words_file", self.words_file, "words.txt").splitlines()
        return frozenset(line.strip().lower() for line in lines if line.strip() and not line.startswith("#"))

    @cached_property
    def guidelines(self) -> Guidelines:
        """The rules that decisions name."""
        text = _text("guidelines_file", self.guidelines_file, "guidelines.toml")
        try:
            return read_guidelines(text)
        except (ValueError, msgspec.ValidationError) as error:
            raise ValueError(f"guidelines_file: {error}") from error


def _text(setting: str, path: str, shipped: str) -> str:
    source = Path(path) if path else files(__package__) / shipped
    try:
        return source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{setting} cannot be read: {error}") from error
