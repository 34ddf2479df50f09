"""A dispute as a value: who may decide, when it is decided, who is told."""

from datetime import UTC, datetime, timedelta

import pytest

from diramoja.core import RemindAt
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.vote.dispute import Dispute, MarkLate, TellCommittee, dispute, find_committee
from diramoja.plugins.vote.messages import OpenDispute, SettleDispute, TakeOpinion
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.views import DisputeView
from diramoja.plugins.vote.words import DisputeDecision
from diramoja.testing.play import Played
from tests.support.lone_agent import LoneAgent

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OPENED = OpenDispute("vot_1", "Clinics", "My ballot is not there.", "mem_1", ("mem_candidate", "mem_leader", "mem_1"))


@pytest.fixture
def filed() -> LoneAgent[Dispute]:
    agent = LoneAgent(dispute, "dsp_1", has=["notification"], settings=[VoteSettings()])
    played = agent.take(OPENED, now=NOW)
    assert [each.job for each in played.calls] == [find_committee]
    assert [each.at for each in played.reminders if isinstance(each, RemindAt)] == [NOW + timedelta(days=14)]
    assert isinstance(played.reply, DisputeView) and played.status == 201
    return agent


def decide(agent: LoneAgent[Dispute], member: str, decision: DisputeDecision) -> Played[Dispute]:
    return agent.take(TakeOpinion(member, decision, "After looking at it."), now=NOW)


def code(played: Played[Dispute]) -> str:
    return played.reject.code if played.reject else ""


def settled(played: Played[Dispute]) -> list[str]:
    return [each.command.decision for each in played.tells if isinstance(each.command, SettleDispute)]


def test_who_is_near_is_not_asked(filed: LoneAgent[Dispute]) -> None:
    told = filed.take(TellCommittee("vote.dispute_opened", ("mem_leader", "mem_a", "mem_b")), now=NOW).tells
    assert [each.agent for each in told] == ["mem_a", "mem_b"]


def test_three_decide_and_more_than_half_agree(filed: LoneAgent[Dispute]) -> None:
    assert settled(decide(filed, "mem_a", "recount")) == []
    assert code(decide(filed, "mem_a", "annul")) == "opinion_given"
    assert settled(decide(filed, "mem_b", "recount")) == []
    played = decide(filed, "mem_c", "annul")
    assert settled(played) == ["recount"]
    assert [each.agent for each in played.tells if isinstance(each.command, Notify)] == ["mem_1"]
    assert code(decide(filed, "mem_d", "annul")) == "dispute_decided"


def test_three_of_three_minds_wait_for_more(filed: LoneAgent[Dispute]) -> None:
    for member, decision in (("mem_a", "reject"), ("mem_b", "recount"), ("mem_c", "annul"), ("mem_d", "reject")):
        assert settled(decide(filed, member, decision)) == []  # type: ignore[arg-type]  # its words
    assert settled(decide(filed, "mem_e", "reject")) == ["reject"]


def test_the_committee_is_told_again_when_it_is_late(filed: LoneAgent[Dispute]) -> None:
    assert [each.job for each in filed.take(MarkLate(), now=NOW + timedelta(days=14)).calls] == [find_committee]
    assert filed.state.phase == "filed"
