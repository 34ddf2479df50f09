from datetime import UTC, datetime, timedelta

import pytest

from diramoja.core import Tell
from diramoja.plugins.information.contracts import PostFlagged
from diramoja.plugins.member.contracts import CountLike, RatePost
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.topic.agent import after_flag, topic
from diramoja.plugins.topic.audiences import FindMentioned, NoteMentioned
from diramoja.plugins.topic.contracts import (
    CountShare,
    DeletePost,
    EditPost,
    MarkFlagged,
    ModeratePost,
    OpenTopic,
    PinPost,
    PostChanged,
    PostReceived,
    PostShared,
    PostView,
    React,
    SharePost,
    TakePost,
    TakeShare,
    TakeVerdict,
    UnpinPost,
    Unreact,
)
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import Mention, Post, Reaction, Revision, Topic
from diramoja.plugins.topic.views import SharedPost
from tests.support.lone_agent import LoneAgent

START = datetime(2026, 1, 1, tzinfo=UTC)
EDIT = EditPost("pst_1", "mem_b", "There, rather: https://example.org/map")


def written(*has: str, body: str = "Here.") -> LoneAgent[Topic]:
    """A topic with one published post of mem_b."""
    agent = LoneAgent(topic, "top_1", has=has, settings=[TopicSettings()])
    agent.take(OpenTopic("Clinics", "", "healthcare"), sender="mem_a")
    agent.take(TakeVerdict("top_1", "cleared"))
    agent.take(TakePost("pst_1", "mem_b", body), sender="mem_b")
    agent.take(TakeVerdict("pst_1", "cleared"))
    return agent


def post(agent: LoneAgent[Topic], id: str = "pst_1") -> Post:
    row = agent.row(Post, id)
    assert row is not None
    return row


# --- edits ---


def test_the_old_text_is_shown_until_the_new_one_is_screened() -> None:
    agent = written("moderator")
    played = agent.take(EDIT, sender="mem_b")
    assert isinstance(played.reply, PostView)
    assert (played.reply.body, played.reply.edit.status) == ("Here.", "pending")  # type: ignore[union-attr]  # set
    [*_, received] = agent.said(PostReceived)
    assert (received.body, received.revision) == (EDIT.body, 2)
    assert post(agent).body == "Here."
    agent.take(TakeVerdict("pst_1", "cleared"))
    assert (post(agent).body, post(agent).edit_status) == (EDIT.body, None)
    assert [event.body for event in agent.said(PostChanged)] == [EDIT.body]


@pytest.mark.parametrize("has", [(), ("information",)])
def test_without_a_moderator_the_broker_is_asked_or_nobody(has: tuple[str, ...]) -> None:
    agent = written(*has)
    agent.take(EDIT, sender="mem_b")
    assert post(agent).body == ("Here." if has else EDIT.body)


def test_a_quick_edit_before_any_reaction_leaves_no_trace() -> None:
    agent = written()
    agent.take(EDIT, sender="mem_b", now=START + timedelta(minutes=15))
    assert (post(agent).revision, agent.all_rows(Revision)) == (1, [])
    assert post(agent).edited_at == START + timedelta(minutes=15)


def test_a_late_edit_keeps_the_old_text() -> None:
    agent = written()
    later = START + timedelta(minutes=15, seconds=1)
    agent.take(EDIT, sender="mem_b", now=later)
    [old] = agent.all_rows(Revision)
    assert (old.number, old.body, old.written_at, old.replaced_at) == (1, "Here.", START, later)
    agent.take(EditPost("pst_1", "mem_b", "Third."), sender="mem_b", now=later + timedelta(minutes=1))
    assert [(row.number, row.written_at) for row in agent.all_rows(Revision)] == [(1, START), (2, later)]


def test_an_edit_after_the_first_reaction_keeps_it_on_the_old_text() -> None:
    agent = written()
    agent.take(React("pst_1", "agree"), sender="mem_c")
    agent.take(EDIT, sender="mem_b")
    [old] = agent.all_rows(Revision)
    assert (old.reactions["agree"], post(agent).reactions["agree"]) == (1, 0)
    agent.take(Unreact("pst_1", "agree"), sender="mem_c")
    assert (post(agent).reactions["agree"], len(agent.all_rows(Reaction))) == (0, 1)
    agent.take(React("pst_1", "agree"), sender="mem_c")
    assert post(agent).reactions["agree"] == 1


