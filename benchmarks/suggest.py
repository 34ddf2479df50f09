"""A new topic in an interest of many members: how long until all are told, while workers are killed.

    python -m benchmarks.suggest [--quick]

`diramoja up` with the plugin notification; members with that interest join over the stream, as the gateway would send
them. One opens a topic; every few seconds the process of agents and jobs is killed, and comes again. Told is who has
the notice in the inbox. Somebody told twice is an error.
"""

import argparse
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import anyio
import asyncpg
import psutil

from benchmarks.instance import PLUGINS, Platform, open_platform
from benchmarks.table import Figure, Machine, options, show
from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.core.envelope import Envelope, pack
from diramoja.core.messages import encode
from diramoja.core.ports.broker import Outgoing
from diramoja.plugins.member.contracts import Join

__all__ = ["run"]

MEMBERS = 100_000
PUBLISH_AT_ONCE = 1_000
LOOK_S = 0.25
KILL_EVERY_S = 20.0
PATIENCE_S = 600.0
TOLD = "SELECT count(*) FROM notice WHERE subject_id = $1"
TWICE = "SELECT count(*) - count(DISTINCT member) FROM notice WHERE subject_id = $1"


async def join(platform: Platform, database: asyncpg.Connection, count: int) -> None:
    """So many members with the interest."""
    body = encode(Join("somebody", ("healthcare",)))
    async with open_broker(NatsSettings(url=platform.urls["nats"])) as broker:
        for start in range(0, count, PUBLISH_AT_ONCE):
            ids = [f"mem_s{number}" for number in range(start, min(count, start + PUBLISH_AT_ONCE))]
            joins = [Outgoing(f"cmd.member.{id}.join", pack(Envelope(id, 1, body, sender="bench"))) for id in ids]
            await broker.publish(joins)
    await _until(database, "SELECT count(*) FROM member", count)


async def _until(database: asyncpg.Connection, sql: str, wanted: int, *args: str) -> None:
    with anyio.fail_after(PATIENCE_S):
        while await database.fetchval(sql, *args) < wanted:  # noqa: ASYNC110  # another's table
            await anyio.sleep(LOOK_S)


async def kill_now_and_then(platform: Platform, killed: list[float]) -> None:
    """The process of agents and jobs, until cancelled."""
    while True:
        await anyio.sleep(KILL_EVERY_S)
        with suppress(psutil.Error):
            for each in psutil.Process(platform.pid).children():
                if "--crew" in each.cmdline():
                    each.kill()
                    killed.append(time.time())


async def suggest(platform: Platform, database: asyncpg.Connection, count: int) -> tuple[float, float, int]:
    """(ms until the topic is answered, seconds until all are told, workers killed)."""
    killed: list[float] = []
    async with platform.members(1) as (author,), anyio.create_task_group() as tasks:
        tasks.start_soon(kill_now_and_then, platform, killed)
        begun = time.perf_counter()
        topic = await author.open_topic("A clinic in every village")
        answered = time.perf_counter()
        await _until(database, TOLD, count, topic)
        done = time.perf_counter()
        tasks.cancel_scope.cancel()
    if twice := await database.fetchval(TWICE, topic):
        raise RuntimeError(f"{twice} members were told twice.")
    return 1000 * (answered - begun), done - begun, len(killed)


async def measure(*, quick: bool) -> None:
    """Measure and print."""
    count = 5_000 if quick else MEMBERS
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
        machine = Machine.look(Path(name))
        plugins = f"deployment.plugins={PLUGINS},notification"
        async with open_platform(Path(name), plugins, "deployment.apart=true") as platform:
            database = await asyncpg.connect(platform.postgres_url)
            await join(platform, database, count)
            answer_ms, told_s, killed = await suggest(platform, database, count)
            await database.close()
    figures = [
        Figure("the topic is answered", [answer_ms], "ms"),
        Figure(f"{count:,} members are told, each once", [told_s], "s", note=f"{killed} workers killed"),
        Figure("rate", [count / told_s], "members/s"),
    ]
    show("a new topic in an interest of many", figures, machine)


def run(*, quick: bool) -> None:
    """For `python -m benchmarks`."""
    anyio.run(partial(measure, quick=quick), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    run(quick=options(argparse.ArgumentParser(description=__doc__)).quick)
