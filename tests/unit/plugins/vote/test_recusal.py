"""Who stands in an open vote, or proposed it, moderates nothing in its topic: whom the vote tells, and when."""

from typing import Any

import pytest

from diramoja.plugins.moderator.contracts import EndRecusal, RecuseMembers
from diramoja.plugins.vote.cancelling import CloseVote, OpenVote
from diramoja.plugins.vote.contracts import CancelVote
from diramoja.plugins.vote.course import NotePulse
from diramoja.plugins.vote.words import VoteOption
from diramoja.testing.play import Played
from tests.support.vote_course import CLOSES, LEADER, MEMBER, OPENS, OTHER, Course

STAND = {"options": (VoteOption("A", MEMBER), VoteOption("B", OTHER), "Neither"), "on_persons": True}


def told(played: Played[Any]) -> list[tuple[str, object]]:
    return [(each.agent, each.command) for each in played.tells if each.kind == "screening"]


def test_when_it_opens_the_topic_hears_who_proposed_it_and_who_stands() -> None:
    course = Course("moderator", topic_id="top_1", **STAND).scheduled()
    assert told(course.at(OPENS, OpenVote())) == [("top_1", RecuseMembers("vot_1", (LEADER, MEMBER, OTHER)))]


def test_when_it_is_closed_they_are_free_again() -> None:
    course = Course("moderator", topic_id="top_1").opened()
    course.at(CLOSES, CloseVote())
    closed = course.at(CLOSES, NotePulse(60, closing=True))
    assert (told(closed), closed.state.phase) == ([("top_1", EndRecusal("vot_1"))], "closed")


def test_when_it_is_called_off_they_are_free_again_and_before_it_opened_nobody_was_told() -> None:
    opened = Course("moderator", topic_id="top_1").opened()
    assert told(opened(LEADER, CancelVote("A mistake."))) == [("top_1", EndRecusal("vot_1"))]
    assert told(Course("moderator", topic_id="top_1").scheduled()(LEADER, CancelVote("A mistake."))) == []


@pytest.mark.parametrize(("has", "terms"), [((), {"topic_id": "top_1"}), (("moderator",), {})])
def test_without_moderation_or_a_topic_nobody_is_told(has: tuple[str, ...], terms: dict[str, Any]) -> None:
    course = Course(*has, **terms).scheduled()
    assert told(course.at(OPENS, OpenVote())) == []
    assert course.state.phase == "open"
