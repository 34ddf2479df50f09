"""What a conversation knows: who takes part, and what was said, as sealed bodies that nothing here reads."""

from datetime import datetime
from typing import Literal

from diramoja.core import AgentKind, Personal, Reject, Row, State
from diramoja.core.ids import derive_id
from diramoja.fields import NEVER

__all__ = ["BLOCKED", "MISSING", "Conversation", "Message", "Participant", "conversation", "pair_id"]

BLOCKED = Reject("blocked", "You cannot write to this member.", 403)
MISSING = Reject("conversation_missing", "You take part in no such conversation.", 404)


class Participant(Row):
    """Somebody who takes part. They see messages after `joined`; they were told of those up to `told`."""

    member: Personal[str]
    joined: int
    read: int
    told: int
    since: datetime


class Message(Row):
    """What somebody said. `body` is opaque; `number` counts from 1."""

    id: str
    number: int
    sender: Personal[str]
    body: Personal[str]
    encoding: Literal["plain", "sealed"]
    status: Literal["sent", "deleted", "removed"]
    reply_to: str | None
    created_at: datetime


class Conversation(State):
    """Who takes part. `walls`: who of two blocked the other, known before they ever met.

    `has_answer`: more than one of them has written.
    """

    phase: Literal["absent", "open", "closed"] = "absent"
    title: str = ""
    is_group: bool = False
    created_by: Personal[str] = ""
    created_at: datetime = NEVER
    members: tuple[Personal[str], ...] = ()
    walls: tuple[Personal[str], ...] = ()
    last_number: int = 0
    last_at: datetime | None = None
    last_sender: Personal[str] = ""
    has_answer: bool = False


conversation = AgentKind("conversation", Conversation, prefix="con", rows=[Participant, Message])


def pair_id(one: str, other: str) -> str:
    """The conversation of two members is always the same."""
    return derive_id("con", *sorted((one, other)))
