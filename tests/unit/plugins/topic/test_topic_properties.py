"""Whatever comes in whatever order: the phases stay those of the table, and the counts those of the rows."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diramoja.core import Command
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.audiences import NoteMentioned, WeighSupport
from diramoja.plugins.topic.contracts import (
    CloseTopic,
    CountShare,
    DecideSupport,
    DeletePost,
    EditPost,
    EditTopic,
    EndReview,
    FlagTopic,
    FollowTopic,
    MarkFlagged,
    ModeratePost,
    NoteRemoval,
    OpenTopic,
    PinPost,
    PostPublished,
    React,
    ReportPost,
    SharePost,
    SupportTopic,
    TakePost,
    TakeSentiment,
    TakeShare,
    TakeVerdict,
    TopicTrending,
    UnfollowTopic,
    UnpinPost,
    Unreact,
    UnsupportTopic,
)
from diramoja.plugins.topic.marks import ArchiveTopic, CloseQuietTopic, CoolTopic, TakeMark
from diramoja.plugins.topic.review import LowerModeration
from diramoja.plugins.topic.rules import NO_REACTIONS
from diramoja.plugins.topic.scores import quality, spread_of
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import (
    Contribution,
    Follower,
    Participant,
    Post,
    Reaction,
    Revision,
    Supporter,
    Topic,
    quarter_of,
)
from diramoja.plugins.topic.views import SharedPost
from tests.support.lone_agent import LoneAgent

ALLOWED = {
    "absent": {"pending", "new"},
    "pending": {"new"},
    "new": {"active", "flagged", "closed"},
    "active": {"trending", "cooling_down", "flagged", "closed"},
    "trending": {"active", "flagged", "closed"},
    "cooling_down": {"active", "flagged", "closed"},
    "flagged": {"new", "active", "trending", "cooling_down", "closed"},
    "closed": {"archived"},
    "archived": set[str](),
}
EASY = TopicSettings(
    trending_min_members=1,
    trending_min_participation=1,
    trending_min_quality=0,
    trending_enter_score=20,
    trending_leave_score=10,
    escalation_min_participation=2,
    escalation_min_quality=0,
    support_min=1,
    toxic_min_posts=2,
    removal_min_authors=2,
    pins_max=2,
    revisions_max=3,
)
"""Thresholds that three members reach."""
START = datetime(2026, 1, 1, tzinfo=UTC)
LONG_AGO = START - timedelta(days=30)
OPENING = OpenTopic("Clinics", "", "healthcare", policy_proposal=True)

members = st.sampled_from(["mem_a", "mem_b", "mem_c"])
posts = st.sampled_from(["pst_1", "pst_2", "pst_3"])
kinds = st.sampled_from(["agree", "disagree", "pass", "like"])
bodies = st.sampled_from(["Here.", "See https://clinics.example.org/hours", "There, @amina."])
taking = st.builds(TakePost, posts, members, bodies, st.none() | posts, st.sampled_from([None, LONG_AGO]))
commands: st.SearchStrategy[Command] = st.one_of(
    st.just(OPENING),
    taking,
    taking,
    taking,
    st.builds(TakeShare, posts, members, st.sampled_from(["", "Look."]), st.just(SharedPost("pst_9", "top_9"))),
    st.builds(TakeVerdict, posts, st.sampled_from(["cleared", "cleared", "held", "hidden"]), st.just("Tone.")),
    st.builds(TakeVerdict, posts, st.just("cleared")),
    st.builds(ModeratePost, posts, st.sampled_from(["publish", "hide", "remove"]), st.just("Rule.")),
    st.builds(TakeVerdict, st.just("top_1"), st.sampled_from(["cleared", "cleared", "cleared", "held"])),
    st.builds(ModeratePost, st.just("top_1"), st.sampled_from(["publish", "remove"])),
    st.builds(EditPost, posts, members, bodies),
    st.builds(MarkFlagged, posts, st.just("A flagged source.")),
    st.builds(NoteRemoval, posts, members),
    st.builds(React, posts, kinds, st.sampled_from([None, LONG_AGO])),
    st.builds(Unreact, posts, kinds),
    st.builds(DeletePost, posts),
    st.builds(ReportPost, st.just("rep_1"), posts, st.just("spam")),
    st.builds(SharePost, posts, st.just("pst_8"), st.just("top_8"), members),
    st.builds(CountShare, posts, members, st.just("top_8")),
    st.builds(NoteMentioned, posts, st.tuples(members)),
    st.builds(PinPost, posts),
    st.builds(UnpinPost, posts),
    st.sampled_from([FollowTopic(), UnfollowTopic(), SupportTopic(), UnsupportTopic(), WeighSupport(3)]),
    st.sampled_from([FlagTopic("Why."), EndReview(), LowerModeration(), TakeSentiment(5)]),
    st.sampled_from([TakeMark(), TakeMark(), CoolTopic(), CloseQuietTopic(), ArchiveTopic()]),
    st.sampled_from(
        [EditTopic(title="Other"), EditTopic(moderation_level="moderated"), DecideSupport("refused", "No.")]
    ),
    st.just(CloseTopic("Done.")),
)
waits = st.sampled_from(
    [timedelta(0), timedelta(minutes=1), timedelta(minutes=20), timedelta(hours=3), timedelta(days=20)]
)
histories = st.lists(st.tuples(commands, members, st.booleans(), waits), max_size=40)
deployments = st.sampled_from([(), ("moderator",), ("information",), ("moderator", "information", "notification")])
ROLES = ["moderator", "official", "leader"]


@settings(max_examples=200, deadline=None)
@given(has=deployments, history=histories)
def test_no_sequence_of_commands_leaves_the_table_or_miscounts(
    has: tuple[str, ...], history: list[tuple[Command, str, bool, timedelta]]
) -> None:
    agent = LoneAgent(topic, "top_1", has=has, settings=[EASY])
    now = START
    trends = 0
    for command, member, office, wait in [(OPENING, "mem_a", False, timedelta(0)), *history]:
        now += wait
        sender = getattr(command, "author", member)
        before = agent.state.phase
        agent.take(command, sender=sender, roles=ROLES if office else [], now=now)
        assert agent.state.phase == before or agent.state.phase in ALLOWED[before]
        trends += agent.state.phase == "trending" != before and before != "flagged"
        _check_counts(agent)
    assert len(agent.said(TopicTrending)) == trends
    _check_rows(agent, now)


def _check_counts(agent: LoneAgent[Topic]) -> None:
    """What is counted step by step is what counting anew finds."""
    rows = agent.all_rows(Post)
    shown = [row for row in rows if row.status == "published"]
    by_author = Counter(row.author for row in shown)
    answers = Counter(row.reply_to for row in shown if _author_of(rows, row.reply_to) not in (None, row.author))
    roots = [row for row in shown if row.reply_to is None]
    tally, state = agent.state.tally, agent.state
    assert state.post_count == tally.posts == len(shown)
    assert (tally.authors, tally.removed) == (len(by_author), sum(row.status == "removed" for row in rows))
    assert (tally.roots, tally.answered) == (len(roots), sum(answers[row.id] > 0 for row in roots))
    assert tally.sourced == sum(row.is_sourced for row in shown)
    assert math.isclose(tally.spread, sum(map(spread_of, by_author.values())), abs_tol=1e-9)
    assert state.quality_score == quality(tally, EASY)
    for person in agent.all_rows(Participant):
        assert person.posts == by_author[person.member]
    for author in {row.author for row in rows}:
        own = [row for row in shown if row.author == author]
        known = agent.row(Contribution, author) or Contribution(author, 0, 0)
        assert known.answered == sum(row.answers > 0 for row in own)
        assert known.sourced == sum(row.is_sourced for row in own)
    assert all(row.answers == answers[row.id] for row in rows)


def _author_of(rows: list[Post], id: str | None) -> str | None:
    return next((row.author for row in rows if row.id == id), None)


def _check_rows(agent: LoneAgent[Topic], now: datetime) -> None:
    rows = agent.all_rows(Post)
    shown = [row for row in rows if row.status == "published"]
    assert agent.state.taken == len(rows)
    assert agent.state.participation_count == sum(row.is_author for row in agent.all_rows(Participant))
    assert agent.state.follower_count == len(agent.all_rows(Follower))
    assert agent.state.supporters == len(agent.all_rows(Supporter))
    assert set(agent.state.pinned) <= {row.id for row in shown}
    replies = Counter(row.reply_to for row in shown)
    assert all(row.reply_count == replies[row.id] for row in rows)
    reactions = agent.all_rows(Reaction)
    for row in rows:
        own = [each for each in reactions if each.id.startswith(f"{row.id}:") and each.revision == row.revision]
        assert row.reactions == NO_REACTIONS | Counter(each.kind for each in own)
    published = Counter(event.post for event in agent.said(PostPublished))
    assert all(published[row.id] == row.shown for row in rows)
    kept = Counter(each.post for each in agent.all_rows(Revision))
    assert all(kept[row.id] == (0 if row.status == "deleted" else row.revision - 1) for row in rows)
    quarter = quarter_of(now)
    acting = sum(0 <= quarter - person.acted <= 8 for person in agent.all_rows(Participant))
    assert agent.state.pulse.at(quarter).members == acting


def test_every_phase_can_be_reached() -> None:
    assert set(ALLOWED) == set(topic.phases)


@pytest.mark.parametrize("phase", ["closed", "archived"])
def test_nothing_is_written_where_it_is_over(phase: str) -> None:
    handled = {verb for verb in topic.commands if topic.handler(verb, phase)}
    assert handled.isdisjoint({"take_post", "take_share", "edit_post", "react", "support_topic", "start_draft"})
