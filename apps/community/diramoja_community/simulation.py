"""The clock of a data folder made for simulation: its domain time is set by an operator and runs on from there.

Reminders, deadlines, decay, quiet hours and the times of events follow it; leases, tokens, rate limits and the
broker's time stay real. The mark is a file of the data folder, made with it and never taken away; all processes on the
folder read it, so that a new time holds in all of them with their next message.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import anyio
import msgspec
from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK

from diramoja.core.errors import ConflictError, MissingError
from diramoja.core.ids import PARTITIONS
from diramoja.core.ports.clock import Clock, SystemClock
from diramoja.core.ports.records import Records
from diramoja_community.auth import OPEN, OPERATE

__all__ = ["ClockView", "SimulatedClock", "Simulation", "clock_of", "is_simulated", "make_simulation"]

FILE = "simulation.json"
FORWARD_MAX = timedelta(days=3_660)
SETTLES_S = 20.0
"""Seconds for which a new time waits until what became due with it is decided."""
LOOKS_EVERY_S = 0.05


class _Mark(msgspec.Struct, frozen=True):
    """How far domain time is ahead of real time."""

    ahead_s: float = 0.0


class SimulatedClock:
    """Real time and what an operator added to it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._version = (-1, -1)
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Aware UTC."""
        return self.at(datetime.now(UTC))

    def at(self, moment: datetime) -> datetime:
        """Domain time of a real moment, as the clock stands now."""
        stat = self._file.stat()
        version = (stat.st_mtime_ns, stat.st_ino)
        if version != self._version:
            self._ahead = timedelta(seconds=msgspec.json.decode(self._file.read_bytes(), type=_Mark).ahead_s)
            self._version = version
        return moment + self._ahead

    def set(self, now: datetime) -> None:
        """Make it this late, for all processes on the folder.

        Raises:
            ConflictError: it is later already: domain time never goes back. Or it is too far ahead.
        """
        with self._alone():
            forward = now - self.now()
            if forward < timedelta() or forward > FORWARD_MAX:
                raise ConflictError(
                    f"It is {self.now().isoformat()}; time goes forward, by at most {FORWARD_MAX.days} days at once.",
                    code="clock_refused",
                )
            _write(self._file, _Mark((self._ahead + forward).total_seconds()))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def clock_of(data: Path) -> Clock:
    """The clock of a data folder: the computer's, where the folder was not made for simulation."""
    file = data / FILE
    return SimulatedClock(file) if file.exists() else SystemClock()


def is_simulated(clock: Clock) -> bool:
    """Whether times are not real; pages say so."""
    return isinstance(clock, SimulatedClock)


def make_simulation(data: Path) -> None:
    """Mark a data folder, which holds nothing yet.

    Raises:
        ConflictError: it holds something: times in it are real.
    """
    if (data / FILE).exists():
        return
    if any(data.iterdir()):
        raise ConflictError(f"{data} holds data whose times are real.", cure="Make another folder for the simulation.")
    _write(data / FILE, _Mark())


def _write(file: Path, mark: _Mark) -> None:
    draft = file.with_suffix(".draft")
    with draft.open("wb") as opened:
        opened.write(msgspec.json.encode(mark))
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)


# --- HTTP ---


class NewTime(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What time it is to be."""

    now: Annotated[datetime, msgspec.Meta(tz=True, examples=["2026-03-01T12:00:00Z"])]


class ClockView(msgspec.Struct, frozen=True):
    """Domain time. `is_settled`: all that was due is decided."""

    now: datetime
    is_settled: bool


class Simulation(Controller):
    """The clock of a simulation; 404 in every other deployment."""

    path = "/simulation/clock"
    tags = ["Operators"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission=OPEN, summary="What time it is in this simulation")
    async def get_clock(self, clock: Clock, records: Records) -> ClockView:
        """Of a data folder made with `diramoja init --simulation`."""
        return ClockView(_simulated(clock).now(), await _is_settled(clock, records))

    @post(
        "/",
        permission=OPERATE,
        status_code=HTTP_200_OK,
        summary="Move the clock of this simulation on",
        conflict="clock_refused",
    )
    async def set_clock(self, data: NewTime, clock: Clock, records: Records) -> ClockView:
        """Answers once the reminders that became due are decided, or after 20 s; 409 `clock_refused` to go back."""
        _simulated(clock).set(data.now)
        settled = False
        with anyio.move_on_after(SETTLES_S):
            while not settled:
                settled = await _is_settled(clock, records)
                await anyio.sleep(0 if settled else LOOKS_EVERY_S)
        return ClockView(clock.now(), settled)


def _simulated(clock: Clock) -> SimulatedClock:
    if not isinstance(clock, SimulatedClock):
        raise MissingError("This deployment runs on real time.", code="simulation_missing")
    return clock


async def _is_settled(clock: Clock, records: Records) -> bool:
    return not await records.due(range(PARTITIONS), clock.now(), 1)
