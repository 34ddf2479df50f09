"""Commands a second through the whole turn, beside FastStream doing the same writes, in one run.

    python -m benchmarks.turn [--quick]

Every contender meets a stream that holds all commands already, decides each (state + 1, one event), and has written the
state, the event, the request row and its progress durably before it goes on. NATS and PostgreSQL are the same servers.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import attrs

from benchmarks.servers import Bench, open_bench
from benchmarks.table import Figure, fdatasync_ms, show
from diramoja.core import AgentKind, Command, Context, Decision, Event, Plugin, State
from diramoja.core.envelope import Envelope, pack
from diramoja.core.messages import encode
from diramoja.core.ports.broker import Outgoing

AGENTS = 1_000
PATIENCE_S = 120.0


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


def commands(count: int, batch: int) -> list[Outgoing]:
    """Commands over a thousand agents; `batch` makes their ids unique to the run."""
    body = encode(Add(1))
    return [
        Outgoing(
            f"cmd.counter.cnt_{number % AGENTS}.add",
            pack(Envelope(f"bench:{batch}-{number}", 1, body, sender="mem_bench", request=f"bench:{batch}-{number}")),
        )
        for number in range(count)
    ]


@attrs.frozen
class Run:
    """What one run took."""

    rate: float
    cpu_us: float


async def timed(count: int, work: Callable[[], Awaitable[None]]) -> Run:
    """Run and count this process's CPU."""
    cpu, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    await work()
    took = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime - cpu.ru_utime + after.ru_stime - cpu.ru_stime
    return Run(count / took, 1e6 * spent / count)


async def diramoja(bench: Bench, count: int, batch: int) -> Run:
    """The worker's own turn."""
    for start in range(0, count, 1000):
        await bench.broker.publish(commands(count, batch)[start : start + 1000])
    async with bench.worker(plugin) as worker:
        return await timed(count, lambda: bench.until(lambda: worker.decided >= count, PATIENCE_S))


async def main(quick: bool) -> None:
    """Measure and print."""
    from benchmarks import faststream_peer as peer

    count, rounds = (5_000, 1) if quick else (30_000, 3)
    slow = 300 if quick else 1_500
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as folder:
        async with open_bench(Path(folder)) as bench:
            ours = [await diramoja(bench, count, batch) for batch in range(rounds)]
            batch_mode = [await peer.batches(bench, count, timed) for _ in range(rounds)]
            one_by_one = [await peer.one_by_one(bench, slow, timed) for _ in range(rounds)]
        sync_ms = fdatasync_ms(Path(folder))
    show("commands a second through the whole turn", _figures(ours, batch_mode, one_by_one), sync_ms)


def _figures(ours: list[Run], batch_mode: list[Run], one_by_one: list[Run]) -> list[Figure]:
    own = Figure("DiraMoja, one worker", [run.rate for run in ours], "commands/s")
    peers = [
        Figure(name, [run.rate for run in runs], "commands/s")
        for name, runs in (("FastStream, batches of 500", batch_mode), ("FastStream, one by one", one_by_one))
    ]
    rates = [attrs.evolve(each, ratio=own.median / each.median, note="DiraMoja / this") for each in peers]
    cpu = Figure("DiraMoja, CPU of the worker", [run.cpu_us for run in ours], "µs/command")
    return [own, *rates, cpu]


def run(*, quick: bool) -> None:
    """For `python -m benchmarks`."""
    asyncio.run(main(quick))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round")
    run(quick=parser.parse_args().quick)
