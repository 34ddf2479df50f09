"""Who is there and who is typing, over gateways that share a broker in memory."""

import json
from collections.abc import Sequence
from typing import Any, cast

import pytest

from diramoja.core import AgentKind, Channel, Plugin, State
from diramoja.core.ports.rows import AgentKey
from diramoja.core.registry import Registry
from diramoja.testing.memory import MemoryBroker, VirtualClock
from diramoja_community import presence
from diramoja_community.channels import Channels
from diramoja_community.outbox import OUTBOX_FRAMES, Outbox
from diramoja_community.places import SHOWN_MAX, Place, Stay
from diramoja_community.presence import FRAMES_PER_S, TYPING_MAX, Presence
from tests.support.talks import Talk

ROOM, CLUB, QUIET = AgentKey("room", "rom_1"), AgentKey("club", "clb_1"), AgentKey("quiet", "qui_1")


class Ear(Outbox):
    """Somebody's connection that keeps what it is told."""

    def __init__(self, member: str, *walls: str, shows: bool = True) -> None:
        super().__init__()
        self.member = member
        self.walls, self.shows = frozenset(walls), shows

    def take(self) -> list[dict[str, Any]]:
        return [json.loads(each) for each in self.take_now()]


async def allows(*_: object) -> bool:
    return True


def channels() -> Channels:
    def kind(name: str, prefix: str) -> AgentKind[State]:
        return AgentKind(name, cast("type[State]", Talk), prefix=prefix)

    plugin = Plugin(
        name="rooms",
        kinds=[kind("room", "rom"), kind("club", "clb"), kind("quiet", "qui")],
        permissions={"room.hear": {"guest"}},
        channels={
            "room": Channel("room.hear", presence=True),
            "club": Channel("room.hear", presence=True, allows=allows),
            "quiet": Channel("room.hear"),
        },
    )
    return Channels(Registry.of([plugin]))


class World:
    """Gateways whose time is the test's."""

    def __init__(self, gateways: int = 1, least: int = 3) -> None:
        broker = MemoryBroker(VirtualClock())
        self.now = 1_000.0
        self.broker = broker
        self.gateways = [Presence(broker, channels(), f"gw{number}", least=least) for number in range(gateways)]
        self.listening: list[Any] = []

    async def start(self) -> "World":
        for each in self.gateways:
            self.listening.append(await self.broker.listen(presence.SUBJECT, each._heard))
        return self

    async def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.now += presence.TICK_S
            for each in self.gateways:
                await each._tick(self.now)

    async def settle(self) -> None:
        await self.tick(6)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


pytestmark = pytest.mark.anyio


async def test_few_people_are_not_counted_and_those_who_hide_are_not_named() -> None:
    world = await World().start()
    (gateway,) = world.gateways
    first, second = Ear("mem_a", shows=False), Ear("mem_b", shows=False)
    gateway.enter(first, [ROOM, QUIET])
    gateway.enter(second, [ROOM])
    await world.settle()
    assert (first.take(), second.take()) == ([], [])
    third = Ear("mem_c", shows=False)
    gateway.enter(third, [ROOM])
    await world.settle()
    assert first.take() == [
        {
            "type": "presence",
            "channel": "room:rom_1",
            "seq": None,
            "count": 3,
            "withheld": False,
            "joined": [],
            "left": [],
        }
    ]
    assert [(each["count"], each["members"]) for each in third.take()] == [(3, [])]
    gateway.leave(third, [ROOM])
    await world.settle()
    assert [(each["count"], each["withheld"]) for each in first.take()] == [(None, True)]


async def test_several_connections_of_one_member_are_one() -> None:
    world = await World().start()
    (gateway,) = world.gateways
    ears = [Ear("mem_a") for _ in range(5)]
    for ear in ears:
        gateway.enter(ear, [ROOM])
        gateway.enter(ear, [ROOM])
    await world.settle()
    assert [(each["count"], each["members"]) for each in ears[0].take()] == [(None, ["mem_a"])]
    for ear in ears[1:]:
        gateway.leave(ear, [ROOM])
    await world.settle()
    assert ears[0].take() == []


