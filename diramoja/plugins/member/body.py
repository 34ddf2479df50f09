"""A body of the organisation: a board, a branch, a committee. Bodies are a tree, and officers say who is in them."""

from datetime import datetime
from typing import Literal

from diramoja.core import AgentKind, Context, Decision, Personal, Put, Remove, Reply, Row, State, Tell
from diramoja.fields import NEVER
from diramoja.plugins.member.body_contracts import BodyOpened, BodyRole, OpenBody, SeatChanged, SeatMember, UnseatMember
from diramoja.plugins.member.forgetting_contracts import ForgetMember
from diramoja.plugins.member.state import unknown_region
from diramoja.plugins.member.views import BodyView, NoteSeat

__all__ = ["Body", "BodySeat", "body"]


class BodySeat(Row):
    """One member of the body."""

    member: Personal[str]
    role: BodyRole
    since: datetime


class Body(State):
    """What is known of a body. `members` counts them."""

    phase: Literal["absent", "open"] = "absent"
    name: str = ""
    region: str = ""
    parent: str | None = None
    members: int = 0
    created_at: datetime = NEVER


body = AgentKind("body", Body, prefix="bod", rows=[BodySeat])


@body.on("absent")
def open_body(state: Body, message: OpenBody, context: Context) -> Decision:
    """Below one that is there already, so that no circle comes about."""
    if refusal := unknown_region(message.region, context):
        return refusal
    opened = state.but(
        phase="open", name=message.name, region=message.region, parent=message.parent_id, created_at=context.now
    )
    event = BodyOpened(context.id, message.name, message.region, message.parent_id)
    return opened, event, Reply(_view(context.id, opened), status=201)


@body.on("open")
def seat_member(state: Body, message: SeatMember, context: Context) -> Decision:
    """The member's agent knows it too."""
    seat = context.row(BodySeat, message.member)
    if seat and seat.role == message.role:
        return None
    since = seat.since if seat else context.now
    return (
        state if seat else state.but(members=state.members + 1),
        Put(BodySeat(message.member, message.role, since)),
        SeatChanged(context.id, message.member, message.role),
        Tell("member", message.member, NoteSeat(context.id, message.role)),
    )


@body.on("open")
def unseat_member(state: Body, message: UnseatMember, context: Context) -> Decision:
    """The member's agent knows it too."""
    if context.row(BodySeat, message.member) is None:
        return None
    return (
        state.but(members=state.members - 1),
        Remove(BodySeat, message.member),
        SeatChanged(context.id, message.member, None),
        Tell("member", message.member, NoteSeat(context.id, None)),
    )


@body.on("open")
def forget_member(state: Body, message: ForgetMember, context: Context) -> Decision:
    """They are one of it no more."""
    if context.row(BodySeat, message.member) is None:
        return None
    return state.but(members=state.members - 1), Remove(BodySeat, message.member)


def _view(id: str, state: Body) -> BodyView:
    return BodyView(id, state.name, state.region, state.parent, state.members, state.created_at)
