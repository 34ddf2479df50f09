"""HTTP of badges."""

from litestar import Controller, get

from diramoja.core.ports.database import Database
from diramoja_badges.contracts import BadgesView

__all__ = ["BadgeRoutes"]


class BadgeRoutes(Controller):
    """Badges of members."""

    path = "/badges"

    @get("/{member_id:str}", permission="badge.read", summary="Badges of a member")
    async def show(self, member_id: str, db: Database) -> BadgesView:
        """None for a member who has not posted."""
        row = await db.one("SELECT posts, badges FROM badge_list WHERE member = $1", member_id)
        return BadgesView(row["posts"], list(row["badges"])) if row else BadgesView(0, [])
