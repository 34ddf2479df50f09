from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diramoja.core import Command, RemindAfter, Tell
from diramoja.plugins.moderator.case import Case, case
from diramoja.plugins.moderator.contracts import (
    ActionTaken,
    CaseOpened,
    CaseOrigin,
    CaseOverdue,
    CaseView,
    ClaimCase,
    DecideCase,
    EndCase,
    Evidence,
    FileReport,
    JoinCase,
    LapseCase,
    MarkOverdue,
    OpenCase,
    ReleaseCase,
    Report,
)
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.topic.contracts import ModeratePost
from diramoja.testing.play import Played
from tests.support.lone_agent import LoneAgent

EVIDENCE = Evidence("top_1", "pst_1", "mem_b", "Here.")
REPORT = Report("rep_1", "mem_c", "spam", "Ads.")
REMOVE = DecideCase("remove", "spam", "2026-1", "Advertising.")


def opened(origin: CaseOrigin = "held", toxicity: float = 0.7, report: Report | None = None) -> LoneAgent[Case]:
    agent = LoneAgent(case, "cas_1", settings=[ModerationSettings()])
    agent.take(OpenCase(origin, EVIDENCE, "Tone.", toxicity, report))
    return agent


def refusal(played: Played[Case]) -> tuple[str, int] | None:
    return (played.reject.code, played.reject.status) if played.reject else None


def test_a_case_is_opened_with_its_terms() -> None:
    agent = LoneAgent(case, "cas_1", settings=[ModerationSettings()])
    played = agent.take(OpenCase("held", EVIDENCE, "Tone.", 0.7))
    assert played.events == [CaseOpened("cas_1", "top_1", "pst_1", "held")]
    assert played.reminders == [
        RemindAfter(timedelta(minutes=60), MarkOverdue()),
        RemindAfter(timedelta(hours=24), LapseCase()),
    ]


def test_a_post_that_software_hid_is_an_action_with_its_reason() -> None:
    [taken] = opened("hidden", 0.95).said(ActionTaken)
    assert (taken.action, taken.by, taken.reason) == ("hide", "software", "Tone.")


def test_a_case_is_claimed_by_one_moderator() -> None:
    agent = opened()
    view = agent.take(ClaimCase(), sender="mem_m").reply
    assert isinstance(view, CaseView) and (view.phase, view.claimed_by, view.body) == ("claimed", "mem_m", "Here.")
    assert refusal(agent.take(ClaimCase(), sender="mem_m")) is None
    assert refusal(agent.take(ClaimCase(), sender="mem_n")) == ("claimed", 409)
    assert refusal(agent.take(ReleaseCase(), sender="mem_n")) == ("claimed", 409)
    assert refusal(agent.take(REMOVE, sender="mem_n")) == ("claimed", 409)


def test_a_released_case_is_free() -> None:
    agent = opened()
    agent.take(ClaimCase(), sender="mem_m")
    agent.take(ReleaseCase(), sender="mem_m")
    assert agent.state.phase == "open"
    assert refusal(agent.take(ClaimCase(), sender="mem_n")) is None


@pytest.mark.parametrize("command", [ClaimCase(), REMOVE])
@pytest.mark.parametrize("moderator", ["mem_b", "mem_c"])
def test_author_and_reporter_are_recused(command: Command, moderator: str) -> None:
    assert refusal(opened("report", 0, REPORT).take(command, sender=moderator)) == ("recused", 403)


def test_who_reports_after_claiming_is_recused() -> None:
    agent = opened()
    agent.take(ClaimCase(), sender="mem_c")
    agent.take(JoinCase(REPORT))
    assert refusal(agent.take(REMOVE, sender="mem_c")) == ("recused", 403)
    assert refusal(agent.take(ReleaseCase(), sender="mem_c")) is None


