"""Exports: a member reads all that the plugins of the deployment hold of them, page by page and as it is now."""

from diramoja.core import PageQuery, Reader
from diramoja.core.errors import MissingError
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.core.registry import Ports, Registry
from diramoja.pages import holding, place
from diramoja.plugins.member.views import ExportPage, HeldView

__all__ = ["HOLDINGS", "export_page"]

HOLDINGS = [
    holding("profile", "SELECT * FROM member WHERE id = $1 AND id > $2 ORDER BY id LIMIT $3", "id"),
    holding("consents", "SELECT * FROM member_consent WHERE member = $1 AND kind > $2 ORDER BY kind LIMIT $3", "kind"),
    holding(
        "following",
        "SELECT member, since FROM member_following WHERE follower = $1 AND member > $2 ORDER BY member LIMIT $3",
        "member",
    ),
    holding(
        "blocks",
        "SELECT other, since FROM member_wall WHERE member = $1 AND is_own AND other > $2 ORDER BY other LIMIT $3",
        "other",
    ),
    holding(
        "mutes",
        "SELECT other, since FROM member_mute WHERE member = $1 AND other > $2 ORDER BY other LIMIT $3",
        "other",
    ),
    holding(
        "membership_history",
        "SELECT id, at, level, standing, verified, reason FROM member_history"
        " WHERE member = $1 AND id > $2 ORDER BY id LIMIT $3",
        "id",
    ),
    holding("bodies", "SELECT * FROM body_seat WHERE member = $1 AND body > $2 ORDER BY body LIMIT $3", "body"),
    holding("exports", "SELECT * FROM member_export WHERE member = $1 AND id > $2 ORDER BY id LIMIT $3", "id"),
]
"""Followers, and who blocked the member, are others' to tell."""


async def export_page(
    reader: Reader, id: str, page: PageQuery, *, db: Database, clock: Clock, registry: Registry, ports: Ports
) -> ExportPage:
    """The next page of an export of the reader.

    Raises:
        MissingError: they asked for no such export, or its days are over.
    """
    row = await db.one(
        "SELECT * FROM member_export WHERE id = $1 AND member = $2 AND expires_at > $3", id, reader.member, clock.now()
    )
    if row is None:
        raise MissingError("You have no such export: ask for one.", code="export_missing")
    held = [(plugin.name, each) for plugin in registry.plugins.values() for each in plugin.holds]
    at, after = place(page, tuple[int, str]) or (0, "")
    items: list[HeldView] = []
    cursor: str | None = None
    while at < len(held) and len(items) < page.limit:
        name, what = held[at]
        found, after = await ports.call(what.query, reader.member, after, page.limit - len(items))
        items += [HeldView(name, what.name, dict(each)) for each in found]
        at += not after
        cursor = PageQuery.cursor(at, after) if at < len(held) else None
        if after and not found:  # It looks through much for little: the reader asks again.
            break
    return ExportPage(row["id"], row["at"], row["expires_at"], tuple(items), cursor)
