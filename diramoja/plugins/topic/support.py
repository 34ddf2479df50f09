"""Supporters of a policy proposal: enough of them put it before an official, whatever any score says; and the vote."""

import math
from datetime import timedelta
from typing import Any

from diramoja.core import Call, Cancel, Command, Context, Decision, Put, Reject, RemindAt, Remove, Reply
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.topic.audiences import (
    CountStanding,
    FindOfficials,
    TellOfficials,
    WeighSupport,
    count_standing,
    find_officials,
)
from diramoja.plugins.topic.contracts import (
    DecideSupport,
    SupportDecided,
    SupportReached,
    SupportTopic,
    UnsupportTopic,
)
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import ALL, LIVING, OPEN, Supporter, Topic, topic, topic_view
from diramoja.plugins.vote.contracts import ResultsPublished, VoteScheduled

__all__ = ["AttachVote", "RemindOfficials"]

WEIGHED_FOR = timedelta(days=1)
"""So long the number of members is taken to be what it was, while the supporters are too few."""
REMINDED_BEFORE = timedelta(days=7), timedelta(days=1), timedelta(0)


NOTICES = {
    "topic.support": "The proposal {title} has {supporters} supporters. Schedule a vote or refuse with a reason until"
    " {date}.",
    "topic.support_due": "The proposal {title} waits for an answer: schedule a vote or refuse with a reason until"
    " {date}.",
    "topic.support_late": "The proposal {title} should have been answered by {date}, and everybody can see that.",
}


class AttachVote(Command):
    """There is a vote about this topic."""

    vote: str


class RemindOfficials(Command):
    """A proposal waits for its answer. `left` is how many reminders follow. Told by the topic to itself."""

    left: int


@topic.on(*OPEN)
def support(state: Topic, message: SupportTopic, context: Context) -> Decision:
    if not state.policy_proposal:
        return Reject("not_a_proposal", "Only a policy proposal is supported.")
    if context.row(Supporter, context.sender):
        return None
    supported = state.but(supporters=state.supporters + 1)
    return supported, Put(Supporter(context.sender)), *_weighing(supported, context)


def _weighing(state: Topic, context: Context) -> tuple[Call[Any], ...]:
    """Ask how many members there are, when it may matter."""
    if state.support_reached_at or state.supporters < context.settings(TopicSettings).support_min:
        return ()
    weighed = state.support_weighed_at
    if weighed and state.supporters < state.support_needed and context.now - weighed < WEIGHED_FOR:
        return ()
    return (Call(count_standing, CountStanding(), key="support"),)


@topic.on(*ALL)
def unsupport(state: Topic, message: UnsupportTopic, context: Context) -> Decision:
    if not context.row(Supporter, context.sender):
        return None
    return state.but(supporters=state.supporters - 1), Remove(Supporter, context.sender)


@topic.on(*ALL)
def attach_vote(state: Topic, message: AttachVote, context: Context) -> Decision:
    """The last one is shown."""
    return state.but(voting_attached=message.vote) if state.voting_attached != message.vote else None


def attached(event: VoteScheduled | ResultsPublished) -> list[tuple[str, AttachVote]]:
    """A vote that decides something, to the topic it is about."""
    decides = event.vote_type in ("policy_vote", "binding_vote")
    return [(event.topic, AttachVote(event.vote))] if event.topic and decides else []


topic.hears(VoteScheduled, to=attached)
topic.hears(ResultsPublished, to=attached)


@topic.on(*LIVING)
def weigh_support(state: Topic, message: WeighSupport, context: Context) -> Decision:
    settings = context.settings(TopicSettings)
    needed = max(settings.support_min, math.ceil(settings.support_ratio * message.members))
    weighed = state.but(support_needed=needed, support_weighed_at=context.now)
    if state.support_reached_at or state.supporters < needed:
        return weighed
    by = context.now + timedelta(days=settings.support_decision_days)
    reached = weighed.but(support_reached_at=context.now, support_decide_by=by)
    return (
        reached,
        SupportReached(context.id, state.title, state.supporters, needed, by),
        *_officials(context, "topic.support"),
        *_reminder(reached, len(REMINDED_BEFORE) - 1, context),
    )


def _reminder(state: Topic, left: int, context: Context) -> tuple[RemindAt, ...]:
    """The next reminder of the officials that is still ahead; the last one comes when it is late."""
    assert state.support_decide_by is not None
    for place in range(left, -1, -1):
        at = state.support_decide_by - REMINDED_BEFORE[len(REMINDED_BEFORE) - 1 - place]
        if at > context.now:
            return (RemindAt(at, RemindOfficials(place)),)
    return ()


def _officials(context: Context, notice: str) -> tuple[Call[Any], ...]:
    """Tell the officials; who they are is looked up by a job."""
    return (Call(find_officials, FindOfficials(notice), key=notice),) if context.has("notification") else ()


@topic.on(*LIVING)
def tell_officials(state: Topic, message: TellOfficials, context: Context) -> Decision:
    by = state.support_decide_by
    notice = Notify(
        kind=message.notice,
        notice_class="personal",
        subject=Subject("topic", context.id),
        text=NOTICES[message.notice],
        values={
            "title": state.title,
            "supporters": str(state.supporters),
            "date": by.date().isoformat() if by else "",
        },
        key=f"{message.notice}:{context.id}:{by}",
    )
    return tuple(tell for member in message.members for tell in notify(context, member, notice))


@topic.on(*LIVING)
def remind_officials(state: Topic, message: RemindOfficials, context: Context) -> Decision:
    if state.support_decision or state.support_decide_by is None:
        return None
    notice = "topic.support_due" if message.left else "topic.support_late"
    return *_officials(context, notice), *_reminder(state, message.left - 1, context)


@topic.on(*LIVING)
def decide_support(state: Topic, message: DecideSupport, context: Context) -> Decision:
    if "official" not in context.roles:
        return Reject("not_official", "An official answers a proposal.", 403)
    if context.sender == state.created_by:
        return Reject("recused", "You take no part in the answer to your own proposal.", 403)
    if state.support_reached_at is None:
        return Reject("support_missing", "This proposal has not found enough supporters.")
    if state.support_decision:
        return Reject("support_decided", "This proposal was answered already.")
    decided = state.but(support_decision=message.decision, support_reason=message.reason)
    words = {
        "scheduled": "A vote on your proposal {title} is being scheduled: {reason}",
        "refused": "Your proposal {title} was refused: {reason}",
    }
    notice = Notify(
        kind="topic.support_decided",
        notice_class="personal",
        subject=Subject("topic", context.id),
        text=words[message.decision],
        values={"title": state.title, "reason": message.reason},
    )
    return (
        decided,
        SupportDecided(context.id, state.title, message.decision, message.reason),
        Cancel(RemindOfficials.wire_name),
        *notify(context, state.created_by, notice),
        Reply(topic_view(context, decided)),
    )
