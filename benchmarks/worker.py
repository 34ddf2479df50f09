"""A worker as a process of its own, for `benchmarks.turn`: `python -m benchmarks.worker POSTGRES_URL NATS_URL`."""

import logging
import signal
import sys

import anyio
import structlog

from benchmarks.servers import reach
from benchmarks.timing import serve
from benchmarks.turn import plugin


async def main(*urls: str) -> None:
    """Until SIGTERM."""
    postgres_url, nats_url = urls
    async with reach({"postgres": postgres_url, "nats": nats_url}) as bench, bench.worker(plugin):
        serve()
        with anyio.open_signal_receiver(signal.SIGTERM) as signals:
            async for _ in signals:
                break


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    anyio.run(main, *sys.argv[1:3], backend_options={"use_uvloop": True})
