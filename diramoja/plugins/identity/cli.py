"""`diramoja admin`: the first administrator, and roles. Nobody becomes one by registering first."""

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from diramoja.core.commands import Attached, CommandHost
from diramoja.core.errors import InvalidError
from diramoja.core.ids import derive_id
from diramoja.core.keys import Keys
from diramoja.core.ports.database import Database

__all__ = ["admin"]

admin = typer.Typer(help="Administrators and roles.", no_args_is_help=True)

Username = Annotated[str, typer.Argument(help="As given when joining.")]
RoleName = Annotated[str, typer.Argument(help="moderator, membership_officer or admin.")]


@admin.command()
def create(
    context: typer.Context,
    username: Username,
    email: Annotated[str, typer.Option(help="For notices and for signing in.", prompt=True)],
    password_file: Annotated[
        Path | None, typer.Option(help="File with the password; else it is asked for.", dir_okay=False)
    ] = None,
) -> None:
    """Make an account with the role admin."""
    password = _password(password_file)

    async def work(attached: Attached) -> str:
        member = await _register(attached, username, email, password)
        await _role(attached, member, "admin", give=True)
        return member

    host: CommandHost = context.obj
    typer.echo(f"{username} is an administrator now ({host.run(work)}).")


@admin.command()
def grant(context: typer.Context, username: Username, role: RoleName) -> None:
    """Give a role; in force from the next sign-in."""
    _change(context.obj, username, role, give=True)
    typer.echo(f"{username} has the role {role}.")


@admin.command()
def revoke(context: typer.Context, username: Username, role: RoleName) -> None:
    """Take a role back; in force when the access token expires."""
    _change(context.obj, username, role, give=False)
    typer.echo(f"{username} has the role {role} no more.")


def _change(host: CommandHost, username: str, role: str, *, give: bool) -> None:
    from diramoja.plugins.identity.queries import account_of_username
    from diramoja.plugins.identity.rules import folded

    async def work(attached: Attached) -> None:
        member = await account_of_username(attached.ports.get(Database), folded(username))
        await _role(attached, member, role, give=give)

    host.run(work)


async def _role(attached: Attached, member: str, role: str, *, give: bool) -> None:
    from diramoja.plugins.identity.contracts import GrantRole, RevokeRole
    from diramoja.plugins.member.contracts import MembershipLevel

    if role in get_args(MembershipLevel.__value__):
        cure = "A membership officer sets it: PATCH /v1/members/{id}/membership."
        raise InvalidError(f"{role} is no role but a level of membership.", cure=cure)
    if role not in {"moderator", "membership_officer", "admin"}:
        raise InvalidError(f"There is no role {role}.", cure="Name moderator, membership_officer or admin.")
    known: Any = role
    await attached.send("account", member, GrantRole(known) if give else RevokeRole(known))


async def _register(attached: Attached, username: str, email: str, password: str) -> str:
    from diramoja.plugins.identity.contracts import Register
    from diramoja.plugins.identity.rules import check_email, check_password, check_username
    from diramoja.plugins.identity.secrets import secrets_of
    from diramoja.plugins.identity.settings import IdentitySettings

    settings = attached.ports.get(IdentitySettings)
    secrets = secrets_of(attached.ports.get(Keys), settings)
    name, address = check_username(username), check_email(email)
    check_password(password, settings.password_min)
    member = derive_id("mem", "admin create", name)
    command = Register(
        username=name,
        username_key=secrets.name_key("username", name),
        email_key=secrets.name_key("email", address),
        email_sealed=secrets.seal(address),
        password_hash=await secrets.hash_password(password),
    )
    await attached.send("account", member, command)
    return member


def _password(file: Path | None) -> str:
    if file is None:
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    try:
        return file.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"The password file {file} cannot be read.") from error
