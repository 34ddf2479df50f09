"""What identity brings to a deployment."""

from pathlib import Path
from typing import Any

from diramoja.core import Plugin, PortSpec, hookimpl
from diramoja.core.ports.cache import Cache
from diramoja.plugins.identity.account import account
from diramoja.plugins.identity.name import name
from diramoja.plugins.identity.projections import account_rows, credential_rows
from diramoja.plugins.identity.queries import HOLDINGS
from diramoja.plugins.identity.routes import Auth, Registration, Roles, Self
from diramoja.plugins.identity.sessions import end_sessions
from diramoja.plugins.identity.settings import IdentitySettings

__all__ = ["register_commands", "register_plugin"]

_HERE = Path(__file__).parent


@hookimpl
def register_plugin() -> Plugin:
    """The kinds account and name, and signing in."""
    return Plugin(
        name="identity",
        kinds=[account, name],
        records=[account_rows, credential_rows],
        jobs=[end_sessions],
        routes=[Registration, Auth, Self, Roles],
        settings=IdentitySettings,
        permissions={
            "account.open": {"guest"},
            "account.sign_in": {"guest"},
            "account.own": {"supporter"},
            "account.roles": {"admin"},
        },
        ports=[PortSpec("cache", Cache)],
        uses=["member"],
        holds=HOLDINGS,
        migrations=_HERE / "migrations",
    )


@hookimpl
def register_commands(cli: Any) -> None:
    """`diramoja admin`."""
    from diramoja.plugins.identity.cli import admin

    cli.add_typer(admin, name="admin")
