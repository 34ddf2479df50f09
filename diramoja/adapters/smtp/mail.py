"""The mail port on SMTP."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

import aiosmtplib

from diramoja.adapters.smtp.client import SmtpClient
from diramoja.adapters.smtp.errors import reason_of, unavailable
from diramoja.adapters.smtp.settings import SmtpSettings
from diramoja.core.ports.clock import SystemClock
from diramoja.ports.mail import Letter, Posted

__all__ = ["SmtpMail", "composed", "open_mail"]


def composed(letter: Letter, settings: SmtpSettings) -> EmailMessage:
    """The letter as a message: text and HTML as alternatives (RFC 2046), one-click unsubscribing (RFC 8058).

    Raises:
        ValueError: the address is none, or the subject holds a line break.
    """
    user, _, domain = letter.to.rpartition("@")
    if not user or not domain:
        raise ValueError("An address has two sides.")
    sender, _, our_domain = settings.from_address.rpartition("@")
    message = EmailMessage(SMTP if letter.to.isascii() else SMTPUTF8)
    message["From"] = Address(settings.from_name, sender, our_domain)
    message["To"] = Address("", user, domain)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(SystemClock().now())
    message["Message-ID"] = f"<{letter.id}@{settings.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to this.
    if letter.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = letter.language
    return message


class SmtpMail:
    """See the port."""

    def __init__(self, client: SmtpClient, settings: SmtpSettings) -> None:
        self._client = client
        self._settings = settings

    async def send(self, letters: Sequence[Letter]) -> Sequence[Posted]:
        """See the port."""
        return [await self._one(each) for each in letters]

    async def _one(self, letter: Letter) -> Posted:
        try:
            message = composed(letter, self._settings)
        except ValueError:
            return Posted("failed", "address_refused")  # No address as RFC 5322 has them.
        try:
            return await self._handed_over(message, letter.to)
        except (aiosmtplib.SMTPException, OSError) as error:
            # Not chained: the driver's text may hold the address.
            raise unavailable(error) from None

    async def _handed_over(self, message: EmailMessage, to: str) -> Posted:
        async with self._client.connection() as smtp:
            try:
                await smtp.send_message(message, sender=self._settings.from_address, recipients=[to])
            except aiosmtplib.SMTPRecipientsRefused as refused:
                return self._refused(refused.recipients[0])
            except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError, aiosmtplib.SMTPSenderRefused) as error:
                return self._refused(error)
            except aiosmtplib.SMTPNotSupported:
                return Posted("failed", "mail_refused")  # An address beyond ASCII, and no SMTPUTF8 there.
        return Posted("sent")

    def _refused(self, error: aiosmtplib.SMTPResponseException) -> Posted:
        reason = reason_of(error)
        if reason is None:
            raise unavailable(error)
        return Posted("failed", reason)


@asynccontextmanager
async def open_mail(settings: SmtpSettings) -> AsyncIterator[SmtpMail]:
    """The port for the block; the server is reached for with the first letter."""
    client = SmtpClient(settings)
    try:
        yield SmtpMail(client, settings)
    finally:
        await client.close()
