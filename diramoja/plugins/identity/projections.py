"""Accounts as rows: for signing in, read by this plugin alone."""

from diramoja.core import Personal, Record, record
from diramoja.plugins.identity.account import Account, Credentials, account

__all__ = ["AccountRecord", "CredentialsRecord", "account_rows", "credential_rows"]


class AccountRecord(Record):
    """An account that can sign in."""

    member: Personal[str]
    username: Personal[str]
    level: str
    standing: str
    roles: tuple[str, ...]


class CredentialsRecord(Record):
    """What signing in needs."""

    member: Personal[str]
    username_key: str
    email_key: str
    email_sealed: Personal[str]
    password_hash: Personal[str]


@record("account", key="member", of=account)
def account_rows(agent: str, state: Account) -> AccountRecord | None:
    """One row an open account."""
    if state.phase != "open":
        return None
    return AccountRecord(agent, state.username, state.level, state.standing, state.roles)


@record("account_credentials", key=("member", "username_key"), of=Credentials)
def credential_rows(agent: str, row: Credentials) -> CredentialsRecord:
    """One row an account; gone with a registration that was refused."""
    return CredentialsRecord(agent, row.username_key, row.email_key, row.email_sealed, row.password_hash)
