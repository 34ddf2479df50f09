"""What each kind does when a member is gone: rows that name them go, or name a former member; counts stay."""

from datetime import UTC, datetime
from typing import Any

from diramoja.core import AgentKind, Row, State
from diramoja.plugins.conversation.agent import conversation
from diramoja.plugins.conversation.state import Conversation, Message
from diramoja.plugins.conversation.state import Participant as Seat
from diramoja.plugins.identity.account import Account, Credentials, account
from diramoja.plugins.identity.name import Name, name
from diramoja.plugins.identity.sessions import end_sessions
from diramoja.plugins.information.source import Source, source
from diramoja.plugins.member.body import Body, BodySeat, body
from diramoja.plugins.member.forgetting_contracts import FORMER, ForgetMember
from diramoja.plugins.moderator.case import case
from diramoja.plugins.moderator.case_contracts import ReleaseCase
from diramoja.plugins.moderator.case_state import Case, Reported, Reporters, Sanction
from diramoja.plugins.moderator.moderator import Moderator, Undertaken, moderator
from diramoja.plugins.moderator.screening import Filed, Matter, Screening, Shares, screening
from diramoja.plugins.notification.agent import inbox
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.notification.state import Inbox, Notice
from diramoja.plugins.notification.state import Wall as Refused
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.contracts import PostChanged, TopicChanged
from diramoja.plugins.topic.draft import draft
from diramoja.plugins.topic.draft_state import Amendment, Draft, Proposer, Version
from diramoja.plugins.topic.forgetting import ErasePost
from diramoja.plugins.topic.scores import Tally, spread_of
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import (
    Contribution,
    Follower,
    Mention,
    Opening,
    Participant,
    Post,
    Reaction,
    Supporter,
    Topic,
)
from diramoja.testing.play import Played, play

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def forget(
    kind: AgentKind[Any], state: State, rows: list[Row], *, id: str = "any_1", posts: Any = "keep"
) -> Played[Any]:
    named = tuple((row.wire_name, row.key) for row in rows)
    message = ForgetMember("mem_a", posts, named)
    played = play(kind, state, message, id=id, rows=rows, now=NOW, settings=[TopicSettings()], has=["notification"])
    assert played.reject is None
    again = [row for row in rows if row.key not in {gone.key for gone in played.removes}]
    changed = {(row.wire_name, row.key): row for row in [*again, *played.puts]}
    assert not [row for row in played.puts if "mem_a" in repr(row)]
    repeated = play(kind, played.state, message, id=id, rows=[*changed.values()], now=NOW, settings=[TopicSettings()])
    assert repeated.state == played.state  # Told twice it changes nothing more.
    return played


def removed(played: Played[Any]) -> list[str]:
    return sorted(each.key for each in played.removes)


# --- identity ---


def test_an_account_is_a_shell_and_its_sessions_end() -> None:
    row = Credentials("nam_1", "nam_2", "sealed", "hashed")
    gone = forget(account, Account(phase="open", username="amina", username_key="nam_1"), [row], id="mem_a")
    assert (gone.state, removed(gone)) == (Account(phase="erased"), ["nam_1"])
    assert [each.job for each in gone.calls] == [end_sessions]


def test_a_name_is_free_if_it_was_theirs() -> None:
    assert forget(name, Name(phase="confirmed", owner="mem_a"), []).state == Name()
    assert forget(name, Name(phase="confirmed", owner="mem_b"), []).state.owner == "mem_b"


# --- topics ---


def post(id: str, author: str, **more: Any) -> Post:
    return Post(id, author, f"Words of {id}", "published", 1, NOW, shown=True, **more)


