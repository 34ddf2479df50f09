"""A worker and job runner as a process: `python -m tests.chaos.worker POSTGRES NATS FOLDER NUMBER PLUGINS [MUTANT]`.

PLUGINS are `none` beside the ledger, or `all` that are built in, whose views are fed as well.

`freeze<NUMBER>` in the folder, where it exists, says where in its next commit the process stops itself (SIGSTOP):
`before` the transaction, or `inside`, after all statements and before COMMIT, with all its locks. `clock` there says by
how many seconds its clock is wrong.
"""

import os
import signal
import sys
import time
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import structlog

from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.postgres import records as postgres_records
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.keys import Keys
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.clock import Clock, SystemClock
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import EventLog, JobStore, Operations, Records
from diramoja.core.ports.rows import Writes
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.jobs import JobRunner
from diramoja.core.runtime.ownership import ThreadHeartbeat, new_worker
from diramoja.core.runtime.settings import RuntimeSettings
from diramoja.core.runtime.views import ViewFeeder
from diramoja.core.runtime.worker import Worker
from tests.chaos import community
from tests.chaos.mutants import MUTANTS
from tests.chaos.plugin import plugin


def freeze_in_commit(file: Path) -> None:
    """Wrap the beginning and the end of every transaction."""
    end, commit = postgres_records._end, postgres_records.PostgresRecords.commit

    def stopped_at(place: str) -> bool:
        if not file.exists() or file.read_text() != place:
            return False
        file.unlink()
        os.kill(os.getpid(), signal.SIGSTOP)
        return True

    async def frozen_end(connection: Any) -> None:
        stopped_at("inside")
        await end(connection)

    async def frozen_commit(records: Any, writes: Writes) -> None:
        if stopped_at("before"):  # With a new session: its successor has ended the old one, and the fence must do it.
            await records._client.commit.close()
        await commit(records, writes)

    postgres_records._end = frozen_end
    postgres_records.PostgresRecords.commit = frozen_commit  # type: ignore[assignment, method-assign]


class WrongClock(SystemClock):
    """Reads now and then how wrong it is."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._error = timedelta()
        self._look_at = 0.0

    def now(self) -> datetime:
        if time.monotonic() > self._look_at:
            self._look_at = time.monotonic() + 0.05
            self._error = timedelta(seconds=float(self._file.read_text() or 0)) if self._file.exists() else timedelta()
        return super().now() + self._error


async def main(postgres_url: str, nats_url: str, folder: Path, *, with_plugins: bool) -> None:
    """Run until it is killed."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(
            open_postgres(PostgresSettings(url=postgres_url, connect_timeout_s=2, deadline_s=5))
        )
        ports: dict[type, object] = {
            Records: opened["records"],
            Operations: opened["operations"],
            JobStore: opened["jobs"],
            EventLog: opened["event_log"],
            Database: opened["database"],
            Broker: await stack.enter_async_context(open_broker(NatsSettings(url=nats_url))),
            Clock: WrongClock(folder / "clock"),
            Keys: Keys(folder / "secrets"),
        }
        if with_plugins:
            ports |= await stack.enter_async_context(community.open_ports(opened["search"]))
        plugins = [plugin, *(community.plugins() if with_plugins else ())]
        registry = Registry.of(plugins, community.SETTINGS if with_plugins else None)
        environment = Environment(registry, Ports(ports), RuntimeSettings(memory_limit_mb=2000))
        heartbeat = ThreadHeartbeat(opened["heartbeat"], new_worker("worker"), 2.0, 0.5)  # type: ignore[arg-type]
        async with anyio.create_task_group() as tasks:
            for part in (Worker(environment, heartbeat), JobRunner(environment), ViewFeeder(environment)):
                tasks.start_soon(part.run)


if __name__ == "__main__":
    postgres, broker, home, number, loaded, *mutants = sys.argv[1:]
    freeze_in_commit(Path(home) / f"freeze{number}")
    for name in mutants:
        MUTANTS[name]()
    anyio.run(partial(main, postgres, broker, Path(home), with_plugins=loaded == "all"))
