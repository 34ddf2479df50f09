"""Cells: agents in memory, kept while the budget allows and passivated, longest idle first, beyond it."""

from collections import OrderedDict
from datetime import UTC, datetime
from operator import attrgetter
from sys import intern
from typing import Any, Literal

import attrs

from diramoja.core.agents import AgentKind
from diramoja.core.ids import partition_of
from diramoja.core.messages import State, decode, encode
from diramoja.core.ports.rows import AgentKey, Mode, SnapshotRow

__all__ = ["Cell", "Cells"]

OVERHEAD_BYTES = 800
"""What a cell weighs beside its encoded state."""


class _Nobody(State):
    phase: Literal["absent"] = "absent"


_NOBODY = AgentKind("nobody", _Nobody, prefix="nob")
_NEVER = datetime.fromtimestamp(0, UTC)


@attrs.define
class Cell:
    """One agent: its state and what the runtime keeps beside it.

    Attributes:
        parked: last parked command, 0 for none.
        body: the state, encoded, for as long as a turn needs it; of a broken agent, whose state cannot be read, always.
        size: length of the encoded state, in bytes.
    """

    key: AgentKey
    kind: AgentKind[Any]
    state: State
    revision: int = 0
    channel_seq: int = 0
    mode: Mode = "running"
    parked: int = 0
    failures: int = 0
    at: datetime = _NEVER
    body: bytes = b""
    version: int = 1
    broken: bool = False
    size: int = 0

    @classmethod
    def absent(cls, key: AgentKey, kind: AgentKind[Any] | None) -> "Cell":
        """An agent that nothing is stored of; of a kind that no plugin brings, one that handles nothing."""
        kind = kind or _NOBODY
        return cls(key, kind, kind.absent, version=kind.state.schema_version)

    @classmethod
    def of(cls, row: SnapshotRow, kind: AgentKind[Any]) -> "Cell":
        """From its snapshot.

        Raises:
            MessageError: the state cannot be read.
        """
        cell = cls.unreadable(row, kind)
        cell.state = decode(kind.state, row.body, row.version) if row.body else kind.absent
        cell.mode, cell.broken = intern(row.mode), False  # type: ignore[assignment]  # written from a Mode
        return cell

    @classmethod
    def unreadable(cls, row: SnapshotRow, kind: AgentKind[Any]) -> "Cell":
        """An agent whose snapshot cannot be read: failed, its bytes kept as they are."""
        key, size, absent = AgentKey(kind.name, row.agent), len(row.body), kind.absent
        return cls(key, kind, absent, row.revision, row.channel_seq, "failed", *row[6:], row.version, True, size)

    def copy(self) -> "Cell":
        """One that a turn may change."""
        return Cell(*_FIELDS(self))

    def become(self, state: State) -> None:
        """Take a new state; encoded once, at the end of the turn."""
        self.state = state
        self.body, self.size = b"", 0

    def row(self) -> SnapshotRow:
        """The snapshot to commit."""
        if not self.body and self.state is not self.kind.absent:
            self.body, self.version = encode(self.state), self.kind.state.schema_version
            self.size = len(self.body)
        return SnapshotRow(*self.key, *_STORED(self))


_FIELDS = attrgetter(*(field.name for field in attrs.fields(Cell)))
_STORED = attrgetter(*SnapshotRow._fields[2:])


class Cells:
    """The cells of one worker within a memory budget."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._held: OrderedDict[AgentKey, Cell] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def size_bytes(self) -> int:
        """Estimated memory of the cells that are held."""
        return self._bytes

    def get(self, key: AgentKey) -> Cell | None:
        """The committed cell, if it is in memory; now the last one to leave."""
        cell = self._held.get(key)
        if cell is not None:
            self._held.move_to_end(key)
        return cell

    def keep(self, cell: Cell) -> None:
        """Hold a cell as committed; others leave if the budget is used up."""
        self.forget(cell.key)
        self._held[cell.key] = cell
        cell.body = cell.body if cell.broken else b""
        self._bytes += cell.size + OVERHEAD_BYTES
        while self._bytes > self._budget and len(self._held) > 1:
            self.forget(next(iter(self._held)))

    def forget(self, key: AgentKey) -> None:
        """Drop a cell; the next message loads it anew."""
        cell = self._held.pop(key, None)
        if cell is not None:
            self._bytes -= cell.size + OVERHEAD_BYTES

    def forget_partition(self, number: int) -> None:
        """Drop the cells of a partition that another worker has now."""
        for key in [key for key in self._held if partition_of(*key) == number]:
            self.forget(key)

    def clear(self) -> None:
        """Drop all."""
        self._held.clear()
        self._bytes = 0
