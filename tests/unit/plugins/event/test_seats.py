"""Seats as values: who has one, who waits, who is promoted, and what happens when the hall is another one."""

from datetime import timedelta

import pytest

from diramoja.plugins.event.contracts import (
    CapacityNear,
    EditEvent,
    EventPromoted,
    EventWaitlisted,
    RegistrationChanged,
    Rsvp,
    RsvpConfirmed,
    RsvpView,
    RsvpWithdrawn,
)
from diramoja.plugins.event.seating import FillSeats
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import CheckedIn, Guest
from tests.support.event_world import ORGANIZER, STARTS, EventWorld, code


@pytest.fixture
def hall() -> EventWorld:
    """Two seats."""
    return EventWorld().opened(capacity=2)


def come(world: EventWorld, names: str) -> None:
    for name in names:
        assert code(world.yes(name)) == ""


def test_seats_are_taken_in_order_and_then_members_wait(hall: EventWorld) -> None:
    come(hall, "ab")
    assert hall.phase == "registration_closed"
    replies = [hall.yes(name).reply for name in "cd"]
    assert replies == [RsvpView("waitlisted", 1), RsvpView("waitlisted", 2)]
    assert hall.those("confirmed") == ["a", "b"]
    assert hall.line(hall.state.general) == ["c", "d"]
    assert hall.named(EventWaitlisted) == [EventWaitlisted("evt_1", "c", 1), EventWaitlisted("evt_1", "d", 2)]


def test_the_same_answer_again_changes_nothing(hall: EventWorld) -> None:
    come(hall, "abc")
    before, seen = hall.state, len(hall.events)
    come(hall, "abc")
    assert hall.state == before
    assert len(hall.events) == seen


def test_maybe_holds_no_seat_and_gives_one_back(hall: EventWorld) -> None:
    assert hall("a", Rsvp("maybe")).reply == RsvpView("maybe", answer="maybe")
    assert hall.state.registered == 0
    come(hall, "abc")
    hall("a", Rsvp("maybe"))
    assert (hall.state_of("a"), hall.state_of("c")) == ("maybe", "confirmed")


@pytest.mark.parametrize("how", ["no", "withdraw"])
def test_a_freed_seat_is_given_at_once_while_there_is_time(hall: EventWorld, how: str) -> None:
    come(hall, "abcd")
    getattr(hall, how)("a")
    assert hall.those("confirmed") == ["b", "c"]
    assert hall.named(EventPromoted) == [EventPromoted("evt_1", "c", None)]
    assert hall.notices("event.promoted") == ["c"]
    assert hall.state_of("a") == ("declined" if how == "no" else "")
    assert (hall.guest("a") is None) == (how == "withdraw")


def test_a_newcomer_does_not_overtake(hall: EventWorld) -> None:
    come(hall, "abcd")
    hall.no("a")
    come(hall, "e")
    assert hall.line(hall.state.general) == ["d", "e"]


@pytest.mark.parametrize("gone", ["c", "d", "e"])
def test_who_leaves_the_line_leaves_no_gap(hall: EventWorld, gone: str) -> None:
    come(hall, "abcde")
    hall.withdraw(gone)
    left = [each for each in "cde" if each != gone]
    assert hall.line(hall.state.general) == left
    assert hall.state.general.waiting == 2
    hall.no("a")
    hall.no("b")
    assert hall.those("confirmed") == left


def test_a_second_answer_comes_at_the_end_of_the_line(hall: EventWorld) -> None:
    come(hall, "abcd")
    hall.no("c")
    come(hall, "c")
    assert hall.line(hall.state.general) == ["d", "c"]
    assert hall.state.registered == 2


def test_a_seat_freed_late_is_offered_lapses_and_is_offered_on(hall: EventWorld) -> None:
    come(hall, "abcde")
    hall.to(hall.before(30))
    hall.no("a")
    until = hall.now + timedelta(hours=12)
    assert hall.named(EventPromoted) == [EventPromoted("evt_1", "c", until)]
    assert hall.state_of("c") == "offered"
    assert hall.state.registered == 1
    assert code(hall.yes("f")) == ""  # Who comes now waits behind the others.
    hall.to(until - timedelta(seconds=1))
    assert hall.state_of("c") == "offered"
    hall.to(until)
    assert (hall.state_of("c"), hall.state_of("d")) == ("declined", "offered")
    assert hall.notices("event.offer_lapsed") == ["c"]
    accepted = hall.yes("d")
    assert accepted.reply == RsvpView("confirmed")
    assert hall.those("confirmed") == ["b", "d"]
    hall.to(hall.before(0))
    assert hall.those("confirmed") == ["b", "d"]


