"""What is computed of an event: figures of its survey that say nothing about one person (F9). Pure.

Figures stand for whole fives of answers: between two of them nothing moves, so that nobody reads off a difference what
the last one said. What is below five is not shown, and neighbours are merged until they are five.
"""

from collections.abc import Sequence

from diramoja.plugins.event.views import FeedbackView, RatingBin
from diramoja.withholding import STEP, merged

__all__ = ["NO_RATINGS", "STEP", "Ratings", "feedback_view", "is_shown_at", "score_of", "with_rating"]

type Ratings = tuple[int, int, int, int, int]
"""How many gave 1 to 5."""

NO_RATINGS: Ratings = (0, 0, 0, 0, 0)
_BEST = 5


def with_rating(ratings: Ratings, rating: int) -> Ratings:
    """With one more of this."""
    one, two, three, four, five = (number + (each == rating) for each, number in enumerate(ratings, start=1))
    return one, two, three, four, five


def is_shown_at(count: int, minimum: int) -> bool:
    """Whether the figures move on with this answer."""
    return count >= minimum and count % STEP == 0


def score_of(ratings: Sequence[int]) -> int | None:
    """0 to 100: the mean of 1 to 5 on that scale; None where there is nothing to show."""
    count = sum(ratings)
    if count == 0:
        return None
    total = sum(rating * number for rating, number in enumerate(ratings, start=1))
    return round(100 * (total - count) / ((_BEST - 1) * count))


def feedback_view(ratings: Sequence[int]) -> FeedbackView:
    """All answers that are shown, together; `ratings` are those of whole fives."""
    count = sum(ratings)
    return FeedbackView(count or None, score_of(ratings), bins_of(ratings) if count else None)


def bins_of(ratings: Sequence[int]) -> tuple[RatingBin, ...]:
    """Neighbouring ratings merged until each bin has five; counts rounded to five."""
    return tuple(RatingBin(low, high, number) for low, high, number in merged(ratings))
