"""Settings of the member plugin."""

from typing import Annotated

from msgspec import Meta

from diramoja.core import Settings

__all__ = ["MemberSettings"]


class MemberSettings(Settings, frozen=True, kw_only=True):
    """Limits of what a member does.

    Attributes:
        following_max: members that one member can follow.
    """

    following_max: Annotated[int, Meta(ge=1, le=1_000_000)] = 5_000
