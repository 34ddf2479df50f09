"""Waiting for something to become true, instead of sleeping."""

import time
from collections.abc import Awaitable, Callable

import anyio

__all__ = ["eventually"]


async def eventually(
    holds: Callable[[], bool | Awaitable[bool]], *, within_s: float = 5.0, every_s: float = 0.01
) -> None:
    """Return as soon as it holds.

    Raises:
        AssertionError: it did not within the time.
    """
    end = time.monotonic() + within_s
    while True:
        found = holds()
        if found if isinstance(found, bool) else await found:
            return
        if time.monotonic() > end:
            raise AssertionError(f"This did not become true within {within_s} s.")
        await anyio.sleep(every_s)
