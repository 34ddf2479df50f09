"""State diagrams say what handlers do."""

from typing import Literal

from diramoja.core import AgentKind, Command, Context, Decision, State
from tools.reference.states import diagram


class Lamp(State):
    phase: Literal["absent", "off", "dim", "bright", "broken"] = "absent"
    turns: int = 0


class Buy(Command):
    """Come to be."""


class Turn(Command):
    """Brighter, sooner or later."""


class Count(Command):
    """Stay as it is."""


lamp = AgentKind("lamp", Lamp, prefix="lmp")


@lamp.on("absent")
def buy(state: Lamp, message: Buy, context: Context) -> Decision:
    return state.but(phase="off")


@lamp.on("off", "dim", "bright")
def turn(state: Lamp, message: Turn, context: Context) -> Decision:
    turned, _ = _turned(state)
    return turned


def _turned(state: Lamp) -> tuple[Lamp, int]:
    return state.but(phase="bright"), 1


@lamp.on("off", "dim", "bright", "broken")
def count(state: Lamp, message: Count, context: Context) -> Decision:
    return state.but(turns=state.turns + 1)


def test_what_several_phases_handle_is_said_once_and_whether_it_leads_on() -> None:
    drawn, *said = diagram(lamp).split("\n\n")
    assert "absent --> off: buy" in drawn
    assert "turn" not in drawn
    assert said == [
        "In every phase but absent: count.",
        "In off, dim, bright, to the phase that follows then: turn.",
    ]