def test_posts_stay_without_their_author_and_the_topic_counts_as_before() -> None:
    rows: list[Row] = [
        Opening("opening", "Why?", (), "mem_a", NOW),
        post("pst_1", "mem_a"),
        Reaction("pst_2:like:mem_a", "mem_a", "like"),
        Participant("mem_a", is_author=True, posts=2, acted=5),
        Contribution("mem_a", 1, 1),
        Follower("mem_a"),
        Supporter("mem_a"),
        Mention("pst_2:mem_a", "pst_2", "mem_a", NOW),
    ]
    tally = Tally(posts=3, authors=2, spread=spread_of(2) + spread_of(1))
    state = Topic(
        phase="active", created_by="mem_a", follower_count=4, supporters=3, post_count=3, participation_count=2,
        tally=tally,
    )  # fmt: skip
    gone = forget(topic, state, rows)
    assert removed(gone) == sorted(["pst_2:like:mem_a", "mem_a", "mem_a", "mem_a", "mem_a", "pst_2:mem_a"])
    assert (gone.state.follower_count, gone.state.supporters, gone.state.participation_count) == (3, 2, 2)
    assert (gone.state.tally, gone.state.created_by) == (tally, FORMER)
    put = {(row.wire_name, row.key): row for row in gone.puts}
    assert put["participant", FORMER] == Participant(FORMER, is_author=True, posts=2, acted=5)
    assert put["contribution", FORMER] == Contribution(FORMER, 1, 1)
    assert put["post", "pst_1"] == post("pst_1", FORMER)
    assert put["opening", "opening"] == Opening("opening", "Why?", (), FORMER, NOW)
    assert sorted(type(each).__name__ for each in gone.events) == sorted([PostChanged.__name__, TopicChanged.__name__])


def test_former_members_of_a_topic_count_as_one() -> None:
    rows: list[Row] = [Participant("mem_a", is_author=True, posts=2), Participant(FORMER, is_author=True, posts=3)]
    tally = Tally(posts=5, authors=2, spread=spread_of(2) + spread_of(3))
    named = ForgetMember("mem_a", "keep", (("participant", "mem_a"),))
    gone = play(topic, Topic(phase="active", tally=tally), named, rows=rows, settings=[TopicSettings()])
    assert (gone.state.tally.authors, gone.state.tally.spread) == (1, spread_of(5))
    assert gone.puts == [Participant(FORMER, is_author=True, posts=5)]


def test_posts_that_are_to_go_are_told_so_one_by_one() -> None:
    gone = forget(topic, Topic(phase="closed"), [post("pst_1", "mem_a"), post("pst_2", "mem_b")], posts="delete")
    assert [each.command for each in gone.tells] == [ErasePost("pst_1", "mem_a")]
    rows = [post("pst_1", "mem_a"), Participant(FORMER, is_author=True, posts=1)]
    state = Topic(phase="closed", post_count=1, tally=Tally(posts=1, authors=1, roots=1, spread=spread_of(1)))
    erased = play(topic, state, ErasePost("pst_1", "mem_a"), rows=rows, settings=[TopicSettings()])
    [left] = [row for row in erased.puts if isinstance(row, Post)]
    assert (left.author, left.body, left.status, erased.state.post_count) == (FORMER, "", "deleted", 0)
    assert erased.state.tally.authors == 0
    assert play(topic, state, ErasePost("pst_1", "mem_c"), rows=rows, settings=[TopicSettings()]).puts == []


def test_a_draft_keeps_its_versions_without_whoever_wrote_them() -> None:
    rows = [
        Version("1", 1, "Text", "hash", "", "mem_a", "", NOW),
        Amendment("amd_1", "mem_a", 1, 1, 1, "Other", "Why", "", NOW, decided_by="mem_b"),
        Proposer("mem_a", 1),
    ]
    gone = forget(draft, Draft(phase="open", created_by="mem_a", waiting=1), rows)
    assert (gone.state.created_by, gone.state.waiting, removed(gone)) == (FORMER, 1, ["mem_a"])
    assert [getattr(row, "author", "") for row in gone.puts] == [FORMER, FORMER]


# --- the others ---


def test_a_conversation_of_two_is_over_and_the_other_keeps_their_words() -> None:
    own = Message("msg_1", 1, "mem_a", "sealed", "plain", "sent", None, NOW)
    rows: list[Row] = [Seat("mem_a", 0, 1, 1, NOW), own]
    state = Conversation(phase="open", created_by="mem_a", members=("mem_a", "mem_b"), last_sender="mem_a")
    gone = forget(conversation, state, rows)
    assert (gone.state.members, gone.state.walls, gone.state.created_by) == (("mem_b",), (FORMER,), FORMER)
    assert gone.puts == [own.but(sender=FORMER, body="", status="deleted")]


