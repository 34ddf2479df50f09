"""Ownership: which worker has which partition. Rendezvous hashing over the workers that live; no coordinator."""

import asyncio
import hashlib
import os
import platform
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import structlog

from diramoja.core.errors import DiramojaError, UnavailableError
from diramoja.core.ids import PARTITIONS
from diramoja.core.ports.records import Records
from diramoja.core.ports.rows import WorkerRow

__all__ = ["Heartbeat", "ThreadHeartbeat", "desired", "new_worker"]

FIRST_BEAT_S = 10.0

log = structlog.get_logger(__name__)


def desired(worker: str, living: Sequence[str]) -> frozenset[int]:
    """Partitions that fall to this worker among those that live (highest random weight).

    Source: Thaler & Ravishankar 1998. A worker that comes or goes moves only its own share.
    """
    return frozenset(
        number
        for number in range(PARTITIONS)
        if max(living, key=lambda each: _weight(each, number), default="") == worker
    )


def _weight(worker: str, number: int) -> bytes:
    return hashlib.blake2b(f"{worker}:{number}".encode(), digest_size=8).digest()


def new_worker(roles: str) -> WorkerRow:
    """A worker's row, unique to this start of this process."""
    now = datetime.now(UTC)
    seed = f"{platform.node()}:{os.getpid()}:{time.monotonic_ns()}:{os.urandom(8).hex()}"
    name = "wrk_" + hashlib.blake2b(seed.encode(), digest_size=8).hexdigest()
    return WorkerRow(name, roles, platform.node(), os.getpid(), now, now)


class Heartbeat:
    """Signs of life given by hand: for the in-memory runtime."""

    def __init__(self, records: Records | None, worker: WorkerRow, lease_s: float, beat_s: float) -> None:
        self._records = records
        self.worker = worker
        self._lease_s = lease_s
        self._beat_s = beat_s
        self.living: tuple[str, ...] = ()
        self.last = 0.0

    @property
    def fresh(self) -> bool:
        """Whether the last sign of life is younger than the lease."""
        return time.monotonic() - self.last < self._lease_s

    async def beat(self) -> None:
        """One sign of life."""
        assert self._records is not None
        begun = time.monotonic()
        self.living = tuple(await self._records.beat(self.worker, self._lease_s))
        self.last = begun

    async def start(self) -> None:
        """Give the first sign."""
        await self.beat()

    async def stop(self) -> None:
        """Give no more."""


class ThreadHeartbeat(Heartbeat):
    """Signs of life from a thread of its own, so that a busy handler does not lose the lease.

    Args:
        open_records: opens a connection that belongs to the thread's own event loop.
    """

    def __init__(
        self,
        open_records: Callable[[], AbstractAsyncContextManager[Records]],
        worker: WorkerRow,
        lease_s: float,
        beat_s: float,
    ) -> None:
        super().__init__(None, worker, lease_s, beat_s)
        self._open = open_records
        self._stop = threading.Event()
        self._first = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._beats()), name="heartbeat", daemon=True)

    async def start(self) -> None:
        """Begin the thread and wait for its first sign.

        Raises:
            UnavailableError: it did not come in time.
        """
        self._thread.start()
        if not await asyncio.to_thread(self._first.wait, FIRST_BEAT_S):
            raise UnavailableError("The records do not take this worker's first sign of life.")

    async def _beats(self) -> None:
        async with self._open() as self._records:
            while not self._stop.is_set():
                try:
                    await self.beat()
                    self._first.set()
                except DiramojaError as error:
                    log.warning("heartbeat_failed", code=error.code)
                await asyncio.to_thread(self._stop.wait, self._beat_s)

    async def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, self._lease_s)
