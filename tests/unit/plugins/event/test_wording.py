"""What an event says of itself: screened before others see it, reported, taken away and given back."""

from typing import Any

import msgspec
import pytest

from diramoja.core import Tell
from diramoja.plugins.event.contracts import (
    CancelEvent,
    CreateEvent,
    EditEvent,
    EventChanged,
    EventOpened,
    EventRescheduled,
    EventView,
    OpenRegistration,
    ReportEvent,
)
from diramoja.plugins.event.state import Opening, Wording
from diramoja.plugins.event.views import Resource
from diramoja.plugins.member.contracts import WeighReport
from diramoja.plugins.moderator.contracts import Evidence, Report, ScreenText
from diramoja.plugins.topic.contracts import HeldView, ModeratePost, TakeVerdict
from diramoja.testing.play import Played
from tests.support.event_world import ORGANIZER, STARTS, EventWorld, code

RUDE = "You idiots"
HELD = HeldView("held", "Rude.")


@pytest.fixture
def world() -> EventWorld:
    return EventWorld(has=("notification", "moderator")).planned(
        description="Ask.",
        location="Hall 2",
        categories=("healthcare",),
        resources=(Resource("Agenda", "https://a.b/c"),),
    )


@pytest.fixture
def opened(world: EventWorld) -> EventWorld:
    world(ORGANIZER, OpenRegistration())
    verdict(world, "evt_1")
    return world


def verdict(world: EventWorld, id: str, outcome: Any = "cleared") -> Played[Any]:
    return world("evt_1", TakeVerdict(id, outcome, "" if outcome == "cleared" else "Rude."), told_by="screening")


def decided(world: EventWorld, id: str, action: Any, *, on_appeal: bool = False) -> Played[Any]:
    return world("case_1", ModeratePost(id, action, on_appeal=on_appeal), told_by="case")


def screened(played: Played[Any]) -> list[tuple[str, str]]:
    assert all(each.answers for each in played.tells)
    return [(each.command.text_id, each.command.body) for each in played.tells if isinstance(each.command, ScreenText)]


def shown(world: EventWorld) -> tuple[str, str, str]:
    texts = world.rows[Opening, "opening"]
    assert isinstance(texts, Opening)
    return world.state.title, texts.description, texts.location


# --- a plan ---


def test_all_its_words_are_screened_before_it_is_open(world: EventWorld) -> None:
    asked = world(ORGANIZER, OpenRegistration())
    text = "Clinics\n\nAsk.\n\nHall 2\n\nhealthcare\n\nAgenda https://a.b/c"
    assert (screened(asked), asked.reply, world.phase) == ([("evt_1", text)], None, "planning")
    assert world.named(EventOpened) == []
    done = verdict(world, "evt_1")
    assert isinstance(done.reply, EventView)
    assert (done.reply.phase, world.phase) == ("open_registration", "open_registration")
    assert world.all(Wording) == []
    assert len(world.named(EventOpened)) == 1


def test_a_plan_that_is_held_waits_for_people(world: EventWorld) -> None:
    world(ORGANIZER, OpenRegistration())
    held = verdict(world, "evt_1", "held")
    assert isinstance(held.reply, EventView)
    assert (held.reply.phase, held.reply.held) == ("planning", HELD)
    again = world(ORGANIZER, OpenRegistration())
    assert (again.tells, getattr(again.reply, "held", None)) == ([], HELD)
    assert code(world(ORGANIZER, EditEvent(title="Other words"))) == "edit_pending"
    assert code(world(ORGANIZER, EditEvent(capacity=9))) == ""
    decided(world, "evt_1", "publish")
    assert (world.phase, world.all(Wording)) == ("open_registration", [])


