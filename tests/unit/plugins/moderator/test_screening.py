from datetime import datetime
from pathlib import Path

import pytest

from diramoja.core import Tell
from diramoja.plugins.information.contracts import PostFlagged
from diramoja.plugins.moderator.contracts import (
    EndCase,
    Evidence,
    FileReport,
    FlagPost,
    JoinCase,
    OpenCase,
    Outcome,
    PostCleared,
    Report,
    ReportView,
    ScreenPost,
)
from diramoja.plugins.moderator.rules import AWAY, judge
from diramoja.plugins.moderator.screening import Matter, Screening, assessment, on_flagged, on_received, screening
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.topic.contracts import PostReceived
from diramoja.ports.classifier import Assessment
from diramoja.testing.play import Played
from tests.support.lone_agent import LoneAgent

POST = ScreenPost("pst_1", "mem_b", "Here.")
EVIDENCE = Evidence("top_1", "pst_1", "mem_b", "Here.")
REPORT = Report("rep_1", "mem_c", "spam", "Ads.")


def watching(*has: str) -> LoneAgent[Screening]:
    return LoneAgent(screening, "top_1", has=has, settings=[ModerationSettings()])


def said_of(toxicity: float, confidence: float = 0.9) -> Assessment:
    return Assessment(toxicity, confidence, -50, ("insult",), "test 1")


def screened(toxicity: float, confidence: float = 0.9) -> Played[Screening]:
    return watching("information").take(POST, facts={assessment: said_of(toxicity, confidence)})


def test_a_harmless_post_is_cleared_and_no_case() -> None:
    played = screened(0.1)
    assert played.events == [PostCleared("top_1", "pst_1", "mem_b", "Here.", "cleared", "", last=False)]
    assert played.tells == []
    assert (played.state.screened, played.state.held) == (1, 0)


def test_without_the_broker_the_screening_has_the_last_word() -> None:
    played = watching().take(POST, facts={assessment: said_of(0.1)})
    [cleared] = played.events
    assert isinstance(cleared, PostCleared) and cleared.last


@pytest.mark.parametrize(
    ("toxicity", "confidence", "outcome"),
    [
        (0.59, 0.9, "cleared"),
        (0.6, 0.9, "held"),
        (0.89, 0.9, "held"),
        (0.9, 0.7, "hidden"),
        (0.99, 0.69, "held"),
        (1.0, 1.0, "hidden"),
    ],
)
def test_thresholds_decide_the_outcome(toxicity: float, confidence: float, outcome: Outcome) -> None:
    judgement = judge(said_of(toxicity, confidence), "Here.", ModerationSettings())
    assert judgement.outcome == outcome
    assert ("insult" in judgement.reason) == (outcome != "cleared")
    assert "test 1" in judgement.reason or outcome == "cleared"


def test_a_toxic_post_becomes_a_case() -> None:
    played = screened(0.95)
    [cleared], [told] = played.events, played.tells
    assert isinstance(cleared, PostCleared) and cleared.outcome == "hidden"
    assert isinstance(told.command, OpenCase) and told.kind == "case" and told.agent.startswith("cas_")
    assert told.command == OpenCase("hidden", EVIDENCE, cleared.reason, 0.95)
    assert played.puts == [Matter("pst_1", told.agent)]


def test_without_a_classifier_the_words_decide() -> None:
    agent = watching()
    harmless = agent.take(POST)
    abusive = agent.take(ScreenPost("pst_2", "mem_b", "You BASTARD!"))
    assert [event.outcome for event in harmless.events + abusive.events if isinstance(event, PostCleared)] == [
        "cleared",
        "held",
    ]


@pytest.mark.parametrize("body", ["Mpumbavus", "Scunthorpe council", "Classic bass", "mtoto wa kike", ""])
def test_the_words_are_whole_words(body: str) -> None:
    assert judge(AWAY, body, ModerationSettings()).outcome == "cleared"


def test_a_report_opens_a_case_and_the_next_joins_it() -> None:
    agent = watching()
    first = agent.take(FileReport(REPORT, EVIDENCE))
    assert (first.reply, first.status) == (ReportView("rep_1", "received"), 201)
    [opened] = first.tells
    assert opened.command == OpenCase("report", EVIDENCE, "Reported by members.", report=REPORT)
    other = Report("rep_2", "mem_d", "insult", "")
    assert agent.take(FileReport(other, EVIDENCE)).tells == [Tell("case", opened.agent, JoinCase(other))]


def test_a_member_reports_a_post_once() -> None:
    agent = watching()
    agent.take(FileReport(REPORT, EVIDENCE))
    again = agent.take(FileReport(Report("rep_9", "mem_c", "insult", ""), EVIDENCE))
    assert (again.reply, again.status, again.tells) == (ReportView("rep_1", "received"), 200, [])


def test_a_report_after_the_decision_opens_another_case() -> None:
    agent = watching()
    [first] = agent.take(FileReport(REPORT, EVIDENCE)).tells
    agent.take(EndCase("pst_1"))
    [second] = agent.take(FileReport(Report("rep_2", "mem_d", "insult", ""), EVIDENCE)).tells
    assert isinstance(second.command, OpenCase) and second.kind == first.kind


def test_a_report_that_comes_back_from_a_decided_case_opens_another() -> None:
    agent = watching()
    agent.take(FileReport(REPORT, EVIDENCE))
    agent.take(EndCase("pst_1"))
    [back] = agent.take(FileReport(REPORT, EVIDENCE)).tells
    assert isinstance(back.command, OpenCase)


def test_a_flagged_source_is_looked_at_once() -> None:
    agent = watching()
    [told] = agent.take(FlagPost(EVIDENCE, "Flagged source.")).tells
    assert told.command == OpenCase("information", EVIDENCE, "Flagged source.")
    assert agent.take(FlagPost(EVIDENCE, "Flagged source.")).tells == []


def test_what_is_heard_goes_to_the_screening_of_the_topic(now: datetime) -> None:
    received = PostReceived("top_1", "pst_1", "mem_b", "Here.", None, now)
    assert on_received(received) == [("top_1", POST)]
    flagged = PostFlagged("top_1", "pst_1", "mem_b", "Here.", "daily-hoax.example", "Flagged source.")
    assert on_flagged(flagged) == [("top_1", FlagPost(EVIDENCE, "Flagged source."))]


def test_thresholds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        ModerationSettings(hold_toxicity_ratio=0.9, hide_toxicity_ratio=0.5)


def test_a_word_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="words_file"):
        ModerationSettings(words_file=str(tmp_path / "none.txt"))


def test_the_organisations_own_words_replace_the_list(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("# ours\nBanana\n", encoding="utf-8")
    assert ModerationSettings(words_file=str(tmp_path / "own.txt")).words == {"banana"}
