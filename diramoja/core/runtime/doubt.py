"""Doubt: what of a partition may have ended the workers before, and how few of it are decided at once."""

from datetime import datetime

import attrs

from diramoja.core.ports.rows import ReminderRow

__all__ = ["Doubt"]

FIRST = (8, 500)
"""After one end: turns of 8, through as many messages as one turn takes at the most."""
LATER = (1, 8)
"""After more: alone, through as many as stood in such a turn of 8."""


@attrs.define
class Doubt:
    """For one partition, from its claim on.

    Attributes:
        at_once: how many are decided in one turn; 1: alone, and written down before.
        messages: how many of the stream's next messages are in doubt; `reminders`: of those that were due at `since`.
    """

    at_once: int
    messages: int
    reminders: int
    since: datetime

    @classmethod
    def of(cls, attempts: int, now: datetime) -> "Doubt":
        """By how often workers ended there."""
        at_once, window = FIRST if attempts == 1 else LATER
        return cls(at_once, window, window, now)

    @property
    def is_over(self) -> bool:
        """Whether what was in doubt is decided."""
        return self.messages <= 0 or self.reminders <= 0

    def counts_message(self) -> bool:
        """Whether the next message is in doubt; counts it."""
        self.messages -= 1
        return self.messages >= 0

    def counts_reminder(self, row: ReminderRow) -> bool:
        """Whether this reminder is in doubt; counts it."""
        if row.due is None or row.due > self.since:
            return False
        self.reminders -= 1
        return self.reminders >= 0
