"""Members: messages and views."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Command, Event, Personal, View

__all__ = [
    "AgeGroup",
    "BlockMember",
    "ContentReported",
    "ContributionCounts",
    "CountLike",
    "CountPost",
    "CountReport",
    "FollowMember",
    "Interests",
    "Join",
    "LevelChanged",
    "LiftSanction",
    "MemberFollowed",
    "MemberJoined",
    "MemberView",
    "MembershipLevel",
    "MuteMember",
    "RatePost",
    "Region",
    "ReportContent",
    "SetMembership",
    "Standing",
    "StandingChanged",
    "SubmitEdit",
    "SubmitPost",
    "SubmitShare",
    "SubmitTopic",
    "SuggestTopic",
    "TakeSanction",
    "UnblockMember",
    "UnfollowMember",
    "UnmuteMember",
    "UpdateProfile",
    "WallChanged",
    "not_walled",
]

type MembershipLevel = Literal["supporter", "member", "active_member", "leader", "official"]
type Standing = Literal["good", "arrears", "suspended_by_body"]
type AgeGroup = Literal["under_18", "18_24", "25_34", "35_49", "50_64", "65_plus"]
type Interest = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,39}$", description="A category of topics.")]
type Interests = Annotated[tuple[Interest, ...], Meta(max_length=20)]
type Region = Annotated[str, Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]


# --- from the account, an importer, members and officers ---


class Join(Command):
    """Become a member, at the level supporter. Answers a MemberView."""

    username: Personal[str]
    interests: Interests = ()
    region: Region = ""
    age_group: AgeGroup | None = None


class UpdateProfile(Command):
    """Change what is given; the rest stays. By the member. Answers a MemberView."""

    interests: Interests | UnsetType = UNSET
    region: Region | UnsetType = UNSET
    age_group: AgeGroup | UnsetType | None = UNSET


class SetMembership(Command):
    """Set level and standing; by an officer or the command line, never by a score. Answers a MemberView."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    level: MembershipLevel | None = None
    standing: Standing | None = None


class FollowMember(Command):
    """Follow another member as the sender; again changes nothing; not shown to the other."""

    member: str


class UnfollowMember(Command):
    """Follow no more; not following is no error."""

    member: str


class SubmitTopic(Command):
    """Open a topic as the sender, who is this member. The topic answers a TopicView."""

    topic_id: str
    title: Annotated[str, Meta(max_length=200)]
    description: Annotated[str, Meta(max_length=4_000)]
    category: str
    tags: tuple[str, ...] = ()
    policy_proposal: bool = False


class SubmitPost(Command):
    """Post to a topic as the sender, who is this member. The topic answers a PostView."""

    topic_id: str
    post_id: str
    body: Annotated[str, Meta(max_length=10_000)]
    reply_to: str | None = None


class SubmitEdit(Command):
    """Give an own post another text, as the sender, who is this member. The topic answers a PostView."""

    topic_id: str
    post_id: str
    body: Annotated[str, Meta(max_length=10_000)]


class SubmitShare(Command):
    """Share a post of the topic `topic_id` into another one, as the sender, who is this member. Answers a PostView."""

    topic_id: str
    post_id: str
    share_id: str
    into: str
    comment: Annotated[str, Meta(max_length=2_000)] = ""
    is_acknowledged: bool = False


class ReportContent(Command):
    """Report a post as the sender, who is this member; handed on to its topic with the weight (F4). A ReportView."""

    topic_id: str
    post_id: str
    report_id: str
    reason: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    text: Annotated[str, Meta(max_length=2_000)] = ""


class BlockMember(Command):
    """Neither sees nor hears of the other any more; again changes nothing; not shown to the other."""

    member: str


class UnblockMember(Command):
    """Take a block back; one that is not there is no error."""

    member: str


class MuteMember(Command):
    """The sender hears nothing of the other any more; again changes nothing; not shown to the other."""

    member: str


class UnmuteMember(Command):
    """Hear of the other again; not muted is no error."""

    member: str


# --- from topics ---


class SuggestTopic(Command):
    """A topic in one of this member's interests is open."""

    topic: str
    title: str
    category: str
    author: Personal[str]


class RatePost(Command):
    """What a post of this member is worth (F2); told again whenever it changes. `thirds` 0 to 3."""

    post: str
    thirds: Annotated[int, Meta(ge=0, le=3)]


class CountLike(Command):
    """Somebody likes a post of this member (F3)."""

    post: str
    liker: Personal[str]


class CountPost(Command):
    """A post of this member was published."""

    post: str
    is_reply: bool


# --- from moderation ---


class CountReport(Command):
    """People decided about a report of this member (F3, F4)."""

    report: str
    outcome: Literal["confirmed", "unfounded", "bad_faith"]


class TakeSanction(Command):
    """People decided about this member, or about a post of theirs. `ends_at` None: without a term."""

    sanction: str
    action: Literal["hide", "remove", "warn", "restrict", "suspend", "ban"]
    reason: str
    ends_at: datetime | None = None


class LiftSanction(Command):
    """A decision was overturned: it takes its effects and its weight back."""

    sanction: str


# --- events ---


class WallChanged(Event, name="member.wall.changed"):
    """A member blocked or muted another, or took it back. Not live, and shown to nobody."""

    member: Personal[str]
    other: Personal[str]
    wall: Literal["block", "mute"]
    is_up: bool


class ContentReported(Event, name="member.content.reported"):
    """A member reported a post; who it was is not said."""

    topic: str
    post: str
    reason: str


class MemberJoined(Event, name="member.joined"):
    """Somebody is a supporter now."""

    member: Personal[str]
    username: Personal[str]
    region: str
    interests: tuple[str, ...]


class MemberFollowed(Event, name="member.followed"):
    """A member follows another."""

    member: Personal[str]
    followed: Personal[str]


class LevelChanged(Event, name="member.level.changed"):
    """An officer gave another level."""

    member: Personal[str]
    level: MembershipLevel
    reason: str


class StandingChanged(Event, name="member.standing.changed"):
    """An officer noted another standing."""

    member: Personal[str]
    standing: Standing
    reason: str


def not_walled(reader: str, author: str) -> str:
    """SQL condition: no block stands between two members, given as SQL expressions such as `$1` and `post.author`.

    Lists of other plugins hide with it what their reader may not see. The table `member_wall (member, other)` holds a
    block in both directions.
    """
    wall = f"wall.member = {reader} AND wall.other = {author}"
    return f"NOT EXISTS (SELECT 1 FROM member_wall AS wall WHERE {wall})"  # noqa: S608  # expressions of queries.py


# --- views ---


class ContributionCounts(View):
    """What a member contributed, as published."""

    posts: int
    comments: int


class MemberView(View):
    """A member as others see it; standing and age group are shown to oneself, the standing to officers too."""

    id: str
    username: Personal[str]
    membership_level: MembershipLevel
    region: str
    interests: tuple[str, ...]
    member_since: datetime
    contributions: ContributionCounts
    standing: Standing | UnsetType = UNSET
    age_group: AgeGroup | UnsetType | None = UNSET
