"""A dispute about a result: filed by somebody on the roll, decided by several officials who are not too near to it."""

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from diramoja.core import (
    AgentKind,
    Call,
    Cancel,
    Command,
    Context,
    Decision,
    Personal,
    Put,
    Reject,
    RemindAt,
    Reply,
    Row,
    State,
    Tell,
    View,
    job,
)
from diramoja.core.ports.database import Database
from diramoja.fields import NEVER
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.vote.messages import OpenDispute, SettleDispute, TakeOpinion
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.views import DisputeView
from diramoja.plugins.vote.words import DisputeDecision

__all__ = ["Dispute", "Opinion", "dispute", "find_committee"]

COMMITTEE = 200
"""So many officials are told of a dispute at most."""
NOTICES = {
    "vote.dispute_opened": "The result of {title} is disputed. Several officials decide about it until {date}.",
    "vote.dispute_late": "The dispute about {title} was to be decided by {date} and is not: it waits for you.",
}


class FindCommittee(View):
    """`notice`: the kind of what they will be told."""

    notice: str


class TellCommittee(Command):
    """The officials there are; told by the job that looked them up."""

    notice: str
    members: Personal[tuple[str, ...]]


class MarkLate(Command):
    """It was to be decided by now; a reminder."""


class Opinion(Row):
    """What one of the committee decided."""

    member: Personal[str]
    decision: DisputeDecision
    reason: str
    at: datetime


class Dispute(State, version=1, omit_defaults=True):
    """What a dispute knows. `excluded`: who is too near to be told; `opinions`: how many decided what."""

    phase: Literal["absent", "filed", "decided"] = "absent"
    vote: str = ""
    title: str = ""
    text: str = ""
    filed_by: Personal[str] = ""
    filed_at: datetime = NEVER
    decide_by: datetime = NEVER
    excluded: Personal[tuple[str, ...]] = ()
    opinions: dict[DisputeDecision, int] = msgspec.field(default_factory=dict)
    decision: DisputeDecision | None = None
    decided_at: datetime | None = None


dispute = AgentKind("dispute", Dispute, prefix="dsp", rows=[Opinion])


@dispute.on("absent")
def open_dispute(state: Dispute, message: OpenDispute, context: Context) -> Decision:
    by = context.now + timedelta(days=context.settings(VoteSettings).dispute_decision_days)
    filed = state.but(
        phase="filed",
        vote=message.vote,
        title=message.title,
        text=message.text,
        filed_by=message.filed_by,
        filed_at=context.now,
        decide_by=by,
        excluded=message.excluded,
    )
    late = RemindAt(by, MarkLate())
    answer = Reply(_view(filed, context), status=201)
    return filed, late, *_committee("vote.dispute_opened", context), answer


def _committee(notice: str, context: Context) -> tuple[Call[Any], ...]:
    return (Call(find_committee, FindCommittee(notice), key=notice),) if context.has("notification") else ()


@job(FindCommittee, timeout_s=10)
async def find_committee(payload: FindCommittee, db: Database) -> Command | None:
    """Officials, by their level."""
    sql = "SELECT id FROM member WHERE membership_level = 'official' ORDER BY id LIMIT $1"
    rows = await db.fetch(sql, COMMITTEE)
    return TellCommittee(payload.notice, tuple(row["id"] for row in rows)) if rows else None


@dispute.on("filed")
def tell_committee(state: Dispute, message: TellCommittee, context: Context) -> Decision:
    """All but those who are too near."""
    notice = Notify(
        kind=message.notice,
        notice_class="personal",
        subject=Subject("dispute", context.id),
        text=NOTICES[message.notice],
        values={"title": state.title, "date": state.decide_by.date().isoformat()},
    )
    free = (each for each in message.members if each not in state.excluded)
    return tuple(tell for member in free for tell in notify(context, member, notice))


@dispute.on("decided")
def tell_nobody(state: Dispute, message: TellCommittee, context: Context) -> Decision:
    """It was decided meanwhile."""
    return None


@dispute.on("filed")
def mark_late(state: Dispute, message: MarkLate, context: Context) -> Decision:
    return _committee("vote.dispute_late", context)


@dispute.on("filed")
def take_opinion(state: Dispute, message: TakeOpinion, context: Context) -> Decision:
    """One voice; with enough of them, and more than half for one thing, it is decided."""
    if context.row(Opinion, message.member):
        return Reject("opinion_given", "You gave your decision on this dispute before.")
    opinion = Opinion(message.member, message.decision, message.reason, context.now)
    opinions = {**state.opinions, message.decision: state.opinions.get(message.decision, 0) + 1}
    heard = state.but(opinions=opinions)
    most, given = max(opinions.values()), sum(opinions.values())
    enough = context.settings(VoteSettings).committee_min
    if given < enough or most * 2 <= given:
        return heard, Put(opinion), Reply(_view(heard, context))
    return _decided(heard, opinion, context)


def _decided(state: Dispute, opinion: Opinion, context: Context) -> tuple[Any, ...]:
    decision = max(state.opinions, key=lambda each: state.opinions[each])
    decided = state.but(phase="decided", decision=decision, decided_at=context.now)
    notice = Notify(
        kind="vote.dispute_decided",
        notice_class="personal",
        subject=Subject("dispute", context.id),
        text=DECIDED[decision],
        values={"title": state.title},
    )
    return (
        decided,
        Put(opinion),
        Cancel(MarkLate.wire_name),
        Tell("vote", state.vote, SettleDispute(context.id, decision, opinion.reason)),
        *notify(context, state.filed_by, notice),
        Reply(_view(decided, context)),
    )


DECIDED: dict[DisputeDecision, str] = {
    "reject": "Your dispute about {title} was rejected; the reasons are with it.",
    "recount": "After your dispute the ballots of {title} are counted again.",
    "annul": "After your dispute the vote {title} was annulled.",
}


def _view(state: Dispute, context: Context) -> DisputeView:
    return DisputeView(
        id=context.id,
        vote_id=state.vote,
        text=state.text,
        filed_at=state.filed_at,
        decide_by=state.decide_by,
        deciders=sum(state.opinions.values()),
        decision=state.decision,
        decided_at=state.decided_at,
    )
