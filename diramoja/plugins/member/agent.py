"""The member: profile, level and standing, whom they follow, and the rules for what they write."""

from datetime import UTC, datetime
from typing import Literal

from msgspec import UNSET

from diramoja.core import (
    AgentKind,
    Context,
    Decision,
    Event,
    Personal,
    Put,
    Reject,
    Remove,
    Reply,
    Row,
    State,
    Tell,
)
from diramoja.plugins.member.contracts import (
    AgeGroup,
    ContributionCounts,
    CountPost,
    FollowMember,
    Join,
    LevelChanged,
    MemberFollowed,
    MemberJoined,
    MembershipLevel,
    MemberView,
    SetMembership,
    Standing,
    StandingChanged,
    SubmitEdit,
    SubmitPost,
    SubmitShare,
    SubmitTopic,
    UnfollowMember,
    UpdateProfile,
)
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.topic.contracts import EditPost, OpenTopic, PostPublished, SharePost, TakePost

__all__ = ["Following", "Member", "member"]

_NEVER = datetime.fromtimestamp(0, UTC)


class Following(Row):
    """One per member followed."""

    member: Personal[str]
    since: datetime


class Member(State):
    """What is known of a member."""

    phase: Literal["absent", "active"] = "absent"
    username: Personal[str] = ""
    membership_level: MembershipLevel = "supporter"
    standing: Standing = "good"
    interests: tuple[str, ...] = ()
    region: str = ""
    age_group: AgeGroup | None = None
    member_since: datetime = _NEVER
    posts: int = 0
    comments: int = 0
    following: int = 0


member = AgentKind("member", Member, prefix="mem", rows=[Following])


def member_view(id: str, state: Member) -> MemberView:
    """As the member sees it."""
    return MemberView(
        id=id,
        username=state.username,
        membership_level=state.membership_level,
        standing=state.standing,
        region=state.region,
        interests=state.interests,
        member_since=state.member_since,
        contributions=ContributionCounts(state.posts, state.comments),
        age_group=state.age_group,
    )


@member.on("absent")
def join(state: Member, message: Join, context: Context) -> Decision:
    """A new supporter."""
    joined = state.but(
        phase="active",
        username=message.username,
        interests=message.interests,
        region=message.region,
        age_group=message.age_group,
        member_since=context.now,
    )
    event = MemberJoined(context.id, message.username, message.region, message.interests)
    return joined, event, Reply(member_view(context.id, joined), status=201)


@member.on("active")
def join_again(state: Member, message: Join, context: Context) -> Decision:
    """The importer asks again: the member is there."""
    return Reply(member_view(context.id, state), status=201)


@member.on("active")
def update_profile(state: Member, message: UpdateProfile, context: Context) -> Decision:
    """By the member alone."""
    if context.sender != context.id:
        return Reject("denied", "Only the member can change this profile.", 403)
    asked = {name: getattr(message, name) for name in message.__struct_fields__}
    changed = state.but(**{name: value for name, value in asked.items() if value is not UNSET})
    return changed, Reply(member_view(context.id, changed))


@member.on("active")
def set_membership(state: Member, message: SetMembership, context: Context) -> Decision:
    """By an officer; each change leaves its reason."""
    level, standing = message.level or state.membership_level, message.standing or state.standing
    changed = state.but(membership_level=level, standing=standing)
    events: list[Event] = []
    if level != state.membership_level:
        events.append(LevelChanged(context.id, level, message.reason))
    if standing != state.standing:
        events.append(StandingChanged(context.id, standing, message.reason))
    return changed, *events, Reply(member_view(context.id, changed))


@member.on("active")
def follow_member(state: Member, message: FollowMember, context: Context) -> Decision:
    """Known to the follower only."""
    if context.sender != context.id:
        return Reject("denied", "A member follows for themselves.", 403)
    if message.member == context.id:
        return Reject("follow_self", "Nobody follows themselves.")
    if context.row(Following, message.member):
        return None
    if state.following >= context.settings(MemberSettings).following_max:
        return Reject("following_full", "No more members can be followed.")
    return (
        state.but(following=state.following + 1),
        Put(Following(message.member, context.now)),
        MemberFollowed(context.id, message.member),
    )


@member.on("active")
def unfollow_member(state: Member, message: UnfollowMember, context: Context) -> Decision:
    """Known to the follower only."""
    if context.sender != context.id:
        return Reject("denied", "A member follows for themselves.", 403)
    if not context.row(Following, message.member):
        return None
    return state.but(following=state.following - 1), Remove(Following, message.member)


def _may_write(state: Member, context: Context) -> Reject | None:
    """The member's own rules for whatever they write."""
    if context.sender != context.id:
        return Reject("denied", "A member writes for themselves.", 403)
    if state.standing == "suspended_by_body":
        return Reject("suspended", "Your membership is suspended: you cannot write.", 403)
    return None


@member.on("active")
def submit_topic(state: Member, message: SubmitTopic, context: Context) -> Decision:
    """The topic takes it from here and answers."""
    opened = OpenTopic(message.title, message.description, message.category, message.tags, message.policy_proposal)
    return _may_write(state, context) or Tell("topic", message.topic_id, opened, answers=True)


@member.on("active")
def submit_post(state: Member, message: SubmitPost, context: Context) -> Decision:
    """The topic takes it from here and answers."""
    take = TakePost(message.post_id, context.id, message.body, message.reply_to, state.member_since)
    return _may_write(state, context) or Tell("topic", message.topic_id, take, answers=True)


@member.on("active")
def submit_edit(state: Member, message: SubmitEdit, context: Context) -> Decision:
    """The topic takes it from here and answers."""
    edit = EditPost(message.post_id, context.id, message.body)
    return _may_write(state, context) or Tell("topic", message.topic_id, edit, answers=True)


@member.on("active")
def submit_share(state: Member, message: SubmitShare, context: Context) -> Decision:
    """The topic of the post takes it from here, and the one that it is shared into answers."""
    share = SharePost(
        post_id=message.post_id,
        share_id=message.share_id,
        into=message.into,
        author=context.id,
        comment=message.comment,
        is_acknowledged=message.is_acknowledged,
        member_since=state.member_since,
    )
    return _may_write(state, context) or Tell("topic", message.topic_id, share, answers=True)


@member.on("active")
def count_post(state: Member, message: CountPost, context: Context) -> Decision:
    """For the contributions shown."""
    if message.is_reply:
        return state.but(comments=state.comments + 1)
    return state.but(posts=state.posts + 1)


member.hears(PostPublished, to=lambda event: [(event.author, CountPost(event.post, event.reply_to is not None))])
