"""Settings of the runtime: section [runtime] of the deployment file."""

from typing import Annotated

from msgspec import Meta

from diramoja.core.settings import Settings

__all__ = ["RuntimeSettings"]


class RuntimeSettings(Settings, frozen=True, kw_only=True):
    """How a worker takes, keeps and publishes."""

    batch_messages: Annotated[int, Meta(ge=1, le=5000, description="Messages of one turn at the most.")] = 500
    onward_messages: Annotated[
        int,
        Meta(ge=0, le=20_000, description="Tells that a turn decides itself at the most; 0: all go over the stream."),
    ] = 2000
    lease_s: Annotated[float, Meta(ge=0.5, le=60, description="A worker silent for so long loses its partitions.")] = (
        2.0
    )
    beat_s: Annotated[float, Meta(ge=0.05, le=20, description="Time between two signs of life.")] = 0.5
    cache_bytes: Annotated[
        int, Meta(ge=1_000_000, description="Memory for idle agents; beyond it the longest idle leave memory.")
    ] = 128_000_000
    backlog_messages: Annotated[
        int, Meta(ge=1000, description="Committed and unpublished messages beyond which no turn begins.")
    ] = 20_000
    handler_limit_s: Annotated[
        float,
        Meta(
            ge=0,
            le=60,
            description="A handler that runs longer is interrupted, at 3 times that its worker ends; 0: never.",
        ),
    ] = 0.5
    memory_limit_mb: Annotated[
        int,
        Meta(ge=0, description="Address space of a worker's process; a handler that wants more fails. 0: no limit."),
    ] = 0
    fail_after: Annotated[
        int, Meta(ge=1, le=1000, description="Exceptions of one agent in a row after which it is failed and parks.")
    ] = 10
    job_slots: Annotated[int, Meta(ge=1, le=1000, description="Jobs that one process runs at a time.")] = 32
    poll_s: Annotated[float, Meta(ge=0.01, le=10, description="Time between two looks for due jobs and events.")] = 0.25
