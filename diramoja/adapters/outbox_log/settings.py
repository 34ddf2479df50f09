"""Settings of the log that stands in for sending."""

from typing import Annotated

from msgspec import Meta

from diramoja.core.settings import Settings

__all__ = ["OutboxLogSettings"]


class OutboxLogSettings(Settings, frozen=True, kw_only=True):
    """How a message is named in the log.

    Attributes:
        digest_chars: hexadecimal digits of the hashes that stand for the recipient and the text.
    """

    digest_chars: Annotated[int, Meta(ge=8, le=64)] = 16
