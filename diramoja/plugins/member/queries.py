"""Reads of members; each knows its reader. What a wall or a privacy setting hides is left out here."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import DeniedError, MissingError
from diramoja.core.plugin import Conduct
from diramoja.core.ports.database import Database
from diramoja.pages import Moment, paged, place
from diramoja.plugins.event.contracts import EventCancelled, attending
from diramoja.plugins.member.body_contracts import Seat
from diramoja.plugins.member.contracts import ContributionCounts, MemberView, ModerationCounts, Privacy, not_walled
from diramoja.plugins.member.rules import (
    Doings,
    decayed,
    engagement,
    engagement_components,
    events_of,
    report_weight,
    reputation,
    votes_since,
)
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.views import (
    ComponentView,
    ConsentsView,
    EngagementView,
    MembershipChangeView,
    NetworkView,
    ReputationView,
    WallView,
    consents_view,
)
from diramoja.plugins.topic.contracts import TopicCreated, TopicTrending

__all__ = [
    "check_member",
    "conduct_of",
    "consents_of",
    "engagement_of",
    "following_of",
    "members_attending",
    "members_interested",
    "membership_history",
    "network_of",
    "one_member",
    "shown_of",
    "topics_since",
    "walls_between",
    "walls_of",
]

NETWORK_SHOWN = 100


async def one_member(db: Database, reader: Reader, id: str) -> MemberView:
    """A member as this reader may see them.

    Raises:
        MissingError: there is none, or a block stands between the two.
    """
    wall = not_walled("$2", "m.id")
    row = await db.one(f"SELECT * FROM member AS m WHERE id = $1 AND {wall}", id, reader.member)  # noqa: S608  # constants
    if row is None or (row["erase_after"] and not _sees_leaving(reader, id)):
        raise _missing(id)
    return _view(row, reader)


def _sees_leaving(reader: Reader, id: str) -> bool:
    """Whoever leaves is not there for others, but for those who may have to do with them until the term is over."""
    return reader.member == id or reader.has("membership_officer") or reader.has("moderator")


async def check_member(db: Database, id: str) -> None:
    """Raises MissingError where there is no such member, walls or not."""
    if await db.one("SELECT 1 FROM member WHERE id = $1", id) is None:
        raise _missing(id)


async def following_of(db: Database, reader: Reader, page: PageQuery) -> Page[MemberView]:
    """Whom the reader follows, last first."""
    since, last = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        "SELECT m.*, f.since FROM member_following AS f JOIN member AS m ON m.id = f.member WHERE f.follower = $1 AND "  # noqa: S608  # constants
        + not_walled("$1", "m.id")
        + " AND ($2::timestamptz IS NULL OR (f.since, f.member) < ($2, $3))"
        " ORDER BY f.since DESC, f.member DESC LIMIT $4",
        reader.member,
        since,
        last,
        page.limit + 1,
    )
    return paged(rows, page, partial(_view, reader=reader), "since", "id")


async def network_of(db: Database, reader: Reader) -> NetworkView:
    """The reader's."""
    counts = await db.one(
        "SELECT (SELECT count(*) FROM member_following WHERE follower = $1) AS following,"
        " (SELECT count(*) FROM member_following WHERE member = $1) AS followers",
        reader.member,
    )
    shown = await following_of(db, reader, PageQuery(NETWORK_SHOWN))
    following, followers = (counts["following"], counts["followers"]) if counts else (0, 0)
    return NetworkView(following, followers, tuple(shown.items))


async def walls_of(db: Database, reader: Reader, page: PageQuery) -> Page[WallView]:
    """Whom the reader blocked or muted, last first."""
    since, last = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        "SELECT w.other, m.username, w.block, w.mute, w.since FROM ("
        " SELECT coalesce(b.other, q.other) AS other, b.other IS NOT NULL AS block, q.other IS NOT NULL AS mute,"
        " coalesce(b.since, q.since) AS since"
        " FROM (SELECT * FROM member_wall WHERE member = $1 AND is_own) AS b"
        " FULL JOIN (SELECT * FROM member_mute WHERE member = $1) AS q ON q.other = b.other"
        ") AS w JOIN member AS m ON m.id = w.other"
        " WHERE ($2::timestamptz IS NULL OR (w.since, w.other) < ($2, $3))"
        " ORDER BY w.since DESC, w.other DESC LIMIT $4",
        reader.member,
        since,
        last,
        page.limit + 1,
    )
    return paged(rows, page, _wall, "since", "other")


