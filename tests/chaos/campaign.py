"""A campaign: load and faults for a while, then quiet, then the checker."""

import asyncio
import itertools
import random
import time
from collections import Counter
from pathlib import Path

import attrs

from tests.chaos.asking import read_done
from tests.chaos.checker import Report, Sent, check, read_log
from tests.chaos.faults import FAULTS, GREAT, SERVERS
from tests.chaos.load import Client
from tests.chaos.people import People
from tests.chaos.stage import Stage
from tests.chaos.web import WebClient

__all__ = ["Campaign", "Outcome"]

CLIENTS = 2
PEOPLE = "people.log"
QUIET_S = 120.0
EVIL_EVERY_S = 25.0


@attrs.frozen
class Campaign:
    """What is done. `fault_every_s` is the mean; a `mutant` is a core that is broken on purpose.

    `rate` are commands a second straight to the stream, as a gateway sends them; `web_rate` those over real gateways.
    `with_plugins`: all that are built in beside the ledger, with members who do up to `people_rate` things a second.
    """

    seed: int
    seconds: float = 40
    fault_every_s: float = 1.5
    rate: float = 400
    workers: int = 3
    mutant: str = ""
    evils: bool = False
    web_rate: float = 60
    great_every_s: float = 0
    with_plugins: bool = False
    people_rate: float = 40


@attrs.define
class Outcome:
    """What came of it."""

    report: Report
    faults: Counter[str]
    fenced: int
    took_s: float
    quiet: bool
    timeline: list[str]


class _Run:
    def __init__(self, campaign: Campaign, folder: Path) -> None:
        self._campaign = campaign
        self._folder = folder
        self._dice = random.Random(campaign.seed)
        self._busy: set[str] = set()
        self._faults: Counter[str] = Counter()
        self._timeline: list[str] = []
        self._odd: list[str] = []
        self._begun = time.monotonic()
        self._stage = Stage(folder, campaign.workers, campaign.mutant, with_plugins=campaign.with_plugins)

    async def run(self) -> Outcome:
        try:
            await self._stage.open()
            acked = await self._load()
            quiet = await self._stage.quiet(acked, QUIET_S if not self._campaign.mutant else QUIET_S / 6)
            sent: dict[str, Sent] = {}
            for file in sorted(self._folder.glob("client*.log")):
                sent |= read_log(file)
            people = self._folder / PEOPLE
            done = read_done(people) if people.exists() else []
            report = await check(self._stage.postgres.url(), self._stage.nats.url, sent, odd=self._odd, done=done)
        finally:
            await self._stage.close()
        logs = [file.read_bytes() for file in self._folder.glob("worker*.log")]
        fenced = sum(log.count(b"code=fenced") for log in logs)
        took_s = time.monotonic() - self._begun
        return Outcome(report, self._faults, fenced, took_s, quiet, self._timeline)

    async def _load(self) -> int:
        stop, stage, campaign = asyncio.Event(), self._stage, self._campaign
        evils: list[str] = []
        straight = [
            Client(f"mem_{number}", stage.nats_url, self._folder / f"client{number}.log", campaign.seed + number)
            for number in range(CLIENTS)
        ]
        name = "mem_web"
        web = WebClient(name, stage.token(name), stage.gateway_urls, self._folder / "client_web.log")
        people = People(stage.gateway_urls, stage.token, self._folder / PEOPLE, campaign.seed)
        async with asyncio.TaskGroup() as tasks:
            if campaign.with_plugins:
                tasks.create_task(
                    people.run(rate=campaign.people_rate, lasts_s=campaign.seconds, stop=stop, gate=stage.gate)
                )
                await people.ready.wait()
            for client in straight:
                rate = campaign.rate / CLIENTS
                tasks.create_task(client.run(rate=rate, stop=stop, gate=stage.gate, evils=evils))
            if campaign.web_rate:
                tasks.create_task(web.run(rate=campaign.web_rate, stop=stop, gate=stage.gate))
            await self._torment(evils)
            stop.set()
        self._odd = web.odd + people.odd
        return sum(client.acked for client in straight) + web.acked

    async def _torment(self, evils: list[str]) -> None:
        """Faults until the time is over; those that are under way end."""
        end = time.monotonic() + self._campaign.seconds
        next_evil = time.monotonic() + EVIL_EVERY_S / 2
        async with asyncio.TaskGroup() as tasks:
            if self._campaign.great_every_s:
                tasks.create_task(self._great(end))
            while time.monotonic() < end:
                await asyncio.sleep(self._dice.uniform(0.3, 1.7) * self._campaign.fault_every_s)
                if self._campaign.evils and time.monotonic() > next_evil:
                    next_evil += EVIL_EVERY_S
                    evils.append(self._dice.choice(("loop", "sleep", "exit", "allocate")))
                    self._note("an evil handler")
                else:
                    tasks.create_task(self._fault())

    async def _fault(self) -> None:
        names = [name for name, (_, _, holds) in FAULTS.items() if holds == "worker" or holds not in self._busy]
        (name,) = self._dice.choices(names, [FAULTS[each][1] for each in names])
        fault, _, holds = FAULTS[name]
        self._note(name)
        if holds and holds != "worker":
            self._busy.add(holds)
        try:
            await fault(self._stage, random.Random(self._dice.random()))
        finally:
            self._busy.discard(holds)

    async def _great(self, end: float) -> None:
        """One great fault after the other, in turn."""
        names = [name for name in GREAT if name != "a full disk" or self._stage.disk.available]
        for name in itertools.cycle(names):
            await asyncio.sleep(self._campaign.great_every_s)
            if time.monotonic() > end:
                return
            while self._busy & SERVERS:  # noqa: ASYNC110  # a set
                await asyncio.sleep(0.1)
            self._busy |= SERVERS
            self._note(name)
            await GREAT[name](self._stage, random.Random(self._dice.random()))
            self._busy -= SERVERS

    def _note(self, name: str) -> None:
        self._faults[name] += 1
        self._timeline.append(f"{time.monotonic() - self._begun:7.1f} s  {name}")


async def run(campaign: Campaign, folder: Path) -> Outcome:
    """Run it in a folder of its own, which is left to be looked at."""
    return await _Run(campaign, folder).run()
