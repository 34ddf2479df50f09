"""Identifiers: a short kind prefix and a sortable part, without dot, space or wildcard."""

import hashlib
import re
from datetime import datetime
from functools import lru_cache

from diramoja.core.errors import InvalidError

__all__ = ["PARTITIONS", "check_id", "derive_id", "is_id", "partition_of", "short", "sortable_id"]

PARTITIONS = 64
"""Units of order and ownership. Fixed for the life of a deployment: marks and subjects depend on it."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u.
_VALID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:@+=-]{0,127}")


def is_id(value: str) -> bool:
    """Whether it can be an identifier."""
    return _VALID.fullmatch(value) is not None


def check_id(value: str) -> str:
    """The same id, if it can be one.

    Raises:
        InvalidError: it is empty, longer than 128, or holds a dot, a space, a wildcard or a control character.
    """
    if not is_id(value):
        raise InvalidError(
            "An identifier has 1 to 128 letters, digits, '_', '-', ':', '@', '+' or '=', and begins with a "
            "letter or digit.",
            code="id_invalid",
        )
    return value


@lru_cache(maxsize=65536)
def partition_of(kind: str, agent: str) -> int:
    """The partition of an agent, 0 to 63.

    Source: nats-server `getHashPartition`: FNV-1a (32 bit) over the tokens of the subject, modulo the number of
    partitions. A contract test compares it with the server's.
    """
    value = 0x811C9DC5
    for byte in (kind + agent).encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value % PARTITIONS


def _base32(value: int, digits: int) -> str:
    return "".join(_ALPHABET[(value >> (5 * place)) & 31] for place in reversed(range(digits)))


def sortable_id(prefix: str, at: datetime, *seed: str | int) -> str:
    """An id that sorts by time and is the same for the same seed: `pst_` + 9 digits of time + 11 of hash."""
    digest = hashlib.blake2b("\x1f".join(map(str, seed)).encode(), digest_size=7).digest()
    return f"{prefix}_{_base32(int(at.timestamp() * 1000), 9)}{_base32(int.from_bytes(digest) >> 1, 11)}"


def derive_id(prefix: str, sender: str, key: str) -> str:
    """The id of an agent that a request creates: the same sender and key always mean the same agent."""
    digest = hashlib.blake2b(f"{sender}\x1f{key}".encode(), digest_size=13).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest) >> 4, 20)}"


def short(id: str) -> str:
    """Names the cause: ids that held their cause's would grow with every round of a reminder that sets the next."""
    return hashlib.blake2b(id.encode(), digest_size=10).hexdigest()
