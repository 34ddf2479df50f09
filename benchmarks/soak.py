"""Half the load for half an hour: what grows is shown in charts.

    python -m benchmarks.soak [--minutes 30] [--rate 500] [--plots FOLDER]

The platform as in `benchmarks.visible`. Every ten seconds: memory and open files of the processes of ours and of
nats-server, sessions of PostgreSQL, sizes of tables and streams, how long posts took. Not part of `make bench`.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import anyio
import asyncpg
import attrs
import nats
import psutil

from benchmarks.instance import Member, Platform, open_platform
from benchmarks.plot import chart
from benchmarks.table import Figure, Machine, show

__all__ = ["main"]

MEMBERS = 128
TOPICS = 32
LOOK_S = 10.0
MEGABYTE = 1e6
CREATED = 201
TABLES = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
WHERE relname IN ('snapshot', 'own_row', 'request', 'tell', 'post', 'search_document', 'partition')
UNION ALL SELECT 'event_log', sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits
WHERE inhparent = 'event_log'::regclass
"""


@attrs.define
class Soak:
    """What was seen: series by chart and name."""

    begun: float = attrs.field(factory=time.monotonic)
    waits_ms: list[float] = attrs.field(factory=list)
    posts: int = 0
    refused: int = 0
    series: dict[str, dict[str, list[tuple[float, float]]]] = attrs.field(factory=dict)

    def add(self, which: str, name: str, value: float) -> None:
        """A point of now."""
        minute = (time.monotonic() - self.begun) / 60
        self.series.setdefault(which, {}).setdefault(name, []).append((minute, value))

    async def member(self, member: Member, topic: str, every_s: float, end: float) -> None:
        """One post after the other, steadily, until the time is over."""
        number = 0
        while (now := time.monotonic()) < end:
            number += 1
            status, _ = await member.post(topic, f"The clinic at the market closes at noon, I heard. ({number})")
            self.posts += status == CREATED
            self.refused += status != CREATED
            self.waits_ms.append(1000 * (time.monotonic() - now))
            await anyio.sleep(max(0.0, every_s - (time.monotonic() - now)))

    async def look(self, platform: Platform) -> None:
        """All that may grow."""
        for name, process in _processes(platform).items():
            self.add("memory", name, process.memory_info().rss / MEGABYTE)
            self.add("files", name, process.num_fds())
        database = await asyncpg.connect(platform.urls["postgres_admin"])
        for table, size in await database.fetch(TABLES):
            self.add("tables", table, size / MEGABYTE)
        sessions = await database.fetchval("SELECT count(*) FROM pg_stat_activity WHERE client_port IS NOT NULL")
        self.add("files", "PostgreSQL sessions", sessions)
        await database.close()
        client = await nats.connect(platform.urls["nats"])
        for stream in ("COMMANDS", "EVENTS"):
            info = await client.jetstream().stream_info(stream)
            self.add("streams", stream, info.state.bytes / MEGABYTE)
        await client.close()
        if self.waits_ms:
            waits, self.waits_ms = sorted(self.waits_ms), []
            self.add("waits", "201 p50", statistics.median(waits))
            self.add("waits", "201 p99", waits[int(len(waits) * 0.99)])


def _processes(platform: Platform) -> Mapping[str, psutil.Process]:
    """The gateway, the agents and jobs, nats-server; PostgreSQL's memory is mostly its shared cache."""
    gateway = psutil.Process(platform.pid)
    found = {"gateway": gateway}
    for child in gateway.children():
        if "--crew" in child.cmdline():
            found["agents and jobs"] = child
        elif child.name() == "nats-server":
            found["nats-server"] = child
    return found


async def measure(minutes: float, rate: float, plots: Path) -> None:
    """Soak, print, plot."""
    plots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
        folder = Path(name)
        machine = Machine.look(folder)
        async with open_platform(folder) as platform, platform.members(MEMBERS) as members:
            topics = [await members[place].open_topic(f"Clinics {place}") for place in range(TOPICS)]
            soak = Soak()
            end = soak.begun + minutes * 60
            async with anyio.create_task_group() as tasks:
                for place, member in enumerate(members):
                    tasks.start_soon(soak.member, member, topics[place % TOPICS], MEMBERS / rate, end)
                while time.monotonic() < end:
                    await anyio.sleep(min(LOOK_S, max(0.1, end - time.monotonic())))
                    await soak.look(platform)
    _plot(soak, plots)
    took = minutes * 60
    show(f"a soak of {minutes:g} minutes", [*_figures(soak), Figure("posts", [soak.posts / took], "posts/s")], machine)


def _figures(soak: Soak) -> Sequence[Figure]:
    """First, middle and last third of each series, as medians: what is flat has three times the same."""
    units = {"memory": "MB", "files": "", "tables": "MB", "streams": "MB", "waits": "ms"}
    figures = []
    for which, lines in soak.series.items():
        for name, points in lines.items():
            values = [value for _, value in points]
            third = max(1, len(values) // 3)
            parts = [values[:third], values[third : 2 * third] or values, values[-third:]]
            figures.append(
                Figure(
                    f"{which}: {name}",
                    [statistics.median(part) for part in parts],
                    units[which],
                    note=" → ".join(f"{statistics.median(part):,.1f}" for part in parts),
                )
            )
    figures.append(Figure("refused", [soak.refused], "posts"))
    return figures


def _plot(soak: Soak, plots: Path) -> None:
    titles = {
        "memory": ("Memory of the processes", "MB"),
        "files": ("Open files and sessions", "count"),
        "tables": ("Tables with their indexes", "MB"),
        "streams": ("Streams", "MB"),
        "waits": ("From a post to its 201", "ms"),
    }
    for which, lines in soak.series.items():
        title, unit = titles[which]
        chart(plots / f"soak-{which}.svg", title, ("minutes", unit), lines)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=500, help="posts a second")
    parser.add_argument("--plots", type=Path, default=Path("docs/explanation/plots"), help="folder for the charts")
    given = parser.parse_args()
    anyio.run(partial(measure, given.minutes, given.rate, given.plots), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    main()
