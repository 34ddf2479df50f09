"""Times a contender between two points of its progress, and counts the CPU that it and the servers used."""

import time
from collections.abc import Callable

import anyio
import attrs
import psutil

__all__ = ["Run", "timed"]

WARM_UP_SHARE = 0.1
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


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _cpu() -> tuple[float, dict[int, float]]:
    """CPU seconds of this process, and of each process under it."""
    own = psutil.Process()
    servers = {}
    for child in own.children(recursive=True):
        try:
            servers[child.pid] = _seconds(child)
        except psutil.NoSuchProcess:
            continue
    return _seconds(own), servers


async def timed(count: int, progress: Callable[[], int]) -> Run:
    """Wait until `progress()` reaches `count`; measure from a tenth of it on.

    Raises:
        TimeoutError: it does not within two minutes.
    """
    with anyio.fail_after(PATIENCE_S):
        await _until(progress, int(count * WARM_UP_SHARE))
        first, begun, (own, servers) = progress(), time.perf_counter(), _cpu()
        await _until(progress, count)
        took, last = time.perf_counter() - begun, progress()
    own_after, servers_after = _cpu()
    counted = last - first
    used = sum(seconds - servers.get(pid, 0.0) for pid, seconds in servers_after.items())
    return Run(counted / took, MICROSECONDS * (own_after - own) / counted, MICROSECONDS * used / counted)


async def _until(progress: Callable[[], int], count: int) -> None:
    while progress() < count:  # noqa: ASYNC110  # the contenders have no common event for it
        await anyio.sleep(LOOK_S)
