"""The data folder: its layout, its lock, its secrets, and the endpoint of the instance that runs on it.

VERSION         what wrote the folder           lock            held while an instance runs
secrets.json    passwords, 0600                 endpoint.json   URLs of the running instance, 0600
ports.json      ports of the last time          logs/           one log a server, and the watcher's
run/            configuration, written anew     socket/         PostgreSQL's Unix socket
postgres/ nats/ valkey/                         the data
"""

import fcntl
import os
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import anyio
import msgspec

from diramoja.adapters.embedded.errors import FolderBusyError, FolderUnusableError

__all__ = ["Endpoint", "Folder", "read_endpoint", "write_private"]

POLL_S = 0.03
DYING_S = 0.5
"""How long a process that was killed may seem to be there: the system takes its time to close its files."""
_PASSWORD_BYTES = 24


class _Holder(msgspec.Struct):
    """Who holds the lock, as the lock file says."""

    pid: int = 0
    role: str = ""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The instance that runs on a folder.

    Attributes:
        pid: its process id.
        started_at: when its servers were ready.
        urls: of its servers, with passwords.
        notes: what the host added, such as the URL of the application.
    """

    pid: int
    started_at: datetime
    urls: dict[str, str]
    notes: dict[str, str] = {}


def write_private(path: Path, data: bytes) -> None:
    """Put a file with mode 0600 in place, whole and durable or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read_holder(descriptor: int) -> _Holder:
    try:
        return msgspec.json.decode(os.pread(descriptor, 1000, 0), type=_Holder)
    except msgspec.DecodeError:
        return _Holder()


class Folder:
    """A data folder that this process may use alone; `lock` gives one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.run = path / "run"
        self.socket = path / "socket"
        self._lock = -1

    @classmethod
    async def lock(cls, path: Path, *, wait_s: float) -> "Folder":
        """Make the folder where it is missing and take its lock, which vanishes with this process.

        Args:
            path: the folder; relative paths and links are resolved.
            wait_s: how long the watcher of an instance that crashed may take to stop its servers.

        Raises:
            FolderBusyError: another instance runs on it.
            FolderUnusableError: this user may not use it.
        """
        folder = cls(path.expanduser().resolve())
        try:
            folder._make()
            folder._lock = os.open(folder.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except (FileExistsError, NotADirectoryError) as error:
            raise FolderUnusableError(f"The data folder {folder.path} is not a folder.") from error
        try:
            await folder._take_lock(wait_s)
        except BaseException:
            os.close(folder._lock)
            raise
        return folder

    def _make(self) -> None:
        # As root PostgreSQL runs as another user, who must get through to its own part; files here are private.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        self.path.mkdir(parents=True, exist_ok=True, mode=mode)
        if os.geteuid() == 0:
            self.path.chmod(self.path.stat().st_mode | 0o111)
        self.logs.mkdir(exist_ok=True, mode=0o700)
        self.run.mkdir(exist_ok=True, mode=0o700)

    async def _take_lock(self, wait_s: float) -> None:
        start = time.monotonic()
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                holder = _read_holder(self._lock)
                runs = holder.role == "running" and _is_alive(holder.pid)
                if time.monotonic() - start > (DYING_S if runs else wait_s):
                    raise FolderBusyError(self.path, holder.pid) from error
            await anyio.sleep(POLL_S)
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, msgspec.json.encode(_Holder(os.getpid(), "running")), 0)

    def release(self) -> None:
        """Give the folder back."""
        (self.path / "endpoint.json").unlink(missing_ok=True)
        os.ftruncate(self._lock, 0)
        os.close(self._lock)

    # --- what is remembered ---

    def secret(self, name: str) -> str:
        """The password of this name, made at random on first use; safe in a URL and in every configuration file."""
        path = self.path / "secrets.json"
        known = self._read(path)
        if name not in known:
            known[name] = secrets.token_urlsafe(_PASSWORD_BYTES).replace("-", "x")
            write_private(path, msgspec.json.format(msgspec.json.encode(known)))
        return known[name]

    def has_secret(self, name: str) -> bool:
        """Whether a password of this name was made before."""
        return name in self._read(self.path / "secrets.json")

    def kept_port(self, server: str) -> int:
        """The port of the last time; 0 where there was none."""
        port = self._read(self.path / "ports.json").get(server, "0")
        return int(port) if port.isdigit() else 0

    def keep_port(self, server: str, port: int) -> None:
        """Remember a port for the next time."""
        path = self.path / "ports.json"
        write_private(path, msgspec.json.encode({**self._read(path), server: str(port)}))

    def _read(self, path: Path) -> dict[str, str]:
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        except FileNotFoundError:
            return {}
        except msgspec.MsgspecError as error:
            raise FolderUnusableError(
                f"{path} cannot be read: {error}.", cure="Restore it from a copy of the folder."
            ) from error

    def write_endpoint(self, urls: Mapping[str, str], notes: Mapping[str, str], started_at: datetime | None) -> None:
        """Say where the instance is; see `read_endpoint`."""
        endpoint = Endpoint(
            pid=os.getpid(), started_at=started_at or datetime.now(UTC), urls=dict(urls), notes=dict(notes)
        )
        write_private(self.path / "endpoint.json", msgspec.json.format(msgspec.json.encode(endpoint)))


def read_endpoint(data: Path) -> Endpoint | None:
    """The instance that runs on the folder; None where none runs, or none is ready.

    Raises:
        PermissionError: this user may not read it.
    """
    path = data.expanduser().resolve()
    try:
        lock = os.open(path / "lock", os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        try:
            return msgspec.json.decode((path / "endpoint.json").read_bytes(), type=Endpoint)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
    finally:
        os.close(lock)
    return None
