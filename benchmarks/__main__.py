"""Runs all benchmarks, each with servers of its own: `python -m benchmarks [--quick]`."""

import argparse

from benchmarks import memory, reads, sockets, start, takeover, turn, visible
from benchmarks.table import options


def main() -> None:
    """One after the other."""
    quick: bool = options(argparse.ArgumentParser(description=__doc__)).quick
    for benchmark in (turn, visible, reads, sockets, memory, takeover, start):
        benchmark.run(quick=quick)


if __name__ == "__main__":
    main()
