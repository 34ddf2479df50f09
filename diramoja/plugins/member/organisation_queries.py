"""Reads of the organisation: its regions, its bodies, who is in them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from diramoja.core import Page, PageQuery
from diramoja.core.errors import ConflictError, MissingError
from diramoja.core.ports.database import Database
from diramoja.pages import paged, place
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.views import BodyView, RegionsView, RegionView, SeatView

__all__ = ["bodies", "check_body", "check_seats", "region_tree", "seats_of"]


def region_tree(settings: MemberSettings) -> RegionsView:
    """The regions of the settings from the roots down, each with its own in the order of the settings."""
    below: dict[str, list[str]] = {}
    for id, entry in settings.regions.items():
        below.setdefault(entry.get("parent", ""), []).append(id)

    def branch(id: str) -> RegionView:
        return RegionView(id, settings.regions[id]["name"], tuple(map(branch, below.get(id, ()))))

    return RegionsView(tuple(map(branch, below.get("", ()))))


async def bodies(db: Database, page: PageQuery) -> Page[BodyView]:
    """All of them by name."""
    name, last = place(page, tuple[str, str]) or ("", "")
    rows = await db.fetch(
        "SELECT id, name, region, parent AS parent_id, member_count, created_at FROM body"
        " WHERE $3 OR (name, id) > ($1, $2) ORDER BY name, id LIMIT $4",
        name,
        last,
        not page.after,
        page.limit + 1,
    )
    return paged(rows, page, _body, "name", "id")


async def seats_of(db: Database, body: str, page: PageQuery) -> Page[SeatView]:
    """Who is in a body, by id.

    Raises:
        MissingError: there is no such body.
    """
    await check_body(db, body)
    (last,) = place(page, tuple[str]) or ("",)
    rows = await db.fetch(
        "SELECT s.member, m.username, s.role, s.since FROM body_seat AS s JOIN member AS m ON m.id = s.member"
        " WHERE s.body = $1 AND s.member > $2 ORDER BY s.member LIMIT $3",
        body,
        last,
        page.limit + 1,
    )
    return paged(rows, page, _seat, "member")


async def check_body(db: Database, id: str) -> None:
    """Raises MissingError where there is no such body."""
    if await db.one("SELECT 1 FROM body WHERE id = $1", id) is None:
        raise MissingError(f"There is no body {id}.", code="body_missing")


async def check_seats(db: Database, member: str, body: str, settings: MemberSettings) -> None:
    """Raises ConflictError where the member is in as many other bodies as one can be in."""
    row = await db.one("SELECT count(*) AS n FROM body_seat WHERE member = $1 AND body <> $2", member, body)
    if row is not None and row["n"] >= settings.seats_max:
        raise ConflictError("This member is in too many bodies.", code="seats_full")


def _body(row: Mapping[str, Any]) -> BodyView:
    return msgspec.convert(dict(row), BodyView)


def _seat(row: Mapping[str, Any]) -> SeatView:
    return SeatView(row["member"], row["username"], row["role"], row["since"])
