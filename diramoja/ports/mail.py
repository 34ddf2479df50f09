"""The mail port: email to one person at a time."""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

__all__ = ["Letter", "Mail", "Posted", "RefusalReason"]

type RefusalReason = Literal["address_refused", "mailbox_full", "content_refused", "mail_refused"]
"""`address_refused`: there is no such mailbox, for good. The others say nothing about the address."""


class Letter(msgspec.Struct, frozen=True):
    """An email.

    Attributes:
        id: of the letter, the same in every attempt: the local part of its Message-ID.
        to: address; never logged.
        subject: one line.
        text: the plain part. `html`: the same for eyes.
        language: of subject and body, as BCP 47.
        unsubscribe_url: takes the one-click POST of RFC 8058; "" where it cannot be switched off.
    """

    id: str
    to: str
    subject: str
    text: str
    html: str
    language: str = "en"
    unsubscribe_url: str = ""


class Posted(msgspec.Struct, frozen=True):
    """What became of a letter: sent on its way, or refused for good. `note` says what kind of sending that was."""

    state: Literal["sent", "failed"]
    reason: RefusalReason | Literal[""] = ""
    note: Literal["", "logged_only"] = ""


class Mail(Protocol):
    """What the notification plugin needs of a mail system."""

    async def send(self, letters: Sequence[Letter]) -> Sequence[Posted]:
        """One result a letter, in order; a letter whose sending was interrupted may go out twice with the same id.

        Raises:
            UnavailableError: a letter could not be handed over and may be later: try all again. No text of an error
                holds an address.
        """
        ...
