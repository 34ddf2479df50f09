"""A server as a child process, with a log of its own."""

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from diramoja.adapters.embedded.account import Account
from diramoja.adapters.embedded.errors import DiskFullError, FolderUnusableError, ServerStartError

__all__ = ["Child", "os_errors", "run", "start_error"]

POLL_S = 0.05
TAIL_BYTES = 4000
TAIL_LINES = 15
KEPT_LOGS = 2
_SCANT_BYTES = 2 * 2**20
_SPACE_WORDS = ("no space left on device", "disk quota exceeded", "not enough space")


def _environment() -> dict[str, str]:
    """The caller's without what would steer a server: PG*, and the language of messages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def _as_account(argv: Sequence[str], account: Account) -> tuple[list[str], dict[str, Any]]:
    """Arguments and keywords of `Popen` for a command of this user."""
    keywords: dict[str, Any] = {"env": _environment(), "cwd": "/"}
    if account.uid is not None and not account.prefix:
        keywords |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return [*account.prefix, *argv], keywords


def _rotate(log: Path, size_bytes: int) -> None:
    if log.exists() and log.stat().st_size > size_bytes:
        for number in range(KEPT_LOGS - 1, 0, -1):
            older = log.with_name(f"{log.name}.{number}")
            if older.exists():
                older.replace(log.with_name(f"{log.name}.{number + 1}"))
        log.replace(log.with_name(f"{log.name}.1"))


class Child:
    """One running server. It outlives a signal to our process group: it is stopped in order, or by the watcher."""

    def __init__(self, argv: Sequence[str], account: Account, log: Path, *, log_bytes: int) -> None:
        """Start it.

        Args:
            argv: command with absolute paths.
            account: whom it runs as.
            log: file that takes what it prints; put aside first where it is too large.
            log_bytes: the size from which on that is done.
        """
        _rotate(log, log_bytes)
        self._log = log
        self._start = log.stat().st_size if log.exists() else 0
        command, keywords = _as_account(argv, account)
        with log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, **keywords
            )
        self.started = time.monotonic()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return self._process.poll()

    async def wait(self) -> int:
        """Wait for its end; works on every event loop and thread."""
        while (code := self._process.poll()) is None:  # noqa: ASYNC110  # nothing signals the end on every loop
            await anyio.sleep(POLL_S)
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; one that has ended is left alone."""
        self._process.send_signal(number)

    async def stop(self, timeout_s: float) -> None:
        """Stop it fast and in order; after `timeout_s` by force."""
        # Fast shutdown of PostgreSQL, orderly end with a last save of the others.
        self.signal(signal.SIGINT)
        with anyio.move_on_after(timeout_s):
            await self.wait()
        if self.exit_code is None:
            self.signal(signal.SIGKILL)
            await self.wait()

    def log_tail(self) -> str:
        """The last lines that it wrote to its log, since it was started."""
        try:
            with self._log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(self._start, size - TAIL_BYTES))
                text = file.read().decode(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.strip().splitlines()[-TAIL_LINES:])


async def run(argv: Sequence[str], account: Account, *, stdin: str = "", timeout_s: float) -> tuple[int, str]:
    """Run a short program to its end.

    Returns:
        Its exit code and what it printed.

    Raises:
        TimeoutError: it took longer than `timeout_s` and was killed.
    """
    command, keywords = _as_account(argv, account)

    def call() -> tuple[int, str]:
        done = subprocess.run(  # noqa: S603  # our own command
            command,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            start_new_session=True,
            **keywords,
        )
        return done.returncode, done.stdout

    try:
        return await anyio.to_thread.run_sync(call)
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{Path(argv[0]).name} took longer than {timeout_s:g} s") from error


def start_error(server: str, folder: Path, reason: str, tail: str) -> ServerStartError:
    """The error of a failed start: a full disk is named as such."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < _SCANT_BYTES or any(words in f"{reason} {tail}".lower() for words in _SPACE_WORDS):
        return DiskFullError(server, folder, free_bytes, tail)
    return ServerStartError(server, reason, tail)


@contextlib.contextmanager
def os_errors(folder: Path, server: str = "The embedded servers") -> Iterator[None]:
    """A full disk or missing rights, met by ourselves, as the errors that a server's start has for them."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise start_error(server, folder, f"no space left on device: {error.filename or folder}", "") from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise FolderUnusableError(
                f"The data folder {folder} cannot be used by this user: {error}.",
                cure="Use another --data folder, or the user that it belongs to.",
            ) from error
        raise
