"""Jobs: calls to the outside, made after the commit by a process of the role `jobs`.

    @job(LookUp, attempts=5, timeout_s=10)
    async def look_up(payload: LookUp, http: HttpPort) -> Command | None: ...

    return Call(look_up, LookUp(url))          # in a handler

A job runs at least once and its result, a command to the agent that called, takes effect exactly once. A job that
raises is tried again with exponential backoff and full jitter until its attempts or its deadline are used up; then
`failed` makes the command that tells the agent, and the job stays listed as failed.
"""

from collections.abc import Awaitable, Callable

import attrs

from diramoja.core.messages import Command, Message

__all__ = ["Job", "job"]


@attrs.frozen(eq=False)
class Job[P: Message]:
    """A declared job.

    Attributes:
        attempts: how often it is tried at the most.
        timeout_s: seconds one attempt may take.
        backoff_s: mean wait before the second attempt; doubles with each further one, at most an hour.
        deadline_s: seconds after the call when it is given up.
    """

    name: str
    payload: type[P]
    run: Callable[..., Awaitable[Command | None]]
    attempts: int = 8
    timeout_s: float = 30.0
    backoff_s: float = 1.0
    deadline_s: float = 86_400.0
    failed: Callable[[P, str], Command | None] = attrs.field(default=lambda _payload, _code: None)


def job[P: Message](
    payload: type[P],
    *,
    attempts: int = 8,
    timeout_s: float = 30.0,
    backoff_s: float = 1.0,
    deadline_s: float = 86_400.0,
    failed: Callable[[P, str], Command | None] = lambda _payload, _code: None,
) -> Callable[[Callable[..., Awaitable[Command | None]]], Job[P]]:
    """Declare a job; the function's first parameter is the payload, the others are ports."""

    def declare(run: Callable[..., Awaitable[Command | None]]) -> Job[P]:
        name = f"{run.__module__}.{run.__name__}"
        return Job(name, payload, run, attempts, timeout_s, backoff_s, deadline_s, failed)

    return declare
