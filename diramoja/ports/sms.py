"""The SMS port: a short text to a member's telephone."""

from typing import Protocol

import msgspec

from diramoja.ports.mail import Posted

__all__ = ["ShortText", "Sms"]


class ShortText(msgspec.Struct, frozen=True):
    """A text for a member; which number that is, is known behind the port. `id` is the same in every attempt."""

    id: str
    member: str
    text: str
    language: str = "en"


class Sms(Protocol):
    """What the notification plugin needs of a gateway of short messages."""

    async def send(self, message: ShortText) -> Posted:
        """What became of it; the same id again may go out twice.

        Raises:
            UnavailableError: it could not be handed over and may be later. No text of an error holds a number.
        """
        ...