def test_a_group_goes_on_and_is_anothers() -> None:
    state = Conversation(phase="open", is_group=True, created_by="mem_a", members=("mem_a", "mem_b", "mem_c"))
    gone = forget(conversation, state, [Seat("mem_a", 0, 1, 1, NOW)])
    assert (gone.state.members, gone.state.created_by, gone.state.walls) == (("mem_b", "mem_c"), "mem_b", ())
    last = forget(conversation, Conversation(phase="open", is_group=True, members=("mem_a",)), [])
    assert last.state.phase == "closed"


def notice(id: str, about: str) -> Notice:
    return Notice(id, 1, "post.replied", "personal", Subject("post", "pst_1"), "Text", {}, ("in_app",), "", about, NOW)


def test_ones_own_inbox_is_closed_for_good() -> None:
    gone = forget(inbox, Inbox(phase="open", count=2, kept=1), [notice("ntc_1", "mem_b")], id="mem_a")
    assert (gone.state, removed(gone), len(gone.cancels)) == (Inbox(phase="closed"), ["ntc_1"], 3)
    told = Notify("post.replied", "personal", Subject("post", "pst_1"), "Text")
    assert play(inbox, gone.state, told, id="mem_a", has=["notification"]).reject
    context: Any = type("Context", (), {"has": lambda _self, _plugin: True})()
    assert notify(context, FORMER, told) == ()


def test_out_of_anothers_inbox_go_the_notices_about_them() -> None:
    rows: list[Row] = [notice("ntc_1", "mem_a"), Refused("mem_a", is_muted=True)]
    gone = forget(inbox, Inbox(phase="open", count=2, kept=2, walls=1), rows, id="mem_b")
    assert (gone.state.kept, gone.state.walls) == (1, 0)
    assert {"ntc_1", "ntc_1:email", "mem_a"} <= {*removed(gone)}


def test_decisions_about_them_stay_and_reports_lose_reporter_and_words() -> None:
    sanction = Sanction("san_1", "mem_a", "warn", "r1", "v1", "Why", "person", "pst_1", NOW, None, NOW)
    rows: list[Row] = [Reported("mem_a", "rep_1", "spam", "My words"), Reporters("0", (("mem_a", "rep_1"),)), sanction]
    state = Case(phase="decided", author="mem_a")
    gone = play(case, state, ForgetMember("mem_a", "keep", tuple((row.wire_name, row.key) for row in rows)), rows=rows)
    assert gone.state == state
    assert gone.puts == [Reported(FORMER, "rep_1", "spam", ""), Reporters("0", ((FORMER, "rep_1"),))]


def test_a_screening_forgets_who_reported_and_shared_but_no_open_case() -> None:
    rows: list[Row] = [
        Filed("pst_1:mem_a", "mem_a", "rep_1"), Shares("pst_1:mem_a", "mem_a", 1), Matter("pst_2:mem_a", "cas_1"),
    ]  # fmt: skip
    assert removed(forget(screening, Screening(phase="watching"), rows)) == ["pst_1:mem_a", "pst_1:mem_a"]


def test_cases_that_a_moderator_held_are_open_to_others() -> None:
    gone = forget(moderator, Moderator(phase="on_duty", active_cases=1), [Undertaken("cas_1")], id="mem_a")
    assert (gone.state, removed(gone)) == (Moderator(), ["cas_1"])
    assert [(each.agent, each.command) for each in gone.tells] == [("cas_1", ReleaseCase())]


def test_a_body_and_a_source_go_on_without_them() -> None:
    seat = BodySeat("mem_a", "chair", NOW)
    gone = play(body, Body(phase="open", members=2), ForgetMember("mem_a", "keep"), rows=[seat])
    assert (gone.state.members, removed(gone)) == (1, ["mem_a"])
    rated = forget(source, Source(phase="confirmed", proposed_by="mem_a", confirmed_by="mem_b"), [])
    assert (rated.state.proposed_by, rated.state.confirmed_by) == (FORMER, "mem_b")
