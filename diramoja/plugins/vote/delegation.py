"""Delegations: made, changed, taken back, expired. One agent decides them all, in order."""

from datetime import timedelta
from typing import Any

from diramoja.core import (
    Call,
    Cancel,
    Command,
    Context,
    Decision,
    Personal,
    Put,
    Reject,
    RemindAt,
    Remove,
    Reply,
    Tell,
    View,
    job,
)
from diramoja.core.ports.database import Database
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.vote.contracts import DelegationChanged, ResultsPublished
from diramoja.plugins.vote.delegation_queries import uncast_in
from diramoja.plugins.vote.delegation_state import (
    ALL,
    Delegation,
    Delegations,
    EndDelegation,
    SetDelegation,
    SettleDelegations,
    Trust,
    bounds_of,
    delegation,
    delegation_notice,
    edges_in,
    held_by,
)
from diramoja.plugins.vote.messages import BoxCounted
from diramoja.plugins.vote.resolution import chain_of, obstacle_of
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.views import DelegationView

__all__ = [
    "DropDelegated", "ExpireDelegation", "FindUncast", "ForgetDelegated", "ForgetDelegation", "SeekUncast",
    "TellUncast", "drop_delegated", "find_uncast",
]  # fmt: skip

ANY = ("absent", "open")
TOLD_AT_ONCE = 400
OBSTACLES = {
    "cycle": Reject("delegation_cycle", "This delegation would lead back to you: name somebody else."),
    "too_deep": Reject("delegation_too_deep", "The chain of delegates after this one is too long: name somebody else."),
}


class ExpireDelegation(Command):
    """Its term is over. Told by the agent to itself."""

    member: str
    delegation: str


class ForgetDelegation(Command):
    """It ended so long ago that no count asks for it. Told by the agent to itself."""

    delegation: str


NOTICES = {
    "no_ballot": "Your ballot in {title} was not cast: nobody along your chain of delegates voted.",
    "not_on_roll": "Your ballot in {title} was not cast: somebody along your chain of delegates was not on the roll.",
    "cycle": "Your ballot in {title} was not cast: your chain of delegates comes back to somebody.",
    "too_deep": "Your ballot in {title} was not cast: your chain of delegates is too long.",
    "over_limit": "Your ballot in {title} was not cast: your delegate casts as many ballots of others as one may.",
}


class FindUncast(View):
    """Delegators whose ballot was not cast, after this one."""

    vote: str
    title: str
    after: Personal[str] = ""


class SeekUncast(Command):
    """A vote was counted: tell those whose delegated ballots were not cast."""

    vote: str
    title: str


class ForgetDelegated(Command):
    """A vote was counted so long ago that nobody asks who carried whose ballot. Told by the agent to itself."""

    vote: str


class DropDelegated(View):
    """Of which vote."""

    vote: str


class TellUncast(Command):
    """Whose delegated ballots in a vote were not cast, each with the reason; told by the job that looked them up."""

    vote: str
    title: str
    uncast: Personal[tuple[tuple[str, str], ...]]


@delegation.on(*ANY)
def set_delegation(state: Delegations, message: SetDelegation, context: Context) -> Decision:
    held = held_by(context, context.sender)
    before = next((each for each in held if each.scope == message.scope), None)
    made = _made(message, before, context)
    if refusal := _refusal(made, held, context):
        return refusal
    chain = (made.delegate, *chain_of(made.delegate, made.edge.world, edges_in(context)))
    rest = tuple(each for each in held if each.scope != message.scope)
    return (
        state.but(phase="open", made=state.made + 1),
        *(_ended(before, context) if before and before.id != made.id else ()),
        Put(made),
        Put(Trust(context.sender, (*rest, made))),
        RemindAt(made.expires_at, ExpireDelegation(made.member, made.id), name=f"expire:{made.id}"),
        DelegationChanged(made.id, made.member, made.scope, made.scope_kind, is_in_force=True),
        Reply(_view(made, chain)),
    )


def _made(message: SetDelegation, before: Delegation | None, context: Context) -> Delegation:
    """Of the same delegate it is the same delegation, with another term."""
    longest = context.now + timedelta(days=context.settings(VoteSettings).delegation_days_max)
    made = Delegation(
        id=context.new_id("dlg"),
        member=context.sender,
        delegate=message.delegate,
        scope=message.scope,
        scope_kind=message.scope_kind,
        within=message.within,
        made_at=context.now,
        expires_at=min(message.expires_at or longest, longest),
        shows_name=message.shows_name,
    )
    if before and before.delegate == made.delegate and before.expires_at > context.now:
        return made.but(id=before.id, made_at=before.made_at)
    return made


