"""Ballots that stay sealed until the vote closes: a key pair a vote, of which the private half is destroyed.

    sealed = seal(key, "vot_1", "mem_a", "2,1", width=5)       at the gateway, before it goes anywhere
    opener = await ballot_keys(keys, settings).opener(db, "vot_1")    where the closed vote is counted
    opener.open("mem_a", sealed)                                      "2,1"

HPKE (RFC 9180) in base mode with X25519, HKDF-SHA256 and ChaCha20-Poly1305; so whoever does not want to trust the
gateway can seal at home. A sealed ballot opens only for the vote and the voter it was made for, and all of a vote are
equally long.
"""

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from diramoja.core import View, job
from diramoja.core.errors import ConflictError, InternalError
from diramoja.core.keys import KEY_BYTES, Keys
from diramoja.core.ports.database import Database, Session
from diramoja.plugins.vote.messages import TakeKey
from diramoja.plugins.vote.settings import VoteSettings

__all__ = [
    "BallotKeys",
    "DropKey",
    "MakeKey",
    "Opener",
    "ballot_keys",
    "destroy_key",
    "drop_key",
    "make_key",
    "seal",
    "sealed_length",
]

NONCE_BYTES = 12
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
ADDED_BYTES = 32 + 16
"""The encapsulated key before a sealed text, and the tag behind it."""


def seal(key: str, vote: str, voter: str, text: str, *, width: int) -> str:
    """The text filled up with spaces to `width` characters and sealed, as unpadded base64url."""
    public = X25519PublicKey.from_public_bytes(_bytes(key))
    return _text(SUITE.encrypt(text.ljust(width).encode(), public, info=_info(vote, voter)))


def sealed_length(width: int) -> int:
    """Characters of what `seal` makes."""
    return -(-(width + ADDED_BYTES) * 4 // 3)


class Opener:
    """The private key of a vote, while it is there."""

    def __init__(self, vote: str, private: bytes) -> None:
        self._vote = vote
        self._private = X25519PrivateKey.from_private_bytes(private)

    def open(self, voter: str, sealed: str) -> str | None:
        """The text that was sealed; None where it was not sealed for this vote and voter."""
        try:
            return SUITE.decrypt(_bytes(sealed), self._private, info=_info(self._vote, voter)).decode().rstrip(" ")
        except (InvalidTag, ValueError):
            return None


def _info(vote: str, voter: str) -> bytes:
    return f"diramoja ballot 1\n{vote}\n{voter}".encode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# --- keys at rest ---


@lru_cache(maxsize=4)
def ballot_keys(keys: Keys, settings: VoteSettings) -> "BallotKeys":
    """The one of these keys and settings."""
    return BallotKeys(keys.get("vote_seal", settings.seal_key_file))


class BallotKeys:
    """The keys of votes: in one table, encrypted under the instance's own key (AES-256-GCM, bound to the vote).

    Each vote has two: the private key that opens its ballots, and one that keys the digests by which repeats are known.
    Both are destroyed together, and then neither what was sealed nor a digest tells anything.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key[:KEY_BYTES])

    async def make(self, db: Database, vote: str) -> str:
        """The public key of this vote, unpadded base64url; made at the first call."""
        private = X25519PrivateKey.generate()
        await db.execute(
            "INSERT INTO vote_key (vote, public_key, private_sealed, repeats_sealed) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (vote) DO NOTHING",
            vote,
            _text(private.public_key().public_bytes_raw()),
            self._seal(vote, "private", private.private_bytes_raw()),
            self._seal(vote, "repeats", os.urandom(KEY_BYTES)),
        )
        row = await db.one("SELECT public_key FROM vote_key WHERE vote = $1", vote)
        assert row is not None  # Nobody destroys it before the vote has one.
        return str(row["public_key"])

    async def opener(self, db: Database, vote: str) -> Opener:
        """What opens the ballots of this vote.

        Raises:
            ConflictError: its key was destroyed.
        """
        row = await db.one("SELECT private_sealed FROM vote_key WHERE vote = $1", vote)
        if row is None:
            raise ConflictError("The key of this vote was destroyed.", code="ballot_key_destroyed")
        return Opener(vote, self._open(vote, "private", row["private_sealed"]))

    async def repeats(self, db: Database, vote: str) -> bytes | None:
        """What keys the digests of this vote's requests; None once it is destroyed."""
        row = await db.one("SELECT repeats_sealed FROM vote_key WHERE vote = $1", vote)
        return self._open(vote, "repeats", row["repeats_sealed"]) if row else None

    def _seal(self, vote: str, what: str, secret: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, f"{vote}:{what}".encode())

    def _open(self, vote: str, what: str, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], f"{vote}:{what}".encode())
        except InvalidTag as error:
            raise InternalError("A key of a vote was sealed with another key.", code="seal_broken") from error


async def destroy_key(session: Session, vote: str) -> None:
    """Nothing that was sealed for this vote can be opened any more."""
    await session.execute("DELETE FROM vote_key WHERE vote = $1", vote)


class DropKey(View):
    """Destroy the keys of a vote that was called off."""

    vote: str


@job(DropKey, timeout_s=10, attempts=100)
async def drop_key(payload: DropKey, db: Database) -> None:
    """What was sealed for it stays sealed."""
    await destroy_key(db, payload.vote)


class MakeKey(View):
    """Make the keys of a vote."""

    vote: str


@job(MakeKey, timeout_s=10)
async def make_key(payload: MakeKey, db: Database, keys: Keys, settings: VoteSettings) -> TakeKey:
    """The public one; the same however often it is asked for."""
    return TakeKey(await ballot_keys(keys, settings).make(db, payload.vote))
