"""Tickets: signed codes that a scanner reads without a connection; and the short code that is shown at a venue.

A code is 130 letters and digits (base32, which a QR code packs at 5.5 bits each) around 81 bytes:

    version 1 · tag of the event 4 · number of the seat 4 · valid from 4 · valid until 4 · Ed25519 signature 64

The signature is over a purpose, the event's id and the 17 bytes before it, so that no code is good elsewhere. It says
nothing about its holder: who sits on which number, the event knows. Times are seconds of the epoch, unsigned. Whether a
code was used before, and whether its seat is still held, only the event can say. Source: RFC 8032 (Ed25519), RFC 4648.

The private key stays with the gateways; handlers never see a code, but the number in it.
"""

import base64
import hashlib
import hmac
import io
import re
import struct
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import segno
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from diramoja.core.errors import InvalidError
from diramoja.core.keys import Keys
from diramoja.plugins.event.settings import EventSettings

__all__ = ["CODE_CHARS", "Ticket", "Tickets", "public_jwk", "qr_svg", "read_code", "tickets_of"]

VERSION = 1
CODE_CHARS = 130
VENUE_CHARS = 6
_PURPOSE = b"diramoja ticket 1\x00"
_HEAD = struct.Struct(">B4sIII")
_CODE = re.compile(r"[A-Z2-7]{130}")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: people read it off a wall.
_MISREAD = str.maketrans("ilo", "110")


class Ticket(NamedTuple):
    """What a code says: a seat by its number, and when a scanner takes it."""

    number: int
    valid_from: datetime
    valid_until: datetime


@lru_cache(maxsize=4)
def tickets_of(keys: Keys, settings: EventSettings) -> "Tickets":
    """The one of these keys and settings."""
    return Tickets(keys.get("event_tickets", settings.ticket_key_file))


class Tickets:
    """Issues codes and reads them."""

    def __init__(self, key: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(key[:32])
        self._venue = hmac.digest(key, b"diramoja venue 1", "sha256")
        self.public_key = self._private.public_key()

    def issue(self, event: str, ticket: Ticket) -> str:
        """The code; the same ticket has the same one."""
        times = (int(ticket.valid_from.timestamp()), int(ticket.valid_until.timestamp()))
        head = _HEAD.pack(VERSION, _tag(event), ticket.number, *times)
        return base64.b32encode(head + self._private.sign(_signed(event, head))).decode().rstrip("=")

    def read(self, event: str, code: str) -> Ticket:
        """See `read_code`."""
        return read_code(self.public_key, event, code)

    def venue_code(self, event: str, step: int) -> str:
        """What is shown at the venue in this step of time; who is not there cannot know it."""
        digest = hmac.digest(self._venue, f"{event}\x1f{step}".encode(), "sha256")
        value = int.from_bytes(digest[:5])
        return "".join(_ALPHABET[(value >> (5 * place)) & 31] for place in range(VENUE_CHARS))

    def is_venue_code(self, event: str, given: str, step: int) -> bool:
        """Whether it was shown in this step or the one before; as people type it."""
        typed = given.strip().casefold().translate(_MISREAD).encode()
        return any(hmac.compare_digest(typed, self.venue_code(event, each).encode()) for each in (step, step - 1))


def read_code(key: Ed25519PublicKey, event: str, code: str) -> Ticket:
    """What a code of this event says; no word on its time and use.

    Raises:
        InvalidError: `ticket_elsewhere`: of another event. `ticket_invalid`: none of ours, or changed.
    """
    typed = code.strip().upper() if code.isascii() else ""  # Letters of other scripts fold into ours.
    if not _CODE.fullmatch(typed):
        raise InvalidError("This is no ticket.", code="ticket_invalid")
    raw = base64.b32decode(typed + "=" * (-len(typed) % 8))
    head, signature = raw[: _HEAD.size], raw[_HEAD.size :]
    version, tag, number, *times = _HEAD.unpack(head)
    if version == VERSION and tag != _tag(event):
        raise InvalidError("This ticket is for another event.", code="ticket_elsewhere")
    try:
        key.verify(signature, _signed(event, head))
    except InvalidSignature as error:
        raise InvalidError("This is no ticket of ours.", code="ticket_invalid") from error
    return Ticket(number, *(datetime.fromtimestamp(each, UTC) for each in times))


def public_jwk(key: Ed25519PublicKey) -> dict[str, str]:
    """The public key as a JSON Web Key. Source: RFC 8037, section 2."""
    x = base64.urlsafe_b64encode(key.public_bytes_raw()).decode().rstrip("=")
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "x": x}


def qr_svg(code: str) -> str:
    """A QR code as an SVG image with a quiet zone; of the error correction that still fits the size, at least M."""
    out = io.BytesIO()
    segno.make_qr(code, error="m").save(out, kind="svg", scale=4, border=4, xmldecl=False, light="#fff")
    return out.getvalue().decode()


def _tag(event: str) -> bytes:
    """Tells a ticket of another event from a forged one; the signature is what binds it."""
    return hashlib.blake2b(event.encode(), digest_size=4).digest()


def _signed(event: str, head: bytes) -> bytes:
    return _PURPOSE + event.encode() + b"\x00" + head
