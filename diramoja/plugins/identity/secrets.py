"""Hashes, seals and random tokens: what the gateway does with secrets before they go anywhere."""

import base64
import hashlib
import hmac
import os
import secrets
from functools import lru_cache

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from diramoja.core.errors import InternalError
from diramoja.core.keys import Keys
from diramoja.plugins.identity.settings import IdentitySettings

__all__ = ["Secrets", "new_token", "secrets_of", "token_hash"]

NONCE_BYTES = 12
TOKEN_BYTES = 32


def new_token() -> str:
    """An opaque token that cannot be guessed."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """What is stored of a token: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


@lru_cache(maxsize=4)
def secrets_of(keys: Keys, settings: IdentitySettings) -> "Secrets":
    """The one of these keys and settings: its pool of threads is shared by all requests."""
    return Secrets(keys, settings)


class Secrets:
    """The identity's keys and its password hasher."""

    def __init__(self, keys: Keys, settings: IdentitySettings) -> None:
        self._name_key = keys.get("identity_names", settings.names_key_file)
        self._seal = AESGCM(keys.get("identity_seal", settings.seal_key_file))
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_passes, memory_cost=settings.argon2_memory_kib, parallelism=1
        )
        self._threads = anyio.CapacityLimiter(settings.argon2_threads)
        self._dummy = self._hasher.hash(new_token())

    def name_key(self, what: str, name: str) -> str:
        """Keyed hash of a username or email: the id of its agent; or of a network address, to count its tries."""
        digest = hmac.new(self._name_key, f"{what}\x1f{name}".encode(), hashlib.sha256).digest()
        return f"nam_{base64.b32encode(digest[:20]).decode().lower()}"

    def seal(self, text: str) -> str:
        """AES-256-GCM with a random nonce, base64."""
        nonce = os.urandom(NONCE_BYTES)
        return base64.b64encode(nonce + self._seal.encrypt(nonce, text.encode(), b"email")).decode()

    def unseal(self, sealed: str) -> str:
        """The text again.

        Raises:
            InternalError: another key sealed it.
        """
        raw = base64.b64decode(sealed)
        try:
            return self._seal.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], b"email").decode()
        except InvalidTag as error:
            raise InternalError("An address was sealed with another key.", code="seal_broken") from error

    async def hash_password(self, password: str) -> str:
        """Argon2id, in a bounded pool of threads."""
        return await anyio.to_thread.run_sync(self._hasher.hash, password, limiter=self._threads)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password; takes as long where there is no account."""
        return await anyio.to_thread.run_sync(self._verify, stored, password, limiter=self._threads)

    def _verify(self, stored: str | None, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._dummy, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None
