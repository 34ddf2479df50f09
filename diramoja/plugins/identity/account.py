"""The account: from registration, which takes two names in turn, to the roles it has."""

from typing import Literal

from diramoja.core import AgentKind, Call, Context, Decision, Personal, Put, Reject, Remove, Reply, Row, State, Tell
from diramoja.plugins.identity.contracts import (
    AccountOpened,
    ConfirmName,
    GrantRole,
    NameLapsing,
    NameReserved,
    NameTaken,
    NoteLevel,
    NoteStanding,
    Refusal,
    Register,
    ReleaseName,
    ReserveName,
    RevokeRole,
    RolesChanged,
    RolesView,
)
from diramoja.plugins.identity.sessions import EndSessions, end_sessions
from diramoja.plugins.member.contracts import AgeGroup, Join, LevelChanged, MembershipLevel, Standing, StandingChanged
from diramoja.plugins.member.forgetting_contracts import ForgetMember, forgotten_rows

__all__ = ["Account", "Credentials", "account"]


class Credentials(Row):
    """What signing in needs. Argon2id hash; email sealed, its key hash beside it."""

    username_key: str
    email_key: str
    email_sealed: Personal[str]
    password_hash: Personal[str]


class Account(State):
    """What an account is about to be, or is. `level` and `standing` are the member's."""

    phase: Literal["absent", "naming", "open", "refused", "erased"] = "absent"
    username: Personal[str] = ""
    username_key: str = ""
    email_key: str = ""
    interests: tuple[str, ...] = ()
    region: str = ""
    age_group: AgeGroup | None = None
    level: MembershipLevel = "supporter"
    standing: Standing = "good"
    roles: tuple[str, ...] = ()


account = AgentKind("account", Account, prefix="acc", rows=[Credentials])


@account.on("absent", "refused")
def register(state: Account, message: Register, context: Context) -> Decision:
    """Ask for the username first; the answer travels along. A refusal is no end: `admin create` may name another."""
    naming = state.but(
        phase="naming",
        username=message.username,
        username_key=message.username_key,
        email_key=message.email_key,
        interests=message.interests,
        region=message.region,
        age_group=message.age_group,
    )
    row = Credentials(message.username_key, message.email_key, message.email_sealed, message.password_hash)
    return naming, Put(row), Tell("name", message.username_key, ReserveName("username"), answers=True)


@account.on("naming")
def name_reserved(state: Account, message: NameReserved, context: Context) -> Decision:
    """Then the email; then both are kept and the member joins, who answers."""
    if message.what == "username":
        return Tell("name", state.email_key, ReserveName("email"), answers=True)
    join = Join(state.username, state.interests, state.region, state.age_group)
    return (
        state.but(phase="open"),
        Tell("name", state.username_key, ConfirmName()),
        Tell("name", state.email_key, ConfirmName()),
        AccountOpened(context.id),
        Tell("member", context.id, join, answers=True),
    )


@account.on("naming")
def name_taken(state: Account, message: NameTaken, context: Context) -> Decision:
    """Nothing stays reserved, nothing stays stored."""
    released = [Tell("name", state.username_key, ReleaseName())] if message.what == "email" else []
    detail = "This username is taken." if message.what == "username" else "This email address has an account."
    refused = Account(phase="refused", username_key=state.username_key)
    return (
        refused,
        Remove(Credentials, state.username_key),
        *released,
        Reply(Refusal(f"{message.what}_taken", detail), status=409),
    )


@account.on("absent", "naming", "refused", "open", "erased")
def name_lapsing(state: Account, message: NameLapsing, context: Context) -> Decision:
    """Still wanted while an account counts on it, however long an outage holds it up."""
    counts_on_it = state.phase in ("naming", "open") and context.sender in (state.username_key, state.email_key)
    return None if counts_on_it else Tell("name", context.sender, ReleaseName())


@account.on("open")
def grant_role(state: Account, message: GrantRole, context: Context) -> Decision:
    """Again changes nothing. Whoever gives roles does not become a moderator or an officer by it."""
    if context.sender == context.id:
        return Reject("own_role", "Another administrator gives you a role.", 403)
    return _with_roles(state, context, {*state.roles, message.role})


@account.on("open")
def revoke_role(state: Account, message: RevokeRole, context: Context) -> Decision:
    """Again changes nothing."""
    return _with_roles(state, context, {*state.roles} - {message.role})


def _with_roles(state: Account, context: Context, roles: set[str]) -> Decision:
    if "admin" not in context.roles:
        return Reject("denied", "Only an administrator gives and takes roles.", 403)
    ordered = tuple(sorted(roles))
    reply = Reply(RolesView(context.id, ordered))
    return reply if ordered == state.roles else (state.but(roles=ordered), RolesChanged(context.id, ordered), reply)


@account.on("open")
def note_level(state: Account, message: NoteLevel, context: Context) -> Decision:
    """Roles follow the level at the next sign-in or refresh."""
    return state.but(level=message.level)


@account.on("open")
def note_standing(state: Account, message: NoteStanding, context: Context) -> Decision:
    """Roles follow the standing at the next sign-in or refresh."""
    return state.but(standing=message.standing)


@account.on("absent", "naming", "refused", "open", "erased")
def forget_member(state: Account, message: ForgetMember, context: Context) -> Decision:
    """Nobody signs in any more; the names hear of it themselves, and are free."""
    if context.id != message.member:
        return None
    ended = Call(end_sessions, EndSessions(context.id), key="end_sessions")
    return Account(phase="erased"), *forgotten_rows(account, message, context), ended


account.hears(LevelChanged, to=lambda event: [(event.member, NoteLevel(event.level))])
account.hears(StandingChanged, to=lambda event: [(event.member, NoteStanding(event.standing))])
