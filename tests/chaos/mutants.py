"""Cores that are broken on purpose: each must be found out."""

from collections.abc import Callable
from typing import Any

import anyio

from diramoja.adapters.postgres import commit, records
from diramoja.core.ports.rows import PartitionRow, Tail, Writes
from diramoja.core.runtime import settle, worker

__all__ = ["MUTANTS"]

UNFENCED = commit.FENCE.replace("WHERE p.owner = m.owner AND p.epoch = m.epoch AND p.turn = m.turn_before", "")


def no_fence() -> None:
    """A commit never asks whether the partition is still the worker's."""
    assert commit.FENCE != UNFENCED
    commit.FENCE = UNFENCED


def cursor_apart() -> None:
    """The rows first, the cursors in a second transaction."""
    whole = records.PostgresRecords.commit

    async def in_two(store: Any, writes: Writes) -> None:
        marks, writes.marks = writes.marks, []
        await whole(store, writes)
        writes.marks = marks
        await anyio.sleep(0.02)
        await whole(store, Writes(marks=marks))

    records.PostgresRecords.commit = in_two  # type: ignore[assignment, method-assign]


def not_republished() -> None:
    """Who takes a partition over forgets what its owner before had not published."""

    async def nothing(_records: Any, _row: PartitionRow) -> Tail:
        return Tail((), ())

    worker.unpublished = settle.unpublished = nothing  # type: ignore[attr-defined, assignment]


MUTANTS: dict[str, Callable[[], None]] = {each.__name__: each for each in (no_fence, cursor_apart, not_republished)}
