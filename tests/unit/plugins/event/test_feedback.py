"""What is said of an event: once, by who was there; and figures that say nothing about one of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.core import Row
from diramoja.plugins.event.agent import event
from diramoja.plugins.event.audiences import AskAttended, FindAttended
from diramoja.plugins.event.contracts import FeedbackReceived, GiveFeedback, TopicSpunOff
from diramoja.plugins.event.rules import bins_of, feedback_view, score_of
from diramoja.plugins.event.schedule import CompleteEvent
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import Answered, CheckedIn, Comment, Gathering, Guest
from diramoja.plugins.event.topics import NoteTopic, after_change, after_topic
from diramoja.plugins.event.views import FeedbackView, RatingBin, SpunOff
from diramoja.plugins.topic.contracts import TopicChanged, TopicCreated
from diramoja.testing.play import Played, play

END = datetime(2026, 3, 1, 19, 30, tzinfo=UTC)


class World:
    """An event that is over, and who was there."""

    def __init__(self, attended: int, phase: Any = "completed") -> None:
        self.now = END
        starts_at = END - timedelta(minutes=90)
        self.state = Gathering(phase=phase, organizer="mem_org", title="Clinics", starts_at=starts_at)
        self.state = self.state.but(duration_minutes=90, attended=attended)
        self.rows: list[Row] = [CheckedIn(f"mem_{n}", "ticket", starts_at) for n in range(attended)]

    def __call__(self, sender: str, rating: int, text: str = "") -> Played[Gathering]:
        return self.play(GiveFeedback(rating, text), sender)

    def play(self, command: Any, sender: str = "") -> Played[Gathering]:
        played = play(
            event,
            self.state,
            command,
            id="evt_1",
            sender=sender,
            rows=self.rows,
            now=self.now,
            settings=[EventSettings()],
            has=["notification"],
        )
        if played.reject is None:
            self.state = played.state
            self.rows += played.puts
        return played


def code(played: Played[Gathering]) -> str:
    return played.reject.code if played.reject else ""


def test_a_second_answer_is_refused() -> None:
    world = World(2)
    first = world("mem_0", 4)
    assert (first.status, first.events) == (201, [FeedbackReceived("evt_1", 1)])
    assert code(world("mem_0", 5)) == "feedback_given"
    assert code(world("mem_9", 5)) == "not_attended"
    world.now = END + timedelta(days=30, seconds=1)
    assert code(world("mem_1", 5)) == "feedback_closed"
    assert code(World(1, "in_progress")("mem_0", 5)) == "event_in_progress"


def test_nothing_is_shown_of_four_answers_and_a_number_of_five() -> None:
    world = World(10)
    for n in range(4):
        assert world(f"mem_{n}", 4).reply == FeedbackView(None, None, None)
    assert world("mem_4", 4).reply == FeedbackView(5, 75, (RatingBin(1, 5, 5),))


def test_figures_move_by_five_answers_so_that_nobody_is_read_off_a_difference() -> None:
    world = World(10)
    shown = [world(f"mem_{n}", 1 if n == 7 else 5).reply for n in range(10)]
    assert shown[4] == shown[5] == shown[6] == shown[7] == shown[8] == FeedbackView(5, 100, (RatingBin(1, 5, 5),))
    assert shown[9] == FeedbackView(10, 90, (RatingBin(1, 5, 10),))


def test_no_row_joins_a_member_and_what_they_said() -> None:
    world = World(1)
    played = world("mem_0", 2, "Too loud.")
    answered, comment = played.puts
    assert answered == Answered("mem_0")
    assert isinstance(comment, Comment)
    assert (comment.text, comment.five) == ("Too loud.", 0)
    assert "mem_0" not in str(comment) and comment.id.startswith("cmt_")


ratings = st.lists(st.integers(0, 40), min_size=5, max_size=5)


@given(ratings)
def test_no_bin_is_below_five_and_each_count_is_rounded(counts: Sequence[int]) -> None:
    bins = bins_of(counts)
    if sum(counts) < 5:
        assert bins == ()
        return
    assert (bins[-1].high, [each.low for each in bins][1:]) == (5, [each.high + 1 for each in bins[:-1]])
    for each in bins:
        held = sum(counts[each.low - 1 : each.high])
        assert held >= 5
        assert each.count % 5 == 0 and abs(each.count - held) <= 2


@given(ratings)
def test_the_score_lies_between_0_and_100(counts: Sequence[int]) -> None:
    score = score_of(counts)
    assert (score is None) == (sum(counts) == 0)
    assert score is None or 0 <= score <= 100


@pytest.mark.parametrize(
    ("counts", "score"), [((5, 0, 0, 0, 0), 0), ((0, 0, 5, 0, 0), 50), ((0, 0, 0, 0, 5), 100), ((1, 1, 1, 1, 1), 50)]
)
def test_the_score_is_the_mean_on_a_scale_to_100(counts: Sequence[int], score: int) -> None:
    assert feedback_view(counts).feedback_score == score


def test_all_who_were_there_are_asked_page_by_page() -> None:
    world = World(2, "in_progress")
    assert [each.payload for each in world.play(CompleteEvent()).calls] == [FindAttended("evt_1")]
    page = world.play(AskAttended(("mem_0", "mem_1"), has_more=True))
    assert [each.agent for each in page.tells] == ["mem_0", "mem_1"]
    assert [each.payload for each in page.calls] == [FindAttended("evt_1", "mem_1")]
    assert world.play(AskAttended(("mem_2",), has_more=False)).calls == []


# --- topics that came out of it ---


def test_an_event_names_topics_of_those_who_took_part() -> None:
    world = World(1)
    world.rows.append(Guest("mem_0", "confirmed", "yes", END, seat=1))
    world.rows.append(Guest("mem_w", "waitlisted", "yes", END))
    created = TopicCreated("top_1", "Night clinics", "", "healthcare", (), policy_proposal=False, author="mem_0",
                           created_at=END, event_id="evt_1")  # fmt: skip
    assert after_topic(created) == [("evt_1", NoteTopic("top_1", "Night clinics", "mem_0"))]
    assert after_topic(created.but(event_id="")) == []
    noted = world.play(NoteTopic("top_1", "Night clinics", "mem_0"))
    assert noted.events == [TopicSpunOff("evt_1", "top_1", "Night clinics")]
    assert world.play(NoteTopic("top_1", "Night clinics", "mem_0")).events == []
    for author in ("mem_w", "mem_other"):
        assert world.play(NoteTopic("top_2", "Spam", author)).events == []
    world.play(NoteTopic("top_3", "Minutes", "mem_org"))
    changed = TopicChanged("top_1", "Clinics at night", "", "healthcare", (), "mem_0", END, event_id="evt_1")
    assert after_change(changed.but(event_id="")) == []
    for news in (changed, changed.but(topic="top_9")):
        ((to, command),) = after_change(news)
        assert to == "evt_1"
        world.play(command)
    assert world.state.topics == (SpunOff("top_1", "Clinics at night"), SpunOff("top_3", "Minutes"))
    for number in range(30):
        world.play(NoteTopic(f"top_n{number}", "More", "mem_org"))
    assert len(world.state.topics) == EventSettings().spun_off_max
