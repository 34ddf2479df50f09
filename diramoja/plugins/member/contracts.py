"""Members: messages and views."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Command, Event, Personal, View

__all__ = [
    "AgeGroup",
    "ContributionCounts",
    "CountPost",
    "FollowMember",
    "Interests",
    "Join",
    "LevelChanged",
    "MemberFollowed",
    "MemberJoined",
    "MemberView",
    "MembershipLevel",
    "Region",
    "SetMembership",
    "Standing",
    "StandingChanged",
    "SubmitPost",
    "SubmitTopic",
    "UnfollowMember",
    "UpdateProfile",
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


# --- from topics ---


class CountPost(Command):
    """A post of this member was published."""

    post: str
    is_reply: bool


# --- events ---


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
