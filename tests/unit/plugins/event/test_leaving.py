"""Who could only let a seat lapse waits for none."""

from datetime import timedelta

import pytest

from diramoja.plugins.event.contracts import CancelEvent
from diramoja.plugins.event.leaving import LeaveLine
from tests.support.event_world import ORGANIZER, STARTS, EventWorld


@pytest.fixture
def line() -> EventWorld:
    world = EventWorld().opened(capacity=1)
    for name in "abcd":
        world.yes(name)
    return world


def leave(world: EventWorld, *members: str, **more: object) -> None:
    assert world("", LeaveLine(members, **more)).reject is None  # type: ignore[arg-type]


def test_who_is_suspended_leaves_the_line_and_the_others_keep_their_order(line: EventWorld) -> None:
    leave(line, "b", is_told=True)
    assert (line.line(line.state.general), line.state_of("b")) == (["c", "d"], "declined")
    assert line.notices("event.line_left") == ["b"]
    line.no("a")
    assert line.those("confirmed") == ["c"]
    line.yes("b")  # Back again, behind those who waited.
    assert line.line(line.state.general) == ["d", "b"]


def test_what_is_offered_to_them_goes_to_the_next_at_once(line: EventWorld) -> None:
    line.to(line.before(40))
    line.no("a")
    assert line.those("offered") == ["b"]
    leave(line, "b")
    assert (line.those("offered"), list(line.reminders).count("offer:b")) == (["c"], 0)


@pytest.mark.parametrize(("days", "state"), [(-1, "waitlisted"), (0, "declined"), (1, "declined")])
def test_who_is_back_before_the_start_goes_on_waiting(line: EventWorld, days: int, state: str) -> None:
    leave(line, "b", until=STARTS + timedelta(days=days))
    assert line.state_of("b") == state


def test_of_two_whom_a_block_keeps_apart_the_organizer_stays(line: EventWorld) -> None:
    line.yes(ORGANIZER)
    leave(line, ORGANIZER, "c")
    assert line.line(line.state.general) == ["b", "d", ORGANIZER]
    assert line.notices("event.line_left") == []


def test_a_seat_stays_and_what_is_called_off_has_no_line(line: EventWorld) -> None:
    leave(line, "a", "x")
    assert line.those("confirmed") == ["a"]
    line(ORGANIZER, CancelEvent("Flood."))
    leave(line, "b")
    assert line.state_of("b") == "waitlisted"
