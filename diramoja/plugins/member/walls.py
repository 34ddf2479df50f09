"""Whom a member follows, blocks and mutes. Both agents know of a block; none of it is shown to the other."""

from diramoja.core import Command, Context, Decision, Put, Reject, Remove, Tell
from diramoja.plugins.member.contracts import (
    BlockMember,
    FollowMember,
    MemberFollowed,
    MuteMember,
    UnblockMember,
    UnfollowMember,
    UnmuteMember,
    WallChanged,
)
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import PRESENT, Following, Member, Wall, member, only_oneself, wake

__all__ = ["FaceWall"]


class FaceWall(Command):
    """Told by another member: they block this one, or do so no more."""

    is_up: bool


@member.on(*PRESENT)
def follow_member(state: Member, message: FollowMember, context: Context) -> Decision:
    """Known to the follower only. A wall looks as if nobody were there."""
    if refusal := only_oneself(context):
        return refusal
    if message.member == context.id:
        return Reject("follow_self", "Nobody follows themselves.")
    if context.row(Following, message.member):
        return None
    if (wall := context.row(Wall, message.member)) and (wall.blocks or wall.blocked_by):
        return Reject("member_missing", f"There is no member {message.member}.", 404)
    if state.following >= context.settings(MemberSettings).following_max:
        return Reject("following_full", "No more members can be followed.")
    awake, news = wake(state, context)
    return (
        awake.but(following=state.following + 1),
        *news,
        Put(Following(message.member, context.now)),
        MemberFollowed(context.id, message.member),
    )


@member.on(*PRESENT)
def unfollow_member(state: Member, message: UnfollowMember, context: Context) -> Decision:
    """Known to the follower only."""
    if refusal := only_oneself(context):
        return refusal
    return _left(state, message.member, context) or None


@member.on(*PRESENT)
def block_member(state: Member, message: BlockMember, context: Context) -> Decision:
    """Neither follows the other any more."""
    wall, refusal = _wall(state, message.member, context)
    if refusal or wall.blocks:
        return refusal
    return (
        *(_left(_walled(state, wall), message.member, context) or (_walled(state, wall),)),
        Put(wall.but(blocks=True, since=context.now)),
        Tell("member", message.member, FaceWall(is_up=True)),
        WallChanged(context.id, message.member, "block", is_up=True),
    )


@member.on(*PRESENT)
def unblock_member(state: Member, message: UnblockMember, context: Context) -> Decision:
    """What they followed is not followed again by itself."""
    if refusal := only_oneself(context):
        return refusal
    wall = context.row(Wall, message.member)
    if wall is None or not wall.blocks:
        return None
    return (
        *_lowered(state, wall.but(blocks=False)),
        Tell("member", message.member, FaceWall(is_up=False)),
        WallChanged(context.id, message.member, "block", is_up=False),
    )


@member.on(*PRESENT)
def mute_member(state: Member, message: MuteMember, context: Context) -> Decision:
    """Known to this member alone."""
    wall, refusal = _wall(state, message.member, context)
    if refusal or wall.mutes:
        return refusal
    since = wall.since if wall.blocks else context.now
    muted = WallChanged(context.id, message.member, "mute", is_up=True)
    return _walled(state, wall), Put(wall.but(mutes=True, since=since)), muted


@member.on(*PRESENT)
def unmute_member(state: Member, message: UnmuteMember, context: Context) -> Decision:
    """Known to this member alone."""
    if refusal := only_oneself(context):
        return refusal
    wall = context.row(Wall, message.member)
    if wall is None or not wall.mutes:
        return None
    lowered = _lowered(state, wall.but(mutes=False))
    return *lowered, WallChanged(context.id, message.member, "mute", is_up=False)


@member.on(*PRESENT)
def face_wall(state: Member, message: FaceWall, context: Context) -> Decision:
    """Nothing of it is shown; this member merely follows the other no more."""
    wall = context.row(Wall, context.sender) or Wall(context.sender, since=context.now)
    if not message.is_up:
        return _kept(wall.but(blocked_by=False))
    return *_left(state, context.sender, context), Put(wall.but(blocked_by=True))


# --- parts of decisions ---


def _wall(state: Member, other: str, context: Context) -> tuple[Wall, Reject | None]:
    """The row of another, as it is, and why none may be put up."""
    wall = context.row(Wall, other) or Wall(other, since=context.now)
    if refusal := only_oneself(context):
        return wall, refusal
    if other == context.id:
        return wall, Reject("wall_self", "Nobody blocks or mutes themselves.")
    full = state.walls >= context.settings(MemberSettings).walls_max
    if full and not (wall.blocks or wall.mutes):
        return wall, Reject("walls_full", "No more members can be blocked or muted.")
    return wall, None


def _walled(state: Member, before: Wall) -> Member:
    return state if before.blocks or before.mutes else state.but(walls=state.walls + 1)


def _lowered(state: Member, after: Wall) -> tuple[Member | Put | Remove, ...]:
    own = after.blocks or after.mutes
    return state if own else state.but(walls=state.walls - 1), _kept(after)


def _kept(wall: Wall) -> Put | Remove:
    return Put(wall) if wall.blocks or wall.mutes or wall.blocked_by else Remove(Wall, wall.member)


def _left(state: Member, other: str, context: Context) -> tuple[Member | Remove, ...]:
    """Follow them no more; nothing where they were not followed."""
    if not context.row(Following, other):
        return ()
    return state.but(following=state.following - 1), Remove(Following, other)