async def engagement_of(db: Database, reader: Reader, now: datetime, settings: MemberSettings) -> EngagementView:
    """The reader's scores with what they come from."""
    row = await db.one("SELECT * FROM member WHERE id = $1", reader.member)
    if row is None:
        raise _missing(reader.member)
    components = engagement_components(_doings(row, now, settings), now, settings)
    half_life = settings.reputation_half_life_days
    good, bad = (decayed(row[name], row["weighed_at"], now, half_life) for name in ("good", "bad"))
    outcomes: str = row["report_outcomes"]
    weight = report_weight(outcomes.count("c"), len(outcomes), now - row["member_since"], settings)
    return EngagementView(
        score=round(row["engagement"]),
        target=round(engagement([*components.values()])),
        components=tuple(
            ComponentView(name, round(100 * each.value), each.weight) for name, each in components.items()
        ),
        reputation=ReputationView(round(reputation(good, bad, settings)), round(good, 2), round(bad, 2)),
        report_weight=round(weight, 3),
    )


def _doings(row: Mapping[str, Any], now: datetime, settings: MemberSettings) -> Doings:
    votes = votes_since(row["vote_days"], row["voted_days"], now, settings)
    events = events_of(row["event_days"], row["event_open_on"], now, settings)
    return Doings(row["post_days"], row["post_thirds"], votes, events)


async def consents_of(db: Database, reader: Reader) -> ConsentsView:
    """The reader's."""
    rows = await db.fetch("SELECT kind, is_given, at FROM member_consent WHERE member = $1", reader.member)
    return consents_view({row["kind"]: (row["is_given"], row["at"]) for row in rows})


async def membership_history(db: Database, reader: Reader, id: str, page: PageQuery) -> Page[MembershipChangeView]:
    """What officers set, last first; for officers and the member concerned.

    Raises:
        DeniedError: the reader is neither.
    """
    is_officer = reader.has("membership_officer")
    if not is_officer and reader.member != id:
        raise DeniedError("The history of a membership is shown to the member and to membership officers.")
    await check_member(db, id)
    at, last = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        "SELECT * FROM member_history WHERE member = $1 AND ($2::timestamptz IS NULL OR (at, id) < ($2, $3))"
        " ORDER BY at DESC, id DESC LIMIT $4",
        id,
        at,
        last,
        page.limit + 1,
    )
    return paged(rows, page, partial(_change, is_officer=is_officer), "at", "id")


def _wall(row: Mapping[str, Any]) -> WallView:
    return WallView(row["other"], row["username"], row["block"], row["mute"], row["since"])


def _change(row: Mapping[str, Any], *, is_officer: bool) -> MembershipChangeView:
    return MembershipChangeView(
        at=row["at"],
        level=row["level"],
        standing=row["standing"],
        verified=row["verified"],
        reason=row["reason"],
        by=row["by"] if is_officer else UNSET,
    )


# --- audiences ---


async def members_interested(event: TopicCreated | TopicTrending, db: Database) -> AsyncIterator[str]:
    """Members with that interest, in the order of their ids, but its author and whoever is behind a wall."""
    sql = (
        "SELECT m.id FROM member AS m WHERE m.interests @> ARRAY[$1::text] AND m.id <> $2 AND m.phase <> 'suspended'"  # noqa: S608  # constants
        " AND m.erase_after IS NULL"
        f" AND {not_walled('m.id', '$2')} ORDER BY m.id"
    )
    async for row in db.stream(sql, event.category, event.author):
        yield row["id"]


