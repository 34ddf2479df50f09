"""Play one command through a handler as a value: no runtime, no server, no clock."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from diramoja.core.agents import AgentKind
from diramoja.core.context import Context
from diramoja.core.decisions import (
    Call,
    Cancel,
    CancelCall,
    Put,
    Reject,
    RemindAfter,
    RemindAt,
    RemindCron,
    RemindEvery,
    Remove,
    Reply,
    Tell,
)
from diramoja.core.messages import Command, Event, Row, State, View
from diramoja.core.settings import Settings

__all__ = ["Played", "play"]

type Reminder = RemindAt | RemindAfter | RemindEvery | RemindCron


@attrs.define
class Played[S: State]:
    """What a handler decided, sorted by kind of effect."""

    state: S
    events: list[Event] = attrs.field(factory=list)
    tells: list[Tell] = attrs.field(factory=list)
    puts: list[Row] = attrs.field(factory=list)
    removes: list[Remove] = attrs.field(factory=list)
    reminders: list[Reminder] = attrs.field(factory=list)
    cancels: list[Cancel | CancelCall] = attrs.field(factory=list)
    calls: list[Call[Any]] = attrs.field(factory=list)
    reply: View | None = None
    status: int | None = None
    reject: Reject | None = None


def play[S: State](
    kind: AgentKind[S],
    state: S,
    command: Command,
    *,
    id: str = "agent",
    sender: str = "",
    roles: Sequence[str] = (),
    told_by: str = "",
    rows: Sequence[Row] = (),
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    settings: Sequence[Settings] = (),
    has: Sequence[str] = (),
    facts: Mapping[Any, Any] | None = None,
) -> Played[S]:
    """Decide one command. `facts` maps a Fact to its value; what is refused by phase comes back as a Reject."""
    own = {(row.wire_name, row.key): row for row in rows}
    context = Context(
        agent=id,
        now=now,
        sender=sender,
        roles=frozenset(roles),
        told_by=told_by,
        command_id="command",
        seed=id,
        read=lambda collection, key: own.get((collection, key)),
        settings={type(each): each for each in settings},
        plugins=frozenset(has),
        facts={fact.name: value for fact, value in (facts or {}).items()},
    )
    handler = kind.handler(command.wire_name, state.phase)
    if handler is None:
        return Played(state, reject=Reject(kind.code_of(state.phase), "Not in this phase."))
    decision = handler(state, command, context)
    played = Played(state)
    for item in decision if isinstance(decision, tuple) else (decision,):
        _sort(played, item)
    if played.reject:
        return Played(state, reject=played.reject)
    return played


_LISTS: dict[type, str] = {
    Put: "puts",
    Remove: "removes",
    Tell: "tells",
    RemindAt: "reminders",
    RemindAfter: "reminders",
    RemindEvery: "reminders",
    RemindCron: "reminders",
    Cancel: "cancels",
    CancelCall: "cancels",
    Call: "calls",
}


def _sort(played: Played[Any], item: object) -> None:
    if isinstance(item, State):
        played.state = item
    elif isinstance(item, Event):
        played.events.append(item)
    elif isinstance(item, Put):
        played.puts.append(item.row)
    elif isinstance(item, Reply):
        played.reply, played.status = item.view, item.status
    elif isinstance(item, Reject):
        played.reject = item
    elif item is not None:
        getattr(played, _LISTS[type(item)]).append(item)
