from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.core import Command, RemindAfter
from diramoja.plugins.information.contracts import (
    ConfirmSource,
    DecideObjection,
    ExpireSource,
    ObjectToSource,
    ProposeSource,
    SourceCleared,
    SourceFlagged,
    SourceStateView,
)
from diramoja.plugins.information.settings import InformationSettings
from diramoja.plugins.information.source import Source, source
from diramoja.plugins.notification.contracts import Notify
from diramoja.testing.play import Played
from tests.support.lone_agent import LoneAgent

PROPOSAL = ProposeSource("hoax.example", "flagged", "Invented interviews.", "https://factcheck.example/hoax")


def fresh() -> LoneAgent[Source]:
    return LoneAgent(source, "src_1", has=["notification"], settings=[InformationSettings()])


def confirmed(proposal: ProposeSource = PROPOSAL) -> LoneAgent[Source]:
    agent = fresh()
    agent.take(proposal, sender="mem_a")
    agent.take(ConfirmSource(), sender="mem_b")
    return agent


def refusal(played: Played[Source]) -> tuple[str, int] | None:
    return (played.reject.code, played.reject.status) if played.reject else None


def test_two_people_flag_a_source(now: datetime) -> None:
    agent = fresh()
    played = agent.take(PROPOSAL, sender="mem_a")
    view = played.reply
    assert isinstance(view, SourceStateView) and (view.state, played.status) == ("proposed", 201)
    assert agent.said(SourceFlagged) == []
    assert refusal(agent.take(ConfirmSource(), sender="mem_a")) == ("second_person_needed", 403)
    assert refusal(agent.take(PROPOSAL, sender="mem_b")) == ("source_proposed", 409)
    played = agent.take(ConfirmSource(), sender="mem_b")
    [flagged] = agent.said(SourceFlagged)
    assert (flagged.domain, flagged.expires_at) == ("hoax.example", now + timedelta(days=365))
    assert played.reminders == [RemindAfter(timedelta(days=365), ExpireSource())]
    assert refusal(agent.take(PROPOSAL, sender="mem_c")) == ("source_confirmed", 409)


def test_what_nobody_confirms_was_never_in_force() -> None:
    agent = fresh()
    assert agent.take(PROPOSAL, sender="mem_a").reminders == [RemindAfter(timedelta(days=30), ExpireSource())]
    agent.take(ExpireSource())
    assert agent.state.phase == "expired" and agent.events == []
    assert refusal(agent.take(ConfirmSource(), sender="mem_b")) == ("source_expired", 409)
    assert agent.take(PROPOSAL, sender="mem_b").status == 201


def test_a_year_later_it_is_cleared_and_may_be_proposed_anew() -> None:
    agent = confirmed()
    agent.take(ExpireSource())
    assert [each.cause for each in agent.said(SourceCleared)] == ["expired"]
    agent.take(PROPOSAL, sender="mem_b")
    assert (agent.state.phase, agent.state.confirmed_by) == ("proposed", "")


@pytest.mark.parametrize("upheld", [True, False])
def test_an_objection_is_decided_by_a_third_person_and_told(*, upheld: bool) -> None:
    agent = confirmed()
    assert agent.take(ObjectToSource("It is satire."), sender="mem_o").status == 201
    assert agent.state.phase == "disputed" and agent.said(SourceCleared) == []
    decision = DecideObjection(upheld, "We looked again.")
    for sender in ("mem_a", "mem_b", "mem_o"):
        assert refusal(agent.take(decision, sender=sender)) == ("second_person_needed", 403)
    played = agent.take(decision, sender="mem_c")
    assert played.state.phase == ("cleared" if upheld else "confirmed")
    assert [each.cause for each in agent.said(SourceCleared)] == (["objection"] if upheld else [])
    assert len(played.cancels) == upheld
    [told] = played.tells
    assert isinstance(told.command, Notify) and told.agent == "mem_o"
    assert ("upheld: hoax.example" in told.command.text.format(**told.command.values)) == upheld


def test_a_trusted_source_is_no_news() -> None:
    agent = confirmed(PROPOSAL.but(rating="trusted"))
    agent.take(ExpireSource())
    assert agent.events == []


ALLOWED = {
    "absent": {"proposed"},
    "proposed": {"confirmed", "expired"},
    "confirmed": {"disputed", "expired"},
    "disputed": {"confirmed", "cleared", "expired"},
    "cleared": {"proposed"},
    "expired": {"proposed"},
}
COMMANDS: st.SearchStrategy[Command] = st.sampled_from(
    [
        PROPOSAL,
        PROPOSAL.but(rating="trusted"),
        ConfirmSource(),
        ObjectToSource("No."),
        DecideObjection(upheld=True, reason="So."),
        DecideObjection(upheld=False, reason="So."),
        ExpireSource(),
    ]
)


@given(history=st.lists(st.tuples(COMMANDS, st.sampled_from(["mem_a", "mem_b", "mem_c", "mem_d"])), max_size=40))
def test_no_sequence_of_commands_leaves_the_table(history: list[tuple[Command, str]]) -> None:
    agent = fresh()
    for command, sender in history:
        before = agent.state.phase
        agent.take(command, sender=sender)
        assert agent.state.phase == before or agent.state.phase in ALLOWED[before]
        if agent.state.phase in ("confirmed", "disputed"):
            assert len({agent.state.proposed_by, agent.state.confirmed_by} - {""}) == 2
    flagged = len(agent.said(SourceFlagged)) - len(agent.said(SourceCleared))
    assert flagged == (agent.state.phase in ("confirmed", "disputed") and agent.state.rating == "flagged")
