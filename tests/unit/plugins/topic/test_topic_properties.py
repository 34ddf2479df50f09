"""Whatever comes in whatever order: the phases stay those of the table, and the counts those of the rows."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from diramoja.core import Command
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.contracts import (
    CloseTopic,
    DeletePost,
    FollowTopic,
    ModeratePost,
    OpenTopic,
    PostPublished,
    React,
    ReportPost,
    TakePost,
    TakeVerdict,
    UnfollowTopic,
    Unreact,
)
from diramoja.plugins.topic.rules import NO_REACTIONS
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import Follower, Participant, Post, Reaction
from tests.support.lone_agent import LoneAgent

ALLOWED = {"absent": {"new"}, "new": {"active", "closed"}, "active": {"closed"}, "closed": set[str]()}

members = st.sampled_from(["mem_a", "mem_b", "mem_c"])
posts = st.sampled_from(["pst_1", "pst_2", "pst_3"])
kinds = st.sampled_from(["agree", "disagree", "pass", "like"])
commands: st.SearchStrategy[Command] = st.one_of(
    st.just(OpenTopic("Clinics", "", "healthcare")),
    st.builds(TakePost, posts, members, st.just("Here."), st.none() | posts),
    st.builds(TakePost, posts, members, st.just("Here."), st.none() | posts),
    st.builds(TakeVerdict, posts, st.sampled_from(["cleared", "cleared", "held", "hidden"]), st.just("Tone.")),
    st.builds(ModeratePost, posts, st.sampled_from(["publish", "hide", "remove"]), st.just("Rule.")),
    st.builds(React, posts, kinds),
    st.builds(Unreact, posts, kinds),
    st.builds(DeletePost, posts),
    st.builds(ReportPost, st.just("rep_1"), posts, st.just("spam")),
    st.builds(FollowTopic),
    st.builds(UnfollowTopic),
    st.builds(CloseTopic, st.just("Done.")),
)
histories = st.lists(st.tuples(commands, members), max_size=40)
deployments = st.sampled_from([(), ("moderator",), ("information",), ("moderator", "information")])


@settings(max_examples=150, deadline=None)
@given(has=deployments, history=histories)
def test_no_sequence_of_commands_leaves_the_table_or_miscounts(
    has: tuple[str, ...], history: list[tuple[Command, str]]
) -> None:
    agent = LoneAgent(topic, "top_1", has=has, settings=[TopicSettings()])
    for command, member in [(OpenTopic("Clinics", "", "healthcare"), "mem_a"), *history]:
        sender = command.author if isinstance(command, TakePost) else member
        before = agent.state.phase
        agent.take(command, sender=sender)
        assert agent.state.phase == before or agent.state.phase in ALLOWED[before]
    rows = agent.all_rows(Post)
    shown = [row for row in rows if row.status == "published"]
    assert agent.state.post_count == len(shown)
    assert agent.state.taken == len(rows)
    assert agent.state.participation_count == len(agent.all_rows(Participant))
    assert agent.state.follower_count == len(agent.all_rows(Follower))
    replies = Counter(row.reply_to for row in shown)
    assert all(row.reply_count == replies[row.id] for row in rows)
    reactions = agent.all_rows(Reaction)
    for row in rows:
        kinds = Counter(each.kind for each in reactions if each.id.startswith(f"{row.id}:"))
        assert row.reactions == NO_REACTIONS | kinds
    published = Counter(event.post for event in agent.said(PostPublished))
    assert all(published[row.id] == row.shown for row in rows)
