"""Whom an invitation selects: by interest, by region, or by name."""

from collections.abc import Sequence
from typing import Any

from diramoja.core import Personal, View
from diramoja.core.ports.database import Database
from diramoja.plugins.event.contracts import Visibility
from diramoja.plugins.member.contracts import MemberSettings, not_walled
from diramoja.withholding import STEP, shown

__all__ = ["Segment", "segment_counts", "segment_page", "with_regions_below"]


class Segment(View):
    """Members with one of these interests, in one of these regions (none: any), and these members by name."""

    organizer: Personal[str]
    visibility: Visibility
    interests: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    members: tuple[Personal[str], ...] = ()


_IS_OPEN = f"{not_walled('m.id', '$2')} AND m.phase <> 'suspended' AND m.standing <> 'suspended_by_body'"
_MATCHES = f"""
m.id <> $2 AND (m.id = ANY($3::text[]) AND {_IS_OPEN} OR (
    (cardinality($4::text[]) > 0 OR cardinality($5::text[]) > 0)
    AND (cardinality($4::text[]) = 0 OR m.interests && $4::text[])
    AND (cardinality($5::text[]) = 0 OR m.region = ANY($5::text[]))
    AND ($6 OR m.membership_level <> 'supporter')
))
"""  # constants
"""Of a name nothing is said but what the organizer knows: with a wall or a suspension it is as if there were none."""
_IS_TOLD = f"""
{_IS_OPEN}
AND NOT EXISTS (SELECT 1 FROM event_invitation AS i WHERE i.event = $1 AND i.member = m.id)
AND NOT EXISTS (SELECT 1 FROM event_guest AS g WHERE g.event = $1 AND g.member = m.id)
"""  # noqa: S608  # constants


async def segment_counts(db: Database, event: str, segment: Segment) -> tuple[int | None, int | None]:
    """(who is told, who matches and is not): a block, a suspension, invited or answered before.

    Of names exactly; of an interest or a region None where those who are not named are below five, and who is not told
    in fives.
    """
    told = f"count(*) FILTER (WHERE {_IS_TOLD})"
    rows = await db.fetch(
        f"SELECT m.id = ANY($3::text[]) AS is_named, count(*) AS matching, {told} AS told"  # noqa: S608  # constants
        f" FROM member AS m WHERE {_MATCHES} GROUP BY 1",
        *_args(event, segment),
    )
    counts = {row["is_named"]: (row["told"], row["matching"] - row["told"]) for row in rows}
    named, others = counts.get(True, (0, 0)), counts.get(False, (0, 0))
    if not (segment.interests or segment.regions):
        return named
    return _with(others[0] if others[0] >= STEP else None, named[0]), _with(shown(others[1]), named[1])


def _with(shown_of: int | None, named: int) -> int | None:
    return None if shown_of is None else shown_of + named


async def segment_page(db: Database, event: str, segment: Segment, *, after: str, limit: int) -> tuple[str, ...]:
    """Those who are told, in the order of their ids."""
    rows = await db.fetch(
        f"SELECT m.id FROM member AS m WHERE {_MATCHES} AND {_IS_TOLD} AND m.id > $7 ORDER BY m.id LIMIT $8",  # noqa: S608  # constants
        *_args(event, segment),
        after,
        limit,
    )
    return tuple(row["id"] for row in rows)


def _args(event: str, segment: Segment) -> tuple[Any, ...]:
    return (
        event,
        segment.organizer,
        list(segment.members),
        list(segment.interests),
        list(segment.regions),
        segment.visibility != "members_only",
    )


def with_regions_below(regions: Sequence[str], settings: MemberSettings) -> tuple[str, ...]:
    """These regions and all that lie in them."""
    found = {*regions}
    for id in settings.regions:
        above, place = [], id
        while place and place not in found:
            above.append(place)
            place = settings.regions[place].get("parent", "")
        if place:
            found.update(above)
    return tuple(sorted(found))
