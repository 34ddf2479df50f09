"""Members as rows of the read model, and in the search."""

from collections.abc import Sequence
from datetime import datetime

from diramoja.core import Batch, Personal, Record, record, view
from diramoja.core.ports.database import Database
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.body import Body, BodySeat, body
from diramoja.plugins.member.contracts import MemberJoined
from diramoja.plugins.member.forgetting import TIMES
from diramoja.plugins.member.forgetting_contracts import MemberErased
from diramoja.plugins.member.state import Consent, Export, Following, Member, MembershipChange, Wall
from diramoja.plugins.topic.contracts import TopicClosed, TopicCreated
from diramoja.ports.search import Document, Search

__all__ = [
    "BodyRecord",
    "ConsentRecord",
    "ErasedRecord",
    "ExportRecord",
    "FollowingRecord",
    "HistoryRecord",
    "MemberRecord",
    "MuteRecord",
    "SeatRecord",
    "WallRecord",
    "body_rows",
    "consent_rows",
    "erased_rows",
    "export_rows",
    "following_rows",
    "history_rows",
    "known_topics",
    "member_rows",
    "mute_rows",
    "search_members",
    "seat_rows",
    "wall_rows",
]


class MemberRecord(Record):
    """A member. From `engagement` on: what the scores are computed from, for the member alone."""

    id: str
    username: Personal[str]
    membership_level: str
    standing: str
    region: str
    interests: tuple[str, ...]
    age_group: str | None
    member_since: datetime
    posts: int
    comments: int
    events: int
    phase: str
    verified: bool
    promotion: str
    bodies: tuple[str, ...]
    body_roles: tuple[str, ...]
    flags: int
    warnings: int
    region_seen_by: str
    interests_seen_by: str
    contributions_seen_by: str
    activity_seen_by: str
    engagement: float
    post_days: tuple[int, ...]
    vote_days: tuple[int, ...]
    voted_days: tuple[int, ...]
    votes: int
    post_thirds: tuple[int, ...]
    event_days: tuple[int, ...]
    event_open_on: int
    good: float
    bad: float
    weighed_at: datetime
    report_outcomes: str
    erase_after: datetime | None


class ErasedRecord(Record):
    """Who was erased while they may still hold a token."""

    member: Personal[str]


class FollowingRecord(Record):
    """Who follows whom; shown to the follower only."""

    follower: Personal[str]
    member: Personal[str]
    since: datetime


class WallRecord(Record):
    """A block, in both directions; `is_own`: it is this member's. See `not_walled` in contracts."""

    member: Personal[str]
    other: Personal[str]
    is_own: bool
    since: datetime


class MuteRecord(Record):
    """Whom a member mutes; shown to that member only."""

    member: Personal[str]
    other: Personal[str]
    since: datetime


class ConsentRecord(Record):
    """The last word of a member on one purpose."""

    member: Personal[str]
    kind: str
    is_given: bool
    at: datetime


class ExportRecord(Record):
    """An export that its member can read."""

    id: str
    member: Personal[str]
    at: datetime
    expires_at: datetime


class HistoryRecord(Record):
    """What an officer set, and why."""

    id: str
    member: Personal[str]
    at: datetime
    by: Personal[str]
    level: str
    standing: str
    verified: bool
    reason: str


class BodyRecord(Record):
    """A body of the organisation."""

    id: str
    name: str
    region: str
    parent: str | None
    member_count: int
    created_at: datetime


class SeatRecord(Record):
    """Who is one of a body."""

    body: str
    member: Personal[str]
    role: str
    since: datetime


