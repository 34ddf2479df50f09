"""Members: messages and views; those of bodies and of erasure are in body_contracts and forgetting_contracts."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Command, Event, Personal, View
from diramoja.fields import LINE
from diramoja.plugins.member.body_contracts import Region, Seat
from diramoja.plugins.member.settings import MemberSettings, check_region
from diramoja.plugins.member.wall_queries import not_walled, walled_off
from diramoja.plugins.moderator.contracts import Evidence, Report

__all__ = [
    "AgeGroup", "AnswerPromotion", "Audience", "BlockMember", "ConsentChanged", "ConsentKind",
    "ContentReported", "ContributionCounts", "CountLike", "CountPost", "CountReport", "FollowMember",
    "Interests", "Join", "LevelChanged", "LiftSanction", "MemberFollowed", "MemberJoined", "MemberPhase",
    "MemberRestored", "MemberRestricted", "MemberRsvp", "MemberSettings", "MemberView", "MembershipLevel",
    "ModerationCounts", "MuteMember", "Privacy", "PrivacyChange", "PromotionOffered", "RatePost",
    "ReportContent", "SetConsents", "SetMembership", "Standing", "StandingChanged", "StateChanged",
    "SubmitEdit", "SubmitPost", "SubmitShare", "SubmitTopic", "SuggestTopic", "TakeSanction", "UnblockMember",
    "UnfollowMember", "UnmuteMember", "UpdateProfile", "VoteCast", "WallChanged", "WeighReport", "check_region",
    "not_walled", "walled_off",
]  # fmt: skip

type MembershipLevel = Literal["supporter", "member", "active_member", "leader", "official"]
type Standing = Literal["good", "arrears", "suspended_by_body"]
type AgeGroup = Literal["under_18", "18_24", "25_34", "35_49", "50_64", "65_plus"]
type Interest = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,39}$(?!\n)", description="A category of topics.")]
type Interests = Annotated[tuple[Interest, ...], Meta(max_length=20)]
type MemberPhase = Literal["absent", "active", "occasional", "inactive", "dormant", "restricted", "suspended", "erased"]
type Audience = Literal["everyone", "members", "nobody"]
"""Who sees a part of a profile; `members` are all who are signed in."""
type ConsentKind = Literal["campaign", "connect", "leaderboard"]
"""`campaign`: messages of campaigns. `connect`: being named to people with shared interests. `leaderboard`: by name."""


class PrivacyChange(View, forbid_unknown_fields=True):
    """Who sees these parts of the profile; what is not given stays."""

    region: Audience | UnsetType = UNSET
    interests: Audience | UnsetType = UNSET
    contributions: Audience | UnsetType = UNSET
    activity: Audience | UnsetType = UNSET


class Privacy(View):
    """Who sees which parts of the profile; membership officers see the region in any case."""

    region: Audience = "members"
    interests: Audience = "members"
    contributions: Audience = "everyone"
    activity: Audience = "nobody"


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
    privacy: PrivacyChange | UnsetType = UNSET


class SetConsents(Command):
    """Give or withdraw consents; what is not given stays. By the member. Answers a ConsentsView."""

    campaign: bool | UnsetType = UNSET
    connect: bool | UnsetType = UNSET
    leaderboard: bool | UnsetType = UNSET


class AnswerPromotion(Command):
    """Take or decline the offer to be called an active member; no right comes with it. Answers a MemberView."""

    accept: bool


class SetMembership(Command):
    """Set level, standing and verification; by an officer, never for oneself, never by a score. Answers a MemberView.

    The command line may do so too.
    """

    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=LINE, examples=["Dues of May are paid."])]
    level: MembershipLevel | None = None
    standing: Standing | None = None
    verified: bool | None = None


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
    event_id: str = ""


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
    reason: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,39}$(?!\n)")]
    text: Annotated[str, Meta(max_length=2_000)] = ""


class WeighReport(Command):
    """Hand a report of this member on with its weight (F4); told by what holds the reported. A ReportView."""

    report: Report
    evidence: Evidence


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


# --- from topics and moderation ---


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
    """A post of this member was published. `thirds`: its F2 so far; None: it comes as RatePost."""

    post: str
    is_reply: bool
    thirds: Annotated[int, Meta(ge=0, le=3)] | None = None


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


class WallChanged(Event, name="member.wall.changed", live=True):
    """A member blocked or muted another, or took it back. Heard by that member alone, never by the other."""

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


class MemberLeaving(Event, name="member.leaving"):
    """Somebody asked to be erased; until then they may come back. For those who count on them, and nobody else."""

    member: Personal[str]
    erase_after: datetime


class MemberFollowed(Event, name="member.followed"):
    """A member follows another."""

    member: Personal[str]
    followed: Personal[str]


class StateChanged(Event, name="member.state.changed"):
    """A member takes part more or less than before, or was restricted, suspended or restored. Shown to nobody else."""

    member: Personal[str]
    phase: MemberPhase
    reason: str


class MemberRestricted(Event, name="member.restricted"):
    """People restricted or suspended a member; `until` None: without a term."""

    member: Personal[str]
    sanction: str
    phase: Literal["restricted", "suspended"]
    until: datetime | None
    reason: str


class MemberRestored(Event, name="member.restored"):
    """No restriction is in force any more: its term ended, or an appeal was granted."""

    member: Personal[str]
    sanction: str
    cause: Literal["term", "appeal"]


class MemberRsvp(Event, name="member.event.rsvp"):
    """A member has a seat at an event."""

    member: Personal[str]
    event: str


class VoteCast(Event, name="member.vote.cast"):
    """A member took part in a vote; told when it is closed. `vote` is "" where it is not public who voted on what."""

    member: Personal[str]
    vote: str


class ConsentChanged(Event, name="member.consent.changed"):
    """A member gave or withdrew a consent."""

    member: Personal[str]
    kind: ConsentKind
    is_given: bool


class PromotionOffered(Event, name="member.promotion.offered"):
    """Engagement was high for long: the member may be called active, or is (`is_taken`). No level changes by it."""

    member: Personal[str]
    is_taken: bool


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
    """What a member contributed: posts and comments as published, public votes taken part in, events attended."""

    posts: int
    comments: int
    votes: int = 0
    events: int = 0


class ModerationCounts(View):
    """`flags`: posts that software hid; `warnings`: in force. Shown to oneself and to moderators."""

    flags: int
    warnings: int


class MemberView(View):
    """A member as others see it. Parts that privacy settings keep from the reader are left out.

    To oneself: privacy, age group, promotion, erase_after. To officers: standing, bodies. To moderators: moderation.
    `recognised`: called an active member by engagement; the level, by which rolls go, is an officer's.
    """

    id: str
    username: Personal[str]
    membership_level: MembershipLevel
    verified: bool
    recognised: bool
    member_since: datetime
    region: str | UnsetType = UNSET
    interests: tuple[str, ...] | UnsetType = UNSET
    contributions: ContributionCounts | UnsetType = UNSET
    activity: MemberPhase | UnsetType = UNSET
    standing: Standing | UnsetType = UNSET
    bodies: tuple[Seat, ...] | UnsetType = UNSET
    moderation: ModerationCounts | UnsetType = UNSET
    age_group: AgeGroup | UnsetType | None = UNSET
    privacy: Privacy | UnsetType = UNSET
    promotion: Literal["none", "offered", "taken"] | UnsetType = UNSET
    erase_after: datetime | UnsetType = UNSET
