"""Reads of delegations: the scope of one, one's own with its chain, those to oneself, and what was not cast.

A chain is shown to those who delegate along it. To a delegate their delegators are a number, and names only of those
who show theirs; across a block nobody is named.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import attrs
import msgspec

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import ConflictError, DeniedError, MissingError
from diramoja.core.ports.database import Database, Session
from diramoja.pages import paged, place
from diramoja.plugins.member.contracts import not_walled
from diramoja.plugins.vote.choices import read
from diramoja.plugins.vote.delegated import world_of
from diramoja.plugins.vote.resolution import Edge, narrowest
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import RUNNING
from diramoja.plugins.vote.views import DelegationView
from diramoja.plugins.vote.words import DelegationScope, Terms

__all__ = [
    "Scope", "category_of", "check_delegate", "check_roll", "delegation_list", "delegators_of", "narrowest_delegate",
    "one_delegation", "scope_of", "uncast_in",
]  # fmt: skip

NAMES = 100
"""Delegators who are named in one answer."""
AFTER_CLOSE = timedelta(days=30)
"""So long a delegation in one vote lasts after its close, which may be extended."""
_FORCE = "made_at <= $2 AND expires_at > $2 AND ended_at IS NULL"


@attrs.frozen
class Scope:
    """Where a delegation counts.

    Attributes:
        within: the wider scopes around it, narrowest first.
        terms: of a vote; `phase`, `closes_at`, `roll_size` likewise, and whether its ballots are published.
    """

    name: str
    kind: DelegationScope
    within: tuple[str, ...] = ()
    terms: Terms | None = None
    phase: str = ""
    closes_at: datetime | None = None
    roll_size: int = 0
    is_published: bool = False

    @property
    def world(self) -> tuple[str, ...]:
        """Itself and the scopes around it."""
        return self.name, *self.within

    @property
    def ends_at(self) -> datetime | None:
        """When a delegation in it has no use any more; None: not known."""
        return self.closes_at + AFTER_CLOSE if self.closes_at else None

    def check_open(self) -> None:
        """Raises ConflictError where this vote takes no delegations, or no more."""
        if self.terms and not self.terms.delegation:
            raise ConflictError("In this vote everybody votes for themselves.", code="delegation_off")
        if self.terms and self.phase not in RUNNING:
            raise ConflictError("This vote is closed.", code="vote_closed")


async def scope_of(db: Database, name: str) -> Scope:
    """The vote, topic or category of this name.

    Raises:
        MissingError: it is a vote or a topic that is not there.
    """
    sql = "SELECT phase, terms, closes_at, roll_size, published_at FROM vote WHERE id = $1 AND terms_hash <> ''"
    if (row := await db.one(sql, name)) is not None:
        terms = msgspec.convert(row["terms"], Terms)
        times = {"closes_at": row["closes_at"], "is_published": row["published_at"] is not None}
        within = world_of(name, terms)[1:]
        return Scope(name, "vote", within, terms, phase=row["phase"], roll_size=row["roll_size"], **times)
    if category := await category_of(db, name):
        return Scope(name, "topic", (category,))
    if name.startswith(("vot_", "top_")):
        raise MissingError(f"There is no vote or topic {name}.", code="scope_missing")
    return Scope(name, "category")


async def category_of(db: Session, topic: str) -> str:
    """The category of a topic; "" where there is none."""
    row = await db.one("SELECT category FROM vote_topic_category WHERE id = $1", topic)
    return str(row["category"]) if row else ""


async def check_delegate(db: Database, reader: Reader, delegate: str) -> None:
    """Raises MissingError where this is no member who could vote, DeniedError (`blocked`) across a block.

    Oneself passes: that is a circle, which is refused as such.
    """
    row = await db.one(
        f"SELECT {not_walled('$1', 'm.id')} AS free FROM member AS m"  # noqa: S608  # a fixed condition
        " WHERE m.id = $2 AND m.membership_level <> 'supporter' AND m.erase_after IS NULL",
        reader.member,
        delegate,
    )
    if row is None:
        raise MissingError(f"There is no member {delegate} who could vote.", code="member_missing")
    if not row["free"]:
        raise DeniedError("You cannot delegate to this member.", code="blocked")


async def check_roll(db: Database, scope: Scope, member: str, delegate: str) -> None:
    """Of a vote whose roll is frozen.

    Raises:
        DeniedError: the member is not on it (`not_on_roll`).
        ConflictError: the delegate is not (`delegate_not_on_roll`).
    """
    if not scope.roll_size:
        return
    rows = await db.fetch(
        "SELECT member FROM vote_roll WHERE vote = $1 AND member = ANY($2::text[])", scope.name, [member, delegate]
    )
    roll = {row["member"] for row in rows}
    if member not in roll:
        raise DeniedError("You are not on the roll of this vote.", code="not_on_roll")
    if delegate not in roll:
        raise ConflictError("This member is not on the roll of this vote.", code="delegate_not_on_roll")


async def delegation_list(db: Database, reader: Reader, at: datetime, page: PageQuery) -> Page[DelegationView]:
    """One's own that are in force, by scope; their chains are in each alone."""
    (last,) = place(page, tuple[str]) or ("",)
    rows = await db.fetch(
        f"SELECT * FROM vote_delegation WHERE member = $1 AND {_FORCE} AND scope > $3"  # noqa: S608  # fixed text
        " ORDER BY scope LIMIT $4",
        reader.member,
        at,
        last,
        page.limit + 1,
    )
    return paged(rows, page, _own, "scope")


