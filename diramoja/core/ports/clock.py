"""The clock port: domain time. Leases, tokens, rate limits and the broker's time stay real."""

from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """What time it is for reminders and deadlines."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)
