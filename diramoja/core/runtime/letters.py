"""Dead letters: messages that could not be decided and events that could not be heard; personal fields are masked."""

from collections.abc import Mapping
from typing import Any

import msgspec

from diramoja.core.agents import Hearing
from diramoja.core.errors import trace_of
from diramoja.core.ids import short
from diramoja.core.messages import Event, Message, personal_fields
from diramoja.core.ports.rows import DeadLetter
from diramoja.core.registry import Registry
from diramoja.core.runtime.items import WORKER_ENDED, Item
from diramoja.core.runtime.turn import Decided, dead_letter_id

__all__ = ["undecided", "unheard"]


def undecided(registry: Registry, decided: Decided) -> DeadLetter:
    """The message of an item that failed."""
    item, failure, cell = decided.item, decided.failure, decided.cell
    assert failure is not None
    return _letter(
        item,
        id=dead_letter_id(item),
        kind=item.key.kind,
        agent=item.key.agent,
        verb=item.verb,
        sender=item.envelope.sender,
        causation=item.envelope.causation,
        code=failure.code,
        detail=failure.detail,
        traceback=failure.traceback,
        state_version=cell.version,
        version=item.envelope.version,
        payload=_masked(registry, item),
    )


def unheard(item: Item, hearing: Hearing[Any], event: Event, error: Exception) -> DeadLetter:
    """An event of this item, as a letter to the kind that could not hear it."""
    return _letter(
        item,
        id=f"{dead_letter_id(item)}_{short(hearing.name)}",
        kind=hearing.kind,
        agent="",
        verb=event.wire_name,
        sender=item.key.agent,
        causation=item.envelope.id,
        code="hearing_failed",
        detail=f"{hearing.name}: {type(error).__name__}",
        traceback=trace_of(error),
        state_version=0,
        version=event.schema_version,
        payload=_without_personal(event),
    )


def _letter(item: Item, **more: Any) -> DeadLetter:
    envelope = item.envelope
    return DeadLetter(
        partition=item.partition,
        stream_seq=item.seq,
        command_id=envelope.id,
        correlation=envelope.correlation or envelope.id,
        at=item.at,
        **more,
    )


def _masked(registry: Registry, item: Item) -> bytes:
    """The body without its personal fields; nothing of a body that could not be read."""
    if item.command is not None:
        return _without_personal(item.command)
    kind = registry.kinds.get(item.key.kind)
    if item.fault is None or item.fault[0] != WORKER_ENDED or kind is None or item.verb not in kind.commands:
        return b""
    try:
        return _hidden(kind.commands[item.verb].command, msgspec.json.decode(item.envelope.body, type=dict[str, Any]))
    except msgspec.DecodeError:
        return b""


def _without_personal(message: Message) -> bytes:
    return _hidden(type(message), msgspec.to_builtins(message))


def _hidden(of: type[Message], fields: Mapping[str, Any]) -> bytes:
    personal = personal_fields(of)
    return msgspec.json.encode({name: "***" if name in personal else value for name, value in fields.items()})
