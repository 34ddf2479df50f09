"""Settings of the NATS adapter."""

from typing import Annotated, Literal

from msgspec import Meta

from diramoja.core.settings import Settings

__all__ = ["NatsSettings"]


class NatsSettings(Settings, frozen=True, kw_only=True):
    """Where the NATS servers are and how they are used.

    Attributes:
        url: servers, comma-separated (`nats://` or `tls://`); may hold `user:password@`, better given by the fields.
        user: name of the NATS user; "" where the server asks for none.
        password_file: path of a file with that user's password; "" for none.
        ca_file: path of the certificates to trust with `tls://`; "" for the system's.
        prefix: put before the names of streams and all subjects, so that deployments can share a server.
        replicas: copies of each stream: 1 on a single server, 3 in a cluster.
        deadline_s: how long one call may wait for its answer.
        connect_timeout_s: how long the start may wait for the first connection; later ones are tried for ever.
        events_max_age_h: how long EVENTS keeps an event; older ones come from the database.
        prefetch_messages: commands fetched ahead for one partition.
        prefetch_bytes: their size; at least the 64 KiB of one command and its envelope.
    """

    url: str = "nats://127.0.0.1:4222"
    user: str = ""
    password_file: str = ""
    ca_file: str = ""
    prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,32}$(?!\n)")] = ""
    replicas: Literal[1, 3, 5] = 1
    deadline_s: Annotated[float, Meta(ge=0.1, le=60)] = 5.0
    connect_timeout_s: Annotated[float, Meta(ge=0.1, le=300)] = 10.0
    events_max_age_h: Annotated[int, Meta(ge=1, le=24 * 30)] = 24
    prefetch_messages: Annotated[int, Meta(ge=2, le=10_000)] = 256
    prefetch_bytes: Annotated[int, Meta(ge=256 * 1024, le=64 * 1024 * 1024)] = 512 * 1024
