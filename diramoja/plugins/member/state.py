"""What a member is: state, own rows, and what several of its handlers need."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import UNSET

from diramoja.core import AgentKind, Command, Context, Personal, Reject, RemindAt, Row, State, View
from diramoja.fields import NEVER
from diramoja.plugins.member.body_contracts import Seat
from diramoja.plugins.member.contracts import (
    AgeGroup,
    ConsentKind,
    ContributionCounts,
    MemberPhase,
    MembershipLevel,
    MemberView,
    ModerationCounts,
    Privacy,
    Standing,
    StateChanged,
)
from diramoja.plugins.member.rules import activity_phase
from diramoja.plugins.member.settings import MemberSettings

__all__ = [
    "FREE",
    "PRESENT",
    "Consent",
    "Export",
    "Filed",
    "Following",
    "InForce",
    "Liker",
    "Member",
    "MembershipChange",
    "OwnPost",
    "RatedPost",
    "ReviewActivity",
    "Sanction",
    "Wall",
    "be",
    "in_force",
    "member",
    "member_view",
    "officer_view",
    "only_oneself",
    "phase_of",
    "unknown_region",
    "wake",
]

FREE = ("active", "occasional", "inactive", "dormant")
"""Phases by activity."""
PRESENT = (*FREE, "restricted", "suspended")
DAY = timedelta(days=1)


class ReviewActivity(Command):
    """Let the engagement move on to today, and see whether the member stays away."""


# --- own rows ---


class Following(Row):
    """One per member followed."""

    member: Personal[str]
    since: datetime


class Wall(Row):
    """One per member who is blocked or muted, or has blocked this one."""

    member: Personal[str]
    blocks: bool = False
    mutes: bool = False
    blocked_by: bool = False
    since: datetime = NEVER


class Consent(Row):
    """The last word on one purpose."""

    kind: ConsentKind
    is_given: bool
    at: datetime


class Export(Row):
    """The member asked for all that is held of them: it can be read until `expires_at`."""

    id: str
    at: datetime
    expires_at: datetime


class MembershipChange(Row):
    """What an officer set, and why. `by` is "" for the command line."""

    id: str
    at: datetime
    by: Personal[str]
    level: MembershipLevel
    standing: Standing
    verified: bool
    reason: str


class OwnPost(Row):
    """What counts of a post of this member: F2 in thirds (None: not told yet) and who likes it, as far as it counts."""

    id: str
    thirds: int | None = None
    likers: tuple[Personal[str], ...] = ()


class Liker(Row):
    """How many likes of a member counted in a month."""

    member: Personal[str]
    month: str
    count: int


class Filed(Row):
    """A report that people decided about; `number` counts them from 0."""

    id: str
    outcome: Literal["confirmed", "unfounded", "bad_faith"]
    number: int
    at: datetime


class Sanction(Row):
    """A decision of people about this member; `weight` counts against the reputation (F3)."""

    id: str
    action: Literal["hide", "remove", "warn", "restrict", "suspend", "ban"]
    reason: str
    at: datetime
    ends_at: datetime | None
    weight: float
    status: Literal["in_force", "ended", "lifted"] = "in_force"


# --- the state ---


class InForce(View):
    """A restriction or suspension that holds; `until` None: without a term."""

    sanction: str
    phase: Literal["restricted", "suspended"]
    until: datetime | None
    reason: str


class RatedPost(View, array_like=True):
    """A post with its F2 in thirds; a state has twenty of them, so without the names of the fields."""

    post: str
    thirds: int


class Member(State):
    """What is known of a member.

    Attributes:
        walls: members blocked or muted.
        flags: posts that software hid. `warnings`: in force.
        engagement: F1 as of `reviewed_at`, not rounded. `high_since`: above the threshold of promotion.
        post_days: last days with a published post. `recent`: last posts.
        event_days: of the last events attended. `event_open_on`: the last day on which one was open to them.
        vote_days: last days on which a vote with the member on the roll was closed, one for each; `voted_days`: of
            these they took part in. `votes`: public ones taken part in, in all.
        good: of F3, as of `weighed_at`; `bad` likewise.
        report_outcomes: of the last decided reports, `c` for confirmed, else `u`; `reports_decided` counts all.
        reengaged: times since the last activity. `reengaged_at`: the last one.
        written: posts on the day `written_on`; counted while the reputation is low.
        erase_after: where the member leaves: until then they may come back. `posts_then`: what becomes of their posts.
        exports: those that can be read.
        looked: how often everything was looked through since the member was erased.
    """

    phase: Literal["absent", "active", "occasional", "inactive", "dormant", "restricted", "suspended", "erased"] = (
        "absent"
    )
    username: Personal[str] = ""
    membership_level: MembershipLevel = "supporter"
    standing: Standing = "good"
    verified: bool = False
    interests: tuple[str, ...] = ()
    region: str = ""
    age_group: AgeGroup | None = None
    member_since: datetime = NEVER
    privacy: Privacy = msgspec.field(default_factory=Privacy)
    posts: int = 0
    comments: int = 0
    events: int = 0
    following: int = 0
    walls: int = 0
    seats: tuple[Seat, ...] = ()
    changes: int = 0
    flags: int = 0
    warnings: int = 0
    in_force: tuple[InForce, ...] = ()
    last_active_at: datetime = NEVER
    engagement: float = 0.0
    reviewed_at: datetime = NEVER
    review_at: datetime | None = None
    high_since: datetime | None = None
    promotion: Literal["none", "offered", "taken"] = "none"
    post_days: tuple[int, ...] = ()
    vote_days: tuple[int, ...] = ()
    voted_days: tuple[int, ...] = ()
    votes: int = 0
    recent: tuple[RatedPost, ...] = ()
    event_days: tuple[int, ...] = ()
    event_open_on: int = 0
    good: float = 0.0
    bad: float = 0.0
    weighed_at: datetime = NEVER
    reports_decided: int = 0
    report_outcomes: str = ""
    reengaged: int = 0
    reengaged_at: datetime | None = None
    written: int = 0
    written_on: int = 0
    erase_after: datetime | None = None
    posts_then: Literal["keep", "delete"] = "keep"
    exports: int = 0
    looked: int = 0


member = AgentKind(
    "member",
    Member,
    prefix="mem",
    rows=[Following, Wall, Consent, MembershipChange, OwnPost, Liker, Filed, Sanction, Export],
)

# --- parts of decisions ---


def member_view(id: str, state: Member) -> MemberView:
    """As the member sees it."""
    return MemberView(
        id=id,
        username=state.username,
        membership_level=state.membership_level,
        verified=state.verified,
        recognised=state.promotion == "taken",
        member_since=state.member_since,
        region=state.region,
        interests=state.interests,
        contributions=ContributionCounts(state.posts, state.comments, state.votes, state.events),
        activity=state.phase,
        standing=state.standing,
        bodies=state.seats,
        moderation=ModerationCounts(state.flags, state.warnings),
        age_group=state.age_group,
        privacy=state.privacy,
        promotion=state.promotion,
        erase_after=state.erase_after or UNSET,
    )


def officer_view(id: str, state: Member) -> MemberView:
    """As a membership officer sees it: without what only the member, or moderators, need to know."""
    privacy, free, shown = state.privacy, state.phase in FREE, member_view(id, state)
    return shown.but(
        interests=state.interests if privacy.interests != "nobody" else UNSET,
        contributions=shown.contributions if privacy.contributions != "nobody" else UNSET,
        activity=state.phase if free and privacy.activity != "nobody" else UNSET,
        moderation=UNSET,
        age_group=UNSET,
        privacy=UNSET,
        promotion=UNSET,
        erase_after=UNSET,
    )


def only_oneself(context: Context) -> Reject | None:
    """A refusal where somebody else asks."""
    return None if context.sender == context.id else Reject("denied", "Only the member can do this.", 403)


def unknown_region(region: str, context: Context) -> Reject | None:
    """A refusal where this is no region of the deployment; "" is none and allowed."""
    if not region or region in context.settings(MemberSettings).regions:
        return None
    return Reject("region_unknown", "There is no such region. Take an id of GET /v1/regions.", 400)


def in_force(state: Member, now: datetime) -> InForce | None:
    """The strongest sanction that holds now: a suspension before a restriction, then the longest."""
    holding = [each for each in state.in_force if each.until is None or each.until > now]
    return max(
        holding, key=lambda each: (each.phase == "suspended", each.until is None, each.until or NEVER), default=None
    )


def be(state: Member, phase: MemberPhase, reason: str, context: Context) -> tuple[Member | StateChanged, ...]:
    """The member in this phase, and the news of it where it is another."""
    if phase == state.phase:
        return (state,)
    return state.but(phase=phase), StateChanged(context.id, phase, reason)


def wake(state: Member, context: Context) -> tuple[Member, tuple[StateChanged | RemindAt, ...]]:
    """The member after an activity, and what comes with it. Written down once a day: more would tell when they read."""
    phase = state.phase if state.phase not in FREE else "active"
    if phase == state.phase and state.last_active_at.date() == context.now.date():
        return state, ()
    awake = state.but(phase=phase, last_active_at=context.now, reengaged=0)
    news = () if phase == state.phase else (StateChanged(context.id, phase, "Active again."),)
    if state.review_at is not None and state.review_at <= context.now + DAY:
        return awake, news
    at = context.now + DAY
    return awake.but(reviewed_at=context.now, review_at=at), (*news, RemindAt(at, ReviewActivity()))


def phase_of(state: Member, now: datetime, settings: MemberSettings) -> MemberPhase:
    """By sanction, else by activity."""
    holding = in_force(state, now)
    return holding.phase if holding else activity_phase(state.last_active_at, now, settings)
