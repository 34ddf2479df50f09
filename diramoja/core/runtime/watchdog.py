"""The watchdog: no handler runs for long, whatever it does.

Python code is interrupted by an exception from the watchdog's thread. What does not give way (a sleep, a call into C)
ends the process, so that another worker takes over; a call into C that keeps the interpreter to itself, and so this
thread too, is ended by a timer of the processor time, which the thread winds up again as long as it runs.

A process that was stopped and goes on is none the worse: what counts are the thread's own ticks and processor time.
"""

import contextlib
import ctypes
import faulthandler
import itertools
import os
import signal
import threading
from collections.abc import Callable

import structlog

__all__ = ["STUCK", "HandlerTimeoutError", "Watch", "Watchdog"]

STUCK = 75
"""Exit code of a process that its watchdog ended (EX_TEMPFAIL: start it again)."""
TICK_S = 0.1
EXIT_AFTER = 3
"""Times the limit after which a handler that does not give way ends the process."""

log = structlog.get_logger(__name__)


class HandlerTimeoutError(BaseException):
    """A handler ran for longer than the limit. No Exception, so that it does not catch this itself."""


class Watch:
    """What a turn says to its watchdog: `token` is not 0 while code of a plugin runs. This one does not look."""

    def __init__(self) -> None:
        self.token = 0
        self._tokens = itertools.count(1)

    def begin(self) -> None:
        """Code of a plugin runs from now on."""
        self.token = next(self._tokens)

    def quiet(self) -> None:
        """No more; returns once no interruption is under way."""
        self.token = 0


class Watchdog(Watch):
    """Looks after the thread that makes it, from `start` to `stop`.

    Args:
        limit_s: how long code of a plugin may run, in steps of 0.1 s.
        end: ends the process with an exit code.
    """

    def __init__(self, limit_s: float, end: Callable[[int], object] = os._exit) -> None:
        super().__init__()
        self._limit = max(1, round(limit_s / TICK_S))
        self._end = end
        self._lock = threading.Lock()
        self._watched = threading.get_ident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        with contextlib.suppress(AttributeError, ValueError, OSError):  # No stderr to write to: end without a word.
            faulthandler.register(signal.SIGPROF, chain=True)
        self._wind_up()
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()
        signal.setitimer(signal.ITIMER_PROF, 0)

    def quiet(self) -> None:
        """See Watch.

        Raises:
            HandlerTimeoutError: it came just now, the only one there is; call again.
        """
        while True:
            try:
                with self._lock:
                    self.token = 0
                _raise_in(self._watched, None)
            except HandlerTimeoutError:
                continue
            return

    def _run(self) -> None:
        last = ticks = 0
        while not self._stop.wait(TICK_S):
            self._wind_up()
            ticks = ticks + 1 if self.token and self.token == last else 0
            last = self.token
            if ticks == self._limit:
                self._interrupt(last)
            elif ticks >= EXIT_AFTER * self._limit:
                log.critical("handler_stuck", after_s=round(ticks * TICK_S, 1), exit_code=STUCK)
                faulthandler.dump_traceback()
                self._end(STUCK)

    def _wind_up(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 2 * EXIT_AFTER * self._limit * TICK_S)

    def _interrupt(self, token: int) -> None:
        with self._lock:
            if self.token == token:
                _raise_in(self._watched, HandlerTimeoutError)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Make a thread raise at its next step; None takes it back."""
    exception = ctypes.py_object(error) if error is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), exception)
