"""What is kept of an error says where it came from, never what people wrote."""

from typing import Literal

import pytest

from diramoja.core import AgentKind, Command, Context, Decision, Personal, Plugin, State
from diramoja.core.errors import InvalidError, trace_of
from diramoja.testing.runtime import Runtime

SAID = "Amina, 12 Market Street"


class Note(Command):
    how: str
    text: Personal[str]


class Notes(State):
    phase: Literal["absent", "kept"] = "absent"
    text: Personal[str] = ""


notes = AgentKind("notes", Notes, prefix="not")


def kept(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise KeyError(text) from error


@notes.on("absent")
def note(state: Notes, message: Note, context: Context) -> Decision:
    if message.how == "raise":
        kept(message.text)
    return state.but(phase="lost", text=message.text)


@pytest.mark.parametrize(("how", "code"), [("raise", "handler_failed"), ("nonsense", "decision_invalid")])
def test_dead_letter_shows_the_place_and_not_the_words(runtime: Runtime, how: str, code: str) -> None:
    runtime.deploy(Plugin(name="notes", kinds=[notes]))
    runtime.send(notes, "not_1", Note(how, SAID))
    (letter,) = runtime.dead_letters()
    assert letter.code == code
    assert "Amina" not in str(letter)
    assert how != "raise" or ("in kept" in letter.traceback and "ValueError" in letter.traceback)


def test_trace_of_a_long_chain_is_bounded_and_keeps_the_text_of_our_own_errors() -> None:
    ours = InvalidError("A name is needed.", code="name_missing")
    last: Exception = ours
    for _ in range(5_000):
        last.__cause__ = cause = ValueError(SAID)
        last = cause
    trace = trace_of(ours)
    assert trace.endswith("InvalidError: A name is needed.\n")
    assert trace.count("ValueError") <= 3
    assert SAID not in trace
