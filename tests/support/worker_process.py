"""A worker as a process of its own.

    python -m tests.support.worker_process POSTGRES_URL NATS_URL FREEZE_FILE [PLUGIN_MODULE MEMORY_MB]

Prints its id once it runs. While FREEZE_FILE exists it stops itself (SIGSTOP) inside its next transaction, after all
its statements and before COMMIT: the worst moment, with all row locks held.
"""

import importlib
import os
import signal
import sys
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
from diramoja.core.ports.records import Operations, Records
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.ownership import ThreadHeartbeat, new_worker
from diramoja.core.runtime.settings import RuntimeSettings
from diramoja.core.runtime.worker import Worker


def freeze_before_commit(file: Path) -> None:
    """Wrap the end of every transaction."""
    end = postgres_records._end

    async def frozen_end(connection: Any) -> None:
        if file.exists():
            file.unlink()
            os.kill(os.getpid(), signal.SIGSTOP)
        await end(connection)

    postgres_records._end = frozen_end


async def main(urls: tuple[str, str], freeze_file: str, module: str, memory_mb: int) -> None:
    """Run until SIGTERM."""
    postgres_url, nats_url = urls
    plugin = importlib.import_module(module).plugin
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    freeze_before_commit(Path(freeze_file))
    async with (
        open_postgres(PostgresSettings(url=postgres_url)) as opened,
        open_broker(NatsSettings(url=nats_url)) as broker,
    ):
        ports: dict[type, object] = {
            Records: opened["records"],
            Operations: opened["operations"],
            Broker: broker,
            Clock: SystemClock(),
        }
        environment = Environment(Registry.of([plugin]), Ports(ports), RuntimeSettings(memory_limit_mb=memory_mb))
        heartbeat = ThreadHeartbeat(opened["heartbeat"], new_worker("worker"), 2.0, 0.5)  # type: ignore[arg-type]
        worker = Worker(environment, heartbeat)
        sys.stdout.write(worker.id + "\n")
        sys.stdout.flush()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run)
            with anyio.open_signal_receiver(signal.SIGTERM) as signals:
                async for _ in signals:
                    worker.stop()
                    break


if __name__ == "__main__":
    module, memory_mb = sys.argv[4:] or ("tests.support.counters", "0")
    anyio.run(main, (sys.argv[1], sys.argv[2]), sys.argv[3], module, int(memory_mb))