async def members_attending(event: EventCancelled, db: Database) -> AsyncIterator[str]:
    """Members who answered or were invited, and may have come."""
    async for row in db.stream(f"{attending('$1')} ORDER BY member", event.event):
        yield row["member"]


async def walls_between(db: Database, members: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """Of these members, member → those whom a block keeps apart from them, whoever put it up."""
    rows = await db.fetch(
        "SELECT member, array_agg(other) AS others FROM member_wall WHERE member = ANY($1::text[]) GROUP BY member",
        list(members),
    )
    return {row["member"]: frozenset(row["others"]) for row in rows}


async def shown_of(db: Database, members: Sequence[str]) -> frozenset[str]:
    """Of these members, those whose activity others may see."""
    rows = await db.fetch(
        "SELECT id FROM member WHERE id = ANY($1::text[]) AND activity_seen_by <> 'nobody'", list(members)
    )
    return frozenset(row["id"] for row in rows)


async def conduct_of(db: Database, member: str) -> Conduct:
    """What people decided about a member and holds, be it people in moderation or their body; or that they leave.

    `erased`: they are no more, though their last token may not have expired. Of whom nothing is known, nothing holds.
    """
    row = await db.one(
        "SELECT CASE WHEN erase_after IS NOT NULL THEN 'leaving' WHEN standing = 'suspended_by_body' THEN 'suspended'"
        " WHEN phase IN ('restricted', 'suspended') THEN phase ELSE '' END AS conduct FROM member WHERE id = $1"
        " UNION ALL SELECT 'erased' FROM member_erased WHERE member = $1",
        member,
    )
    found: Conduct = row["conduct"] if row else ""
    return found


async def topics_since(db: Database, interests: Sequence[str], since: datetime, most: int) -> list[tuple[str, str]]:
    """(id, title) of the newest open topics in these interests."""
    rows = await db.fetch(
        "SELECT id, title FROM member_topic WHERE category = ANY($1::text[]) AND created_at > $2 AND NOT is_closed"
        " ORDER BY created_at DESC, id DESC LIMIT $3",
        list(interests),
        since,
        most,
    )
    return [(row["id"], row["title"]) for row in rows]


# --- parts ---


def _missing(id: str) -> MissingError:
    return MissingError(f"There is no member {id}.", code="member_missing")


def _view(row: Mapping[str, Any], reader: Reader) -> MemberView:
    own = row["id"] == reader.member
    officer = own or reader.has("membership_officer")
    privacy = Privacy(*(row[f"{name}_seen_by"] for name in Privacy.__struct_fields__))

    def shows(part: str) -> bool:
        audience = getattr(privacy, part)
        return own or audience == "everyone" or (audience == "members" and bool(reader.member))

    free = own or row["phase"] not in ("restricted", "suspended")
    counts = ContributionCounts(row["posts"], row["comments"], row["votes"], row["events"])
    return MemberView(
        id=row["id"],
        username=row["username"],
        membership_level=row["membership_level"],
        verified=row["verified"],
        recognised=row["promotion"] == "taken",
        member_since=row["member_since"],
        region=row["region"] if officer or shows("region") else UNSET,
        interests=tuple(row["interests"]) if shows("interests") else UNSET,
        contributions=counts if shows("contributions") else UNSET,
        activity=row["phase"] if free and shows("activity") else UNSET,
        standing=row["standing"] if officer else UNSET,
        bodies=_seats(row) if officer else UNSET,
        moderation=ModerationCounts(row["flags"], row["warnings"]) if own or reader.has("moderator") else UNSET,
        age_group=row["age_group"] if own else UNSET,
        privacy=privacy if own else UNSET,
        promotion=row["promotion"] if own else UNSET,
        erase_after=(row["erase_after"] or UNSET) if own else UNSET,
    )


def _seats(row: Mapping[str, Any]) -> tuple[Seat, ...]:
    pairs = zip(row["bodies"], row["body_roles"], strict=True)
    return msgspec.convert([{"body_id": body, "role": role} for body, role in pairs], tuple[Seat, ...])
