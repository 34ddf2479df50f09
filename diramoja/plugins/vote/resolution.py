"""Where the ballots of those go who did not vote themselves, and whether a delegation would close a circle. Pure.

Each member's narrowest delegation counts (vote before topic before category); whoever casts for a delegate who did not
vote casts for their delegators too. The same edges, ballots and roll always give the same outcome, in any order.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import attrs

__all__ = ["DEFAULT_BOUNDS", "Bounds", "Edge", "Obstacle", "Outcome", "Uncast", "chain_of", "obstacle_of", "resolve"]

type Uncast = Literal["no_ballot", "not_on_roll", "cycle", "too_deep", "over_limit"]
"""Why a delegated ballot is not cast: nobody along the chain voted; a delegate is not on the roll; the chain comes back
to somebody; it is longer than allowed; the delegate carries as many as one may."""

type Obstacle = Literal["", "cycle", "too_deep"]

FURTHEST = 64
"""Members of a chain, and chains in narrower scopes, that are looked at before a delegation is refused as too deep."""


@attrs.frozen
class Bounds:
    """How far a ballot travels, and how many one member carries.

    Attributes:
        depth: from the delegator to whoever casts, in steps.
        carried_min: ballots of others that a delegate carries however small the roll.
        carried_ratio: of the roll, where that is more.
    """

    depth: int = 5
    carried_min: int = 3
    carried_ratio: float = 0.01

    def carried_max(self, roll_size: int) -> int:
        """Ballots of others that one member casts in a vote with a roll of this size; fractions are dropped."""
        return max(self.carried_min, int(self.carried_ratio * roll_size + 1e-9))


DEFAULT_BOUNDS = Bounds()


@attrs.frozen
class Edge:
    """A delegation in force.

    Attributes:
        scope: id of a vote or a topic, or name of a category.
        within: the wider scopes that it lies in, narrowest first: of a vote its topic and category.
    """

    delegator: str
    delegate: str
    scope: str
    made_at: datetime
    within: tuple[str, ...] = ()

    @property
    def world(self) -> tuple[str, ...]:
        """Its scope and those around it: where a vote in this scope looks for delegations."""
        return self.scope, *self.within


@attrs.frozen
class Outcome:
    """What became of a delegated ballot: `caster`, or why not. `steps` along the chain, up to where it ended."""

    caster: str = ""
    uncast: Uncast | None = None
    steps: int = 0


# --- at the seal ---


def resolve(
    edges: Iterable[Edge],
    world: Sequence[str],
    *,
    roll: Collection[str],
    roll_size: int,
    voted: Collection[str],
    bounds: Bounds = DEFAULT_BOUNDS,
) -> dict[str, Outcome]:
    """What becomes of each ballot of the roll that was delegated and whose owner did not vote.

    Args:
        edges: in force at the close; of other scopes too.
        world: the scopes of the vote, narrowest first.
        roll: who may vote, of all whom these edges name.
        roll_size: how many may vote in all.
        voted: who did themselves, blank ballots included.
        bounds: see `Bounds`.

    Beyond `carried_max` the nearest delegators are cast first, of these those who delegated first.
    """
    towards = narrowest(edges, world)
    outcomes = {
        member: _outcome(member, towards, roll=roll, voted=voted, depth=bounds.depth)
        for member in towards
        if member in roll and member not in voted
    }
    return _limited(outcomes, towards, bounds.carried_max(roll_size))


def narrowest(edges: Iterable[Edge], world: Sequence[str]) -> dict[str, Edge]:
    """Of each delegator the delegation that counts in these scopes, which are given narrowest first."""
    rank = {scope: place for place, scope in enumerate(world)}
    found: dict[str, Edge] = {}
    for edge in edges:
        if edge.scope in rank:
            known = found.get(edge.delegator)
            if known is None or rank[edge.scope] < rank[known.scope]:
                found[edge.delegator] = edge
    return found


def _outcome(
    member: str, towards: Mapping[str, Edge], *, roll: Collection[str], voted: Collection[str], depth: int
) -> Outcome:
    passed = {member}
    at = member
    for step in range(1, depth + 1):
        edge = towards.get(at)
        if edge is None:
            return Outcome(uncast="no_ballot", steps=step - 1)
        at = edge.delegate
        if at in passed:
            return Outcome(uncast="cycle", steps=step)
        if at not in roll:
            return Outcome(uncast="not_on_roll", steps=step)
        if at in voted:
            return Outcome(caster=at, steps=step)
        passed.add(at)
    return Outcome(uncast="too_deep" if at in towards else "no_ballot", steps=depth)


def _limited(outcomes: dict[str, Outcome], towards: Mapping[str, Edge], most: int) -> dict[str, Outcome]:
    carried: dict[str, list[str]] = {}
    for member, outcome in outcomes.items():
        if outcome.caster:
            carried.setdefault(outcome.caster, []).append(member)
    limited = dict(outcomes)
    for members in carried.values():
        members.sort(key=lambda each: (outcomes[each].steps, towards[each].made_at, each))
        for member in members[most:]:
            limited[member] = Outcome(uncast="over_limit", steps=outcomes[member].steps)
    return limited


# --- when one is made ---


def chain_of(member: str, world: Sequence[str], edges_of: Callable[[str], Sequence[Edge]]) -> tuple[str, ...]:
    """The delegates of a member in these scopes, nearest first; it ends before it would come back to somebody."""
    chain: list[str] = []
    at = member
    while len(chain) < FURTHEST:
        edge = _counting(edges_of(at), world)
        if edge is None or edge.delegate == member or edge.delegate in chain:
            break
        at = edge.delegate
        chain.append(at)
    return tuple(chain)


def obstacle_of(edge: Edge, edges_of: Callable[[str], Sequence[Edge]], bounds: Bounds = DEFAULT_BOUNDS) -> Obstacle:
    """Why a delegation cannot be made, or "": it would lead back to its delegator, or be longer than one may be.

    A category holds topics and these hold votes, so that a circle may close in some vote only, by delegations of
    different scopes: each narrower scope in which somebody along the way decided otherwise is looked at too.

    Args:
        edge: to be made; one of the same delegator and scope is replaced by it.
        edges_of: those in force of a delegator. `edge` itself need not be among them.
        bounds: see `Bounds`.
    """
    kept = [each for each in edges_of(edge.delegator) if each.scope != edge.scope]
    waiting, looked = [edge.world], set[tuple[str, ...]]()
    while waiting:
        world = waiting.pop()
        if world in looked or _counting([edge, *kept], world) != edge:
            continue
        looked.add(world)
        chain = chain_of(edge.delegate, world, edges_of)
        if edge.delegator in (edge.delegate, *chain):
            return "cycle"
        if len(looked) > FURTHEST or (world == edge.world and len(chain) >= bounds.depth):
            return "too_deep"
        for member in (edge.delegate, *chain):
            waiting += [each.world for each in edges_of(member) if world[0] in each.within]
    return ""


def _counting(edges: Sequence[Edge], world: Sequence[str]) -> Edge | None:
    for scope in world:
        for edge in edges:
            if edge.scope == scope:
                return edge
    return None
