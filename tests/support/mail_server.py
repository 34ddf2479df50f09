"""A real SMTP server as a child process; it keeps what it takes, and refuses what the address asks it to.

    python -m tests.support.mail_server PORT FOLDER [CERTIFICATE KEY]

`gone_...@` is refused with 550 5.1.1, `full_...@` with 552 5.2.2, `later_...@` with 451 until the file `open` is in the
folder, `spam_...@` after its text with 554 5.7.1. With a certificate it speaks STARTTLS and wants user and password
before mail; with `tls` as fifth argument, TLS from the start.
"""

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import attrs
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.nats_server import free_port

__all__ = ["PASSWORD", "USER", "MailServer", "mail_server"]

USER, PASSWORD = "diramoja", "open sesame"
_REFUSED = {"gone": "550 5.1.1 No such mailbox here", "full": "552 5.2.2 Mailbox full"}


class Keeper:
    """Keeps letters in files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    async def handle_RCPT(  # noqa: N802, PLR0917  # the names of aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        word = address.partition("_")[0]
        if word in _REFUSED:
            return f"{_REFUSED[word]} <{address}>"
        if word == "later" and not (self._folder / "open").exists():
            return "451 4.3.0 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if str(envelope.rcpt_tos[0]).startswith("spam"):
            return "554 5.7.1 We do not like this text"
        self._count += 1
        content = envelope.content
        assert isinstance(content, bytes)
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Peer: {session.peer}\r\n".encode()
        part = self._folder / f".{self._count:06}"
        part.write_bytes(head + content)
        part.rename(self._folder / f"{self._count:06}.eml")
        return "250 Taken"


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:  # noqa: PLR0917
    """One user."""
    known = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
    return AuthResult(success=known, handled=False)


async def serve(port: int, folder: Path, certificate: list[str], *, implicit: bool) -> None:
    """Until the process is ended."""
    keeper, context = Keeper(folder), None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)

    def protocol() -> SMTP:
        secured: dict[str, Any] = {"authenticator": authenticate, "auth_required": True} if context else {}
        if context and implicit:
            secured["auth_require_tls"] = False  # aiosmtpd does not see that the socket is secured.
        elif context:
            secured |= {"tls_context": context, "require_starttls": True}
        return SMTP(keeper, hostname="mail.test", enable_SMTPUTF8=True, **secured)

    server = await asyncio.get_running_loop().create_server(
        protocol, "127.0.0.1", port, ssl=context if implicit else None
    )
    print("ready", flush=True)  # noqa: T201  # the test waits for it
    async with server:
        await server.serve_forever()


@attrs.frozen
class MailServer:
    """A server that runs."""

    port: int
    folder: Path

    def letters(self, to: str = "") -> list[EmailMessage]:
        """What it took, in order."""
        read = [
            message_from_bytes(each.read_bytes(), EmailMessage, policy=default)
            for each in sorted(self.folder.glob("*.eml"))
        ]
        return [each for each in read if to in str(each["to"])]

    def let_in(self) -> None:
        """Take what was told to come later."""
        (self.folder / "open").touch()


@contextmanager
def mail_server(folder: Path, *options: str) -> Iterator[MailServer]:
    """A server for the block."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.mail_server", str(port), str(folder), *options],
        cwd=Path(__file__).parents[2],
        env=os.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "ready"
        yield MailServer(port, folder)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


if __name__ == "__main__":
    given = sys.argv[3:]
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), given[:2], implicit=given[2:] == ["tls"]))
