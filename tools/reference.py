"""Writes docs/reference from the code, and the state diagrams into the plugins' READMEs.

python -m tools.reference            write
python -m tools.reference --check    say what would change, exit 1 if anything does
"""

import inspect
import re
import sys
import typing
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import msgspec

from diramoja.core import errors, hooks
from diramoja.core.adapter import AdapterSpec
from diramoja.core.agents import AgentKind
from diramoja.core.messages import Event, Message
from diramoja.core.plugin import Plugin
from diramoja.core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
PORTS = ("broker", "cache", "classifier", "clock", "database", "records", "search")
NOTE = "<!-- Written by `make docs` from the code; change the code. -->\n"


def built_in() -> tuple[list[Plugin], list[AdapterSpec]]:
    """The plugins and adapters of this distribution, by name."""
    plugins, adapters = [], []
    for entry in sorted(entry_points(group="diramoja"), key=lambda each: each.name):
        if entry.dist is None or entry.dist.name != "diramoja":
            continue
        module = entry.load()
        if hasattr(module, "register_plugin"):
            plugins.append(module.register_plugin())
        if hasattr(module, "register_adapter"):
            adapters.append(module.register_adapter())
    return sorted(plugins, key=lambda each: each.name), sorted(adapters, key=lambda each: each.name)


def diagram(kind: AgentKind[Any]) -> str:
    """A Mermaid state diagram: the phases, the commands each handles, and where they may lead."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {kind.absent.phase}"]
    for verb, handled in kind.commands.items():
        for phase, handler in handled.by_phase.items():
            ends = targets(handler, kind.phases) or [phase]
            lines += [f"    {phase} --> {end}: {verb.replace('_', ' ')}" for end in ends]
    return "\n".join([*lines, "```"])


def targets(handler: Any, phases: tuple[str, ...]) -> list[str]:
    """Phases that the handler's source names as its next one."""
    found = re.findall(r"phase=\"(\w+)\"", inspect.getsource(handler))
    return [phase for phase in dict.fromkeys(found) if phase in phases]


def summary(thing: Any) -> str:
    """First line of a docstring."""
    return (inspect.getdoc(thing) or "").split("\n")[0]


def hooks_page() -> str:
    """Every hook with its signature."""
    parts = ["# Hooks", summary(hooks)]
    for name, hook in inspect.getmembers(hooks.HookSpecs, inspect.isfunction):
        parts.append(f"## `{name}{inspect.signature(hook)}`\n\n{inspect.getdoc(hook)}")
    return "\n\n".join(parts)


def ports_page() -> str:
    """Every port, its methods and what they promise."""
    parts = ["# Ports", "What the core and the plugins need of a backend. The text is what the contract suites test."]
    for name in PORTS:
        module = import_module(f"diramoja.core.ports.{name}")
        parts.append(f"## {name}\n\n{inspect.getdoc(module)}")
        for cls_name in module.__all__:
            cls = getattr(module, cls_name)
            if getattr(cls, "_is_protocol", False):
                parts.append(f"### {cls_name}\n\n{inspect.getdoc(cls)}")
                parts += [
                    f"#### `{method}`\n\n{inspect.getdoc(function)}"
                    for method, function in vars(cls).items()
                    if inspect.isfunction(function) and not method.startswith("_")
                ]
    return "\n\n".join(parts)


def settings_page(plugins: list[Plugin], adapters: list[AdapterSpec]) -> str:
    """Every setting with its type, bounds and default."""
    parts = ["# Settings", "Sections of `diramoja.toml`. A file, then `DIRAMOJA_<SECTION>__<KEY>`, then `--set`."]
    classes: list[tuple[str, type[Settings]]] = [
        ("runtime", import_module("diramoja.core.runtime.settings").RuntimeSettings),
        ("gateway", import_module("diramoja_community.settings").GatewaySettings),
        *((plugin.name, plugin.settings) for plugin in plugins if plugin.settings),
        *((adapter.name, adapter.settings) for adapter in adapters),
    ]
    for section, cls in classes:
        rows = ["| key | type | default | |", "|---|---|---|---|"]
        rows += [f"| `{name}` | {kind} | `{default}` | {text} |" for name, kind, default, text in fields(cls)]
        parts.append(f"## [{section}]\n\n{summary(cls)}\n\n" + "\n".join(rows))
    return "\n\n".join(parts)


