"""What happens to the servers, as values."""

from typing import Literal

import msgspec

__all__ = ["EventName", "ServerEvent", "ServerName", "ServerStatus", "State"]

type ServerName = Literal["postgres", "nats", "valkey"]

type State = Literal["starting", "ready", "restarting", "failed", "stopped"]

type EventName = Literal[
    "starting",  # the process is being started
    "ready",  # it answers; duration_s since "starting"
    "died",  # it ended by itself; exit_code, failures in a row
    "restarting",  # it will be started again after delay_s
    "failed",  # it died too often in a row and stays down; detail holds the end of its log
    "stopped",  # it was stopped
    "leftovers_stopped",  # servers of a process that had crashed were stopped first; detail names them
    "port_changed",  # the port of the last time is taken; detail says which came instead
    "version_changed",  # a newer version runs on the folder's data; detail says which
    "watcher_restarted",  # the process that cleans up after a crash had died itself
]


class ServerEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened.

    Attributes:
        name: what happened.
        server: to which server; "" for all of them.
        pid: its process id, 0 where there is none.
        exit_code: how it ended; negative for a signal, as in `subprocess`.
        failures: deaths and failed starts in a row.
        delay_s: pause before the next start.
        duration_s: how long it took.
        detail: one sentence, or the end of the log.
    """

    name: EventName
    server: ServerName | Literal[""] = ""
    pid: int = 0
    exit_code: int | None = None
    failures: int = 0
    delay_s: float = 0.0
    duration_s: float = 0.0
    detail: str = ""


class ServerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one server is now.

    Attributes:
        state: what it does.
        pid: its process id, 0 while it does not run.
        port: its TCP port; 0 for PostgreSQL on a Unix socket.
        restarts: how often it was started again since the start of this process.
        last_error: why it is not ready; "" while it is.
    """

    state: State
    pid: int
    port: int
    restarts: int
    last_error: str
