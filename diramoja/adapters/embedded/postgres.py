"""PostgreSQL: made once with initdb, then run with a configuration that is written anew at every start."""

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import quote

import anyio.to_thread

from diramoja.adapters.embedded.account import Account, postgres_account
from diramoja.adapters.embedded.binaries import postgres_binary, server_version
from diramoja.adapters.embedded.errors import FolderUnusableError, FolderVersionError
from diramoja.adapters.embedded.events import ServerName
from diramoja.adapters.embedded.folder import Folder, write_private
from diramoja.adapters.embedded.process import run, start_error
from diramoja.adapters.embedded.reaper import kill_orphans
from diramoja.adapters.embedded.server import Server
from diramoja.adapters.embedded.settings import EmbeddedSettings

__all__ = ["PostgresServer"]

DATABASE = "diramoja"
OWNER = "diramoja"
SUPERUSER = "postgres"
SOCKET_PORT = 5432
"""PostgreSQL's Unix sockets are named by a port too."""
SOCKET_PATH_BYTES = 100
"""Longest path of a socket that every system takes: sun_path has 104 bytes on macOS, 108 on Linux."""

_READY_LINE = 7
"""Where postmaster.pid says "ready"; pg_ctl looks there too. Source: PostgreSQL, src/include/utils/pidfile.h."""

_HBA = """\
local all all scram-sha-256
host  all all 127.0.0.1/32 scram-sha-256
"""


