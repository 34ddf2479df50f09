"""The push port: a notice on a member's devices."""

from typing import Protocol

import msgspec

from diramoja.ports.mail import Posted

__all__ = ["Push", "PushNotice"]


class PushNotice(msgspec.Struct, frozen=True):
    """A notice for a member; which devices those are, is known behind the port.

    `id` is the same in every attempt; `subject_type` and `subject_id` say what opens when it is touched.
    """

    id: str
    member: str
    text: str
    subject_type: str
    subject_id: str
    language: str = "en"


class Push(Protocol):
    """What the notification plugin needs of a push service."""

    async def send(self, notice: PushNotice) -> Posted:
        """What became of it; the same id again may be shown twice.

        Raises:
            UnavailableError: it could not be handed over and may be later. No text of an error holds a device.
        """
        ...
