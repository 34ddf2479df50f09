"""How long `diramoja up` takes until it is ready: on a new folder, and on one that was used before.

python -m benchmarks.start [--quick]
"""

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path

import anyio

from benchmarks.instance import open_platform
from benchmarks.table import Figure, Machine, options, show

__all__ = ["run"]


async def measure(*, quick: bool) -> None:
    """Measure and print."""
    rounds = 1 if quick else 3
    cold: list[float] = []
    warm: list[float] = []
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
        machine = Machine.look(Path(name))
        for number in range(rounds):
            folder = Path(name) / str(number)
            folder.mkdir()
            for times in (cold, warm):
                begun = time.perf_counter()
                async with open_platform(folder):
                    times.append(time.perf_counter() - begun)
    show("diramoja up, until it is ready", [Figure("a new folder", cold, "s"), Figure("again", warm, "s")], machine)


def run(*, quick: bool) -> None:
    """For `python -m benchmarks`."""
    anyio.run(partial(measure, quick=quick), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    run(quick=options(argparse.ArgumentParser(description=__doc__)).quick)