def test_a_plan_that_is_refused_is_reworded_or_appealed(world: EventWorld) -> None:
    world(ORGANIZER, OpenRegistration())
    verdict(world, "evt_1", "hidden")
    decided(world, "evt_1", "remove")
    rows = dict(world.rows)
    decided(world, "evt_1", "publish", on_appeal=True)
    assert world.phase == "open_registration"  # The appeal was granted.
    world.state, world.rows = world.state.but(phase="planning", opened_at=None), rows
    world(ORGANIZER, EditEvent(title="Other words"))
    decided(world, "evt_1", "publish", on_appeal=True)
    assert (world.phase, world.all(Wording)) == ("planning", [])  # What people let through is there no more.
    assert screened(world(ORGANIZER, OpenRegistration()))[0][1].startswith("Other words")


@pytest.mark.parametrize("looked_at", ["pending", "held"])
def test_an_appeal_for_mild_words_opens_no_plan_with_worse_ones(world: EventWorld, looked_at: str) -> None:
    world(ORGANIZER, OpenRegistration())
    verdict(world, "evt_1", "held")
    decided(world, "evt_1", "remove")
    world(ORGANIZER, EditEvent(title=RUDE))
    world(ORGANIZER, OpenRegistration())
    if looked_at == "held":
        verdict(world, "evt_1", "held")
    decided(world, "evt_1", "publish", on_appeal=True)
    assert (world.phase, len(world.all(Wording))) == ("planning", 1)
    decided(world, "evt_1", "publish")
    assert world.phase == "open_registration"


@pytest.mark.parametrize("by", ["software", "people"])
def test_a_plan_that_is_cleared_too_late_stays_one(world: EventWorld, by: str) -> None:
    world(ORGANIZER, OpenRegistration())
    if by == "people":
        verdict(world, "evt_1", "held")
        world.now = STARTS
        decided(world, "evt_1", "publish")
    else:
        world.now = STARTS
        verdict(world, "evt_1")
    assert (world.phase, world.all(Wording), list(world.reminders)) == ("planning", [], [])


def test_a_plan_is_written_without_screening(world: EventWorld) -> None:
    assert world(ORGANIZER, EditEvent(title=RUDE)).tells == []
    assert world.state.title == RUDE


def test_without_moderation_nothing_is_screened() -> None:
    world = EventWorld().opened()
    world(ORGANIZER, EditEvent(title="Other words"))
    assert (world.phase, world.state.title) == ("open_registration", "Other words")
    assert code(world("a", ReportEvent("rep_1", "spam"))) == "moderation_missing"


# --- other words ---


def test_other_words_are_shown_once_they_are_cleared_and_figures_at_once(opened: EventWorld) -> None:
    changed = len(opened.named(EventChanged))
    asked = opened(ORGANIZER, EditEvent(title="At night", capacity=9, virtual_link="https://meet.example.org/b"))
    ((id, text),) = screened(asked)
    assert (text.split("\n")[0], asked.reply, opened.state.capacity) == ("At night", None, 9)
    assert shown(opened)[0] == "Clinics"
    assert code(opened(ORGANIZER, EditEvent(title="Again"))) == "edit_pending"
    done = verdict(opened, id)
    assert isinstance(done.reply, EventView)
    assert (done.reply.title, done.reply.virtual_link) == ("At night", "https://meet.example.org/b")
    assert shown(opened) == ("At night", "Ask.", "Hall 2")
    assert [each.title for each in opened.named(EventChanged)[changed:]] == ["Clinics", "At night"]
    assert (opened.state.wording, opened.all(Wording)) == ("", [])


def test_words_alone_change_nothing_else_before_they_are_cleared(opened: EventWorld) -> None:
    before = opened.state
    asked = opened(ORGANIZER, EditEvent(description=RUDE))
    ((id, _),) = screened(asked)
    assert (asked.events, opened.state) == ([], before.but(wording=id))


