"""Events for a member: invited, coming, there, called off; and what they count for (F1)."""

from datetime import UTC, datetime, timedelta

import pytest

from diramoja.core import Command
from diramoja.plugins.event.contracts import EventCancelled, EventCheckin, EventInvited, RsvpConfirmed
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import MemberPhase, MemberRsvp, StateChanged
from diramoja.plugins.member.gatherings import (
    NoteAttendance,
    NoteCancelled,
    NoteInvitation,
    NoteRsvp,
    on_cancellation,
    on_check_in,
    on_invitation,
    on_seat,
)
from diramoja.plugins.member.rules import Doings, day_of, engagement_components, events_of
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import Member, ReviewActivity
from diramoja.plugins.notification.contracts import Notify
from diramoja.testing.play import Played, play

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)
TODAY = day_of(NOW)
SETTINGS = MemberSettings()
ACTIVE = Member(phase="active", username="amina", last_active_at=NOW, reviewed_at=NOW)
INVITED = NoteInvitation("evt_1", "Clinics", "mem_o", NOW + timedelta(days=9))


def played(state: Member, command: Command, now: datetime = NOW) -> Played[Member]:
    return play(member, state, command, id="mem_a", now=now, settings=[SETTINGS], has=["notification"])


def told(found: Played[Member]) -> list[Notify]:
    return [each.command for each in found.tells if isinstance(each.command, Notify)]


def test_an_invitation_is_told_while_it_is_worth_something() -> None:
    found = played(ACTIVE, INVITED)
    (notice,) = told(found)
    assert (notice.kind, notice.notice_class, notice.about) == ("event.invited", "participation", "mem_o")
    assert notice.values == {"title": "Clinics", "time": "2031-05-10 12:00 UTC"}
    assert notice.valid_until == INVITED.starts_at
    assert found.state.event_open_on == TODAY


@pytest.mark.parametrize(("phase", "count"), [("dormant", 1), ("restricted", 1), ("suspended", 0)])
def test_who_cannot_take_part_is_not_invited(phase: MemberPhase, count: int) -> None:
    found = played(ACTIVE.but(phase=phase), INVITED)
    assert len(told(found)) == count
    assert found.state.event_open_on == (TODAY if count else 0)


def test_a_seat_is_an_activity_and_news() -> None:
    found = played(ACTIVE.but(phase="inactive", last_active_at=NOW - timedelta(days=40)), NoteRsvp("evt_1"))
    assert found.state.phase == "active"
    assert MemberRsvp("mem_a", "evt_1") in found.events
    assert any(isinstance(each, StateChanged) for each in found.events)


def test_attended_events_are_counted_and_the_last_days_kept() -> None:
    state = ACTIVE
    for day in range(5):
        state = played(state, NoteAttendance(f"evt_{day}"), NOW + timedelta(days=day)).state
    assert state.events == 5
    assert state.event_days == (TODAY + 2, TODAY + 3, TODAY + 4)


@pytest.mark.parametrize(("organizer", "count"), [("mem_o", 1), ("mem_a", 0)])
def test_a_called_off_event_is_told_to_all_but_who_called_it_off(organizer: str, count: int) -> None:
    notices = told(played(ACTIVE, NoteCancelled("evt_1", "Clinics", "Flood.", organizer)))
    assert [each.values for each in notices] == [{"title": "Clinics", "reason": "Flood."}] * count


@pytest.mark.parametrize(
    ("days", "open_on", "attended", "value"),
    [
        ([], 0, None, None),  # None was open to them.
        ([], TODAY - 90, None, None),  # The last one too long ago.
        ([], TODAY - 89, 0, 0),
        ([TODAY], TODAY, 1, 1 / 3),
        ([TODAY - 90, TODAY - 89, TODAY], TODAY, 2, 2 / 3),
        ([TODAY - 3, TODAY - 2, TODAY], TODAY, 3, 1),
    ],
)
def test_f1_of_events_by_hand(days: list[int], open_on: int, attended: int | None, value: float | None) -> None:
    found = events_of(days, open_on, NOW, SETTINGS)
    assert found == attended
    components = engagement_components(Doings(events=found), NOW, SETTINGS)
    assert ("events" in components) == (value is not None)
    if value is not None:
        assert components["events"].value == pytest.approx(value)


def test_engagement_goes_on_while_an_event_fades() -> None:
    """Nothing else is done; the days are looked at until the event is out of the window."""
    state = played(ACTIVE, NoteAttendance("evt_1")).state
    for day in range(1, 90):
        found = played(state, ReviewActivity(), NOW + timedelta(days=day))
        assert [each.command for each in found.reminders] == [ReviewActivity()]
        state = found.state
    assert state.engagement == pytest.approx(100 * 0.2 / 3 / 0.5, abs=0.1)  # With the component of posts, which is 0.


def test_who_is_heard() -> None:
    starts = NOW + timedelta(days=9)
    assert on_invitation(EventInvited("evt_1", "mem_a", "mem_o", "Clinics", starts)) == [("mem_a", INVITED)]
    assert on_seat(RsvpConfirmed("evt_1", "mem_a")) == [("mem_a", NoteRsvp("evt_1"))]
    assert on_check_in(EventCheckin("evt_1", "mem_a", "ticket")) == [("mem_a", NoteAttendance("evt_1"))]
    called_off = on_cancellation(EventCancelled("evt_1", "Clinics", "Flood.", "mem_o"))
    assert called_off == NoteCancelled("evt_1", "Clinics", "Flood.", "mem_o")
