from datetime import datetime
from pathlib import Path

import pytest

from diramoja.core import Tell
from diramoja.plugins.information.contracts import PostFlagged
from diramoja.plugins.member.forgetting_contracts import ForgetMember
from diramoja.plugins.moderator.case_contracts import JoinCase, OpenCase, ReviseCase
from diramoja.plugins.moderator.contracts import (
    ClassifierAway,
    ClassifierBack,
    CountShare,
    EndCase,
    EndRecusal,
    Evidence,
    FileReport,
    FlagPost,
    PostCleared,
    RecuseMembers,
    Report,
    ReportView,
    ScreenPost,
    ScreenText,
    Verdict,
)
from diramoja.plugins.moderator.rules import AWAY, judge
from diramoja.plugins.moderator.screening import (
    Matter,
    Recusal,
    Screening,
    assessment,
    assessment_of_text,
    on_flagged,
    on_received,
    on_shared,
    screening,
)
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.topic.contracts import PostReceived, PostShared, TakeVerdict
from diramoja.ports.classifier import Assessment
from diramoja.testing.play import Played, play
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
def test_thresholds_decide_the_outcome(toxicity: float, confidence: float, outcome: Verdict) -> None:
    judgement = judge(said_of(toxicity, confidence), "Here.", ModerationSettings())
    assert judgement.outcome == outcome
    assert ("insult" in judgement.reason) == (outcome != "cleared")
    assert "test 1" in judgement.reason or outcome == "cleared"


def test_a_toxic_post_becomes_a_case() -> None:
    played = screened(0.95)
    [cleared], [told] = played.events, played.tells
    assert isinstance(cleared, PostCleared) and cleared.outcome == "hidden"
    assert isinstance(told.command, OpenCase) and told.kind == "case" and told.agent.startswith("cas_")
    assert told.command == OpenCase("hidden", EVIDENCE, cleared.reason, 0.95, 0.9)
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
    assert agent.take(FileReport(other, EVIDENCE)).tells == [Tell("case", opened.agent, JoinCase(other, "Here."))]


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


# --- what is told, edits, sharing, the classifier away ---


@pytest.mark.parametrize(("toxicity", "kind"), [(0.7, "moderation.post.held"), (0.95, "moderation.post.hidden")])
def test_an_author_is_told_why_a_post_is_not_seen(toxicity: float, kind: str) -> None:
    played = watching("notification").take(POST, facts={assessment: said_of(toxicity)})
    [told] = [each for each in played.tells if each.kind == "inbox"]
    assert isinstance(told.command, Notify) and (told.agent, told.command.kind) == ("mem_b", kind)
    assert "insult" in told.command.values["reason"]
    assert told.command.notice_class == ("statutory" if toxicity > 0.9 else "personal")


def test_an_edit_of_a_post_with_a_case_joins_the_case() -> None:
    agent = watching()
    [opened] = agent.take(POST, facts={assessment: said_of(0.7)}).tells
    played = agent.take(POST.but(body="Worse."), facts={assessment: said_of(0.95)})
    [told] = played.tells
    assert told.agent == opened.agent and isinstance(told.command, ReviseCase)
    assert (told.command.body, told.command.toxicity_ratio) == ("Worse.", 0.95)


SHARE = CountShare("pst_1", "mem_b", "Here.", "mem_s")


def test_a_third_share_of_a_flagged_post_is_a_case_about_the_sharer() -> None:
    agent = watching()
    tells = [agent.take(SHARE).tells for _ in range(5)]
    assert [len(each) for each in tells] == [0, 0, 1, 0, 0]
    [opened] = tells[2]
    assert isinstance(opened.command, OpenCase) and opened.command.origin == "sharing"
    assert opened.command.evidence == Evidence("top_1", "pst_1", "mem_s", "Here.", "mem_b")
    agent.take(EndCase(opened.command.matter))
    assert [len(agent.take(SHARE).tells) for _ in range(3)] == [0, 0, 1]


