"""Blind second reviews: what another moderator would have decided; for the accuracy (F11) alone.

Decisions that are appealed are looked at by that, and counted apart.
"""

from diramoja.core import Context, Decision, Reject, Reply, Tell
from diramoja.plugins.moderator.case_contracts import AskReview, CountReview, ReviewCase
from diramoja.plugins.moderator.case_state import PARTIAL, RECUSED, Case, case, concerns
from diramoja.plugins.moderator.decision import unknown_rule
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.moderator.views import ReviewView

__all__: list[str] = []


@case.on("decided")
def ask(state: Case, message: AskReview, context: Context) -> Decision:
    return state.but(review="asked") if not state.review else None


@case.on("decided")
def review(state: Case, message: ReviewCase, context: Context) -> Decision:
    """Agreement is the same action; the rule is kept for nobody."""
    if concerns(state, context):
        return RECUSED
    if context.sender in state.took_part:
        return PARTIAL
    if state.review != "asked":
        return Reject("review_missing", "Nobody asks for a second opinion on this case.", 404)
    if refused := unknown_rule(message.rule, message.guidelines_version, context.settings(ModerationSettings)):
        return refused
    agreed = message.action == state.action
    told = Tell("moderator", state.decided_by, CountReview(context.id, agreed))
    return state.but(review="done"), told, Reply(ReviewView(context.id, message.action, message.rule), status=201)
