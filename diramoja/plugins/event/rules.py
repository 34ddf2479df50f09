"""What is computed of an event; pure."""

from diramoja.plugins.event.settings import EventSettings

__all__ = ["feedback_score"]


def feedback_score(count: int, total: int, settings: EventSettings) -> int | None:
    """0 to 100, from ratings of 1 to 5 that add up to `total`; None while too few answered."""
    return round(25 * (total / count - 1)) if count >= settings.feedback_min else None
