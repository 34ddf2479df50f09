"""What the routes of members answer beside a MemberView, and what a body tells its members."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from diramoja.core import Command, Personal, View
from diramoja.plugins.member.body_contracts import BodyRole
from diramoja.plugins.member.contracts import MembershipLevel, MemberView, Standing

__all__ = [
    "BodyView",
    "ComponentView",
    "ConsentView",
    "ConsentsView",
    "EngagementView",
    "ExportPage",
    "ExportView",
    "HeldView",
    "LeavingView",
    "MembershipChangeView",
    "NetworkView",
    "NoteSeat",
    "RegionView",
    "RegionsView",
    "ReputationView",
    "SeatView",
    "WallView",
    "consents_view",
]


class NoteSeat(Command):
    """Told by a body: the member is one of it in this role, or no more (None)."""

    body: str
    role: BodyRole | None


class ConsentView(View):
    """A consent: `at` is when it was given or withdrawn, None where nobody ever asked."""

    is_given: bool = False
    at: datetime | None = None


class ConsentsView(View):
    """All that a member can consent to."""

    campaign: ConsentView
    connect: ConsentView
    leaderboard: ConsentView


def consents_view(known: Mapping[str, tuple[bool, datetime]]) -> ConsentsView:
    """From kind → (given, when)."""
    kinds = ConsentsView.__struct_fields__
    return ConsentsView(*(ConsentView(*known[kind]) if kind in known else ConsentView() for kind in kinds))


class LeavingView(View):
    """Somebody leaves: until `erase_after` they may come back; `posts`: what becomes of what they posted."""

    erase_after: datetime
    posts: Literal["keep", "delete"]


class ExportView(View):
    """An export that was asked for; it can be read until `expires_at`."""

    id: str
    created_at: datetime
    expires_at: datetime


class HeldView(View):
    """Something that is held of a member: by which plugin, as what, and its fields as they are stored."""

    plugin: str
    holding: str
    data: dict[str, Any]


class ExportPage(View):
    """A page of an export, read as it is now: nothing is copied for it. A page may be empty before the last one."""

    id: str
    created_at: datetime
    expires_at: datetime
    items: tuple[HeldView, ...]
    next_cursor: str | None


class ComponentView(View):
    """A component of the engagement: `value` 0 to 100 and its weight; the weights of those there are make the mean."""

    name: str
    value: int
    weight: float


class ReputationView(View):
    """F3, 0 to 100: what counts for and against the member at present; both fade by half in 180 days."""

    score: int
    good: float
    bad: float


class EngagementView(View):
    """F1, 0 to 100, with its components.

    Attributes:
        score: as it is; it comes nearer to `target` from day to day.
        target: what the components come to now.
        report_weight: what a report of this member weighs in the queue of moderators (F4), 0 to 1.
    """

    score: int
    target: int
    components: tuple[ComponentView, ...]
    reputation: ReputationView
    report_weight: float


class NetworkView(View):
    """Whom a member follows, last first and at most 100 of them; of the followers only their number."""

    following_count: int
    follower_count: int
    following: tuple[MemberView, ...]


class WallView(View):
    """A member whom one blocked or muted."""

    member_id: Personal[str]
    username: Personal[str]
    block: bool
    mute: bool
    since: datetime


class MembershipChangeView(View):
    """What was set, and why. `by`: the officer, shown to officers; "" for the command line."""

    at: datetime
    level: MembershipLevel
    standing: Standing
    verified: bool
    reason: str
    by: Personal[str] | UnsetType = UNSET


class RegionView(View):
    """A region with those in it."""

    id: str
    name: str
    children: tuple["RegionView", ...] = ()


class RegionsView(View):
    """The regions from the roots down."""

    items: tuple[RegionView, ...]


class BodyView(View):
    """A body; `parent_id` is the one above it."""

    id: str
    name: str
    region: str
    parent_id: str | None
    member_count: int
    created_at: datetime


class SeatView(View):
    """One of a body."""

    member_id: Personal[str]
    username: Personal[str]
    role: BodyRole
    since: datetime
