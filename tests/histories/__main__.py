"""What people at work at the same time saw of a running platform, checked: `python -m tests.histories [--minutes M]`.

They write, react and read over HTTP and watch over WebSocket, while the process of agents and jobs is killed now and
then, and the network between them, the platform and its servers is cut, slow or holds everything back. All of it has to
be explainable by one order an agent: every answer, every read after it, every live event.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.histories.run import Run, Summary, play


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m tests.histories", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--people", type=int, default=16)
    parser.add_argument(
        "--kill-every", type=float, default=8.0, help="seconds between two kills of the agents; 0: never"
    )
    parser.add_argument(
        "--trouble-every", type=float, default=5.0, help="seconds between two faults of the network; 0: never"
    )
    given = parser.parse_args()
    run = Run(given.seed, given.minutes * 60, given.people, given.kill_every, given.trouble_every)
    with tempfile.TemporaryDirectory(prefix="histories") as folder:
        summary = asyncio.run(play(run, Path(folder)))
    show(summary)
    return 1 if summary.found else 0


def show(summary: Summary) -> None:
    """Figures, and what was found."""
    lines = [f"{count:9,}  {name}" for name, count in summary.figures.items()]
    lines += [f"found: {len(summary.found)}", *(f"  {each[:2000]}" for each in summary.found[:20])]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
