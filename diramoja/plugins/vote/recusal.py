"""While a vote about a topic is open, whoever stands in it or proposed it moderates nothing there."""

from diramoja.core import Context, Tell
from diramoja.plugins.moderator.contracts import EndRecusal, RecuseMembers
from diramoja.plugins.vote.state import Vote

__all__ = ["recused", "recused_no_more"]

SCREENING = "screening"
"""The kind that knows, by topic, what moderators look at."""


def recused(state: Vote, context: Context) -> tuple[Tell, ...]:
    """Told when it opens."""
    members = tuple(dict.fromkeys(each for each in (state.created_by, *state.terms.candidates) if each))
    if not _is_told(state, context) or not members:
        return ()
    return (Tell(SCREENING, state.terms.topic, RecuseMembers(context.id, members)),)


def recused_no_more(state: Vote, context: Context) -> tuple[Tell, ...]:
    """Told when it is closed, or called off."""
    return (Tell(SCREENING, state.terms.topic, EndRecusal(context.id)),) if _is_told(state, context) else ()


def _is_told(state: Vote, context: Context) -> bool:
    return state.terms.topic != "" and context.has("moderator")
