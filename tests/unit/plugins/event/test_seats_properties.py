"""Whatever members, the organizer and time do: never a seat too many, nobody twice, and the line in its order."""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from diramoja.plugins.event.contracts import CancelEvent, EditEvent, EventPromoted, Rsvp
from diramoja.plugins.event.seating import HOLDING
from diramoja.plugins.event.state import AHEAD, OPEN, Guest, Line
from tests.support.event_world import NOW, ORGANIZER, EventWorld

MEMBERS = st.sampled_from([f"m{number}" for number in range(9)])
SEATS = st.integers(1, 5)


class Hall(RuleBasedStateMachine):
    """An event with few seats and more members."""

    def __init__(self) -> None:
        super().__init__()
        self.world = EventWorld()
        self.held: dict[str, int] = {}
        self.seen = 0

    @initialize(capacity=SEATS, accessible=st.integers(0, 2), hours=st.sampled_from([30, 47, 80, 240]))
    def begin(self, capacity: int, accessible: int, hours: int) -> None:
        starts_at = NOW + timedelta(hours=hours)
        self.world.opened(capacity=capacity, accessible_seats=min(capacity, accessible), starts_at=starts_at)

    # --- what may happen ---

    @rule(member=MEMBERS, answer=st.sampled_from(["yes", "yes", "yes", "no", "maybe"]), accessible=st.booleans())
    def answer(self, member: str, answer: Any, *, accessible: bool) -> None:
        before = self.world.guest(member)
        played = self.world(member, Rsvp(answer, accessible=accessible))
        after = self.world.guest(member)
        if played.reject is not None:
            assert after == before
        elif answer != "yes":
            assert after is not None
            assert after.state not in HOLDING
        elif before is not None and before.state in ("confirmed", "offered") and self.world.state.phase in AHEAD:
            assert after is not None
            assert after.state == "confirmed"  # Who has a seat keeps it.

    @rule(member=MEMBERS)
    def withdraw(self, member: str) -> None:
        if self.world.withdraw(member).reject is None:
            assert self.world.guest(member) is None

    @rule(capacity=SEATS)
    def another_hall(self, capacity: int) -> None:
        before = self.world.those("confirmed")
        self.world(ORGANIZER, EditEvent(capacity=capacity))
        assert set(before) <= set(self.world.those("confirmed"))  # Nobody loses a seat.

    @rule(accessible=st.integers(0, 3))
    def other_accessible_seats(self, accessible: int) -> None:
        self.world(ORGANIZER, EditEvent(accessible_seats=accessible))

    @rule(hours=st.sampled_from([1, 6, 12, 30, 60]))
    def time_passes(self, hours: int) -> None:
        self.world.to(self.world.now + timedelta(hours=hours))

    @rule(hours=st.integers(1, 300))
    def it_moves(self, hours: int) -> None:
        self.world(ORGANIZER, EditEvent(starts_at=self.world.now + timedelta(hours=hours)))

    @precondition(lambda self: self.world.now > self.world.before(100))
    @rule()
    def it_is_called_off(self) -> None:
        self.world(ORGANIZER, CancelEvent("No hall."))

    # --- what always holds ---

    def lines(self) -> list[tuple[Any, Line]]:
        return [("general", self.world.state.general), ("accessible", self.world.state.accessible)]

    @invariant()
    def counts_are_those_of_the_rows(self) -> None:
        guests = self.world.all(Guest)
        for name, line in self.lines():
            states = [each.state for each in guests if each.line == name]
            counted = tuple(states.count(state) for state in ("confirmed", "offered", "waitlisted"))
            assert (line.taken, line.offered, line.waiting) == counted

    @invariant()
    def no_seat_too_many(self) -> None:
        """More than there are only where the hall became smaller; then nobody gets one."""
        for name, line in self.lines():
            held = line.taken + line.offered
            assert held <= max(line.seats, self.held.get(name, 0))
            self.held[name] = held
        held, capacity = sum(each.taken + each.offered for _, each in self.lines()), self.world.state.capacity
        assert held <= max(capacity or held, self.held.get("hall", 0))
        self.held["hall"] = held
        if self.world.state.capacity is not None and all(line.free >= 0 for _, line in self.lines()):
            assert sum(line.seats for _, line in self.lines()) == self.world.state.capacity

    @invariant()
    def nobody_twice(self) -> None:
        waiting = [member for _, line in self.lines() for member in self.world.line(line)]
        assert sorted(waiting) == self.world.those("waitlisted")
        seats = [each.seat for each in self.world.all(Guest) if each.state == "confirmed"]
        assert len(seats) == len(set(seats))
        assert all(seats)

    @invariant()
    def the_line_keeps_its_order(self) -> None:
        numbers: dict[str, int] = {each.member: each.number for each in self.world.all(Guest)}
        for _, line in self.lines():
            queue = [numbers[each] for each in self.world.line(line)]
            assert queue == sorted(queue)

    @invariant()
    def who_is_promoted_was_first(self) -> None:
        """Nobody is left in a line who came into it before somebody who was promoted out of it just now."""
        for each in self.world.events[self.seen :]:
            if not isinstance(each, EventPromoted) or (guest := self.world.guest(each.member)) is None:
                continue
            line = self.world.state.general if guest.line == "general" else self.world.state.accessible
            if guest.state in ("confirmed", "offered"):
                left = [self.world.guest(member) for member in self.world.line(line)]
                assert all(other is None or other.number > guest.number for other in left)
        self.seen = len(self.world.events)

    @invariant()
    def no_seat_stays_empty_while_somebody_waits(self) -> None:
        if self.world.state.phase in AHEAD and self.world.state.starts_at > self.world.now:
            assert all(line.free <= 0 or not line.waiting for _, line in self.lines())
            if self.world.state.is_released and self.world.state.general.waiting:
                assert self.world.state.accessible.free <= 0

    @invariant()
    def an_offer_ends(self) -> None:
        """At what is called off there is nothing to take any more."""
        if self.world.state.phase == "cancelled":
            return
        ends = {name: at for name, (at, _) in self.world.reminders.items() if name.startswith("offer:")}
        offered = [each for each in self.world.all(Guest) if each.state == "offered"]
        assert ends == {f"offer:{each.member}": each.offer_until for each in offered}

    @invariant()
    def the_phase_follows_the_seats(self) -> None:
        state = self.world.state
        if state.phase in OPEN:
            assert state.is_full == (state.phase == "registration_closed")

    @invariant()
    def the_organizer_hears_at_most_once(self) -> None:
        assert len(self.world.notices("event.capacity_near")) <= 1


Hall.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_seats = Hall.TestCase
