"""Items: what a turn decides, from the stream, from due reminders or from parked commands, in one shape."""

from datetime import datetime
from functools import lru_cache
from typing import Any

import attrs

from diramoja.core.agents import AgentKind
from diramoja.core.envelope import MAX_HOPS, Envelope, unpack
from diramoja.core.errors import DiramojaError, MessageError
from diramoja.core.ids import PARTITIONS, is_id, partition_of
from diramoja.core.messages import Command, decode
from diramoja.core.ports.broker import Incoming
from diramoja.core.ports.rows import AgentKey, ParkedRow, ReminderRow, TellRow
from diramoja.core.registry import Registry

__all__ = [
    "CONTROL_VERBS",
    "WORKER_ENDED",
    "Item",
    "control",
    "from_parked",
    "from_reminder",
    "from_stream",
    "from_tell",
    "strip",
]

NOBODY = AgentKey("", "")
"""Whose a message is that bears no possible address."""
CONTROL_VERBS = frozenset({"_pause", "_resume", "_restart", "_drain"})
"""Verbs that the runtime answers itself, for every kind."""

WORKER_ENDED = "worker_ended"
"""Code of the dead letter of a message that is not decided any more."""
INT32, INT64 = 2**31, 2**63
LARGEST_ENVELOPE_BYTES = 96 * 1024
LONGEST_NAME = 640
"""Characters of an id or name in an envelope: what an index of the records still takes."""


@attrs.define(eq=False)
class Item:
    """One message to decide.

    Attributes:
        origin: cmd, tell, job, remind, parked or control (of the worker itself).
        seq: place in COMMANDS; 0 where it does not come from there.
        envelope: a bare one where the bytes cannot be read; then `fault` says why.
        command: the decoded body; None for control verbs and where there is a fault.
        fault: (code, detail) of a message that is dead before it is decided.
        facts: by fact name, as loaded for this message.
        refused: why what was decided of it cannot be stored, as an error code.
        stripped: nor the dead letter; only its place is left. Of a control: nor its first parked command alone.
    """

    origin: str
    partition: int
    seq: int
    at: datetime
    key: AgentKey
    verb: str
    envelope: Envelope
    command: Command | None = None
    fault: tuple[str, str] | None = None
    facts: dict[str, Any] = attrs.field(factory=dict)
    reminder: ReminderRow | None = None
    refused: str = ""
    stripped: bool = False


def from_stream(incoming: Incoming, registry: Registry, *, condemned: bool = False) -> Item:
    """An item from the COMMANDS stream; garbage, and what is condemned, becomes an item with a fault."""
    partition, seq, at, origin, *address, data = incoming
    key, verb, fault = _addressed(*address)
    item = Item(origin, partition, seq, at, key, verb, _bare(seq), fault=fault)
    if fault is not None:
        return item
    if len(data) > LARGEST_ENVELOPE_BYTES:
        item.fault = ("message_too_large", f"{len(data)} bytes.")
        return item
    return _opened(item, data, registry, condemned=condemned)


@lru_cache(maxsize=16_384)
def _addressed(kind: str, agent: str, verb: str) -> tuple[AgentKey, str, tuple[str, str] | None]:
    """Key, verb and fault. An agent that is no id has no subject for its events."""
    is_storable = all(len(part) <= LONGEST_NAME and part.isprintable() for part in (kind, agent, verb))
    fault = None if is_storable and is_id(agent) else ("address_invalid", "No agent can have this address.")
    return (AgentKey(kind, agent), verb, fault) if is_storable else (NOBODY, "", fault)


def from_tell(row: TellRow, at: datetime, registry: Registry) -> Item:
    """An item from a tell that the turn which made it decides too, at the time of its cause."""
    target = partition_of(row.kind, row.agent)
    return from_stream(Incoming(target, 0, at, "tell", row.kind, row.agent, row.verb, row.envelope), registry)


def from_reminder(row: ReminderRow, now: datetime, registry: Registry, *, condemned: bool = False) -> Item:
    """An item from a due reminder."""
    item = Item("remind", row.partition, 0, now, AgentKey(row.kind, row.agent), row.verb, _bare(0), reminder=row)
    return _opened(item, row.envelope, registry, condemned=condemned)


def from_parked(row: ParkedRow, partition: int, registry: Registry) -> Item:
    """An item from a parked command."""
    item = Item("parked", partition, 0, row.at, AgentKey(row.kind, row.agent), row.verb, _bare(0))
    return _opened(item, row.envelope, registry)


def control(key: AgentKey, verb: str, partition: int, at: datetime) -> Item:
    """An item by which a worker asks its own turn to do something to an agent."""
    return Item("control", partition, 0, at, key, verb, _bare(0))


def strip(item: Item) -> None:
    """Leave nothing of a message that not even a dead letter can hold, but its place."""
    item.envelope, item.command, item.stripped = _bare(item.seq), None, True
    item.fault = ("message_unstorable", "Nothing of it can be kept.")


def _bare(seq: int) -> Envelope:
    return Envelope(id=f"s{seq}", version=1, body=b"")


def _opened(item: Item, data: bytes, registry: Registry, *, condemned: bool = False) -> Item:
    try:
        item.envelope = _checked(unpack(Envelope, data))
        if condemned:
            raise MessageError("Worker after worker ended while deciding it.", code=WORKER_ENDED)
        if item.origin == "cmd" and item.envelope.source >= 0:
            raise MessageError("A command from outside bears no marks.", code="envelope_forged")
        if item.envelope.hops > MAX_HOPS:
            raise MessageError(f"More than {MAX_HOPS} hops from its cause.", code="too_many_hops")
        if item.verb not in CONTROL_VERBS:
            item.command = _command(registry.kinds.get(item.key.kind), item)
    except DiramojaError as error:
        item.fault = (error.code, str(error))
    return item


def _checked(envelope: Envelope) -> Envelope:
    """The same envelope, if the records can hold its parts."""
    names = (envelope.id, envelope.sender, envelope.correlation, envelope.causation, envelope.request)
    fits = (
        max(map(len, names)) <= LONGEST_NAME
        and "\x00" not in "".join((*names, envelope.told_by, *envelope.roles))
        and -1 <= envelope.source < PARTITIONS
        and 0 <= envelope.seq < INT64
        and 0 <= envelope.version < INT32
        and envelope.hops >= 0
    )
    if not fits:
        raise MessageError("A part of the envelope is beyond its bounds.", code="envelope_invalid")
    return envelope


def _command(kind: AgentKind[Any] | None, item: Item) -> Command:
    if kind is None:
        raise MessageError(f"No plugin here brings the kind {item.key.kind}.", code="kind_unknown")
    handled = kind.commands.get(item.verb)
    if handled is None:
        raise MessageError(f"{item.key.kind} knows no command {item.verb}.", code="verb_unknown")
    return decode(handled.command, item.envelope.body, item.envelope.version)
