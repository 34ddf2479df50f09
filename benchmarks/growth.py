"""How cost grows: a command with the number of agents, a post with the number of posts that are there.

    python -m benchmarks.growth [--quick] [--plots FOLDER]

The same figures as `benchmarks.turn` and `benchmarks.visible`, over a range, with charts. Not part of `make bench`.
"""

import argparse
import statistics
import tempfile
from functools import partial
from pathlib import Path

import anyio

from benchmarks import reads, turn, visible
from benchmarks.instance import open_platform
from benchmarks.plot import chart
from benchmarks.servers import open_bench
from benchmarks.table import Figure, Machine, show

__all__ = ["main"]

AGENTS = (100, 1_000, 10_000, 50_000)
POSTS = (0, 100_000, 400_000)
COMMANDS = 50_000
BUSY_S = 5.0


async def by_agents(quick: bool) -> list[tuple[int, float, float]]:  # noqa: FBT001  # passed on
    """(agents, commands/s, us of CPU a command)."""
    found = []
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
        async with open_bench(Path(name)) as bench:
            for agents in AGENTS[:2] if quick else AGENTS:
                run = await turn.ours(bench, COMMANDS // 5 if quick else COMMANDS, agents)
                found.append((agents, run.rate, run.own_us + run.servers_us))
    return found


async def by_posts(quick: bool) -> list[tuple[int, float, float, float]]:  # noqa: FBT001  # passed on
    """(posts that are there, posts/s, us of CPU a post, idle ms until visible p50)."""
    found = []
    for posts in POSTS[:2] if quick else POSTS:
        with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
            folder = Path(name)
            async with open_platform(folder) as platform, platform.members(visible.CLIENTS + 1) as members:
                if posts:
                    await reads.fill(platform.postgres_url, posts)
                *authors, watcher = members
                topics = [await authors[place].open_topic(f"Clinics {place}") for place in range(visible.TOPICS)]
                async with platform.watch(watcher, topics) as watch:
                    stage = visible.Stage(authors, topics, watch)
                    await visible.idle(stage, visible.WARM_UP_POSTS)
                    idle = await visible.idle(stage, visible.WARM_UP_POSTS)
                    busy = await visible.busy(stage, BUSY_S)
        cpu = 1e6 * sum(seconds for name, seconds in busy.cpu.items() if name != "self") / busy.posts
        found.append((posts, busy.rate, cpu, statistics.median(idle.visible)))
    return found


async def measure(plots: Path, *, quick: bool) -> None:
    """Measure, print, plot."""
    plots.mkdir(parents=True, exist_ok=True)
    machine = Machine.look(plots)
    agents, posts = await by_agents(quick), await by_posts(quick)
    figures = [
        Figure(f"{count:,} agents", [rate], "commands/s", note=f"{cpu:.0f} us CPU") for count, rate, cpu in agents
    ]
    figures += [
        Figure(f"{count:,} posts there", [rate], "posts/s", note=f"{cpu:,.0f} us CPU, idle {idle:.1f} ms")
        for count, rate, cpu, idle in posts
    ]
    thousand = 1_000
    chart(
        plots / "growth-agents.svg",
        "CPU of a command, all processes",
        ("thousand agents", "us"),
        {"a command": [(count / thousand, cpu) for count, _, cpu in agents]},
    )
    chart(
        plots / "growth-posts.svg",
        "CPU of a post, all processes but the clients",
        ("thousand posts there", "us"),
        {"a post": [(count / thousand, cpu) for count, _, cpu, _ in posts]},
    )
    show("how cost grows", figures, machine)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the two smallest of each")
    parser.add_argument("--plots", type=Path, default=Path("docs/explanation/plots"), help="folder for the charts")
    given = parser.parse_args()
    anyio.run(partial(measure, given.plots, quick=given.quick), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    main()