def test_a_held_edit_leaves_the_old_text_and_tells_the_author_why() -> None:
    agent = written("moderator", "notification")
    agent.take(EDIT, sender="mem_b")
    agent.take(TakeVerdict("pst_1", "held", "Tone."))
    assert (post(agent).body, post(agent).edit_status, post(agent).edit_reason) == ("Here.", "held", "Tone.")
    told = [tell for tell in agent.tells if isinstance(tell.command, Notify)]
    assert [(tell.agent, tell.command.values["reason"]) for tell in told] == [("mem_b", "Tone.")]  # type: ignore[attr-defined]  # filtered
    rejected = agent.take(EditPost("pst_1", "mem_b", "Again."), sender="mem_b").reject
    assert rejected is not None and rejected.code == "post_held"
    agent.take(ModeratePost("pst_1", "publish"))
    assert post(agent).body == EDIT.body


def test_a_post_that_is_removed_loses_its_edit() -> None:
    agent = written("moderator")
    agent.take(EDIT, sender="mem_b")
    agent.take(ModeratePost("pst_1", "remove", "Spam."))
    agent.take(TakeVerdict("pst_1", "cleared"))
    assert (post(agent).status, post(agent).body, post(agent).edit_status) == ("removed", "Here.", None)


def test_a_deleted_post_loses_its_revisions() -> None:
    agent = written()
    agent.take(EDIT, sender="mem_b", now=START + timedelta(hours=1))
    agent.take(DeletePost("pst_1"), sender="mem_b")
    assert (post(agent).body, agent.all_rows(Revision)) == ("", [])


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (EditPost("pst_1", "mem_c", "Mine."), "not_author"),
        (EditPost("pst_x", "mem_b", "Where?"), "post_missing"),
    ],
)
def test_an_edit_of_what_is_not_ones_own_is_refused(command: EditPost, code: str) -> None:
    rejected = written().take(command, sender=command.author).reject
    assert rejected is not None and rejected.code == code


def test_an_edit_of_an_edit_that_is_screened_is_refused() -> None:
    agent = written("moderator")
    agent.take(EDIT, sender="mem_b")
    rejected = agent.take(EditPost("pst_1", "mem_b", "Again."), sender="mem_b").reject
    assert rejected is not None and rejected.code == "edit_pending"


def test_a_post_is_not_edited_without_end() -> None:
    agent = written()
    agent.settings = [TopicSettings(revisions_max=2)]
    hours = [START + timedelta(hours=number) for number in range(1, 4)]
    codes = [agent.take(EditPost("pst_1", "mem_b", f"At {at}"), sender="mem_b", now=at).reject for at in hours]
    assert [each.code if each else "" for each in codes] == ["", "revisions_full", "revisions_full"]


# --- what authors are told ---


def told_member(agent: LoneAgent[Topic]) -> list[Tell]:
    return [tell for tell in agent.tells if tell.kind == "member"]


def test_the_author_is_told_of_a_worth_that_changes_only() -> None:
    agent = written()
    assert told_member(agent) == []
    agent.take(TakePost("pst_2", "mem_c", "Yes.", "pst_1"), sender="mem_c")
    agent.take(TakePost("pst_3", "mem_d", "Yes.", "pst_1"), sender="mem_d")
    assert told_member(agent) == [Tell("member", "mem_b", RatePost("pst_1", 2))]
    agent.take(EDIT, sender="mem_b")
    agent.take(ModeratePost("pst_1", "remove", "Spam."))
    assert [tell.command for tell in told_member(agent)[1:]] == [RatePost("pst_1", 3), RatePost("pst_1", 2)]


def test_a_like_of_another_is_told_to_the_author() -> None:
    agent = written()
    for member in ("mem_b", "mem_c"):
        agent.take(React("pst_1", "like"), sender=member)
    assert told_member(agent) == [Tell("member", "mem_b", CountLike("pst_1", "mem_c"))]


def test_a_reply_is_told_to_the_author_of_the_parent() -> None:
    agent = written("notification")
    agent.take(TakePost("pst_2", "mem_b", "Mine.", "pst_1"), sender="mem_b")
    agent.take(TakePost("pst_3", "mem_c", "Yes.", "pst_1"), sender="mem_c")
    [tell] = [tell for tell in agent.tells if tell.kind == "inbox"]
    assert isinstance(tell.command, Notify)
    assert (tell.agent, tell.command.kind, tell.command.about) == ("mem_b", "post.replied", "mem_c")


def test_those_named_in_a_post_are_looked_up_and_told_once() -> None:
    agent = written("notification")
    played = agent.take(TakePost("pst_2", "mem_c", "@amina, see mail me@example.org @amina @juma_7!"), sender="mem_c")
    assert [call.payload for call in played.calls] == [FindMentioned("pst_2", "mem_c", ("amina", "juma_7"))]
    for _ in range(2):
        agent.take(NoteMentioned("pst_2", ("mem_x", "mem_y")))
    assert [row.member for row in agent.all_rows(Mention)] == ["mem_x", "mem_y"]
    assert [tell.agent for tell in agent.tells if tell.kind == "inbox"] == ["mem_x", "mem_y"]
    agent.take(DeletePost("pst_2"), sender="mem_c")
    assert agent.take(NoteMentioned("pst_2", ("mem_z",))).puts == []


