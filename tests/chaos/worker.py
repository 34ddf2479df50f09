"""A worker and job runner as a process: `python -m tests.chaos.worker POSTGRES_URL NATS_URL FOLDER NUMBER [MUTANT]`.

`freeze<NUMBER>` in the folder, where it exists, says where in its next commit the process stops itself (SIGSTOP):
`before` the transaction, or `inside`, after all statements and before COMMIT, with all its locks. `clock` there says by
how many seconds its clock is wrong.
"""

import os
import signal
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import structlog

from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.postgres import records as postgres_records
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.clock import Clock, SystemClock
from diramoja.core.ports.records import JobStore, Operations, Records, Writes
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.jobs import JobRunner
from diramoja.core.runtime.ownership import ThreadHeartbeat, new_worker
from diramoja.core.runtime.settings import RuntimeSettings
from diramoja.core.runtime.worker import Worker
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


async def main(postgres_url: str, nats_url: str, clock: Path) -> None:
    """Run until it is killed."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    async with (
        open_postgres(PostgresSettings(url=postgres_url, connect_timeout_s=2, deadline_s=5)) as opened,
        open_broker(NatsSettings(url=nats_url)) as broker,
    ):
        ports: dict[type, object] = {
            Records: opened["records"],
            Operations: opened["operations"],
            JobStore: opened["jobs"],
            Broker: broker,
            Clock: WrongClock(clock),
        }
        environment = Environment(Registry.of([plugin]), Ports(ports), RuntimeSettings(memory_limit_mb=2000))
        heartbeat = ThreadHeartbeat(opened["heartbeat"], new_worker("worker"), 2.0, 0.5)  # type: ignore[arg-type]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Worker(environment, heartbeat).run)
            tasks.start_soon(JobRunner(environment).run)


if __name__ == "__main__":
    folder = Path(sys.argv[3])
    freeze_in_commit(folder / f"freeze{sys.argv[4]}")
    for name in sys.argv[5:]:
        MUTANTS[name]()
    anyio.run(main, sys.argv[1], sys.argv[2], folder / "clock")
