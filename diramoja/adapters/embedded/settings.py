"""Settings of the embedded servers."""

from typing import Annotated, Literal

from msgspec import Meta

from diramoja.core.settings import Settings

__all__ = ["EmbeddedSettings"]

type Port = Annotated[int, Meta(ge=0, le=65535)]


class EmbeddedSettings(Settings, frozen=True, kw_only=True):
    """How the servers in the data folder are run.

    Attributes:
        postgres_port: TCP port on 127.0.0.1; 0 for a Unix socket in the data folder, or for a free port where the
            folder's path is too long for a socket.
        nats_port: TCP port on 127.0.0.1; 0 for a free one, which is kept as long as it stays free.
        valkey_port: as `nats_port`.
        sync: "always" makes every acknowledged write durable; "relaxed" loses the last of them at a power failure
            and is for throw-away folders of tests.
        start_timeout_s: how long one server may take to become ready; recovery after a crash counts.
        stop_timeout_s: how long all servers together may take to stop before they are killed.
        restart_first_delay_s: pause before the first restart of a server that died; doubled for each further one.
        restart_max_delay_s: the longest pause.
        restart_limit: a server that died so often in a row and once more stays down.
        restart_stable_s: a server that was up for so long begins to count anew.
        postgres_shared_buffers_mib: PostgreSQL's own cache, in MiB.
        postgres_max_connections: connections that PostgreSQL takes.
        nats_prefix: the `prefix` of the NATS adapter, for the permissions of its users.
        valkey_memory_mib: what Valkey keeps at most, in MiB; the least recently used goes first.
        log_size_mib: a log that is larger at the start of its server is put aside as `.1`; two are kept.
        run_as: with root's rights only: the user that PostgreSQL runs as, since it refuses root; "" for the first
            of `diramoja`, `postgres` and `nobody` that exists. A folder keeps the user that it began with.
    """

    postgres_port: Port = 0
    nats_port: Port = 0
    valkey_port: Port = 0
    sync: Literal["always", "relaxed"] = "always"
    start_timeout_s: Annotated[float, Meta(ge=1, le=3600)] = 60.0
    stop_timeout_s: Annotated[float, Meta(ge=0.5, le=300)] = 10.0
    restart_first_delay_s: Annotated[float, Meta(ge=0.01, le=60)] = 0.1
    restart_max_delay_s: Annotated[float, Meta(ge=0.01, le=600)] = 10.0
    restart_limit: Annotated[int, Meta(ge=0, le=1000)] = 8
    restart_stable_s: Annotated[float, Meta(ge=0.1, le=3600)] = 30.0
    postgres_shared_buffers_mib: Annotated[int, Meta(ge=16, le=65536)] = 128
    postgres_max_connections: Annotated[int, Meta(ge=10, le=10_000)] = 100
    nats_prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,32}$(?!\n)")] = ""
    valkey_memory_mib: Annotated[int, Meta(ge=8, le=65536)] = 128
    log_size_mib: Annotated[int, Meta(ge=1, le=1024)] = 10
    run_as: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.$-]{0,64}$(?!\n)")] = ""