def test_exactly_48_hours_before_a_seat_is_offered(hall: EventWorld) -> None:
    come(hall, "abc")
    hall.to(hall.before(48))
    hall.no("a")
    assert hall.state_of("c") == "offered"


def test_an_offer_lapses_at_the_start_at_the_latest(hall: EventWorld) -> None:
    come(hall, "abcd")
    hall.to(hall.before(3))
    hall.no("a")
    guest = hall.guest("c")
    assert guest is not None
    assert guest.offer_until == hall.before(0)
    hall.to(hall.before(0))
    assert hall.state_of("c") == "declined"
    assert hall.state_of("d") == "waitlisted"  # Nobody is promoted to what has begun.


def test_an_offer_declined_goes_on_at_once(hall: EventWorld) -> None:
    come(hall, "abcd")
    hall.to(hall.before(30))
    hall.no("a")
    hall.no("c")
    assert hall.state_of("d") == "offered"
    assert "offer:c" not in hall.reminders


def test_an_offer_is_not_taken_after_an_event_that_was_moved_before_its_end(hall: EventWorld) -> None:
    come(hall, "abc")
    hall.to(hall.before(20))
    hall.no("a")
    hall(ORGANIZER, EditEvent(starts_at=hall.now + timedelta(hours=1)))
    hall.to(hall.before(0))
    assert hall.phase == "in_progress"
    assert hall.yes("c").reply == RsvpView("confirmed")  # The seat is free, and who comes late may have it.
    hall.to(hall.before(-1))
    assert hall.those("confirmed") == ["b", "c"]
    assert hall.state.general.offered == 0


def test_after_the_start_free_seats_are_for_who_comes(hall: EventWorld) -> None:
    come(hall, "abc")
    hall.to(hall.before(0))
    assert code(hall.yes("d")) == "event_full"
    hall.no("a")
    assert hall.state_of("c") == "waitlisted"
    assert hall.yes("d").reply == RsvpView("confirmed")
    assert code(hall.yes("c")) == "event_full"
    assert hall.those("confirmed") == ["b", "d"]


def test_the_organizer_hears_once_that_most_seats_are_taken() -> None:
    hall = EventWorld().opened(capacity=10)
    come(hall, "abcdefgh")
    assert hall.notices("event.capacity_near") == []
    come(hall, "i")
    assert hall.notices("event.capacity_near") == [ORGANIZER]
    hall.no("i")
    come(hall, "ijk")
    assert hall.notices("event.capacity_near") == [ORGANIZER]
    assert hall.named(CapacityNear) == [CapacityNear("evt_1", 9, 10)]


def test_full_closes_the_registration_and_a_seat_opens_it(hall: EventWorld) -> None:
    come(hall, "ab")
    hall.no("b")
    assert hall.phase == "open_registration"
    assert [each.is_open for each in hall.named(RegistrationChanged)] == [False, True]


def test_with_a_lower_capacity_nobody_loses_a_seat() -> None:
    hall = EventWorld().opened(capacity=3)
    come(hall, "abcd")
    hall(ORGANIZER, EditEvent(capacity=1))
    assert hall.those("confirmed") == ["a", "b", "c"]
    hall.no("a")
    hall.no("b")
    assert (hall.those("confirmed"), hall.state_of("d")) == (["c"], "waitlisted")
    hall.no("c")
    assert hall.those("confirmed") == ["d"]


@pytest.mark.parametrize("capacity", [30, None])
def test_with_a_higher_capacity_those_in_line_come_first(hall: EventWorld, capacity: int | None) -> None:
    """More than one decision gives at once."""
    come(hall, "ab")
    waiting = [f"m{number:02}" for number in range(25)]
    for name in waiting:
        hall.yes(name)
    hall(ORGANIZER, EditEvent(capacity=capacity))
    assert hall.those("confirmed") == ["a", "b", *waiting]
    assert [each.member for each in hall.named(EventPromoted)] == waiting
    assert hall.phase == "open_registration"


