"""Decisions: what a handler returns. The new state, events and effects, in any order, or nothing.

Effects are values; the runtime carries them out in the transaction that commits the state (own rows,
reminders, jobs, tells) or after it (publishing).
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from diramoja.core.messages import Command, Event, Message, Row, State, View

if TYPE_CHECKING:
    from diramoja.core.jobs import Job

__all__ = [
    "Call",
    "Cancel",
    "CancelCall",
    "Decision",
    "Effect",
    "Put",
    "Reject",
    "RemindAfter",
    "RemindAt",
    "RemindCron",
    "RemindEvery",
    "Remove",
    "Reply",
    "Tell",
]

MAX_EFFECTS = 1_000
"""Effects of one decision, events included."""


class Put(msgspec.Struct, frozen=True):
    """Insert or replace an own row."""

    row: Row


class Remove(msgspec.Struct, frozen=True):
    """Remove an own row; a key that is not there is no error."""

    collection: type[Row]
    key: str


class Tell(msgspec.Struct, frozen=True):
    """Send a command to another agent (or to oneself), after the commit, exactly once, in order.

    `answers=True` hands the pending answer over: whoever sent the command that is being decided waits for what
    that agent replies.
    """

    kind: str
    agent: str
    command: Command
    answers: bool = False


class RemindAt(msgspec.Struct, frozen=True):
    """Bring this command at a time; a reminder of the same name is replaced (default name: the command's)."""

    at: datetime
    command: Command
    name: str = ""


class RemindAfter(msgspec.Struct, frozen=True):
    """Bring this command after a while, counted from `context.now`."""

    after: timedelta
    command: Command
    name: str = ""


class RemindEvery(msgspec.Struct, frozen=True):
    """Bring this command again and again, first after one interval; missed times are not made up for.

    Missed are those of an outage, and those while the agent is paused.

    Raises:
        ValueError: `every` is shorter than a second.
    """

    every: timedelta
    command: Command
    name: str = ""

    def __post_init__(self) -> None:
        if self.every < timedelta(seconds=1):
            raise ValueError("A reminder comes at most once a second.")


class RemindCron(msgspec.Struct, frozen=True):
    """Bring this command at the times of a cron expression (five fields, UTC)."""

    cron: str
    command: Command
    name: str = ""


class Cancel(msgspec.Struct, frozen=True):
    """Cancel the reminder of this name; one that is not there is no error.

    One that came due while the agent was paused is there no more: it waits among the parked commands, and comes.
    """

    name: str


def reminder_name(effect: RemindAt | RemindAfter | RemindEvery | RemindCron | Cancel) -> str:
    """Which of the agent's reminders the effect sets or cancels."""
    return effect.name if isinstance(effect, Cancel) else effect.name or effect.command.wire_name


class Call[P: Message](msgspec.Struct, frozen=True):
    """Do a job outside; its result comes back as a command to this agent.

    `key` names the job within the agent for `CancelCall`, and makes a second call with the same key while the first
    runs do nothing.
    """

    job: "Job[P]"
    payload: P
    key: str = ""


class CancelCall(msgspec.Struct, frozen=True):
    """Cancel the job of this key; one that has ended is not undone."""

    key: str


class Reply(msgspec.Struct, frozen=True):
    """Answer whoever sent the command; committed with it. The first answer of a request wins."""

    view: View
    status: int = 200


class Reject(msgspec.Struct, frozen=True):
    """Refuse the command: nothing else of the decision takes effect. `code` is stable, `detail` is for people."""

    code: str
    detail: str
    status: int = 409


type Effect = (
    Put
    | Remove
    | Tell
    | RemindAt
    | RemindAfter
    | RemindEvery
    | RemindCron
    | Cancel
    | Call[Any]
    | CancelCall
    | Reply
    | Reject
)
type Decision = State | Event | Effect | tuple[State | Event | Effect, ...] | None