def test_shares_of_each_member_and_post_are_counted_apart() -> None:
    agent = watching()
    for member, post in (("mem_s", "pst_1"), ("mem_t", "pst_1"), ("mem_s", "pst_2")):
        for _ in range(2):
            assert agent.take(SHARE.but(sharer=member, post=post)).tells == []
    assert len(agent.take(SHARE).tells) == 1


def test_only_what_is_flagged_is_counted() -> None:
    shared = PostShared("top_1", "pst_1", "mem_b", "Here.", "mem_s", "top_2", is_flagged=True)
    assert on_shared(shared) == [("top_1", SHARE)]
    assert on_shared(shared.but(is_flagged=False)) == []


def test_the_classifier_is_said_to_be_away_once_and_back_once() -> None:
    agent = watching()
    for facts in ({}, {}, {assessment: said_of(0.1)}, {assessment: said_of(0.1)}, {}):
        agent.take(POST, facts=facts)
    news = [event for event in agent.events if isinstance(event, ClassifierAway | ClassifierBack)]
    assert news == [
        ClassifierAway("top_1", "2026-01-01"),
        ClassifierBack("top_1"),
        ClassifierAway("top_1", "2026-01-01"),
    ]


# --- other texts ---


def text_screened(toxicity: float, *, told_by: str = "draft", sender: str = "dft_1") -> Played[Screening]:
    return play(
        screening,
        screening.absent,
        ScreenText("amd_1", "mem_b", "Another line."),
        id="dft_1",
        sender=sender,
        told_by=told_by,
        has=["notification"],
        settings=[ModerationSettings()],
        facts={assessment_of_text: said_of(toxicity)},
    )


def test_a_harmless_text_is_cleared_to_the_agent_that_holds_it() -> None:
    played = text_screened(0.1)
    assert played.tells == [Tell("draft", "dft_1", TakeVerdict("amd_1", "cleared"), answers=True)]
    assert (played.events, played.state.screened) == ([], 1)


@pytest.mark.parametrize(("toxicity", "outcome"), [(0.75, "held"), (0.97, "hidden")])
def test_a_text_that_is_not_cleared_is_a_case_and_its_author_is_told(toxicity: float, outcome: str) -> None:
    verdict, notice, opened = text_screened(toxicity).tells
    assert isinstance(verdict.command, TakeVerdict) and verdict.command.outcome == outcome
    assert isinstance(notice.command, Notify)
    assert (notice.agent, notice.command.subject.type, notice.command.subject.id) == ("mem_b", "draft", "dft_1")
    assert notice.command.values["reason"]
    assert isinstance(opened.command, OpenCase)
    evidence = opened.command.evidence
    assert (evidence.place, evidence.topic, evidence.post) == ("draft", "dft_1", "amd_1")


@pytest.mark.parametrize(("told_by", "sender"), [("", "dft_1"), ("draft", "dft_2"), ("", "mem_b")])
def test_nobody_has_the_texts_of_another_screened(told_by: str, sender: str) -> None:
    reject = text_screened(0.1, told_by=told_by, sender=sender).reject
    assert reject is not None and reject.status == 403


def test_who_is_recused_is_known_until_the_vote_is_over() -> None:
    agent = watching()
    agent.take(RecuseMembers("vot_1", ("mem_b", "mem_c")))
    agent.take(RecuseMembers("vot_2", ("mem_d",)))
    agent.take(EndRecusal("vot_1"))
    agent.take(EndRecusal("vot_1"))
    assert list(agent.rows.values()) == [Recusal("vot_2", ("mem_d",))]


def test_a_member_who_is_gone_is_recused_no_more_and_the_others_are() -> None:
    agent = watching()
    agent.take(RecuseMembers("vot_1", ("mem_b", "mem_c")))
    agent.take(ForgetMember("mem_b", "keep", ((Recusal.wire_name, "vot_1"),)))
    assert list(agent.rows.values()) == [Recusal("vot_1", ("mem_c",))]
