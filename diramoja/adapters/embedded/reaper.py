"""The watcher: stops the servers of a data folder when the process that started them has died, however it died.

It is started by path, in a session of its own, with a pipe from its parent as standard input, and waits for the end of
that pipe. Then it takes the folder's lock, which is free only if the parent is gone and no successor is there yet, and
stops every server that runs on the folder. It finds them by their command lines, which name the folder: so a server
that the parent had no time to report is found too, and a process id that belongs to another program now is left alone.

It runs without the package on its path, so it may import the standard library only.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["kill_orphans", "server_processes", "stop_servers"]

PROGRAMS = frozenset({"postgres", "initdb", "nats-server", "valkey-server", "setpriv"})
POLL_S = 0.02


def _from_proc() -> list[tuple[int, list[str]]]:
    """Process ids with their arguments, where the system shows them as files (Linux)."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                raw = Path(entry.path, "cmdline").read_bytes()
            except OSError:
                continue  # It has ended meanwhile.
            found.append((int(entry.name), raw.decode(errors="surrogateescape").rstrip("\0").split("\0")))
    return found


def _from_ps() -> list[tuple[int, list[str]]]:
    """Process ids with their whole command line as one argument (macOS and others)."""
    listing = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=False)  # noqa: S607  # its place differs between systems
    pairs = (line.split(maxsplit=1) for line in listing.stdout.splitlines())
    return [(int(pair[0]), [pair[1]]) for pair in pairs if len(pair) == 2]  # noqa: PLR2004  # pid and command


def _names_folder(arguments: list[str], markers: list[str]) -> bool:
    if len(arguments) > 1:
        return Path(arguments[0]).name in PROGRAMS and any(marker in arguments for marker in markers)
    line = f"{arguments[0]} "
    return any(f" {marker} " in line for marker in markers) and any(f"/{program} " in line for program in PROGRAMS)


def server_processes(data: Path) -> dict[int, str]:
    """Process id → program of every server that runs on the folder, of whatever parent; without PostgreSQL's children.

    Args:
        data: the folder, resolved.
    """
    markers = [
        str(data / "postgres"),
        str(data / "postgres.new"),
        str(data / "run" / "nats.conf"),
        str(data / "run" / "valkey.conf"),
    ]
    own = os.getpid()
    command_lines = _from_proc() if Path("/proc/self/cmdline").exists() else _from_ps()
    return {
        pid: Path(arguments[0].split(" ")[0]).name
        for pid, arguments in command_lines
        if pid != own and _names_folder(arguments, markers)
    }


def kill_orphans(data: Path) -> None:
    """Kill PostgreSQL's children that outlived their postmaster; they hold its shared memory.

    Only where /proc is: elsewhere they end by themselves, and PostgreSQL refuses to start before.
    """
    for entry in os.scandir("/proc") if Path("/proc/self/cwd").exists() else ():
        if entry.name.isdigit():
            try:
                is_ours = Path(entry.path, "cwd").readlink() == data / "postgres"
                if is_ours and Path(entry.path, "comm").read_text() == "postgres\n":
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue  # It has ended meanwhile, or belongs to somebody else.


def _signal(pids: dict[int, str], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def stop_servers(data: Path, timeout_s: float) -> list[str]:
    """Stop every server on the folder: fast and in order, and after `timeout_s` by force.

    Returns:
        What was stopped, as "program (pid)".

    Raises:
        PermissionError: one of them belongs to another user.
    """
    found = server_processes(data)
    # An interrupt is a fast, orderly stop for all three.
    _signal(found, signal.SIGINT)
    end = time.monotonic() + timeout_s
    left = found
    while left and time.monotonic() < end:
        time.sleep(POLL_S)
        left = server_processes(data)
    while left:
        _signal(left, signal.SIGKILL)
        time.sleep(POLL_S)
        left = server_processes(data)
    kill_orphans(data)
    return [f"{program} ({pid})" for pid, program in found.items()]


def _parent_died() -> bool:
    """Wait for the parent's end: False where it said before that all is done."""
    return not os.read(0, 1)


def _take_lock(lock: int, parent: int) -> bool:
    """Wait until the dead parent's lock is free; False where a successor was quicker: it cleans up itself.

    The system closes the files of a process that was killed one after the other, the pipe perhaps before the lock.
    """
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(lock, 1000, 0)
            if holder and json.loads(holder)["pid"] != parent:
                return False
            time.sleep(POLL_S)
        else:
            return True


def main(data: Path, timeout_s: float, parent: int) -> None:
    """Wait for the parent's death, then clean up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if not _parent_died():
        return
    try:
        lock = os.open(data / "lock", os.O_RDWR)
    except FileNotFoundError:
        stop_servers(data, timeout_s)
        return
    if not _take_lock(lock, parent):
        return
    os.ftruncate(lock, 0)
    os.pwrite(lock, json.dumps({"pid": os.getpid(), "role": "stopping"}).encode(), 0)
    stop_servers(data, timeout_s)
    (data / "endpoint.json").unlink(missing_ok=True)
    os.ftruncate(lock, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
