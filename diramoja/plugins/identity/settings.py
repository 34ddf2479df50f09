"""Settings of the identity plugin."""

from typing import Annotated

from msgspec import Meta

from diramoja.core import Settings

__all__ = ["IdentitySettings"]


class IdentitySettings(Settings, frozen=True, kw_only=True):
    """Passwords, tokens and how often somebody may try.

    Attributes:
        password_min: characters of a password at least.
        argon2_memory_kib: memory of one Argon2id hash (RFC 9106 recommends 65536 where little is to spare).
        argon2_passes: passes over that memory.
        argon2_threads: hashes computed at a time; the others wait.
        access_ttl_s: life of an access token.
        refresh_ttl_s: life of a refresh token, and of a session without use.
        reuse_grace_s: a rotated refresh token is accepted again for so long: a lost answer is no theft.
        tries_per_account: failed sign-ins of one account from one network address in a quarter of an hour; from all
            together ten times as many.
        tries_per_address: sign-ins from one network address in a quarter of an hour.
        names_key_file: key of the hashes of names; "" makes one in the data folder.
        seal_key_file: key that seals email addresses, 32 bytes; "" makes one in the data folder.
    """

    password_min: Annotated[int, Meta(ge=8, le=64)] = 10
    argon2_memory_kib: Annotated[int, Meta(ge=8, le=1_048_576)] = 65_536
    argon2_passes: Annotated[int, Meta(ge=1, le=20)] = 3
    argon2_threads: Annotated[int, Meta(ge=1, le=64)] = 2
    access_ttl_s: Annotated[int, Meta(ge=30, le=86_400)] = 3_600
    refresh_ttl_s: Annotated[int, Meta(ge=60, le=31_536_000)] = 604_800
    reuse_grace_s: Annotated[int, Meta(ge=0, le=60)] = 10
    tries_per_account: Annotated[int, Meta(ge=1, le=10_000)] = 10
    tries_per_address: Annotated[int, Meta(ge=1, le=1_000_000)] = 300
    names_key_file: str = ""
    seal_key_file: str = ""
