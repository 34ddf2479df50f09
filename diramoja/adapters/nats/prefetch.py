"""Messages that wait to be taken: a bounded buffer for each open partition, emptied in turns."""

from collections import deque

import attrs

from diramoja.core.ports.broker import Incoming

__all__ = ["MAX_BUFFER_BYTES", "MAX_BUFFER_MESSAGES", "Prefetch", "Room"]

MAX_BUFFER_MESSAGES = 256
"""Messages that wait in one partition; twice an equal share of a turn over four busy partitions."""
MAX_BUFFER_BYTES = 512 * 1024
"""Bytes that wait in one partition: 32 MiB over all 64."""

_OVERHEAD_BYTES = 256
"""What a message costs besides its data: its subject, ids and objects."""


@attrs.frozen
class Room:
    """What a partition's buffer can still take; negative never, zero when it is full."""

    messages: int
    size_bytes: int


class Prefetch:
    """Buffers by partition. Whoever fills them asks `room` first; `put` itself refuses nothing.

    Not for use from several threads.
    """

    def __init__(self, messages: int = MAX_BUFFER_MESSAGES, size_bytes: int = MAX_BUFFER_BYTES) -> None:
        self.messages = messages
        self.size_bytes = size_bytes
        self._buffers: dict[int, deque[Incoming]] = {}
        self._sizes: dict[int, int] = {}
        self._turns: deque[int] = deque()  # Partitions that have any, the next to be served first.

    def open(self, partition: int) -> None:
        """Begin with an empty buffer, also where there was one."""
        self.close(partition)
        self._buffers[partition] = deque()
        self._sizes[partition] = 0

    def close(self, partition: int) -> None:
        """Drop the buffer; one that is not open is no error."""
        if self._buffers.pop(partition, None):
            self._turns.remove(partition)
        self._sizes.pop(partition, None)

    def clear(self) -> None:
        """Drop all."""
        self._buffers.clear()
        self._sizes.clear()
        self._turns.clear()

    def __bool__(self) -> bool:
        """Whether `take` would return something."""
        return bool(self._turns)

    def room(self, partition: int) -> Room:
        """What still fits. KeyError where the partition is not open."""
        waiting = self._buffers[partition]
        size = self._sizes[partition] + _OVERHEAD_BYTES * len(waiting)
        return Room(max(0, self.messages - len(waiting)), max(0, self.size_bytes - size))

    def put(self, message: Incoming) -> None:
        """Append to its partition's buffer. KeyError where the partition is not open."""
        buffer = self._buffers[message.partition]
        if not buffer:
            self._turns.append(message.partition)
        buffer.append(message)
        self._sizes[message.partition] += len(message.data)

    def take(self, limit: int) -> list[Incoming]:
        """At most `limit` messages: round after round an equal share of every partition that has any, in its order."""
        taken: list[Incoming] = []
        while self._turns and len(taken) < limit:
            share = max(1, (limit - len(taken)) // len(self._turns))
            for _ in range(min(len(self._turns), limit - len(taken))):
                self._serve(self._turns.popleft(), share, taken)
        return taken

    def _serve(self, partition: int, share: int, taken: list[Incoming]) -> None:
        buffer = self._buffers[partition]
        some = [buffer.popleft() for _ in range(min(share, len(buffer)))]
        self._sizes[partition] -= sum(len(message.data) for message in some)
        taken += some
        if buffer:
            self._turns.append(partition)
