"""The view feeder: brings events from the log to the views, each with its own cursor, at least once, in batches."""

from typing import Any

import anyio
import structlog

from diramoja.core.errors import DiramojaError, MessageError
from diramoja.core.messages import Event, decode
from diramoja.core.ports.records import EventLog
from diramoja.core.ports.rows import EventRow
from diramoja.core.projections import Meta, ViewProjection
from diramoja.core.runtime.environment import Environment

__all__ = ["ViewFeeder"]

log = structlog.get_logger(__name__)

BATCH = 1_000


class ViewFeeder:
    """Feeds all views until `stop`; or one round by hand with `step`."""

    def __init__(self, environment: Environment) -> None:
        self._registry = environment.registry
        self._log = environment.ports.get(EventLog)
        self._ports = environment.ports
        self._settings = environment.settings
        self._stopping = anyio.Event()

    async def run(self) -> None:
        """Feed until `stop`; a view that fails is tried again and does not hold up the others."""
        async with anyio.create_task_group() as tasks:
            for view in self._registry.views:
                tasks.start_soon(self._run_view, view)

    async def _run_view(self, view: ViewProjection) -> None:
        while not self._stopping.is_set():
            moved = 0
            try:
                moved = await self.feed(view)
            except DiramojaError as error:
                log.warning("view_unavailable", view=view.name, code=error.code)
            except Exception:  # the border: a plugin's view that raises is said and tried again
                log.exception("view_failed", view=view.name)
            if moved < BATCH:  # Small batches cost as much as large ones.
                with anyio.move_on_after(self._settings.poll_s):
                    await self._stopping.wait()

    def stop(self) -> None:
        """End after the present batches."""
        self._stopping.set()

    async def step(self) -> int:
        """One batch of each view; the number of events read."""
        return sum([await self.feed(view) for view in self._registry.views])

    async def feed(self, view: ViewProjection) -> int:
        """One batch of one view; the number of events read."""
        cursor = dict(await self._log.view_cursor(view.name))
        rows = await self._log.events_after(cursor, BATCH)
        if not rows:
            return 0
        classes = {event.wire_name: event for event in view.events}
        batch = [made for row in rows if (made := _made(classes, row)) is not None]
        if batch:
            await self._ports.call(view.feed, batch)
        for row in rows:
            cursor[row.partition] = row.seq
        await self._log.move_view(view.name, cursor)
        return len(rows)


def _made(classes: dict[str, type[Event]], row: EventRow) -> tuple[Event, Meta] | None:
    cls: Any = classes.get(row.name)
    if cls is None:
        return None
    meta = Meta(row.kind, row.agent, row.partition, row.seq, row.channel_seq, row.at, row.correlation, row.causation)
    try:
        return decode(cls, row.body, row.version), meta
    except MessageError as error:
        log.warning("event_unreadable", name=row.name, partition=row.partition, seq=row.seq, code=error.code)
        return None
