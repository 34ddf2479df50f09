"""Who is there and who is typing: told to those who listen to a channel, and stored nowhere.

Each gateway knows its own listeners and tells the others, over core NATS, how many there are on each of its channels
and which of them show themselves; what it says holds for a minute unless it says it again. Twice a second it tells what
changed: of a channel once a second at most, and never more frames than `FRAMES_PER_S` in all, so that a large channel
is told less often, of all that happened meanwhile together. Typing for which there is no room is dropped.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from itertools import islice

import anyio
import attrs
import msgspec
import structlog

from diramoja.core.ports.broker import Broker
from diramoja.core.ports.rows import AgentKey
from diramoja_community.channels import Channels
from diramoja_community.places import Attendee, Place, Stay

__all__ = ["Presence", "PresenceCounts"]

SUBJECT = "here"
TICK_S = 0.5
TELL_S = 1.0
LEASE_S = 60.0
TICKS_TO_RENEW = 30
FRAMES_PER_S = 2_000
PLACES_A_TICK = 500
TYPING_MAX = 5
"""Of those who type in a place at the same time, so many are named."""

log = structlog.get_logger(__name__)


class News(msgspec.Struct, array_like=True):
    """What one gateway tells the others. `typed`: (kind, agent, members); `is_over`: it ends, and what it said."""

    gateway: str
    stays: list[Stay] = []
    typed: list[tuple[str, str, list[str]]] = []
    is_over: bool = False


@attrs.define
class PresenceCounts:
    """Channels on which somebody is here; typing that was dropped, as there was no room."""

    places: int = 0
    dropped: int = 0


class Presence:
    """One gateway's; `async with presence.kept():` around its life. asyncio only. No count below `least` is told."""

    def __init__(self, broker: Broker, channels: Channels, gateway: str, *, least: int, tick_s: float = TICK_S) -> None:
        self._broker = broker
        self._channels = channels
        self._gateway = gateway
        self._least = least
        self._tick_s = tick_s
        self._places: dict[AgentKey, Place] = {}
        self._changed: dict[Place, None] = {}
        self._due: dict[Place, None] = {}
        self._typing: dict[AgentKey, dict[str, None]] = {}
        self._typed_here: dict[AgentKey, dict[str, None]] = {}
        self._credit = float(FRAMES_PER_S)
        self.counts = PresenceCounts()

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Listen and tell for the block."""
        async with anyio.create_task_group() as tasks:
            subscription = await self._broker.listen(SUBJECT, self._heard)
            tasks.start_soon(self._tell_for_ever)
            try:
                yield
            finally:
                with anyio.CancelScope(shield=True), anyio.move_on_after(1):
                    await subscription.end()
                    await self._say(News(self._gateway, is_over=True))
                tasks.cancel_scope.cancel()

    # --- those here ---

    def enter(self, ear: Attendee, keys: Iterable[AgentKey]) -> None:
        """They listen to these channels, and are there where presence is told."""
        for key in keys:
            channel = self._channels.of(key)
            if not channel.presence:
                continue
            place = self._places.get(key)
            if place is None:
                is_private = channel.allows is not None
                place = self._places[key] = Place(key, self._channels.label(key), is_private=is_private)
                self.counts.places += 1
            place.enter(ear)
            self._note(place)

    def leave(self, ear: Attendee, keys: Iterable[AgentKey]) -> None:
        """They listen to these no more."""
        for key in keys:
            place = self._places.get(key)
            if place is None:
                continue
            place.leave(ear)
            self._note(place)
            if not place.ears:
                del self._places[key]
                self._due.pop(place, None)
                self.counts.places -= 1

    def revise(self, ear: Attendee, keys: Iterable[AgentKey]) -> None:
        """Whom a wall keeps from them, or whether they show themselves, is not as it was."""
        for key in keys:
            if (place := self._places.get(key)) is not None:
                place.revise(ear)
                self._note(place)

    def typing(self, ear: Attendee, key: AgentKey) -> None:
        """They are typing there, and may."""
        _add(self._typing, key, ear.member)
        _add(self._typed_here, key, ear.member)

    def _note(self, place: Place) -> None:
        self._changed[place] = None
        self._due[place] = None

    # --- telling ---

    async def _tell_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._tick_s)
            try:
                await self._tick(asyncio.get_running_loop().time())
            except Exception:  # the border: what is told of others never ends the gateway
                log.exception("presence_failed")

    async def _tick(self, now: float) -> None:
        self._credit = min(self._credit + FRAMES_PER_S * TICK_S, FRAMES_PER_S)
        self._tell_typing()
        self._tell(now)
        self._renew(now)
        await self._announce()

    def _tell_typing(self) -> None:
        typing, self._typing = self._typing, {}
        for key, members in typing.items():
            place = self._places.get(key)
            if place is None:
                continue
            if self._credit > 0:
                self._credit -= place.tell_typing(tuple(members))
            else:
                self.counts.dropped += len(members)

    def _tell(self, now: float) -> None:
        for place in list(islice(self._due, PLACES_A_TICK)):
            if self._credit <= 0:
                return
            del self._due[place]
            if now - place.told_at < TELL_S - TICK_S / 2:
                self._due[place] = None  # Behind those that wait.
                continue
            place.told_at = now
            self._credit -= place.tell(self._least)
            if place.behind:
                self._due[place] = None

    def _renew(self, now: float) -> None:
        """Go round the places: what others said may be over, what was said here is said again."""
        some = min(len(self._places) // TICKS_TO_RENEW + 1, PLACES_A_TICK)
        for key in list(islice(self._places, some)):
            place = self._places[key] = self._places.pop(key)
            self._changed[place] = None
            if place.expire(now):
                self._due[place] = None

    async def _announce(self) -> None:
        some = list(islice(self._changed, PLACES_A_TICK))
        for place in some:
            del self._changed[place]
        typed, self._typed_here = self._typed_here, {}
        told = [(*key, list(members)) for key, members in islice(typed.items(), PLACES_A_TICK)]
        if some or told:
            await self._say(News(self._gateway, [place.stay() for place in some], told))

    async def _say(self, news: News) -> None:
        await self._broker.hint(SUBJECT, msgspec.json.encode(news))

    # --- what others tell ---

    def _heard(self, _subject: str, data: bytes) -> None:
        try:
            news = msgspec.json.decode(data, type=News)
        except msgspec.DecodeError:
            log.warning("presence_unreadable")
            return
        if news.gateway == self._gateway:
            return
        if news.is_over:
            self._forget(news.gateway)
        until = asyncio.get_running_loop().time() + LEASE_S
        for stay in news.stays:
            self._hear(news.gateway, stay, until)
        for kind, agent, members in news.typed:
            if (key := AgentKey(kind, agent)) in self._places:
                for member in members[:TYPING_MAX]:
                    _add(self._typing, key, member)

    def _hear(self, gateway: str, stay: Stay, until: float) -> None:
        place = self._places.get(AgentKey(stay.kind, stay.agent))
        if place is None:
            return
        if stay.asks:
            self._changed[place] = None
        if place.hear(gateway, stay, until):
            self._due[place] = None

    def _forget(self, gateway: str) -> None:
        for place in self._places.values():
            if place.far.pop(gateway, None) is not None:
                self._due[place] = None


def _add(typing: dict[AgentKey, dict[str, None]], key: AgentKey, member: str) -> None:
    members = typing.setdefault(key, {})
    if len(members) < TYPING_MAX:
        members[member] = None
