"""Disputes about a result, as the vote sees them: each is an agent of its own; here is what comes of them."""

from typing import Any

from diramoja.core import Context, Decision, Put, Reject, Tell
from diramoja.plugins.vote.contracts import (
    DisputeDecided,
    FileDispute,
    OpenDispute,
    SettleDispute,
    VoteDisputed,
)
from diramoja.plugins.vote.results import published, took_effect
from diramoja.plugins.vote.state import DECIDED, Disputer, Vote, noted, vote
from diramoja.plugins.vote.tally import counting
from diramoja.plugins.vote.ties import tie_asked
from diramoja.plugins.vote.views import DisputeDecision

__all__: list[str] = []

WEIGHT: dict[DisputeDecision | None, int] = {None: 0, "reject": 1, "recount": 2, "annul": 3}
"""Of several disputes the decision that changes most counts."""


@vote.on(*DECIDED)
def file_dispute(state: Vote, message: FileDispute, context: Context) -> Decision:
    """Once a member; the route found the sender on the roll."""
    if state.outcome == "annulled":
        return Reject("vote_annulled", "This vote was annulled.")
    if state.effective_at is None or context.now >= state.effective_at:
        return Reject("dispute_late", "The time for disputes is over.")
    if context.row(Disputer, context.sender):
        return Reject("dispute_filed", "You disputed this result before.")
    disputed, entry = noted(
        state.but(phase="disputed", disputes_open=state.disputes_open + 1),
        context,
        "disputed",
        message.dispute_id,
        is_named=False,
    )
    terms = state.terms
    named = (*terms.candidates, terms.casting_member, state.created_by, state.scheduled_by, context.sender)
    opened = OpenDispute(
        vote=context.id,
        title=state.title,
        text=message.text,
        filed_by=context.sender,
        excluded=tuple(dict.fromkeys(each for each in named if each)),
    )
    news = VoteDisputed(context.id, state.title, message.dispute_id)
    told = Tell("dispute", message.dispute_id, opened, answers=True)
    return disputed, entry, Put(Disputer(context.sender, message.dispute_id)), news, told


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
