"""Commands a second through the whole turn, beside FastStream doing the same writes, in one run.

    python -m benchmarks.turn [--quick]

Every contender meets a stream that holds all commands already, decides each (a sum grows, one event), has written the
state, the event, the request row and its progress durably before it goes on, and publishes the event to a stream; a
command counts once its event is stored there. NATS and PostgreSQL are the same servers and sync at every commit; all of
it shares the cores of this machine, and Python looks for garbage as seldom as in `diramoja up`. The contenders take
turns, so that a slow minute of the machine meets all of them.
"""

import argparse
import logging
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Literal

import anyio
import asyncpg
import structlog

from benchmarks import faststream_peer as peer
from benchmarks.servers import Bench, open_bench
from benchmarks.table import Figure, Machine, options, show
from benchmarks.timing import Run, serve, timed
from diramoja.core import AgentKind, Command, Context, Decision, Event, Plugin, State
from diramoja.core.envelope import Envelope, pack
from diramoja.core.messages import encode
from diramoja.core.ports.broker import Outgoing

__all__ = ["run"]

AGENTS = peer.AGENTS
PUBLISH_AT_ONCE = 1_000
LOOK_S = 0.02
JOINED_RATIO = 0.35
"""Of the messages: by then all processes have started and share the partitions."""
OURS = "DiraMoja, one worker"
ONE, TWO = "DiraMoja, one worker process", "DiraMoja, two worker processes"

type Contender = Callable[[Bench, int], Awaitable[Run]]


class Add(Command):
    """Add to the sum."""

    amount: int


class Added(Event, name="counter.added"):
    """What it came to."""

    total: int


class Counter(State):
    """A sum."""

    phase: Literal["absent", "open"] = "absent"
    total: int = 0


counter = AgentKind("counter", Counter, prefix="cnt")


@counter.on("absent", "open")
def add(state: Counter, message: Add, context: Context) -> Decision:
    """One addition."""
    total = state.total + message.amount
    return state.but(phase="open", total=total), Added(total)


plugin = Plugin(name="counters", kinds=[counter])


def commands(name: str, count: int, agents: int = AGENTS) -> list[Outgoing]:
    """Commands over so many agents; `name` makes their ids unique to the run."""
    body = encode(Add(1))
    ids = [f"{name}:{number}" for number in range(count)]
    return [
        Outgoing(
            f"cmd.counter.cnt_{number % agents}.add",
            pack(Envelope(id, 1, body, sender="mem_bench", request=id, digest=peer.DIGEST)),
        )
        for number, id in enumerate(ids)
    ]


async def ours(bench: Bench, count: int, agents: int = AGENTS) -> Run:
    """The worker's own turn."""
    waiting = commands(bench.unique("bench"), count, agents)
    for start in range(0, count, PUBLISH_AT_ONCE):
        await bench.broker.publish(waiting[start : start + PUBLISH_AT_ONCE])
    async with bench.worker(plugin) as worker:
        return await timed(count, lambda: worker.decided - worker._publisher.waiting)  # noqa: SLF001  # no one else asks


async def apart(bench: Bench, count: int, workers: int) -> Run:
    """Our workers as processes of their own; done is what the partitions say, which count the events of all."""
    waiting = commands(bench.unique("bench"), count)
    for start in range(0, count, PUBLISH_AT_ONCE):
        await bench.broker.publish(waiting[start : start + PUBLISH_AT_ONCE])
    database = await asyncpg.connect(bench.postgres_url)
    sql = "SELECT sum(out_seq)::bigint FROM partition"
    before, done = await database.fetchval(sql), 0

    async def look() -> None:
        nonlocal done
        while True:
            done = await database.fetchval(sql) - before
            await anyio.sleep(LOOK_S)

    command = [sys.executable, "-m", "benchmarks.worker", bench.postgres_url, bench.nats_url]
    processes = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(workers)]  # noqa: ASYNC220  # quick
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look)
            run = await timed(count, lambda: done, "python", JOINED_RATIO)
            tasks.cancel_scope.cancel()
        return run
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
        await database.close()


async def measure(*, quick: bool) -> None:
    """Measure and print."""
    many, few, rounds = (10_000, 500, 1) if quick else (20_000, 2_000, 3)
    contenders: dict[str, tuple[Contender, int]] = {
        OURS: (ours, many),
        ONE: (partial(apart, workers=1), 3 * many),
        TWO: (partial(apart, workers=2), 3 * many),
        f"FastStream, batches of {peer.BATCH}": (peer.batches, few * 2),
        "the same, events in its table only": (partial(peer.batches, publishes=False), many),
        "FastStream, one by one": (peer.one_by_one, few),
    }
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as folder:
        machine = Machine.look(Path(folder))
        async with open_bench(Path(folder)) as bench:
            serve()
            for _ in range(rounds):
                for name, (contender, count) in contenders.items():
                    runs[name].append(await contender(bench, count))
    show("commands a second through the whole turn", list(_figures(runs)), machine)


def _figures(runs: dict[str, list[Run]]) -> list[Figure]:
    figures = {name: Figure(name, [run.rate for run in each], "commands/s") for name, each in runs.items()}
    own = figures[OURS]
    rates = [each if each is own else each.against(own) for each in figures.values()]
    rates.append(Figure("two processes / one", [figures[TWO].median / figures[ONE].median], "x"))
    process = [Figure(f"{name}: CPU", [run.own_us for run in each], "us/command") for name, each in runs.items()]
    servers = [
        Figure(f"{name}: CPU of PostgreSQL and NATS", [run.servers_us for run in each], "us/command")
        for name, each in runs.items()
    ]
    return [*rates, *process, *servers]


def run(*, quick: bool) -> None:
    """For `python -m benchmarks`."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    anyio.run(partial(measure, quick=quick), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    run(quick=options(argparse.ArgumentParser(description=__doc__)).quick)
