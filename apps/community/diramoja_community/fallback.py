"""A primary adapter and its fallbacks as one: a circuit breaker between them, for ports of async methods.

A port qualifies where every adapter can answer every call by itself, such as search and cache.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from diramoja.core.errors import UnavailableError

__all__ = ["Fallback"]

log = structlog.get_logger(__name__)

FAILURES = 3
"""In a row; then the adapter is left alone for a while."""
PAUSE_S = 10.0
"""After which one call tries it again."""


class Fallback:
    """Calls the first adapter that is not left alone; the next one where it is unavailable.

    Other errors are answers and are raised. The last adapter is always asked.
    """

    def __init__(self, port: str, adapters: Sequence[object], clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._adapters = adapters
        self._clock = clock
        self._failures = [0] * len(adapters)
        self._until = [0.0] * len(adapters)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            *others, last = range(len(self._adapters))
            for index in others:
                if self._clock() < self._until[index]:
                    continue
                try:
                    answer = await getattr(self._adapters[index], name)(*args, **kwargs)
                except UnavailableError as error:
                    self._failed(index, error)
                else:
                    self._failures[index] = 0
                    return answer
            return await getattr(self._adapters[last], name)(*args, **kwargs)

        return call

    def _failed(self, index: int, error: UnavailableError) -> None:
        self._failures[index] += 1
        if self._failures[index] >= FAILURES:
            self._until[index] = self._clock() + PAUSE_S
            log.warning("fallback_in_use", port=self._port, place=index, code=error.code, pause_s=PAUSE_S)
