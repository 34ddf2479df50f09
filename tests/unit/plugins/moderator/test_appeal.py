from datetime import datetime, timedelta
from typing import Literal

import pytest

from diramoja.core import Tell
from diramoja.plugins.moderator.case import case
from diramoja.plugins.moderator.case_contracts import (
    Action,
    ActionTaken,
    AppealDecided,
    AppealFiled,
    AskReview,
    AuthorityLevel,
    CountAppeal,
    CountReview,
    DecideAppeal,
    DecideCase,
    FileAppeal,
    OpenCase,
    ReviewCase,
)
from diramoja.plugins.moderator.case_state import Appeal, Case, Sanction
from diramoja.plugins.moderator.contracts import Evidence, Report
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.moderator.views import AppealView
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.topic.contracts import ModeratePost
from diramoja.testing.play import Played
from tests.support.lone_agent import LoneAgent

REPORT = Report("rep_1", "mem_c", "spam", "Ads.")
EVIDENCE = Evidence("top_1", "pst_1", "mem_b", "Here.", "mem_p")


def sanctioned(action: Action = "remove", authority: AuthorityLevel = "topic") -> LoneAgent[Case]:
    agent = LoneAgent(case, "cas_1", has=["notification"], settings=[ModerationSettings()])
    agent.take(OpenCase("report", EVIDENCE, "Reported.", report=REPORT))
    decided = DecideCase(action, "respect", "2026-01", "It attacks a person.", authority=authority)
    agent.take(decided, sender="mem_m")
    return agent


def sanction_of(agent: LoneAgent[Case]) -> Sanction:
    return agent.all_rows(Sanction)[-1]


def appealed(action: Action = "remove", authority: AuthorityLevel = "topic") -> LoneAgent[Case]:
    agent = sanctioned(action, authority)
    agent.take(FileAppeal(sanction_of(agent).id, "It was a quotation."), sender="mem_b")
    assert agent.state.phase == "appealed"
    return agent


def refusal(played: Played[Case]) -> tuple[str, int] | None:
    return (played.reject.code, played.reject.status) if played.reject else None


def decision(agent: LoneAgent[Case], *, granted: bool, authority: AuthorityLevel = "topic") -> DecideAppeal:
    return DecideAppeal(agent.state.appeal, granted, "On second thoughts.", authority)


def test_who_is_sanctioned_appeals_once_and_in_time(now: datetime) -> None:
    agent = sanctioned()
    sanction = sanction_of(agent).id
    for sender in ("mem_x", "mem_m", "mem_c"):
        assert refusal(agent.take(FileAppeal(sanction, "No."), sender=sender)) == ("sanction_missing", 404)
    late = now + timedelta(days=14, seconds=1)
    assert refusal(agent.take(FileAppeal(sanction, "No."), sender="mem_b", now=late)) == ("appeal_late", 409)
    played = agent.take(FileAppeal(sanction, "No."), sender="mem_b", now=now + timedelta(days=14))
    assert isinstance(played.reply, AppealView) and (played.reply.state, played.status) == ("filed", 201)
    [filed] = agent.said(AppealFiled)
    assert (filed.sanction, filed.appeal) == (sanction, played.reply.id)
    assert refusal(agent.take(FileAppeal(sanction, "Again."), sender="mem_b")) == ("appeal_filed", 409)
    again = agent.take(FileAppeal(sanction, "No."), sender="mem_b")
    assert (again.reply, again.status) == (played.reply, 200)


@pytest.mark.parametrize("sender", ["mem_m", "mem_b", "mem_c", "mem_p"])
def test_who_took_part_is_recused(sender: str) -> None:
    agent = appealed()
    assert refusal(agent.take(decision(agent, granted=True), sender=sender)) == ("recused", 403)


def test_an_appeal_takes_equal_authority() -> None:
    agent = appealed(authority="regional")
    for level in ("topic", "regional"):
        refused = refusal(agent.take(decision(agent, granted=False, authority=level), sender="mem_n"))
        assert refused == (("authority_too_low", 403) if level == "topic" else None)


