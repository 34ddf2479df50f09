"""The cache port: what may be lost at any time."""

from typing import Protocol

__all__ = ["Cache"]


class Cache(Protocol):
    """Bytes by key, with an expiry. A cache that is away behaves as an empty one (and says so in its health)."""

    async def get(self, key: str) -> bytes | None:
        """The value, or None where it is missing or expired."""
        ...

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        """Store for at most this many seconds; replaces."""
        ...

    async def drop(self, key: str) -> None:
        """Forget; a missing key is no error."""
        ...

    async def count(self, key: str, ttl_s: float) -> int:
        """Add one to a counter that expires `ttl_s` after its first count; the new value, from 1."""
        ...
