"""Runs the roles of a process beside each other, until a signal or the first that fails."""

import errno
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

import anyio
import attrs
import structlog

from diramoja.core.errors import ConflictError, InternalError
from diramoja.core.runtime.housekeeping import Housekeeper
from diramoja.core.runtime.jobs import JobRunner
from diramoja.core.runtime.ownership import ThreadHeartbeat, new_worker
from diramoja.core.runtime.views import ViewFeeder
from diramoja.core.runtime.worker import Worker
from diramoja_community.deployment import Loaded
from diramoja_community.process import Process
from diramoja_community.settings import GatewaySettings

__all__ = ["Part", "listening", "make_worker", "run_process", "running_worker", "url_of", "watch_signals"]

log = structlog.get_logger(__name__)

READY_TIMEOUT_S = 30.0
READY_POLL_S = 0.02
GRACE_S = 20.0
"""For an orderly end; a worker whose database is gone would wait for it for ever."""
BACKLOG = 2048
CURES = {
    errno.EADDRINUSE: "Stop the program that has it, or give another --port (0: any free one).",
    errno.EADDRNOTAVAIL: "Give an address of this machine as --host.",
    errno.EACCES: "Ports below 1024 are for the system: give another --port, and put a web server in front of it.",
}
GARBAGE_AFTER = (20_000, 20, 20)
"""New objects, then rounds of each generation, between two collections."""


class Part(Protocol):
    """What runs in a role."""

    async def run(self) -> None:
        """Until `stop`."""
        ...

    def stop(self) -> None:
        """End in order, soon."""
        ...


@contextmanager
def listening(loaded: Loaded) -> Iterator[socket.socket | None]:
    """The gateway's socket, bound before anything else starts; None where this process is no gateway.

    Raises:
        ConflictError: the port is taken, or the address is none of this machine's.
    """
    if "gateway" not in loaded.roles:
        yield None
        return
    bound = _bind(loaded.identity.host, loaded.identity.port)
    try:
        yield bound
    finally:
        bound.close()


def _bind(host: str, port: int) -> socket.socket:
    bound: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)  # Without it another process could bind the same port.
    except OSError as error:
        if bound is not None:
            bound.close()
        raise ConflictError(
            f"The gateway cannot listen on {host} port {port}: {error.strerror}.",
            code="port_taken",
            cure=CURES.get(error.errno or 0, "Give another --host or --port."),
        ) from error
    bound.setblocking(False)
    return bound


def url_of(bound: socket.socket) -> str:
    """Where the gateway is reached from this machine."""
    host, port = bound.getsockname()[:2]
    named = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104  # compared, not bound
    return f"http://{named}:{port}"


class Gateway:
    """The HTTP application under uvicorn, as a part."""

    def __init__(self, process: Process, bound: socket.socket) -> None:
        import uvicorn

        from diramoja_community.application import create_application, server_options

        class Server(uvicorn.Server):
            @contextmanager
            def capture_signals(self) -> Iterator[None]:
                yield  # The process has its own handlers.

        options = server_options(process.settings.of(GatewaySettings))
        config = uvicorn.Config(create_application(process), **options)
        self._server = Server(config)
        self._bound = bound

    @property
    def started(self) -> bool:
        """Whether requests are answered."""
        return self._server.started

    async def run(self) -> None:
        """Serve until `stop`."""
        await self._server.serve(sockets=[self._bound])
        if not self._server.started:
            raise InternalError("The HTTP application did not start.", cure="The log says why.")

    def stop(self) -> None:
        """Take no more connections, let requests end."""
        self._server.should_exit = True


def make_worker(process: Process) -> Worker:
    """A worker of this process, with a heartbeat of its own."""
    runtime = process.environment.settings
    row = new_worker(",".join(sorted(process.loaded.roles)))
    heartbeat = ThreadHeartbeat(process.open_records, row, runtime.lease_s, runtime.beat_s)
    return Worker(process.environment, heartbeat)


@asynccontextmanager
async def running_worker(process: Process) -> AsyncIterator[Worker]:
    """A worker, beside the block; it ends in order, even where the block fails while it is still starting."""
    worker = make_worker(process)
    stage = _Stage([worker])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.run)
        try:
            yield worker
        finally:
            await stage.end()


async def watch_signals(asked: anyio.Event, scope: anyio.CancelScope) -> None:
    """The first SIGTERM or SIGINT asks to end in order, a second one ends at once."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            log.info("stopping", signal=number.name, at_once=asked.is_set())
            if asked.is_set():
                scope.cancel()
            asked.set()


async def run_process(
    process: Process,
    bound: socket.socket | None,
    asked: anyio.Event,
    on_ready: Callable[[], None],
    *,
    crew: Part | None = None,
) -> None:
    """Run all roles until asked to end.

    The gateway ends first, so that what it has accepted is still answered; the worker last.

    Args:
        process: open.
        bound: the gateway's socket, from `listening`.
        asked: set from outside to end in order.
        on_ready: called once requests are answered and partitions are owned.
        crew: runs agents and jobs instead of this process.

    Raises:
        ExceptionGroup: a part failed; the others were cancelled.
    """
    stages = _stages(process, bound, crew)
    async with anyio.create_task_group() as tasks:
        for stage in stages:
            tasks.start_soon(stage.run)
        tasks.start_soon(_tell_when_ready, [part for stage in stages for part in stage.parts], on_ready)
        await asked.wait()
        with anyio.move_on_after(GRACE_S) as grace:
            for stage in stages:
                await stage.end()
        if grace.cancelled_caught:
            log.warning("not_ended_in_time", after_s=GRACE_S)
        tasks.cancel_scope.cancel()


@attrs.define(eq=False)
class _Stage:
    """Parts that end together."""

    parts: list[Part]
    ended: anyio.Event = attrs.field(factory=anyio.Event)

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            for part in self.parts:
                tasks.start_soon(part.run)
        self.ended.set()

    async def end(self) -> None:
        for part in self.parts:
            part.stop()
        await self.ended.wait()


def _stages(process: Process, bound: socket.socket | None, crew: Part | None) -> list[_Stage]:
    """In the order in which they end."""
    roles, environment = process.loaded.roles, process.environment
    gateway: list[Part] = [Gateway(process, bound)] if bound is not None else []
    if crew is not None:
        return [_Stage(parts) for parts in (gateway, [crew]) if parts]
    jobs: list[Part] = [JobRunner(environment), ViewFeeder(environment), Housekeeper(environment)]
    stages: list[list[Part]] = [
        gateway,
        jobs if "jobs" in roles else [],
        [make_worker(process)] if "worker" in roles else [],
    ]
    return [_Stage(parts) for parts in stages if parts]


async def _tell_when_ready(parts: list[Part], on_ready: Callable[[], None]) -> None:
    """Other workers may take a while to give partitions back.

    What is loaded by then stays: the garbage collector need not look at it again, nor as often as its defaults say.
    """
    with anyio.move_on_after(READY_TIMEOUT_S):
        while not all(_is_ready(part) for part in parts):  # noqa: ASYNC110  # uvicorn has no event for it
            await anyio.sleep(READY_POLL_S)
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)
    on_ready()


def _is_ready(part: Part) -> bool:
    return part.owned != frozenset() if isinstance(part, Worker) else getattr(part, "started", True)
