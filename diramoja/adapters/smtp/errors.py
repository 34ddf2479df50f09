"""What an SMTP server refuses, as reasons of ours.

Source: RFC 5321, 4.2.1 (4yz: try again, 5yz: not so); enhanced codes as in RFC 3463.
"""

import re

import aiosmtplib

from diramoja.core.errors import UnavailableError
from diramoja.ports.mail import RefusalReason, refusal_of

__all__ = ["ADDRESS_REFUSED", "reason_of", "unavailable"]

_ENHANCED = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
PERMANENT = 500
ADDRESS_REFUSED = frozenset({550, 551, 553})
"""No mailbox there (550), it has moved (551), its name is not allowed (553), where no enhanced code says more."""
STORAGE_EXCEEDED = 552
CONTENT_REFUSED = 554


def reason_of(error: aiosmtplib.SMTPResponseException) -> RefusalReason | None:
    """Why a letter was refused for good; None where the server asks for another try.

    What is refused before or after the recipient says nothing of the address.
    """
    if error.code < PERMANENT:
        return None
    of_recipient = isinstance(error, aiosmtplib.SMTPRecipientRefused)
    found = _ENHANCED.search(error.message)
    if found:
        reason = refusal_of(found[0])
        return reason if of_recipient or reason == "content_refused" else "mail_refused"
    if of_recipient and error.code in ADDRESS_REFUSED:
        return "address_refused"
    if error.code == STORAGE_EXCEEDED:
        return "mailbox_full"
    return "content_refused" if error.code == CONTENT_REFUSED and not of_recipient else "mail_refused"


def unavailable(error: Exception) -> UnavailableError:
    """Ours; only the class and the code are named: the driver's text may hold the address."""
    code = getattr(error, "code", "")
    said = f"{type(error).__name__} {code}".strip()
    return UnavailableError(f"The mail server did not take a letter: {said}.", code="mail_unavailable")
