"""Prints what a benchmark found: a table for people, a JSON line for programs, and what it ran on."""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import attrs
import msgspec
from rich.console import Console
from rich.table import Table

__all__ = ["Figure", "Machine", "options", "percentiles", "show"]

SYNC_BYTES = 8192
SYNCS = 200


@attrs.frozen
class Figure:
    """One line: what, its values (one a run) in a unit, and the ratio to the peer's median."""

    what: str
    values: Sequence[float]
    unit: str
    ratio: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.values)

    def against(self, other: Self) -> Self:
        """With the ratio of the other's median to this one's."""
        return attrs.evolve(self, ratio=other.median / self.median, note=f"{other.what} / this")


def percentiles(what: str, rows: Sequence[Sequence[float]]) -> Iterator[Figure]:
    """p50 and p99 in ms, of each round."""
    for percent in (50, 99):
        yield Figure(f"{what}, p{percent}", [statistics.quantiles(row, n=100)[percent - 1] for row in rows], "ms")


@attrs.frozen
class Machine:
    """What it ran on: the disk's median fdatasync in ms, and the load that others made before it began."""

    sync_ms: float
    load: float

    @classmethod
    def look(cls, folder: Path) -> Self:
        """Now; `folder` is on the disk in question."""
        return cls(_fdatasync_ms(folder), os.getloadavg()[0])


def _fdatasync_ms(folder: Path) -> float:
    """Median time of writing 8 KB and making it durable, in ms: what every commit waits for."""
    path = folder / "fdatasync.probe"
    times = []
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        for _ in range(SYNCS):
            begun = time.perf_counter()
            os.write(descriptor, b"\0" * SYNC_BYTES)
            os.fdatasync(descriptor) if hasattr(os, "fdatasync") else os.fsync(descriptor)
            times.append(time.perf_counter() - begun)
    finally:
        os.close(descriptor)
        path.unlink()
    return 1000 * statistics.median(times)


def options(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The command line that all benchmarks have."""
    parser.add_argument("--quick", action="store_true", help="one short round, well under a minute")
    return parser.parse_args()


def show(name: str, figures: Sequence[Figure], machine: Machine) -> None:
    """Print the table and the JSON line."""
    caption = (
        f"{os.cpu_count()} cores, load before {machine.load:.1f}, Python {platform.python_version()},"
        f" fdatasync of 8 KB p50 {machine.sync_ms:.2f} ms"
    )
    table = Table("", "median", "min", "max", "unit", "ratio", "", title=name, caption=caption)
    for each in figures:
        ratio = "" if each.ratio is None else f"{each.ratio:.2f} x"
        cells = [f"{value:,.1f}" for value in (each.median, min(each.values), max(each.values))]
        table.add_row(each.what, *cells, each.unit, ratio, each.note)
    Console(width=150).print(table)
    lines = {each.what: {"values": list(each.values), "unit": each.unit, "ratio": each.ratio} for each in figures}
    found = {"benchmark": name, "fdatasync_ms": machine.sync_ms, "load_before": machine.load, "figures": lines}
    print(msgspec.json.encode(found).decode())
