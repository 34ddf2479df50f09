import msgspec
import pytest

from diramoja.core import Tell
from diramoja.core.errors import MessageError
from diramoja.core.messages import decode, encode
from diramoja.plugins.information.contracts import CheckPost, PostChecked
from diramoja.plugins.moderator.contracts import Evidence, FileReport, PostCleared, Report
from diramoja.plugins.topic.agent import after_check, after_screening, topic
from diramoja.plugins.topic.contracts import (
    CloseTopic,
    DeletePost,
    FollowTopic,
    ModeratePost,
    OpenTopic,
    PostChanged,
    PostPublished,
    PostReceived,
    PostView,
    React,
    ReactionKind,
    ReportPost,
    TakePost,
    TakeVerdict,
    TopicClosed,
    TopicCreated,
    TopicView,
    UnfollowTopic,
    Unreact,
)
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import Opening, Post, Topic
from tests.support.lone_agent import LoneAgent

OPENING = OpenTopic("Clinics", "Where should they be?", "healthcare", ("rural",), policy_proposal=True)


def opened(*has: str) -> LoneAgent[Topic]:
    agent = LoneAgent(topic, "top_1", has=has, settings=[TopicSettings()])
    agent.take(OPENING, sender="mem_a")
    agent.take(TakeVerdict("top_1", "cleared"))
    return agent


def published(*posts: str) -> LoneAgent[Topic]:
    """A topic with posts by mem_b, where nobody moderates."""
    agent = opened()
    for post in posts:
        agent.take(TakePost(post, "mem_b", "Here."), sender="mem_b")
    return agent


def status(agent: LoneAgent[Topic], post: str) -> str:
    row = agent.row(Post, post)
    assert row is not None
    return row.status


# --- the topic ---


def test_a_topic_is_opened_by_its_sender_in_phase_new() -> None:
    agent = LoneAgent(topic, "top_1", settings=[TopicSettings()])
    played = agent.take(OPENING, sender="mem_a")
    assert (played.state.phase, played.state.created_by, played.status) == ("new", "mem_a", 201)
    assert agent.row(Opening, "opening") == Opening(
        "opening", "Where should they be?", ("clinic", "rural"), "mem_a", played.state.created_at
    )
    assert isinstance(played.reply, TopicView)
    assert (played.reply.id, played.reply.description) == ("top_1", "Where should they be?")
    [created] = agent.said(TopicCreated)
    assert (created.topic, created.author, created.category) == ("top_1", "mem_a", "healthcare")


def test_a_topic_that_is_not_there_is_missing() -> None:
    assert LoneAgent(topic, "top_1").take(FollowTopic()).reject == LoneAgent(topic, "x").take(CloseTopic("x")).reject
    rejected = LoneAgent(topic, "top_1").take(FollowTopic()).reject
    assert rejected is not None and rejected.code == "topic_missing"


@pytest.mark.parametrize(
    "body",
    [
        b'{"title":"ab","description":"","category":"economy"}',
        b'{"title":"   ","description":"","category":"economy"}',
        b'{"title":"Good","description":"","category":"The Economy"}',
        b'{"title":"Good","description":"","category":"economy","tags":["a b"]}',
        b'{"title":"Good","description":"\\u0000","category":"economy"}',
        b'{"title":"Good","description":"","category":"economy","surplus":1}',
    ],
)
def test_an_opening_that_breaks_a_bound_is_refused(body: bytes) -> None:
    with pytest.raises(MessageError):
        decode(OpenTopic, body)


@pytest.mark.parametrize("body", ["", " \n\t ", "x" * 10_001, "nul\x00", "bell\x07"])
def test_a_post_without_text_or_beyond_a_bound_is_refused(body: str) -> None:
    with pytest.raises(MessageError):
        decode(TakePost, encode(TakePost("pst_1", "mem_a", body)))


@pytest.mark.parametrize("body", ["x", "x" * 10_000, "Habari\tyako\r\n\U0001f600"])
def test_a_post_within_the_bounds_is_read(body: str) -> None:
    assert decode(TakePost, encode(TakePost("pst_1", "mem_a", body))).body == body


def test_following_twice_counts_once() -> None:
    agent = opened()
    for _ in range(2):
        agent.take(FollowTopic(), sender="mem_b")
    assert agent.state.follower_count == 1
    for _ in range(2):
        agent.take(UnfollowTopic(), sender="mem_b")
    assert agent.state.follower_count == 0


def test_a_topic_is_closed_by_its_creator() -> None:
    agent = opened()
    agent.take(CloseTopic("Decided."), sender="mem_a")
    assert (agent.state.phase, agent.said(TopicClosed)) == ("closed", [TopicClosed("top_1", "Decided.")])
    rejected = agent.take(TakePost("pst_9", "mem_b", "Late."), sender="mem_b").reject
    assert rejected is not None and (rejected.code, rejected.status) == ("topic_closed", 409)


def test_a_topic_is_closed_by_a_moderator() -> None:
    agent = opened()
    agent.take(CloseTopic("Off topic."), sender="mem_z", roles=["moderator"])
    assert agent.state.phase == "closed"


