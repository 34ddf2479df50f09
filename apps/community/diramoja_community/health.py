"""How a deployment is: what runs, who works, what waits."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from diramoja.core.ports.broker import Broker
from diramoja.core.ports.records import Operations, Records
from diramoja_community.process import Process

__all__ = ["Health", "WorkerHealth", "read_health"]


class WorkerHealth(msgspec.Struct, frozen=True):
    """A worker that lives, and how many partitions it has."""

    id: str
    roles: str
    host: str
    pid: int
    partitions: int


class Health(msgspec.Struct, frozen=True):
    """Of the whole deployment, from its database and its broker.

    Attributes:
        instance: of the process that runs on the data folder, or of this one: URL, process id, servers.
        stored_commands: in the stream; those decided are purged once a minute.
        unowned_partitions: partitions without a worker.
        paused_kinds: kinds of which every agent is paused.
        agents: kind → mode → how many.
    """

    instance: Mapping[str, str]
    workers: Sequence[WorkerHealth]
    stored_commands: int
    unowned_partitions: int
    paused_kinds: Sequence[str]
    agents: Mapping[str, Mapping[str, int]]


async def read_health(process: Process) -> Health:
    """Ask the database and the broker.

    Raises:
        UnavailableError: one of them does not answer.
    """
    operations, records = process.ports.get(Operations), process.ports.get(Records)
    rows = await records.partitions()
    owned = Counter(row.owner for row in rows)
    workers = [
        WorkerHealth(each.id, each.roles, each.host, each.pid, owned[each.id]) for each in await operations.workers()
    ]
    modes = await records.kind_modes()
    counts = await operations.agent_counts()
    kinds = {kind: counts.get(kind, {}) for kind in [*process.registry.kinds]}
    return Health(
        _instance(process),
        workers,
        (await process.ports.get(Broker).commands()).messages,
        owned[""],
        sorted(kind for kind, mode in modes.items() if mode != "running"),
        kinds,
    )


def _instance(process: Process) -> dict[str, str]:
    if process.joined is not None:
        notes = {"url": process.joined.notes.get("http", ""), "pid": str(process.joined.pid)}
        return {**notes, "data": str(process.data), "since": process.joined.started_at.isoformat(timespec="seconds")}
    servers = process.servers.status() if process.servers is not None else {}
    shown = {f"{name} server": status.state for name, status in servers.items()}
    return {"url": "", "data": str(process.data), **shown}