def test_who_answers_while_many_are_promoted_waits_behind_them(hall: EventWorld) -> None:
    for number in range(30):
        hall.yes(f"m{number:02}")
    hall.is_slow = True
    hall(ORGANIZER, EditEvent(capacity=40))
    assert hall.state.general.waiting == 8
    assert hall.yes("late").reply == RsvpView("waitlisted", 9)
    hall.is_slow = False
    hall("", FillSeats(), told_by="event")
    assert hall.state_of("late") == "confirmed"
    assert [each.member for each in hall.named(EventPromoted)][-2:] == ["m29", "late"]


def test_the_line_ends_somewhere() -> None:
    hall = EventWorld(settings=EventSettings(waitlist_max=1)).opened(capacity=1)
    come(hall, "ab")
    assert code(hall.yes("c")) == "event_full"
    assert hall.guest("c") is None
    assert code(hall("c", Rsvp("maybe"))) == ""


def test_each_seat_has_a_number_that_no_other_had(hall: EventWorld) -> None:
    come(hall, "abc")
    hall.withdraw("a")
    hall.withdraw("b")
    come(hall, "a")
    seats = [each.seat for each in hall.all(Guest) if each.state == "confirmed"]
    assert sorted(seats) == [3, 4]


# --- accessible seats ---


@pytest.fixture
def ramp() -> EventWorld:
    """Three seats, one of them accessible."""
    return EventWorld().opened(capacity=3, accessible_seats=1)


def test_accessible_seats_are_kept_for_who_needs_one(ramp: EventWorld) -> None:
    come(ramp, "abc")
    assert ramp.state_of("c") == "waitlisted"
    assert ramp.phase == "open_registration"
    assert ramp.yes("w", accessible=True).reply == RsvpView("confirmed", accessible=True)
    assert ramp.phase == "registration_closed"
    assert ramp.yes("x", accessible=True).reply == RsvpView("waitlisted", 1, accessible=True)
    ramp.no("w")
    assert ramp.those("confirmed") == ["a", "b", "x"]


def test_accessible_seats_that_nobody_asked_for_are_for_all_some_days_before(ramp: EventWorld) -> None:
    come(ramp, "abcd")
    ramp.to(ramp.before(72))
    assert ramp.those("confirmed") == ["a", "b", "c"]
    assert ramp.line(ramp.state.general) == ["d"]


def test_a_released_seat_goes_first_to_who_waits_for_an_accessible_one(ramp: EventWorld) -> None:
    come(ramp, "abc")
    for name in "wx":
        ramp.yes(name, accessible=True)
    ramp.to(ramp.before(72))
    assert ramp.those("confirmed") == ["a", "b", "w"]
    ramp.no("w")
    assert ramp.those("confirmed") == ["a", "b", "x"]
    ramp.yes("x", accessible=True)
    assert ramp.those("confirmed") == ["a", "b", "x"]
    ramp.no("x")
    assert ramp.those("confirmed") == ["a", "b", "c"]
    assert ramp.state.registered == 3


def test_another_sort_of_seat_is_no_risk_to_the_own_one(ramp: EventWorld) -> None:
    ramp.yes("w", accessible=True)
    come(ramp, "a")
    assert code(ramp.yes("a", accessible=True)) == "seat_kept"
    assert ramp.state_of("a") == "confirmed"
    ramp.no("w")
    assert ramp.yes("a", accessible=True).reply == RsvpView("confirmed", accessible=True)
    assert (ramp.state.general.taken, ramp.state.accessible.taken) == (0, 1)


@pytest.mark.parametrize(
    ("capacity", "accessible", "refused"),
    [(3, 4, "seats_invalid"), (None, 1, "seats_invalid"), (3, 0, "seats_promised")],
)
def test_seats_do_not_contradict_each_other(
    ramp: EventWorld, capacity: int | None, accessible: int, refused: str
) -> None:
    ramp.yes("w", accessible=True)
    assert code(ramp(ORGANIZER, EditEvent(capacity=capacity, accessible_seats=accessible))) == refused


