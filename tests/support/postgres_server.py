"""A real PostgreSQL as a child process, in a folder of its own, on a free port; and databases in it, one a test."""

import atexit
import itertools
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

from diramoja.adapters.embedded.account import postgres_account
from diramoja.adapters.embedded.binaries import postgres_binary
from diramoja.adapters.postgres.client import connect, end
from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.settings import PostgresSettings
from tests.support.nats_server import free_port

__all__ = ["PostgresServer", "emptied_database", "fresh_database", "shared_postgres"]

_numbers = itertools.count(1)


class PostgresServer:
    """Starts with the object; `stop` it in the end.

    Args:
        durable: with fsync, as in production; without it tests are quicker.
        inside: where its folder shall be.
    """

    def __init__(self, *, durable: bool = False, inside: Path | None = None) -> None:
        self.port = free_port()
        self.migrated = False
        self.emptied: PostgresSettings | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="dmpg", dir=inside))
        self._folder.chmod(0o755)
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        programs = [postgres_binary(name) for name in ("initdb", "postgres")]
        self._account = postgres_account(self._folder / "data", "", programs)
        self._account.own(self._folder)
        rights = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        assert self._popen("initdb", "-D", self._data, *rights).wait() == 0, self.log
        self.start()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    @property
    def log(self) -> str:
        """The end of what it said."""
        return (self._folder / "postgres.log").read_text()[-2000:]

    def url(self, database: str = "postgres", role: str = "postgres") -> str:
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def _popen(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        account = self._account
        user, group = (None, None) if account.prefix else (account.uid, account.gid)
        command = [*account.prefix, str(postgres_binary(program)), *arguments]
        with (self._folder / "postgres.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                user=user,
                group=group,
                extra_groups=None if group is None else [],
                cwd=self._folder,
            )

    def start(self) -> None:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "on" if self._durable else "off",
            "max_connections": 200,
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._process = self._popen("postgres", "-D", self._data, *flags)
        end = time.monotonic() + 20
        while not self._is_ready():
            if time.monotonic() > end:
                raise TimeoutError(f"PostgreSQL did not start: {self.log}")
            time.sleep(0.01)

    def _is_ready(self) -> bool:
        """As its own pid file says, in the eighth line."""
        try:
            lines = Path(self._data, "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        assert self._process is not None
        return lines[0] == str(self._process.pid) and lines[7:8] == ["ready   "]

    def kill(self) -> None:
        """At once, as a crash, but with its children."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def shared_postgres() -> PostgresServer:
    """The server that tests share which do not stop it."""
    server = PostgresServer()
    atexit.register(server.stop)
    return server


async def fresh_database(server: PostgresServer) -> PostgresSettings:
    """A database of its own with all tables, as a copy of one that was migrated."""
    connection = await connect(PostgresSettings(url=server.url()), "test")
    try:
        if not server.migrated:
            await connection.execute("CREATE DATABASE migrated")
            await migrate(PostgresSettings(url=server.url("migrated")), [])
            server.migrated = True
        name = f"test_{next(_numbers)}"
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
    finally:
        await end(connection)
    return PostgresSettings(url=server.url(name))


async def emptied_database(server: PostgresServer) -> PostgresSettings:
    """The same one each time, without rows: quicker than a fresh one."""
    if server.emptied is None:
        server.emptied = await fresh_database(server)
    connection = await connect(server.emptied, "test")
    try:
        rows = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND relname NOT IN ('schema_migration', 'partition') AND NOT relispartition"
        )
        await connection.execute("; ".join(f"DELETE FROM {row[0]}" for row in rows))
        await connection.execute("DELETE FROM partition; INSERT INTO partition (n) SELECT generate_series(0, 63)")
    finally:
        await end(connection)
    return server.emptied
