"""Migrations on tables that hold what an earlier version wrote: nothing of it is lost, and nobody gains by it."""

import shutil
from pathlib import Path

from diramoja.adapters.postgres.client import connect, end
from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.plugin import Plugin
from diramoja.plugins.member.hooks import register_plugin as members
from diramoja.plugins.vote.hooks import register_plugin as votes
from tests.support.postgres_server import fresh_database, shared_postgres

A_VOTE = """
INSERT INTO vote SELECT 'vot_' || p, p, 'Clinics', '{}', '', 'mem_a', now(), '', now(), 3, '', '', 1, now(), now(), 0,
    '{}', 0, false, 0, NULL, 0, NULL, '{}', NULL, NULL, '' FROM unnest(ARRAY['scheduled', 'open', 'closed']) AS p
"""
SNAPSHOT = "INSERT INTO snapshot VALUES ('member', $1, 1, 1, 0, 'running', 0, 0, now(), convert_to($2, 'UTF8'))"


async def upgraded(plugin: Plugin, upto: int, folder: Path, *statements: tuple[str, *tuple[object, ...]]) -> "Database":
    """A database with the migrations of a plugin up to a number, then what was written, then the others."""
    assert plugin.migrations is not None
    earlier = folder / plugin.name
    earlier.mkdir()
    for file in plugin.migrations.glob("*.sql"):
        if int(file.name[:4]) <= upto:
            shutil.copy(file, earlier)
    settings = await fresh_database(shared_postgres())
    await migrate(settings, [(plugin.name, earlier)])
    database = Database(settings)
    for sql, *arguments in statements:
        await database.fetch(sql, *arguments)
    await migrate(settings, [(plugin.name, plugin.migrations)])
    return database


class Database:
    """Asked with a connection for each question."""

    def __init__(self, settings: PostgresSettings) -> None:
        self._settings = settings

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[object, ...]]:
        connection = await connect(self._settings, "test")
        try:
            return [tuple(row) for row in await connection.fetch(sql, *arguments)]
        finally:
            await end(connection)


async def test_who_was_just_erased_cannot_write_with_their_last_token(tmp_path: Path) -> None:
    states = {
        "mem_just": '{"phase":"erased","looked":1}',
        "mem_now": '{"phase":"erased"}',
        "mem_long": '{"phase":"erased","looked":2}',
        "mem_here": '{"phase":"active"}',
    }
    stored = [(SNAPSHOT, agent, body) for agent, body in states.items()]
    database = await upgraded(members(), 5, tmp_path, *stored, (SNAPSHOT, "mem_none", ""))
    assert await database.fetch("SELECT member FROM member_erased ORDER BY 1") == [("mem_just",), ("mem_now",)]


async def test_rolls_of_open_votes_are_final_and_draws_keep_their_minutes(tmp_path: Path) -> None:
    drawn = "INSERT INTO vote_lot VALUES ($1, '[]', '', $2, $3, $4, CASE WHEN $4 <> '' THEN now() END)"
    database = await upgraded(
        votes(),
        6,
        tmp_path,
        (A_VOTE,),
        ("INSERT INTO vote_roll_frozen (vote) SELECT id FROM vote",),
        (drawn, "vot_closed", [2, 1], "From a hat.", "mem_a"),
        (drawn, "vot_open", [], "", ""),
    )
    rolls = await database.fetch("SELECT vote, is_final FROM vote_roll_frozen ORDER BY 1")
    assert rolls == [("vot_closed", True), ("vot_open", True), ("vot_scheduled", False)]
    draws = await database.fetch(
        "SELECT vote, draws #>> '{0,member}', draws #>> '{0,order}', draws #>> '{0,minutes}',"
        " (draws #>> '{0,at}')::timestamptz IS NOT DISTINCT FROM drawn_at FROM vote_lot ORDER BY 1"
    )
    assert draws == [("vot_closed", "mem_a", "[2, 1]", "From a hat.", True), ("vot_open", None, None, None, True)]
