"""How far a turn brings the partitions: the numbers of what goes out, and which tells were met or are under way.

A tell need not go over the stream where its turn can decide it: see `Progress.goes_on`.
"""

from collections.abc import Iterable, Mapping

from diramoja.core.ids import partition_of
from diramoja.core.ports.rows import PartitionRow, TellRow
from diramoja.core.runtime.items import Item

__all__ = ["Progress"]


class Progress:
    """Over the rows of all partitions that a worker owns; they stay as they are, `after` gives the new ones."""

    def __init__(self, rows: Mapping[int, PartitionRow]) -> None:
        self._rows = dict(rows)
        self._out: dict[int, int] = {}
        self._seen: dict[int, list[int]] = {}
        self._sent: dict[int, list[int]] = {}

    def number(self, partition: int) -> int:
        """The next number of what goes out of a partition."""
        number = self._out[partition] = self._out.get(partition, self._rows[partition].out_seq) + 1
        return number

    def meets(self, partition: int, source: int, seq: int) -> bool:
        """Whether this tell is new to its partition; from now on it is not."""
        seen = self._seen_by(partition)
        if seq <= seen[source]:
            return False
        seen[source] = seq
        return True

    def goes_on(self, tell: TellRow) -> bool:
        """Whether the turn that made this tell may decide it; it is met then.

        The target has to be owned too, and all that went over the stream between the two partitions to be met.
        """
        source, target = tell.partition, partition_of(tell.kind, tell.agent)
        if target not in self._rows or self._sent_by(source)[target] > self._seen_by(target)[source]:
            return False
        return self.meets(target, source, tell.seq)

    def goes_out(self, tell: TellRow) -> None:
        """This tell goes over the stream: those after it must, until it was met."""
        self._sent_by(tell.partition)[partition_of(tell.kind, tell.agent)] = tell.seq

    def _seen_by(self, partition: int) -> list[int]:
        return self._seen.setdefault(partition, list(self._rows[partition].seen))

    def _sent_by(self, partition: int) -> list[int]:
        return self._sent.setdefault(partition, list(self._rows[partition].sent))

    def after(
        self, items: Iterable[Item], published: Mapping[int, tuple[int, int]]
    ) -> list[tuple[PartitionRow, PartitionRow]]:
        """The rows before and after the items that were taken, by number.

        Args:
            items: repeats included: the cursors pass them.
            published: partition → (told_seq, published_seq) as the publisher has come.
        """
        taken: dict[int, list[Item]] = {}
        for item in items:
            taken.setdefault(item.partition, []).append(item)
        return [(self._rows[n], self._next(n, taken[n], published.get(n, (0, 0)))) for n in sorted(taken)]

    def _next(self, number: int, items: list[Item], published: tuple[int, int]) -> PartitionRow:
        """`seen` and `sent` stay the same objects where they did not move."""
        row, (told, shown) = self._rows[number], published
        return row.after(
            cursor=max(row.cursor, *(item.seq for item in items)),
            seen=_moved(row.seen, self._seen.get(number)),
            sent=_moved(row.sent, self._sent.get(number)),
            out_seq=self._out.get(number, row.out_seq),
            told_seq=max(row.told_seq, told),
            published_seq=max(row.published_seq, shown),
            clock=max(row.clock, *(item.at for item in items)),
        )


def _moved(before: tuple[int, ...], after: list[int] | None) -> tuple[int, ...]:
    return before if after is None or before == (now := tuple(after)) else now
