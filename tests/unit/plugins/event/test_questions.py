"""Questions as values: seen once they are screened, wanted by each member once, told to the organizer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.core import Command, Row
from diramoja.plugins.event.agent import event
from diramoja.plugins.event.contracts import (
    AnswerQuestion,
    AskQuestion,
    QuestionAsked,
    QuestionChanged,
    Upvote,
    WithdrawUpvote,
)
from diramoja.plugins.event.question_queries import FindTopQuestions, TellTopQuestions, TopQuestion
from diramoja.plugins.event.questions import ShowTopQuestions
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import Gathering, Question, Voice
from diramoja.plugins.event.views import QuestionView
from diramoja.plugins.moderator.contracts import ScreenText
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.topic.contracts import ModeratePost, TakeVerdict
from diramoja.testing.play import Played, play

START = datetime(2026, 3, 1, 18, tzinfo=UTC)
SETTINGS = EventSettings(member_questions_max=2)


class World:
    """An event with questions."""

    def __init__(self, *has: str, phase: Any = "in_progress") -> None:
        self.has = ("notification", *has)
        self.state = Gathering(phase=phase, organizer="mem_org", title="Clinics", starts_at=START, duration_minutes=90)
        self.rows: dict[tuple[type[Row], str], Row] = {}

    def __call__(self, sender: str, command: Command) -> Played[Gathering]:
        played = play(
            event,
            self.state,
            command,
            id="evt_1",
            sender=sender,
            rows=list(self.rows.values()),
            now=START,
            settings=[SETTINGS],
            has=self.has,
        )
        if played.reject is None:
            self.state = played.state
            for row in played.puts:
                self.rows[type(row), row.key] = row
            for gone in played.removes:
                self.rows.pop((gone.collection, gone.key), None)
        return played

    def question(self, id: str = "qst_1") -> Question:
        found = self.rows[Question, id]
        assert isinstance(found, Question)
        return found


def asked(*has: str) -> World:
    world = World(*has)
    world("mem_a", AskQuestion("qst_1", "When?"))
    return world


def code(played: Played[Gathering]) -> str:
    return played.reject.code if played.reject else ""


def test_a_question_is_shown_at_once_where_nobody_screens() -> None:
    played = World()("mem_a", AskQuestion("qst_1", "When?"))
    assert (played.status, played.events) == (201, [QuestionAsked("evt_1", "qst_1", "mem_a", "When?", START)])
    assert played.reply == QuestionView("qst_1", "evt_1", "mem_a", "When?", "open", 0, START)


def test_a_question_waits_for_its_screening() -> None:
    world = World("moderator")
    played = world("mem_a", AskQuestion("qst_1", "When?"))
    assert played.events == []
    assert [(each.kind, each.agent, each.command) for each in played.tells] == [
        ("screening", "evt_1", ScreenText("qst_1", "mem_a", "When?", addressee="mem_org"))
    ]
    assert code(world("mem_b", Upvote("qst_1"))) == "question_missing"
    assert world("evt_1", TakeVerdict("qst_1", "cleared")).events == [
        QuestionAsked("evt_1", "qst_1", "mem_a", "When?", START)
    ]
    assert world("evt_1", TakeVerdict("qst_1", "hidden")).puts == []


@pytest.mark.parametrize("outcome", ["held", "hidden"])
def test_what_is_held_is_shown_only_by_people(outcome: Any) -> None:
    world = asked("moderator")
    assert world("evt_1", TakeVerdict("qst_1", outcome)).events == []
    assert code(world("mem_org", AnswerQuestion("qst_1", "answered"))) == "question_missing"
    assert isinstance(world("", ModeratePost("qst_1", "publish")).events[0], QuestionAsked)
    assert world("", ModeratePost("qst_1", "remove")).events == [
        QuestionChanged("evt_1", "qst_1", "mem_a", "withdrawn", 0)
    ]
    again = world("", ModeratePost("qst_1", "publish"))
    assert again.events == [QuestionChanged("evt_1", "qst_1", "mem_a", "open", 0)]


def test_a_double_upvote_counts_once() -> None:
    world = asked()
    assert world("mem_b", Upvote("qst_1")).events == [QuestionChanged("evt_1", "qst_1", "mem_a", "open", 1)]
    assert world("mem_b", Upvote("qst_1")).events == []
    world("mem_c", Upvote("qst_1"))
    assert world.question().upvotes == 2
    assert code(world("mem_a", Upvote("qst_1"))) == "own_question"
    world("mem_b", WithdrawUpvote("qst_1"))
    assert world("mem_b", WithdrawUpvote("qst_1")).puts == []
    assert world.question().upvotes == 1


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=30))
def test_upvotes_are_as_many_as_members_who_want_it(moves: list[tuple[str, bool]]) -> None:
    world, wanting = asked(), set()
    for name, wants in moves:
        member = f"mem_{name}"
        world(member, Upvote("qst_1") if wants else WithdrawUpvote("qst_1"))
        if wants and member != "mem_a":
            wanting.add(member)
        elif not wants:
            wanting.discard(member)
    votes = {row.member for row in world.rows.values() if isinstance(row, Voice) and row.wanted}
    assert (world.question().upvotes, votes) == (len(wanting), wanting)


def test_only_organizer_and_staff_say_what_became_of_it() -> None:
    world = asked()
    assert code(world("mem_a", AnswerQuestion("qst_1", "answered"))) == "not_staff"
    played = world("mem_org", AnswerQuestion("qst_1", "answered"))
    assert played.events == [QuestionChanged("evt_1", "qst_1", "mem_a", "answered", 0)]
    assert world("mem_org", AnswerQuestion("qst_1", "answered")).events == []


def test_the_questions_of_one_have_an_end_and_take_no_place_of_others() -> None:
    world = World()
    codes = [
        code(world(sender, AskQuestion(f"qst_{n}", "When?")))
        for n, sender in enumerate(["mem_a", "mem_a", "mem_a", "mem_b", "mem_c", "mem_d"])
    ]
    assert codes == ["", "", "questions_full", "", "", ""]


def test_the_organizer_is_told_what_most_want_to_know() -> None:
    world = asked()
    (call,) = world("evt_1", ShowTopQuestions()).calls
    assert call.payload == FindTopQuestions("evt_1", 5)
    told = world("evt_1", TellTopQuestions((TopQuestion("When?", 3), TopQuestion("Who pays?", 1)))).tells
    ((agent, notice),) = [(each.agent, each.command) for each in told]
    assert agent == "mem_org"
    assert isinstance(notice, Notify)
    assert notice.values["questions"] == "1. When? (3)\n2. Who pays? (1)"
    assert notice.valid_until == START + timedelta(minutes=90)
    assert World()("evt_1", ShowTopQuestions()).calls == []
