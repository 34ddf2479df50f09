"""Settings of the Valkey adapter."""

from typing import Annotated

from msgspec import Meta

from diramoja.core.settings import Settings

__all__ = ["ValkeySettings"]


class ValkeySettings(Settings, frozen=True, kw_only=True):
    """Where the server is and how it is used.

    Attributes:
        url: `redis://`, `rediss://` (TLS) or `unix://`; may hold user and password, better given by the fields.
        user: name of the user; "" for the default one.
        password_file: path of a file with the password; "" for none.
        prefix: put before every key, so that deployments can share a server.
        connections: at most so many at a time.
        deadline_s: how long one call may take; then the cache counts as away for that call.
        failures: so many calls in a row that failed, and the server is left alone for a while.
        pause_s: that while; then one call tries it again.
    """

    url: str = "redis://127.0.0.1:6379/0"
    user: str = ""
    password_file: str = ""
    prefix: Annotated[str, Meta(max_length=64)] = "diramoja:"
    connections: Annotated[int, Meta(ge=1, le=1_000)] = 16
    deadline_s: Annotated[float, Meta(ge=0.01, le=10)] = 0.25
    failures: Annotated[int, Meta(ge=1, le=100)] = 3
    pause_s: Annotated[float, Meta(ge=0.1, le=600)] = 2.0
