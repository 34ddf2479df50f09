"""The intake: one small consumer a partition, read ahead within bounds, begun anew wherever it is lost."""

import asyncio
import contextlib
import itertools
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import msgspec
import structlog

from diramoja.adapters.nats.client import NatsLink
from diramoja.adapters.nats.errors import away
from diramoja.adapters.nats.prefetch import Prefetch
from diramoja.adapters.nats.streams import stream_info
from diramoja.adapters.nats.wire import Status, consumer_progress, place_of, publication, status_of
from diramoja.core.errors import ConflictError, DiramojaError
from diramoja.core.ports.broker import Incoming

__all__ = ["NatsIntake"]

HEARTBEAT_S = 2.0
"""The server says this often that it still serves a pull that has nothing to deliver."""
SILENCE_S = 2.5 * HEARTBEAT_S
"""A consumer that was not heard of for so long is lost."""
PULL_EXPIRES_S = 30
CONSUMER_IDLE_S = 60
"""The server drops a consumer that nobody pulls from for so long."""
REVIVE_WAIT_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

_SECOND_NS = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEARTBEAT, _NO_MESSAGES, _PULL_EXPIRED, _PULL_ENDED = 100, 404, 408, 409
_TOO_LARGE_FOR_PULL = b"Message Size Exceeds"
_PULL_IS_DONE = b"Batch Completed"

log = structlog.get_logger(__name__)


@attrs.define(eq=False)
class _Feed:
    """One open partition.

    Attributes:
        seq: stream sequence of the last message received; a new consumer starts after it.
        consumer: name of the consumer on the server.
        nth: sequence in the consumer of the last message received.
        pull: number of the pull request that runs, `asked` the messages it may still bring (0: none runs).
        got: messages that it has brought.
        alone: the next message is larger than a pull allows: ask for it by itself.
        heard: when the consumer was last heard of, by the monotonic clock; `heard_seq` the `seq` then.
        live: the consumer exists as far as is known.
    """

    partition: int
    seq: int
    consumer: bytes = b""
    nth: int = 0
    pull: int = 0
    asked: int = 0
    got: int = 0
    alone: bool = False
    heard: float = 0.0
    heard_seq: int = -1
    live: bool = False


