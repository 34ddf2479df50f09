"""The member's own affairs: joining, profile, consents, level and standing.

The other handlers of the kind are in the modules beside this one, by subject, which are imported here.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec import UNSET

from diramoja.core import Context, Decision, Event, Put, Reject, RemindAt, Reply
from diramoja.plugins.member import activity, forgetting, gatherings, leaving, sanctions, scores, voting, walls, writing
from diramoja.plugins.member.body_contracts import Seat
from diramoja.plugins.member.contracts import (
    AnswerPromotion,
    ConsentChanged,
    ConsentKind,
    Join,
    LevelChanged,
    MemberJoined,
    MembershipLevel,
    SetConsents,
    SetMembership,
    StandingChanged,
    UpdateProfile,
)
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import (
    PRESENT,
    Consent,
    Member,
    MembershipChange,
    ReviewActivity,
    member,
    member_view,
    officer_view,
    only_oneself,
    unknown_region,
)
from diramoja.plugins.member.views import NoteSeat, consents_view

__all__ = ["HANDLED_IN", "member"]

HANDLED_IN = (activity, forgetting, gatherings, leaving, sanctions, scores, voting, walls, writing)
"""The modules whose handlers belong to the kind."""

LEVELS_ABOVE_MEMBER: tuple[MembershipLevel, ...] = ("active_member", "leader", "official")


@member.on("absent")
def join(state: Member, message: Join, context: Context) -> Decision:
    """A new supporter. A region that this deployment has not is left out: the gateway refuses it before."""
    settings = context.settings(MemberSettings)
    looked_at = context.now + timedelta(days=settings.occasional_after_days)
    joined = state.but(
        phase="active",
        username=message.username,
        interests=message.interests,
        region=message.region if message.region in settings.regions else "",
        age_group=message.age_group,
        member_since=context.now,
        last_active_at=context.now,
        reviewed_at=context.now,
        review_at=looked_at,
    )
    event = MemberJoined(context.id, message.username, joined.region, message.interests)
    look = RemindAt(looked_at, ReviewActivity())
    return joined, event, look, Reply(member_view(context.id, joined), status=201)


@member.on(*PRESENT)
def join_again(state: Member, message: Join, context: Context) -> Decision:
    """The importer asks again: the member is there."""
    return Reply(member_view(context.id, state), status=201)


@member.on(*PRESENT)
def update_profile(state: Member, message: UpdateProfile, context: Context) -> Decision:
    """By the member alone."""
    refusal = only_oneself(context) or (None if message.region is UNSET else unknown_region(message.region, context))
    if refusal:
        return refusal
    given: dict[str, Any] = _given(message)
    if message.privacy is not UNSET:
        given["privacy"] = state.privacy.but(**_given(message.privacy))
    changed = state.but(**given)
    return changed, Reply(member_view(context.id, changed))


def _given(message: Any) -> dict[str, Any]:
    asked = {name: getattr(message, name) for name in message.__struct_fields__}
    return {name: value for name, value in asked.items() if value is not UNSET}


@member.on(*PRESENT)
def set_consents(state: Member, message: SetConsents, context: Context) -> Decision:
    """By the member alone; the time of a consent is that of its last change."""
    if refusal := only_oneself(context):
        return refusal
    kinds: tuple[ConsentKind, ...] = ("campaign", "connect", "leaderboard")
    asked = _given(message)
    known: dict[str, tuple[bool, datetime]] = {}
    changed: list[Put | Event] = []
    for kind in kinds:
        row, is_given = context.row(Consent, kind), asked.get(kind)
        if is_given is not None and (row is None or row.is_given != is_given):
            row = Consent(kind, is_given, context.now)
            changed += [Put(row), ConsentChanged(context.id, kind, is_given)]
        if row is not None:
            known[kind] = (row.is_given, row.at)
    return *changed, Reply(consents_view(known))


@member.on(*PRESENT)
def set_membership(state: Member, message: SetMembership, context: Context) -> Decision:
    """By an officer for somebody else; each change leaves its reason."""
    if context.sender == context.id:
        return Reject("own_membership", "Another officer sets your level and standing.", 403)
    level, standing = message.level or state.membership_level, message.standing or state.standing
    verified = state.verified if message.verified is None else message.verified
    if (level, standing, verified) == (state.membership_level, state.standing, state.verified):
        return Reply(officer_view(context.id, state))
    changed = state.but(
        membership_level=level,
        standing=standing,
        verified=verified,
        changes=state.changes + 1,
        promotion="none" if level in LEVELS_ABOVE_MEMBER else state.promotion,
    )
    id = f"{context.id}:{changed.changes}"
    row = MembershipChange(id, context.now, context.sender, level, standing, verified, message.reason)
    events: list[Event] = []
    if level != state.membership_level:
        events.append(LevelChanged(context.id, level, message.reason))
    if standing != state.standing:
        events.append(StandingChanged(context.id, standing, message.reason))
    return changed, Put(row), *events, Reply(officer_view(context.id, changed))


@member.on(*PRESENT)
def answer_promotion(state: Member, message: AnswerPromotion, context: Context) -> Decision:
    """An offer is taken or declined; what was taken can be given back."""
    if refusal := only_oneself(context):
        return refusal
    if state.promotion == "none":
        return Reject("promotion_missing", "There is no offer.", 404)
    answered = state.but(promotion="taken" if message.accept else "none", high_since=None)
    return answered, Reply(member_view(context.id, answered))


@member.on(*PRESENT)
def note_seat(state: Member, message: NoteSeat, context: Context) -> Decision:
    """Told by the body."""
    others = tuple(seat for seat in state.seats if seat.body_id != message.body)
    return state.but(seats=(*others, Seat(message.body, message.role)) if message.role else others)
