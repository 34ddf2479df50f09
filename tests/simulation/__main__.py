"""Many seeds: `python -m tests.simulation [--seeds N] [--from N]`. Shows what they find, and exits with 1 then."""

import argparse
import sys
import time

import structlog

from tests.simulation.world import Finding, simulate


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    given = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr), processors=[lambda *_: _dropped()])
    begun = time.monotonic()
    crashes = found = 0
    for seed in range(given.first, given.first + given.seeds):
        try:
            crashes += simulate(seed)
        except Finding as finding:
            found += 1
            sys.stdout.write(f"seed {seed}: {finding}\n")
        if (seed + 1 - given.first) % 500 == 0:
            sys.stdout.write(f"{seed + 1 - given.first:,} seeds, {crashes:,} crashes, {found} found\n")
            sys.stdout.flush()
    took_s = time.monotonic() - begun
    sys.stdout.write(f"{given.seeds:,} seeds in {took_s:.0f} s, {crashes:,} crashes, {found} found\n")
    return int(bool(found))


def _dropped() -> dict[str, object]:
    raise structlog.DropEvent


if __name__ == "__main__":
    sys.exit(main())
