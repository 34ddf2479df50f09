from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from diramoja.core import Command
from diramoja.plugins.member.agent import Following, Member, member
from diramoja.plugins.member.contracts import (
    CountPost,
    FollowMember,
    Join,
    LevelChanged,
    MemberFollowed,
    SetMembership,
    StandingChanged,
    SubmitPost,
    SubmitTopic,
    UnfollowMember,
    UpdateProfile,
)
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.topic.contracts import OpenTopic, TakePost
from diramoja.testing.play import play

ACTIVE = Member(phase="active", username="amina", region="north")
SETTINGS = [MemberSettings(following_max=2)]


def test_joining_makes_a_supporter_and_again_changes_nothing() -> None:
    joined = play(member, Member(), Join("amina", ("healthcare",)), id="mem_a")
    assert (joined.state.membership_level, joined.status) == ("supporter", 201)
    again = play(member, joined.state, Join("amina"), id="mem_a")
    assert (again.state, again.events) == (joined.state, [])


def test_a_profile_is_changed_by_its_member_only_and_what_is_not_given_stays() -> None:
    changed = play(member, ACTIVE, UpdateProfile(interests=("economy",)), id="mem_a", sender="mem_a")
    assert (changed.state.interests, changed.state.region) == (("economy",), "north")
    refused = play(member, ACTIVE, UpdateProfile(region="south"), id="mem_a", sender="mem_b")
    assert refused.reject
    assert refused.reject.status == 403


def test_level_and_standing_change_with_a_reason() -> None:
    after = play(member, ACTIVE, SetMembership("dues", level="member", standing="arrears"), id="mem_a")
    assert after.events == [LevelChanged("mem_a", "member", "dues"), StandingChanged("mem_a", "arrears", "dues")]
    assert play(member, after.state, SetMembership("again", level="member"), id="mem_a").events == []


def test_following_counts_once_and_has_an_end() -> None:
    def follow(state: Member, whom: str, rows: list[Following]) -> Any:
        return play(member, state, FollowMember(whom), id="mem_a", sender="mem_a", rows=rows, settings=SETTINGS)

    first = follow(ACTIVE, "mem_b", [])
    assert first.events == [MemberFollowed("mem_a", "mem_b")]
    again = follow(first.state, "mem_b", first.puts)
    assert (again.events, again.puts) == ([], [])
    assert follow(ACTIVE, "mem_a", []).reject
    full = follow(first.state.but(following=2), "mem_c", first.puts)
    assert full.reject
    assert full.reject.code == "following_full"
    gone = play(member, first.state, UnfollowMember("mem_b"), id="mem_a", sender="mem_a", rows=first.puts)
    assert gone.state.following == 0
    assert play(member, ACTIVE, UnfollowMember("mem_b"), id="mem_a", sender="mem_a").removes == []


def test_a_post_goes_on_to_its_topic_with_the_author_and_the_answer() -> None:
    after = play(member, ACTIVE, SubmitPost("top_1", "pst_1", "hello"), id="mem_a", sender="mem_a")
    [told] = after.tells
    assert (told.kind, told.agent, told.answers) == ("topic", "top_1", True)
    assert told.command == TakePost("pst_1", "mem_a", "hello", None, ACTIVE.member_since)


@pytest.mark.parametrize(("sender", "standing"), [("mem_b", "good"), ("mem_a", "suspended_by_body")])
def test_nobody_posts_for_another_or_while_suspended(sender: str, standing: str) -> None:
    state = ACTIVE.but(standing=standing)
    after = play(member, state, SubmitPost("top_1", "pst_1", "hello"), id="mem_a", sender=sender)
    assert after.reject
    assert after.reject.status == 403
    assert after.tells == []


def test_a_topic_goes_on_with_its_creator_unless_suspended() -> None:
    command = SubmitTopic("top_1", "Clinics", "Where?", "healthcare", ("a",), policy_proposal=True)
    after = play(member, ACTIVE, command, id="mem_a", sender="mem_a")
    [told] = after.tells
    assert (told.agent, told.answers) == ("top_1", True)
    assert told.command == OpenTopic("Clinics", "Where?", "healthcare", ("a",), policy_proposal=True)
    suspended = play(member, ACTIVE.but(standing="suspended_by_body"), command, id="mem_a", sender="mem_a")
    assert suspended.reject
    assert suspended.reject.code == "suspended"


COMMANDS = some.sampled_from(
    [
        Join("amina"),
        UpdateProfile(region="south"),
        SetMembership("r", level="leader"),
        FollowMember("mem_b"),
        UnfollowMember("mem_b"),
        SubmitPost("top_1", "pst_1", "hello"),
        CountPost("pst_1", is_reply=False),
        CountPost("pst_2", is_reply=True),
    ]
)


@given(some.lists(some.tuples(COMMANDS, some.sampled_from(["mem_a", "mem_b", ""])), max_size=20))
def test_no_sequence_of_commands_leaves_the_phases_or_makes_a_count_negative(
    sequence: list[tuple[Command, str]],
) -> None:
    state, rows = Member(), dict[str, Following]()
    for command, sender in sequence:
        after = play(member, state, command, id="mem_a", sender=sender, rows=list(rows.values()), settings=SETTINGS)
        state = after.state
        rows.update({row.key: row for row in after.puts if isinstance(row, Following)})
        for removed in after.removes:
            rows.pop(removed.key, None)
        assert state.phase in member.phases
        assert state.following == len(rows)