def fields(cls: type[msgspec.Struct]) -> Iterator[tuple[str, str, str, str]]:
    """(name, type with bounds, default, description) of a struct's fields."""
    hints = typing.get_type_hints(cls, include_extras=True)
    texts = attributes(cls)
    for field in msgspec.structs.fields(cls):
        text, bounds, kind = texts.get(field.name, ""), [], hints[field.name]
        for extra in getattr(kind, "__metadata__", ()):
            text = extra.description or text
            bounds += [f"{sign} {value}" for sign, value in _bounds(extra) if value is not None]
        plain = getattr(kind, "__origin__", kind) if hasattr(kind, "__metadata__") else kind
        name = getattr(plain, "__name__", str(plain)) if isinstance(plain, type) else str(plain)
        default = "" if field.default is msgspec.NODEFAULT else field.default
        yield field.name, " ".join([name, *bounds]).replace("|", "or"), str(default), text


def attributes(cls: type) -> dict[str, str]:
    """The texts of the section Attributes of a docstring."""
    section = (inspect.getdoc(cls) or "").partition("Attributes:")[2]
    found = re.findall(r"^    (\w+): (.+(?:\n      +.+)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}


def _bounds(meta: msgspec.Meta) -> list[tuple[str, object]]:
    return [("≥", meta.ge), (">", meta.gt), ("≤", meta.le), ("<", meta.lt)]


def errors_page() -> str:
    """The tree of errors with code, category, status and whether another try makes sense."""
    rows = ["| error | code | category | status | try again | |", "|---|---|---|---|---|---|"]
    for name in errors.__all__:
        cls = getattr(errors, name)
        if isinstance(cls, type) and issubclass(cls, errors.DiramojaError):
            status = errors.STATUS_OF_CATEGORY[cls.category]
            again = "yes" if cls.retryable else "no"
            rows.append(f"| {name} | `{cls.code}` | {cls.category} | {status} | {again} | {summary(cls)} |")
    tree = (inspect.getdoc(errors) or "").split("\n\n")[1]
    return "\n\n".join(["# Errors", f"```\n{tree}\n```", "\n".join(rows)])


def states_page(plugins: list[Plugin]) -> str:
    """A diagram of every kind."""
    parts = ["# State diagrams", "Drawn from the handlers: in any other phase a command is rejected."]
    for plugin in plugins:
        parts += [f"## {kind.name} ({plugin.name})\n\n{diagram(kind)}" for kind in plugin.kinds]
    return "\n\n".join(parts)


def events_of(plugin: Plugin) -> list[type[Event]]:
    """Events in the plugin's contracts, by name."""
    module = import_module(f"diramoja.plugins.{plugin.name}.contracts") if _has_contracts(plugin) else None
    found = (
        [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Event)] if module else []
    )
    own = [each for each in found if module is not None and each.__module__ == module.__name__]
    return sorted(own, key=lambda each: each.wire_name)


def _has_contracts(plugin: Plugin) -> bool:
    return (ROOT / "diramoja" / "plugins" / plugin.name / "contracts.py").exists()


