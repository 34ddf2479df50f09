"""A plugin whose handlers hang, kill their process or never have enough, when they are told to."""

import os
import re
import time
from datetime import timedelta
from typing import Literal

from diramoja.core import AgentKind, Command, Context, Decision, Event, Plugin, RemindAfter, Reply, State, View


class Do(Command):
    what: str


class Later(Command):
    what: str


class Done(Event, name="victim.done"):
    what: str


class Count(View):
    count: int


class Victim(State):
    phase: Literal["absent"] = "absent"
    done: tuple[str, ...] = ()


victim = AgentKind("victim", Victim, prefix="vic")

EVIL = ("loop", "sleep", "regex", "exit", "allocate")


def suffer(what: str) -> None:
    """Nothing where it is none of `EVIL`."""
    match what:
        case "loop":
            while True:
                pass
        case "sleep":
            time.sleep(3600)
        case "regex":
            re.match(r"(a|a)*$", "a" * 60 + "b")
        case "exit":
            os._exit(9)
        case "allocate":
            hoard = []
            while True:
                hoard.append(bytes(10_000_000))


@victim.on("absent")
def do(state: Victim, message: Do, context: Context) -> Decision:
    suffer(message.what)
    return state.but(done=(*state.done, message.what)), Done(message.what), Reply(Count(len(state.done) + 1))


@victim.on("absent")
def later(state: Victim, message: Later, context: Context) -> Decision:
    return RemindAfter(timedelta(milliseconds=10), Do(message.what), name="later"), Reply(Count(0))


plugin = Plugin(name="victims", kinds=[victim])
