"""Settings of the cache within the process."""

from typing import Annotated

from msgspec import Meta

from diramoja.core.settings import Settings

__all__ = ["MemoryCacheSettings"]


class MemoryCacheSettings(Settings, frozen=True, kw_only=True):
    """Its bounds; beyond them what was not used for longest goes first.

    Attributes:
        entries: values and counters kept.
        size_bytes: their keys and values together.
    """

    entries: Annotated[int, Meta(ge=1, le=100_000_000)] = 100_000
    size_bytes: Annotated[int, Meta(ge=1024)] = 64 * 1024 * 1024
