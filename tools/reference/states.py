"""State diagrams, read off the handlers: from each phase that handles a command to those its source names next."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any

from diramoja.core.agents import AgentKind
from diramoja.core.decisions import Reject
from tools.reference.built_in import deployment
from tools.reference.markdown import summary

__all__ = ["diagram", "readmes", "states_page", "targets"]

ROOT = Path(__file__).resolve().parents[2]
ABOUT = """Drawn from the handlers. On an arrow: the commands that lead that way; under the name of a phase: those
that leave an agent there. Where there are many phases, those that several phases handle are said once, below: those
that leave an agent where it is, and those that lead to whichever phase follows from what it knows then. Any other
command is rejected in that phase."""

MANY = 3
"""Phases above which commands that so many of them share are said once."""
BEGIN, END = "<!-- diagram -->", "<!-- /diagram -->"


def states_page() -> str:
    """A diagram of every kind."""
    parts = ["# States", ABOUT]
    for each in deployment().plugins:
        parts += [
            f"## {kind.name}\n\nPlugin `{each.value.name}`. {summary(kind.state)}\n\n{diagram(kind)}"
            for kind in each.value.kinds
        ]
    return "\n\n".join(parts)


def diagram(kind: AgentKind[Any]) -> str:
    """A Mermaid diagram: on each arrow the commands that lead that way, in each phase those that stay there."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for verb, handled in kind.commands.items():
        for phase, handler in handled.by_phase.items():
            for end in targets(handler, kind, phase):
                arrows.setdefault((phase, end), []).append(verb.replace("_", " "))
    phases = [phase for phase in kind.phases if phase != kind.absent.phase]
    shared = _shared(arrows, phases)
    once = {verb for verbs in shared.values() for verb in verbs}
    for phase in phases:
        if (phase, phase) in arrows:
            arrows[phase, phase] = [verb for verb in arrows[phase, phase] if verb not in once]
    lines = [f"    [*] --> {kind.absent.phase}"]
    for (start, end), verbs in arrows.items():
        if start == end:
            lines += [f"    {start}: {text}" for text in (start, *verbs)]
        else:
            lines.append(f"    {start} --> {end}: {'<br/>'.join(verbs)}")
    drawn = "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])
    return "\n\n".join([drawn, *_said(kind, shared, phases)])


def _said(kind: AgentKind[Any], shared: Mapping[tuple[str, ...], Sequence[str]], phases: Sequence[str]) -> list[str]:
    """What several phases handle, in sentences: the commands of most phases first."""
    handlers = {verb.replace("_", " "): handled.by_phase for verb, handled in kind.commands.items()}
    said = []
    for where, verbs in sorted(shared.items(), key=lambda each: -len(each[0])):
        is_all = len(where) == len(phases)
        place = f"In every phase but {kind.absent.phase}" if is_all else f"In {', '.join(where)}"
        moving = [verb for verb in verbs if any(_computes(handlers[verb][each], kind, each) for each in where)]
        staying = [verb for verb in verbs if verb not in moving]
        said += [f"{place}: {', '.join(staying)}."] if staying else []
        said += [f"{place}, to the phase that follows then: {', '.join(moving)}."] if moving else []
    return said


def _computes(handler: Callable[..., Any], kind: AgentKind[Any], phase: str) -> bool:
    """Whether it sets a phase that is not drawn for it: also in what it calls in other modules of its plugin."""
    function, drawn = inspect.unwrap(handler), targets(handler, kind, phase)
    assert isinstance(function, FunctionType)
    for node in _reached(_syntax(function), function, {}, within=function.__module__.rpartition(".")[0]):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "but":
            given = [word.value for word in node.keywords if word.arg == "phase"]
            if any(not isinstance(each, ast.Constant | ast.IfExp) for each in given):
                return True
            if any(isinstance(each, ast.Constant) and each.value not in drawn for each in given):
                return True
    return False


