"""Many reminders due in the same second: how long until the last is decided, and that each is decided once.

    python -m benchmarks.reminders [--quick]

Agents set a reminder for the same moment; a worker with real servers decides them. The second line: all workers are
down when they become due, and one comes back later; it is timed from its start. A reminder that rings twice, or not, is
an error.
"""

import argparse
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

import anyio
import asyncpg

from benchmarks.servers import Bench, open_bench
from benchmarks.table import Figure, Machine, options, show
from diramoja.core import AgentKind, Command, Context, Decision, Event, Plugin, RemindAt, State
from diramoja.core.envelope import Envelope, pack
from diramoja.core.messages import encode
from diramoja.core.ports.broker import Outgoing

__all__ = ["run"]

ALARMS = 5_000
AHEAD = timedelta(seconds=12)
"""By then all are set."""
LATE = timedelta(seconds=3)
LOOK_S = 0.01
PUBLISH_AT_ONCE = 1_000
PATIENCE_S = 60.0


class SetAlarm(Command):
    """Ring then."""

    at: datetime


class Ring(Command):
    """It is time."""


class Rang(Event, name="alarm.rang"):
    """How often it has."""

    times: int


class Alarm(State):
    """Counts how often it rang."""

    phase: Literal["absent", "set"] = "absent"
    rang: int = 0


alarm = AgentKind("alarm", Alarm, prefix="alm")


@alarm.on("absent", "set")
def set_alarm(state: Alarm, message: SetAlarm, context: Context) -> Decision:
    """One reminder."""
    return state.but(phase="set"), RemindAt(message.at, Ring())


@alarm.on("set")
def ring(state: Alarm, message: Ring, context: Context) -> Decision:
    """It counts."""
    return state.but(rang=state.rang + 1), Rang(state.rang + 1)


plugin = Plugin(name="alarms", kinds=[alarm])


class Round:
    """A set of alarms, and what the database says of them."""

    def __init__(self, bench: Bench, database: asyncpg.Connection, count: int) -> None:
        self._bench = bench
        self._database = database
        self._count = count
        self._name = bench.unique("alm_r")

    @asynccontextmanager
    async def set(self, due: datetime) -> AsyncIterator[None]:
        """A worker that has set all of them, for the block."""
        body = encode(SetAlarm(due))
        ids = [f"{self._name}_{number}" for number in range(self._count)]
        waiting = [Outgoing(f"cmd.alarm.{id}.set_alarm", pack(Envelope(id, 1, body, sender="bench"))) for id in ids]
        for start in range(0, self._count, PUBLISH_AT_ONCE):
            await self._bench.broker.publish(waiting[start : start + PUBLISH_AT_ONCE])
        async with self._bench.worker(plugin):
            await self._until("SELECT count(*) FROM reminder WHERE agent LIKE $1", self._count)
            if datetime.now(UTC) >= due:
                raise RuntimeError("The machine is too slow: the reminders were due before all were set.")
            yield

    async def rung_s(self, since: float) -> float:
        """Seconds from a moment of `time.time` until all have rung, each once."""
        events = "SELECT count(*) FROM event_log WHERE name = 'alarm.rang' AND agent LIKE $1"
        await self._until(events, self._count)
        took = time.time() - since
        twice = await self._database.fetchval(TWICE, self._like)
        if twice:
            raise RuntimeError(f"{twice} reminders rang more than once.")
        return took

    async def _until(self, sql: str, wanted: int) -> None:
        with anyio.fail_after(PATIENCE_S):
            while await self._database.fetchval(sql, self._like) < wanted:  # noqa: ASYNC110  # another's table
                await anyio.sleep(LOOK_S)

    @property
    def _like(self) -> str:
        return self._name.replace("_", r"\_") + r"\_%"


TWICE = "SELECT count(*) - count(DISTINCT agent) FROM event_log WHERE name = 'alarm.rang' AND agent LIKE $1"


async def at_work(round_: Round) -> float:
    """A worker lives when they become due."""
    due = datetime.now(UTC) + AHEAD
    async with round_.set(due):
        await anyio.sleep((due - datetime.now(UTC)).total_seconds())
        return await round_.rung_s(due.timestamp())


async def after_outage(round_: Round, bench: Bench) -> float:
    """No worker lives when they become due; from the start of one."""
    due = datetime.now(UTC) + AHEAD
    async with round_.set(due):
        pass
    await anyio.sleep((due + LATE - datetime.now(UTC)).total_seconds())
    begun = time.time()
    async with bench.worker(plugin):
        return await round_.rung_s(begun)


async def measure(*, quick: bool) -> None:
    """Measure and print."""
    count, rounds = (1_000, 1) if quick else (ALARMS, 3)
    found: dict[str, list[float]] = {"due": [], "down": []}
    with tempfile.TemporaryDirectory(prefix="diramoja-bench-") as name:
        machine = Machine.look(Path(name))
        async with open_bench(Path(name)) as bench:
            database = await asyncpg.connect(bench.postgres_url)
            for _ in range(rounds):
                found["due"].append(await at_work(Round(bench, database, count)))
                found["down"].append(await after_outage(Round(bench, database, count), bench))
            await database.close()
    figures = [
        Figure(f"{count:,} due in the same second, until the last is decided", found["due"], "s"),
        Figure(f"{count:,} due while everything was down, from the start of a worker", found["down"], "s"),
    ]
    show("reminders, each decided once", figures, machine)


def run(*, quick: bool) -> None:
    """For `python -m benchmarks`."""
    anyio.run(partial(measure, quick=quick), backend_options={"use_uvloop": True})


if __name__ == "__main__":
    run(quick=options(argparse.ArgumentParser(description=__doc__)).quick)
