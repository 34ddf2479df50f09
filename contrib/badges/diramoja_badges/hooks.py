"""What badges bring to a deployment."""

from pathlib import Path

from diramoja.core import Channel, Plugin, hookimpl
from diramoja.pages import holding
from diramoja_badges.agent import badge
from diramoja_badges.projections import badge_rows
from diramoja_badges.routes import BadgeRoutes

__all__ = ["register_plugin"]


@hookimpl
def register_plugin() -> Plugin:
    """One kind that hears of posts."""
    return Plugin(
        name="badges",
        kinds=[badge],
        records=[badge_rows],
        routes=[BadgeRoutes],
        permissions={"badge.read": {"guest"}},
        channels={"badge": Channel("badge.read")},
        uses=["topic"],
        holds=[holding("badges", "SELECT * FROM badge_list WHERE member = $1 AND member > $2 LIMIT $3", "member")],
        migrations=Path(__file__).parent / "migrations",
    )
