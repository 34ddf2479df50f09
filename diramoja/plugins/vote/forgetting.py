"""A member is gone: what they asked, disputed or decided stays, without them; rolls and ballots stay as they were.

The hashes, the quorum and the count of a vote rest on its frozen roll and its ballots: a ballot that could be taken
out would be a way to change a result. Their ids name nobody any more, since the profile is gone; who voted is forgotten
with the ballots, long after the time for disputes.
"""

from typing import Any

from diramoja.core import Context, Decision, Put, Remove
from diramoja.plugins.member.forgetting_contracts import ForgetMember, forgotten_rows, former
from diramoja.plugins.vote.ballot_box_state import BallotBox, ballot_box
from diramoja.plugins.vote.delegation_state import Delegation, Delegations, Trust, delegation
from diramoja.plugins.vote.dispute import Dispute, dispute
from diramoja.plugins.vote.state import DRAFTED, Vote, vote

__all__: list[str] = []


@vote.on(*DRAFTED)
def forget_member(state: Vote, message: ForgetMember, context: Context) -> Decision:
    """The hash of its terms is of these as they were."""
    return former(state, message.member), *forgotten_rows(vote, message, context)


@dispute.on("filed", "decided")
def forget_disputer(state: Dispute, message: ForgetMember, context: Context) -> Decision:
    return former(state, message.member), *forgotten_rows(dispute, message, context)


@ballot_box.on("open", "sealing", "sealed")
def forget_no_voter(state: BallotBox, message: ForgetMember, context: Context) -> Decision:
    """All ballots of a station go together, when their time is over: see retention."""
    return None


@delegation.on("open")
def forget_delegate(state: Delegations, message: ForgetMember, context: Context) -> Decision:
    """Nobody votes for whoever is gone, nor they for others."""
    effects: list[Any] = []
    for collection, key in message.rows:
        trust = context.row(Trust, key) if collection == Trust.wire_name else None
        if trust is not None and key != message.member:
            held = tuple(each for each in trust.held if message.member not in (each.member, each.delegate))
            effects.append(Put(trust.but(held=held)))
        else:
            effects.append(Remove(Trust if collection == Trust.wire_name else Delegation, key))
    return tuple(effects)
