"""Following, blocking and muting: both agents know of a block, nobody is shown it."""

from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from diramoja.core import Command
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import (
    BlockMember,
    FollowMember,
    Join,
    MemberFollowed,
    MuteMember,
    UnblockMember,
    UnfollowMember,
    UnmuteMember,
    WallChanged,
)
from diramoja.plugins.member.hooks import register_plugin
from diramoja.plugins.member.projections import MuteRecord, WallRecord
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import Following, Member, Wall
from diramoja.testing.play import play
from diramoja.testing.runtime import Runtime

MEMBERS = attrs.evolve(register_plugin(), views=[])
ACTIVE = Member(phase="active", username="amina")
SETTINGS = [MemberSettings(following_max=2, walls_max=2)]


def pairs(stage: Runtime) -> set[tuple[str, str]]:
    return {(row.member, row.other) for row in stage.table("member_wall", WallRecord)}


@pytest.fixture
def stage(runtime: Runtime) -> Runtime:
    runtime.deploy(MEMBERS)
    for id in ("mem_a", "mem_b"):
        runtime.send(member, id, Join(id), sender="")
    return runtime


def does(stage: Runtime, who: str, command: Command) -> int | None:
    return stage.send(member, who, command, sender=who).status


def test_following_counts_once_and_has_an_end() -> None:
    def follow(state: Member, whom: str, rows: list[Any]) -> Any:
        return play(member, state, FollowMember(whom), id="mem_a", sender="mem_a", rows=rows, settings=SETTINGS)

    first = follow(ACTIVE, "mem_b", [])
    assert [event for event in first.events if isinstance(event, MemberFollowed)] == [MemberFollowed("mem_a", "mem_b")]
    again = follow(first.state, "mem_b", first.puts)
    assert (again.events, again.puts) == ([], [])
    assert follow(ACTIVE, "mem_a", []).reject.code == "follow_self"
    assert follow(first.state.but(following=2), "mem_c", first.puts).reject.code == "following_full"
    gone = play(member, first.state, UnfollowMember("mem_b"), id="mem_a", sender="mem_a", rows=first.puts)
    assert gone.state.following == 0
    assert play(member, ACTIVE, UnfollowMember("mem_b"), id="mem_a", sender="mem_a").removes == []


def test_a_block_is_known_to_both_ends_following_and_lets_neither_follow(stage: Runtime) -> None:
    does(stage, "mem_a", FollowMember("mem_b"))
    does(stage, "mem_b", FollowMember("mem_a"))
    does(stage, "mem_a", BlockMember("mem_b"))
    assert pairs(stage) == {("mem_a", "mem_b"), ("mem_b", "mem_a")}
    assert [stage.state(member, id).following for id in ("mem_a", "mem_b")] == [0, 0]
    assert stage.row(member, "mem_b", Following, "mem_a") is None
    for who, whom in (("mem_a", "mem_b"), ("mem_b", "mem_a")):
        assert does(stage, who, FollowMember(whom)) == 404
    does(stage, "mem_a", UnblockMember("mem_b"))
    assert pairs(stage) == set()
    does(stage, "mem_b", FollowMember("mem_a"))
    assert stage.state(member, "mem_b").following == 1


def test_a_block_of_both_stands_until_both_take_it_back(stage: Runtime) -> None:
    for who, whom in (("mem_a", "mem_b"), ("mem_b", "mem_a")):
        does(stage, who, BlockMember(whom))
    does(stage, "mem_a", UnblockMember("mem_b"))
    assert pairs(stage) == {("mem_a", "mem_b"), ("mem_b", "mem_a")}
    does(stage, "mem_b", UnblockMember("mem_a"))
    assert pairs(stage) == set()
    assert stage.dead_letters() == []


def test_a_mute_is_known_to_its_owner_alone(stage: Runtime) -> None:
    does(stage, "mem_a", FollowMember("mem_b"))
    does(stage, "mem_a", MuteMember("mem_b"))
    assert [(row.member, row.other) for row in stage.table("member_mute", MuteRecord)] == [("mem_a", "mem_b")]
    assert stage.row(member, "mem_b", Wall, "mem_a") is None
    assert pairs(stage) == set() and stage.state(member, "mem_a").following == 1
    does(stage, "mem_a", UnmuteMember("mem_b"))
    assert stage.table("member_mute", MuteRecord) == []


def test_every_change_of_a_wall_is_published_once(stage: Runtime) -> None:
    for command in (BlockMember, BlockMember, MuteMember, MuteMember, UnblockMember, UnblockMember, UnmuteMember):
        does(stage, "mem_a", command("mem_b"))
    told = [(event.wall, event.is_up) for event in stage.events(WallChanged)]
    assert told == [("block", True), ("mute", True), ("block", False), ("mute", False)]


@pytest.mark.parametrize("command", [BlockMember, MuteMember])
def test_walls_have_an_end_and_are_not_for_oneself(command: type[BlockMember] | type[MuteMember]) -> None:
    def put_up(whom: str, state: Member, sender: str = "mem_a") -> Any:
        return play(member, state, command(whom), id="mem_a", sender=sender, settings=SETTINGS).reject

    assert put_up("mem_a", ACTIVE).code == "wall_self"
    assert put_up("mem_b", ACTIVE.but(walls=2)).code == "walls_full"
    assert put_up("mem_b", ACTIVE, "mem_c").status == 403


COMMANDS = (FollowMember, UnfollowMember, BlockMember, UnblockMember, MuteMember, UnmuteMember)
STEPS = some.tuples(some.sampled_from(COMMANDS), some.sampled_from([("mem_a", "mem_b"), ("mem_b", "mem_a")]))


@settings(max_examples=60, deadline=None)
@given(some.lists(STEPS, max_size=15), some.integers(0, 1_000), some.sampled_from([0.0, 0.05]))
def test_whatever_two_members_do_a_block_is_in_both_directions(steps: list[Any], seed: int, crash_ratio: float) -> None:
    stage = Runtime(seed, crash_ratio)
    try:
        stage.deploy(MEMBERS)
        for id in ("mem_a", "mem_b"):
            stage.send(member, id, Join(id), sender="")
        for command, (who, whom) in steps:
            does(stage, who, command(whom))
        blocks = {}
        for who, whom in (("mem_a", "mem_b"), ("mem_b", "mem_a")):
            wall = stage.row(member, who, Wall, whom) or Wall(whom)
            blocks[who] = wall.blocks
            state = stage.state(member, who)
            assert state.walls == int(wall.blocks or wall.mutes)
            assert state.following == int(stage.row(member, who, Following, whom) is not None)
        stands = any(blocks.values())
        assert pairs(stage) == ({("mem_a", "mem_b"), ("mem_b", "mem_a")} if stands else set())
        assert not stands or not any(stage.state(member, id).following for id in blocks)
        assert stage.dead_letters() == []
    finally:
        stage.close()
