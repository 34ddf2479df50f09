"""Reads of accounts."""

from collections.abc import Mapping, Sequence
from typing import Any

from diramoja.core import Holding
from diramoja.core.errors import MissingError
from diramoja.core.keys import Keys
from diramoja.core.ports.database import Database
from diramoja.pages import holding
from diramoja.plugins.identity.contracts import email_of
from diramoja.plugins.identity.settings import IdentitySettings

__all__ = ["HOLDINGS", "account_of_username", "own_account", "password_of"]


async def password_of(db: Database, name_key: str) -> tuple[str, str] | None:
    """(member, password hash) of the open account with this username or address; None where there is none."""
    row = await db.one(
        "SELECT c.member, c.password_hash FROM account_credentials AS c JOIN account AS a USING (member)"
        " WHERE c.username_key = $1 OR c.email_key = $1",
        name_key,
    )
    return (row["member"], row["password_hash"]) if row else None


async def own_account(db: Database, member: str) -> Mapping[str, Any]:
    """username, level, standing, roles and email_sealed (None for a member without a password).

    Raises:
        MissingError: the member has no account.
    """
    row = await db.one(
        "SELECT a.username, a.level, a.standing, a.roles, c.email_sealed FROM account AS a"
        " LEFT JOIN account_credentials AS c USING (member) WHERE a.member = $1",
        member,
    )
    if row is None:
        raise MissingError("There is no such account.", code="account_missing")
    return row


async def account_of_username(db: Database, username: str) -> str:
    """The member with this username.

    Raises:
        MissingError: nobody has it.
    """
    row = await db.one("SELECT member FROM account WHERE username = $1", username)
    if row is None:
        raise MissingError("Nobody has this username.", code="account_missing")
    return str(row["member"])


async def _account_held(  # noqa: PLR0917  # the last three are ports by their annotation
    member: str, after: str, limit: int, db: Database, keys: Keys, settings: IdentitySettings
) -> tuple[Sequence[Mapping[str, Any]], str]:
    """The address as it is; of the password nothing."""
    row = await db.one("SELECT username, level, standing, roles FROM account WHERE member = $1", member)
    return ([{**row, "email": await email_of(db, keys, settings, member)}] if row else []), ""


HOLDINGS = [
    Holding("account", _account_held),
    holding(
        "sessions",
        "SELECT left(id, 8) AS id, id AS place, created_at, expires_at, revoked_at FROM account_session"
        " WHERE member = $1 AND id > $2 ORDER BY account_session.id LIMIT $3",
        "place",
    ),
]
