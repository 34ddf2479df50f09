"""A small stampede in the suite; ten thousand members by command, see stampede.py."""

import asyncio
from pathlib import Path

from tests.chaos.stampede import Stampede, run


def test_a_crowd_gets_the_seats_that_there_are_in_its_order(tmp_path: Path) -> None:
    plan = Stampede(seed=5, members=240, seats=40, kill_every_s=3)
    outcome = asyncio.run(run(plan, tmp_path))
    assert outcome.wrong == []
    assert (outcome.confirmed, outcome.waiting) == (40, 200)
    assert outcome.kills["worker"] >= 1