async def test_gateways_count_together_and_name_those_of_the_others() -> None:
    world = await World(gateways=3).start()
    one, two, three = world.gateways
    first, second, third = Ear("mem_a"), Ear("mem_b", shows=False), Ear("mem_c")
    one.enter(first, [ROOM])
    await world.settle()
    two.enter(second, [ROOM])
    three.enter(third, [ROOM])
    await world.settle()
    known = {name for each in first.take() for name in (*each.get("members", ()), *each.get("joined", ()))}
    assert known == {"mem_a", "mem_c"}
    assert one._places[ROOM].told_count == two._places[ROOM].told_count == three._places[ROOM].told_count == 3
    three.leave(third, [ROOM])
    await world.settle()
    assert [(each["count"], each["left"]) for each in first.take()] == [(None, ["mem_c"])]


async def test_gateway_that_ends_or_is_heard_no_more_is_forgotten() -> None:
    world = await World(gateways=3, least=1).start()
    one, two, three = world.gateways
    ears = [Ear("mem_a"), Ear("mem_b"), Ear("mem_c")]
    for gateway, ear in zip(world.gateways, ears, strict=True):
        gateway.enter(ear, [ROOM])
    await world.settle()
    assert one._places[ROOM].told_count == 3
    await three._say(presence.News("gw2", is_over=True))
    await world.listening[2].end()
    world.gateways.remove(three)
    await world.settle()
    assert one._places[ROOM].told_count == 2
    world.gateways.remove(two)  # It says nothing any more.
    far = one._places[ROOM].far["gw1"]
    world.now = far.until + 1
    await world.settle()
    assert one._places[ROOM].told_count == 1


async def test_wall_hides_each_from_the_other_and_is_seen_when_it_goes_up_or_down() -> None:
    world = await World(least=1).start()
    (gateway,) = world.gateways
    walled, other, friend = Ear("mem_a", "mem_b"), Ear("mem_b", "mem_a"), Ear("mem_c")
    for ear in (walled, other, friend):
        gateway.enter(ear, [CLUB])
    await world.settle()
    assert [(each["count"], each["members"]) for each in walled.take()] == [(2, ["mem_a", "mem_c"])]
    assert [(each["count"], each["members"]) for each in other.take()] == [(2, ["mem_b", "mem_c"])]
    friend.take()
    gateway.leave(other, [CLUB])
    await world.settle()
    assert walled.take() == []
    assert [each["left"] for each in friend.take()] == [["mem_b"]]
    gateway.enter(other, [CLUB])
    walled.walls = frozenset()
    gateway.revise(walled, [CLUB])
    await world.settle()
    assert [each["members"] for each in walled.take()] == [["mem_a", "mem_b", "mem_c"]]
    walled.walls = frozenset({"mem_b", "mem_c"})
    gateway.revise(walled, [CLUB])
    await world.settle()
    assert [(each["count"], each["members"]) for each in walled.take()] == [(1, ["mem_a"])]


async def test_in_a_private_channel_only_those_are_counted_who_show_themselves() -> None:
    world = await World(least=1).start()
    (gateway,) = world.gateways
    first, hidden = Ear("mem_a"), Ear("mem_b", shows=False)
    gateway.enter(first, [CLUB])
    gateway.enter(hidden, [CLUB])
    await world.settle()
    assert [(each["count"], each["members"]) for each in first.take()] == [(1, ["mem_a"])]
    hidden.shows = True
    gateway.revise(hidden, [CLUB])
    await world.settle()
    assert [(each["count"], each["joined"]) for each in first.take()] == [(2, ["mem_b"])]


async def test_a_channel_is_told_once_a_second_however_much_happens() -> None:
    world = await World(least=1).start()
    (gateway,) = world.gateways
    listener = Ear("mem_a")
    gateway.enter(listener, [ROOM])
    for number in range(40):
        come = Ear(f"mem_{number}")
        gateway.enter(come, [ROOM])
        await world.tick()
    assert len(listener.take()) <= 21


async def test_what_is_told_in_a_second_is_bounded_and_large_channels_are_told_less_often() -> None:
    world = await World(least=1).start()
    (gateway,) = world.gateways
    ears = [Ear(f"mem_{number}") for number in range(3 * FRAMES_PER_S)]
    for ear in ears:
        gateway.enter(ear, [ROOM])
    await world.settle()
    sum(len(ear.take()) for ear in ears)
    told, seconds = 0, 20
    for number in range(2 * seconds):
        gateway.enter(Ear(f"new_{number}"), [ROOM])
        await world.tick()
        told += sum(len(ear.take()) for ear in ears)
    assert told <= FRAMES_PER_S * seconds + len(ears)
    assert ears[0]._frames == [] and told >= len(ears) * 2


