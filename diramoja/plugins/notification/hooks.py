"""What notification brings to a deployment."""

from pathlib import Path
from typing import Any

from diramoja.core import Channel, Plugin, PortSpec, hookimpl
from diramoja.plugins.notification.agent import inbox
from diramoja.plugins.notification.delivery import find_old, send_email, send_push, send_sms
from diramoja.plugins.notification.projections import (
    delivery_rows,
    dropped_rows,
    mark_rows,
    notice_rows,
    preferences_rows,
    wall_rows,
)
from diramoja.plugins.notification.queries import HOLDINGS
from diramoja.plugins.notification.routes import Inboxes, Preferences, Statistics, Unsubscribing
from diramoja.plugins.notification.settings import NotificationSettings
from diramoja.ports.mail import Mail
from diramoja.ports.push import Push
from diramoja.ports.sms import Sms

__all__ = ["register_commands", "register_plugin"]


_HERE = Path(__file__).parent


@hookimpl
def register_plugin() -> Plugin:
    """The inboxes, what goes out of them, and preferences."""
    return Plugin(
        name="notification",
        kinds=[inbox],
        records=[notice_rows, delivery_rows, mark_rows, dropped_rows, preferences_rows, wall_rows],
        jobs=[send_email, send_sms, send_push, find_old],
        routes=[Inboxes, Preferences, Unsubscribing, Statistics],
        settings=NotificationSettings,
        permissions={
            "notification.own": {"supporter"},
            "notification.listen": {"supporter"},
            "notification.unsubscribe": {"guest"},
            "notification.statistics": {"admin"},
        },
        channels={"inbox": Channel("notification.listen", own=True)},
        ports=[PortSpec("mail", Mail), PortSpec("sms", Sms), PortSpec("push", Push)],
        holds=HOLDINGS,
        migrations=_HERE / "migrations",
        locale=_HERE / "locale",
    )


@hookimpl
def register_commands(cli: Any) -> None:
    """`diramoja bounces`."""
    from diramoja.plugins.notification.cli import bounces

    cli.command("bounces")(bounces)