def _refusal(made: Delegation, held: tuple[Delegation, ...], context: Context) -> Reject | None:
    settings = context.settings(VoteSettings)
    if made.expires_at <= context.now:
        return Reject("expires_in_the_past", "A delegation ends later than now.", 400)
    if sum(each.scope != made.scope for each in held) >= settings.delegations_max:
        return Reject("delegations_full", f"Nobody delegates in more than {settings.delegations_max} scopes.")
    obstacle = obstacle_of(made.edge, edges_in(context), bounds_of(settings))
    return OBSTACLES[obstacle] if obstacle else None


@delegation.on(*ANY)
def end_delegation(state: Delegations, message: EndDelegation, context: Context) -> Decision:
    held = held_by(context, context.sender)
    found = next((each for each in held if each.scope == message.scope), None)
    return (*_ended(found, context), *_without(held, found)) if found else None


@delegation.on("open")
def expire_delegation(state: Delegations, message: ExpireDelegation, context: Context) -> Decision:
    held = held_by(context, message.member)
    found = next((each for each in held if each.id == message.delegation), None)
    if found is None or found.expires_at > context.now:
        return None
    notice = delegation_notice("vote.delegation_expired", found.scope, found.id)
    return *_ended(found, context), *_without(held, found), *notify(context, found.member, notice)


@delegation.on("open")
def forget_delegation(state: Delegations, message: ForgetDelegation, context: Context) -> Decision:
    return Remove(Delegation, message.delegation)


def _ended(found: Delegation, context: Context) -> tuple[Any, ...]:
    """No more in force from now on; remembered until no count asks for it."""
    kept = timedelta(days=context.settings(VoteSettings).delegation_kept_days)
    return (
        Put(found.but(ended_at=context.now)),
        Cancel(f"expire:{found.id}"),
        RemindAt(context.now + kept, ForgetDelegation(found.id), name=f"forget:{found.id}"),
        DelegationChanged(found.id, found.member, found.scope, found.scope_kind, is_in_force=False),
    )


def _without(held: tuple[Delegation, ...], found: Delegation) -> tuple[Put | Remove]:
    left = tuple(each for each in held if each.id != found.id)
    return (Put(Trust(found.member, left)),) if left else (Remove(Trust, found.member),)


def _view(made: Delegation, chain: tuple[str, ...]) -> DelegationView:
    return DelegationView(
        scope=made.scope,
        scope_kind=made.scope_kind,
        delegate=made.delegate,
        expires_at=made.expires_at,
        chain=chain,
        effective=True,
        shows_name=made.shows_name,
    )


# --- at the end of a vote ---


@delegation.on(*ANY)
def settle(state: Delegations, message: SettleDelegations, context: Context) -> Decision:
    """What was accepted before the close stands before this in the order of the agent, and is committed with it."""
    return Tell("vote", message.vote, BoxCounted(station=0, ballots=0)) if context.told_by == "vote" else None


@delegation.on(*ANY)
def seek_uncast(state: Delegations, message: SeekUncast, context: Context) -> Decision:
    kept = timedelta(days=context.settings(VoteSettings).delegation_kept_days)
    forgetting = RemindAt(context.now + kept, ForgetDelegated(message.vote), name=f"forget:{message.vote}")
    looking = Call(find_uncast, FindUncast(message.vote, message.title))
    return (forgetting, looking) if context.has("notification") else forgetting


@delegation.on(*ANY)
def forget_delegated(state: Delegations, message: ForgetDelegated, context: Context) -> Decision:
    return Call(drop_delegated, DropDelegated(message.vote))


@job(DropDelegated, timeout_s=60, attempts=20)
async def drop_delegated(payload: DropDelegated, db: Database) -> None:
    """The published ballots stay; they name nobody."""
    await db.execute("DELETE FROM vote_delegated WHERE vote = $1", payload.vote)


@job(FindUncast, timeout_s=30, attempts=20)
async def find_uncast(payload: FindUncast, db: Database) -> TellUncast | None:
    """Some at a time."""
    found = await uncast_in(db, payload.vote, payload.after, TOLD_AT_ONCE)
    return TellUncast(payload.vote, payload.title, tuple(found)) if found else None


@delegation.on(*ANY)
def tell_uncast(state: Delegations, message: TellUncast, context: Context) -> Decision:
    notices = [
        notify(context, member, _uncast(message.vote, message.title, reason)) for member, reason in message.uncast
    ]
    more = FindUncast(message.vote, message.title, message.uncast[-1][0])
    return *(tell for each in notices for tell in each), Call(find_uncast, more)


def _uncast(vote: str, title: str, reason: str) -> Notify:
    return Notify(
        kind="vote.delegation_uncast",
        notice_class="personal",
        subject=Subject("vote", vote),
        text=NOTICES[reason],
        values={"title": title},
    )


def after_results(event: ResultsPublished) -> list[tuple[str, SeekUncast]]:
    """Once; a recount changes nothing about who carried whose ballot."""
    return [(ALL, SeekUncast(event.vote, event.title))] if event.count_number == 1 else []


delegation.hears(ResultsPublished, to=after_results)
