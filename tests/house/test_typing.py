"""mypy sees a handler with the wrong state, message or result."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.reference.pages import ROOT

HEAD = """\
from typing import Literal

from diramoja.core import AgentKind, Command, Context, Decision, Event, Put, Row, State


class Rate(Command):
    stars: int


class Rated(Event, name="talk.rated"):
    count: int


class Rating(Row):
    member: str
    stars: int


class Talk(State):
    phase: Literal["absent", "open"] = "absent"
    count: int = 0


class Other(State):
    phase: Literal["absent"] = "absent"


talk = AgentKind("talk", Talk, prefix="tlk", rows=[Rating])


@talk.on("open")
"""

RIGHT = """\
def rate(state: Talk, message: Rate, context: Context) -> Decision:
    earlier = context.row(Rating, context.sender)
    return state.but(count=state.count + (earlier is None)), Put(Rating("mem", message.stars)), Rated(state.count)
"""

WRONG = {
    "state": "def rate(state: Other, message: Rate, context: Context) -> Decision:\n    return None\n",
    "message": "def rate(state: Talk, message: Rated, context: Context) -> Decision:\n    return None\n",
    "context": "def rate(state: Talk, message: Rate, context: str) -> Decision:\n    return None\n",
    "result": "def rate(state: Talk, message: Rate, context: Context) -> int:\n    return 1\n",
    "decision": 'def rate(state: Talk, message: Rate, context: Context) -> Decision:\n    return state, "rated"\n',
    "field": "def rate(state: Talk, message: Rate, context: Context) -> Decision:\n    return Rated(message.points)\n",
    "argument": 'def rate(state: Talk, message: Rate, context: Context) -> Decision:\n    return Rated("many")\n',
}  # fmt: skip


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says of each snippet, by its name; one run for all of them."""
    folder = tmp_path_factory.mktemp("typing")
    for name, body in {"right": RIGHT, **WRONG}.items():
        (folder / f"snippet_{name}.py").write_text(HEAD + body)
    cache = ROOT / ".mypy_cache" / "house"
    command = ["-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", "--no-error-summary", str(folder)]
    ran = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode in {0, 1}, ran.stderr + ran.stdout
    lines = [line for line in ran.stdout.splitlines() if ": error:" in line]
    return {
        name: [line for line in lines if Path(line.partition(":")[0]).stem == f"snippet_{name}"]
        for name in ("right", *WRONG)
    }


def test_a_right_handler_is_accepted(complaints: dict[str, list[str]]) -> None:
    assert complaints["right"] == []


@pytest.mark.parametrize("what", WRONG)
def test_a_handler_with_a_wrong_part_is_refused(complaints: dict[str, list[str]], what: str) -> None:
    assert complaints[what], f"mypy accepts a wrong {what}"
