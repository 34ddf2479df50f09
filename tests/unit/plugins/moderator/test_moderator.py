from datetime import UTC, datetime, timedelta

from diramoja.core import Tell
from diramoja.plugins.moderator.case_contracts import (
    AlertModerator,
    AskReview,
    AssignModerator,
    CountAppeal,
    CountClaim,
    CountDecision,
    CountRelease,
    CountReview,
    GoOffDuty,
    GoOnDuty,
)
from diramoja.plugins.moderator.moderator import Moderator, moderator
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.moderator.views import ModeratorView
from diramoja.plugins.notification.contracts import Notify
from tests.support.lone_agent import LoneAgent

JANUARY, FEBRUARY = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2))


def somebody(*has: str) -> LoneAgent[Moderator]:
    return LoneAgent(moderator, "mem_m", has=has, settings=[ModerationSettings()])


def test_moderators_say_for_themselves_that_they_are_on_duty() -> None:
    agent = somebody()
    refused = agent.take(GoOnDuty(), sender="mem_x").reject
    assert refused is not None and refused.status == 403
    view = agent.take(GoOnDuty(), sender="mem_m", roles=["moderator", "official"]).reply
    assert isinstance(view, ModeratorView) and (view.phase, view.moderator_type) == ("on_duty", "human_official")
    agent.take(GoOffDuty(), sender="mem_m")
    assert agent.state.phase == "offline"


def test_another_official_sets_the_authority() -> None:
    agent = somebody()
    assignment = AssignModerator("regional", ("top_1",), ("north",))
    refused = agent.take(assignment, sender="mem_m").reject
    assert refused is not None and refused.code == "own_assignment"
    view = agent.take(assignment, sender="mem_o").reply
    assert isinstance(view, ModeratorView) and (view.authority_level, view.phase) == ("regional", "offline")
    assert (view.topics, view.regions) == (("top_1",), ("north",))


def test_cases_in_hand_are_counted_once() -> None:
    agent = somebody()
    for case in ("cas_1", "cas_1", "cas_2", "cas_3"):
        agent.take(CountClaim(case, is_official=False))
    assert (agent.state.phase, agent.state.active_cases) == ("on_duty", 3)
    agent.take(CountRelease("cas_1"))
    agent.take(CountRelease("cas_1"))
    agent.take(CountDecision("cas_2", "warn", "2026-01", 60))
    agent.take(CountDecision("cas_9", "warn", "2026-01", 30))
    assert (agent.state.active_cases, agent.state.decided, agent.state.actions) == (1, 2, {"warn": 2})
    assert agent.state.guidelines_version == "2026-01" and agent.state.response_s == 90


def reviews(agent: LoneAgent[Moderator], cases: range, now: datetime) -> int:
    before = len(agent.tells)
    for number in cases:
        at = now + timedelta(minutes=number)
        agent.take(CountDecision(f"cas_{now:%m}_{number}", "publish", "2026-01", 1), now=at)
    asked = agent.tells[before:]
    assert all(isinstance(each.command, AskReview) and each.kind == "case" for each in asked)
    return len(asked)


def test_five_a_month_and_a_twentieth_are_looked_at_again() -> None:
    agent = somebody()
    assert reviews(agent, range(5), JANUARY) == 5
    later = reviews(agent, range(5, 2_000), JANUARY)
    assert 70 <= later <= 130
    assert agent.state.reviews_in_month == 5 + later
    assert reviews(agent, range(3), FEBRUARY) == 3


def test_accuracy_counts_appeals_and_second_opinions() -> None:
    agent = somebody()
    agent.take(GoOnDuty(), sender="mem_m")
    for number in range(40):
        agent.take(CountDecision(f"cas_{number}", "remove", "2026-01", 1))
    for number in range(10):
        agent.take(CountAppeal(f"cas_{number}"))
        agent.take(CountAppeal(f"cas_{number}", overturned=number < 2))
    for number in range(9):
        agent.take(CountReview(f"cas_{number}", agreed=number != 0))
    view = agent.take(GoOnDuty(), sender="mem_m").reply
    assert isinstance(view, ModeratorView) and (view.accuracy.score, view.accuracy.reviewed) == (None, 19)
    agent.take(CountReview("cas_30", agreed=True))
    view = agent.take(GoOnDuty(), sender="mem_m").reply
    # 100 (1 - (10 · 2.5/11 + 30 · 1.5/11) / 40)
    assert isinstance(view, ModeratorView) and view.accuracy.score == 84.1
    assert view.response_s == 1


def test_an_alert_reaches_the_inbox_once_a_key() -> None:
    agent = somebody("notification")
    agent.take(GoOnDuty(), sender="mem_m")
    agent.take(AlertModerator("overdue", "cas_1"))
    [told] = agent.tells
    assert isinstance(told.command, Notify) and (told.kind, told.agent) == ("inbox", "mem_m")
    assert (told.command.key, told.command.subject.id) == ("overdue:cas_1", "cas_1")
    assert told == Tell("inbox", "mem_m", told.command)
    alone = somebody()
    alone.take(GoOnDuty(), sender="mem_m")
    assert alone.take(AlertModerator("overdue", "cas_1")).tells == []
