"""Calling a vote off before it is closed, by people, or because there is nobody who could decide it."""

from typing import Any

from diramoja.core import Call, Cancel, Command, Context, Decision, Reject, Reply, Tell
from diramoja.plugins.vote.contracts import CancelVote, VoteCancelled
from diramoja.plugins.vote.messages import SealBox
from diramoja.plugins.vote.recusal import recused_no_more
from diramoja.plugins.vote.retention import keeping
from diramoja.plugins.vote.rules import UNBINDING
from diramoja.plugins.vote.sealing import DropKey, drop_key
from diramoja.plugins.vote.state import (
    RUNNING,
    TAKING,
    Vote,
    boxes_of,
    has_office,
    is_in_charge,
    noted,
    vote,
    vote_view,
)

__all__ = ["CloseSoon", "CloseVote", "OpenVote", "TakePulse", "UrgeQuorum", "cancelled"]


class OpenVote(Command):
    """It is time to open; a reminder."""


class CloseVote(Command):
    """It is time to close; a reminder."""


class CloseSoon(Command):
    """The last part of the time begins; a reminder."""


class UrgeQuorum(Command):
    """It is late: where the quorum is missing, say so; a reminder."""


class TakePulse(Command):
    """Look whether there was an outage; a reminder."""


@vote.on("draft", *RUNNING)
def cancel_vote(state: Vote, message: CancelVote, context: Context) -> Decision:
    if not is_in_charge(state, context):
        return Reject("not_creator", "Its creator, a leader or an official cancels a vote.", 403)
    if state.terms.vote_type not in UNBINDING and state.phase != "draft" and not has_office(context):
        return Reject("not_leader", "A leader or an official cancels a vote that decides something.", 403)
    off, *effects = cancelled(state, message.reason, context)
    return off, *effects, Reply(vote_view(context, off))


def cancelled(state: Vote, reason: str, context: Context) -> tuple[Any, ...]:
    """Called off: its stations take no more, and nobody learns what they hold."""
    assert state.phase in ("draft", "scheduled", "open", "closing_soon")
    off, entry = noted(state.but(phase="cancelled", cancel_reason=reason), context, "cancelled", reason)
    news = (VoteCancelled(context.id, state.title, state.terms.topic, reason),) if state.phase != "draft" else ()
    boxes = [Tell("ballot_box", each, SealBox(is_cancelled=True)) for each in boxes_of(context.id, state)]
    reminders = [Cancel(each.wire_name) for each in (OpenVote, CloseVote, CloseSoon, UrgeQuorum, TakePulse)]
    keys = (Call(drop_key, DropKey(context.id)),) if state.ballot_key else ()
    freed = recused_no_more(state, context) if state.phase in TAKING else ()
    return off, entry, *news, *boxes, *reminders, *keys, *freed, *keeping(off, context)
