"""Time as the test tells it."""

from datetime import UTC, datetime, timedelta

__all__ = ["START", "VirtualClock"]

START = datetime(2026, 1, 1, tzinfo=UTC)
"""The first moment of every virtual clock."""


class VirtualClock:
    """A clock that moves only when told."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Aware UTC."""
        return self._now

    def at(self, moment: datetime) -> datetime:
        """The same moment: the broker in memory has this clock too."""
        return moment

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self._now += by
