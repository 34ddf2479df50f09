"""Runs all benchmarks, each with servers of its own: `python -m benchmarks [--quick]`."""

import argparse

from benchmarks import turn, visible
from benchmarks.table import options


def main() -> None:
    """One after the other."""
    quick: bool = options(argparse.ArgumentParser(description=__doc__)).quick
    turn.run(quick=quick)
    visible.run(quick=quick)


if __name__ == "__main__":
    main()
