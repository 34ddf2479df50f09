"""Ballots a second through polling stations, and how long the count takes after the close.

    python -m benchmarks.ballots [--quick] [--kill] [--http]

100,000 ballots of a public vote, each a ranking of ten options, wait in the stream; two worker processes take them.
Some are sent twice, some voters try again, some are not on the roll. Then all stations are sealed, the ballots are
published and counted; what was published must be exactly what was cast. With --kill workers are killed meanwhile, and
others started. With --http members cast over HTTP into `diramoja up`, as often as they can, in a public and in a
pseudonymous vote in which a ballot may be changed; both close by themselves.
"""

import argparse
import logging
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

import anyio
import asyncpg
import attrs
import structlog

from benchmarks.ballots_http import over_http
from benchmarks.servers import Bench, open_bench, reach
from benchmarks.table import Figure, Machine, options, show
from benchmarks.timing import Run, serve, timed
from diramoja.adapters.postgres.migrations import migrate
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core import Command, Plugin
from diramoja.core.envelope import Envelope, pack
from diramoja.core.keys import Keys
from diramoja.core.messages import encode
from diramoja.core.ports.broker import Outgoing
from diramoja.counting import BUILT_IN
from diramoja.plugins.member.hooks import register_plugin as members
from diramoja.plugins.vote.ballot_queries import published_ballots
from diramoja.plugins.vote.contracts import CastBallot
from diramoja.plugins.vote.hooks import register_plugin as votes
from diramoja.plugins.vote.messages import PrepareBox, SealBox
from diramoja.plugins.vote.publishing import publish
from diramoja.plugins.vote.rules import station_of, stations_for
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.tally import CountBallots, counted
from diramoja.plugins.vote.words import Terms

__all__ = ["run"]

OPTIONS = 10
WORKERS = 2
KILL_AT = (0.3, 0.5, 0.7)
"""Shares of the ballots at which a worker is killed."""
PUBLISH_AT_ONCE = 1_000
LOOK_S = 0.02
JOINED_RATIO = 0.2
"""Of the ballots: by then all processes have started and share the partitions."""
SETTINGS = VoteSettings()
OPENS = datetime(2020, 1, 1, tzinfo=UTC)


@attrs.frozen
class Election:
    """A vote: the first ballot of each voter, in the order of casting, which is the one that counts."""

    id: str
    stations: int
    ballots: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, id: str, count: int) -> "Election":
        """So many voters, who like some options better than others."""
        chance = random.Random(count)  # noqa: S311  # no secret
        weights = [1 / number for number in range(1, OPTIONS + 1)]
        ballots = {}
        for number in range(count):
            liked = sorted(range(OPTIONS), key=lambda place: chance.random() ** (1 / weights[place]), reverse=True)
            ranked = liked[: chance.randint(0, OPTIONS)]
            ballots[f"mem_{number}"] = tuple(place + 1 for place in ranked)
        return cls(id, stations_for(count, SETTINGS), ballots)

    def station(self, voter: str) -> str:
        """Where a voter votes."""
        return f"{self.id}-{station_of(self.id, voter, self.stations)}"

    def casting(self) -> Iterator[Outgoing]:
        """All ballots; of every fiftieth voter again what was sent, and another one; and those of strangers."""
        for number, (voter, choices) in enumerate(self.ballots.items()):
            yield self.cast(voter, choices, "first")
            if number % 50 == 0:
                yield self.cast(voter, choices, "first")
                yield self.cast(voter, (1,), "second")
                yield self.cast(f"stranger_{number}", (1,), "first")

    def cast(self, voter: str, choices: tuple[int, ...], key: str) -> Outgoing:
        """A ballot on its way from a gateway."""
        ballot = CastBallot(vote=self.id, voter=voter, choices=choices)
        return command("ballot_box", self.station(voter), ballot, sender=voter, key=key)

    def boxes(self, make: Command) -> list[Outgoing]:
        """The same to all stations."""
        return [
            command("ballot_box", f"{self.id}-{number}", make, sender="bench", key=f"{make.wire_name}:{number}")
            for number in range(1, self.stations + 1)
        ]

    def prepared(self) -> list[Outgoing]:
        """The stations, open for a long time."""
        made = PrepareBox(
            vote=self.id,
            station=1,
            form="rank",
            options=OPTIONS,
            grades=0,
            seats=1,
            revote=False,
            is_sealed=False,
            shows_tally=False,
            opens_at=OPENS,
            closes_at=datetime.now(UTC) + timedelta(days=1),
        )
        return self.boxes(made)


def command(kind: str, agent: str, body: Command, *, sender: str, key: str) -> Outgoing:
    """A command as a gateway publishes it."""
    request = f"{sender}:{agent}:{key}"
    envelope = Envelope(request, body.schema_version, encode(body), sender=sender, request=request, digest=b"digest")
    return Outgoing(f"cmd.{kind}.{agent}.{body.wire_name}", pack(envelope))


async def at_the_agents(bench: Bench, folder: Path, count: int, *, kill_at: Sequence[float]) -> tuple[Run, float]:
    """The run of casting, and seconds from the close to the count."""
    election = Election.of(bench.unique("vot_bench"), count)
    database = await asyncpg.connect(bench.postgres_url)
    await database.execute(
        "INSERT INTO vote_roll (vote, member) SELECT $1, 'mem_' || n FROM generate_series(0, $2 - 1) AS n",
        election.id,
        count,
    )
    await database.execute("ANALYZE vote_roll")
    await published(bench, [*election.prepared(), *election.casting()])
    with Crew(bench, kill_at) as crew:
        run = await cast_all(database, election, crew)
        tally_s = await closed(bench, database, election, folder)
    await database.close()
    return run, tally_s


