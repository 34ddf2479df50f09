"""The user that PostgreSQL runs as: the caller, and where the caller is root, one without rights."""

import os
import pwd
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

import attrs

from diramoja.adapters.embedded.errors import FolderUnusableError

__all__ = ["Account", "postgres_account"]

_CANDIDATES = ("diramoja", "postgres", "nobody")
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2
"""Numbers of the capabilities in /proc/self/status; see capabilities(7)."""


@attrs.frozen
class Account:
    """Whom a process runs as.

    Attributes:
        uid: user; None for the caller.
        gid: its group.
        prefix: command that goes before the server's and brings about the change of user; then `Popen` must not.
    """

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    def own(self, path: Path) -> None:
        """Give a file, or a folder with all in it, to this user."""
        if self.uid is None or self.gid is None:
            return
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        if path.is_dir() and not path.is_symlink():
            for below in path.iterdir():
                self.own(below)


def postgres_account(data: Path, run_as: str, programs: Iterable[Path]) -> Account:
    """Whom PostgreSQL runs as on this data.

    Args:
        data: the folder of its data, which need not exist; its owner stays.
        run_as: name of the user with root's rights, "" to choose.
        programs: what the user must be able to execute.

    Raises:
        FolderUnusableError: the data belongs to somebody else, there is no such user, or it cannot get at the paths.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise FolderUnusableError(
                f"{data} belongs to the user {_name(owner)}.", cure="Start as that user or as root."
            )
        return Account()
    entry = pwd.getpwuid(owner) if owner else _choose(run_as)
    hidden = next((path for path in (data.parent, *programs) if not _can_reach(path, entry)), None)
    if hidden is None:
        return Account(entry.pw_uid, entry.pw_gid)
    return Account(entry.pw_uid, entry.pw_gid, _reaching(entry, hidden, programs))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _choose(run_as: str) -> pwd.struct_passwd:
    for name in (run_as,) if run_as else _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid:
            return entry
    raise FolderUnusableError(
        f"PostgreSQL refuses to run as root, and there is no user {run_as or ' or '.join(_CANDIDATES)}.",
        cure="Make such a user, name one in the setting run_as, or start as an ordinary user.",
    )


def _may_execute(path: Path, entry: pwd.struct_passwd) -> bool:
    found = path.stat()
    if found.st_uid == entry.pw_uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == entry.pw_gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _can_reach(path: Path, entry: pwd.struct_passwd) -> bool:
    resolved = path.resolve()
    return all(_may_execute(each, entry) for each in (resolved, *resolved.parents))


def _reaching(entry: pwd.struct_passwd, hidden: Path, programs: Iterable[Path]) -> tuple[str, ...]:
    """A command that changes the user and lets it through folders that are closed to it, with one capability.

    The folders' permissions are left as they are: opening /root to everybody would be a bad trade.
    """
    setpriv = shutil.which("setpriv")
    capability = _capability(all(_may_execute(program, entry) for program in programs))
    if setpriv is None or not capability:
        raise FolderUnusableError(
            f"PostgreSQL refuses to run as root, and the user {entry.pw_name} cannot reach {hidden}.",
            cure="Put the data and the installation where others may pass (chmod o+x), or start as an ordinary user.",
        )
    change = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    grant = [f"--inh-caps=-all,+{capability}", f"--ambient-caps=-all,+{capability}"]
    return (setpriv, *change, *grant, "--")


def _capability(programs_are_open: bool) -> str:  # noqa: FBT001  # one private caller
    """The weakest capability that this process has and that is enough; "" for none."""
    try:
        status = Path("/proc/self/status").read_text()
    except FileNotFoundError:
        return ""
    effective = int(status.split("CapEff:")[1].split()[0], 16)
    if programs_are_open and effective & 1 << _DAC_READ_SEARCH:
        return "dac_read_search"
    return "dac_override" if effective & 1 << _DAC_OVERRIDE else ""
