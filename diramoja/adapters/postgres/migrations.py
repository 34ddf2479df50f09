"""Migrations: numbered SQL files, a folder a plugin, each applied once, in order, in a transaction of its own.

A file is `NNNN_name.sql`, counted from 0001 without gaps, and never changes once it was applied: the table
schema_migration keeps its checksum. Plugins that are not in the deployment any more keep their tables.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import attrs
from asyncpg.exceptions import PostgresError

from diramoja.adapters.postgres.client import Connection, connect
from diramoja.adapters.postgres.errors import DRIVER_ERRORS, ours, translated
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.errors import ConflictError, InvalidError, PluginError

__all__ = ["CORE", "Migration", "migrate", "read_folder"]

CORE = ("postgres", Path(__file__).parent / "schema")
"""The tables of the records and search ports; always first."""

LOCK_S = 60.0
"""How long a start waits for another one that migrates."""
STATEMENT_S = 3600.0
"""How long one file may take: an index over a large table takes its time."""

_LOCK = 0x6469_7261_6D6F_6A61  # "diramoja", the same in every process.
_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    plugin     text        NOT NULL,
    number     integer     NOT NULL,
    name       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (plugin, number)
)
"""


@attrs.frozen
class Migration:
    """One file; `checksum` is the SHA-256 of its bytes, hexadecimal."""

    plugin: str
    number: int
    name: str
    path: Path
    sql: str
    checksum: str

    @property
    def label(self) -> str:
        """For people: `plugin/0001_name`."""
        return f"{self.plugin}/{self.number:04}_{self.name}"


class _Applied(NamedTuple):
    name: str
    checksum: str


def read_folder(plugin: str, folder: Path) -> list[Migration]:
    """The files of one plugin, in order.

    Raises:
        PluginError: there is no such folder, a file is named otherwise, or the numbers have a gap.
    """
    if not folder.is_dir():
        raise PluginError(f"The plugin {plugin} names the migrations {folder}, which is no folder.")
    found = [_read(plugin, path) for path in sorted(folder.glob("*.sql"))]
    for place, each in enumerate(found, 1):
        if each.number != place:
            raise PluginError(
                f"{each.path} of the plugin {plugin} should have the number {place:04}.",
                code="migration_misnamed",
                cure="Number the files from 0001 without gaps.",
            )
    return found


def _read(plugin: str, path: Path) -> Migration:
    match = _FILE.fullmatch(path.name)
    if match is None:
        raise PluginError(
            f"{path} of the plugin {plugin} has no name of a migration.",
            code="migration_misnamed",
            cure="Name it NNNN_name.sql, in lower case.",
        )
    data = path.read_bytes()
    return Migration(plugin, int(match[1]), match[2], path, data.decode(), hashlib.sha256(data).hexdigest())


async def migrate(
    settings: PostgresSettings, folders: Sequence[tuple[str, Path]], *, dry_run: bool = False
) -> list[str]:
    """Apply what is missing and say what that was, as `plugin/0001_name`; a dry run only says what it would be.

    Starts at the same time are safe: the second waits up to a minute for the first.

    Args:
        settings: of the database.
        folders: (plugin, folder) in the order of dependency; the adapter's own come before them.
        dry_run: change nothing.

    Raises:
        PluginError: a file is misnamed, was changed or removed after it was applied, or PostgreSQL refuses it.
        ConflictError: the database has later migrations than these: it belongs to a newer version.
        UnavailableError: the database does not answer, or another start migrates for too long.
    """
    known = {plugin: read_folder(plugin, folder) for plugin, folder in [CORE, *folders]}
    async with _locked(settings) as connection:
        applied = await _applied(connection)
        missing = [each for plugin, files in known.items() for each in _missing(plugin, files, applied)]
        if not dry_run:
            with translated():
                await connection.execute(_TABLE)
            for each in missing:
                await _apply(connection, each)
    return [each.label for each in missing]


@asynccontextmanager
async def _locked(settings: PostgresSettings) -> AsyncIterator[Connection]:
    connection = await connect(settings, "migrations", {"lock_timeout": f"{int(LOCK_S * 1000)}ms"})
    try:
        with translated():
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK, timeout=LOCK_S + 5)
        yield connection
    finally:
        connection.terminate()  # Ends the lock with the session, whatever state it is in.


async def _applied(connection: Connection) -> Mapping[str, Mapping[int, _Applied]]:
    with translated():
        if await connection.fetchval("SELECT to_regclass('schema_migration')") is None:
            return {}
        rows = await connection.fetch("SELECT plugin, number, name, checksum FROM schema_migration")
    applied: dict[str, dict[int, _Applied]] = {}
    for plugin, number, name, checksum in rows:
        applied.setdefault(plugin, {})[number] = _Applied(name, checksum)
    return applied


def _missing(plugin: str, files: Sequence[Migration], applied: Mapping[str, Mapping[int, _Applied]]) -> list[Migration]:
    """Files that are not applied; refuses a database that does not fit to them."""
    before = applied.get(plugin, {})
    by_number = {each.number: each for each in files}
    for number, row in sorted(before.items()):
        _check(plugin, f"{number:04}_{row.name}.sql", row, by_number.get(number), newest=len(files))
    return [each for each in files if each.number not in before]


def _check(plugin: str, file: str, row: _Applied, now: Migration | None, *, newest: int) -> None:
    if now is None:
        raise ConflictError(
            f"The database has the migration {file} of {plugin}, but the newest here is {newest:04}.",
            code="migration_unknown",
            cure="Run the version of the plugin that brought this file, or a newer one; if the file was removed, "
            "put it back.",
        )
    if now.name != row.name:
        raise PluginError(
            f"The migration {file} of {plugin} was applied and is gone; {now.path.name} stands in its place.",
            code="migration_missing",
            cure="Put the file back, and give the other one the next free number.",
        )
    if now.checksum != row.checksum:
        raise PluginError(
            f"The migration {now.path} was changed after it was applied.",
            code="migration_changed",
            cure="Restore the file as it was applied, and write the change as the next number.",
        )


async def _apply(connection: Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql, timeout=STATEMENT_S)
            await connection.execute(
                "INSERT INTO schema_migration (plugin, number, name, checksum) VALUES ($1, $2, $3, $4)",
                migration.plugin,
                migration.number,
                migration.name,
                migration.checksum,
            )
    except DRIVER_ERRORS as error:
        mine = ours(error)
        if isinstance(mine, InvalidError | ConflictError):
            said = error.args[0] if isinstance(error, PostgresError) else ""
            raise PluginError(
                f"PostgreSQL refuses {migration.path}: {said}.",
                code="migration_refused",
                cure="Correct the file; nothing of it was applied.",
            ) from error
        raise mine from error
