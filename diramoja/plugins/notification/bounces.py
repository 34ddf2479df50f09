"""Mail that comes back: delivery status notifications (RFC 3464) about letters of ours."""

import re
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default

import msgspec

from diramoja.ports.mail import RefusalReason, refusal_of

__all__ = ["Bounce", "read_bounce"]

LARGEST_BYTES = 1_000_000
_OURS = re.compile(r"<(ntc_[0-9a-z]{1,40})@[^<>\s]{1,253}>")
_STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}")


class Bounce(msgspec.Struct, frozen=True):
    """A letter that could not be delivered, by its notice, and why."""

    notice: str
    reason: RefusalReason


def read_bounce(raw: bytes) -> Bounce | None:
    """What a message says of a letter of ours; None where it is no notification that one failed for good.

    Nothing in it is believed but the id of the letter, which its recipient alone has seen.
    """
    message = message_from_bytes(raw[:LARGEST_BYTES], EmailMessage, policy=default)
    status, notice = "", ""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            status = status or _failed_status(part)
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/global-headers"):
            notice = notice or _notice_of(part)
    return Bounce(notice, refusal_of(status)) if status and notice else None


def _failed_status(part: EmailMessage) -> str:
    """The permanent status of the first recipient that failed; "" where it was delayed or delivered."""
    for block in _inner(part):
        action, status = str(block.get("Action", "")), _STATUS.match(str(block.get("Status", "")).strip())
        if action.strip().lower() == "failed" and status:
            return status[0]
    return ""


def _notice_of(part: EmailMessage) -> str:
    """The id in the Message-ID of the letter that is quoted, whole or its head."""
    quoted = _inner(part)
    given = str(quoted[0].get("Message-ID", "")) if quoted else _header(part)
    found = _OURS.search(given)
    return found[1] if found else ""


def _inner(part: EmailMessage) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _header(part: EmailMessage) -> str:
    raw = part.get_payload(decode=True)
    head = message_from_bytes(raw if isinstance(raw, bytes) else b"", EmailMessage, policy=default)
    return str(head.get("Message-ID", ""))
