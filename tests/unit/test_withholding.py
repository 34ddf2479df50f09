"""Figures that say nothing about one person: whatever the counts are, nothing small can be told from what is shown."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.withholding import STEP, withheld

cells = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([], []),
        ([(4, 30)], [None]),
        ([(12, 30)], [(10, 30)]),
        ([(12, 30), (33, 7)], [(10, 30), (35, 5)]),
        ([(4, 30), (12, 30), (33, 7)], [None, (10, 30), None]),
        ([(0, 1), (1, 0), (12, 30), (33, 8)], [None, None, (10, 30), None]),
    ],
)
def test_small_cells_and_what_would_give_them_away_are_withheld(
    counts: Sequence[tuple[int, ...]], shown: Sequence[tuple[int, ...] | None]
) -> None:
    assert withheld(counts) == shown


@given(cells)
def test_what_is_shown_is_no_small_cell_and_what_is_not_is_five_together(counts: Sequence[tuple[int, int]]) -> None:
    shown = withheld(counts)
    hidden = [cell for cell, seen in zip(counts, shown, strict=True) if seen is None]
    for cell, seen in zip(counts, shown, strict=True):
        if seen is not None:
            assert min(cell) >= STEP
            assert all(number % STEP == 0 and abs(number - real) <= 2 for number, real in zip(seen, cell, strict=True))
    if hidden and len(hidden) < len(counts):
        assert len(hidden) > 1
        assert min(sum(each) for each in zip(*hidden, strict=True)) >= STEP
