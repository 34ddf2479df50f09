"""Runs all benchmarks: `python -m benchmarks [--quick]`."""

import sys

from benchmarks import turn, visible


def main() -> None:
    """Run them one after the other, each with servers of its own."""
    quick = "--quick" in sys.argv
    turn.run(quick=quick)
    visible.run(quick=quick)


if __name__ == "__main__":
    main()
