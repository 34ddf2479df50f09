"""Every setting as it is documented, and the deployment file that `diramoja init` writes from it."""

import inspect
import json
import re
import textwrap
from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from diramoja.core.settings import Settings, kind_and_bounds
from diramoja_community.deployment import EMBEDDED

__all__ = ["Setting", "deployment_file", "describe"]

WIDTH = 100

HEAD = """\
# A deployment of DiraMoja. Each setting is shown with its default; take away the # to change one.
# The environment (DIRAMOJA_<SECTION>__<KEY>) goes over this file, and --set section.key=value over both.
# `diramoja settings` shows what is in force, and where it comes from. Paths are relative to this file.
"""


@attrs.frozen
class Setting:
    """A setting as documented: `kind` is its type for people, `bounds` what it must keep to ("" for none)."""

    section: str
    key: str
    kind: str
    bounds: str
    default: Any
    text: str


def describe(section: str, cls: type[Settings]) -> list[Setting]:
    """Every setting of a class; its text is the description of its bounds, or from the docstring's Attributes."""
    texts = _attributes(cls)
    return [_setting(section, field, texts.get(field.name, "")) for field in msgspec.structs.fields(cls)]


def _setting(section: str, field: msgspec.structs.FieldInfo, text: str) -> Setting:
    schema = msgspec.json.schema(field.type)
    default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    return Setting(section, field.name, *kind_and_bounds(schema), default, schema.get("description", text))


def _attributes(cls: type) -> dict[str, str]:
    section = (inspect.getdoc(cls) or "").partition("Attributes:")[2]
    found = re.findall(r"^    (\w+): (.+(?:\n      +.+)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}


def deployment_file(sections: Mapping[str, type[Settings]], given: Mapping[tuple[str, str], Any]) -> str:
    """The text of a deployment file: all settings commented, save those given."""
    return "\n".join([HEAD, *(_section(name, cls, given) for name, cls in sections.items()), ""])


def _section(name: str, cls: type[Settings], given: Mapping[tuple[str, str], Any]) -> str:
    summary = (inspect.getdoc(cls) or "").partition("\n")[0]
    lines = ["", f"# {summary}", f"[{name}]"]
    for setting in describe(name, cls):
        if is_embedded := name in EMBEDDED and setting.key == "url":
            lines.append("# Empty: a server of its own in the data folder.")
        text = f"{setting.text.rstrip('.') or setting.key} ({', '.join(filter(None, (setting.kind, setting.bounds)))})."
        lines += textwrap.wrap(text[0].upper() + text[1:], WIDTH, initial_indent="# ", subsequent_indent="# ")
        mark = "" if (name, setting.key) in given else "# "
        value = given.get((name, setting.key), "" if is_embedded else setting.default)
        lines.append(f"{mark}{setting.key} = {_toml(value)}")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    """A value in TOML; strings of JSON are strings of TOML."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
