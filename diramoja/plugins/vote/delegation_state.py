"""Who lets whom vote: one agent keeps all delegations, so that two made at the same moment cannot close a circle."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from diramoja.core import AgentKind, Command, Context, Personal, Row, State
from diramoja.plugins.notification.contracts import Notify, Subject
from diramoja.plugins.vote.resolution import Bounds, Edge
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.words import DelegationScope

__all__ = [
    "ALL", "Delegation", "Delegations", "EndDelegation", "SetDelegation", "SettleDelegations", "Trust", "bounds_of",
    "delegation", "delegation_notice", "edges_in", "held_by",
]  # fmt: skip

type Id = Annotated[str, Meta(max_length=128)]
type Scope = Annotated[str, Meta(min_length=1, max_length=128)]
ALL = "all"
"""The one agent of the kind."""


class SetDelegation(Command):
    """Let another member vote where one does not; again replaces it. To the one agent. A DelegationView.

    409 `delegation_cycle` where it would lead back, in some vote at least.

    Attributes:
        scope: id of a vote or topic, or a category.
        within: the wider scopes around it, looked up by the route.
        expires_at: None, or later than is allowed: as late as is allowed.
        shows_name: the delegate may see whose it is.
    """

    scope: Scope
    scope_kind: DelegationScope
    delegate: Personal[Id]
    within: Annotated[tuple[Scope, ...], Meta(max_length=2)] = ()
    expires_at: datetime | None = None
    shows_name: bool = False


class EndDelegation(Command):
    """Vote oneself again; none is no error."""

    scope: Scope


class SettleDelegations(Command):
    """Told by a vote once it is closed: answer it with BoxCounted (station 0) when all that came before is decided."""

    vote: str


class Delegation(Row, omit_defaults=True):
    """A member lets another vote in a scope. Kept for a while after it ended, since a count may ask what was in force.

    Attributes:
        within: the wider scopes that it lies in, narrowest first.
        made_at: a change of its term or name keeps it; another delegate is another delegation.
        shows_name: the delegate may see whose it is.
    """

    id: str
    member: Personal[str]
    delegate: Personal[str]
    scope: str
    scope_kind: DelegationScope
    within: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    shows_name: bool = False

    @property
    def edge(self) -> Edge:
        """For the rules."""
        return Edge(self.member, self.delegate, self.scope, self.made_at, self.within)


class Trust(Row):
    """The delegations of a member that have not ended."""

    member: Personal[str]
    held: Personal[tuple[Delegation, ...]]


class Delegations(State):
    """Nothing but its rows; `made` counts."""

    phase: Literal["absent", "open"] = "absent"
    made: int = 0


delegation = AgentKind("delegation", Delegations, prefix="dlg", rows=[Delegation, Trust])


def held_by(context: Context, member: str) -> tuple[Delegation, ...]:
    """Those of a member that have not ended; one that has expired just now may be among them."""
    trust = context.row(Trust, member)
    return trust.held if trust else ()


def edges_in(context: Context) -> Callable[[str], Sequence[Edge]]:
    """From a member to their delegations in force."""
    return lambda member: [each.edge for each in held_by(context, member) if each.expires_at > context.now]


NOTICES = {
    "vote.delegation_expired": "Your delegation in {scope} has ended: vote yourself, or delegate again.",
    "vote.delegate_leaving": "The member who votes for you in {scope} is leaving: vote yourself, or delegate again.",
    "vote.delegate_gone": "Your delegation in {scope} has ended, since the member who voted for you is gone: vote"
    " yourself, or delegate again.",
}


def delegation_notice(kind: str, scope: str, what: str) -> Notify:
    """What a delegator is told of a delegation in this scope; of each kind once about the same."""
    return Notify(
        kind=kind,
        notice_class="personal",
        subject=Subject("delegation", scope),
        text=NOTICES[kind],
        values={"scope": scope},
        key=f"{kind}:{what}",
    )


def bounds_of(settings: VoteSettings) -> Bounds:
    """As the deployment sets them."""
    return Bounds(
        depth=settings.delegation_steps_max,
        carried_min=settings.delegations_carried_min,
        carried_ratio=settings.delegations_carried_ratio,
    )
