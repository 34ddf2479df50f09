from datetime import UTC, datetime

import pytest


@pytest.fixture
def now() -> datetime:
    """The time at which commands are played."""
    return datetime(2026, 1, 1, tzinfo=UTC)
