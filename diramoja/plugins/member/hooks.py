"""What members bring to a deployment."""

from pathlib import Path

from diramoja.core import Channel, Plugin, PortSpec, Walls, hookimpl
from diramoja.plugins.member.activity import find_topics
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.body import body
from diramoja.plugins.member.export_queries import HOLDINGS
from diramoja.plugins.member.forgetting import find_named, forget_log
from diramoja.plugins.member.projections import (
    body_rows,
    consent_rows,
    erased_rows,
    export_rows,
    following_rows,
    history_rows,
    known_topics,
    member_rows,
    mute_rows,
    search_members,
    seat_rows,
    wall_rows,
)
from diramoja.plugins.member.queries import conduct_of, shown_of, walls_between
from diramoja.plugins.member.routes import Bodies, Me, Members, Regions
from diramoja.plugins.member.settings import MemberSettings
from diramoja.ports.forgetting import Forgetting

__all__ = ["register_plugin"]

_HERE = Path(__file__).parent
_PERMISSIONS = {
    "member.read": {"guest"},
    "member.own": {"supporter"},
    "member.follow": {"supporter"},
    "member.wall": {"supporter"},
    "member.officer": {"membership_officer"},
    "member.history": {"supporter", "membership_officer"},
    "member.listen": {"supporter"},
    "region.read": {"guest"},
    "body.read": {"supporter"},
    "body.manage": {"membership_officer"},
}


@hookimpl
def register_plugin() -> Plugin:
    """The kinds member and body, their rows and their routes."""
    return Plugin(
        name="member",
        kinds=[member, body],
        records=[
            member_rows,
            erased_rows,
            following_rows,
            wall_rows,
            mute_rows,
            consent_rows,
            export_rows,
            history_rows,
            body_rows,
            seat_rows,
        ],
        views=[search_members, known_topics],
        jobs=[find_topics, find_named, forget_log],
        routes=[Members, Me, Regions, Bodies],
        settings=MemberSettings,
        permissions=_PERMISSIONS,
        channels={"member": Channel("member.listen", own=True)},
        walls=Walls("member", walls_between),
        shown=shown_of,
        conduct=conduct_of,
        holds=HOLDINGS,
        ports=[PortSpec("forgetting", Forgetting)],
        migrations=_HERE / "migrations",
        locale=_HERE / "locale",
    )
