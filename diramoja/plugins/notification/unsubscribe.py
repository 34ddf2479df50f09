"""The link in a letter by which its kind is switched off: sealed, so that it says nothing and cannot be made up."""

import base64
import os

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from diramoja.core.errors import InvalidError
from diramoja.core.keys import Keys
from diramoja.plugins.notification.contracts import NoticeClass, NoticeKind
from diramoja.plugins.notification.settings import NotificationSettings

__all__ = ["Subscription", "read_token", "token_of", "unsubscribe_url"]

KEY_NAME = "notification_unsubscribe"
NONCE_BYTES = 12
LONGEST_TOKEN = 1_000
_PURPOSE = b"unsubscribe"


class Subscription(msgspec.Struct, frozen=True, array_like=True):
    """Whose letters of which kind."""

    member: str
    kind: NoticeKind
    notice_class: NoticeClass


def token_of(subscription: Subscription, keys: Keys, settings: NotificationSettings) -> str:
    """AES-256-GCM with a random nonce, in the alphabet of URLs. It has no end: letters are kept for years."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = _cipher(keys, settings).encrypt(nonce, msgspec.json.encode(subscription), _PURPOSE)
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def read_token(token: str, keys: Keys, settings: NotificationSettings) -> Subscription:
    """What a token stands for.

    Raises:
        InvalidError: `token_invalid`: none of ours, or changed.
    """
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
        opened = _cipher(keys, settings).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _PURPOSE)
        return msgspec.json.decode(opened, type=Subscription)
    except (InvalidTag, ValueError) as error:  # msgspec's and base64's are among the latter.
        raise InvalidError("This link is none of ours.", code="token_invalid") from error


def unsubscribe_url(token: str, settings: NotificationSettings) -> str:
    """Shown to people it is a page with a button; posted to, it unsubscribes at once (RFC 8058)."""
    return f"{settings.public_url.rstrip('/')}/v1/unsubscribe?token={token}"


def _cipher(keys: Keys, settings: NotificationSettings) -> AESGCM:
    return AESGCM(keys.get(KEY_NAME, settings.unsubscribe_key_file)[:32])
