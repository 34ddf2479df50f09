"""Docstrings, signatures and tables as Markdown; the same on every version of Python."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

__all__ = ["doc", "signature", "summary", "table"]


def doc(thing: Any) -> str:
    """A docstring; its sections as bold words, its indented blocks as code."""
    lines = []
    for line in (inspect.getdoc(thing) or "").split("\n"):
        section = line.strip().rstrip(":") if line.endswith(":") and not line.startswith(" ") else ""
        lines += ["", f"**{section}**", ""] if section in {"Args", "Attributes", "Raises", "Returns"} else [line]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_listed(lines))).strip()


def _listed(lines: Iterable[str]) -> Iterable[str]:
    """The entries of a section as a list."""
    within = False
    for line in lines:
        if line.startswith("**") and line.endswith("**"):
            within = True
        elif line and not line.startswith(" "):
            within = False
        if within and line.startswith("    ") and not line.startswith("     "):
            name, colon, text = line.strip().partition(": ")
            yield f"- `{name}`: {text}" if colon else f"- {name}"
        else:
            yield line.strip() if within and line.startswith(" ") and not line.strip().startswith("-") else line


def summary(thing: Any) -> str:
    """The first sentence or line of a docstring."""
    return (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")


def signature(function: Callable[..., Any]) -> str:
    """As written in the source, without decorators and `self`."""
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    node.args.args = [each for each in node.args.args if each.arg != "self"]
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    word = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"{word}{node.name}({ast.unparse(node.args)}){returns}".replace("'", "")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; bars in cells are escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
