"""A member is gone: what they asked, disputed or decided stays, without them; rolls and ballots stay as they were.

The hashes, the quorum and the count of a vote rest on its frozen roll and its ballots: a ballot that could be taken
out would be a way to change a result. Their ids name nobody any more, since the profile is gone; who voted is forgotten
with the ballots, long after the time for disputes. Those for whom they voted are told when they leave, while there is
time to vote oneself, and again when their delegation ends with them.
"""

from datetime import datetime
from typing import Any

from diramoja.core import Call, Command, Context, Decision, Personal, Put, Remove, View, job
from diramoja.core.ports.database import Database
from diramoja.plugins.member.contracts import MemberLeaving
from diramoja.plugins.member.forgetting_contracts import ForgetMember, forgotten_rows, former
from diramoja.plugins.notification.contracts import notify
from diramoja.plugins.vote.ballot_box_state import BallotBox, ballot_box
from diramoja.plugins.vote.delegation_queries import delegators_of
from diramoja.plugins.vote.delegation_state import (
    ALL,
    Delegation,
    Delegations,
    Trust,
    delegation,
    delegation_notice,
)
from diramoja.plugins.vote.dispute import Dispute, dispute
from diramoja.plugins.vote.state import DRAFTED, Vote, vote

__all__ = ["FindDelegators", "SeekDelegators", "TellDelegators", "after_leaving", "find_delegators"]

TOLD_AT_ONCE = 400


class SeekDelegators(Command):
    """A member leaves, and is erased at this time: tell those who count on them."""

    delegate: Personal[str]
    erase_after: datetime


class FindDelegators(View):
    """Delegations to a member that are in force, after this one."""

    delegate: Personal[str]
    erase_after: datetime
    after: str = ""


class TellDelegators(Command):
    """Delegations (id, member, scope) to a member who leaves; told by the job that looked them up."""

    delegate: Personal[str]
    erase_after: datetime
    found: Personal[tuple[tuple[str, str, str], ...]]


# --- they leave ---


@delegation.on("absent", "open")
def seek_delegators(state: Delegations, message: SeekDelegators, context: Context) -> Decision:
    """It stays in force until they are erased: they may come back, and vote until then."""
    wanted = FindDelegators(message.delegate, message.erase_after)
    return Call(find_delegators, wanted) if context.has("notification") else None


@job(FindDelegators, timeout_s=30, attempts=20)
async def find_delegators(payload: FindDelegators, db: Database) -> TellDelegators | None:
    """Some at a time."""
    found = await delegators_of(db, payload.delegate, payload.after, TOLD_AT_ONCE)
    return TellDelegators(payload.delegate, payload.erase_after, tuple(found)) if found else None


@delegation.on("open")
def tell_delegators(state: Delegations, message: TellDelegators, context: Context) -> Decision:
    told: list[Any] = []
    for id, member, scope in message.found:
        notice = delegation_notice("vote.delegate_leaving", scope, f"{id}:{message.erase_after:%Y-%m-%d}")
        told += notify(context, member, notice)
    return *told, Call(find_delegators, FindDelegators(message.delegate, message.erase_after, message.found[-1][0]))


def after_leaving(event: MemberLeaving) -> list[tuple[str, SeekDelegators]]:
    """To the one agent."""
    return [(ALL, SeekDelegators(event.member, event.erase_after))]


delegation.hears(MemberLeaving, to=after_leaving)


# --- they are gone ---


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
    """Nobody votes for whoever is gone, nor they for others; whose delegation ends by that is told."""
    effects: list[Any] = []
    for collection, key in message.rows:
        trust = context.row(Trust, key) if collection == Trust.wire_name else None
        if trust is not None and key != message.member:
            ending = [each for each in trust.held if each.delegate == message.member]
            effects.append(Put(trust.but(held=tuple(each for each in trust.held if each not in ending))))
            for each in ending:
                effects += notify(context, key, delegation_notice("vote.delegate_gone", each.scope, each.id))
        else:
            effects.append(Remove(Trust if collection == Trust.wire_name else Delegation, key))
    return tuple(effects)
