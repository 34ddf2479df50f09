"""Erasing a member whose term is over: all that names them is looked for and told to forget, then the log; twice.

The tables themselves are asked, so no plugin has to know where it put somebody. Each step is a job and a command of
this agent: whatever dies, the next one goes on.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from itertools import groupby
from typing import Any, Literal

import msgspec

from diramoja.core import (
    Call,
    Cancel,
    Command,
    Context,
    Decision,
    Event,
    Personal,
    Put,
    RemindAfter,
    Remove,
    Tell,
    View,
    job,
)
from diramoja.core.messages import personal_fields
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.rows import AgentKey, EventRow, RowKey
from diramoja.core.registry import Registry
from diramoja.plugins.member.forgetting_contracts import FORMER, ForgetMember, MemberErased, forgotten_rows
from diramoja.plugins.member.state import PRESENT, Following, Member, OwnPost, ReviewActivity, Wall, member
from diramoja.ports.forgetting import Forgetting

__all__ = ["EraseMember", "FindNamed", "ForgetPlaces", "LookOn", "find_named", "forget_log", "redacted"]

type Stage = Literal["agents", "rows", "log"]
type Place = tuple[str, str, str, str]
"""(kind, agent, collection, key); the last two are "" for the agent itself."""

PLACES = 150
"""Told of at once; an agent may answer one with several effects."""
CALLS = 100
"""Looks into the tables of one job; where they find nothing the next job goes on."""
TIMES = 2
NOW = timedelta(0)
"""By a reminder, since a chain of messages has an end, and there may be more places than it has links."""
AGAIN = timedelta(days=1)
"""What was under way at the first look has arrived by then."""
NEXT: dict[Stage, Stage | None] = {"agents": "rows", "rows": "log", "log": None}


class EraseMember(Command):
    """The term is over. Told by the member to itself."""


class LookOn(Command):
    """Look through everything, from a place on. Told by the member to itself, and by a job that failed."""

    stage: Stage = "agents"
    after: tuple[str | int, ...] = ()


class FindNamed(View):
    """Look for places that name a member, from `after` on; () is the beginning."""

    member: Personal[str]
    stage: Stage
    after: tuple[str | int, ...] = ()


class ForgetPlaces(Command):
    """Places that were found; and where to go on, None at the end of the stage."""

    stage: Stage
    places: tuple[Place, ...]
    after: tuple[str | int, ...] | None


@member.on(*PRESENT)
def erase(state: Member, message: EraseMember, context: Context) -> Decision:
    """The profile goes at once; the rest of it, and what others hold, as it is found."""
    if state.erase_after is None or context.now < state.erase_after:
        return None
    erased = Member(phase="erased", erase_after=state.erase_after, posts_then=state.posts_then)
    return erased, Cancel(ReviewActivity.wire_name), MemberErased(context.id), RemindAfter(NOW, LookOn())


@member.on("erased")
def look_on(state: Member, message: LookOn, context: Context) -> Decision:
    wanted = forget_log if message.stage == "log" else find_named
    return Call(wanted, FindNamed(context.id, message.stage, message.after))


@member.on("erased")
def forget_places(state: Member, message: ForgetPlaces, context: Context) -> Decision:
    """Who is found is told; then the next stage, and at its end the second time."""
    effects: list[Any] = []
    for (kind, agent), places in groupby(message.places, key=lambda each: each[:2]):
        rows = tuple((collection, key) for _, _, collection, key in places if collection)
        told = ForgetMember(context.id, state.posts_then, rows)
        own = (kind, agent) == (member.name, context.id)
        effects += forgotten_rows(member, told, context) if own else [Tell(kind, agent, told)]
    stage = message.stage if message.after is not None else NEXT[message.stage]
    if stage is not None:
        return *effects, RemindAfter(NOW, LookOn(stage, message.after or ()))
    times = state.looked + 1
    again = [RemindAfter(AGAIN, LookOn())] if times < TIMES else []
    return state.but(looked=times), *effects, *again


# --- what other members hold ---


@member.on(*PRESENT)
def forget_member(state: Member, message: ForgetMember, context: Context) -> Decision:
    """Nobody follows, walls off, likes or is liked by somebody who is gone; what an officer set stays, without them."""
    effects: list[Put | Remove] = []
    following, walls, others = state.following, state.walls, []
    for collection, key in message.rows:
        row = context.row(member.rows[collection], key) if collection in member.rows else None
        if isinstance(row, Following | Wall) or (row is not None and collection == "liker"):
            following -= isinstance(row, Following)
            walls -= isinstance(row, Wall) and (row.blocks or row.mutes)
            effects.append(Remove(member.rows[collection], key))
        elif isinstance(row, OwnPost):
            effects.append(Put(row.but(likers=tuple(each for each in row.likers if each != message.member))))
        else:
            others.append((collection, key))
    rest = forgotten_rows(member, message.but(rows=tuple(others)), context)
    return state.but(following=following, walls=walls), *effects, *rest


# --- jobs ---


def _failed(payload: FindNamed, code: str) -> Command:
    """Begun anew: it is known what was not found yet by its being there."""
    return LookOn()


@job(FindNamed, attempts=20, timeout_s=60, backoff_s=5, deadline_s=30 * 86_400, failed=_failed)
async def find_named(payload: FindNamed, forgetting: Forgetting, registry: Registry) -> ForgetPlaces:
    """The next agents or rows that name the member, of kinds that can forget one."""
    kinds = {name for name, kind in registry.kinds.items() if ForgetMember.wire_name in kind.commands}
    kinds.add(member.name)
    after: tuple[str | int, ...] | None = payload.after
    for _ in range(CALLS):
        found, after = await _named(payload, after or (), forgetting)
        own = (member.name, payload.member, "", "")  # What is left of the member, which knows what it still has to do.
        places = tuple(each for each in found if each[0] in kinds and each != own)
        if places or after is None:
            return ForgetPlaces(payload.stage, places, after)
    return ForgetPlaces(payload.stage, (), after)


async def _named(
    payload: FindNamed, after: tuple[str | int, ...], forgetting: Forgetting
) -> tuple[list[Place], tuple[str, ...] | None]:
    if payload.stage == "agents":
        begin = AgentKey(*map(str, after)) if after else AgentKey("", "")
        agents, end = await forgetting.agents_naming(payload.member, begin, PLACES)
        return [(each.kind, each.agent, "", "") for each in agents], end
    first = RowKey(*map(str, after)) if after else RowKey("", "", "", "")
    rows, last = await forgetting.rows_naming(payload.member, first, PLACES)
    return [(each.kind, each.agent, each.collection, each.key) for each in rows], last


@job(FindNamed, attempts=20, timeout_s=60, backoff_s=5, deadline_s=30 * 86_400, failed=_failed)
async def forget_log(payload: FindNamed, forgetting: Forgetting, clock: Clock) -> ForgetPlaces:
    """The event log names a former member in the place of this one, and holds none of the texts that went with it."""
    after = payload.after
    await forgetting.forget(payload.member, FORMER)
    for _ in range(CALLS):
        place = (int(after[0]), int(after[1])) if after else (-1, -1)
        rows, last = await forgetting.events_naming(payload.member, place, PLACES)
        news = clock.now() - AGAIN / 2  # That of the erasure itself is still to be read by views.
        old = [row for row in rows if row.name != MemberErased.wire_name or row.at < news]
        await forgetting.rewrite_events([redacted(row, payload.member) for row in old])
        if last is None:
            return ForgetPlaces("log", (), None)
        after = last
    return ForgetPlaces("log", (), after)


def redacted(row: EventRow, member: str) -> EventRow:
    """An event without this member, and without the personal fields beside them but the ids of others."""
    named = {name: getattr(row, name).replace(member, FORMER) for name in ("agent", "correlation", "causation")}
    fields = msgspec.json.decode(row.body.replace(member.encode(), FORMER.encode()))
    for name in _personal().get(row.name, ()):
        if isinstance(value := fields.get(name), str) and not value.startswith("mem_"):
            fields[name] = ""
    return row._replace(body=msgspec.json.encode(fields), **named)


@cache
def _personal() -> dict[str, frozenset[str]]:
    """Event → its personal fields; of all events that any plugin here declares."""
    return {each.wire_name: personal_fields(each) for each in _events(Event)}


def _events(of: type[Event]) -> Iterator[type[Event]]:
    for each in of.__subclasses__():
        yield each
        yield from _events(each)
