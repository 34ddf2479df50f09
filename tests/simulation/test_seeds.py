"""A few hundred seeds; thousands with `python -m tests.simulation`."""

import pytest

from tests.simulation.world import simulate

AT_ONCE = 25


@pytest.mark.parametrize("first", range(0, 300, AT_ONCE))
def test_whatever_fails_everything_happens_once_and_in_order(first: int) -> None:
    assert sum(simulate(seed) for seed in range(first, first + AT_ONCE)) > 0
