"""Settings of the PostgreSQL adapter."""

from typing import Annotated

from msgspec import Meta

from diramoja.core.settings import Settings

__all__ = ["PostgresSettings"]


class PostgresSettings(Settings, frozen=True, kw_only=True):
    """Where PostgreSQL (16 or newer) is and how it is used.

    Attributes:
        url: `postgresql://user@host:port/database`; `?host=/folder` means a socket, `?sslmode=verify-full` TLS. It may
            hold a password, better given by `password_file`.
        password_file: path of a file with the password; "" for none.
        application: shown in pg_stat_activity, with the connection's purpose after it.
        deadline_s: how long one statement may wait for its answer.
        connect_timeout_s: how long a connection may take to open.
        pool_size: connections at most for gathers, and as many for queries of plugins. Two more are kept for commits
            and for ownership.
        query_timeout_s: statement_timeout for queries of plugins; reports included.
        statement_cache: prepared statements kept per connection; 0 behind a PgBouncer older than 1.21.
    """

    url: str = "postgresql://postgres@127.0.0.1:5432/postgres"
    password_file: str = ""
    application: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$(?!\n)")] = "diramoja"
    deadline_s: Annotated[float, Meta(ge=0.1, le=120)] = 5.0
    connect_timeout_s: Annotated[float, Meta(ge=0.1, le=120)] = 5.0
    pool_size: Annotated[int, Meta(ge=1, le=200)] = 8
    query_timeout_s: Annotated[float, Meta(ge=0.1, le=3600)] = 30.0
    statement_cache: Annotated[int, Meta(ge=0, le=10_000)] = 200