def _own(row: Mapping[str, Any]) -> DelegationView:
    return DelegationView(
        scope=row["scope"],
        scope_kind=row["scope_kind"],
        delegate=row["delegate"],
        expires_at=row["expires_at"],
        chain=(row["delegate"],),
        effective=True,
        shows_name=row["shows_name"],
    )


async def one_delegation(
    db: Database, reader: Reader, scope: Scope, *, at: datetime, settings: VoteSettings
) -> DelegationView:
    """What the reader delegates in a scope, and what is delegated to them there."""
    chain = await _chain(db, reader.member, scope, at, most=settings.delegation_steps_max)
    own = await db.one(
        f"SELECT * FROM vote_delegation WHERE member = $1 AND {_FORCE} AND scope = $3",  # noqa: S608  # fixed text
        reader.member,
        at,
        scope.name,
    )
    count, names = await _delegators(db, reader, scope.name, at)
    view = _own(own) if own else DelegationView(scope.name, scope.kind)
    members = tuple(each.delegate for each in chain)
    view = view.but(chain=members or view.chain, delegators=count, names=names)
    return await _in_vote(db, reader, view, scope, known=_known_before(chain, scope)) if scope.kind == "vote" else view


async def _chain(db: Database, member: str, scope: Scope, at: datetime, *, most: int) -> list[Edge]:
    """The delegations that a ballot of the member would follow, up to where it would come back."""
    chain: list[Edge] = []
    while len(chain) < most and (edge := await _next(db, member, scope, at)):
        chain.append(edge)
        member = edge.delegate
        if any(each.delegator == member for each in chain):
            break
    return chain


async def _next(db: Database, member: str, scope: Scope, at: datetime) -> Edge | None:
    rows = await db.fetch(
        f"SELECT * FROM vote_delegation WHERE member = $1 AND {_FORCE} AND scope = ANY($3::text[])",  # noqa: S608  # fixed
        member,
        at,
        list(scope.world),
    )
    edges = [Edge(row["member"], row["delegate"], row["scope"], row["made_at"]) for row in rows]
    return narrowest(edges, scope.world).get(member)


async def _delegators(db: Database, reader: Reader, scope: str, at: datetime) -> tuple[int, tuple[str, ...]]:
    """How many delegate to the reader in this scope; the first of those who show their name."""
    shown = f"shows_name AND {not_walled('$1', 'd.member')}"
    row = await db.one(
        f"SELECT count(*) AS n, (array_agg(member ORDER BY made_at, member) FILTER (WHERE {shown}))[1:$4] AS names"  # noqa: S608
        f" FROM vote_delegation AS d WHERE delegate = $1 AND {_FORCE} AND scope = $3",
        reader.member,
        at,
        scope,
        NAMES,
    )
    assert row is not None
    return int(row["n"]), tuple(row["names"] or ())


# --- in one vote ---

REASONS = {
    "no_ballot": "Nobody along the chain has voted.",
    "not_on_roll": "Somebody along the chain is not on the roll.",
    "cycle": "The chain comes back to somebody.",
    "too_deep": "The chain is too long.",
    "over_limit": "Your delegate casts as many ballots of others as one may.",
}


