"""Rate limits: fixed windows of an hour, counted in the cache.

A cache that is away counts nothing, so nobody is locked out. A route names its own limit beside its permission:
`@post("/", permission="topic.post", limit="posts")`.
"""

import hashlib
import ipaddress
import time
from functools import lru_cache

from diramoja.core.errors import LimitedError
from diramoja.core.gateway import Reader
from diramoja.core.ports.cache import Cache
from diramoja_community.exchange import Exchange, Scoped
from diramoja_community.settings import GatewaySettings

__all__ = ["LIMITS", "Limits", "address_of"]

WINDOW_S = 3600
LIMITS = ("posts", "votes")
"""What `limit=` beside a route may be; `votes` counts votes and reactions."""

_TRUSTED = frozenset({"moderator", "admin"})


def address_of(connection: Scoped) -> str:
    """The client's network address; of IPv6 the /64, which is one subscriber's."""
    client = connection.scope["client"]
    return _network(client[0] if client else "")


@lru_cache(maxsize=4096)
def _network(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


class Limits:
    """The counters. Addresses and members are kept only as keyed hashes, and for an hour."""

    def __init__(self, cache: Cache, settings: GatewaySettings, key: bytes) -> None:
        self._cache = cache
        self._key = key
        self._address = settings.address_calls_per_hour
        self._calls = settings.calls_per_hour
        self._own = {"posts": settings.posts_per_hour, "votes": settings.votes_per_hour}
        self._factor = settings.trusted_factor

    async def address(self, connection: Scoped, exchange: Exchange) -> None:
        """Count a call of an address.

        Raises:
            LimitedError: it had its share of this hour.
        """
        if self._address:
            await self._count("address", address_of(connection), self._address, exchange)

    async def member(self, reader: Reader, exchange: Exchange, limit: str | None) -> None:
        """Count a call of a member, and what the route names.

        Raises:
            LimitedError: they had their share of this hour.
        """
        if not reader.member:
            return
        factor = self._factor if reader.roles & _TRUSTED else 1
        if self._calls:
            await self._count("calls", reader.member, self._calls * factor, exchange)
        if limit and (most := self._own[limit]):
            await self._count(limit, reader.member, most * factor, exchange)

    async def _count(self, what: str, who: str, most: int, exchange: Exchange) -> None:
        now = time.time()
        window = int(now // WINDOW_S)
        rest_s = int((window + 1) * WINDOW_S - now) + 1
        place = hashlib.blake2b(f"{what}:{who}".encode(), key=self._key, digest_size=12).hexdigest()
        used = await self._cache.count(f"limit:{place}:{window}", float(WINDOW_S))
        exchange.headers["ratelimit-limit"] = str(most)
        exchange.headers["ratelimit-remaining"] = str(max(0, most - used))
        exchange.headers["ratelimit-reset"] = str(rest_s)
        if used > most:
            raise LimitedError(
                f"At most {most} {'calls' if what == 'address' else what} an hour are allowed.",
                code="rate_limited",
                retry_after_s=rest_s,
            )
