"""The clock of a simulation: set forward, never back, the same in every process on the folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from diramoja.core.errors import ConflictError
from diramoja.core.ports.clock import Clock, SystemClock
from diramoja.testing.memory import VirtualClock
from diramoja_community.simulation import SimulatedClock, clock_of, is_simulated, make_simulation

SLACK = timedelta(seconds=5)


@pytest.fixture
def clock(tmp_path: Path) -> SimulatedClock:
    make_simulation(tmp_path)
    made = clock_of(tmp_path)
    assert isinstance(made, SimulatedClock)
    return made


@pytest.mark.parametrize("of", ["system", "virtual", "simulated"])
def test_every_clock_is_in_utc_and_never_goes_back(of: str, clock: SimulatedClock) -> None:
    clocks: dict[str, Clock] = {"system": SystemClock(), "virtual": VirtualClock(), "simulated": clock}
    tried = clocks[of]
    before, moment, after = tried.now(), tried.at(datetime.now(UTC)), tried.now()
    assert before.tzinfo is UTC
    assert before <= after
    assert of == "virtual" or before <= moment <= after


def test_a_folder_is_real_unless_it_was_made_for_simulation(tmp_path: Path) -> None:
    assert not is_simulated(clock_of(tmp_path))


def test_a_new_time_runs_on_and_holds_for_all_on_the_folder(clock: SimulatedClock, tmp_path: Path) -> None:
    wanted = datetime.now(UTC) + timedelta(days=7)
    other = clock_of(tmp_path)
    assert other.now() < wanted
    clock.set(wanted)
    assert wanted <= other.now() <= wanted + SLACK
    assert clock_of(tmp_path).now() >= wanted
    clock.set(wanted + timedelta(hours=1))
    assert other.now() >= wanted + timedelta(hours=1)


@pytest.mark.parametrize("by", [timedelta(seconds=-1), timedelta(days=-400), timedelta(days=40_000)])
def test_time_goes_forward_and_not_for_ever(clock: SimulatedClock, by: timedelta) -> None:
    before = clock.now()
    with pytest.raises(ConflictError, match="time goes forward"):
        clock.set(before + by)
    assert before <= clock.now() <= before + SLACK


def test_no_folder_with_data_becomes_a_simulation(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(ConflictError, match="times are real"):
        make_simulation(tmp_path)
    assert not is_simulated(clock_of(tmp_path))


def test_making_it_twice_does_not_set_it_back(clock: SimulatedClock, tmp_path: Path) -> None:
    clock.set(clock.now() + timedelta(days=3))
    make_simulation(tmp_path)
    assert clock.now() > datetime.now(UTC) + timedelta(days=2)
