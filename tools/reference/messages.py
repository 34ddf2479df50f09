"""Commands and events: a page for people, and AsyncAPI 3.0 with JSON Schemas for tools."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from diramoja import __version__
from diramoja.core.agents import AgentKind
from diramoja.core.messages import Event, Message
from tools.reference.built_in import deployment
from tools.reference.markdown import summary, table

__all__ = ["asyncapi", "commands_of", "events", "messages_page"]

SCHEMAS = "#/components/schemas/{name}"


def kinds() -> list[AgentKind[Any]]:
    """All kinds, in the order of their plugins."""
    return [kind for each in deployment().plugins for kind in each.value.kinds]


def commands_of(kind: AgentKind[Any]) -> list[type[Message]]:
    """The commands that a kind handles."""
    return [handled.command for handled in kind.commands.values()]


def events() -> list[type[Event]]:
    """All events, in the order of their plugins."""
    return [event for found in deployment().events().values() for event in found]


def messages_page() -> str:
    """Commands and events by plugin."""
    parts = [
        "# Messages",
        (
            "Bodies are JSON. Their schemas and the subjects are in [messages.json](messages.json) (AsyncAPI 3.0). "
            "Commands reach an agent over NATS only from gateways, agents and jobs; programs of others use HTTP."
        ),
    ]
    heard = _heard()
    for each in deployment().plugins:
        parts.append(f"## {each.value.name}")
        for kind in each.value.kinds:
            rows = [
                (f"`{verb}`", ", ".join(handled.by_phase), summary(handled.command))
                for verb, handled in kind.commands.items()
            ]
            parts.append(f"### {kind.name}\n\n{table(('command', 'in phases', ''), rows)}")
        found = deployment().events()[each.value.name]
        told = [
            (f"`{e.wire_name}`", "yes" if e.is_live else "", ", ".join(heard.get(e, [])), summary(e)) for e in found
        ]
        parts += [table(("event", "live", "heard by", ""), told)] if told else []
    return "\n\n".join(parts)


def _heard() -> dict[type[Event], list[str]]:
    """Event → the kinds and views that hear it."""
    found: dict[type[Event], list[str]] = {}
    for kind in kinds():
        for hearing in kind.hearings:
            found.setdefault(hearing.event, []).append(kind.name)
    for each in deployment().plugins:
        for view in each.value.views:
            for event in view.events:
                found.setdefault(event, []).append(f"{each.value.name} (view)")
    return {event: list(dict.fromkeys(names)) for event, names in found.items()}


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: the subjects of commands and events, and the schemas of their bodies."""
    shown = [*dict.fromkeys([*(each for kind in kinds() for each in commands_of(kind)), *events()])]
    schemas, components = msgspec.json.schema_components(shown, ref_template=SCHEMAS)
    payloads = dict(zip(shown, schemas, strict=True))
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "DiraMoja messages", "version": __version__, "description": summary(Message)},
        "defaultContentType": "application/json",
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": {_key(cls): _message(cls, payloads[cls]) for cls in shown},
            "schemas": dict(sorted(components.items())),
        },
    }


def _channels() -> dict[str, Any]:
    channels = {
        f"commands_{kind.name}": _channel(f"cmd.{kind.name}.{{agent}}.{{verb}}", commands_of(kind)) for kind in kinds()
    }
    for plugin, found in deployment().events().items():
        if found:
            channels[f"events_{plugin}"] = _channel("event.{path}.{kind}.{agent}", found)
    return channels


def _operations() -> dict[str, Any]:
    """The agents' side: they receive commands and send events."""
    return {
        name: {
            "action": "receive" if name.startswith("commands_") else "send",
            "channel": {"$ref": f"#/channels/{name}"},
        }
        for name in _channels()
    }


def _channel(address: str, classes: Sequence[type[Message]]) -> dict[str, Any]:
    return {
        "address": address,
        "parameters": {name: {} for name in re.findall(r"{(\w+)}", address)},
        "messages": {_key(cls): {"$ref": f"#/components/messages/{_key(cls)}"} for cls in classes},
    }


def _key(cls: type[Message]) -> str:
    return cls.wire_name.replace(".", "_")


def _message(cls: type[Message], payload: Any) -> dict[str, Any]:
    return {
        "name": cls.wire_name,
        "title": cls.__name__,
        "summary": summary(cls),
        "x-schema-version": cls.schema_version,
        "x-live": cls.is_live,
        "payload": payload,
    }
