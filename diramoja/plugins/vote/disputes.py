"""Disputes about a result, as the vote sees them: each is an agent of its own; here is what comes of them."""

from typing import Any

from diramoja.core import Context, Decision, Put, Reject, Tell
from diramoja.plugins.vote.contracts import DecideDispute, DisputeDecided, FileDispute, VoteDisputed
from diramoja.plugins.vote.messages import OpenDispute, SettleDispute, TakeOpinion
from diramoja.plugins.vote.results import published, took_effect
from diramoja.plugins.vote.state import DECIDED, Disputer, Judge, Vote, noted, vote
from diramoja.plugins.vote.tally import counting
from diramoja.plugins.vote.ties import tie_asked
from diramoja.plugins.vote.words import DisputeDecision

__all__: list[str] = []

WEIGHT: dict[DisputeDecision | None, int] = {None: 0, "reject": 1, "recount": 2, "annul": 3}
"""Of several disputes the decision that changes most counts."""


@vote.on(*DECIDED)
def file_dispute(state: Vote, message: FileDispute, context: Context) -> Decision:
    """Once a member, and by nobody who judges another dispute; the route found the sender on the roll."""
    if state.outcome == "annulled":
        return Reject("vote_annulled", "This vote was annulled.")
    if state.effective_at is None or context.now >= state.effective_at:
        return Reject("dispute_late", "The time for disputes is over.")
    if context.row(Disputer, context.sender):
        return Reject("dispute_filed", "You disputed this result before.")
    if context.row(Judge, context.sender):
        return Reject("recused", "You decided on a dispute about this vote: you take no other part.", 403)
    disputed, entry = noted(
        state.but(phase="disputed", disputes_open=state.disputes_open + 1),
        context,
        "disputed",
        message.dispute_id,
        is_named=False,
    )
    opened = OpenDispute(
        vote=context.id,
        title=state.title,
        text=message.text,
        filed_by=context.sender,
        excluded=tuple(dict.fromkeys((*_near(state), context.sender))),
    )
    news = VoteDisputed(context.id, state.title, message.dispute_id)
    told = Tell("dispute", message.dispute_id, opened, answers=True)
    return disputed, entry, Put(Disputer(context.sender, message.dispute_id)), news, told


def _near(state: Vote) -> tuple[str, ...]:
    """Who is no judge of this vote, whoever disputes it."""
    named = (*state.terms.candidates, state.terms.casting_member, state.created_by, state.scheduled_by)
    return tuple(each for each in named if each)


@vote.on("disputed")
def decide_dispute(state: Vote, message: DecideDispute, context: Context) -> Decision:
    """Who is a party and who a judge is decided here, in one order: nobody becomes both in the same moment."""
    if context.sender in _near(state) or context.row(Disputer, context.sender):
        return Reject("recused", "You take no part in a dispute about a vote of yours, or that you disputed.", 403)
    opinion = TakeOpinion(context.sender, message.decision, message.reason)
    return Put(Judge(context.sender)), Tell("dispute", message.dispute, opinion, answers=True)


@vote.on("tallying", "results_published")
def decide_no_dispute(state: Vote, message: DecideDispute, context: Context) -> Decision:
    """None is open."""
    return Reject("dispute_decided", "This dispute was decided.")


@vote.on("disputed")
def settle_dispute(state: Vote, message: SettleDispute, context: Context) -> Decision:
    """Back from the dispute with the last decision."""
    verdict = max(state.verdict, message.decision, key=lambda each: WEIGHT[each])
    settled, entry = noted(
        state.but(disputes_open=state.disputes_open - 1, verdict=verdict),
        context,
        f"dispute_{message.decision}",
        message.dispute,
    )
    news = DisputeDecided(context.id, state.title, message.dispute, message.decision, message.reason)
    if settled.disputes_open:
        return settled, entry, news
    after, *effects = _resolved(settled, context)
    return after, entry, news, *effects


def _resolved(state: Vote, context: Context) -> tuple[Any, ...]:
    if state.verdict == "recount":
        recounted = state.but(phase="tallying", count_number=state.count_number + 1)
        return recounted, counting(recounted, context)
    if state.verdict == "annul":
        return published(state.but(outcome="annulled", winners=()), context)
    upheld, *asked = tie_asked(state.but(phase="results_published", verdict=None), context)
    after, *effects = took_effect(upheld, context)
    return after, *asked, *effects
