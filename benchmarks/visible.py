"""From a post to its being seen by another member, through the whole running platform.

    python -m benchmarks.visible [--quick]

The platform is `diramoja up` as a child process with its own servers, durable as in production. A post goes over HTTP
to the author's member agent, the topic, the moderator's screening and back to the topic, and comes to the other member
on a WebSocket. The clients (`benchmarks.lean`, and plain websockets) are in this process and share the machine with all
the rest.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import anyio
import attrs

from benchmarks.instance import Member, Platform, Watch, open_platform
from benchmarks.table import Figure, Machine, options, percentiles, show
from benchmarks.timing import MICROSECONDS, CpuMeter

__all__ = ["run"]

CLIENTS = 256
TOPICS = 16
PACE = 500
"""Posts a second, half of what the specification wants at the peak."""
WARM_UP_POSTS = 50
PAUSE_S = 0.02
"""At most, between two posts of an idle platform: random, so as not to keep step with a timer of it."""
CREATED = 201
MILLISECONDS = 1e3
TEXTS = (
    "The clinic at the market closes at noon, and whoever works in the fields comes too late.",
    "Two more hours in the evening would help families with small children a lot.",
    "Last year the council paid for a second nurse; we should ask for that again.",
    "I like the idea of a bus on market days, if somebody says what it costs.",
)


@attrs.define
class Posted:
    """What was posted: post → (sent, answered) by `time.perf_counter()`; and how often which status came."""

    times: dict[str, tuple[float, float]] = attrs.field(factory=dict)
    statuses: Counter[int] = attrs.field(factory=Counter)

    async def one(self, member: Member, topic: str, number: int) -> str:
        """Post; its id, or "" where it was refused."""
        sent = time.perf_counter()
        status, post = await member.post(topic, f"{TEXTS[number % len(TEXTS)]} ({number})")
        self.statuses[status] += 1
        if post:
            self.times[post] = sent, time.perf_counter()
        return post

    def answered_ms(self) -> list[float]:
        """How long each answer took, sorted."""
        return sorted(MILLISECONDS * (answered - sent) for sent, answered in self.times.values())

    def visible_ms(self, watch: Watch) -> list[float]:
        """How long each took from being sent to being seen by the other, sorted."""
        return sorted(MILLISECONDS * (watch.seen[post] - sent) for post, (sent, _) in self.times.items())


@attrs.frozen
class Idle:
    """One post after the other, in ms."""

    answered: Sequence[float]
    visible: Sequence[float]


@attrs.frozen
class Busy:
    """All clients at once: posts/s, ms, answers that were no 201, CPU seconds by process."""

    rate: float
    answered: Sequence[float]
    visible: Sequence[float]
    refused: int
    posts: int
    cpu: Mapping[str, float]


@attrs.frozen
class Stage:
    """Members who post, where, and one who watches."""

    authors: Sequence[Member]
    topics: Sequence[str]
    watch: Watch


async def idle(stage: Stage, count: int) -> Idle:
    """Post, wait until it is seen, pause, again."""
    posted = Posted()
    for number in range(count):
        post = await posted.one(stage.authors[number % CLIENTS], stage.topics[number % TOPICS], number)
        if not post:
            raise RuntimeError(f"A post was refused: {dict(posted.statuses)}.")
        await stage.watch.until_seen({post})
        await anyio.sleep(random.uniform(0, PAUSE_S))  # noqa: S311  # no secret
    return Idle(posted.answered_ms(), posted.visible_ms(stage.watch))


async def busy(stage: Stage, duration_s: float, rate: float = 0.0) -> Busy:
    """Every client posts again as soon as it has its answer; or all of them together so many posts a second."""
    posted, meter, begun = Posted(), CpuMeter(), time.perf_counter()

    async def client(place: int) -> None:
        number = place
        due = begun + (place / rate if rate else 0.0)
        while max(due, time.perf_counter()) - begun < duration_s:
            await anyio.sleep(max(0.0, due - time.perf_counter()))
            await posted.one(stage.authors[place], stage.topics[place % TOPICS], number)
            number += CLIENTS
            due += CLIENTS / rate if rate else 0.0

    async with anyio.create_task_group() as tasks:
        for place in range(CLIENTS):
            tasks.start_soon(client, place)
    took, cpu = time.perf_counter() - begun, meter.seconds()
    await stage.watch.until_seen(set(posted.times))  # All of them: none is lost.
    refused = posted.statuses.total() - posted.statuses[CREATED]
    answered, visible, posts = posted.answered_ms(), posted.visible_ms(stage.watch), len(posted.times)
    return Busy(posts / took, answered, visible, refused, posts, cpu)


async def measure(*, quick: bool) -> None:
    """Measure and print."""
    posts, duration_s, rounds = (100, 4.0, 1) if quick else (200, 6.0, 3)
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
        folder = Path(name)
        machine = Machine.look(folder)
        async with open_platform(folder) as platform, platform.members(CLIENTS + 1) as members:
            rows = await _rounds(platform, members, (posts, duration_s, rounds))
    show("post to visible, through the whole platform", list(_figures(*rows)), machine)


async def _rounds(
    platform: Platform, members: Sequence[Member], extent: tuple[int, float, int]
) -> tuple[list[Idle], list[Busy], list[Busy]]:
    posts, duration_s, rounds = extent
    *authors, watcher = members
    topics = [await authors[place].open_topic(f"Clinics, part {place + 1}") for place in range(TOPICS)]
    async with platform.watch(watcher, topics) as watch:
        stage = Stage(authors, topics, watch)
        await idle(stage, WARM_UP_POSTS)
        idles, paced, busies = [], [], []
        for _ in range(rounds):
            idles.append(await idle(stage, posts))
            paced.append(await busy(stage, duration_s, PACE))
            busies.append(await busy(stage, duration_s))
    return idles, paced, busies


def _figures(idles: Sequence[Idle], paced: Sequence[Busy], busies: Sequence[Busy]) -> Iterator[Figure]:
    for what, rows in (
        ("201", [each.answered for each in idles]),
        ("visible to another", [each.visible for each in idles]),
    ):
        yield from percentiles(f"idle: {what}", rows)
    yield Figure(f"{PACE} posts/s asked: posts", [each.rate for each in paced], "posts/s")
    yield from percentiles(f"{PACE} posts/s asked: 201", [each.answered for each in paced])
    yield from percentiles(f"{PACE} posts/s asked: visible to another", [each.visible for each in paced])
    yield Figure(f"{CLIENTS} clients: posts", [each.rate for each in busies], "posts/s")
    yield from percentiles(f"{CLIENTS} clients: 201", [each.answered for each in busies])
    yield from percentiles(f"{CLIENTS} clients: visible to another", [each.visible for each in busies])
    yield Figure(f"{CLIENTS} clients: refused", [each.refused for each in busies], "posts")
    for what, name in {"the clients": "self", "DiraMoja": "python", "NATS": "nats", "PostgreSQL": "postgres"}.items():
        yield Figure(f"{CLIENTS} clients: CPU of {what}", [_cpu_us(each, name) for each in busies], "us/post")


def _cpu_us(each: Busy, name: str) -> float:
    """Of all processes whose name begins so."""
    used = sum(seconds for process, seconds in each.cpu.items() if process.startswith(name))
    return MICROSECONDS * used / each.posts


def run(*, quick: bool) -> None:
    """For `python -m benchmarks`."""
    anyio.run(partial(measure, quick=quick), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    run(quick=options(argparse.ArgumentParser(description=__doc__)).quick)