async def test_so_many_are_named_and_no_more() -> None:
    world = await World(gateways=2, least=1).start()
    one, two = world.gateways
    listener = Ear("mem_zz")
    one.enter(listener, [ROOM])
    for number in range(SHOWN_MAX):
        one.enter(Ear(f"mem_{number}"), [ROOM])
        two.enter(Ear(f"far_{number}"), [ROOM])
    await world.settle()
    named: set[str] = set()
    for each in listener.take():
        named |= {*each.get("members", ()), *each.get("joined", ())}
        named -= {*each.get("left", ())}
    assert len(named) == SHOWN_MAX
    assert one._places[ROOM].told_count == 2 * SHOWN_MAX + 1


async def test_a_full_queue_is_passed_over_and_put_right_later() -> None:
    world = await World(least=1).start()
    (gateway,) = world.gateways
    lagging = Ear("mem_a")
    gateway.enter(lagging, [ROOM])
    await world.settle()
    lagging.take()
    for _ in range(OUTBOX_FRAMES // 2 + 1):
        lagging.put("{}")
    gateway.enter(Ear("mem_b"), [ROOM])
    gateway.typing(Ear("mem_b"), ROOM)
    await world.settle()
    assert lagging.take() == [{}] * (OUTBOX_FRAMES // 2 + 1)
    await world.settle()
    assert [(each["count"], each["members"]) for each in lagging.take()] == [(2, ["mem_a", "mem_b"])]


async def test_typing_reaches_other_gateways_and_neither_oneself_nor_whom_a_wall_keeps_apart() -> None:
    world = await World(gateways=2).start()
    one, two = world.gateways
    typist, near, far = Ear("mem_a", shows=False), Ear("mem_b", shows=False), Ear("mem_c", shows=False)
    walled = Ear("mem_d", "mem_a", shows=False)
    for gateway, ears in ((one, (typist, near)), (two, (far, walled))):
        for ear in ears:
            gateway.enter(ear, [CLUB])
    one.typing(typist, CLUB)
    await world.tick(3)
    told = {"type": "typing", "channel": "club:clb_1", "seq": None, "members": ["mem_a"]}
    assert (near.take(), far.take()) == ([told], [told])
    assert (typist.take(), walled.take()) == ([], [])
    await world.settle()
    assert (near.take(), far.take()) == ([], [])


async def test_of_many_who_type_a_few_are_named_and_without_room_none() -> None:
    world = await World().start()
    (gateway,) = world.gateways
    listener = Ear("mem_z", shows=False)
    gateway.enter(listener, [ROOM])
    for number in range(50):
        gateway.typing(Ear(f"mem_{number}"), ROOM)
    await world.tick()
    assert [len(each["members"]) for each in listener.take()] == [TYPING_MAX]
    gateway._credit = -10_000
    gateway.typing(Ear("mem_1"), ROOM)
    await world.tick()
    assert listener.take() == []
    assert gateway.counts.dropped == 1


async def test_nothing_is_kept_of_channels_that_nobody_hears() -> None:
    world = await World(gateways=2).start()
    one, two = world.gateways
    for number in range(300):
        ear, key = Ear(f"mem_{number}"), AgentKey("room", f"rom_{number}")
        one.enter(ear, [key])
        one.typing(ear, key)
        one.leave(ear, [key])
    await world.settle()
    for gateway in (one, two):
        assert not (gateway._places or gateway._changed or gateway._due or gateway._typing or gateway._typed_here)
    assert one.counts.places == 0


GARBAGE: Sequence[bytes] = (
    b"",
    b"{",
    b"[]",
    b"[5]",
    b'["gw9", [["room"]]]',
    b'["gw9", [], [["room", "rom_1", 5]]]',
    b"\xff",
)


async def test_what_is_no_news_is_passed_over() -> None:
    world = await World().start()
    for data in GARBAGE:
        await world.broker.hint(presence.SUBJECT, data)
    await world.tick()
    assert world.gateways[0].counts.places == 0


async def test_other_gateways_of_a_place_are_bounded() -> None:
    place = Place(ROOM, "room:rom_1", is_private=False)
    for number in range(1_000):
        place.hear(f"gw{number}", Stay("room", "rom_1", 1, [f"mem_{n}" for n in range(1_000)]), 9.0)
    assert len(place.far) < 100
    assert all(len(far.shown) <= SHOWN_MAX for far in place.far.values())
    assert place.expire(10.0)
    assert not place.far
