"""Bodies and regions."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as some

from diramoja.core import Command, Row
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.body import Body, BodySeat, body
from diramoja.plugins.member.body_contracts import (
    BodyOpened,
    BodyRole,
    OpenBody,
    Seat,
    SeatChanged,
    SeatMember,
    UnseatMember,
)
from diramoja.plugins.member.contracts import Join
from diramoja.plugins.member.hooks import register_plugin
from diramoja.plugins.member.organisation_queries import region_tree
from diramoja.plugins.member.projections import SeatRecord
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.views import RegionsView, RegionView
from diramoja.testing.play import play
from diramoja.testing.runtime import Runtime

OPEN = Body(phase="open", name="Board")


def test_a_body_is_set_up_below_another_and_in_a_region_there_is() -> None:
    command = OpenBody("Board of the North", "north", "bod_1")
    made = play(body, Body(), command, id="bod_2", settings=[MemberSettings()])
    assert (made.status, made.events) == (201, [BodyOpened("bod_2", "Board of the North", "north", "bod_1")])
    unknown = play(body, Body(), OpenBody("Board", "atlantis"), settings=[MemberSettings()])
    assert unknown.reject and unknown.reject.code == "region_unknown"
    assert play(body, OPEN, command).reject


def test_body_and_member_know_of_each_other(runtime: Runtime) -> None:
    runtime.deploy(attrs.evolve(register_plugin(), views=[]))
    runtime.send(member, "mem_a", Join("amina"), sender="")
    runtime.send(body, "bod_1", OpenBody("Board"))
    roles: tuple[BodyRole, ...] = ("member", "chair", "chair")
    for role in roles:
        runtime.send(body, "bod_1", SeatMember("mem_a", role))
    assert runtime.state(member, "mem_a").seats == (Seat("bod_1", "chair"),)
    assert [event.role for event in runtime.events(SeatChanged)] == ["member", "chair"]
    [row] = runtime.table("body_seat", SeatRecord)
    assert (row.body, row.member, row.role) == ("bod_1", "mem_a", "chair")
    for _ in range(2):
        runtime.send(body, "bod_1", UnseatMember("mem_a"))
    assert runtime.state(member, "mem_a").seats == () and runtime.table("body_seat", SeatRecord) == []
    assert runtime.state(body, "bod_1").members == 0


COMMANDS = some.one_of(
    some.builds(OpenBody, some.just("Board")),
    some.builds(SeatMember, some.sampled_from(["mem_a", "mem_b"]), some.sampled_from(["member", "chair"])),
    some.builds(UnseatMember, some.sampled_from(["mem_a", "mem_b", "mem_c"])),
)


@given(some.lists(COMMANDS, max_size=20))
def test_no_sequence_of_commands_leaves_the_phases_or_miscounts(sequence: list[Command]) -> None:
    state, rows = Body(), dict[str, Row]()
    for command in sequence:
        after = play(body, state, command, rows=list(rows.values()), settings=[MemberSettings()])
        state = after.state
        rows |= {row.key: row for row in after.puts if isinstance(row, BodySeat)}
        for removed in after.removes:
            rows.pop(removed.key, None)
        assert state.phase in body.phases and state.members == len(rows)


# --- regions ---


def test_regions_are_a_tree() -> None:
    own = MemberSettings(
        regions={"coast": {"name": "Coast"}, "kilifi": {"name": "Kilifi", "parent": "coast"}, "rift": {"name": "Rift"}}
    )
    coast = RegionView("coast", "Coast", (RegionView("kilifi", "Kilifi"),))
    assert region_tree(own) == RegionsView((coast, RegionView("rift", "Rift")))
    names = {each.id for each in region_tree(MemberSettings()).items}
    assert names == {"north", "south", "east", "west", "centre"}


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        ({"a": {"name": "A", "parent": "b"}}, "b is missing"),
        ({"a": {"name": "A", "parent": "b"}, "b": {"name": "B", "parent": "a"}}, "twice"),
        ({"a": {"name": "A", "parent": "a"}}, "twice"),
        ({"a": {"parent": ""}}, "no name"),
    ],
)
def test_regions_that_are_no_tree_are_refused(regions: dict[str, dict[str, str]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        MemberSettings(regions=regions)  # type: ignore[arg-type]  # wrong on purpose


def test_thresholds_of_activity_are_in_order() -> None:
    with pytest.raises(ValueError, match="occasional first"):
        MemberSettings(occasional_after_days=40)
