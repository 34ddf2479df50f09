"""Settings of the gateway: section [gateway] of the deployment file."""

from typing import Annotated

import msgspec
from msgspec import Meta

from diramoja.core.settings import Settings

__all__ = ["GatewaySettings"]


class GatewaySettings(Settings, frozen=True, kw_only=True):
    """What the gateway takes and allows. A limit of 0 is none."""

    cors_origins: Annotated[
        list[str], Meta(description="Origins whose web pages may call the API, such as https://app.example.")
    ] = msgspec.field(default_factory=list)
    token_key_file: Annotated[
        str, Meta(description="File with the key of access tokens; empty: made in the data folder.")
    ] = ""
    digest_key_file: Annotated[
        str, Meta(description="File with the key of request digests; empty: made in the data folder.")
    ] = ""
    body_max_bytes: Annotated[int, Meta(ge=1024, le=100_000_000, description="Largest body of a request.")] = 131_072
    log_requests: Annotated[
        bool, Meta(description="Log every request; else only those that fail here or take longer than a second.")
    ] = False
    posts_per_hour: Annotated[int, Meta(ge=0, description="Posts of one member in an hour.")] = 100
    votes_per_hour: Annotated[int, Meta(ge=0, description="Votes and reactions of one member in an hour.")] = 500
    calls_per_hour: Annotated[int, Meta(ge=0, description="Calls of one member in an hour.")] = 1000
    address_calls_per_hour: Annotated[
        int, Meta(ge=0, description="Calls from one network address in an hour (IPv6: from one /64).")
    ] = 10_000
    trusted_factor: Annotated[
        int, Meta(ge=1, le=100, description="By what moderators and administrators have more than members.")
    ] = 5
    sockets_max: Annotated[int, Meta(ge=0, le=1_000_000, description="Live connections and polls at a time.")] = 20_000
    sockets_per_member: Annotated[int, Meta(ge=1, le=10_000, description="Of those, one member's.")] = 20
    channels_per_socket: Annotated[int, Meta(ge=1, le=10_000, description="Channels of one live connection.")] = 100
    presence_min: Annotated[
        int, Meta(ge=1, le=1000, description="With fewer people on a channel it is not told how many they are.")
    ] = 5