# --- shares ---


def test_a_share_is_taken_in_by_the_other_topic_and_counted_by_this() -> None:
    source, target = written(), LoneAgent(topic, "top_2", settings=[TopicSettings()])
    target.take(OpenTopic("Villages", "", "healthcare"), sender="mem_a")
    [asked] = source.take(SharePost("pst_1", "pst_9", "top_2", "mem_c", "Look."), sender="mem_c").tells
    assert asked == Tell(
        "topic", "top_2", TakeShare("pst_9", "mem_c", "Look.", SharedPost("pst_1", "top_1")), answers=True
    )
    taken = target.take(asked.command, sender="top_1")
    assert isinstance(taken.reply, PostView)
    assert (taken.status, taken.reply.shared, taken.reply.body) == (201, SharedPost("pst_1", "top_1"), "Look.")
    assert taken.tells == [Tell("topic", "top_1", CountShare("pst_1", "mem_c", "top_2"))]
    assert target.take(asked.command, sender="top_1").tells == []
    source.take(taken.tells[0].command, sender="top_2")
    assert post(source).share_count == 1
    assert source.said(PostShared) == [
        PostShared("top_1", "pst_1", "mem_b", "Here.", "mem_c", "top_2", is_flagged=False)
    ]


def test_a_share_without_a_comment_is_a_post_without_text() -> None:
    agent = written()
    agent.take(TakeShare("pst_9", "mem_c", "", SharedPost("pst_1", "top_9")), sender="top_9")
    assert (post(agent, "pst_9").body, post(agent, "pst_9").status) == ("", "published")


def test_sharing_a_flagged_post_warns_first() -> None:
    agent = written()
    agent.take(MarkFlagged("pst_1", "It shares hoax.example, a flagged source."))
    share = SharePost("pst_1", "pst_9", "top_2", "mem_c")
    rejected = agent.take(share, sender="mem_c").reject
    assert rejected is not None and (rejected.code, rejected.status) == ("share_flagged", 409)
    assert "hoax.example" in rejected.detail
    assert len(agent.take(share.but(is_acknowledged=True), sender="mem_c").tells) == 1
    agent.take(CountShare("pst_1", "mem_c", "top_2"))
    assert [event.is_flagged for event in agent.said(PostShared)] == [True]


def test_what_is_not_seen_is_not_shared() -> None:
    agent = written()
    agent.take(ModeratePost("pst_1", "hide", "Rule."))
    rejected = agent.take(SharePost("pst_1", "pst_9", "top_2", "mem_c"), sender="mem_c").reject
    assert rejected is not None and rejected.code == "post_missing"


def test_a_flagged_source_is_no_source() -> None:
    agent = written(body="See https://hoax.example/now")
    assert post(agent).thirds == 2
    flagged = PostFlagged("top_1", "pst_1", "mem_b", "", "hoax.example", "A flagged source.")
    assert after_flag(flagged) == [("top_1", MarkFlagged("pst_1", "A flagged source."))]
    agent.take(MarkFlagged("pst_1", "A flagged source."))
    assert (post(agent).thirds, post(agent).status, agent.state.tally.sourced) == (1, "published", 0)
    agent.take(EDIT, sender="mem_b")
    assert (post(agent).flag_reason, post(agent).thirds) == ("", 2)


# --- pins ---


@pytest.mark.parametrize(
    ("sender", "role", "pinned"),
    [("mem_a", "supporter", True), ("mem_z", "leader", True), ("mem_z", "moderator", True), ("mem_b", "member", False)],
)
def test_posts_are_pinned_by_the_creator_leaders_and_moderators(sender: str, role: str, *, pinned: bool) -> None:
    agent = written()
    agent.take(PinPost("pst_1"), sender=sender, roles=[role])
    assert agent.state.pinned == (("pst_1",) if pinned else ())
    agent.take(UnpinPost("pst_1"), sender=sender, roles=[role])
    assert agent.state.pinned == ()


def test_a_post_that_is_withdrawn_is_pinned_no_more() -> None:
    agent = written()
    agent.take(PinPost("pst_1"), sender="mem_a")
    agent.take(ModeratePost("pst_1", "hide", "Rule."))
    assert agent.state.pinned == ()
    rejected = agent.take(PinPost("pst_1"), sender="mem_a").reject
    assert rejected is not None and rejected.code == "post_missing"


def test_only_so_many_posts_are_pinned() -> None:
    agent = written()
    agent.settings = [TopicSettings(pins_max=1)]
    agent.take(TakePost("pst_2", "mem_c", "Too."), sender="mem_c")
    agent.take(PinPost("pst_1"), sender="mem_a")
    rejected = agent.take(PinPost("pst_2"), sender="mem_a").reject
    assert rejected is not None and rejected.code == "pins_full"
