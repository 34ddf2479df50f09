"""Hooks, ports, settings and errors as pages."""

import ast
import inspect
import json
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from diramoja import ports
from diramoja.core import errors, hooks
from diramoja.core import ports as core_ports
from diramoja_community.deployment import sections
from diramoja_community.deployment_file import describe
from tools.reference.built_in import found
from tools.reference.markdown import doc, signature, summary, table

__all__ = ["errors_page", "hook_functions", "hooks_page", "port_classes", "ports_page", "settings_page"]

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("diramoja", "apps/community/diramoja_community")


def hook_functions() -> dict[str, Any]:
    """Every hook by name."""
    return {name: each for name, each in vars(hooks.HookSpecs).items() if inspect.isfunction(each)}


def hooks_page() -> str:
    """Every hook with its signature."""
    parts = ["# Hooks", doc(hooks)]
    parts += [
        f"## {name}\n\n```python\n{signature(each)}\n```\n\n{doc(each)}" for name, each in hook_functions().items()
    ]
    parts.append("What they return is described in `diramoja.core.plugin` and `diramoja.core.adapter`:")
    for module, name in (
        ("plugin", "Plugin"),
        ("plugin", "Channel"),
        ("plugin", "PortSpec"),
        ("adapter", "AdapterSpec"),
    ):
        cls = getattr(import_module(f"diramoja.core.{module}"), name)
        parts.append(f"## {name}\n\n{doc(cls)}")
    return "\n\n".join(parts)


def modules_of_ports() -> list[str]:
    """The core's own ports, then those of the plugins."""
    return [
        f"{package.__name__}.{info.name}"
        for package in (core_ports, ports)
        for info in pkgutil.iter_modules(package.__path__)
    ]


def port_classes() -> dict[str, list[type]]:
    """The classes of every module of ports, in the order of its `__all__`: protocols first."""
    found_classes = {}
    for name in modules_of_ports():
        module = import_module(name)
        classes = [getattr(module, name) for name in module.__all__]
        found_classes[name] = sorted(
            (each for each in classes if isinstance(each, type)),
            key=lambda each: not getattr(each, "_is_protocol", False),
        )
    return found_classes


def ports_page() -> str:
    """Every port, its methods and what they promise."""
    parts = ["# Ports", "What the core and the plugins need of a backend. The contract suites test what is said here."]
    for name, classes in port_classes().items():
        parts.append(f"## {name.rpartition('.')[2]}\n\n`{name}`\n\n{doc(import_module(name))}")
        for cls in classes:
            parts.append(f"### {cls.__name__}\n\n{doc(cls)}")
            parts += [f"```python\n{signature(each)}\n```\n\n{doc(each)}" for each in methods(cls)]
    return "\n\n".join(parts)


def methods(cls: type) -> list[Any]:
    """The public methods that a class itself defines."""
    return [each for name, each in vars(cls).items() if inspect.isfunction(each) and not name.startswith("_")]


def settings_page() -> str:
    """Every setting with its type, bounds and default."""
    parts = [
        "# Settings",
        (
            "Sections of `diramoja.toml`; `diramoja init` writes one with all of this. The environment goes over "
            "the file (`DIRAMOJA_<SECTION>__<KEY>`), `--set section.key=value` over both. Others are refused."
        ),
    ]
    for section, cls in sections(found()).items():
        rows = [
            (
                f"`{each.key}`",
                ", ".join(filter(None, (each.kind, each.bounds))),
                f"`{json.dumps(each.default)}`",
                each.text,
            )
            for each in describe(section, cls)
        ]
        parts.append(f"## [{section}]\n\n{summary(cls)}\n\n{table(('key', 'type', 'default', ''), rows)}")
    return "\n\n".join(parts)


def errors_page() -> str:
    """The tree of errors, and every code that a client can meet."""
    classes = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]
    rows = [
        (f"`{cls.__name__}`", f"`{cls.code}`", cls.category, errors.STATUS_OF_CATEGORY[cls.category],
         "yes" if cls.retryable else "no", summary(cls))
        for cls in classes
    ]  # fmt: skip
    tree = (inspect.getdoc(errors) or "").split("\n\n")[1]
    codes = [(f"`{each.code}`", each.status, each.text, f"`{each.place}`") for each in sorted(error_codes())]
    return "\n\n".join(
        [
            "# Errors",
            "Every HTTP error is `application/problem+json` (RFC 9457) with `code`, which is stable; branch on that.",
            f"```\n{tree}\n```",
            table(("error", "code", "category", "status", "again?", ""), rows),
            "## Codes",
            (
                "Those that the code names, with their sentences (… is filled in). A command that an "
                "agent does not handle in its present phase is `<kind>_<phase>` (409), or `<kind>_missing` (404) "
                "where the agent is absent."
            ),
            table(("code", "status", "sentence", "from"), codes),
        ]
    )


@attrs.frozen(order=True)
class Code:
    """A code as the source names it."""

    code: str
    status: str
    text: str
    place: str


def error_codes() -> set[Code]:
    """Every `Reject(code, text, status)` and `SomethingError(text, code=...)` in the source."""
    codes: set[Code] = set()
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*.py")):
            place = ".".join(path.relative_to(ROOT / source).with_suffix("").parts)
            place = f"{Path(source).name}.{place}"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                codes.update(_code(node, place))
    return codes


def _code(node: ast.AST, place: str) -> Iterator[Code]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
        return
    name, words = node.func.id, {each.arg: each.value for each in node.keywords}
    if name == "Reject":
        status = words.get("status") or (node.args[2] if len(node.args) > 2 else ast.Constant(409))  # noqa: PLR2004  # (code, text, status)
        values = node.args[0], status, words.get("detail", node.args[-1] if len(node.args) == 1 else node.args[1])
    elif name == "ProblemError":
        values = node.args[1], node.args[0], node.args[2]
    elif name.endswith("Error") and "code" in words and hasattr(errors, name):
        status = ast.Constant(errors.STATUS_OF_CATEGORY[getattr(errors, name).category])
        values = words["code"], status, node.args[0]
    else:
        return
    if isinstance(values[0], ast.Constant):
        texts = [_text(each) for each in values]
        yield Code(texts[0], texts[1], texts[2], place)


def _text(node: ast.expr) -> str:
    """A literal as text; what is filled in is an ellipsis."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "…" for each in node.values)
    return "…"
