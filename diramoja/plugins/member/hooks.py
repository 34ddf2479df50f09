"""What members bring to a deployment."""

from pathlib import Path

from diramoja.core import Channel, Plugin, hookimpl
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.projections import following_rows, member_rows, search_members
from diramoja.plugins.member.routes import Me, Members
from diramoja.plugins.member.settings import MemberSettings

__all__ = ["register_plugin"]


@hookimpl
def register_plugin() -> Plugin:
    """The kind member, its rows and its routes."""
    return Plugin(
        name="member",
        kinds=[member],
        records=[member_rows, following_rows],
        views=[search_members],
        routes=[Members, Me],
        settings=MemberSettings,
        permissions={
            "member.read": {"guest"},
            "member.own": {"supporter"},
            "member.follow": {"supporter"},
            "member.officer": {"admin"},
            "member.listen": {"supporter"},
        },
        channels={"member": Channel("member.listen", own=True)},
        migrations=Path(__file__).parent / "migrations",
    )
