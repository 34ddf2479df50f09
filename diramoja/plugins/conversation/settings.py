"""Settings of conversations."""

from typing import Annotated

from msgspec import Meta

from diramoja.core import Settings

__all__ = ["ConversationSettings"]


class ConversationSettings(Settings, frozen=True, kw_only=True):
    """Limits of conversations.

    Attributes:
        members_max: who can take part in one group.
        unanswered_max: messages to somebody who has not written yet.
        seal_key_file: file of the key that seals plain bodies at rest; "" for one in the data folder.
    """

    members_max: Annotated[int, Meta(ge=2, le=100)] = 50
    unanswered_max: Annotated[int, Meta(ge=1, le=1_000)] = 5
    seal_key_file: str = ""