def asyncapi(plugins: list[Plugin]) -> dict[str, Any]:
    """AsyncAPI 3.0: the command and event subjects with JSON Schemas of their bodies."""
    commands = [h.command for plugin in plugins for kind in plugin.kinds for h in kind.commands.values()]
    events = [event for plugin in plugins for event in events_of(plugin)]
    shown: list[type[Message]] = [*dict.fromkeys([*commands, *events])]
    _, schemas = msgspec.json.schema_components(shown, ref_template="#/components/schemas/{name}")
    channels: dict[str, Any] = {}
    for plugin in plugins:
        for kind in plugin.kinds:
            channels[f"cmd.{kind.name}"] = _channel(
                f"cmd.{kind.name}.{{agent}}.{{verb}}", [h.command for h in kind.commands.values()]
            )
        if events_of(plugin):
            channels[f"event.{plugin.name}"] = _channel("event.{path}.{kind}.{agent}", events_of(plugin))
    messages = {
        cls.__name__: {
            "name": cls.wire_name,
            "title": cls.__name__,
            "summary": summary(cls),
            "x-version": cls.schema_version,
            "x-live": cls.is_live,
            "payload": {"$ref": f"#/components/schemas/{cls.__name__}"},
        }
        for cls in shown
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "DiraMoja messages",
            "version": "1",
            "description": summary(import_module("diramoja.core.messages")),
        },
        "channels": channels,
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def _channel(address: str, classes: Sequence[type[Message]]) -> dict[str, Any]:
    names = [cls.__name__ for cls in classes]
    return {
        "address": address,
        "parameters": {name: {} for name in re.findall(r"{(\w+)}", address)},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def messages_page(plugins: list[Plugin]) -> str:
    """Commands and events by plugin, for people; the schemas are in messages.json."""
    parts = [
        "# Messages",
        "The bodies' JSON Schemas and the subjects are in [messages.json](messages.json) (AsyncAPI 3.0).",
    ]
    for plugin in plugins:
        lines = [f"## {plugin.name}"]
        for kind in plugin.kinds:
            rows = ["| command | in phases | |", "|---|---|---|"]
            rows += [
                f"| `{verb}` | {', '.join(handled.by_phase)} | {summary(handled.command)} |"
                for verb, handled in kind.commands.items()
            ]
            lines.append(f"### {kind.name}\n\n" + "\n".join(rows))
        rows = [f"| `{e.wire_name}` | {'yes' if e.is_live else 'no'} | {summary(e)} |" for e in events_of(plugin)]
        if rows:
            lines.append("\n".join(["| event | live | |", "|---|---|---|", *rows]))
        parts.append("\n\n".join(lines))
    return "\n\n".join(parts)


def pages() -> dict[Path, str]:
    """All generated files with their content."""
    plugins, adapters = built_in()
    made = {
        REFERENCE / "hooks.md": hooks_page(),
        REFERENCE / "ports.md": ports_page(),
        REFERENCE / "settings.md": settings_page(plugins, adapters),
        REFERENCE / "errors.md": errors_page(),
        REFERENCE / "states.md": states_page(plugins),
        REFERENCE / "messages.md": messages_page(plugins),
    }
    files = {path: NOTE + text + "\n" for path, text in made.items()}
    schema = msgspec.json.format(msgspec.json.encode(asyncapi(plugins), order="deterministic"), indent=1)
    files[REFERENCE / "messages.json"] = schema.decode() + "\n"
    for plugin in plugins:
        files |= readme(plugin)
    return files


def readme(plugin: Plugin) -> dict[Path, str]:
    """The plugin's README with its diagrams between the two markers."""
    path = ROOT / "diramoja" / "plugins" / plugin.name / "README.md"
    text = path.read_text() if path.exists() else ""
    if "<!-- diagram -->" not in text:
        return {}
    before, _, after = text.partition("<!-- diagram -->")
    after = after.partition("<!-- /diagram -->")[2] if "<!-- /diagram -->" in after else after
    drawn = "\n\n".join(f"**{kind.name}**\n\n{diagram(kind)}" for kind in plugin.kinds)
    return {path: f"{before}<!-- diagram -->\n{drawn}\n<!-- /diagram -->{after}"}


def main() -> int:
    """Write or check."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"stale: {path.relative_to(ROOT)} (run `make docs`)")
        return 1 if stale else 0
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    print(f"{len(stale)} files written")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
