"""Leaving, coming back, exports, and how what names somebody is found and forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from diramoja.core.ports.rows import EventRow
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import Join
from diramoja.plugins.member.forgetting import EraseMember, ForgetPlaces, LookOn, find_named, forget_log, redacted
from diramoja.plugins.member.forgetting_contracts import FORMER, ForgetMember, MemberErased
from diramoja.plugins.member.leaving import AskExport, ForgetExport, LeaveCommunity, ReturnToCommunity
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import Consent, Following, Liker, Member, MembershipChange, OwnPost, Wall
from diramoja.plugins.topic.contracts import PostReceived
from diramoja.testing.play import Played, play

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TERM = timedelta(days=14)
AMINA = Member(phase="active", username="amina", interests=("health",), region="north", member_since=NOW)
GONE = Member(phase="erased", erase_after=NOW, posts_then="delete")


def does(state: Member, command: Any, **options: Any) -> Played[Member]:
    given: dict[str, Any] = {
        "id": "mem_a", "sender": "mem_a", "now": NOW, "settings": [MemberSettings()], "has": ["notification"],
    }  # fmt: skip
    return play(member, state, command, **given | options)


def test_leaving_changes_nothing_but_that_a_time_is_set() -> None:
    left = does(AMINA, LeaveCommunity("delete"))
    assert left.state == AMINA.but(erase_after=NOW + TERM, posts_then="delete")
    assert [(each.command, each.at) for each in left.reminders] == [(EraseMember(), NOW + TERM)]  # type: ignore[union-attr]
    assert (left.status, [each.kind for each in left.tells]) == (202, ["inbox"])
    again = does(left.state, LeaveCommunity("keep"), now=NOW + timedelta(days=3))
    assert (again.state.erase_after, again.state.posts_then, again.tells) == (NOW + TERM, "keep", [])
    back = does(left.state, ReturnToCommunity())
    assert (back.state, [each.name for each in back.cancels]) == (AMINA, ["erase_member"])  # type: ignore[union-attr]


def test_only_oneself_leaves_returns_and_asks() -> None:
    for command in (LeaveCommunity(), ReturnToCommunity(), AskExport("exp_1")):
        refused = does(AMINA, command, sender="mem_b").reject
        assert refused and (refused.code, refused.status) == ("denied", 403)


def test_exports_are_bounded_and_come_to_an_end() -> None:
    state = AMINA
    for number in range(3):
        asked = does(state, AskExport(f"exp_{number}"))
        assert asked.status == 202
        state = asked.state
    assert does(state, AskExport("exp_9")).reject
    [row] = does(AMINA, AskExport("exp_0")).puts
    assert does(state, AskExport("exp_0"), rows=[row]).state == state
    over = does(state, ForgetExport("exp_0"), rows=[row])
    assert (over.state.exports, [each.key for each in over.removes]) == (2, ["exp_0"])


def test_nothing_is_erased_before_the_term_or_after_a_return() -> None:
    leaving = AMINA.but(erase_after=NOW + TERM)
    assert does(leaving, EraseMember(), now=NOW + TERM - timedelta(seconds=1)).state == leaving
    assert does(AMINA, EraseMember(), now=NOW + TERM).state == AMINA
    erased = does(leaving, EraseMember(), now=NOW + TERM)
    assert erased.state == Member(phase="erased", erase_after=NOW + TERM)
    assert erased.events == [MemberErased("mem_a")]
    assert b"amina" not in msgspec.json.encode(erased.state)


def test_nobody_joins_or_writes_as_somebody_who_is_gone() -> None:
    for command in (Join("amina"), LeaveCommunity(), ReturnToCommunity(), AskExport("exp_1")):
        assert does(GONE, command).reject


def test_whoever_is_found_is_told_and_ones_own_rows_go() -> None:
    consent = Consent("campaign", is_given=True, at=NOW)
    places = (
        ("member", "mem_a", "consent", "campaign"),
        ("member", "mem_b", "following", "mem_a"),
        ("topic", "top_1", "", ""),
        ("topic", "top_2", "post", "pst_1"),
        ("topic", "top_2", "reaction", "pst_2:like:mem_a"),
    )
    found = does(GONE, ForgetPlaces("rows", places, ("topic", "top_2", "reaction", "x")), rows=[consent])
    assert [each.key for each in found.removes] == ["campaign"]
    told = [(each.kind, each.agent, each.command) for each in found.tells]
    assert told == [
        ("member", "mem_b", ForgetMember("mem_a", "delete", (("following", "mem_a"),))),
        ("topic", "top_1", ForgetMember("mem_a", "delete")),
        ("topic", "top_2", ForgetMember("mem_a", "delete", (("post", "pst_1"), ("reaction", "pst_2:like:mem_a")))),
    ]
    assert [each.command for each in found.reminders] == [LookOn("rows", ("topic", "top_2", "reaction", "x"))]


def test_the_stages_follow_each_other_and_everything_is_looked_through_twice() -> None:
    state, stages, at = GONE, [], LookOn()
    while True:
        [call] = does(state, at).calls
        assert call.job is (forget_log if at.stage == "log" else find_named)
        stages.append(at.stage)
        ended = does(state, ForgetPlaces(at.stage, (), None))
        state = ended.state
        if not ended.reminders:
            break
        [reminder] = ended.reminders
        assert isinstance(reminder.command, LookOn)
        at = reminder.command
    assert stages == ["agents", "rows", "log"] * 2


def test_another_member_forgets_whom_they_followed_and_who_liked_them() -> None:
    rows = [
        Following("mem_a", NOW),
        Wall("mem_a", blocks=True, since=NOW),
        Liker("mem_a", "2026-01", 2),
        OwnPost("pst_1", 2, ("mem_a", "mem_c")),
        MembershipChange("mem_b:1", NOW, "mem_a", "member", "good", verified=True, reason="Dues."),
    ]
    named = tuple((row.wire_name, row.key) for row in rows)
    state = AMINA.but(following=3, walls=2)
    after = does(state, ForgetMember("mem_a", "keep", named), id="mem_b", rows=rows)
    assert (after.state.following, after.state.walls) == (2, 1)
    assert [each.key for each in after.removes] == ["mem_a"] * 3
    assert [getattr(row, "likers", None) or getattr(row, "by", None) for row in after.puts] == [("mem_c",), FORMER]
    again = does(after.state, ForgetMember("mem_a", "keep", named), id="mem_b", rows=after.puts)
    assert (again.state, again.removes) == (after.state, [])


def test_a_logged_event_keeps_its_form_and_loses_who_it_was_about() -> None:
    event = PostReceived("top_1", "pst_1", "mem_a", "my words", None, NOW, "mem_b", 1)
    row = EventRow(
        0, 1, "topic", "top_1", event.wire_name, 1, None, NOW, "mem_a:key", "mem_a:key", msgspec.json.encode(event)
    )
    anew = redacted(row, "mem_a")
    read = msgspec.json.decode(anew.body, type=PostReceived)
    assert (read.author, read.body, read.addressee, read.topic) == (FORMER, "", "mem_b", "top_1")
    assert (anew.correlation, anew.causation, anew.seq) == ("mem_former:key", "mem_former:key", 1)
    assert b"mem_a" not in anew.body
