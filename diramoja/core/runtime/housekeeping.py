"""Housekeeping: purges commands that were decided and rows whose term has passed, once a minute, in the role `jobs`."""

import anyio
import structlog

from diramoja.core.errors import DiramojaError
from diramoja.core.ports.records import Operations
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.fitness import is_stream_of_record

__all__ = ["Housekeeper"]

log = structlog.get_logger(__name__)

EVERY_S = 60.0


class Housekeeper:
    """Cleans up until `stop`; or once by hand with `step`. Two at a time do no harm."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._stopping = anyio.Event()

    async def run(self) -> None:
        """Clean up every minute until `stop`."""
        while not self._stopping.is_set():
            try:
                await self.step()
            except DiramojaError as error:
                log.warning("housekeeping_failed", code=error.code)
            with anyio.move_on_after(EVERY_S):
                await self._stopping.wait()

    def stop(self) -> None:
        """End."""
        self._stopping.set()

    async def step(self) -> None:
        """One round. Commands are purged per partition, by sequence: never by age, nor from a stream that changed."""
        rows = await self._environment.records.partitions()
        ours = await is_stream_of_record(self._environment, rows)
        for row in rows if ours else ():
            if row.cursor:
                await self._environment.broker.purge_commands(row.n, row.cursor + 1)
        gone = await self._environment.ports.get(Operations).expire(self._environment.clock.now())
        if any(gone.values()):
            log.info("expired", **gone)
