"""At the count: the ballots of delegators who did not vote themselves, and what becomes of each."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import anyio
import msgspec

from diramoja.core.ports.database import Session
from diramoja.plugins.vote.delegation_state import bounds_of
from diramoja.plugins.vote.resolution import Edge, Outcome, resolve
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.words import Terms

__all__ = ["carried_by", "world_of"]


async def carried_by(session: Session, vote: str, voted: Collection[str], settings: VoteSettings) -> Mapping[str, int]:
    """How many ballots of others each member casts beside their own; whose, and which are not cast, is written down.

    To be called once all stations are sealed and the delegations are settled. Called again it says the same.

    Args:
        session: where the roll and the delegations are.
        vote: its id.
        voted: who cast a ballot, blank ones included.
        settings: how many a delegate carries.
    """
    row = await session.one("SELECT terms, closes_at, roll_size FROM vote WHERE id = $1", vote)
    if row is None or not (terms := msgspec.convert(row["terms"], Terms)).delegation:
        return {}
    known = await session.fetch("SELECT caster FROM vote_delegated WHERE vote = $1", vote)
    if known:
        return Counter(each["caster"] for each in known if each["caster"])
    world = world_of(vote, terms)
    edges = await _in_force(session, vote, world, row["closes_at"])
    resolving = partial(
        resolve,
        edges,
        world,
        roll=await _on_roll(session, vote, edges),
        roll_size=row["roll_size"],
        voted=frozenset(voted),
        bounds=bounds_of(settings),
    )
    outcomes = await anyio.to_thread.run_sync(resolving)
    await _write(session, vote, outcomes)
    return Counter(each.caster for each in outcomes.values() if each.caster)


def world_of(vote: str, terms: Terms) -> tuple[str, ...]:
    """The scopes in which a vote looks for delegations, narrowest first."""
    return tuple(filter(None, (vote, terms.topic, terms.category)))


async def _in_force(session: Session, vote: str, world: Sequence[str], at: datetime) -> list[Edge]:
    """The delegations of the roll in these scopes at a time."""
    rows = await session.fetch(
        "SELECT d.member, d.delegate, d.scope, d.made_at FROM vote_delegation AS d"
        " JOIN vote_roll AS r ON r.vote = $1 AND r.member = d.member WHERE d.scope = ANY($2::text[])"
        " AND d.made_at < $3 AND d.expires_at > $3 AND (d.ended_at IS NULL OR d.ended_at >= $3)",
        vote,
        list(world),
        at,
    )
    return [Edge(row["member"], row["delegate"], row["scope"], row["made_at"]) for row in rows]


async def _on_roll(session: Session, vote: str, edges: Sequence[Edge]) -> frozenset[str]:
    """Of all whom the delegations name."""
    named = {each.delegate for each in edges}
    rows = await session.fetch(
        "SELECT member FROM vote_roll WHERE vote = $1 AND member = ANY($2::text[])", vote, sorted(named)
    )
    return frozenset(row["member"] for row in rows) | {each.delegator for each in edges}


async def _write(session: Session, vote: str, outcomes: Mapping[str, Outcome]) -> None:
    members = sorted(outcomes)
    columns: tuple[list[Any], ...] = (
        members,
        [outcomes[each].caster for each in members],
        [outcomes[each].uncast or "" for each in members],
    )
    await session.execute(
        "INSERT INTO vote_delegated (vote, member, caster, uncast)"
        " SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING",
        vote,
        *columns,
    )