def _shared(arrows: Mapping[tuple[str, str], Sequence[str]], phases: Sequence[str]) -> dict[tuple[str, ...], list[str]]:
    """Phases, so many or more → commands that leave an agent where it is in just these."""
    where: dict[str, list[str]] = {}
    for phase in phases:
        for verb in arrows.get((phase, phase), ()):
            where.setdefault(verb, []).append(phase)
    shared: dict[tuple[str, ...], list[str]] = {}
    for verb, here in where.items():
        if len(phases) > MANY and len(here) >= MANY:
            shared.setdefault(tuple(here), []).append(verb)
    return shared


def targets(handler: Callable[..., Any], kind: AgentKind[Any], phase: str) -> list[str]:
    """The phases in which an agent may be after this handler: what its returns name, else its own."""
    function = inspect.unwrap(handler)
    assert isinstance(function, FunctionType)
    body = _syntax(function)
    assigned = {
        target.id: node.value
        for node in ast.walk(body)
        if isinstance(node, ast.Assign | ast.NamedExpr)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    found: set[str] = set()
    for node in ast.walk(body):
        if isinstance(node, ast.Return) and not _is_none(node.value):
            found |= _ends([*_reached(node, function, assigned)], kind, phase)
    return [each for each in kind.phases if each in found] or [phase]


def _ends(nodes: Iterable[ast.AST], kind: AgentKind[Any], phase: str) -> set[str]:
    """Where one return leads: nowhere if it refuses."""
    found: set[str] = set()
    refuses = False
    for node in nodes:
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            refuses |= name == "Reject"
            given = [word.value for word in node.keywords if word.arg == "phase"]
            if name in {"but", kind.state.__name__}:
                found.update(each for value in given for each in _values(value, phase))
            if name == kind.state.__name__ and not given:
                found.add(kind.absent.phase)
    return found or (set() if refuses else {phase})


def _reached(
    start: ast.AST, function: FunctionType, assigned: Mapping[str, ast.expr], within: str = ""
) -> Iterator[ast.AST]:
    """The syntax of a return, of the variables in it, and of what it calls or names in the module, or the package."""
    waiting: list[tuple[ast.AST, Mapping[str, Any]]] = [(start, function.__globals__)]
    seen: set[str] = set()
    while waiting:
        syntax, names = waiting.pop()
        for node in ast.walk(syntax):
            yield node
            if isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                value = names.get(node.id)
                if node.id in assigned:
                    waiting.append((assigned[node.id], names))
                elif isinstance(value, FunctionType) and value.__module__.startswith(within or function.__module__):
                    waiting.append((_syntax(value), value.__globals__))
                elif isinstance(value, Reject):
                    yield ast.Call(ast.Name("Reject"), [], [])


def _syntax(function: FunctionType) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _values(node: ast.expr, phase: str) -> Iterator[str]:
    """What an expression for the next phase may give, started in this one."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        if not any(_excludes(test, phase) for test in ast.walk(node.test)):
            yield from _values(node.body, phase)
        yield from _values(node.orelse, phase)
    else:
        yield phase


def _excludes(node: ast.AST, phase: str) -> bool:
    """Whether this is `state.phase == "another"`."""
    return (
        isinstance(node, ast.Compare)
        and isinstance(node.left, ast.Attribute)
        and node.left.attr == "phase"
        and isinstance(node.ops[0], ast.Eq)
        and isinstance(node.comparators[0], ast.Constant)
        and node.comparators[0].value != phase
    )


def readmes() -> dict[Path, str]:
    """The READMEs of plugins, with their diagrams between the two markers."""
    found = {}
    for each in deployment().plugins:
        path = ROOT / "diramoja" / "plugins" / each.value.name / "README.md"
        text = path.read_text(encoding="utf-8")
        if BEGIN in text:
            before, _, after = text.partition(BEGIN)
            after = after.partition(END)[2] if END in after else after
            drawn = "\n\n".join(f"`{kind.name}`\n\n{diagram(kind)}" for kind in each.value.kinds)
            found[path] = f"{before}{BEGIN}\n{drawn}\n{END}{after}"
    return found
