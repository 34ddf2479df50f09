from datetime import UTC, datetime, timedelta

import pytest

from diramoja.core import RemindAt
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.audiences import FindOfficials, TellOfficials, WeighSupport
from diramoja.plugins.topic.contracts import (
    DecideSupport,
    EditTopic,
    OpenTopic,
    SupportDecided,
    SupportReached,
    SupportTopic,
    TopicView,
    UnsupportTopic,
)
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import Topic
from diramoja.plugins.topic.support import RemindOfficials
from tests.support.lone_agent import LoneAgent

START = datetime(2026, 1, 1, tzinfo=UTC)
BY = START + timedelta(days=14)


def proposal(supporters: int = 0, *has: str, policy_proposal: bool = True) -> LoneAgent[Topic]:
    agent = LoneAgent(topic, "top_1", has=has, settings=[TopicSettings()])
    agent.take(OpenTopic("Clinics", "", "healthcare", policy_proposal=policy_proposal), sender="mem_a")
    for number in range(supporters):
        agent.take(SupportTopic(), sender=f"mem_{number}")
    return agent


def test_support_is_counted_once_a_member_and_taken_back() -> None:
    agent = proposal()
    for _ in range(2):
        agent.take(SupportTopic(), sender="mem_b")
    assert agent.state.supporters == 1
    for _ in range(2):
        agent.take(UnsupportTopic(), sender="mem_b")
    assert agent.state.supporters == 0


def test_only_a_proposal_is_supported() -> None:
    rejected = proposal(policy_proposal=False).take(SupportTopic(), sender="mem_b").reject
    assert rejected is not None and rejected.code == "not_a_proposal"


def test_members_are_counted_only_when_it_may_matter() -> None:
    agent = proposal(19)
    assert [len(agent.take(SupportTopic(), sender=f"mem_x{number}").calls) for number in range(2)] == [1, 1]
    agent.take(WeighSupport(2_000))
    assert (agent.state.support_needed, agent.state.support_reached_at) == (40, None)
    assert agent.take(SupportTopic(), sender="mem_y").calls == []
    later = agent.take(SupportTopic(), sender="mem_z", now=START + timedelta(days=1))
    assert len(later.calls) == 1


@pytest.mark.parametrize(("members", "needed"), [(0, 20), (1_000, 20), (1_001, 21), (8_200, 164)])
def test_it_takes_20_or_2_percent(members: int, needed: int) -> None:
    agent = proposal(needed - 1)
    agent.take(WeighSupport(members))
    assert (agent.state.support_needed, agent.said(SupportReached)) == (needed, [])
    agent.take(SupportTopic(), sender="mem_last")
    agent.take(WeighSupport(members))
    assert agent.said(SupportReached) == [SupportReached("top_1", "Clinics", needed, needed, BY)]
    agent.take(WeighSupport(members))
    assert len(agent.said(SupportReached)) == 1


def test_officials_are_told_reminded_and_told_that_it_is_late() -> None:
    agent = proposal(20, "notification")
    reached = agent.take(WeighSupport(100))
    assert [call.payload for call in reached.calls] == [FindOfficials("topic.support")]
    assert reached.reminders == [RemindAt(BY - timedelta(days=7), RemindOfficials(2))]
    agent.take(TellOfficials("topic.support", ("mem_o", "mem_p")))
    assert [tell.agent for tell in agent.tells] == ["mem_o", "mem_p"]
    week = agent.take(RemindOfficials(2), now=BY - timedelta(days=7))
    assert [call.payload for call in week.calls] == [FindOfficials("topic.support_due")]
    assert week.reminders == [RemindAt(BY - timedelta(days=1), RemindOfficials(1))]
    day = agent.take(RemindOfficials(1), now=BY - timedelta(days=1))
    assert day.reminders == [RemindAt(BY, RemindOfficials(0))]
    late = agent.take(RemindOfficials(0), now=BY)
    assert ([call.payload for call in late.calls], late.reminders) == ([FindOfficials("topic.support_late")], [])


@pytest.mark.parametrize(
    ("sender", "roles", "code"),
    [("mem_b", ["leader"], "not_official"), ("mem_a", ["official"], "recused")],
)
def test_an_official_who_did_not_make_it_answers(sender: str, roles: list[str], code: str) -> None:
    agent = proposal(20)
    agent.take(WeighSupport(0))
    rejected = agent.take(DecideSupport("refused", "No."), sender=sender, roles=roles).reject
    assert rejected is not None and (rejected.code, rejected.status) == (code, 403)


def test_the_answer_is_published_with_its_reason_once() -> None:
    agent = proposal(20, "notification")
    answer = DecideSupport("refused", "The law leaves it to the counties.")
    early = agent.take(answer, sender="mem_o", roles=["official"]).reject
    assert early is not None and early.code == "support_missing"
    agent.take(WeighSupport(0))
    played = agent.take(answer, sender="mem_o", roles=["official"])
    assert agent.said(SupportDecided) == [SupportDecided("top_1", "Clinics", "refused", answer.reason)]
    assert isinstance(played.reply, TopicView)
    assert (played.reply.support.decision, played.reply.support.reason) == ("refused", answer.reason)  # type: ignore[union-attr]  # set
    told = [tell for tell in agent.tells if isinstance(tell.command, Notify)]
    assert [tell.agent for tell in told] == ["mem_a"]
    again = agent.take(answer, sender="mem_o", roles=["official"]).reject
    assert again is not None and again.code == "support_decided"
    assert agent.take(RemindOfficials(2)).calls == []


def test_what_members_support_is_not_reworded() -> None:
    agent = proposal(1)
    rejected = agent.take(EditTopic(title="Something else"), sender="mem_a").reject
    assert rejected is not None and rejected.code == "topic_supported"
    assert agent.take(EditTopic(tags=("rural",)), sender="mem_a").reject is None
