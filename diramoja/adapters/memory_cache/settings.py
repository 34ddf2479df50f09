"""Settings of the memory cache."""

from typing import Annotated

from msgspec import Meta

from diramoja.core.settings import Settings

__all__ = ["MemoryCacheSettings"]


class MemoryCacheSettings(Settings, frozen=True, kw_only=True):
    """How much is kept.

    Attributes:
        entries_max: keys kept; the least recently used goes first.
    """

    entries_max: Annotated[int, Meta(ge=100, le=10_000_000)] = 100_000
