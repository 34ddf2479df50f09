"""A campaign: load and faults for a while, then quiet, then the checker."""

import asyncio
import random
import time
from collections import Counter
from pathlib import Path

import attrs

from tests.chaos.checker import Report, Sent, check, read_log
from tests.chaos.faults import FAULTS
from tests.chaos.load import Client
from tests.chaos.stage import Stage

__all__ = ["Campaign", "Outcome"]

CLIENTS = 2
QUIET_S = 120.0
EVIL_EVERY_S = 25.0


@attrs.frozen
class Campaign:
    """What is done. `fault_every_s` is the mean; a `mutant` is a core that is broken on purpose."""

    seed: int
    seconds: float = 40
    fault_every_s: float = 1.5
    rate: float = 400
    workers: int = 3
    mutant: str = ""
    evils: bool = False


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
        self._begun = time.monotonic()
        self._stage = Stage(folder, campaign.workers, campaign.mutant)

    async def run(self) -> Outcome:
        try:
            await self._stage.open()
            acked = await self._load()
            quiet = await self._stage.quiet(acked, QUIET_S if not self._campaign.mutant else QUIET_S / 6)
            sent: dict[str, Sent] = {}
            for number in range(CLIENTS):
                sent |= read_log(self._folder / f"client{number}.log")
            report = await check(self._stage.postgres.url(), self._stage.nats.url, sent)
        finally:
            await self._stage.close()
        logs = [file.read_bytes() for file in self._folder.glob("worker*.log")]
        fenced = sum(log.count(b"code=fenced") for log in logs)
        took_s = time.monotonic() - self._begun
        return Outcome(report, self._faults, fenced, took_s, quiet, self._timeline)

    async def _load(self) -> int:
        stop = asyncio.Event()
        evils: list[str] = []
        clients = [
            Client(
                f"mem_{number}",
                self._stage.nats_url,
                self._folder / f"client{number}.log",
                self._campaign.seed + number,
            )
            for number in range(CLIENTS)
        ]
        async with asyncio.TaskGroup() as tasks:
            for client in clients:
                tasks.create_task(client.run(rate=self._campaign.rate / CLIENTS, stop=stop, evils=evils))
            await self._torment(evils)
            stop.set()
        return sum(client.acked for client in clients)

    async def _torment(self, evils: list[str]) -> None:
        """Faults until the time is over; those that are under way end."""
        end = time.monotonic() + self._campaign.seconds
        next_evil = time.monotonic() + EVIL_EVERY_S / 2
        async with asyncio.TaskGroup() as tasks:
            while time.monotonic() < end:
                await asyncio.sleep(self._dice.uniform(0.3, 1.7) * self._campaign.fault_every_s)
                if self._campaign.evils and time.monotonic() > next_evil:
                    next_evil += EVIL_EVERY_S
                    evils.append(self._dice.choice(("loop", "sleep", "exit")))
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

    def _note(self, name: str) -> None:
        self._faults[name] += 1
        self._timeline.append(f"{time.monotonic() - self._begun:7.1f} s  {name}")


async def run(campaign: Campaign, folder: Path) -> Outcome:
    """Run it in a folder of its own, which is left to be looked at."""
    return await _Run(campaign, folder).run()
