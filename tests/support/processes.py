"""For tests that run commands inside of the test process: what they leave behind is put back."""

import logging
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

__all__ = ["as_before", "in_time", "parent_of"]


@contextmanager
def as_before() -> Iterator[None]:
    """Logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("uvicorn", "httpx")}
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        for name, each in levels.items():
            logging.getLogger(name).setLevel(each)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


def parent_of(pid: int) -> int:
    """The parent of a process; 0 where there is no such process."""
    said = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(said.stdout or 0)


def in_time(holds: Callable[[], bool], *, within_s: float = 10.0) -> None:
    """As `eventually`, for tests that run commands with event loops of their own.

    Raises:
        AssertionError: it did not become true.
    """
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, f"This did not become true within {within_s} s."
        time.sleep(0.05)