def test_granted_takes_everything_back() -> None:
    agent = appealed()
    before = len(agent.tells)
    view = agent.take(decision(agent, granted=True), sender="mem_n").reply
    assert isinstance(view, AppealView) and (view.state, agent.state.phase) == ("granted", "overturned")
    [decided] = agent.said(AppealDecided)
    assert (decided.granted, decided.member, decided.action) == (True, "mem_b", "remove")
    assert sanction_of(agent).state == "lifted"
    told = agent.tells[before:]
    assert Tell("topic", "top_1", ModeratePost("pst_1", "publish", "On second thoughts.", on_appeal=True)) in told
    assert Tell("moderator", "mem_m", CountAppeal("cas_1", overturned=True)) in told
    [notice] = [each.command for each in told if isinstance(each.command, Notify)]
    assert notice.notice_class == "statutory" and notice.text.startswith("Your appeal was granted")


def test_denied_leaves_it_standing() -> None:
    agent = appealed()
    agent.take(decision(agent, granted=False), sender="mem_n")
    assert (agent.state.phase, sanction_of(agent).state) == ("confirmed", "standing")
    assert [each.granted for each in agent.said(AppealDecided)] == [False]
    assert not any(isinstance(each.command, ModeratePost) and each.command.on_appeal for each in agent.tells)
    assert refusal(agent.take(FileAppeal(sanction_of(agent).id, "Once more."), sender="mem_b")) == ("appeal_filed", 409)


@pytest.mark.parametrize(("action", "state"), [("publish", "granted"), ("remove", "denied")])
def test_an_appeal_against_software_is_answered_by_the_decision(
    now: datetime, action: Action, state: Literal["granted", "denied"]
) -> None:
    agent = LoneAgent(case, "cas_1", settings=[ModerationSettings()])
    agent.take(OpenCase("hidden", EVIDENCE, "Tone.", 0.95))
    agent.take(FileAppeal(sanction_of(agent).id, "It was a quotation."), sender="mem_b")
    assert agent.state.phase == "escalated" and agent.state.tags == ("appealed",)
    assert refusal(agent.take(decision(agent, granted=True), sender="mem_n")) == ("appeal_by_decision", 409)
    agent.take(DecideCase(action, "respect", "2026-01", "So it is."), sender="mem_m", now=now + timedelta(hours=1))
    [filed] = agent.all_rows(Appeal)
    assert filed.state == state
    assert [each.granted for each in agent.said(AppealDecided)] == [action == "publish"]
    assert [each.by for each in agent.said(ActionTaken)] == ["software", "person"]
    superseded = FileAppeal(agent.all_rows(Sanction)[-1].id, "Still wrong.")
    assert refusal(agent.take(superseded, sender="mem_b")) == (("appeal_filed", 409) if action == "publish" else None)


# --- second opinions ---


def test_a_second_opinion_is_blind_and_changes_nothing() -> None:
    agent = sanctioned()
    opinion = ReviewCase("warn", "respect", "2026-01")
    assert refusal(agent.take(opinion, sender="mem_n")) == ("review_missing", 404)
    agent.take(AskReview())
    for sender in ("mem_m", "mem_b", "mem_c", "mem_p"):
        assert refusal(agent.take(opinion, sender=sender)) == ("recused", 403)
    assert refusal(agent.take(opinion.but(rule="nothing"), sender="mem_n")) == ("rule_unknown", 400)
    played = agent.take(opinion, sender="mem_n")
    assert played.tells == [Tell("moderator", "mem_m", CountReview("cas_1", agreed=False))]
    assert played.status == 201
    assert (agent.state.phase, agent.state.action) == ("decided", "remove")
    agent.take(AskReview())
    assert refusal(agent.take(opinion, sender="mem_q")) == ("review_missing", 404)


def test_an_appealed_decision_is_not_looked_at_a_second_time() -> None:
    agent = sanctioned()
    agent.take(AskReview())
    agent.take(FileAppeal(sanction_of(agent).id, "No."), sender="mem_b")
    assert agent.state.review == ""
    assert refusal(agent.take(ReviewCase("warn", "respect", "2026-01"), sender="mem_n")) == ("case_appealed", 409)
