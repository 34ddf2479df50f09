"""Sessions on a real PostgreSQL: rotation, reuse, expiry, and what is forgotten."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.core.errors import UnauthenticatedError
from diramoja.core.ports.database import Database
from diramoja.core.tokens import Tokens
from diramoja.plugins.identity.contracts import TokensView
from diramoja.plugins.identity.hooks import register_plugin as identity
from diramoja.plugins.identity.sessions import PURGED_AT_ONCE, Sessions
from diramoja.plugins.identity.settings import IdentitySettings
from tests.support.postgres_server import fresh_database, shared_postgres

TOKENS = Tokens(b"x" * 32)
SETTINGS = IdentitySettings(reuse_grace_s=10, refresh_ttl_s=3_600)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def database(anyio_backend: str) -> AsyncIterator[Database]:
    settings = await fresh_database(shared_postgres())
    migrations = identity().migrations
    assert migrations is not None
    await migrate(settings, [("identity", migrations)])
    async with open_postgres(settings) as ports:
        yield ports["database"]  # type: ignore[misc]  # by its name


@pytest.fixture
async def db(database: Database) -> Database:
    await database.execute("DELETE FROM account_session")
    await database.execute("DELETE FROM account")
    await account(database, "mem_a")
    return database


@pytest.fixture
def sessions(db: Database) -> Sessions:
    return Sessions(db, TOKENS, SETTINGS)


async def account(db: Database, member: str, level: str = "supporter", standing: str = "good") -> None:
    await db.execute(
        "INSERT INTO account (member, username, level, standing, roles) VALUES ($1, $1, $2, $3, '{}')"
        " ON CONFLICT (member) DO UPDATE SET level = $2, standing = $3",
        member,
        level,
        standing,
    )


async def later(db: Database, seconds: float) -> None:
    """As if all that is stored had happened so much earlier."""
    for statement in (
        "UPDATE account_session SET created_at = created_at - $1, expires_at = expires_at - $1",
        "UPDATE account_refresh SET issued_at = issued_at - $1, rotated_at = rotated_at - $1",
    ):
        await db.execute(re.sub(r"\$1", "make_interval(secs => $1)", statement), seconds)


async def refused(sessions: Sessions, token: str) -> str:
    with pytest.raises(UnauthenticatedError) as error:
        await sessions.renew(token)
    assert token not in str(error.value)
    return error.value.code


async def count(db: Database, table: str) -> int:
    row: Any = await db.one(f"SELECT count(*) AS n FROM {table}")
    return int(row["n"])


async def test_refresh_token_rotates_and_no_token_is_stored(db: Database, sessions: Sessions) -> None:
    first = await sessions.begin("mem_a")
    second = await sessions.renew(first.refresh_token)
    assert first.refresh_token != second.refresh_token
    claims = TOKENS.read_access(second.access_token)
    assert claims.member == "mem_a" and claims.roles == {"guest", "supporter"}
    assert claims.session == TOKENS.read_access(first.access_token).session
    stored = str([*await db.fetch("SELECT * FROM account_refresh"), *await db.fetch("SELECT * FROM account_session")])
    assert first.refresh_token not in stored and second.refresh_token not in stored


@pytest.mark.parametrize("after_s", [0, 9])
async def test_rotated_token_within_the_grace_is_a_lost_answer(
    db: Database, sessions: Sessions, after_s: float
) -> None:
    first = await sessions.begin("mem_a")
    await sessions.renew(first.refresh_token)
    await later(db, after_s)
    assert (await sessions.renew(first.refresh_token)).refresh_token


@pytest.mark.parametrize("after_s", [11, 3_000])
async def test_rotated_token_after_the_grace_was_stolen(db: Database, sessions: Sessions, after_s: float) -> None:
    first = await sessions.begin("mem_a")
    await sessions.renew(first.refresh_token)
    await later(db, after_s)
    assert await refused(sessions, first.refresh_token) == "token_reused"


async def test_grace_counts_from_the_first_rotation(db: Database, sessions: Sessions) -> None:
    first = await sessions.begin("mem_a")
    await sessions.renew(first.refresh_token)
    await later(db, 8)
    await sessions.renew(first.refresh_token)
    await later(db, 8)
    assert await refused(sessions, first.refresh_token) == "token_reused"


async def test_reuse_ends_the_whole_family_and_no_other(db: Database, sessions: Sessions) -> None:
    stolen, other = await sessions.begin("mem_a"), await sessions.begin("mem_a")
    family: list[TokensView] = [await sessions.renew(stolen.refresh_token) for _ in range(3)]
    await later(db, 11)
    assert await refused(sessions, stolen.refresh_token) == "token_reused"
    for each in (stolen, *family):
        assert await refused(sessions, each.refresh_token) == "token_invalid"
    assert (await sessions.renew(other.refresh_token)).refresh_token


async def test_session_ends_unused_and_lives_on_used(db: Database, sessions: Sessions) -> None:
    unused, used = await sessions.begin("mem_a"), await sessions.begin("mem_a")
    for _ in range(3):
        await later(db, 1_500)
        used = await sessions.renew(used.refresh_token)
    assert await refused(sessions, unused.refresh_token) == "token_invalid"


async def test_token_expires_by_itself_though_its_session_lives_on(db: Database, sessions: Sessions) -> None:
    first = await sessions.begin("mem_a")
    twin, used = await sessions.renew(first.refresh_token), await sessions.renew(first.refresh_token)
    for _ in range(3):
        await later(db, 1_500)
        used = await sessions.renew(used.refresh_token)
    assert await refused(sessions, twin.refresh_token) == "token_invalid"
    assert (await sessions.renew(used.refresh_token)).refresh_token


async def test_what_has_expired_is_forgotten(db: Database, sessions: Sessions) -> None:
    used = await sessions.begin("mem_a")
    for _ in range(40):
        await later(db, 600)
        used = await sessions.renew(used.refresh_token)
    assert await count(db, "account_refresh") <= 8
    await db.execute(
        "INSERT INTO account_session (id, member, expires_at)"
        " SELECT 'ses_old_' || n, 'mem_' || n, now() - interval '1 day' FROM generate_series(1, $1) AS n",
        PURGED_AT_ONCE + 5,
    )
    await sessions.begin("mem_a")
    assert await count(db, "account_session") == 2 + 5
    await sessions.begin("mem_a")
    assert await count(db, "account_session") == 3


async def test_log_out_ends_the_session_and_again_is_no_error(sessions: Sessions) -> None:
    tokens = await sessions.begin("mem_a")
    session = TOKENS.read_access(tokens.access_token).session
    for _ in range(2):
        await sessions.end(session)
    assert await refused(sessions, tokens.refresh_token) == "token_invalid"


async def test_roles_follow_level_and_standing_at_the_next_refresh(db: Database, sessions: Sessions) -> None:
    tokens = await sessions.begin("mem_a")
    for level, standing, is_member in (
        ("member", "good", True),
        ("member", "suspended_by_body", False),
        ("leader", "arrears", True),
        ("supporter", "good", False),
    ):
        await account(db, "mem_a", level, standing)
        tokens = await sessions.renew(tokens.refresh_token)
        assert ("member" in TOKENS.read_access(tokens.access_token).roles) == is_member


@pytest.mark.parametrize("token", ["", "x", "a" * 200, "é"])
async def test_token_that_is_none_of_ours_is_refused(sessions: Sessions, token: str) -> None:
    with pytest.raises(UnauthenticatedError) as error:
        await sessions.renew(token)
    assert error.value.code == "token_invalid"


async def test_account_that_is_gone_gets_no_tokens(db: Database, sessions: Sessions) -> None:
    tokens = await sessions.begin("mem_a")
    await db.execute("DELETE FROM account")
    assert await refused(sessions, tokens.refresh_token) == "token_invalid"
    with pytest.raises(UnauthenticatedError):
        await sessions.begin("mem_a")
