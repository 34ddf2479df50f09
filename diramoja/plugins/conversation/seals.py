"""Bodies at rest: what the gateway does with a plain body before it goes anywhere."""

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from diramoja.core.errors import InternalError
from diramoja.core.keys import Keys
from diramoja.plugins.conversation.settings import ConversationSettings

__all__ = ["Seals", "seals_of"]

NONCE_BYTES = 12


@lru_cache(maxsize=4)
def seals_of(keys: Keys, settings: ConversationSettings) -> "Seals":
    """The one of these keys and settings."""
    return Seals(keys.get("conversation_seal", settings.seal_key_file))


class Seals:
    """AES-256-GCM, bound to the conversation: a body moved to another one does not open. Source: NIST SP 800-38D."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key[:32])

    def seal(self, conversation: str, body: str) -> str:
        """Base64 of a random nonce and the ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, body.encode(), conversation.encode())).decode()

    def open(self, conversation: str, sealed: str) -> str:
        """The body again; "" for none.

        Raises:
            InternalError: another key sealed it, or for another conversation.
        """
        if not sealed:
            return ""
        raw = base64.b64decode(sealed)
        try:
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], conversation.encode()).decode()
        except InvalidTag as error:
            raise InternalError("A message was sealed with another key.", code="seal_broken") from error
