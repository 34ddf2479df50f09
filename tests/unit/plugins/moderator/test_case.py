from datetime import datetime, timedelta

import pytest

from diramoja.core import Command, RemindAfter, Tell
from diramoja.plugins.member.contracts import CountReport
from diramoja.plugins.moderator.case import case
from diramoja.plugins.moderator.case_contracts import (
    ActionTaken,
    CaseEscalated,
    CaseOpened,
    CaseOrigin,
    CaseOverdue,
    CaseRevised,
    ClaimCase,
    CountDecision,
    CountRelease,
    DecideCase,
    EscalateCase,
    JoinCase,
    LapseCase,
    MarkOverdue,
    OpenCase,
    ReleaseCase,
    TellReporters,
)
from diramoja.plugins.moderator.case_state import Case, Exhibit
from diramoja.plugins.moderator.contracts import EndCase, Evidence, FileReport, Report
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.moderator.views import CaseView
from diramoja.plugins.topic.contracts import ModeratePost
from diramoja.testing.play import Played
from tests.support.lone_agent import LoneAgent

EVIDENCE = Evidence("top_1", "pst_1", "mem_b", "Here.", "mem_p")
REPORT = Report("rep_1", "mem_c", "spam", "Ads.")
REMOVE = DecideCase("remove", "spam", "2026-01", "Advertising.")


def opened(origin: CaseOrigin = "held", toxicity: float = 0.7, report: Report | None = None) -> LoneAgent[Case]:
    agent = LoneAgent(case, "cas_1", settings=[ModerationSettings()])
    agent.take(OpenCase(origin, EVIDENCE, "Tone.", toxicity, report=report))
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
@pytest.mark.parametrize("moderator", ["mem_b", "mem_c", "mem_p"])
def test_author_reporter_and_addressee_are_recused(command: Command, moderator: str) -> None:
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
        Tell("moderator", "mem_m", CountDecision("cas_1", "remove", "2026-01", 0.0)),
    ]
    [taken] = played.events
    assert isinstance(taken, ActionTaken)
    assert (taken.action, taken.rule, taken.guidelines_version, taken.by) == ("remove", "spam", "2026-01", "person")
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
    assert agent.take(LapseCase()).tells == [] and agent.state.phase == "escalated"


def test_a_claimed_case_does_not_lapse() -> None:
    agent = opened()
    agent.take(ClaimCase(), sender="mem_m")
    played = agent.take(LapseCase())
    assert played.tells == [] and played.reminders == [RemindAfter(timedelta(hours=1), LapseCase())]


def test_an_overdue_case_says_so() -> None:
    agent = opened()
    assert agent.take(MarkOverdue()).events == [CaseOverdue("cas_1", "top_1", "pst_1")]
    assert agent.state.overdue


# --- escalation, weight, bursts ---


@pytest.mark.parametrize(
    ("toxicity", "confidence", "phase"), [(0.7, 0.7, "open"), (0.7, 0.69, "escalated"), (0.9, 1.0, "escalated")]
)
def test_software_escalates_what_is_severe_or_unsure(toxicity: float, confidence: float, phase: str) -> None:
    agent = LoneAgent(case, "cas_1", settings=[ModerationSettings()])
    agent.take(OpenCase("held", EVIDENCE, "Tone.", toxicity, confidence))
    assert agent.state.phase == phase and agent.state.severe == (toxicity >= 0.9)
    assert [each.by for each in agent.said(CaseEscalated)] == (["software"] if phase == "escalated" else [])


def test_an_escalated_case_takes_a_higher_authority_and_keeps_its_context() -> None:
    agent = opened("report", 0, REPORT)
    agent.take(ClaimCase(), sender="mem_m")
    played = agent.take(EscalateCase("I am not sure."), sender="mem_m")
    assert played.events == [CaseEscalated("cas_1", "top_1", "pst_1", "regional", "person")]
    assert played.tells == [Tell("moderator", "mem_m", CountRelease("cas_1"))]
    view = played.reply
    assert isinstance(view, CaseView) and (view.phase, view.authority, view.report_count) == (
        "escalated",
        "regional",
        1,
    )
    for sender in ("mem_m", "mem_n"):
        assert refusal(agent.take(ClaimCase(), sender=sender)) == ("authority_too_low", 403)
    assert refusal(agent.take(ClaimCase("regional"), sender="mem_n")) is None
    agent.take(ReleaseCase(), sender="mem_n")
    assert agent.state.phase == "escalated"


def test_weight_is_what_was_found_and_reported() -> None:
    agent = opened("held", 0.7, REPORT.but(weight=0.25))
    agent.take(JoinCase(REPORT.but(reporter="mem_d", weight=0.1)))
    assert agent.state.weight == pytest.approx(1.05)


def reported_by(count: int, **shared: str | bool) -> LoneAgent[Case]:
    agent = LoneAgent(case, "cas_1", settings=[ModerationSettings()])
    reports = [REPORT.but(reporter=f"mem_{number}", id=f"rep_{number}", **shared) for number in range(count)]
    agent.take(OpenCase("report", EVIDENCE, "Reported.", report=reports[0]))
    for report in reports[1:]:
        agent.take(JoinCase(report))
    return agent


@pytest.mark.parametrize("shared", [{"region": "north"}, {"takes_part": True}])
def test_more_than_five_who_share_something_are_a_burst(shared: dict[str, str | bool]) -> None:
    assert reported_by(5, **shared).state.tags == ()
    assert reported_by(6, **shared).state.tags == ("burst",)
    assert reported_by(9, **shared).state.tags == ("burst",)


def test_reports_of_strangers_or_over_hours_are_no_burst(now: datetime) -> None:
    assert reported_by(20).state.tags == ()
    agent = reported_by(1, region="north")
    for number in range(1, 12):
        report = REPORT.but(reporter=f"mem_{number}", region="north")
        agent.take(JoinCase(report), now=now + timedelta(minutes=3 * number))
    assert agent.state.tags == () and agent.state.report_count == 12


def test_two_hundred_reports_hide_nothing() -> None:
    agent = reported_by(200, region="north")
    assert (agent.state.phase, agent.state.report_count, agent.state.tags) == ("open", 200, ("burst",))
    assert agent.tells == [] and agent.said(ActionTaken) == []


def test_a_report_after_an_edit_says_so_once() -> None:
    agent = opened("report", 0, REPORT)
    for number, body in enumerate(("Here.", "Changed.", "Changed.")):
        agent.take(JoinCase(REPORT.but(reporter=f"mem_{number}"), body))
    assert [each.revision for each in agent.said(CaseRevised)] == [1]
    exhibit = agent.row(Exhibit, "pst_1")
    assert exhibit is not None and (exhibit.body, exhibit.revised) == ("Here.", "Changed.")


def test_reporters_are_told_page_by_page() -> None:
    agent = reported_by(230, region="north")
    agent.take(DecideCase("publish", "respect", "2026-01", "Fair.", bad_faith=True), sender="mod_m")
    assert Tell("case", "cas_1", TellReporters(0)) in agent.tells
    told: list[str] = []
    for page in range(4):
        played = agent.take(TellReporters(page))
        counted = [each for each in played.tells if isinstance(each.command, CountReport)]
        assert all(isinstance(each.command, CountReport) and each.command.outcome == "bad_faith" for each in counted)
        told += [each.agent for each in counted]
        assert (Tell("case", "cas_1", TellReporters(page + 1)) in played.tells) == bool(counted)
    assert sorted(told) == sorted(f"mem_{number}" for number in range(230))