async def published(bench: Bench, messages: Sequence[Outgoing]) -> None:
    """All of them."""
    for start in range(0, len(messages), PUBLISH_AT_ONCE):
        await bench.broker.publish(messages[start : start + PUBLISH_AT_ONCE])


class Crew:
    """Worker processes for a block; some are killed, each when a share of the work is done, and others started."""

    def __init__(self, bench: Bench, kill_at: Sequence[float]) -> None:
        self._line = [sys.executable, "-m", "benchmarks.ballots", "--work", bench.postgres_url, bench.nats_url]
        self._kill_at = list(kill_at)
        self._workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._workers = [self._one() for _ in range(WORKERS)]
        return self

    def __exit__(self, *_raised: object) -> None:
        for each in self._workers:
            each.terminate()
        for each in self._workers:
            each.wait()

    def _one(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def feel(self, share: float) -> None:
        """So much is done."""
        if self._kill_at and share >= self._kill_at[0]:
            del self._kill_at[0]
            victim = self._workers.pop(0)
            victim.kill()
            victim.wait()
            self._workers.append(self._one())


async def cast_all(database: asyncpg.Connection, election: Election, crew: Crew) -> Run:
    """Until every voter's ballot is committed."""
    count, done = len(election.ballots), 0

    async def look() -> None:
        nonlocal done
        while True:
            sql = "SELECT coalesce(sum(ballots), 0)::integer FROM vote_station WHERE vote = $1"
            done = await database.fetchval(sql, election.id)
            crew.feel(done / count)
            await anyio.sleep(LOOK_S)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look)
        run = await timed(count, lambda: done, "python", JOINED_RATIO)
        tasks.cancel_scope.cancel()
    return run


async def closed(bench: Bench, database: asyncpg.Connection, election: Election, folder: Path) -> float:
    """Seal the stations, publish, count; what was published must be what was cast.

    Raises:
        RuntimeError: it is something else.
    """
    begun = time.perf_counter()
    await published(bench, election.boxes(SealBox()))
    open_boxes = "SELECT count(*) FROM vote_station WHERE vote = $1 AND phase <> 'sealed'"
    while await database.fetchval(open_boxes, election.id):  # noqa: ASYNC110  # nobody tells
        await anyio.sleep(LOOK_S)
    await publish(bench.opened["database"], Keys(folder / "secrets"), SETTINGS, election.id)
    ballots = [each async for each in published_ballots(bench.opened["database"], election.id)]
    count = partial(_counted, election)
    result = await anyio.to_thread.run_sync(count, ballots)
    took = time.perf_counter() - begun
    cast = Counter(election.ballots.values())
    if dict(ballots) != cast or result != count(sorted(cast.items())):
        raise RuntimeError("What was published is not what was cast.")
    return took


def _counted(election: Election, ballots: Sequence[tuple[tuple[int, ...], int]]) -> tuple[int, ...]:
    """Who wins by instant runoff."""
    terms = Terms(voting_method="ranked_choice", options=OPTIONS, tie_rule="lot")
    wanted = CountBallots(election.id, 1, "Ten options", terms, len(election.ballots), seed="00" * 32)
    return counted(wanted, BUILT_IN, [f"Option {number}" for number in range(1, OPTIONS + 1)], ballots).winners


async def measure(*, quick: bool, kills: bool, http: bool) -> None:
    """Measure and print."""
    count, rounds = (3_000, 1) if quick else (100_000, 3)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
        folder = Path(name)
        machine = Machine.look(folder)
        async with open_bench(folder) as bench:
            serve()
            await tables(bench)
            for kill_at in ((), KILL_AT) if kills else ((),):
                runs = [await at_the_agents(bench, folder, count, kill_at=kill_at) for _ in range(rounds)]
                figures += _figures(f"{count:,} ballots{', workers killed' if kill_at else ''}", runs)
    if http:
        with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
            figures += await over_http(Path(name), casting_s=3.0 if quick else 15.0)
    show("ballots through polling stations", figures, machine)


async def tables(bench: Bench) -> None:
    """Of the plugins."""
    folders = [(plugin.name, plugin.migrations) for plugin in PLUGINS if plugin.migrations]
    await migrate(PostgresSettings(url=bench.postgres_url), folders)


def _figures(what: str, runs: Sequence[tuple[Run, float]]) -> Iterator[Figure]:
    yield Figure(f"{what}: accepted", [run.rate for run, _ in runs], "ballots/s")
    yield Figure(f"{what}: CPU of workers", [run.own_us for run, _ in runs], "us/ballot")
    yield Figure(f"{what}: CPU of servers", [run.servers_us for run, _ in runs], "us/ballot")
    yield Figure(f"{what}: from the close to the count", [tally_s for _, tally_s in runs], "s")


PLUGINS: tuple[Plugin, ...] = (members(), votes())


async def work(*urls: str) -> None:
    """A worker as a process of its own, until SIGTERM."""
    postgres_url, nats_url = urls
    async with reach({"postgres": postgres_url, "nats": nats_url}) as bench, bench.worker(*PLUGINS):
        serve()
        with anyio.open_signal_receiver(signal.SIGTERM) as signals:
            async for _ in signals:
                break


def run(*, quick: bool, kills: bool = True, http: bool = True) -> None:
    """For `python -m benchmarks`."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    anyio.run(partial(measure, quick=quick, kills=kills, http=http), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        anyio.run(work, *sys.argv[2:4], backend_options={"use_uvloop": True})
    else:
        parser = argparse.ArgumentParser(description=__doc__)
        parser.add_argument("--kill", action="store_true", help="again, with workers killed meanwhile")
        parser.add_argument("--http", action="store_true", help="over HTTP too")
        asked = options(parser)
        run(quick=asked.quick, kills=asked.kill, http=asked.http)
