"""Figures about people that tell nothing about one of them (F9): small cells withheld, others in fives. Pure.

A cell below five people is not shown. Nor is what would give it away: where the total is known, one withheld cell is
the total without the others, so that the next smallest are withheld with it until they are five people together.
"""

from collections.abc import Sequence

__all__ = ["STEP", "merged", "rounded", "shown", "withheld"]

STEP = 5


def rounded(number: int) -> int:
    """To the nearest five."""
    return STEP * round(number / STEP)


def shown(number: int) -> int | None:
    """One count of people, in fives; None where it is withheld."""
    return rounded(number) if number >= STEP else None


def withheld(cells: Sequence[tuple[int, ...]]) -> list[tuple[int, ...] | None]:
    """Each cell's counts in fives; None where it is withheld.

    Args:
        cells: of one division of the same people; each counts its people by what they did, as (voted, did not).
    """
    hidden = {place for place, cell in enumerate(cells) if min(cell) < STEP}
    for place in sorted(set(range(len(cells))) - hidden, key=lambda place: min(cells[place])):
        together = [sum(numbers) for numbers in zip(*(cells[each] for each in hidden), strict=True)]
        if not hidden or (len(hidden) > 1 and min(together) >= STEP):
            break
        hidden.add(place)
    return [None if place in hidden else tuple(map(rounded, cell)) for place, cell in enumerate(cells)]


def merged(counts: Sequence[int]) -> list[tuple[int, int, int]]:
    """Neighbouring counts, numbered from 1, merged until each bin has five: (first, last, count in fives)."""
    bins: list[tuple[int, int, int]] = []
    low = held = 0
    for number, count in enumerate(counts, start=1):
        low, held = low or number, held + count
        if held >= STEP:
            bins.append((low, number, held))
            low = held = 0
    if low and bins:
        first, _, count = bins.pop()
        bins.append((first, len(counts), count + held))
    return [(first, last, rounded(count)) for first, last, count in bins]
