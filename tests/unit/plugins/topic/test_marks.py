"""What a topic does by itself with time: trends, escalation, cooling, closing, archiving; and reviews."""

from datetime import UTC, datetime, timedelta

import pytest

from diramoja.core import RemindAt
from diramoja.plugins.moderator.case_contracts import ActionTaken
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.topic.agent import after_action, topic
from diramoja.plugins.topic.contracts import (
    CloseTopic,
    EditTopic,
    EndReview,
    FlagTopic,
    ModerationChanged,
    NoteRemoval,
    OpenTopic,
    React,
    TakePost,
    TakeSentiment,
    TakeVerdict,
    TopicArchived,
    TopicChanged,
    TopicClosed,
    TopicCooled,
    TopicEscalated,
    TopicFlagged,
    TopicTrending,
    ToxicDetected,
)
from diramoja.plugins.topic.marks import ArchiveTopic, CloseQuietTopic, CoolTopic, TakeMark
from diramoja.plugins.topic.review import LowerModeration
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import Baseline, Participant, Topic
from tests.support.lone_agent import LoneAgent

START = datetime(2026, 1, 1, 12, 5, tzinfo=UTC)
MARK = datetime(2026, 1, 1, 12, 15, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
LONG_AGO = START - timedelta(days=30)
SOURCE = "See https://clinics.example.org/hours"


def opened(*has: str, settings: TopicSettings | None = None) -> LoneAgent[Topic]:
    agent = LoneAgent(topic, "top_1", has=has, settings=[settings or TopicSettings()])
    agent.take(OpenTopic("Clinics", "Where?", "healthcare"), sender="mem_a", now=START)
    agent.take(TakeVerdict("top_1", "cleared"), now=START)
    return agent


def discussed(
    authors: int, *has: str, settings: TopicSettings | None = None, since: datetime = LONG_AGO
) -> LoneAgent[Topic]:
    """So many authors, each with a source, each answered by the next."""
    agent = opened(*has, settings=settings)
    for number in range(authors):
        author, other = f"mem_{number}", f"mem_{(number + 1) % authors}"
        agent.take(TakePost(f"pst_{number}", author, SOURCE, None, since), sender=author, now=START)
        agent.take(TakePost(f"rep_{number}", other, "Yes.", f"pst_{number}", since), sender=other, now=START)
    return agent


# --- the mark ---


def test_the_next_quarter_is_waited_for_once() -> None:
    agent = opened()
    first = agent.take(TakePost("pst_1", "mem_b", "Here.", None, LONG_AGO), sender="mem_b", now=START)
    assert first.reminders == [RemindAt(MARK, TakeMark())]
    again = agent.take(TakePost("pst_2", "mem_c", "Here.", None, LONG_AGO), sender="mem_c", now=START)
    assert again.reminders == []
    marked = agent.take(TakeMark(), sender="top_1", now=MARK)
    assert marked.reminders == [RemindAt(MARK + QUARTER, TakeMark())]


def test_a_topic_in_which_nobody_acts_is_left_alone() -> None:
    agent = discussed(3)
    marks = [agent.take(TakeMark(), sender="top_1", now=MARK + number * QUARTER) for number in range(9)]
    assert marks[-1].reminders == [RemindAt(START + timedelta(days=14), CoolTopic())]
    assert (agent.state.trending_score, agent.state.pulse.members) == (0, 0)


def test_the_usual_is_kept_for_a_week() -> None:
    agent = discussed(3)
    at = MARK
    while agent.row(Baseline, "baseline") is None:
        agent.take(TakeMark(), sender="top_1", now=at)
        at += QUARTER
    baseline = agent.row(Baseline, "baseline")
    assert baseline is not None
    assert (at - QUARTER, baseline.counts[0], sum(baseline.counts)) == (datetime(2026, 1, 1, 14, tzinfo=UTC), 3, 3)


# --- trends ---


def test_a_good_discussion_of_50_trends_once() -> None:
    agent = discussed(50)
    agent.take(TakeMark(), sender="top_1", now=MARK)
    assert (agent.state.phase, agent.state.trending_score) == ("trending", 100)
    agent.take(TakeMark(), sender="top_1", now=MARK + QUARTER)
    [trend] = agent.said(TopicTrending)
    assert (trend.topic, trend.category, trend.author) == ("top_1", "healthcare", "mem_a")


@pytest.mark.parametrize(
    ("authors", "since", "settings"),
    [
        (49, LONG_AGO, TopicSettings()),
        (50, START - timedelta(days=6), TopicSettings()),
        (50, LONG_AGO, TopicSettings(trending_min_members=51)),
        (50, LONG_AGO, TopicSettings(trending_min_quality=95)),
    ],
)
def test_it_does_not_trend_below_any_threshold(authors: int, since: datetime, settings: TopicSettings) -> None:
    agent = discussed(authors, settings=settings, since=since)
    agent.take(TakeMark(), sender="top_1", now=MARK)
    assert (agent.state.phase, agent.said(TopicTrending)) == ("active", [])


def test_it_leaves_the_trend_after_two_low_values() -> None:
    agent = discussed(50)
    at, phases = MARK, list[str]()
    for _ in range(11):
        agent.take(TakeMark(), sender="top_1", now=at)
        phases.append(agent.state.phase)
        at += QUARTER
    # 12:15 to 14:00 all acted within two hours; 14:15 and 14:30 nobody did.
    assert phases == ["trending"] * 9 + ["active"] * 2
    agent.take(TakePost("pst_x", "mem_b", "Again.", None, LONG_AGO), sender="mem_b", now=at)
    assert len(agent.said(TopicTrending)) == 1


def test_one_account_moves_the_trend_by_one_however_much_it_does() -> None:
    agent = discussed(3)
    before = agent.state.pulse.members
    for number in range(1000):
        agent.take(TakePost(f"x_{number}", "mem_x", "Here.", None, LONG_AGO), sender="mem_x", now=START)
        agent.take(React(f"x_{number}", "like", LONG_AGO), sender="mem_x", now=START)
    assert agent.state.pulse.members == before + 1


def test_reactions_of_young_accounts_move_nothing() -> None:
    agent = discussed(3)
    for since, members in ((START, 3), (None, 3), (LONG_AGO, 4)):
        agent.take(React("pst_0", "like", since), sender=f"mem_r{since}", now=START)
        assert agent.state.pulse.members == members
    assert len(agent.all_rows(Participant)) == 4


# --- escalation ---


def test_the_creator_alone_is_told_that_it_is_ready_once() -> None:
    agent = discussed(100, "notification")
    for at in (MARK, MARK + QUARTER):
        agent.take(TakeMark(), sender="top_1", now=at)
    told = [tell for tell in agent.tells if isinstance(tell.command, Notify) and tell.command.kind == "topic.ready"]
    assert [tell.agent for tell in told] == ["mem_a"]
    [escalated] = agent.said(TopicEscalated)
    assert (escalated.title, escalated.description, escalated.author) == ("Clinics", "Where?", "mem_a")


@pytest.mark.parametrize(("score", "ready"), [(None, False), (-5, False), (0, False), (1, True)])
def test_where_sentiment_is_measured_it_is_asked(score: int | None, *, ready: bool) -> None:
    agent = discussed(100, "sentiment")
    agent.take(TakeSentiment(score), now=START)
    agent.take(TakeMark(), sender="top_1", now=MARK)
    assert bool(agent.said(TopicEscalated)) is ready


def test_fewer_than_100_are_not_ready() -> None:
    agent = discussed(99)
    agent.take(TakeMark(), sender="top_1", now=MARK)
    assert agent.said(TopicEscalated) == []


# --- cooling ---


def test_a_topic_cools_closes_and_is_archived() -> None:
    agent = discussed(3, "notification")
    cooled_at = START + timedelta(days=14)
    agent.take(CoolTopic(), sender="top_1", now=cooled_at)
    assert agent.state.phase == "cooling_down"
    assert agent.said(TopicCooled) == [TopicCooled("top_1", cooled_at + timedelta(days=30))]
    assert [tell.agent for tell in agent.tells if tell.kind == "inbox"][-1] == "mem_a"
    agent.take(CloseQuietTopic(), sender="top_1", now=cooled_at + timedelta(days=30))
    assert (agent.state.phase, [event.reason for event in agent.said(TopicClosed)]) == (
        "closed",
        ["Nobody wrote for 44 days."],
    )
    agent.take(ArchiveTopic(), sender="top_1", now=cooled_at + timedelta(days=395))
    assert (agent.state.phase, agent.said(TopicArchived)) == ("archived", [TopicArchived("top_1")])
    rejected = agent.take(TakePost("pst_x", "mem_b", "Late."), sender="mem_b").reject
    assert rejected is not None and rejected.code == "topic_archived"


def test_a_post_wakes_a_topic_that_cooled() -> None:
    agent = discussed(3)
    agent.take(CoolTopic(), sender="top_1", now=START + timedelta(days=14))
    woken = agent.take(TakePost("pst_x", "mem_b", "Again."), sender="mem_b", now=START + timedelta(days=15))
    assert agent.state.phase == "active"
    assert [each.name for each in woken.cancels] == ["close_quiet_topic"]  # type: ignore[union-attr]  # a Cancel


def test_a_topic_that_was_written_to_meanwhile_cools_later() -> None:
    agent = discussed(3)
    agent.take(TakePost("pst_x", "mem_b", "Again."), sender="mem_b", now=START + timedelta(days=5))
    early = agent.take(CoolTopic(), sender="top_1", now=START + timedelta(days=14))
    assert (agent.state.phase, early.reminders) == ("active", [RemindAt(START + timedelta(days=19), CoolTopic())])


# --- the level of moderation ---


def removed(agent: LoneAgent[Topic], *authors: str, now: datetime = START) -> None:
    for number, author in enumerate(authors):
        agent.take(NoteRemoval(f"pst_{number}", author), now=now)


def level(agent: LoneAgent[Topic]) -> str:
    return agent.state.moderation_level


def test_removals_of_several_authors_raise_moderation_and_it_falls_back() -> None:
    agent = discussed(10, "notification")
    removed(agent, "mem_1", "mem_2", "mem_2")
    assert level(agent) == "open"
    removed(agent, "mem_3")
    assert level(agent) == "moderated"
    told = {
        tell.agent for tell in agent.tells if isinstance(tell.command, Notify) and tell.command.kind == "topic.raised"
    }
    assert told == {"mem_1", "mem_2", "mem_3"}
    agent.take(LowerModeration(), sender="top_1", now=START + timedelta(hours=24))
    assert [event.level for event in agent.said(ModerationChanged)] == ["moderated", "open"]


def test_removals_that_lie_apart_or_are_few_raise_nothing() -> None:
    agent = discussed(10)
    for number in range(3):
        removed(agent, f"mem_{number}", now=START + timedelta(hours=3 * number))
    assert agent.state.moderation_level == "open"
    large = discussed(50)
    removed(large, "mem_1", "mem_2", "mem_3", "mem_4")  # 4 of 100 posts
    assert level(large) == "open"
    removed(large, "mem_5")
    assert level(large) == "moderated"


def test_a_raised_level_makes_each_author_wait() -> None:
    agent = discussed(10)
    removed(agent, "mem_1", "mem_2", "mem_3")
    agent.take(TakePost("a", "mem_5", "One."), sender="mem_5", now=START)
    rejected = agent.take(TakePost("b", "mem_5", "Two."), sender="mem_5", now=START + timedelta(minutes=4)).reject
    assert rejected is not None and (rejected.code, rejected.status) == ("topic_slowed", 429)
    assert agent.take(TakePost("b", "mem_5", "Two."), sender="mem_5", now=START + timedelta(minutes=5)).reject is None
    assert agent.take(TakePost("c", "mem_6", "Mine."), sender="mem_6", now=START + timedelta(minutes=5)).reject is None


def test_decisions_of_people_are_heard_and_others_are_not() -> None:
    taken = ActionTaken("cas_1", "top_1", "pst_1", "mem_b", "remove", "respect", "1", "Insult.", "person")
    assert after_action(taken) == [("top_1", NoteRemoval("pst_1", "mem_b"))]
    for other in (taken.but(action="hide"), taken.but(by="software"), taken.but(topic=""), taken.but(post="top_1")):
        assert after_action(other) == []


# --- reviews ---


def test_a_moderator_puts_a_topic_under_review_and_ends_it() -> None:
    agent = discussed(50, "notification")
    agent.take(TakeMark(), sender="top_1", now=MARK)
    agent.take(FlagTopic("Insults."), sender="mem_m", roles=["moderator"], now=MARK)
    assert (agent.state.phase, agent.state.trending_score) == ("flagged", 0)
    agent.take(TakePost("pst_x", "mem_b", "Still.", None, LONG_AGO), sender="mem_b", now=MARK)
    agent.take(TakeMark(), sender="top_1", now=MARK + QUARTER)
    assert (agent.state.phase, agent.state.trending_score) == ("flagged", 0)
    agent.take(EndReview("Nothing found."), sender="mem_m", roles=["moderator"], now=MARK + QUARTER)
    assert agent.state.phase == "trending"
    assert [event.is_over for event in agent.said(TopicFlagged)] == [False, True]


def test_others_do_neither() -> None:
    agent = discussed(3)
    for command in (FlagTopic("No."), EndReview()):
        rejected = agent.take(command, sender="mem_a", roles=["official"]).reject
        assert rejected is not None and rejected.code == "not_moderator"
        agent.take(FlagTopic("Yes."), sender="mem_m", roles=["moderator"])


def test_a_review_that_nobody_ends_ends_by_itself() -> None:
    agent = discussed(3)
    played = agent.take(FlagTopic("Insults."), sender="mem_m", roles=["moderator"], now=START)
    assert [each.command for each in played.reminders] == [EndReview()]
    agent.take(EndReview(), sender="top_1", now=START + timedelta(hours=72))
    assert agent.state.phase == "active"


def test_a_new_topic_under_review_becomes_active_behind_it() -> None:
    agent = opened()
    agent.take(FlagTopic("Insults."), sender="mem_m", roles=["moderator"])
    agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    agent.take(EndReview(), sender="top_1")
    assert agent.state.phase == "active"


def test_much_that_software_holds_brings_a_review() -> None:
    agent = opened("moderator")
    for number in range(5):
        assert agent.state.phase == "new"
        agent.take(TakePost(f"pst_{number}", f"mem_{number % 3}", "Insult."), sender=f"mem_{number % 3}")
        agent.take(TakeVerdict(f"pst_{number}", "held", "Tone."))
    assert (agent.state.phase, agent.said(ToxicDetected)) == ("flagged", [ToxicDetected("top_1", 5, 3)])


# --- changes ---


def test_the_creator_changes_the_words_and_a_moderator_the_level() -> None:
    agent = opened()
    agent.take(EditTopic(title="Evening clinics", tags=("evening",)), sender="mem_a")
    [changed] = agent.said(TopicChanged)
    assert (changed.title, changed.tags, changed.description) == ("Evening clinics", ("evening",), "Where?")
    for sender, code in (("mem_b", "not_creator"), ("mem_a", "not_moderator")):
        rejected = agent.take(EditTopic(moderation_level="restricted"), sender=sender).reject
        assert rejected is not None and rejected.code == code
    agent.take(EditTopic(moderation_level="restricted"), sender="mem_m", roles=["moderator"])
    agent.take(LowerModeration(), sender="top_1")
    assert (agent.state.moderation_level, len(agent.said(TopicChanged))) == ("restricted", 1)


def test_a_topic_that_is_closed_is_changed_no_more() -> None:
    agent = opened()
    agent.take(CloseTopic("Done."), sender="mem_a")
    rejected = agent.take(EditTopic(title="Later"), sender="mem_a").reject
    assert rejected is not None and rejected.code == "topic_closed"
