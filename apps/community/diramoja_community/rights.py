"""What those who listen may hear, as it changes: whom a wall keeps apart, and channels that ask for each reader.

Walls are read when somebody begins to listen, whenever the kind that keeps them publishes something live, and every ten
seconds for all who listen, in one query. Channels by invitation are asked again every ten seconds
where something happened.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import anyio
import attrs
import structlog

from diramoja.core.errors import DeniedError, DiramojaError
from diramoja.core.gateway import Reader
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import AgentKey
from diramoja.core.registry import Registry
from diramoja_community.channels import Channels
from diramoja_community.feed import LiveFeed
from diramoja_community.outbox import Outbox

__all__ = ["Listener", "Rights"]

RECHECK_S = 10.0
SETTLES_S = 0.1
"""Several walls that go up at once are read once."""

log = structlog.get_logger(__name__)


@attrs.define(eq=False)
class Listener:
    """Somebody who listens; `invited`: channel by invitation → its number when it was last asked."""

    reader: Reader
    outbox: Outbox
    invited: dict[AgentKey, int] = attrs.field(factory=dict)


class Rights:
    """One process's; `async with rights.kept():` around its life."""

    def __init__(self, registry: Registry, channels: Channels, feed: LiveFeed, database: Database) -> None:
        self._walls = next((each.walls for each in registry.plugins.values() if each.walls), None)
        self._channels = channels
        self._feed = feed
        self._database = database
        self._listeners: dict[Listener, None] = {}
        self._changed = asyncio.Event()

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Watch for the block."""
        if self._walls is not None:
            self._feed.watch(self._walls.kind, self._changed.set)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch)
            yield
            tasks.cancel_scope.cancel()

    def add(self, listener: Listener) -> None:
        """Keep what a listener may hear up to date, until they are dropped."""
        self._listeners[listener] = None

    def drop(self, listener: Listener) -> None:
        """They listen no more."""
        self._listeners.pop(listener, None)

    async def admit(self, listener: Listener, name: str) -> AgentKey:
        """The channel of this name, if the listener may hear it.

        Raises:
            DiramojaError: they may not, or there is none; its text is for the client.
        """
        key = self._channels.resolve(name, listener.reader)
        if not await self._is_invited(key, listener.reader):
            raise DeniedError("You take no part there.", code="channel_denied")
        if self._channels.of(key.kind).allows:
            listener.invited[key] = -1
        return key

    async def read_walls(self, listener: Listener) -> None:
        """From whom a wall keeps the listener apart, before they begin to hear."""
        await self._read_walls([listener])

    async def _is_invited(self, key: AgentKey, reader: Reader) -> bool:
        allows = self._channels.of(key.kind).allows
        return allows is None or await allows(self._database, key.agent, reader)

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        asked_at = clock()
        while True:
            with anyio.move_on_after(RECHECK_S):
                await self._changed.wait()
                await asyncio.sleep(SETTLES_S)
            self._changed.clear()
            try:
                await self._read_walls(list(self._listeners))
                if clock() - asked_at >= RECHECK_S:  # However often walls go up and down meanwhile.
                    asked_at = clock()
                    await self._ask_again()
            except DiramojaError as error:
                log.warning("live_rights_unchecked", code=error.code)
            except Exception:  # the border: a plugin's query that raises does not end the gateway
                log.exception("live_rights_failed")

    async def _read_walls(self, listeners: list[Listener]) -> None:
        members = sorted({each.reader.member for each in listeners} - {""})
        if self._walls is None or not members:
            return
        apart = await self._walls.query(self._database, members)
        for each in listeners:
            each.outbox.walls = apart.get(each.reader.member, frozenset())

    async def _ask_again(self) -> None:
        for listener in list(self._listeners):
            for key, asked_at in list(listener.invited.items()):
                last = self._feed.last_of(key)
                if last is None or last == asked_at:
                    continue
                if await self._is_invited(key, listener.reader):
                    listener.invited[key] = last
                else:
                    listener.invited.pop(key, None)
                    self._feed.leave(listener.outbox, [key])