@pytest.mark.parametrize(("action", "title"), [("publish", RUDE), ("hide", "Clinics"), ("remove", "Clinics")])
def test_people_decide_about_words_that_were_held(opened: EventWorld, action: str, title: str) -> None:
    ((id, _),) = screened(opened(ORGANIZER, EditEvent(title=RUDE)))
    held = verdict(opened, id, "held")
    assert isinstance(held.reply, EventView)
    assert (held.reply.title, held.reply.held) == ("Clinics", HELD)
    decided(opened, id, action)
    assert (shown(opened)[0], opened.state.wording, opened.all(Wording)) == (title, "", [])
    assert code(opened(ORGANIZER, EditEvent(title="Again"))) == ""


def test_a_move_does_not_wait_for_words(opened: EventWorld) -> None:
    opened(ORGANIZER, EditEvent(title=RUDE, starts_at=opened.before(-24)))
    assert len(opened.named(EventRescheduled)) == 1


# --- reported ---


def test_what_it_says_is_reported_with_why_it_was_called_off(opened: EventWorld) -> None:
    opened.yes("a")
    opened(ORGANIZER, CancelEvent(RUDE))
    (told,) = opened("a", ReportEvent("rep_1", "insult", "Look.")).tells
    text = f"Clinics\n\nAsk.\n\nHall 2\n\nhealthcare\n\nAgenda https://a.b/c\n\n{RUDE}"
    report = Report("rep_1", "a", "insult", "Look.", takes_part=True)
    weighed = WeighReport(report, Evidence("evt_1", "evt_1", ORGANIZER, text, place="event"))
    assert told == Tell("member", "a", weighed, answers=True)


def test_words_are_taken_away_and_given_back(opened: EventWorld) -> None:
    opened.yes("a")
    decided(opened, "evt_1", "remove")
    assert shown(opened) == ("town hall", "", "")
    assert opened.state.categories == ()
    assert (opened.phase, opened.state_of("a")) == ("open_registration", "confirmed")
    decided(opened, "evt_1", "publish")
    assert shown(opened) == ("Clinics", "Ask.", "Hall 2")
    assert opened.all(Wording) == []
    assert [each.title for each in opened.named(EventChanged)[-2:]] == ["town hall", "Clinics"]


def test_what_is_written_instead_stays_when_an_appeal_is_granted(opened: EventWorld) -> None:
    decided(opened, "evt_1", "hide")
    ((id, _),) = screened(opened(ORGANIZER, EditEvent(title="Other words")))
    verdict(opened, id)
    decided(opened, "evt_1", "publish")
    assert (shown(opened), opened.all(Wording)) == (("Other words", "", ""), [])


def test_words_that_were_written_meanwhile_are_taken_away_too(opened: EventWorld) -> None:
    ((id, _),) = screened(opened(ORGANIZER, EditEvent(title=RUDE)))
    decided(opened, "evt_1", "remove")
    verdict(opened, id)
    decided(opened, "evt_1", "remove")
    assert shown(opened)[0] == "town hall"


def test_of_what_is_called_off_no_change_is_news(opened: EventWorld) -> None:
    opened(ORGANIZER, CancelEvent("Flood."))
    changed = len(opened.named(EventChanged))
    decided(opened, "evt_1", "remove")
    assert (shown(opened)[0], len(opened.named(EventChanged))) == ("town hall", changed)
    opened.to(opened.now.replace(year=opened.now.year + 2))
    assert opened.all(Wording) == []


# --- lines ---


@pytest.mark.parametrize("break_", ["\n", "\r", "\t", "\x00", "\x1b", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("field", ["title", "location"])
def test_titles_and_places_are_one_line(field: str, break_: str) -> None:
    given = {"event_type": "meeting", "title": "Clinics", "starts_at": STARTS, "duration_minutes": 60}
    for text in (f"One{break_}two", f"One{break_}"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(given | {field: text}, CreateEvent)
    assert getattr(msgspec.convert(given | {field: "Klabu ya Nairobi, Café 4"}, CreateEvent), field)
