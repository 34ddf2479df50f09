"""The ports mail, sms and push on the log."""

import hashlib
import os
from collections.abc import Sequence

import structlog

from diramoja.ports.mail import Letter, Posted
from diramoja.ports.push import PushNotice
from diramoja.ports.sms import ShortText

__all__ = ["LoggedMail", "LoggedPush", "LoggedSms", "Outbox"]

log = structlog.get_logger(__name__)

LOGGED = Posted("sent", note="logged_only")


class Outbox:
    """Notes a message by hashes: with a salt of this process, so that nobody finds an address by trying."""

    def __init__(self, digest_chars: int) -> None:
        self._chars = digest_chars
        self._salt = os.urandom(16)

    def note(self, channel: str, id: str, to: str, text: str) -> Posted:
        """One line."""
        log.info(
            "message_logged_only",
            channel=channel,
            id=id,
            to=self._hash(to),
            text=self._hash(text),
            length=len(text),
        )
        return LOGGED

    def _hash(self, text: str) -> str:
        return hashlib.blake2b(text.encode(), key=self._salt, digest_size=32).hexdigest()[: self._chars]


class LoggedMail:
    """Email that goes to the log."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def send(self, letters: Sequence[Letter]) -> Sequence[Posted]:
        """See the port."""
        return [self._outbox.note("email", each.id, each.to, each.text) for each in letters]


class LoggedSms:
    """Short messages that go to the log."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def send(self, message: ShortText) -> Posted:
        """See the port."""
        return self._outbox.note("sms", message.id, message.member, message.text)


class LoggedPush:
    """Push notices that go to the log."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def send(self, notice: PushNotice) -> Posted:
        """See the port."""
        return self._outbox.note("push", notice.id, notice.member, notice.text)
