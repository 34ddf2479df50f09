"""Measures a contender between two points of its progress, and the CPU that processes used meanwhile."""

import gc
import time
from collections.abc import Callable, Mapping

import anyio
import attrs
import psutil

from diramoja_community.running import GARBAGE_AFTER

__all__ = ["MICROSECONDS", "CpuMeter", "Run", "serve", "timed"]

WARM_UP_RATIO = 0.1
"""Of the messages: what a start costs (claims, consumers, statements prepared) is not what a running system costs."""
PATIENCE_S = 120.0
LOOK_S = 0.002
MICROSECONDS = 1e6


@attrs.frozen
class Run:
    """What one run took: messages a second, and CPU in us a message, of this process and of the servers under it."""

    rate: float
    own_us: float
    servers_us: float


def serve() -> None:
    """Look for garbage as a running instance does, from now on: every contender of this process gains by it."""
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)


class CpuMeter:
    """CPU seconds, since it was made, of this process and all under it, by their names; this one's name is `self`."""

    def __init__(self) -> None:
        self._before = _cpu()

    def seconds(self) -> Mapping[str, float]:
        """User and system time; of processes that ended meanwhile, none."""
        used: dict[str, float] = {}
        for pid, (name, after) in _cpu().items():
            before = self._before[pid][1] if pid in self._before else 0.0
            used[name] = used.get(name, 0.0) + after - before
        return used


def _cpu() -> dict[int, tuple[str, float]]:
    own = psutil.Process()
    found = {}
    for process in (own, *own.children(recursive=True)):
        try:
            times = process.cpu_times()
            found[process.pid] = "self" if process == own else str(process.name()), float(times.user + times.system)
        except psutil.NoSuchProcess:
            continue
    return found


async def timed(
    count: int, progress: Callable[[], int], own: str = "self", warm_up_ratio: float = WARM_UP_RATIO
) -> Run:
    """Wait until `progress()` reaches `count`; measure from a share of it on.

    Args:
        count: what there is to do.
        progress: how much of it is done.
        own: name of the processes that do it, as `CpuMeter` has them.
        warm_up_ratio: of the messages.

    Raises:
        TimeoutError: it does not within two minutes.
    """
    with anyio.fail_after(PATIENCE_S):
        await _until(progress, int(count * warm_up_ratio))
        first, begun, meter = progress(), time.perf_counter(), CpuMeter()
        await _until(progress, count)
        took, counted = time.perf_counter() - begun, progress() - first
    used = meter.seconds()
    servers = sum(seconds for name, seconds in used.items() if name not in {"self", own})
    return Run(counted / took, MICROSECONDS * used[own] / counted, MICROSECONDS * servers / counted)


async def _until(progress: Callable[[], int], count: int) -> None:
    while progress() < count:  # noqa: ASYNC110  # the contenders have no common event for it
        await anyio.sleep(LOOK_S)
