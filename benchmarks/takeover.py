"""How long a crash is felt by those who post: of a worker, of nats-server, of PostgreSQL.

    python -m benchmarks.takeover [--quick]

`diramoja up` with agents and jobs in a process of their own, and a second such process beside it. Members post
steadily; a process is killed (a worker and nats-server by SIGKILL, PostgreSQL by SIGQUIT, its crash), and what is
measured is what they feel: after a worker's end the longest wait for a 201; after a server's end the time from its
answering again to the next 201. The servers are started again by the platform, nothing of ours is.
"""

import argparse
import signal
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import anyio
import asyncpg
import attrs
import nats
import psutil

from benchmarks.instance import PROGRAM, Member, Platform, open_platform
from benchmarks.table import Figure, Machine, options, show

__all__ = ["run"]

MEMBERS = 24
EVERY_S = 0.2
FELT_S = 6.0
SETTLE_S = 8.0
CREATED = 201
OUTAGE_S = 60.0


@attrs.define
class Posting:
    """Members who post steadily: (sent, answered) of every 201, in the order of the answers."""

    answered: list[tuple[float, float]] = attrs.field(factory=list)
    refused: int = 0

    async def member(self, member: Member, topic: str) -> None:
        """Until cancelled; what is refused is sent again at once as something new."""
        number = 0
        while True:
            sent = time.perf_counter()
            number += 1
            try:
                status, _ = await member.post(topic, f"The bus on market days comes at {number}.")
            except OSError:
                status = 0
            if status == CREATED:
                self.answered.append((sent, time.perf_counter()))
            else:
                self.refused += 1
            await anyio.sleep(max(0.0, EVERY_S - (time.perf_counter() - sent)))

    def longest_s(self, since: float) -> float:
        """The longest wait of those who had no answer then or asked within the next seconds."""
        return max(end - sent for sent, end in self.answered if end > since and sent < since + FELT_S)


def crew(platform: Platform) -> list[psutil.Process]:
    """Processes of agents and jobs."""
    return [each for each in psutil.Process(platform.pid).children() if "--crew" in each.cmdline()]


async def worker_killed(platform: Platform, posting: Posting) -> float:
    """Seconds."""
    (victim,) = crew(platform)
    begun = time.perf_counter()
    victim.kill()
    await anyio.sleep(FELT_S + 1)
    return posting.longest_s(begun)


async def server_killed(platform: Platform, posting: Posting, server: str) -> float:
    """Seconds from its serving again to the next 201 of what was sent since, or waited then."""
    name, number, connect = SERVERS[server]
    (process,) = [each for each in psutil.Process(platform.pid).children() if each.name() == name]
    process.send_signal(number)
    await anyio.sleep(0.05)
    with anyio.fail_after(OUTAGE_S):
        await connect(platform.urls[server])
        up = time.perf_counter()
        while not (served := [end for sent, end in posting.answered if end > up]):  # noqa: ASYNC110  # a list
            await anyio.sleep(0.005)
    return served[0] - up


async def nats_serves(url: str) -> None:
    """Once it answers."""

    async def refused(_error: Exception) -> None:
        """As long as it does not serve."""

    client = await nats.connect(
        url, connect_timeout=1, max_reconnect_attempts=-1, reconnect_time_wait=0.01, error_cb=refused
    )
    await client.flush()
    await client.close()


async def postgres_serves(url: str) -> None:
    """Once it answers."""
    while True:
        try:
            await (await asyncpg.connect(url, timeout=1)).close()
            break
        except (OSError, asyncpg.exceptions.PostgresError):
            await anyio.sleep(0.01)


SERVERS: Mapping[str, tuple[str, signal.Signals, Callable[[str], Awaitable[None]]]] = {
    "nats": ("nats-server", signal.SIGKILL, nats_serves),
    "postgres": ("postgres", signal.SIGQUIT, postgres_serves),
}


async def measure(*, quick: bool) -> None:
    """Measure and print."""
    rounds = (1, 1) if quick else (5, 3)
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
        folder = Path(name)
        machine = Machine.look(folder)
        async with open_platform(folder, "deployment.apart=true") as platform, platform.members(MEMBERS) as members:
            second = _second_worker(platform)
            try:
                figures = await _measured(platform, members, rounds)
            finally:
                second.terminate()
                second.wait()
    show("a crash, as those who post feel it", figures, machine)


def _second_worker(platform: Platform) -> "subprocess.Popen[bytes]":
    command = [*PROGRAM, "--data", str(platform.data), *platform.options, "up", "--roles", "worker,jobs", "--join"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def _measured(platform: Platform, members: Sequence[Member], rounds: tuple[int, int]) -> list[Figure]:
    workers, servers = rounds
    topics = [await members[place].open_topic(f"Buses {place}") for place in range(MEMBERS)]
    posting = Posting()
    found: dict[str, list[float]] = {}
    crashes: list[tuple[str, int, Callable[[], Awaitable[float]]]] = [
        ("a worker killed: the longest wait for a 201", workers, partial(worker_killed, platform, posting)),
        ("nats-server killed: from serving to a 201", servers, partial(server_killed, platform, posting, "nats")),
        ("PostgreSQL killed: from serving to a 201", servers, partial(server_killed, platform, posting, "postgres")),
    ]
    async with anyio.create_task_group() as tasks:
        for member, topic in zip(members, topics, strict=True):
            tasks.start_soon(posting.member, member, topic)
        for what, count, crash in crashes:
            for _ in range(count):
                await anyio.sleep(SETTLE_S)
                found.setdefault(what, []).append(await crash())
        tasks.cancel_scope.cancel()
    return [Figure(what, values, "s") for what, values in found.items()]


def run(*, quick: bool) -> None:
    """For `python -m benchmarks`."""
    anyio.run(partial(measure, quick=quick), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    run(quick=options(argparse.ArgumentParser(description=__doc__)).quick)
