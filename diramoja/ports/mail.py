"""The mail port: email to one person at a time."""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

__all__ = ["Letter", "Mail", "Posted", "RefusalReason", "refusal_of"]

type RefusalReason = Literal["address_refused", "mailbox_full", "content_refused", "mail_refused"]
"""`address_refused`: there is no such mailbox, for good. The others say nothing about the address."""


_GONE = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})
"""Bad mailbox, bad system, bad syntax, moved away, null MX (RFC 7505), mailbox disabled."""


def refusal_of(status: str) -> RefusalReason:
    """What an enhanced code of a permanent refusal of a recipient means, such as "5.1.1". Source: RFC 3463, 3."""
    detail = status.partition(".")[2]
    if detail in _GONE:
        return "address_refused"
    return {"2": "mailbox_full", "6": "content_refused"}.get(detail.partition(".")[0], "mail_refused")  # type: ignore[return-value]


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
