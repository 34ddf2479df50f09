"""What a topic says of itself is screened before others see it."""

import pytest
from msgspec import UNSET

from diramoja.core import Tell
from diramoja.plugins.moderator.contracts import ScreenText
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.contracts import (
    CloseTopic,
    EditTopic,
    ModeratePost,
    OpenTopic,
    SupportTopic,
    TakeVerdict,
    TopicChanged,
    TopicCreated,
)
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import Opening, Topic, Wording
from diramoja.plugins.topic.views import HeldView, TopicView
from tests.support.lone_agent import LoneAgent

OPENING = OpenTopic("Clinics", "Where should they be?", "healthcare", ("rural",), policy_proposal=True)
CLEARED = TakeVerdict("top_1", "cleared")
HELD = TakeVerdict("top_1", "held", "It attacks.")
EDIT = EditTopic(title="Night clinics", description="When?", tags=("night",))


def pending() -> LoneAgent[Topic]:
    agent = LoneAgent(topic, "top_1", has=["moderator"], settings=[TopicSettings()])
    agent.take(OPENING, sender="mem_a")
    return agent


def opened() -> LoneAgent[Topic]:
    agent = pending()
    agent.take(CLEARED)
    agent.tells.clear()
    return agent


def shown(agent: LoneAgent[Topic]) -> tuple[str, str, tuple[str, ...]]:
    opening = agent.row(Opening, "opening")
    return agent.state.title, opening.description if opening else "", agent.state.tags


def test_an_opening_waits_for_its_screening_with_whoever_sent_it() -> None:
    agent = pending()
    text = "Clinics\n\nWhere should they be?\n\nrural"
    assert agent.tells == [Tell("screening", "top_1", ScreenText("top_1", "mem_a", text), answers=True)]
    assert (agent.state.phase, agent.events) == ("pending", [])
    played = agent.take(CLEARED)
    assert isinstance(played.reply, TopicView)
    assert (played.status, played.reply.phase, played.reply.held) == (201, "new", UNSET)
    assert [each.author for each in agent.said(TopicCreated)] == ["mem_a"]
    assert agent.row(Wording, "wording") is None
    assert agent.take(CLEARED).reply is None


def test_a_held_opening_is_answered_with_the_reason_and_seen_by_nobody() -> None:
    agent = pending()
    played = agent.take(HELD)
    assert isinstance(played.reply, TopicView)
    assert (played.status, played.reply.phase, played.reply.held) == (201, "pending", HeldView("held", "It attacks."))
    assert played.reply.description == "Where should they be?"
    agent.take(CLEARED)
    assert (agent.state.phase, agent.events) == ("pending", [])
    for command in (EDIT, SupportTopic(), CloseTopic("No.")):
        assert agent.take(command, sender="mem_a").reject is not None


@pytest.mark.parametrize("before", [[], [ModeratePost("top_1", "remove", "Rule.")]], ids=["held", "appealed"])
def test_people_open_what_software_held(before: list[ModeratePost]) -> None:
    agent = pending()
    agent.take(HELD)
    for command in before:
        agent.take(command)
        assert (agent.state.phase, agent.events) == ("pending", [])
    agent.take(ModeratePost("top_1", "publish"))
    assert (agent.state.phase, len(agent.said(TopicCreated))) == ("new", 1)
    assert shown(agent) == ("Clinics", "Where should they be?", agent.state.tags)
    agent.take(ModeratePost("top_1", "publish"))
    assert len(agent.said(TopicCreated)) == 1


def test_next_words_are_shown_once_they_are_cleared() -> None:
    agent = opened()
    before = shown(agent)
    assert agent.take(EDIT, sender="mem_a").reply is None
    assert shown(agent) == before
    assert [type(each.command) for each in agent.tells] == [ScreenText]
    rejected = agent.take(EditTopic(title="Third"), sender="mem_a").reject
    assert rejected is not None and (rejected.code, rejected.status) == ("edit_pending", 409)
    played = agent.take(CLEARED)
    assert isinstance(played.reply, TopicView)
    assert shown(agent) == ("Night clinics", "When?", ("night",))
    assert (played.reply.title, played.reply.held) == ("Night clinics", UNSET)
    assert [each.title for each in agent.said(TopicChanged)] == ["Night clinics"]


@pytest.mark.parametrize(
    ("action", "title"), [("publish", "Night clinics"), ("remove", "Clinics"), ("hide", "Clinics")]
)
def test_of_held_words_people_decide(action: str, title: str) -> None:
    agent = opened()
    agent.take(EDIT, sender="mem_a")
    played = agent.take(HELD)
    assert isinstance(played.reply, TopicView)
    assert (played.reply.title, played.reply.held) == ("Clinics", HeldView("held", "It attacks."))
    agent.take(ModeratePost("top_1", action))  # type: ignore[arg-type]  # one of its three
    assert agent.state.title == title
    assert agent.row(Wording, "wording") is None


@pytest.mark.parametrize("meanwhile", [CloseTopic("Done."), SupportTopic()], ids=["closed", "supported"])
def test_words_that_come_too_late_are_dropped(meanwhile: CloseTopic | SupportTopic) -> None:
    agent = opened()
    agent.take(EDIT, sender="mem_a")
    agent.take(meanwhile, sender="mem_a" if isinstance(meanwhile, CloseTopic) else "mem_b", roles=["member"])
    assert isinstance(agent.take(CLEARED).reply, TopicView)
    assert agent.state.title == "Clinics"
    assert agent.row(Wording, "wording") is None


def test_what_moderators_write_and_what_changes_no_word_is_not_screened() -> None:
    agent = opened()
    assert agent.take(EditTopic(title="Clinics"), sender="mem_a").reply is not None
    assert agent.take(EditTopic(moderation_level="moderated"), sender="mem_m", roles=["moderator"]).reply is not None
    assert agent.take(EDIT, sender="mem_m", roles=["moderator"]).reply is not None
    assert (agent.tells, agent.state.title, agent.state.moderation_level) == ([], "Night clinics", "moderated")