def test_without_accessible_seats_the_wish_is_noted(hall: EventWorld) -> None:
    hall.yes("w", accessible=True)
    guest = hall.guest("w")
    assert guest is not None
    assert (guest.line, guest.wants_accessible, guest.state) == ("general", True, "confirmed")


# --- who may come ---


def test_who_sees_it_may_answer() -> None:
    members = EventWorld().opened(visibility="members_only")
    assert code(members("s", Rsvp("yes"), roles=("guest", "supporter"))) == "event_missing"
    assert code(members("m", Rsvp("yes"))) == ""
    invited = EventWorld().opened(visibility="invite_only")
    assert code(invited.yes("m")) == "event_missing"
    assert code(invited.yes(ORGANIZER)) == ""


def test_what_somebody_had_is_said(hall: EventWorld) -> None:
    come(hall, "abc")
    hall.withdraw("c")
    hall.withdraw("a")
    assert hall.named(RsvpWithdrawn) == [
        RsvpWithdrawn("evt_1", "c", "waitlisted"),
        RsvpWithdrawn("evt_1", "a", "confirmed"),
    ]
    assert len(hall.named(RsvpConfirmed)) == 2
    assert hall.withdraw("nobody").reply == RsvpView("declined", answer="no")


# --- seats that were used ---


@pytest.mark.parametrize("how", ["no", "maybe", "withdraw"])
def test_who_is_there_does_not_hand_on_the_seat(hall: EventWorld, how: str) -> None:
    """Else one seat could let in one after the other, and more would have been there than there are seats."""
    for name in "abcd":
        hall.yes(name)
    hall.to(STARTS)
    hall.rows[CheckedIn, "a"] = CheckedIn("a", "venue", STARTS)
    given_up = hall.withdraw("a") if how == "withdraw" else hall("a", Rsvp("no" if how == "no" else "maybe"))
    assert code(given_up) == "seat_used"
    assert hall.state_of("a") == "confirmed"
    assert hall.yes("a").reject is None


# --- kept again ---


def test_released_seats_are_kept_again_where_the_event_moves_away(ramp: EventWorld) -> None:
    come(ramp, "a")
    ramp.to(ramp.before(72))
    assert (ramp.state.is_released, ramp.state.accessible.seats) == (True, 0)
    ramp(ORGANIZER, EditEvent(starts_at=ramp.now + timedelta(days=20)))
    assert (ramp.state.is_released, ramp.state.accessible.seats) == (False, 1)
    come(ramp, "bc")
    assert (ramp.those("confirmed"), ramp.those("waitlisted")) == (["a", "b"], ["c"])
    assert ramp.yes("w", accessible=True).reply == RsvpView("confirmed", accessible=True)
    ramp.to(ramp.before(72))
    assert ramp.state.is_released


def test_what_others_have_by_then_is_kept_as_it_becomes_free(ramp: EventWorld) -> None:
    ramp.to(ramp.before(72))
    come(ramp, "abc")
    ramp(ORGANIZER, EditEvent(starts_at=ramp.now + timedelta(days=20)))
    assert (ramp.state.is_released, ramp.state.accessible.seats) == (False, 0)
    assert ramp.yes("w", accessible=True).reply == RsvpView("waitlisted", position=1, accessible=True)
    ramp.no("a")
    assert ramp.those("confirmed") == ["b", "c", "w"]


def test_seats_for_which_others_wait_are_theirs(ramp: EventWorld) -> None:
    ramp.to(ramp.before(72))
    come(ramp, "abcd")
    ramp(ORGANIZER, EditEvent(starts_at=ramp.now + timedelta(days=20)))
    assert ramp.state.is_released
    ramp.no("a")
    assert ramp.those("confirmed") == ["b", "c", "d"]


def test_more_accessible_seats_are_not_more_seats() -> None:
    """Those that others have are kept once they are free."""
    world = EventWorld().opened(capacity=3)
    come(world, "abc")
    world(ORGANIZER, EditEvent(accessible_seats=2))
    world.yes("w", accessible=True)
    assert (world.state.registered, world.state_of("w")) == (3, "waitlisted")
    world.no("a")
    assert world.those("confirmed") == ["b", "c", "w"]