class PostgresServer(Server):
    """See `Server`. The database `diramoja` belongs to the role `diramoja`, which is no superuser."""

    name: ClassVar[ServerName] = "postgres"

    def __init__(self, folder: Folder, settings: EmbeddedSettings) -> None:
        super().__init__(folder, settings)
        self.data = folder.path / "postgres"
        self._account: Account | None = None

    @property
    def account(self) -> Account:
        """See `Server`; found once, since it looks at many paths."""
        if self._account is None:
            programs = (postgres_binary("postgres"), postgres_binary("initdb"))
            self._account = postgres_account(self.data, self.settings.run_as, programs)
        return self._account

    @property
    def uses_port(self) -> bool:
        """See `Server`: where a socket is possible and no port is set, none."""
        path = os.fsencode(self.folder.socket / f".s.PGSQL.{SOCKET_PORT}")
        return bool(self.settings.postgres_port) or len(path) > SOCKET_PATH_BYTES

    async def prepare(self) -> None:
        """See `Server`."""
        if not self.data.exists():
            await self._make_data()
        found = (self.data / "PG_VERSION").read_text().strip()
        major = server_version("postgres")[0]
        if found != str(major):
            raise FolderVersionError(
                f"{self.data} belongs to PostgreSQL {found}, installed is {major}: nothing is upgraded silently.",
                cure="Install the package with that version, or move the data with a dump to a new folder.",
            )
        if not self.folder.has_secret(OWNER):
            raise FolderUnusableError(
                f"{self.folder.path}/secrets.json lacks the password of PostgreSQL.",
                cure="Restore it from a copy of the folder.",
            )
        self._adopt()
        self._write_configuration()
        self._remove_stale_pid_file()
        await anyio.to_thread.run_sync(kill_orphans, self.folder.path)

    async def _make_data(self) -> None:
        """Make the data beside its place and move it there when it is whole: a crash leaves nothing half made."""
        new = self.data.with_name("postgres.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self.account.own(new)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        rights = [f"--username={SUPERUSER}", "--auth=scram-sha-256", "--auth-local=trust"]
        await self._run("initdb", ["-D", str(new), *rights, *locale])
        settings = ["-c", "exit_on_error=on", "-c", "log_checkpoints=off"]
        await self._run("postgres", ["--single", "-D", str(new), *settings, "postgres"], stdin=self._first_statements())
        new.rename(self.data)

    def _first_statements(self) -> str:
        """Roles and the database; in this mode a line is a statement, and one that fails ends the program."""
        return "".join(
            f"{statement}\n"
            for statement in (
                f"ALTER ROLE {SUPERUSER} PASSWORD '{self.folder.secret(SUPERUSER)}'",
                f"CREATE ROLE {OWNER} LOGIN PASSWORD '{self.folder.secret(OWNER)}'",
                f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
            )
        )

    async def _run(self, program: str, arguments: Sequence[str], stdin: str = "") -> None:
        argv = [str(postgres_binary(program)), *arguments]
        try:
            code, output = await run(argv, self.account, stdin=stdin, timeout_s=self.settings.start_timeout_s)
        except TimeoutError as error:
            raise start_error(self.name, self.folder.path, str(error), "") from error
        if code:
            reason = f"{program} ended with {code} while making its data"
            raise start_error(self.name, self.folder.path, reason, output.strip()[-2000:])

    def _adopt(self) -> None:
        """Data of root's, such as a copy made by root, goes to the user that PostgreSQL runs as."""
        self.folder.socket.mkdir(exist_ok=True, mode=0o700)
        for path in (self.data, self.folder.socket):
            if self.account.uid is not None and path.stat().st_uid != self.account.uid:
                self.account.own(path)

    def _remove_stale_pid_file(self) -> None:
        """Remove a pid file whose number another program has now: PostgreSQL would refuse to start.

        This process holds the folder's lock, and servers on the folder were stopped: it is none of ours.
        """
        path = self.data / "postmaster.pid"
        try:
            pid = int(path.read_text().splitlines()[0])
            os.kill(pid, 0)
        except PermissionError:
            path.unlink()
        except (OSError, ValueError, IndexError):
            return  # There is none, or PostgreSQL itself sees that it is stale.
        else:
            path.unlink()
        for lock in self.folder.socket.glob(".s.PGSQL.*"):
            lock.unlink()

    # --- configuration ---

    def _write_configuration(self) -> None:
        for name, text in (("diramoja.conf", self._configuration()), ("diramoja_hba.conf", _HBA)):
            write_private(self.data / name, text.encode())
            self.account.own(self.data / name)

    def _configuration(self) -> str:
        safe = "on" if self.settings.sync == "always" else "off"
        values = {
            "listen_addresses": "127.0.0.1" if self.uses_port else "",
            "port": str(self.port or SOCKET_PORT),
            "unix_socket_directories": "" if self.uses_port else str(self.folder.socket),
            "unix_socket_permissions": "0700",
            "hba_file": str(self.data / "diramoja_hba.conf"),
            "max_connections": str(self.settings.postgres_max_connections),
            "shared_buffers": f"{self.settings.postgres_shared_buffers_mib}MB",
            "work_mem": "8MB",
            "maintenance_work_mem": "64MB",
            "fsync": safe,
            "synchronous_commit": safe,
            "full_page_writes": safe,
            "wal_buffers": "16MB",
            "min_wal_size": "128MB",
            "max_wal_size": "1GB",
            "checkpoint_timeout": "15min",
            "random_page_cost": "1.1",
            "jit": "off",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
            "log_destination": "stderr",
            "logging_collector": "off",
            "log_min_messages": "warning",
            "log_checkpoints": "off",
            "log_line_prefix": "%m [%p] %q%u@%d ",
            # Statements, parameters and details of errors hold personal data.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            "log_parameter_max_length_on_error": "0",
            "cluster_name": "diramoja",
        }
        return "".join(f"{name} = '{_quoted(value)}'\n" for name, value in values.items())

    # --- running ---

    @property
    def argv(self) -> Sequence[str]:
        """See `Server`."""
        return [
            str(postgres_binary("postgres")),
            "-D",
            str(self.data),
            "-c",
            f"config_file={self.data / 'diramoja.conf'}",
        ]

    async def is_ready(self, pid: int) -> bool:
        """See `Server`: as pg_ctl does, by the pid file."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > _READY_LINE and lines[0] == str(pid) and lines[_READY_LINE].strip() == "ready"

    def urls(self) -> Mapping[str, str]:
        """See `Server`: "postgres" for the owner of the database, "postgres_admin" for the superuser."""
        return {
            "postgres": self._url(OWNER),
            "postgres_admin": self._url(SUPERUSER),
        }

    def _url(self, role: str) -> str:
        login = f"postgresql://{role}:{self.folder.secret(role)}@"
        if self.uses_port:
            return f"{login}127.0.0.1:{self.port}/{DATABASE}"
        return f"{login}/{DATABASE}?host={quote(str(self.folder.socket), safe='/')}&port={SOCKET_PORT}"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
