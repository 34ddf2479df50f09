"""Members as rows of the read model, and in the search."""

from datetime import datetime

from diramoja.core import Batch, Personal, Record, record, view
from diramoja.plugins.member.agent import Following, Member, member
from diramoja.plugins.member.contracts import MemberJoined
from diramoja.ports.search import Document, Search

__all__ = ["FollowingRecord", "MemberRecord", "following_rows", "member_rows", "search_members"]


class MemberRecord(Record):
    """A member."""

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


class FollowingRecord(Record):
    """Who follows whom; shown to the follower only."""

    follower: Personal[str]
    member: Personal[str]
    since: datetime


@record("member", key="id", of=member)
def member_rows(agent: str, state: Member) -> MemberRecord | None:
    """One row a member."""
    if state.phase == "absent":
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
    )


@record("member_following", key=("follower", "member"), of=Following)
def following_rows(agent: str, row: Following) -> FollowingRecord:
    """One row a pair."""
    return FollowingRecord(agent, row.member, row.since)


@view(on=[MemberJoined])
async def search_members(events: Batch, search: Search) -> None:
    """Members are found by their username."""
    await search.index(
        [
            Document(event.member, "member", event.username, "", "", event.member, meta.at)
            for event, meta in events
            if isinstance(event, MemberJoined)
        ]
    )
