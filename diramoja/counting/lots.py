"""The lot: an order of the options that nobody could choose alone, and that everybody can work out again.

Officers publish the SHA-256 of a secret each before the close (`commitment`), and reveal the secrets when the ballots
are sealed; `lot_seed` makes one seed of them and the record, `lot_order` an order of the options.
"""

import hashlib
from collections.abc import Sequence

from diramoja.core.errors import InvalidError

__all__ = ["FEWEST_SECRETS", "SECRET_BYTES", "commitment", "lot_order", "lot_seed"]

SECRET_BYTES = 32
FEWEST_SECRETS = 2


def commitment(secret: bytes) -> str:
    """What an officer publishes before the close: SHA-256 of the secret, in hexadecimal digits."""
    return hashlib.sha256(_checked(secret)).hexdigest()


def lot_seed(secrets: Sequence[bytes], record_hash: bytes) -> bytes:
    """SHA-256 of the revealed secrets in ascending order, followed by the hash of the sealed record.

    Raises:
        InvalidError: `lot_invalid`: fewer than two different secrets, or one of another length than 32 bytes.
    """
    if len({*secrets}) < FEWEST_SECRETS:
        raise InvalidError(f"A lot needs the secrets of at least {FEWEST_SECRETS} officers.", code="lot_invalid")
    return hashlib.sha256(b"".join(sorted(map(_checked, secrets))) + record_hash).digest()


def lot_order(seed: bytes, options: Sequence[int]) -> tuple[int, ...]:
    """Options by ascending SHA-256 of the seed and their number (in decimal digits), the favoured first.

    The favoured is elected first, its surplus is transferred first, and it is excluded last.
    """
    return tuple(sorted(options, key=lambda each: hashlib.sha256(seed + str(each).encode()).digest()))


def _checked(secret: bytes) -> bytes:
    if len(secret) != SECRET_BYTES:
        raise InvalidError(f"A secret has {SECRET_BYTES} bytes.", code="lot_invalid")
    return secret