def test_a_decision_tells_the_topic_and_the_screening() -> None:
    agent = opened()
    played = agent.take(REMOVE, sender="mem_m")
    assert played.tells == [
        Tell("topic", "top_1", ModeratePost("pst_1", "remove", "Advertising.")),
        Tell("screening", "top_1", EndCase("pst_1")),
    ]
    [taken] = played.events
    assert isinstance(taken, ActionTaken)
    assert (taken.action, taken.rule, taken.guidelines_version, taken.by) == ("remove", "spam", "2026-1", "person")
    assert len(played.cancels) == 2
    assert isinstance(played.reply, CaseView) and (played.reply.phase, played.reply.action) == ("decided", "remove")


def test_a_decided_case_is_not_decided_again() -> None:
    agent = opened()
    agent.take(REMOVE, sender="mem_m")
    for command in (REMOVE, ClaimCase(), ReleaseCase()):
        assert refusal(agent.take(command, sender="mem_m")) == ("case_decided", 409)


def test_a_report_after_the_decision_goes_back_to_the_screening() -> None:
    agent = opened()
    agent.take(REMOVE, sender="mem_m")
    assert agent.take(JoinCase(REPORT)).tells == [Tell("screening", "top_1", FileReport(REPORT, EVIDENCE))]


def test_a_reporter_counts_once() -> None:
    agent = opened("report", 0, REPORT)
    agent.take(JoinCase(REPORT.but(id="rep_2")))
    assert agent.state.report_count == 1
    agent.take(JoinCase(REPORT.but(reporter="mem_d")))
    assert agent.state.report_count == 2


def test_a_held_post_that_nobody_reviewed_is_published() -> None:
    agent = opened()
    played = agent.take(LapseCase())
    assert played.tells[0] == Tell("topic", "top_1", ModeratePost("pst_1", "publish", "Nobody reviewed it in time."))
    assert agent.said(ActionTaken)[0].by == "software"


def test_a_severe_post_that_nobody_reviewed_stays_held() -> None:
    agent = opened(toxicity=0.95)
    assert agent.take(LapseCase()).tells == [] and agent.state.phase == "open"


def test_a_claimed_case_does_not_lapse() -> None:
    agent = opened()
    agent.take(ClaimCase(), sender="mem_m")
    played = agent.take(LapseCase())
    assert played.tells == [] and played.reminders == [RemindAfter(timedelta(hours=1), LapseCase())]


def test_an_overdue_case_says_so() -> None:
    agent = opened()
    assert agent.take(MarkOverdue()).events == [CaseOverdue("cas_1", "top_1", "pst_1")]
    assert agent.state.overdue


ALLOWED = {"absent": {"open"}, "open": {"claimed", "decided"}, "claimed": {"open", "decided"}, "decided": set[str]()}
commands: st.SearchStrategy[Command] = st.sampled_from(
    [
        OpenCase("held", EVIDENCE, "Tone.", 0.7),
        OpenCase("hidden", EVIDENCE, "Tone.", 0.95),
        JoinCase(REPORT),
        ClaimCase(),
        ReleaseCase(),
        REMOVE,
        LapseCase(),
        MarkOverdue(),
    ]
)


@settings(max_examples=100, deadline=None)
@given(history=st.lists(st.tuples(commands, st.sampled_from(["mem_b", "mem_c", "mem_m", "mem_n"])), max_size=25))
def test_no_sequence_of_commands_leaves_the_table(history: list[tuple[Command, str]]) -> None:
    agent = LoneAgent(case, "cas_1", settings=[ModerationSettings()])
    for command, sender in history:
        before = agent.state.phase
        agent.take(command, sender=sender)
        assert agent.state.phase == before or agent.state.phase in ALLOWED[before]
        assert (agent.state.phase == "claimed") <= (agent.state.claimed_by != "")
    decisions = [taken for taken in agent.said(ActionTaken) if taken.action != "hide"]
    assert len(decisions) == (agent.state.phase == "decided")
    assert agent.state.decided_by != "mem_b"
