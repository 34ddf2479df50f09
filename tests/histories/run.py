"""One run: a platform of its own, people at work, kills, a bad network, and the check of all that was noted."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import attrs
import httpx
import psutil

from tests.histories.checker import History, findings
from tests.histories.network import Network, network
from tests.histories.people import Human, Watcher
from tests.support.community import Community, Person

__all__ = ["Run", "Summary", "play"]

TOPICS = 3
WATCHERS = 3
SETTLE_S = 30.0


@attrs.frozen
class Run:
    """What is done."""

    seed: int
    seconds: float
    people: int = 16
    kill_every_s: float = 0.0
    trouble_every_s: float = 0.0
    """Between two faults of the network; 0: none."""


@attrs.frozen
class Summary:
    """What came of it."""

    figures: Mapping[str, int]
    found: Sequence[str]


async def play(run: Run, folder: Path) -> Summary:
    """Run it on servers of its own."""
    async with network(folder) as ways:
        platform = Community(folder / "data", "deployment.apart=true", *ways.settings)
        try:
            await asyncio.to_thread(platform.start)
            history, watchers, kills = await _busy(run, platform, ways)
        finally:
            await asyncio.to_thread(platform.stop)
            platform.http.close()
    done = Counter(each.what for post in history.posts.values() for each in post.operations if each.answered)
    figures = dict(done) | {
        "posts": len(history.posts),
        "never answered": sum(not each.answered for post in history.posts.values() for each in post.operations),
        "live events": sum(len(each.seen) for each in watchers),
        "connections": sum(each.reconnects for each in watchers),
        "kills of the agents": kills,
        "faults of the network": ways.faults.total(),
    }
    return Summary(figures, list(findings(history)))


async def _busy(run: Run, platform: Community, ways: Network) -> tuple[History, list[Watcher], int]:
    dice, history = random.Random(run.seed), History()
    url = await ways.lay(platform.url)
    persons, topics = await asyncio.to_thread(_gather, run, platform)
    watchers = [
        Watcher(f"watcher {number}", url, persons[number], topics, random.Random(dice.random()))
        for number in range(WATCHERS)
    ]
    history.seen = {each.name: each.seen for each in watchers}
    stop, end = asyncio.Event(), asyncio.Event()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as watching:
        for watcher in watchers:
            watching.create_task(watcher.run(end))
        humans = [
            Human(
                person,
                await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=10)),
                history,
                topics,
                random.Random(dice.random()),
                lambda post: any(post in each.published for each in watchers),
            )
            for person in persons
        ]
        async with asyncio.TaskGroup() as working:
            for human in humans:
                working.create_task(human.run(stop))
            trouble = working.create_task(ways.trouble(run.trouble_every_s, random.Random(dice.random())))
            kills = await _kill_for(run, platform, dice)
            trouble.cancel()
            ways.calm()
            stop.set()
        await _until_all_seen(history, watchers)
        end.set()
    return history, watchers, kills


def _gather(run: Run, platform: Community) -> tuple[list[Person], list[str]]:
    persons = [platform.join() for _ in range(run.people)]
    return persons, [persons[0].open_topic(f"Hours {number}") for number in range(TOPICS)]


async def _kill_for(run: Run, platform: Community, dice: random.Random) -> int:
    """Until the time is over; how often the process of agents and jobs was killed."""
    end, kills = time.monotonic() + run.seconds, 0
    while (left := end - time.monotonic()) > 0:
        pause = run.kill_every_s * dice.uniform(0.5, 1.5) if run.kill_every_s else left
        await asyncio.sleep(min(pause, left))
        if run.kill_every_s and time.monotonic() < end:
            kills += sum(_is_crew_killed(process) for process in platform.servers)
    return kills


def _is_crew_killed(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        if "--crew" in process.cmdline():
            process.kill()
            return True
    return False


async def _until_all_seen(history: History, watchers: Sequence[Watcher]) -> None:
    wanted = {post.id for post in history.posts.values() if post.written.answered}
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end and not all(wanted <= each.published for each in watchers):  # noqa: ASYNC110  # sets
        await asyncio.sleep(0.1)