def test_a_topic_is_not_closed_by_others() -> None:
    rejected = opened().take(CloseTopic("No."), sender="mem_b", roles=["member"]).reject
    assert rejected is not None and (rejected.code, rejected.status) == ("not_creator", 403)


# --- the chain of a post ---


def test_a_post_waits_for_the_moderator() -> None:
    agent = opened("moderator", "information")
    played = agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    assert isinstance(played.reply, PostView)
    assert (played.status, played.reply.status, played.reply.author_id) == (201, "pending", "mem_b")
    assert [type(event) for event in played.events] == [PostReceived]
    assert played.tells == []
    assert agent.state.post_count == 0


def test_a_post_without_a_moderator_goes_to_the_broker() -> None:
    played = opened("information").take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    assert played.tells == [Tell("information", "top_1", CheckPost("pst_1", "mem_b", "Here.", "cleared"))]


def test_a_post_that_nobody_checks_is_published_at_once() -> None:
    played = opened().take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    assert isinstance(played.reply, PostView)
    assert played.reply.status == "published"
    assert [type(event) for event in played.events] == [PostReceived, PostPublished]


def test_a_cleared_post_is_published_once() -> None:
    agent = opened("moderator")
    agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    for _ in range(2):
        agent.take(TakeVerdict("pst_1", "cleared"))
    assert len(agent.said(PostPublished)) == 1
    assert (agent.state.post_count, agent.state.participation_count, agent.state.phase) == (1, 1, "active")


@pytest.mark.parametrize("outcome", ["held", "hidden"])
def test_a_post_that_is_not_cleared_is_seen_by_nobody(outcome: str) -> None:
    agent = opened("moderator")
    agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    agent.take(TakeVerdict("pst_1", outcome, "Tone."))  # type: ignore[arg-type]  # from the parameters
    row = agent.row(Post, "pst_1")
    assert row is not None and (row.status, row.reason) == (outcome, "Tone.")
    assert agent.said(PostPublished) == [] and agent.state.post_count == 0


@pytest.mark.parametrize(("author", "phase"), [("mem_a", "new"), ("mem_b", "active")])
def test_a_topic_becomes_active_with_the_first_post_of_another(author: str, phase: str) -> None:
    agent = opened()
    agent.take(TakePost("pst_1", author, "First."), sender=author)
    assert agent.state.phase == phase


def test_participants_are_counted_once() -> None:
    agent = published("pst_1", "pst_2", "pst_3")
    agent.take(TakePost("pst_4", "mem_c", "Too."), sender="mem_c")
    assert (agent.state.post_count, agent.state.participation_count) == (4, 2)


def test_a_post_taken_twice_is_answered_and_not_repeated() -> None:
    agent = published("pst_1")
    again = agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    assert isinstance(again.reply, PostView) and (again.reply.id, again.status) == ("pst_1", 201)
    assert len(agent.said(PostReceived)) == 1
    stolen = agent.take(TakePost("pst_1", "mem_c", "Mine."), sender="mem_c").reject
    assert stolen is not None and stolen.code == "post_missing"


def test_a_reply_counts_at_its_parent() -> None:
    agent = published("pst_1")
    agent.take(TakePost("pst_2", "mem_c", "Yes.", reply_to="pst_1"), sender="mem_c")
    parent = agent.row(Post, "pst_1")
    assert parent is not None and parent.reply_count == 1
    agent.take(DeletePost("pst_2"), sender="mem_c")
    parent = agent.row(Post, "pst_1")
    assert parent is not None and parent.reply_count == 0


def test_a_reply_to_what_is_not_seen_is_refused() -> None:
    agent = opened("moderator")
    agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    for parent in ("pst_1", "pst_x"):
        rejected = agent.take(TakePost("pst_2", "mem_c", "Yes.", reply_to=parent), sender="mem_c").reject
        assert rejected is not None and (rejected.code, rejected.status) == ("post_missing", 404)


def test_a_verdict_on_a_closed_topic_still_counts() -> None:
    agent = opened("moderator")
    agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    agent.take(CloseTopic("Done."), sender="mem_a")
    agent.take(TakeVerdict("pst_1", "cleared"))
    assert (agent.state.phase, status(agent, "pst_1")) == ("closed", "published")


def test_the_verdict_of_the_screening_is_heard_unless_a_check_follows() -> None:
    cleared = PostCleared("top_1", "pst_1", "mem_b", "Here.", "held", "Tone.", last=True)
    assert after_screening(cleared) == [("top_1", TakeVerdict("pst_1", "held", "Tone."))]
    assert after_screening(cleared.but(last=False)) == []
    checked = PostChecked("top_1", "pst_1", "held", "Tone.", (), ())
    assert after_check(checked) == [("top_1", TakeVerdict("pst_1", "held", "Tone."))]


# --- decisions of people ---


