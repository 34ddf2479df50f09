"""An event as values: planned, opened, changed, moved, called off; invitations, reminders, and what it forgets."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from diramoja.core import Command
from diramoja.plugins.event.audiences import FindGuests, TellGuests
from diramoja.plugins.event.contracts import (
    CancelEvent,
    CreateEvent,
    EditEvent,
    EventCancelled,
    EventChanged,
    EventCompleted,
    EventCreated,
    EventInvited,
    EventOpened,
    EventRescheduled,
    EventStarted,
    EventView,
    Invite,
    OpenRegistration,
    Rsvp,
    RsvpView,
)
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import Guest, Invitation
from diramoja.plugins.event.views import InvitationsView
from tests.support.event_world import NOW, ORGANIZER, STARTS, EventWorld, code

LEADER = ("guest", "supporter", "member", "leader")


def shown(reply: object) -> EventView:
    assert isinstance(reply, EventView)
    return reply


# --- planned, opened, changed, called off ---


def test_a_planned_event_is_its_organizers_alone() -> None:
    world = EventWorld()
    asked = CreateEvent("training", "First aid", STARTS, 60, "Bandages.", "Hall 2", "https://meet.example.org/a")
    planned = world(ORGANIZER, asked)
    assert planned.status == 201
    view = shown(planned.reply)
    assert (view.phase, view.description, view.virtual_link) == ("planning", "Bandages.", "https://meet.example.org/a")
    assert [type(each) for each in world.events] == [EventCreated]
    for command in (OpenRegistration(), EditEvent(title="Mine"), CancelEvent("No.")):
        assert code(world("mem_other", command)) == "event_missing"
        assert code(world("mem_other", command, roles=("official",))) == "event_missing"
    assert code(world("mem_other", Rsvp("yes"))) == "event_not_open"


def test_registration_opens_with_all_that_is_due() -> None:
    world = EventWorld().opened()
    assert world.phase == "open_registration"
    assert {name: (at - STARTS) / timedelta(hours=1) for name, (at, _) in world.reminders.items()} == {
        "remind:168": -168,
        "remind:72": -72,
        "remind:24": -24,
        "remind:2": -2,
        "release_seats": -72,
        "become_upcoming": -24,
        "show_top_questions": -2,
        "start_event": 0,
        "complete_event": 1.5,
    }
    assert [each.event for each in world.named(EventOpened)] == ["evt_1"]
    assert code(world(ORGANIZER, OpenRegistration())) == "event_open_registration"


def test_an_event_soon_is_upcoming_at_once_and_reminds_of_what_is_left() -> None:
    world = EventWorld().planned(starts_at=NOW + timedelta(hours=20))
    opened = world(ORGANIZER, OpenRegistration())
    assert shown(opened.reply).phase == "upcoming"
    assert sorted(world.reminders) == ["complete_event", "remind:2", "show_top_questions", "start_event"]


@pytest.mark.parametrize("at", [NOW, NOW - timedelta(days=1)])
def test_nothing_is_planned_for_the_past(at: datetime) -> None:
    assert code(EventWorld()(ORGANIZER, CreateEvent("meeting", "Late", at, 60))) == "event_past"
    world = EventWorld().planned()
    assert code(world(ORGANIZER, EditEvent(starts_at=at))) == "event_past"
    world.now = STARTS
    assert code(world(ORGANIZER, OpenRegistration())) == "event_past"


def test_words_are_changed_by_the_organizer_alone() -> None:
    world = EventWorld().opened()
    assert code(world("mem_other", EditEvent(title="Mine"), roles=LEADER)) == "not_organizer"
    changed = world(ORGANIZER, EditEvent(title="Clinics, again", location="Hall 3"))
    assert (shown(changed.reply).title, shown(changed.reply).location) == ("Clinics, again", "Hall 3")
    assert [each.title for each in world.named(EventChanged)] == ["Clinics, again"]
    assert world(ORGANIZER, EditEvent(location="Hall 3")).events == []
    assert code(world(ORGANIZER, EditEvent(visibility="invite_only"))) == "visibility_fixed"
    assert code(world(ORGANIZER, EditEvent(visibility="public"))) == ""


def test_it_begins_ends_and_is_over() -> None:
    world = EventWorld().opened()
    world.yes("a")
    world.to(world.before(24))
    assert world.phase == "upcoming"
    world.to(world.before(0))
    assert world.phase == "in_progress"
    assert world.named(EventStarted) == [EventStarted("evt_1", 1)]
    assert code(world(ORGANIZER, EditEvent(starts_at=STARTS + timedelta(days=1)))) == "event_in_progress"
    world(ORGANIZER, EditEvent(duration_minutes=120, capacity=9))
    world.to(STARTS + timedelta(minutes=119))
    assert world.phase == "in_progress"
    world.to(STARTS + timedelta(minutes=120))
    assert world.phase == "completed"
    assert world.named(EventCompleted) == [EventCompleted("evt_1", "Clinics", 1, 0)]
    assert code(world.yes("b")) == code(world(ORGANIZER, EditEvent(title="Over"))) == "event_completed"


@pytest.mark.parametrize(
    ("sender", "roles", "refused"),
    [(ORGANIZER, (), ""), ("mem_b", ("official",), ""), ("mem_b", LEADER, "not_organizer")],
)
def test_who_calls_an_event_off(sender: str, roles: Sequence[str], refused: str) -> None:
    world = EventWorld().opened()
    world.yes("a")
    assert code(world(sender, CancelEvent("Flood."), roles=roles)) == refused
    if refused:
        return
    assert world.named(EventCancelled) == [EventCancelled("evt_1", "Clinics", "Flood.", ORGANIZER)]
    assert list(world.reminders) == ["forget_guests"]
    assert code(world.yes("b")) == "event_cancelled"


def test_a_plan_that_is_dropped_is_no_news() -> None:
    world = EventWorld().planned()
    world(ORGANIZER, CancelEvent("Another time."))
    assert world.named(EventCancelled) == []


# --- reminders ---


def reminded(world: EventWorld) -> list[tuple[str, str]]:
    return [(member, notice.key.rsplit(":")[-1]) for member, notice in world.told if notice.kind == "event.reminder"]


def test_each_who_has_a_seat_is_reminded_four_times() -> None:
    world = EventWorld().opened(capacity=2, location="Hall 2", virtual_link="https://meet.example.org/a")
    for name in "abc":
        world.yes(name)
    world("d", Rsvp("maybe"))
    world.to(STARTS)
    assert reminded(world) == [(member, hours) for hours in ("168", "72", "24", "2") for member in "ab"]
    notices = [notice for member, notice in world.told if notice.kind == "event.reminder" and member == "a"]
    assert [each.valid_until for each in notices] == [world.before(hours) for hours in (72, 24, 2, 0)]
    assert ["place" in each.values for each in notices] == [False, False, True, True]
    assert notices[-1].values["place"] == "Hall 2 · https://meet.example.org/a"


def test_reminders_move_with_the_event() -> None:
    world = EventWorld().opened()
    world.yes("a")
    world("m", Rsvp("maybe"))
    world.to(world.before(100))
    world(ORGANIZER, EditEvent(starts_at=STARTS + timedelta(days=1)))
    assert world.notices("event.rescheduled") == ["a", "m"]
    assert world.named(EventRescheduled) == [EventRescheduled("evt_1", STARTS + timedelta(days=1), 90, STARTS)]
    world.to(STARTS + timedelta(days=1) - timedelta(hours=20))
    world.yes("b")
    assert reminded(world) == [("a", "168"), ("a", "72"), ("a", "24")]
    world.to(STARTS + timedelta(days=1))
    assert reminded(world)[3:] == [("a", "2"), ("b", "2")]


def test_a_reminder_that_comes_after_the_event_moved_away_is_not_told() -> None:
    """The job looked up who is reminded; meanwhile the date is another one."""
    world = EventWorld().opened()
    world.yes("a")
    world.to(world.before(2))
    told = len(world.told)
    world.state = world.state.but(starts_at=STARTS + timedelta(days=1))
    world("", TellGuests(FindGuests("evt_1", "reminder", "2", ("confirmed",)), ("a",), has_more=False), told_by="job")
    assert len(world.told) == told


def test_an_event_that_moves_away_from_tomorrow_takes_answers_as_before() -> None:
    world = EventWorld().opened(capacity=1)
    world.yes("a")
    world.to(world.before(10))
    assert world.phase == "upcoming"
    world(ORGANIZER, EditEvent(starts_at=STARTS + timedelta(days=3)))
    assert world.phase == "registration_closed"
    world.to(world.before(23))
    assert world.phase == "upcoming"


def test_who_was_told_where_for_one_time_is_told_again_for_another() -> None:
    world = EventWorld().opened(location="Hall 2")
    world.yes("a")
    world.to(world.before(10))
    world(ORGANIZER, EditEvent(starts_at=STARTS + timedelta(days=30)))
    world.to(STARTS + timedelta(days=30))
    keys = [notice.key for _, notice in world.told if notice.kind == "event.reminder"]
    assert len(dict.fromkeys(keys)) == 5  # 7 and 3 days once, 24 hours twice, 2 hours once.


def moves(world: EventWorld) -> list[tuple[str, str]]:
    """What an inbox keeps: of one key the first."""
    told = [notice for _, notice in world.told if notice.kind == "event.rescheduled"]
    kept = {notice.key: notice for notice in reversed(told)}
    return [(each.values["before"][:10], each.values["time"][:10]) for each in reversed(kept.values())]


def test_an_event_that_moves_back_and_forth_says_each_time_where_it_is_now() -> None:
    world = EventWorld().opened()
    world.yes("a")
    later = STARTS + timedelta(days=1)
    for starts_at in (later, STARTS, later):
        world(ORGANIZER, EditEvent(starts_at=starts_at))
    assert moves(world) == [("2031-04-11", "2031-04-12"), ("2031-04-12", "2031-04-11"), ("2031-04-11", "2031-04-12")]


def test_a_move_that_was_taken_back_meanwhile_is_not_told() -> None:
    world = EventWorld().opened()
    world.yes("a")
    wanted = FindGuests("evt_1", "rescheduled", STARTS.isoformat(), ("confirmed",))
    world("", TellGuests(wanted, ("a",), has_more=False), told_by="job")
    assert moves(world) == []


def test_who_is_invited_and_did_not_answer_hears_of_a_move_that_came_after() -> None:
    world = EventWorld().opened()
    world.segment = ["a", "b", "c"]
    world(ORGANIZER, Invite(interests=("healthcare",)), roles=LEADER)
    world.no("a")
    world.yes("b")
    world.now += timedelta(hours=1)
    world.is_slow, world.segment = True, ["d"]
    world(ORGANIZER, EditEvent(starts_at=STARTS + timedelta(days=1)))
    assert world.notices("event.rescheduled") == ["b", "c"]
    by, world.now = world.now, world.now + timedelta(hours=1)
    world(ORGANIZER, Invite(interests=("healthcare",)), roles=LEADER)
    wanted = FindGuests("evt_1", "rescheduled", STARTS.isoformat(), (), invited_by=by)
    assert world.looked_up(wanted) == TellGuests(wanted, ("c",), has_more=False)


def test_a_longer_event_is_news_and_no_notice() -> None:
    world = EventWorld().opened()
    world.yes("a")
    world(ORGANIZER, EditEvent(duration_minutes=100))
    assert len(world.named(EventRescheduled)) == 1
    assert world.notices("event.rescheduled") == []


def test_more_guests_than_one_decision_tells() -> None:
    world = EventWorld(settings=EventSettings(reminder_hours=(2,))).opened()
    names = [f"m{number:03}" for number in range(450)]
    for name in names:
        world.yes(name)
    world.to(STARTS)
    assert reminded(world) == [(name, "2") for name in names]


# --- invitations ---


def test_an_invitation_is_noted_and_said_of_each() -> None:
    world, pages = EventWorld().opened(), 450
    world.segment = [f"m{number:03}" for number in range(pages)]
    invited = world(ORGANIZER, Invite(interests=("healthcare",), selected=pages, suppressed=3), roles=LEADER)
    assert (invited.status, invited.reply) == (202, InvitationsView(pages, 3))
    assert [each.member for each in world.named(EventInvited)] == world.segment
    assert len(world.all(Invitation)) == pages
    world(ORGANIZER, Invite(interests=("healthcare",)), roles=LEADER)
    assert len(world.named(EventInvited)) == pages


def test_who_is_invited_may_come_whoever_else_may() -> None:
    world = EventWorld().opened(visibility="invite_only")
    world.segment = ["a"]
    world(ORGANIZER, Invite(members=("a",)))
    assert world.yes("a").reply == RsvpView("confirmed")
    assert code(world.yes("b")) == "event_missing"


@pytest.mark.parametrize(
    ("sender", "command", "roles", "refused"),
    [
        ("mem_b", Invite(members=("a",)), LEADER, "not_organizer"),
        (ORGANIZER, Invite(interests=("healthcare",)), ("member",), "not_leader"),
        (ORGANIZER, Invite(regions=("north",)), ("member",), "not_leader"),
        (ORGANIZER, Invite(), LEADER, "invitation_empty"),
    ],
)
def test_who_invites_whom(sender: str, command: Command, roles: Sequence[str], refused: str) -> None:
    assert code(EventWorld().opened()(sender, command, roles=roles)) == refused


def test_nobody_is_invited_to_a_plan() -> None:
    assert code(EventWorld().planned()(ORGANIZER, Invite(members=("a",)))) == "event_not_open"


# --- forgetting ---


@pytest.mark.parametrize("end", ["completed", "cancelled"])
def test_a_year_later_nobody_is_known_to_it(end: str) -> None:
    world = EventWorld().opened(capacity=250)
    world.segment = ["i"]
    world(ORGANIZER, Invite(members=("i",)))
    for number in range(250):
        world.yes(f"m{number:03}")
    for name in ("w1", "w2", "w3"):
        world.yes(name)
    if end == "cancelled":
        world(ORGANIZER, CancelEvent("Flood."))
    else:
        world.to(STARTS + timedelta(minutes=90))
    over = world.now
    world.to(over + timedelta(days=364))
    assert len(world.all(Guest)) == 253
    world.to(over + timedelta(days=365))
    assert (world.all(Guest), world.all(Invitation)) == ([], [])
    assert (world.phase, world.state.registered, world.state.general.waiting) == (end, 250, 3)
    assert not any(name in str(world.state) for name in ("w1", "w2", "w3"))


def test_where_nobody_notifies_all_goes_on() -> None:
    world = EventWorld(has=()).opened(capacity=1)
    for name in "ab":
        world.yes(name)
    world.no("a")
    world.to(STARTS)
    assert (world.told, world.those("confirmed")) == ([], ["b"])


def test_settings_refuse_reminders_out_of_order() -> None:
    for hours in ((2, 24), (2, 2)):
        with pytest.raises(ValueError, match="longest"):
            EventSettings(reminder_hours=hours)