class NatsIntake:
    """See the port. Never a gap and never a repeat while a partition is open, whatever becomes of the connection."""

    def __init__(self, link: NatsLink, stream: str, prefetch: Prefetch) -> None:
        self._link = link
        self._stream = stream
        self._prefetch = prefetch
        self._feeds: dict[int, _Feed] = {}
        self._by_consumer: dict[bytes, _Feed] = {}
        self._inbox = f"{link.inbox}.i{secrets.token_hex(4)}"
        self._names = 0
        self._started = asyncio.Lock()
        self._created = _EPOCH
        self._subscription: Any = None
        self._pump: asyncio.Task[None] | None = None
        self._revivals: dict[_Feed, asyncio.Task[None]] = {}
        self._work = asyncio.Event()
        self._news = asyncio.Event()
        self._woken = False

    # --- the port ---

    async def open(self, partition: int, after: int) -> None:
        """See the port."""
        await self.close(partition)
        await self._start()
        feed = _Feed(partition, after)
        self._feeds[partition] = feed
        self._prefetch.open(partition)
        try:
            await self._begin(feed)
        except BaseException:  # Cancelled, too: what is half open would never bring anything.
            if self._feeds.get(partition) is feed:
                self._discard(feed)
            raise

    async def close(self, partition: int) -> None:
        """See the port."""
        feed = self._feeds.get(partition)
        if feed is not None:
            self._discard(feed)
            await self._tell_server(feed)

    def take(self, limit: int) -> list[Incoming]:
        """See the port."""
        taken = self._prefetch.take(limit)
        if taken:
            self._work.set()
        return taken

    async def wait(self, timeout_s: float) -> bool:
        """See the port."""
        if self._pump is not None and self._pump.done():
            self._pump.result()  # It never ends by itself: raises what ended it.
        if self._prefetch or self._woken:
            await asyncio.sleep(0)  # A caller that only waits and takes must let the read loop run.
        else:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._news.wait()
        self._woken = False
        return bool(self._prefetch)

    def wake(self) -> None:
        """See the port."""
        self._woken = True
        self._news.set()

    async def shut(self) -> None:
        """See the port."""
        if self._pump is not None:
            self._pump.cancel()
            self._link.on_reconnect.remove(self._lose_all)
            self._pump = None
        for feed in list(self._feeds.values()):
            await self.close(feed.partition)
        if self._subscription is not None:
            await self._link.untap(self._subscription)
            self._subscription = None

    # --- consumers ---

    async def _start(self) -> None:
        async with self._started:
            if self._pump is None:
                self._created = (await stream_info(self._link, self._stream)).created
                self._subscription = await self._link.tap(f"{self._inbox}.*.*", self._receive)
                self._link.on_reconnect.append(self._lose_all)
                self._pump = asyncio.create_task(self._run(), name="nats-intake")

    async def _begin(self, feed: _Feed) -> None:
        """Create a consumer that starts after the last message received."""
        self._names += 1
        feed.consumer = f"intake_{self._inbox[-8:]}_{feed.partition}_{self._names}".encode()
        feed.nth = feed.asked = 0
        consumer = feed.consumer
        self._by_consumer[consumer] = feed
        await self._link.call(f"CONSUMER.CREATE.{self._stream}.{consumer.decode()}", self._config(feed))
        if (await stream_info(self._link, self._stream)).created != self._created:
            raise ConflictError(f"The stream {self._stream} is another one than before.", code="stream_changed")
        if self._by_consumer.get(consumer) is not feed:
            raise away("the connection was lost meanwhile")
        feed.live = True
        feed.heard = time.monotonic()
        self._work.set()

    def _config(self, feed: _Feed) -> dict[str, Any]:
        return {
            "stream_name": self._stream,
            "action": "create",
            "config": {
                "name": feed.consumer.decode(),
                "deliver_policy": "by_start_sequence",
                "opt_start_seq": feed.seq + 1,
                "ack_policy": "none",
                "replay_policy": "instant",
                "filter_subject": f"p.{feed.partition}.>",
                "mem_storage": True,
                "num_replicas": 1,
                "inactive_threshold": CONSUMER_IDLE_S * _SECOND_NS,
            },
        }

    def _discard(self, feed: _Feed) -> None:
        """Close it here."""
        del self._feeds[feed.partition]
        self._prefetch.close(feed.partition)
        self._forget(feed)
        revival = self._revivals.pop(feed, None)
        if revival is not None:
            revival.cancel()

    async def _tell_server(self, feed: _Feed) -> None:
        """That the consumer is not needed any more, without waiting: it would find out by itself."""
        with contextlib.suppress(DiramojaError):
            await self._link.write(self._delete(feed.consumer))

    def _forget(self, feed: _Feed) -> None:
        self._by_consumer.pop(feed.consumer, None)
        feed.live = False

    def _delete(self, consumer: bytes) -> bytes:
        return publication(f"$JS.API.CONSUMER.DELETE.{self._stream}.{consumer.decode()}", "", b"")

    def _lose(self, feed: _Feed, why: str) -> None:
        """The consumer is of no use any more; what was received of it stays."""
        self._forget(feed)
        if feed not in self._revivals and self._feeds.get(feed.partition) is feed:
            log.debug("intake_consumer_lost", partition=feed.partition, after=feed.seq, why=why)
            self._revivals[feed] = asyncio.create_task(self._revive(feed), name="nats-intake-revive")

    def _lose_all(self) -> None:
        log.info("intake_begins_anew", partitions=len(self._feeds))
        for feed in self._feeds.values():
            self._lose(feed, "reconnected")

    async def _revive(self, feed: _Feed) -> None:
        for attempt in itertools.count():
            try:
                await self._link.write(self._delete(feed.consumer))
                await self._begin(feed)
                break
            except DiramojaError as error:
                self._forget(feed)
                log.debug("intake_consumer_refused", partition=feed.partition, code=error.code)
                await asyncio.sleep(REVIVE_WAIT_S[min(attempt, len(REVIVE_WAIT_S) - 1)])
        self._revivals.pop(feed, None)

    # --- pulling ---

    async def _run(self) -> None:
        """Ask for more where there is room, and look for consumers that fell silent."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S / 2):
                    await self._work.wait()
            self._work.clear()
            self._look_for_silence()
            pulls = b"".join(pull for feed in self._feeds.values() if (pull := self._next_pull(feed)))
            if pulls:
                with contextlib.suppress(DiramojaError):  # Not connected: reconnecting begins all anew.
                    await self._link.write(pulls)

    def _next_pull(self, feed: _Feed) -> bytes:
        """A pull for all the room, once half is free."""
        if not feed.live or feed.asked:
            return b""
        room = self._prefetch.room(feed.partition)
        if room.messages * 2 < self._prefetch.messages or room.size_bytes * 2 < self._prefetch.size_bytes:
            return b""
        feed.pull += 1
        feed.asked, feed.got = 1 if feed.alone else room.messages, 0
        feed.heard = time.monotonic()
        body = {
            "batch": feed.asked,
            "expires": PULL_EXPIRES_S * _SECOND_NS,
            "idle_heartbeat": int(HEARTBEAT_S * _SECOND_NS),
        }
        if not feed.alone:
            body["max_bytes"] = room.size_bytes
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{feed.consumer.decode()}"
        return publication(subject, f"{self._inbox}.{feed.consumer.decode()}.{feed.pull}", msgspec.json.encode(body))

    def _look_for_silence(self) -> None:
        now = time.monotonic()
        for feed in self._feeds.values():
            if feed.seq != feed.heard_seq:
                feed.heard, feed.heard_seq = now, feed.seq
            elif feed.live and feed.asked and self._link.connected and now - feed.heard > SILENCE_S:
                self._lose(feed, "silent")

    # --- receiving, inside the read loop ---

    def _receive(self, subject: bytes, reply: bytes, data: bytes, headers: bytes | None) -> None:
        if not reply:
            self._hear(subject, status_of(headers))
            return
        consumer, seq, nth, at_ns = place_of(reply)
        feed = self._by_consumer.get(consumer)
        if feed is None:
            return  # Of a consumer that was given up: its successor brings it again.
        if nth != feed.nth + 1:
            self._lose(feed, "gap")
            return
        _, _, origin, kind, agent, verb = subject.decode("utf-8", "replace").split(".")
        at = _EPOCH + timedelta(microseconds=at_ns // 1000)
        self._prefetch.put(Incoming(feed.partition, seq, at, origin, kind, agent, verb, data))  # type: ignore[arg-type]  # the stream takes only these origins
        feed.nth = nth
        feed.seq = seq
        feed.asked -= 1
        feed.got += 1
        if not feed.asked:
            feed.alone = False
            self._work.set()
        if not self._news.is_set():
            self._news.set()

    def _hear(self, subject: bytes, status: Status) -> None:
        """A status message on a pull's own inbox: a heartbeat, or the end of the pull or of the consumer."""
        _, consumer, pull = subject.rsplit(b".", 2)
        feed = self._by_consumer.get(consumer)
        if feed is None or int(pull) != feed.pull:
            return
        feed.heard = time.monotonic()
        if status.code == _HEARTBEAT:
            progress = consumer_progress(status)
            if progress is not None and progress > feed.nth:
                self._lose(feed, "gap")
        elif status.code in {_NO_MESSAGES, _PULL_EXPIRED} or _PULL_IS_DONE in status.text:
            self._end_pull(feed)
        elif status.code == _PULL_ENDED and _TOO_LARGE_FOR_PULL in status.text:
            feed.alone = not feed.got
            self._end_pull(feed)
        else:
            self._lose(feed, f"status {status.code}")

    def _end_pull(self, feed: _Feed) -> None:
        feed.asked = 0
        self._work.set()
