"""What listeners may hear, as it changes while they listen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import anyio
import pytest

from diramoja.core import AgentKind, Channel, Plugin, Reader, State, Walls
from diramoja.core.errors import DiramojaError
from diramoja.core.ports.database import Database
from diramoja.core.ports.rows import AgentKey
from diramoja.core.registry import Registry
from diramoja_community import rights
from diramoja_community.channels import Channels
from diramoja_community.conduct import Conduct
from diramoja_community.feed import LiveFeed
from diramoja_community.outbox import Outbox
from diramoja_community.rights import Listener, Rights
from tests.support.talks import Talk

ROOM = AgentKey("room", "rom_1")


class Feed:
    """One open channel in which something happens all the time."""

    def __init__(self) -> None:
        self.seq = 0
        self.left: list[AgentKey] = []
        self.changed: Callable[[], None] = lambda: None
        self.turned: Callable[[AgentKey], None] = lambda _: None

    def watch_rights(self, changing: Callable[[str], str], tell: Callable[[AgentKey], None]) -> None:
        assert changing("room") == "room.changed"
        self.turned = tell

    def watch(self, kind: str, tell: Callable[[], None]) -> None:
        self.changed = tell

    def last_of(self, key: AgentKey) -> int:
        self.seq += 1
        return self.seq

    def leave(self, ear: object, keys: Sequence[AgentKey]) -> None:
        self.left += keys


class Box(Outbox):
    """Keeps what it may not hear any more."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: list[tuple[AgentKey, str]] = []

    def lose(self, key: AgentKey, error: DiramojaError) -> None:
        self.lost.append((key, error.code))


class World:
    """A room by invitation, and walls that a test puts up."""

    def __init__(self) -> None:
        self.invited = True
        self.walls: Exception | frozenset[str] = frozenset()
        self.feed = Feed()
        room: AgentKind[State] = AgentKind("room", cast("type[State]", Talk), prefix="rom")
        plugin = Plugin(
            name="rooms",
            kinds=[room],
            permissions={"room.hear": {"guest"}},
            channels={"room": Channel("room.hear", allows=self.allows, changes="room.changed")},
            walls=Walls("room", self.between),
        )
        registry = Registry.of([plugin])
        database, feed = cast("Database", None), cast("LiveFeed", self.feed)
        conduct = Conduct(registry, database)
        self.rights = Rights(registry, Channels(registry), feed, database=database, conduct=conduct)
        self.box = Box()
        self.listener = Listener(Reader("mem_a"), self.box)

    async def allows(self, _db: Any, _agent: str, _reader: Reader) -> bool:
        return self.invited

    async def between(self, _db: Any, members: Sequence[str]) -> Mapping[str, frozenset[str]]:
        if isinstance(self.walls, Exception):
            raise self.walls
        return dict.fromkeys(members, self.walls)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(rights, "RECHECK_S", 0.2)
    monkeypatch.setattr(rights, "SETTLES_S", 0.01)
    return World()


async def comes(look: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
    with anyio.fail_after(10):
        while not look():
            meanwhile()
            await anyio.sleep(0.02)


@pytest.mark.anyio
async def test_who_is_invited_no_more_hears_no_more_however_often_walls_change(world: World) -> None:
    async with world.rights.kept():
        assert await world.rights.admit(world.listener, "room:rom_1") == ROOM
        world.rights.add(world.listener)
        world.invited = False
        await comes(lambda: world.feed.left == [ROOM], meanwhile=world.feed.changed)
    assert world.box.lost == [(ROOM, "channel_denied")]


@pytest.mark.anyio
async def test_who_is_invited_no_more_is_told_as_soon_as_the_channel_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "RECHECK_S", 60)
    async with world.rights.kept():
        await world.rights.admit(world.listener, "room:rom_1")
        world.rights.add(world.listener)
        world.feed.turned(ROOM)
        await anyio.sleep(0.05)
        assert not world.box.lost
        world.invited = False
        world.feed.turned(AgentKey("room", "rom_2"))
        await anyio.sleep(0.05)
        assert not world.box.lost
        world.feed.turned(ROOM)
        await comes(lambda: world.box.lost == [(ROOM, "channel_denied")])


@pytest.mark.anyio
async def test_a_wall_is_seen_at_once_and_a_query_that_raises_ends_nothing(world: World) -> None:
    async with world.rights.kept():
        world.rights.add(world.listener)
        world.walls = ZeroDivisionError()
        world.feed.changed()
        await anyio.sleep(0.05)
        world.walls = frozenset({"mem_b"})
        world.feed.changed()
        await comes(lambda: world.listener.outbox.walls == {"mem_b"})