def test_a_decision_outranks_a_later_verdict() -> None:
    agent = opened("moderator")
    agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    agent.take(ModeratePost("pst_1", "publish"))
    agent.take(TakeVerdict("pst_1", "hidden", "Tone."))
    assert status(agent, "pst_1") == "published"


def test_a_post_that_is_hidden_and_shown_again_is_changed_not_new() -> None:
    agent = published("pst_1")
    agent.take(ModeratePost("pst_1", "hide", "Rule 3."))
    assert agent.state.post_count == 0
    agent.take(ModeratePost("pst_1", "publish"))
    assert len(agent.said(PostPublished)) == 1
    assert [(change.status, change.body) for change in agent.said(PostChanged)] == [
        ("hidden", ""),
        ("published", "Here."),
    ]
    assert agent.state.post_count == 1


def test_a_held_post_that_people_publish_is_new() -> None:
    agent = opened("moderator")
    agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    agent.take(TakeVerdict("pst_1", "held", "Tone."))
    agent.take(ModeratePost("pst_1", "publish"))
    row = agent.row(Post, "pst_1")
    assert row is not None and (row.status, row.reason) == ("published", "")
    assert len(agent.said(PostPublished)) == 1


def test_removing_what_nobody_saw_is_no_news() -> None:
    agent = opened("moderator")
    agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    agent.take(ModeratePost("pst_1", "remove", "Spam."))
    assert status(agent, "pst_1") == "removed" and agent.said(PostChanged) == []


def test_a_deleted_post_has_no_text_and_stays_deleted() -> None:
    agent = published("pst_1")
    agent.take(DeletePost("pst_1"), sender="mem_b")
    row = agent.row(Post, "pst_1")
    assert row is not None and (row.body, row.status) == ("", "deleted")
    rejected = agent.take(ModeratePost("pst_1", "publish")).reject
    assert rejected is not None and rejected.code == "post_missing"
    assert [change.status for change in agent.said(PostChanged)] == ["deleted"]


def test_a_post_is_not_deleted_by_others() -> None:
    rejected = published("pst_1").take(DeletePost("pst_1"), sender="mem_c", roles=["moderator"]).reject
    assert rejected is not None and (rejected.code, rejected.status) == ("not_author", 403)


def test_a_report_goes_to_the_screening_with_the_post_as_it_is() -> None:
    agent = published("pst_1")
    agent.has = ["moderator"]
    played = agent.take(ReportPost("rep_1", "pst_1", "spam", "Ads."), sender="mem_c")
    evidence = Evidence("top_1", "pst_1", "mem_b", "Here.")
    assert played.tells == [
        Tell("screening", "top_1", FileReport(Report("rep_1", "mem_c", "spam", "Ads."), evidence), answers=True)
    ]


def test_a_report_of_what_is_not_seen_or_where_nobody_moderates_is_refused() -> None:
    agent = published("pst_1")
    rejected = agent.take(ReportPost("rep_1", "pst_1", "spam"), sender="mem_c").reject
    assert rejected is not None and rejected.code == "moderation_missing"
    rejected = agent.take(ReportPost("rep_1", "pst_x", "spam"), sender="mem_c").reject
    assert rejected is not None and rejected.code == "post_missing"


# --- reactions ---


def counts(agent: LoneAgent[Topic]) -> dict[str, int]:
    row = agent.row(Post, "pst_1")
    assert row is not None
    return row.reactions


def test_stances_replace_each_other_and_like_is_apart() -> None:
    agent = published("pst_1")
    kinds: list[ReactionKind] = ["agree", "like", "disagree", "disagree", "pass"]
    for kind in kinds:
        agent.take(React("pst_1", kind), sender="mem_c")
    assert counts(agent) == {"agree": 0, "disagree": 0, "pass": 1, "like": 1}


def test_a_reaction_is_taken_back_only_as_what_it_is() -> None:
    agent = published("pst_1")
    agent.take(React("pst_1", "agree"), sender="mem_c")
    agent.take(Unreact("pst_1", "disagree"), sender="mem_c")
    agent.take(Unreact("pst_1", "agree"), sender="mem_d")
    assert counts(agent)["agree"] == 1
    agent.take(Unreact("pst_1", "agree"), sender="mem_c")
    assert counts(agent)["agree"] == 0


def test_a_reaction_to_what_is_not_seen_is_refused() -> None:
    agent = opened("moderator")
    agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    rejected = agent.take(React("pst_1", "agree"), sender="mem_c").reject
    assert rejected is not None and (rejected.code, rejected.status) == ("post_missing", 404)


def test_the_view_of_a_post_shows_a_reason_only_where_there_is_one() -> None:
    agent = opened("moderator")
    view = agent.take(TakePost("pst_1", "mem_b", "Here."), sender="mem_b").reply
    assert msgspec.to_builtins(view) == {
        "id": "pst_1",
        "topic_id": "top_1",
        "author_id": "mem_b",
        "body": "Here.",
        "status": "pending",
        "created_at": "2026-01-01T00:00:00Z",
        "reply_to": None,
        "reactions": {"agree": 0, "disagree": 0, "pass": 0, "like": 0},
        "reply_count": 0,
    }
