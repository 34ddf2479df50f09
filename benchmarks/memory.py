"""What an idle agent costs in a worker's memory, over its encoded state.

    python -m benchmarks.memory [--quick]

Agents as a worker holds them between two messages, read from their snapshots: members, topics and the counters of
`benchmarks.turn`. Counted by tracemalloc: every object that they alone keep alive. Beyond `runtime.cache_bytes` the
longest idle leave memory, so a worker's memory has a bound whatever this figure is.
"""

import argparse
import gc
import tempfile
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.table import Figure, Machine, options, show
from benchmarks.turn import Counter, counter
from diramoja.core.agents import AgentKind
from diramoja.core.messages import State, encode
from diramoja.core.ports.rows import SnapshotRow
from diramoja.core.runtime.cells import Cell, Cells
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.state import Member
from diramoja.plugins.topic.state import Topic, topic

__all__ = ["run"]

AT = datetime(2026, 1, 1, tzinfo=UTC)


def bytes_over_state(kind: AgentKind[Any], state: State, count: int) -> float:
    """A cell's memory, its names and all, beyond its state's bytes."""
    body, cells = encode(state), Cells(10**12)
    gc.collect()
    tracemalloc.start()
    for number in range(count):
        agent = f"{kind.prefix}_{number:026}"
        row = SnapshotRow(kind.name, agent, 1, 7, 3, "running", 0, 0, AT, body)
        read = msgspec.msgpack.decode(msgspec.msgpack.encode(row), type=SnapshotRow)  # Shares nothing, as from a table.
        cells.keep(Cell.of(read, kind))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used / count - len(body)


def measure(*, quick: bool) -> None:
    """Measure and print."""
    count, rounds = (2_000, 1) if quick else (50_000, 3)
    states: dict[str, tuple[AgentKind[Any], State]] = {
        "a counter": (counter, Counter("open", 1_000_000)),
        "a member": (member, Member()),
        "a topic": (topic, Topic()),
    }
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as folder:
        machine = Machine.look(Path(folder))
    figures = [
        Figure(
            f"{what}, over its state of {len(encode(state))} bytes",
            [bytes_over_state(kind, state, count) for _ in range(rounds)],
            "bytes",
        )
        for what, (kind, state) in states.items()
    ]
    show("memory of an idle agent", figures, machine)


def run(*, quick: bool) -> None:
    """For `python -m benchmarks`."""
    measure(quick=quick)


if __name__ == "__main__":
    run(quick=options(argparse.ArgumentParser(description=__doc__)).quick)
