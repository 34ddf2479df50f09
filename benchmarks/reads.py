"""Reads over HTTP with much in the database: a topic of 10,000 posts, a million posts, their full text.

    python -m benchmarks.reads [--quick]

The platform is `diramoja up` with its own servers. The posts are put into the read models by SQL, as an import would.
Words are spread over them by known shares; each read is asked by two clients at once, each in a loop.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

import anyio
import asyncpg
import msgspec

from benchmarks.instance import Member, Platform, open_platform
from benchmarks.table import Figure, Machine, options, percentiles, show

__all__ = ["run"]

CLIENTS = 2
ONE_TOPIC = 10_000
OK = 200
SHARES = {
    "a word in 26%": ("water", 0.26),
    "in 7.6%": ("clinic", 0.076),
    "in 2%": ("nurse", 0.02),
    "in .2%": ("ferry", 0.002),
}
WORDS = ("the", "a", "of", "we", "people", "should", "when", "road", "school", "market", "evening", "more", "town")
POSTS = """
INSERT INTO post SELECT 'pst_b' || n, $1 || (n % $2), n / $2 + 1, 'mem_bench', t.body, 'published', '', NULL, 0,
    n % 7, n % 5, n % 3, n % 11, n % 23, now() - make_interval(secs => $3 - n)
FROM unnest($4::int[], $5::text[]) AS t (n, body)
"""
DOCUMENTS = """
INSERT INTO search_document (id, kind, title, body, category, author, created_at, language, visible)
SELECT 'pst_b' || n, 'post', '', t.body, 'healthcare', 'mem_bench', now() - make_interval(secs => $1 - n), 'english',
    true FROM unnest($2::int[], $3::text[]) AS t (n, body)
"""
TOPICS = """
INSERT INTO topic SELECT $1 || n, 'active', 'Topic ' || n, 'healthcare', '{}', false, 'mem_bench',
    now() - make_interval(secs => n), now(), now() - make_interval(secs => n), 0, 0, 0, ''
FROM generate_series(0, $2 - 1) AS n
"""
TEXTS = "INSERT INTO topic_text SELECT $1 || n, 'Filled by a benchmark.' FROM generate_series(0, $2 - 1) AS n"


def bodies(numbers: range) -> list[str]:
    """Texts in which each word of SHARES stands as often as it says."""
    dice = random.Random(numbers.start)  # noqa: S311  # no secret
    return [
        " ".join([*dice.choices(WORDS, k=24), *(word for word, share in SHARES.values() if dice.random() < share)])
        for _ in numbers
    ]


async def fill(database_url: str, count: int) -> None:
    """Posts in one topic of 10,000, and `count` in a thousand topics, with their full text."""
    database = await asyncpg.connect(database_url)
    try:
        for prefix, topics, posts in (("top_one", 1, ONE_TOPIC), ("top_b", 1000, count)):
            await database.execute(TOPICS, prefix, topics)
            await database.execute(TEXTS, prefix, topics)
            for start in range(0, posts, 20_000):
                numbers = range(start, min(posts, start + 20_000))
                texts, first = bodies(numbers), ONE_TOPIC + start if prefix == "top_b" else start
                places = [first + each for each in range(len(numbers))]
                await database.execute(POSTS, prefix, topics, float(posts), places, texts)
                await database.execute(DOCUMENTS, float(posts), places, texts)
        await database.execute("INSERT INTO search_language VALUES ('english') ON CONFLICT DO NOTHING")
        await database.execute("VACUUM ANALYZE")
    finally:
        await database.close()


async def ask(members: list[Member], path: Callable[[random.Random], str], duration_s: float) -> list[float]:
    """Milliseconds of every answer, by all clients at once."""
    times: list[float] = []
    end = time.perf_counter() + duration_s

    async def client(place: int) -> None:
        dice = random.Random(place)  # noqa: S311  # no secret
        while time.perf_counter() < end:
            begun = time.perf_counter()
            status, body = await members[place].ask("GET", path(dice))
            if status != OK:
                raise RuntimeError(f"{path(dice)} was answered {status}: {body[:300]!r}")
            times.append(1000 * (time.perf_counter() - begun))

    async with anyio.create_task_group() as tasks:
        for place in range(CLIENTS):
            tasks.start_soon(client, place)
    return sorted(times)


async def cursors(member: Member, path: str, pages: int) -> list[str]:
    """Cursors from the first page on, as deep as so many pages of 100."""
    found = [""]
    for _ in range(pages):
        status, body = await member.ask("GET", f"{path}limit=100&cursor={quote(found[-1])}")
        if status != OK:
            raise RuntimeError(f"{path} was answered {status}: {body[:300]!r}")
        following = msgspec.json.decode(body)["next_cursor"]
        if following is None:
            break
        found.append(following)
    return found


async def measure(*, quick: bool) -> None:
    """Measure and print."""
    count, duration_s, rounds = (50_000, 1.0, 1) if quick else (1_000_000, 2.0, 3)
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
        folder = Path(name)
        machine = Machine.look(folder)
        async with open_platform(folder) as platform, platform.members(CLIENTS) as members:
            begun = time.perf_counter()
            await fill(platform.postgres_url, count)
            filled_s = time.perf_counter() - begun
            figures = [Figure(f"{count:,} posts and their full text put in", [filled_s], "s")]
            figures += await _measured(platform, members, (duration_s, rounds))
    show(f"reads, {count:,} posts", figures, machine)


async def _measured(platform: Platform, members: list[Member], extent: tuple[float, int]) -> list[Figure]:
    duration_s, rounds = extent
    topic = "/v1/topics/top_one0/posts?"
    deep = await cursors(members[0], topic, 200)
    lists = await cursors(members[0], "/v1/topics?", 10)
    paths: dict[str, Callable[[random.Random], str]] = {
        "a page of a topic with 10,000 posts, any depth": lambda dice: (
            f"{topic}limit=20&cursor={quote(dice.choice(deep))}"
        ),
        "the same, by agreement": lambda _dice: f"{topic}limit=20&sort=top",
        "a page of 1,001 topics, any depth": lambda dice: f"/v1/topics?limit=20&cursor={quote(dice.choice(lists))}",
        "a post by its id": lambda dice: f"/v1/posts/pst_b{dice.randrange(ONE_TOPIC)}",
    }
    for what, (word, _) in SHARES.items():
        paths[f"search, {what}"] = lambda _dice, word=word: f"/v1/search?q={word}"  # type: ignore[misc]  # bound now
    rows: dict[str, list[list[float]]] = {what: [] for what in paths}
    for _ in range(rounds):
        for what, path in paths.items():
            rows[what].append(await ask(members, path, duration_s))
    return [figure for what, each in rows.items() for figure in percentiles(what, each)]


def run(*, quick: bool) -> None:
    """For `python -m benchmarks`."""
    anyio.run(partial(measure, quick=quick), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    run(quick=options(argparse.ArgumentParser(description=__doc__)).quick)
