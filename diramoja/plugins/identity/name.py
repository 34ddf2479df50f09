"""The name: a username or an email address as a keyed hash, had by at most one account.

Only the account for which a name is kept frees it. A name that freed itself when its time is up would be given to
another while the first account, held up by an outage, still counts on it.
"""

from datetime import timedelta
from typing import Literal

from diramoja.core import AgentKind, Cancel, Context, Decision, Personal, RemindEvery, State, Tell
from diramoja.plugins.identity.contracts import (
    ConfirmName,
    LapseName,
    NameLapsing,
    NameReserved,
    NameTaken,
    ReleaseName,
    ReserveName,
)
from diramoja.plugins.member.forgetting_contracts import ForgetMember

__all__ = ["Name", "name"]

RESERVED_FOR = timedelta(minutes=10)
ACCOUNT = "account"
LAPSE = "lapse"


class Name(State):
    """Whose it is."""

    phase: Literal["absent", "reserved", "confirmed"] = "absent"
    owner: Personal[str] = ""


name = AgentKind("name", Name, prefix="nam")


@name.on("absent")
def reserve(state: Name, message: ReserveName, context: Context) -> Decision:
    """The first who asks."""
    kept = Tell(ACCOUNT, context.sender, NameReserved(message.what), answers=True)
    reserved = state.but(phase="reserved", owner=context.sender)
    return reserved, kept, RemindEvery(RESERVED_FOR, LapseName(), LAPSE)


@name.on("reserved", "confirmed")
def reserve_again(state: Name, message: ReserveName, context: Context) -> Decision:
    """The owner keeps it; another is told."""
    own = state.owner == context.sender
    answer = NameReserved(message.what) if own else NameTaken(message.what)
    return Tell(ACCOUNT, context.sender, answer, answers=True)


@name.on("reserved")
def confirm(state: Name, message: ConfirmName, context: Context) -> Decision:
    """By the account it is kept for."""
    return (state.but(phase="confirmed"), Cancel(LAPSE)) if state.owner == context.sender else None


@name.on("reserved", "confirmed")
def release(state: Name, message: ReleaseName, context: Context) -> Decision:
    """By its owner only."""
    return (Name(), Cancel(LAPSE)) if state.owner == context.sender else None


@name.on("reserved", "confirmed")
def forget_member(state: Name, message: ForgetMember, context: Context) -> Decision:
    """Free for whoever asks next."""
    return (Name(), Cancel(LAPSE)) if state.owner == message.member else None


@name.on("reserved")
def lapse(state: Name, message: LapseName, context: Context) -> Decision:
    """The account releases it unless it still counts on it."""
    return Tell(ACCOUNT, state.owner, NameLapsing())