@record("member", key="id", of=member)
def member_rows(agent: str, state: Member) -> MemberRecord | None:
    """One row a member."""
    if state.phase in ("absent", "erased"):
        return None
    return MemberRecord(
        id=agent,
        username=state.username,
        membership_level=state.membership_level,
        standing=state.standing,
        region=state.region,
        interests=state.interests,
        age_group=state.age_group,
        member_since=state.member_since,
        posts=state.posts,
        comments=state.comments,
        events=state.events,
        phase=state.phase,
        verified=state.verified,
        promotion=state.promotion,
        bodies=tuple(seat.body_id for seat in state.seats),
        body_roles=tuple(seat.role for seat in state.seats),
        flags=state.flags,
        warnings=state.warnings,
        region_seen_by=state.privacy.region, interests_seen_by=state.privacy.interests,
        contributions_seen_by=state.privacy.contributions, activity_seen_by=state.privacy.activity,
        engagement=state.engagement,
        post_days=state.post_days,
        vote_days=state.vote_days, voted_days=state.voted_days, votes=state.votes,
        post_thirds=tuple(each.thirds for each in state.recent),
        event_days=state.event_days, event_open_on=state.event_open_on,
        good=state.good,
        bad=state.bad,
        weighed_at=state.weighed_at,
        report_outcomes=state.report_outcomes,
        erase_after=state.erase_after,
    )  # fmt: skip


@record("member_erased", key="member", of=member)
def erased_rows(agent: str, state: Member) -> ErasedRecord | None:
    """One row from the erasure to the end of the second look, a day later: no access token lives longer."""
    return ErasedRecord(agent) if state.phase == "erased" and state.looked < TIMES else None


@record("member_following", key=("follower", "member"), of=Following)
def following_rows(agent: str, row: Following) -> FollowingRecord:
    """One row a pair."""
    return FollowingRecord(agent, row.member, row.since)


@record("member_wall", key=("member", "other"), of=Wall)
def wall_rows(agent: str, row: Wall) -> WallRecord | None:
    """One row a pair and direction, while a block stands."""
    return WallRecord(agent, row.member, row.blocks, row.since) if row.blocks or row.blocked_by else None


@record("member_mute", key=("member", "other"), of=Wall)
def mute_rows(agent: str, row: Wall) -> MuteRecord | None:
    """One row a pair."""
    return MuteRecord(agent, row.member, row.since) if row.mutes else None


@record("member_consent", key=("member", "kind"), of=Consent)
def consent_rows(agent: str, row: Consent) -> ConsentRecord:
    """One row a purpose."""
    return ConsentRecord(agent, row.kind, row.is_given, row.at)


@record("member_export", key="id", of=Export)
def export_rows(agent: str, row: Export) -> ExportRecord:
    """One row an export."""
    return ExportRecord(row.id, agent, row.at, row.expires_at)


@record("member_history", key="id", of=MembershipChange)
def history_rows(agent: str, row: MembershipChange) -> HistoryRecord:
    """One row a change."""
    return HistoryRecord(row.id, agent, row.at, row.by, row.level, row.standing, row.verified, row.reason)


@record("body", key="id", of=body)
def body_rows(agent: str, state: Body) -> BodyRecord | None:
    """One row a body."""
    if state.phase == "absent":
        return None
    return BodyRecord(agent, state.name, state.region, state.parent, state.members, state.created_at)


@record("body_seat", key=("body", "member"), of=BodySeat)
def seat_rows(agent: str, row: BodySeat) -> SeatRecord:
    """One row a member of a body."""
    return SeatRecord(agent, row.member, row.role, row.since)


@view(on=[MemberJoined, MemberErased])
async def search_members(events: Batch, search: Search) -> None:
    """Members are found by their username, until they are erased."""
    await search.index(
        [
            Document(event.member, "member", event.username, "", "", event.member, meta.at)
            for event, meta in events
            if isinstance(event, MemberJoined)
        ]
    )
    await search.remove([event.member for event, _ in events if isinstance(event, MemberErased)])


@view(on=[TopicCreated, TopicClosed])
async def known_topics(events: Batch, db: Database) -> None:
    """What is open in which interest, for members who are asked back."""
    opened = [event for event, _ in events if isinstance(event, TopicCreated)]
    if opened:
        await _know(db, opened)
    if closed := [event.topic for event, _ in events if isinstance(event, TopicClosed)]:
        await db.execute("UPDATE member_topic SET is_closed = true WHERE id = ANY($1::text[])", closed)


async def _know(db: Database, opened: Sequence[TopicCreated]) -> None:
    await db.execute(
        "INSERT INTO member_topic (id, title, category, created_at, is_closed)"
        " SELECT *, false FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) ON CONFLICT DO NOTHING",
        [event.topic for event in opened],
        [event.title for event in opened],
        [event.category for event in opened],
        [event.created_at for event in opened],
    )
