"""The plugin under test: whatever a command sets off leaves a row that counts how often it happened."""

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from diramoja.core import (
    AgentKind,
    Call,
    Cancel,
    Command,
    Context,
    Decision,
    Event,
    Plugin,
    Put,
    Reject,
    RemindAfter,
    RemindCron,
    RemindEvery,
    Reply,
    Row,
    State,
    Tell,
    View,
    job,
)
from tests.support.hostile import suffer

HOW = ("plain", "plain", "plain", "reject", "tell", "handover", "remind", "job")
"""What a command sets off, plain ones more often."""
MORE = ("every", "cron", "hush", "refuse", "mishear")
"""What the simulation asks for beside it: repeated reminders, cancelled ones, rows that the records refuse."""
RINGS = 3
"""How often a repeated reminder comes before it is cancelled."""
REFUSED = "!"
"""In the key of a row that the records of the simulation refuse."""
LONGEST_ERRAND_S = 0.05


class Note(Command):
    """`how` is one of HOW, of MORE or of the evils; `other` is told."""

    token: str
    how: str
    other: str


class Hear(Command):
    token: str
    replies: bool


class Remember(Command):
    token: str


class Ring(Command):
    token: str


class Hush(Command):
    token: str


class Land(Command):
    token: str


class Noted(Event, name="ledger.noted", live=True):
    what: str
    token: str
    nth: int


class Receipt(View):
    nth: int


class Errand(View):
    token: str


class Entry(Row):
    """`times` is 1, or something happened twice."""

    key: str
    times: int


class Ledger(State):
    phase: Literal["absent"] = "absent"
    count: int = 0


@job(Errand, attempts=50, timeout_s=5, deadline_s=3600)
async def errand(payload: Errand) -> Land:
    """Takes a while, so that crashes meet it."""
    await asyncio.sleep(random.random() * LONGEST_ERRAND_S)  # no secret
    return Land(payload.token)


ledger = AgentKind("ledger", Ledger, prefix="led", rows=[Entry])


def _entered(state: Ledger, context: Context, what: str, token: str) -> tuple[Ledger, Put, Noted]:
    key = f"{what}:{token}"
    earlier = context.row(Entry, key)
    times = earlier.times + 1 if earlier is not None else 1
    count = state.count + 1
    return state.but(count=count), Put(Entry(key, times)), Noted(what, token, count)


@ledger.on("absent")
def note(state: Ledger, message: Note, context: Context) -> Decision:
    suffer(message.how)
    token = message.token
    if message.how == "reject":
        return Reject("as_asked", "As asked.")
    entered = _entered(state, context, "put" + REFUSED * (message.how == "refuse"), token)
    reply = Reply(Receipt(state.count + 1))
    match message.how:
        case "tell":
            return *entered, Tell("ledger", message.other, Hear(token, replies=False)), reply
        case "handover":
            return *entered, Tell("ledger", message.other, Hear(token, replies=True), answers=True)
        case "remind":
            return *entered, RemindAfter(timedelta(milliseconds=300), Remember(token), name=token), reply
        case "job":
            return *entered, Call(errand, Errand(token), key=token), reply
    return *entered, *_more(message), reply


def _more(message: Note) -> Iterator[Tell | RemindAfter | RemindEvery | RemindCron]:
    token = message.token
    match message.how:
        case "mishear":
            yield Tell("ledger", message.other, Hear(REFUSED + token, replies=False))
        case "every":
            yield RemindEvery(timedelta(seconds=1), Ring(token), name=token)
        case "cron":
            yield RemindCron("* * * * *", Ring(token), name=token)
        case "hush":
            yield RemindAfter(timedelta(milliseconds=300), Remember(token), name=token)
            yield RemindAfter(
                timedelta(milliseconds=400 if is_hushed_late(token) else 300), Hush(token), name=f"hush:{token}"
            )


def is_hushed_late(token: str) -> bool:
    """Whether the reminder comes before its cancelling; else both are due at once, and the cancelling comes first."""
    return sum(token.encode()) % 2 == 1


@ledger.on("absent")
def hear(state: Ledger, message: Hear, context: Context) -> Decision:
    entered = _entered(state, context, "told", message.token)
    return (*entered, Reply(Receipt(state.count + 1))) if message.replies else entered


@ledger.on("absent")
def remember(state: Ledger, message: Remember, context: Context) -> Decision:
    return _entered(state, context, "reminded", message.token)


@ledger.on("absent")
def ring(state: Ledger, message: Ring, context: Context) -> Decision:
    token = message.token
    nth = next((n for n in range(1, RINGS) if context.row(Entry, f"ring{n}:{token}") is None), RINGS)
    entered = _entered(state, context, f"ring{nth}", token)
    return (*entered, Cancel(token)) if nth == RINGS else entered


@ledger.on("absent")
def hush(state: Ledger, message: Hush, context: Context) -> Decision:
    return *_entered(state, context, "hushed", message.token), Cancel(message.token)


@ledger.on("absent")
def land(state: Ledger, message: Land, context: Context) -> Decision:
    return _entered(state, context, "landed", message.token)


plugin = Plugin(name="ledgers", kinds=[ledger], jobs=[errand])
