"""Fitness: whether a worker may claim partitions, by what the database knows of the stream and of the versions."""

from collections.abc import Sequence

from diramoja.core.errors import MissingError
from diramoja.core.ports.rows import PartitionRow
from diramoja.core.runtime.environment import Environment

__all__ = ["CURES", "is_stream_of_record", "unfitness"]

CURES = {
    "superseded": "a newer worker has written: upgrade this one, or run `diramoja repair kinds`",
    "stream_changed": "COMMANDS is not the stream that was read so far: run `diramoja repair broker`",
}
"""Why a worker claims nothing, and what helps."""


async def unfitness(environment: Environment, rows: Sequence[PartitionRow]) -> str:
    """A key of `CURES`, or "" for a worker that may claim. `rows` were read before this."""
    if not await is_stream_of_record(environment, rows):
        return "stream_changed"
    return "superseded" if await environment.records.enlist(environment.registry.versions) else ""


async def is_stream_of_record(environment: Environment, rows: Sequence[PartitionRow]) -> bool:
    """Whether COMMANDS is the stream that the cursors belong to, as long as it was at the least."""
    try:
        info = await environment.broker.commands()
    except MissingError:
        return False
    if max(row.cursor for row in rows) > info.last_seq:
        return False
    return await environment.records.stream_of_record(info.created) == info.created
