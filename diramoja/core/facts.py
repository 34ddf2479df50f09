"""Facts: what a local, read-only port says of a batch of messages before they are decided.

    @fact(ScreenPost, fallback=Verdict("unknown"))
    async def verdict(messages: Sequence[ScreenPost], classifier: Classifier) -> Sequence[Verdict]: ...

    verdict_now = context.fact(verdict)

One call for the batch, with a deadline of 50 ms or 0.3 ms a message, whichever is longer; then the fallback. A
fact may be stale or missing: never build an invariant on one.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import attrs

from diramoja.core.messages import Command

__all__ = ["Fact", "fact"]


@attrs.frozen(eq=False)
class Fact[C: Command, T]:
    """A declared fact: which command it is about, how it is had, what stands in for it."""

    name: str
    command: type[C]
    fallback: T
    load: Callable[..., Awaitable[Sequence[T]]]

    def deadline_s(self, messages: int) -> float:
        """Seconds within which a batch of this many messages is answered."""
        return max(0.05, 0.0003 * messages)


def fact[C: Command, T](
    command: type[C], *, fallback: T
) -> Callable[[Callable[..., Awaitable[Sequence[T]]]], Fact[C, T]]:
    """Declare a fact about a command; the function's first parameter is the batch, the others are ports."""

    def declare(load: Callable[..., Awaitable[Sequence[Any]]]) -> Fact[C, T]:
        return Fact(f"{load.__module__}.{load.__name__}", command, fallback, load)

    return declare
