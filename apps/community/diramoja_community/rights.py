"""What those who listen may hear, as it changes: whom a wall keeps apart, and channels that ask for each reader.

Walls are read when somebody begins to listen, whenever the kind that keeps them publishes something live, and every ten
seconds for all who listen, in one query. Channels by invitation are asked again as soon as they say that this changed,
and every ten seconds where something happened; whoever may not hear one any more is told so.
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
from diramoja.core.ports.rows import AgentKey
from diramoja.core.registry import Registry
from diramoja_community.channels import Channels
from diramoja_community.conduct import Conduct
from diramoja_community.feed import LiveFeed
from diramoja_community.outbox import Outbox

__all__ = ["Listener", "Rights"]

RECHECK_S = 10.0
SETTLES_S = 0.1
"""Several walls that go up at once are read once."""
WRITES_S = 30.0
"""Whether somebody may write is asked once in this time while they type."""
ASKING_MAX = 16

log = structlog.get_logger(__name__)


@attrs.define(eq=False)
class Listener:
    """Somebody who listens; `invited`: channel by invitation → its number when it was last asked.

    `writes`: channel → (whether they may write there, until when that is believed).
    """

    reader: Reader
    outbox: Outbox
    invited: dict[AgentKey, int] = attrs.field(factory=dict)
    writes: dict[AgentKey, tuple[bool, float]] = attrs.field(factory=dict)


class Rights:
    """One process's; `async with rights.kept():` around its life."""

    def __init__(
        self, registry: Registry, channels: Channels, feed: LiveFeed, *, database: Database, conduct: Conduct
    ) -> None:
        self._walls = next((each.walls for each in registry.plugins.values() if each.walls), None)
        self._shown = next((each.shown for each in registry.plugins.values() if each.shown), None)
        self._channels = channels
        self._feed = feed
        self._database = database
        self._conduct = conduct
        self._listeners: dict[Listener, None] = {}
        self._changed = asyncio.Event()
        self._moved = False
        self._turned: set[AgentKey] = set()
        self._asking = 0

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Watch for the block."""
        if self._walls is not None:
            self._feed.watch(self._walls.kind, self._walls_moved)
        self._feed.watch_rights(self._channels.changing, self._rights_turned)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch)
            yield
            tasks.cancel_scope.cancel()

    def _walls_moved(self) -> None:
        self._moved = True
        self._changed.set()

    def _rights_turned(self, key: AgentKey) -> None:
        self._turned.add(key)
        self._changed.set()

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
        if self._channels.of(key).allows:
            listener.invited[key] = -1
        return key

    async def read_walls(self, listener: Listener) -> None:
        """From whom a wall keeps the listener apart, before they begin to hear."""
        await self._read_walls([listener])

    async def may_type(self, listener: Listener, key: AgentKey) -> bool | None:
        """Whether the listener may write there; None where it cannot be asked now, as too many are.

        Raises:
            DeniedError: nobody types there, or not with these roles.
        """
        channel, now = self._channels.of(key), asyncio.get_running_loop().time()
        if not channel.typing or not self._channels.permits(channel.typing, listener.reader):
            raise DeniedError("You do not write there.", code="typing_denied")
        known = listener.writes.get(key)
        if known is not None and known[1] > now:
            return known[0]
        if self._asking >= ASKING_MAX:
            return None
        self._asking += 1
        try:
            may = await self._may_write(listener.reader, key)
        finally:
            self._asking -= 1
        listener.writes[key] = may, now + WRITES_S
        return may

    async def _may_write(self, reader: Reader, key: AgentKey) -> bool:
        asked = self._channels.of(key).may_write
        if await self._conduct.of(reader.member):
            return False
        return asked is None or await asked(self._database, key.agent, reader)

    async def _is_invited(self, key: AgentKey, reader: Reader) -> bool:
        allows = self._channels.of(key).allows
        return allows is None or await allows(self._database, key.agent, reader)

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        asked_at = clock()
        while True:
            with anyio.move_on_after(RECHECK_S):
                await self._changed.wait()
                await asyncio.sleep(SETTLES_S)
            self._changed.clear()
            is_due = clock() - asked_at >= RECHECK_S  # However often walls go up and down meanwhile.
            try:
                await self._look(is_due=is_due)
            except DiramojaError as error:
                log.warning("live_rights_unchecked", code=error.code)
            except Exception:  # the border: a plugin's query that raises does not end the gateway
                log.exception("live_rights_failed")
            if is_due:
                asked_at = clock()

    async def _look(self, *, is_due: bool) -> None:
        turned, self._turned = self._turned, set()
        moved, self._moved = self._moved, False
        try:
            if turned:
                await self._ask_again(turned)
            if moved or is_due:
                await self._read_walls(list(self._listeners))
            if is_due:
                await self._ask_again(None)
        except BaseException:
            self._turned |= turned
            raise

    async def _read_walls(self, listeners: list[Listener]) -> None:
        members = sorted({each.reader.member for each in listeners} - {""})
        if not members:
            return
        apart = await self._walls.query(self._database, members) if self._walls else {}
        shown = await self._shown(self._database, members) if self._shown else frozenset[str]()
        for each in listeners:
            member = each.reader.member
            each.outbox.revise(apart.get(member, frozenset()), shows=member in shown)

    async def _ask_again(self, turned: set[AgentKey] | None) -> None:
        """About these channels, or all those by invitation where something happened."""
        for listener in list(self._listeners):
            for key, asked_at in list(listener.invited.items()):
                last = self._feed.last_of(key)
                if (key not in turned) if turned is not None else last in (None, asked_at):
                    continue
                if await self._is_invited(key, listener.reader):
                    listener.invited[key] = -1 if last is None else last
                else:
                    self._take(listener, key)

    def _take(self, listener: Listener, key: AgentKey) -> None:
        listener.invited.pop(key, None)
        listener.writes.pop(key, None)
        self._feed.leave(listener.outbox, [key])
        listener.outbox.lose(key, DeniedError("You take part there no more.", code="channel_denied"))
