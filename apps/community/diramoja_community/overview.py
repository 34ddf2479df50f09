"""How a deployment is, for its operator: who works, what waits, which agents there are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import anyio
import msgspec

from diramoja.core.ports.broker import Broker, Incoming
from diramoja.core.ports.records import Operations, Records
from diramoja.core.ports.rows import PartitionRow
from diramoja_community.process import Process

__all__ = ["Lag", "Overview", "WorkerShare", "read_lags", "read_overview"]

SAMPLE_S = 0.3
MANY = 100_000


class WorkerShare(msgspec.Struct, frozen=True):
    """A worker that lives, and how many partitions it has; `unfit` says why it claims none, if so."""

    id: str
    roles: str
    host: str
    pid: int
    partitions: int
    unfit: str


class Lag(msgspec.Struct, frozen=True):
    """A partition with commands that are not decided yet.

    Attributes:
        waiting: how many, as far as a worker would fetch ahead (256): at least so many.
        oldest_s: how long the first of them has waited.
    """

    partition: int
    owner: str
    waiting: int
    oldest_s: float


class Overview(msgspec.Struct, frozen=True):
    """Of the whole deployment, from its database and its broker.

    Attributes:
        instance: of the process that runs on the data folder, or of this one: URL, process id, servers.
        waiting_commands: sum over `lags`.
        stored_commands: in the stream; those decided are purged once a minute.
        unowned_partitions: partitions without a worker.
        paused_kinds: kinds of which every agent is paused.
        agents: kind → mode → how many.
    """

    instance: Mapping[str, str]
    workers: Sequence[WorkerShare]
    waiting_commands: int
    lags: Sequence[Lag]
    stored_commands: int
    unowned_partitions: int
    paused_kinds: Sequence[str]
    agents: Mapping[str, Mapping[str, int]]


async def read_overview(process: Process) -> Overview:
    """Ask the database and the broker.

    Raises:
        UnavailableError: one of them does not answer.
    """
    operations, records = process.ports.get(Operations), process.ports.get(Records)
    broker = process.ports.get(Broker)
    rows = await records.partitions()
    owned = Counter(row.owner for row in rows)
    workers = [
        WorkerShare(each.id, each.roles, each.host, each.pid, owned[each.id], each.unfit)
        for each in await operations.workers()
    ]
    modes = await records.kind_modes()
    counts = await operations.agent_counts()
    lags = await read_lags(broker, rows)
    return Overview(
        _instance(process),
        workers,
        sum(lag.waiting for lag in lags),
        lags,
        (await broker.commands()).messages,
        owned[""],
        sorted(kind for kind, mode in modes.items() if mode != "running"),
        {kind: counts.get(kind, {}) for kind in process.registry.kinds},
    )


async def read_lags(broker: Broker, rows: Sequence[PartitionRow]) -> list[Lag]:
    """Partitions with undecided commands, found by reading on from every cursor as a worker would."""
    intake = broker.intake()
    try:
        async with anyio.create_task_group() as tasks:
            for row in rows:
                tasks.start_soon(intake.open, row.n, row.cursor)
        messages: list[Incoming] = []
        if await intake.wait(SAMPLE_S):
            await anyio.sleep(SAMPLE_S)  # The other partitions may need as long.
            messages = intake.take(MANY)
        return _lags(messages, {row.n: row.owner for row in rows})
    finally:
        await intake.shut()


def _lags(messages: Sequence[Incoming], owners: Mapping[int, str]) -> list[Lag]:
    now = datetime.now(UTC)
    by_partition: dict[int, list[Incoming]] = {}
    for message in messages:
        by_partition.setdefault(message.partition, []).append(message)
    return [
        Lag(number, owners[number], len(each), max(0.0, round((now - each[0].at).total_seconds(), 3)))
        for number, each in sorted(by_partition.items())
    ]


def _instance(process: Process) -> dict[str, str]:
    if process.joined is not None:
        notes = {"url": process.joined.notes.get("http", ""), "pid": str(process.joined.pid)}
        return {**notes, "data": str(process.data), "since": process.joined.started_at.isoformat(timespec="seconds")}
    servers = process.servers.status() if process.servers is not None else {}
    shown = {f"{name} server": status.state for name, status in servers.items()}
    return {"url": "", "data": str(process.data), **shown}
