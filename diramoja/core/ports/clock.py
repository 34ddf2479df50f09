"""The clock port: domain time. Leases, tokens, rate limits and the broker's time stay real."""

from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """What time it is for reminders and deadlines. It never goes back."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def at(self, moment: datetime) -> datetime:
        """Domain time of a real moment, such as the broker's time of a message, as the clock stands now."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def at(self, moment: datetime) -> datetime:
        """The same moment."""
        return moment
