"""Connections to the SMTP server: a few, kept for a while between letters."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosmtplib

from diramoja.adapters.smtp.settings import SmtpSettings
from diramoja.core.settings import read_secret

__all__ = ["SmtpClient"]

FAREWELL_S = 2.0


class SmtpClient:
    """At most `connections` at a time; one that was used a moment ago is used again."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._password = read_secret(settings.password_file, "smtp.password_file")
        self._free = asyncio.Semaphore(settings.connections)
        self._idle: list[tuple[float, aiosmtplib.SMTP]] = []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connection for one letter; kept if the block ends well, else closed.

        Raises:
            aiosmtplib.SMTPException, OSError: it cannot be made.
        """
        async with self._free:
            smtp = await self._taken()
            try:
                yield smtp
            except BaseException:
                smtp.close()
                raise
            self._idle.append((time.monotonic(), smtp))

    async def _taken(self) -> aiosmtplib.SMTP:
        await self._close_idle(self._settings.idle_s)
        while self._idle:
            _, smtp = self._idle.pop()
            if smtp.is_connected:
                return smtp
        smtp = aiosmtplib.SMTP(
            hostname=self._settings.host,
            port=self._settings.port,
            username=self._settings.user or None,
            password=self._password or None,
            local_hostname=self._settings.domain,
            timeout=self._settings.timeout_s,
            use_tls=self._settings.security == "tls",
            start_tls=self._settings.security == "starttls",
        )
        await smtp.connect()
        return smtp

    async def _close_idle(self, longer_than_s: float) -> None:
        """Say goodbye to what was not used for so long; a server closes such connections anyway."""
        now = time.monotonic()
        old = [smtp for since, smtp in self._idle if now - since >= longer_than_s]
        self._idle = [(since, smtp) for since, smtp in self._idle if now - since < longer_than_s]
        for smtp in old:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await smtp.quit(timeout=FAREWELL_S)

    async def close(self) -> None:
        """Close what is kept."""
        await self._close_idle(0.0)
