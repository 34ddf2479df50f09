"""The smallest plugin whose mistakes can be counted: each agent adds up what it is sent."""

from typing import Literal

from diramoja.core import AgentKind, Command, Context, Decision, Event, Plugin, Put, Reply, Row, State, View


class Add(Command):
    amount: int


class Added(Event, name="counter.added", live=True):
    command: str
    total: int


class Total(View):
    total: int


class Entry(Row):
    """One per command."""

    command: str
    amount: int


class Counter(State):
    phase: Literal["absent", "open"] = "absent"
    total: int = 0


counter = AgentKind("counter", Counter, prefix="cnt", rows=[Entry])


@counter.on("absent", "open")
def add(state: Counter, message: Add, context: Context) -> Decision:
    total = state.total + message.amount
    return (
        state.but(phase="open", total=total),
        Put(Entry(context.command_id, message.amount)),
        Added(context.command_id, total),
        Reply(Total(total)),
    )


plugin = Plugin(name="counters", kinds=[counter])
