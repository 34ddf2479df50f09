"""Votes with a member on the roll: what is told, what counts for the engagement."""

from datetime import UTC, datetime, timedelta

import pytest

from diramoja.plugins.member.activity import doings
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import Join, MemberSettings, VoteCast
from diramoja.plugins.member.rules import engagement_components
from diramoja.plugins.member.state import Member, ReviewActivity
from diramoja.plugins.member.voting import STALE, TEXTS, VOTES_KEPT, CountVote, HearVote, News
from diramoja.plugins.notification.contracts import Notify
from tests.support.lone_agent import LoneAgent

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SETTINGS = MemberSettings()


@pytest.fixture
def agent() -> LoneAgent[Member]:
    made = LoneAgent(member, "mem_1", has=["notification"], settings=[SETTINGS])
    made.take(Join("amina"), now=NOW)
    return made


@pytest.mark.parametrize("news", [*TEXTS])
def test_news_of_a_vote_are_statutory_and_lapse_where_they_are_stale(agent: LoneAgent[Member], news: News) -> None:
    until = NOW + timedelta(days=7)
    (told,) = agent.take(HearVote("vot_1", "Clinics", news, until, "Why."), now=NOW).tells
    assert isinstance(told.command, Notify)
    assert (told.command.notice_class, told.command.kind) == ("statutory", f"vote.{news}")
    assert told.command.valid_until == (until if news in STALE else None)
    assert told.command.values["until"] == "2026-03-09 09:00 UTC"


def test_taking_part_counts_once_the_vote_is_closed(agent: LoneAgent[Member]) -> None:
    assert agent.take(CountVote("vot_1", is_taken=True, is_named=True), now=NOW).events == [VoteCast("mem_1", "vot_1")]
    assert agent.take(CountVote("vot_2", is_taken=True, is_named=False), now=NOW).events == [VoteCast("mem_1", "")]
    assert agent.take(CountVote("vot_3", is_taken=False, is_named=True), now=NOW).events == []
    components = engagement_components(doings(agent.state, NOW, SETTINGS), NOW, SETTINGS)
    assert components["votes"].value == (1 + 2) / (2 + 3)
    assert agent.state.votes == 1


def test_votes_count_for_180_days_and_a_review_comes_when_they_no_longer_do(agent: LoneAgent[Member]) -> None:
    agent.take(CountVote("vot_1", is_taken=False, is_named=True), now=NOW)
    last, gone = NOW + timedelta(days=179), NOW + timedelta(days=180)
    assert doings(agent.state, last, SETTINGS).votes == (0, 1)
    assert doings(agent.state, gone, SETTINGS).votes == (0, 0)
    assert "votes" not in engagement_components(doings(agent.state, gone, SETTINGS), gone, SETTINGS)
    at = agent.state.review_at
    while at is not None and at < gone - timedelta(days=1):
        agent.take(ReviewActivity(), now=at)
        at = agent.state.review_at
    assert at is not None and at.date() == gone.date()


def test_what_is_kept_of_votes_is_bounded(agent: LoneAgent[Member]) -> None:
    for number in range(VOTES_KEPT + 5):
        agent.take(CountVote(f"vot_{number}", is_taken=True, is_named=True), now=NOW)
    assert len(agent.state.vote_days) == len(agent.state.voted_days) == VOTES_KEPT
