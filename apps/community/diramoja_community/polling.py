"""Long polling /v1/live/poll: the same events where WebSockets cannot be had."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Annotated, Any

import anyio
import msgspec
from litestar import Request, Response, get
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from diramoja.core.errors import InvalidError
from diramoja.core.gateway import Reader
from diramoja.core.ports.rows import AgentKey
from diramoja_community.auth import OPEN
from diramoja_community.limits import address_of
from diramoja_community.live import Live
from diramoja_community.outbox import Backlog, Outbox
from diramoja_community.rights import Listener

__all__ = ["LivePoll", "poll_route"]

CHANNELS_MAX = 100


class LiveEvent(msgspec.Struct):
    """An event of a channel, or a `reset`: earlier ones are no longer kept, read the list anew."""

    type: str
    channel: str
    seq: int | None
    name: str = ""
    id: str = ""
    at: str = ""
    data: Any = None


class LivePoll(msgspec.Struct):
    """What a poll brought; `after` is what to ask with next, by channel."""

    events: list[LiveEvent]
    after: dict[str, int]


class FullError(Exception):
    """One answer holds no more."""


class PollBox(Outbox):
    """Nobody empties it before the answer: a replay that is longer goes on in the next poll."""

    __slots__ = ("news",)

    def __init__(self, backlog: Backlog) -> None:
        super().__init__(backlog)
        self.news = asyncio.Event()

    def wake(self) -> None:
        """See `Outbox`."""
        self.news.set()

    async def room(self) -> None:
        """See `Ear`.

        Raises:
            FullError: ends the replay.
        """
        if self.is_half_full:
            raise FullError


def poll_route(live: Live) -> HTTPRouteHandler:
    """The route's handler."""

    @get("/live/poll", permission=OPEN, tags=["Live"], summary="Events of channels, by long polling")
    async def poll(
        *,
        request: Request[Any, Any, Any],
        reader: Reader,
        channels: Annotated[str, Parameter(min_length=3, max_length=4096, description="Such as topic:a,topic:b.")],
        after: Annotated[str, Parameter(max_length=2048, description="Numbers in the same order; empty: now.")] = "",
        wait: Annotated[float, Parameter(ge=0, le=30, description="Seconds to wait for a first event.")] = 25,
    ) -> LivePoll:
        """Answers at once with what came after `after`, else with the first that comes, else with nothing."""
        outbox, asked = PollBox(live.connections.backlog), _wanted(channels, after)
        listener = Listener(reader, outbox)
        wanted = {await live.rights.admit(listener, name): seq for name, seq in asked.items()}
        given = {live.channels.label(key): seq for key, seq in wanted.items() if seq is not None}
        with live.connections.open(), live.connections.of(reader.member or address_of(request)):
            live.rights.add(listener)
            try:
                await live.rights.read_walls(listener)
                come, frames = await _heard(live, outbox, wanted, wait)
            finally:
                live.feed.leave(outbox, wanted)
                live.rights.drop(listener)
                outbox.take_now()  # Of a poll that was broken off.
        # What overflowed is gone: the client asks again from where it was.
        answer: LivePoll = _answer(frames, given if outbox.slow else given | come | outbox.positions)
        return answer

    return poll


async def _heard(
    live: Live, outbox: PollBox, wanted: Mapping[AgentKey, int | None], wait_s: float
) -> tuple[dict[str, int], list[str]]:
    """(where each channel has come to, frames): at once, or the first that come within the time."""
    come: dict[str, int] = {}
    with contextlib.suppress(FullError):
        joined = await live.feed.join(outbox, wanted)
        come = {live.channels.label(key): seq for key, seq in joined.items()}
    frames = outbox.take_now()
    if not frames and wait_s:
        with anyio.move_on_after(wait_s):
            await outbox.news.wait()
        frames = outbox.take_now()
    return come, frames


def _wanted(channels: str, after: str) -> dict[str, int | None]:
    names = channels.split(",")
    numbers = after.split(",") if after else [""] * len(names)
    if len(names) != len(numbers) or len(names) > CHANNELS_MAX:
        raise InvalidError(f"`after` has as many numbers as `channels` has names, at most {CHANNELS_MAX}.")
    return {name: _number(text) for name, text in zip(names, numbers, strict=True)}


def _number(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004  # fits 64 bits
        raise InvalidError("`after` holds numbers.")
    return int(text)


def _answer(frames: list[str], after: dict[str, int]) -> Any:
    """The frames are JSON already: they are joined, not encoded again."""
    body = f'{{"events":[{",".join(frames)}],"after":{msgspec.json.encode(after).decode()}}}'
    return Response(body.encode(), media_type=MediaType.JSON)