def _known_before(chain: Sequence[Edge], scope: Scope) -> int:
    """How many of the chain the reader may see the choice of while the vote is open: as far as it was made before.

    Else whoever delegates to one after the other would know how all have voted, before the close.
    """
    opens_at = scope.terms.opens_at if scope.terms else None
    early = takewhile(lambda edge: opens_at is not None and edge.made_at < opens_at, chain)
    return len(chain) if scope.is_published else len(tuple(early))


async def _in_vote(db: Database, reader: Reader, view: DelegationView, scope: Scope, *, known: int) -> DelegationView:
    """Whether it counts here, and what came of it. `known`: see `_known_before`."""
    assert scope.terms is not None
    if not scope.terms.delegation:
        return view.but(effective=False, reason="In this vote everybody votes for themselves.")
    if not view.chain:
        return view
    if scope.phase not in RUNNING and (found := await _came_of(db, reader.member, scope.name)):
        view = view.but(caster=found["caster"] or None, effective=not found["uncast"])
        return await _with_choice(db, view.but(reason=REASONS.get(found["uncast"], "")), scope, known)
    reason = await _obstacle(db, reader.member, view.chain, scope)
    view = view.but(effective=not reason, reason=reason)
    return view if reason else await _with_choice(db, view, scope, known)


async def _came_of(db: Database, member: str, vote: str) -> Mapping[str, Any] | None:
    return await db.one("SELECT caster, uncast FROM vote_delegated WHERE vote = $1 AND member = $2", vote, member)


async def _obstacle(db: Database, member: str, chain: Sequence[str], scope: Scope) -> str:
    """Why a ballot would not be cast along this chain, as far as that is known now. Not: who has voted."""
    on_roll = await db.fetch(
        "SELECT member FROM vote_roll WHERE vote = $1 AND member = ANY($2::text[])", scope.name, [member, *chain]
    )
    own = await db.one("SELECT 1 FROM vote_ballot WHERE vote = $1 AND member = $2", scope.name, member)
    roll = {row["member"] for row in on_roll}
    if own is not None:
        return "You have voted yourself."
    if not scope.roll_size:
        return ""
    if member not in roll:
        return "You are not on the roll."
    if member in chain:
        return REASONS["cycle"]
    return "" if chain[0] in roll else REASONS["not_on_roll"]


async def _with_choice(db: Database, view: DelegationView, scope: Scope, known: int) -> DelegationView:
    """In public votes with what the first of the chain who voted chose, if that may be known."""
    if scope.terms is None or scope.terms.anonymity_level != "public":
        return view
    members = [view.caster] if view.caster else list(view.chain)
    rows = await db.fetch(
        "SELECT member, content FROM vote_ballot WHERE vote = $1 AND member = ANY($2::text[])", scope.name, members
    )
    cast = {row["member"]: row["content"] for row in rows}
    first = next((each for each in members if each in cast), None)
    return view if first is None or first not in view.chain[:known] else view.but(choices=tuple(read(cast[first])))


async def narrowest_delegate(db: Database, member: str, vote: str, at: datetime) -> str | None:
    """To whom the ballot of a member in this vote goes, or by whom it was cast; None: they delegate nothing here."""
    scope = await scope_of(db, vote)
    if scope.terms is None or not scope.terms.delegation:
        return None
    found = await _came_of(db, member, vote) if scope.phase not in RUNNING else None
    if found:
        return found["caster"] or None
    edge = await _next(db, member, scope, at)
    return edge.delegate if edge else None


async def delegators_of(db: Database, delegate: str, after: str, limit: int) -> list[tuple[str, str, str]]:
    """(id, member, scope) of what has not ended yet of the delegations to a member, by id."""
    rows = await db.fetch(
        "SELECT id, member, scope FROM vote_delegation WHERE delegate = $1 AND ended_at IS NULL AND id > $2"
        " ORDER BY id LIMIT $3",
        delegate,
        after,
        limit,
    )
    return [(row["id"], row["member"], row["scope"]) for row in rows]


async def uncast_in(db: Database, vote: str, after: str, limit: int) -> list[tuple[str, str]]:
    """Delegators whose ballot was not cast, and why, by id."""
    rows = await db.fetch(
        "SELECT member, uncast FROM vote_delegated WHERE vote = $1 AND uncast <> '' AND member > $2"
        " ORDER BY member LIMIT $3",
        vote,
        after,
        limit,
    )
    return [(row["member"], row["uncast"]) for row in rows]
