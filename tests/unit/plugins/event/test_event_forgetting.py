"""Members who are gone: no row and no state of an event names them, and the seats are as if they had left."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.core import Row
from diramoja.core.messages import encode
from diramoja.plugins.event.audiences import FindOfficials, TellOfficials
from diramoja.plugins.event.contracts import (
    AskQuestion,
    CancelEvent,
    CheckIn,
    EditEvent,
    EventChanged,
    EventView,
    Rsvp,
    RsvpWithdrawn,
    TakeOver,
    Upvote,
)
from diramoja.plugins.event.state import CheckedIn, Guest, Question, Wording
from diramoja.plugins.member.forgetting_contracts import FORMER, ForgetMember
from tests.support.event_world import NOW, ORGANIZER, STARTS, EventWorld, code

GONE = "mem_gone"
MEMBERS = ("mem_a", GONE, "mem_b", "mem_c")


def places(world: EventWorld) -> tuple[tuple[str, str], ...]:
    """As they are looked for: by the text of the rows."""
    return tuple((type(row).wire_name, row.key) for row in world.rows.values() if GONE in encode(row).decode())


def forget(world: EventWorld, posts: Any = "keep") -> Any:
    return world("", ForgetMember(GONE, posts, places(world)))


def names(world: EventWorld) -> list[Row]:
    assert GONE not in encode(world.state).decode()
    return [row for row in world.rows.values() if GONE in encode(row).decode()]


def test_the_seat_of_who_is_gone_goes_to_the_first_in_line() -> None:
    world = EventWorld().opened(capacity=2)
    for member in MEMBERS:
        world(member, Rsvp("yes"))
    played = forget(world)
    assert names(world) == []
    first = world.guest("mem_b")
    assert first is not None and first.state == "confirmed"
    assert (world.state.registered, world.line(world.state.general)) == (2, ["mem_c"])
    assert not any(isinstance(each, RsvpWithdrawn) for each in played.events)


@given(st.permutations(MEMBERS), st.integers(1, 3), st.lists(st.sampled_from(["yes", "no", "maybe"]), max_size=6))
def test_wherever_they_stood_nothing_names_them(order: list[str], capacity: int, answers: list[Any]) -> None:
    world = EventWorld().opened(capacity=capacity)
    for member in order:
        world(member, Rsvp("yes"))
    for member, answer in zip(order, answers, strict=False):
        world(member, Rsvp(answer))
    forget(world)
    assert names(world) == []
    confirmed = [each for each in world.all(Guest) if each.state == "confirmed"]
    assert len(confirmed) == world.state.registered <= capacity
    assert len(world.line(world.state.general)) == world.state.general.waiting
    again = forget(world)
    assert (again.reject, again.puts, again.removes) == (None, [], [])


def test_what_they_asked_stays_without_them_or_goes() -> None:
    for posts, body, status in (("keep", "When?", "published"), ("delete", "", "removed")):
        world = EventWorld(has=()).opened()
        world(GONE, AskQuestion("qst_1", "When?"))
        world("mem_a", AskQuestion("qst_2", "Where?"))
        world(GONE, Upvote("qst_2"))
        forget(world, posts)
        assert names(world) == []
        asked = {each.id: (each.author, each.body, each.status) for each in world.all(Question)}
        assert asked == {"qst_1": (FORMER, body, status), "qst_2": ("mem_a", "Where?", "published")}
        assert next(each for each in world.all(Question) if each.id == "qst_2").upvotes == 1


def test_figures_of_what_is_over_stay() -> None:
    world = EventWorld().opened(virtual_link="https://meet.example.org/a")
    world(GONE, Rsvp("yes"))
    world.now = STARTS
    world(GONE, CheckIn("online"))
    world.state = world.state.but(phase="completed")
    forget(world)
    assert names(world) == [] == world.all(CheckedIn)
    assert (world.state.registered, world.state.attended) == (1, 1)


@pytest.mark.parametrize(("is_open", "phase"), [(False, "cancelled"), (True, "open_registration")])
def test_an_event_of_who_is_gone_goes_on_if_others_know_of_it(is_open: bool, phase: str) -> None:  # noqa: FBT001
    world = EventWorld().opened(staff=("mem_a",)) if is_open else EventWorld().planned(staff=("mem_a",))
    world("", ForgetMember(ORGANIZER, "keep"))
    assert (world.state.organizer, world.state.phase, world.now) == (FORMER, phase, NOW)
    if is_open:
        official = world("mem_o", CancelEvent("Nobody leads it."), roles=("official",))
        assert official.state.phase == "cancelled"


# --- an event without an organizer ---


OFFICIAL = ("guest", "supporter", "member", "leader", "official")


def without_organizer() -> EventWorld:
    world = EventWorld().opened(title="Clinics")
    world.yes("mem_a")
    (call,) = world("", ForgetMember(ORGANIZER, "keep")).calls
    assert call.payload == FindOfficials("evt_1")
    return world


def test_officials_are_told_and_one_of_them_takes_it_over() -> None:
    world = without_organizer()
    world("", TellOfficials(("mem_x", "mem_y")), told_by="job")
    assert world.notices("event.organizer_gone") == ["mem_x", "mem_y"]
    assert code(world("mem_a", TakeOver(), roles=OFFICIAL[:-1])) == "not_official"
    taken = world("mem_x", TakeOver(), roles=OFFICIAL)
    assert isinstance(taken.reply, EventView)
    assert taken.reply.organizer_id == "mem_x"
    assert [each.organizer for each in world.named(EventChanged)] == ["mem_x"]
    assert code(world("mem_y", TakeOver(), roles=OFFICIAL)) == "event_organized"
    assert code(world("mem_x", EditEvent(title="Clinics, again"))) == ""
    told = len(world.told)
    world("", TellOfficials(("mem_y",)), told_by="job")
    assert len(world.told) == told


def test_nobody_takes_over_an_event_that_has_an_organizer() -> None:
    assert code(EventWorld().opened()("mem_x", TakeOver(), roles=OFFICIAL)) == "event_organized"


def test_nobody_takes_over_a_plan_or_what_is_over() -> None:
    plan, over = EventWorld().planned(), EventWorld().opened()
    over(ORGANIZER, CancelEvent("Flood."))
    for world in (plan, over):
        assert world("", ForgetMember(ORGANIZER, "keep")).calls == []
        assert code(world("mem_x", TakeOver(), roles=OFFICIAL)) == "event_cancelled"


def test_words_that_others_do_not_see_yet_name_nobody_who_is_gone() -> None:
    world = EventWorld(has=("moderator",)).planned(staff=(GONE,))
    world.rows[Wording, "wrd_1"] = Wording("wrd_1", GONE, "Other words")
    forget(world)
    assert names(world) == []
    assert [each.author for each in world.all(Wording)] == [FORMER]
