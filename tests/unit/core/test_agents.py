from typing import Literal

import pytest

from diramoja.core import AgentKind, Command, Context, Decision, State
from diramoja.testing.play import play
from tests.support.talks import Announced, Rated, RateTalk, Rating, Receipt, Talk, talk, tone


class Go(Command):
    pass


class Two(State):
    phase: Literal["absent", "open"] = "absent"


def handler(state: Two, message: Go, context: Context) -> Decision:
    return None


def test_an_unknown_phase_fails_at_import_and_lists_the_phases() -> None:
    with pytest.raises(TypeError, match="no phase opne; its phases are absent, open"):
        AgentKind("two", Two, prefix="two").on("opne")(handler)


def test_a_command_handled_twice_in_a_phase_fails_at_import() -> None:
    kind = AgentKind("two", Two, prefix="two")
    kind.on("open")(handler)
    with pytest.raises(TypeError, match="handles Go twice in phase open"):
        kind.on("absent", "open")(handler)


def test_a_handler_without_a_command_fails_at_import() -> None:
    def wrong(state: Two, message: int, context: Context) -> Decision:
        return None

    with pytest.raises(TypeError, match="takes \\(state, message: a Command, context\\)"):
        AgentKind("two", Two, prefix="two").on("open")(wrong)  # type: ignore[type-var]


def test_a_state_without_literal_phases_fails_at_import() -> None:
    class Free(State):
        pass

    with pytest.raises(TypeError, match="as a Literal"):
        AgentKind("free", Free, prefix="fre")


def test_hears_takes_either_to_or_a_query() -> None:
    kind = AgentKind("two", Two, prefix="two")
    with pytest.raises(TypeError, match="either to=, or across= with tell="):
        kind.hears(Announced)


def test_a_phase_handles_what_is_declared_for_it() -> None:
    assert talk.handler("announce_talk", "absent")
    assert talk.handler("rate_talk", "open")
    assert talk.handler("rate_talk", "closed") is None


def test_play_second_rating_replaces_the_first() -> None:
    from tests.support.talks import Mood

    rows = [Rating("mem_a", 5)]
    after = play(talk, Talk("open", count=1, total=5), RateTalk(3), sender="mem_a", rows=rows, settings=[Mood()])
    assert (after.state.count, after.state.total) == (1, 3)
    assert after.events == [Rated(1, 3)]
    assert after.puts == [Rating("mem_a", 3)]
    assert (after.reply, after.status) == (Receipt(1), 201)


def test_play_in_another_phase_is_rejected() -> None:
    after = play(talk, Talk("closed"), RateTalk(3))
    assert after.reject and after.reject.code == "talk_over"


def test_the_deadline_of_a_fact_grows_with_the_batch() -> None:
    assert (tone.deadline_s(1), round(tone.deadline_s(500), 3)) == (0.05, 0.15)
