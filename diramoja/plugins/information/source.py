"""A source: rated by two people, for a year, and open to objection."""

from datetime import datetime, timedelta
from typing import Literal

from diramoja.core import AgentKind, Cancel, Context, Decision, Event, Personal, Reject, RemindAfter, Reply, State
from diramoja.fields import NEVER
from diramoja.plugins.information.contracts import (
    ConfirmSource,
    DecideObjection,
    ExpireSource,
    ObjectToSource,
    ProposeSource,
    Rating,
    SourceCleared,
    SourceFlagged,
    SourceStateView,
)
from diramoja.plugins.information.settings import InformationSettings
from diramoja.plugins.member.forgetting_contracts import ForgetMember, former
from diramoja.plugins.notification.contracts import Notify, Subject, notify

__all__ = ["Source", "source", "source_view"]

_SAME = Reject("second_person_needed", "Another person has to do this.", 403)
UPHELD = "Your objection was upheld: {domain} is rated no more. {reason}"
REFUSED = "Your objection was not upheld: the rating of {domain} stands. {reason}"


class Source(State, version=1):
    """What is said of a domain, by whom, and until when."""

    phase: Literal["absent", "proposed", "confirmed", "disputed", "cleared", "expired"] = "absent"
    domain: str = ""
    rating: Rating = "flagged"
    reason: str = ""
    evidence_url: str = ""
    proposed_by: Personal[str] = ""
    confirmed_by: Personal[str] = ""
    expires_at: datetime = NEVER
    objection: str = ""
    objected_by: Personal[str] = ""
    decision_reason: str = ""


source = AgentKind("source", Source, prefix="src")


@source.on("absent", "cleared", "expired")
def propose(state: Source, message: ProposeSource, context: Context) -> Decision:
    """Once more after a year, or after it was cleared, by two people again."""
    days = timedelta(days=context.settings(InformationSettings).proposal_days)
    proposed = Source(
        phase="proposed",
        domain=message.domain,
        rating=message.rating,
        reason=message.reason,
        evidence_url=message.evidence_url,
        proposed_by=context.sender,
        expires_at=context.now + days,
    )
    return proposed, RemindAfter(days, ExpireSource()), Reply(source_view(context.id, proposed), status=201)


@source.on("proposed")
def confirm(state: Source, message: ConfirmSource, context: Context) -> Decision:
    if context.sender == state.proposed_by:
        return _SAME
    days = timedelta(days=context.settings(InformationSettings).source_days)
    confirmed = state.but(phase="confirmed", confirmed_by=context.sender, expires_at=context.now + days)
    news = _flagged(context.id, confirmed)
    return confirmed, *news, RemindAfter(days, ExpireSource()), Reply(source_view(context.id, confirmed))


@source.on("confirmed")
def object_to(state: Source, message: ObjectToSource, context: Context) -> Decision:
    """The rating holds until somebody has decided."""
    disputed = state.but(phase="disputed", objection=message.text, objected_by=context.sender)
    return disputed, Reply(source_view(context.id, disputed), status=201)


@source.on("disputed")
def decide_objection(state: Source, message: DecideObjection, context: Context) -> Decision:
    if context.sender in (state.proposed_by, state.confirmed_by, state.objected_by):
        return _SAME
    told = Notify(
        kind="information.objection.decided",
        notice_class="personal",
        subject=Subject("source", context.id),
        text=UPHELD if message.upheld else REFUSED,
        values={"domain": state.domain, "reason": message.reason},
    )
    decided = state.but(phase="cleared" if message.upheld else "confirmed", decision_reason=message.reason)
    effects = notify(context, state.objected_by, told)
    reply = Reply(source_view(context.id, decided))
    if not message.upheld:
        return decided, *effects, reply
    return decided, *_cleared(context.id, state, "objection"), Cancel(ExpireSource.wire_name), *effects, reply


@source.on("proposed")
def lapse(state: Source, message: ExpireSource, context: Context) -> Decision:
    """Nobody confirmed it: it was never in force."""
    return state.but(phase="expired")


@source.on("confirmed", "disputed")
def expire(state: Source, message: ExpireSource, context: Context) -> Decision:
    return state.but(phase="expired"), *_cleared(context.id, state, "expired")


@source.on("proposed", "confirmed", "disputed", "cleared", "expired")
def forget_member(state: Source, message: ForgetMember, context: Context) -> Decision:
    """What two people said stays, without the one who is gone."""
    return former(state, message.member)


def _flagged(id: str, state: Source) -> list[Event]:
    if state.rating == "trusted":
        return []
    return [SourceFlagged(id, state.domain, state.reason, state.evidence_url, state.expires_at)]


def _cleared(id: str, state: Source, cause: Literal["expired", "objection"]) -> list[Event]:
    return [] if state.rating == "trusted" else [SourceCleared(id, state.domain, cause)]


def source_view(id: str, state: Source) -> SourceStateView:
    """A source as those who may rate it see it."""
    assert state.phase != "absent"
    return SourceStateView(
        id=id,
        domain=state.domain,
        rating=state.rating,
        reason=state.reason,
        evidence_url=state.evidence_url,
        state=state.phase,
        expires_at=state.expires_at,
    )
