"""Identity: messages and views."""

from typing import Annotated, Literal

from msgspec import Meta

from diramoja.core import Command, Event, Personal, View
from diramoja.core.keys import Keys
from diramoja.core.ports.database import Database
from diramoja.plugins.identity.settings import IdentitySettings
from diramoja.plugins.member.body_contracts import Region
from diramoja.plugins.member.contracts import AgeGroup, Interests, MembershipLevel, Standing

__all__ = [
    "AccountOpened",
    "AccountView",
    "ConfirmName",
    "GrantRole",
    "IdentitySettings",
    "LapseName",
    "NameLapsing",
    "NameReserved",
    "NameTaken",
    "NoteLevel",
    "NoteStanding",
    "Refusal",
    "Register",
    "ReleaseName",
    "ReserveName",
    "RevokeRole",
    "Role",
    "RolesChanged",
    "RolesView",
    "TokensView",
    "What",
    "email_of",
]

type What = Literal["username", "email"]
type Role = Literal["moderator", "membership_officer", "admin"]


class Register(Command):
    """Open an account and become a member. Answers a MemberView; 409 username_taken or email_taken.

    Secrets come hashed or sealed; `username_key` and `email_key` are keyed hashes.
    """

    username: Personal[str]
    username_key: str
    email_key: str
    email_sealed: Personal[str]
    password_hash: Personal[str]
    interests: Interests = ()
    region: Region = ""
    age_group: AgeGroup | None = None


class GrantRole(Command):
    """Give a role in addition; from the command line or an admin."""

    role: Role


class RevokeRole(Command):
    """Take a role back; a role that is not there is no error."""

    role: Role


class NameReserved(Command):
    """Told by a name: it is kept for this account until it is confirmed."""

    what: What


class NameTaken(Command):
    """Told by a name: it is another's."""

    what: What


class NameLapsing(Command):
    """Told by a name: it has been kept for long; is it still wanted?"""


class NoteLevel(Command):
    """The member has another level: roles follow it."""

    level: MembershipLevel


class NoteStanding(Command):
    """The member has another standing: roles follow it."""

    standing: Standing


class ReserveName(Command):
    """Keep this name for the account that tells it."""

    what: What


class ConfirmName(Command):
    """The account that reserved it keeps it."""


class ReleaseName(Command):
    """The account that had it needs it no more."""


class LapseName(Command):
    """A reservation was not confirmed in time: ask the account."""


class AccountOpened(Event, name="identity.account.opened"):
    """Somebody can sign in."""

    member: Personal[str]


class RolesChanged(Event, name="identity.roles.changed"):
    """Roles were given or taken."""

    member: Personal[str]
    roles: tuple[str, ...]


class Refusal(View):
    """Why a registration did not come about."""

    code: str
    detail: str


class AccountView(View):
    """An account as its owner sees it."""

    member: str
    username: Personal[str]
    email: Personal[str] | None
    roles: tuple[str, ...]


class RolesView(View):
    """The roles that an account has in addition to those of its level."""

    member: str
    roles: tuple[str, ...]


class TokensView(View):
    """What a client signs its requests with. Times in seconds."""

    access_token: Annotated[str, Meta(description="JWT, for the header Authorization: Bearer")]
    refresh_token: Annotated[str, Meta(description="opaque, used once")]
    token_type: str
    expires_in: int


async def email_of(db: Database, keys: Keys, settings: IdentitySettings, member: str) -> str | None:
    """A member's own address, for sending them a letter; None for one without a password, or where there is none.

    It is unsealed where it is used: it goes into no command, event, log or error.

    Raises:
        InternalError: another key sealed it.
    """
    from diramoja.plugins.identity.secrets import secrets_of  # Its libraries are needed by whoever asks, no earlier.

    row = await db.one(
        "SELECT c.email_sealed FROM account AS a JOIN account_credentials AS c USING (member) WHERE a.member = $1",
        member,
    )
    return secrets_of(keys, settings).unseal(row["email_sealed"]) if row else None
