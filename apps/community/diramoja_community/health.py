"""Health: /healthz (the process answers), /readyz (each dependency with its state), /metrics (Prometheus)."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Literal

import anyio
import attrs
import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from diramoja.core.errors import DiramojaError
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import Operations, Records
from diramoja.core.registry import Ports
from diramoja.core.runtime.fitness import CURES
from diramoja_community.dispatch import Dispatcher
from diramoja_community.live import Live
from diramoja_community.metrics import Metrics, Sample, render

__all__ = ["Check", "Health", "Readiness", "gauges", "health_routes"]

CHECK_S = 2.0
KEEP_S = 1.0
"""A look at the dependencies answers all who ask within so long."""

type CheckState = Literal["ok", "degraded", "down"]


class Check(msgspec.Struct, omit_defaults=True):
    """One dependency: what is wrong with it, if anything; `figures` are those a person looks for first."""

    state: CheckState
    took_ms: int
    detail: str = ""
    figures: Mapping[str, int] = msgspec.field(default_factory=dict)


class Readiness(msgspec.Struct):
    """`ready`: all is well. `degraded`: reads work, writes wait. `down`: nothing works; answered with 503."""

    status: Literal["ready", "degraded", "down"]
    checks: Mapping[str, Check]


@attrs.define
class _Seen:
    readiness: Readiness
    at: float


class Health:
    """Looks at what the gateway depends on."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._seen: _Seen | None = None
        self._looking = anyio.Lock()

    async def look(self) -> Readiness:
        """The state of each dependency, at most a second old."""
        async with self._looking:
            if self._seen is None or time.monotonic() - self._seen.at > KEEP_S:
                self._seen = _Seen(await self._look(), time.monotonic())
            return self._seen.readiness

    async def _look(self) -> Readiness:
        checks: dict[str, Check] = {}
        parts: dict[str, Callable[[], Awaitable[Check]]] = {
            "database": self._database,
            "broker": self._broker,
            "workers": self._workers,
        }

        async def one(name: str) -> None:
            started = time.perf_counter()
            try:
                with anyio.fail_after(CHECK_S):
                    check = await parts[name]()
            except DiramojaError as error:
                check = Check("down", 0, error.code)
            except TimeoutError:
                check = Check("down", 0, "no answer in time")
            check.took_ms = int((time.perf_counter() - started) * 1000)
            checks[name] = check

        async with anyio.create_task_group() as tasks:
            for name in parts:
                tasks.start_soon(one, name)
        return Readiness(_overall(checks), {name: checks[name] for name in parts})

    async def _database(self) -> Check:
        await self._ports.get(Database).one("SELECT 1 AS one")
        return Check("ok", 0)

    async def _broker(self) -> Check:
        broker = self._ports.get(Broker)
        if not broker.connected():
            return Check("down", 0, "not connected")
        info = await broker.commands()
        return Check("ok", 0, figures={"last_seq": info.last_seq})

    async def _workers(self) -> Check:
        workers = await self._ports.get(Operations).workers()
        rows = await self._ports.get(Records).partitions()
        info = await self._ports.get(Broker).commands()
        unowned = sum(not row.owner for row in rows)
        behind = max(0, info.last_seq - max((row.cursor for row in rows), default=0))
        unfit = sorted({each.unfit for each in workers if each.unfit})
        figures = {"alive": len(workers), "partitions_unowned": unowned, "commands_behind": behind}
        if unfit:
            return Check("degraded", 0, "; ".join(f"{why}: {CURES.get(why, '')}" for why in unfit), figures)
        if not workers:
            return Check("degraded", 0, "no worker lives: writes wait", figures)
        if unowned:
            return Check("degraded", 0, "partitions are being taken over", figures)
        return Check("ok", 0, figures=figures)


def _overall(checks: Mapping[str, Check]) -> Literal["ready", "degraded", "down"]:
    if checks["database"].state == "down":
        return "down"
    return "ready" if all(check.state == "ok" for check in checks.values()) else "degraded"


def health_routes(health: Health, metrics: Metrics, ports: Ports) -> list[HTTPRouteHandler]:
    """The three routes."""

    @get("/healthz", include_in_schema=False, sync_to_thread=False)
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @get("/readyz", include_in_schema=False)
    async def readyz() -> Response[Readiness]:
        readiness = await health.look()
        return Response(readiness, status_code=503 if readiness.status == "down" else 200)

    @get("/metrics", include_in_schema=False)
    async def show() -> Response[str]:
        readiness = await health.look()
        text = render([*metrics.samples(), *_samples(readiness), *await _agents(ports), *await _backlog(ports)])
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    return [healthz, readyz, show]


def _samples(readiness: Readiness) -> Iterable[Sample]:
    workers = readiness.checks["workers"].figures
    yield "diramoja_broker_connected", (), float(readiness.checks["broker"].state == "ok")
    if workers:
        yield "diramoja_workers", (), workers["alive"]
        yield "diramoja_partitions_unowned", (), workers["partitions_unowned"]
        yield "diramoja_commands_behind", (), workers["commands_behind"]


async def _agents(ports: Ports) -> list[Sample]:
    try:
        counts = await ports.get(Operations).agent_counts()
    except DiramojaError:
        return []
    return [
        ("diramoja_agents", (("kind", kind), ("mode", mode)), count)
        for kind, modes in sorted(counts.items())
        for mode, count in sorted(modes.items())
    ]


async def _backlog(ports: Ports) -> list[Sample]:
    try:
        backlog = await ports.get(Operations).backlog(ports.get(Clock).now())
    except DiramojaError:
        return []
    return [
        ("diramoja_dead_letters", (), backlog.dead_letters),
        ("diramoja_jobs_waiting", (), backlog.jobs),
        ("diramoja_jobs_oldest_seconds", (), backlog.oldest_s),
    ]


def gauges(dispatcher: Dispatcher, live: Live) -> Iterable[Sample]:
    """What the gateway's own parts count."""
    yield "diramoja_waiting_writes", (), dispatcher.count
    yield "diramoja_live_connections", (), live.connections.count
    yield "diramoja_live_channels", (), live.feed.counts.channels
    yield "diramoja_live_frames_total", (), live.feed.counts.frames
    yield "diramoja_live_gaps_total", (), live.feed.counts.gaps
    yield "diramoja_live_slow_total", (), live.connections.slow
    yield "diramoja_live_places", (), live.presence.counts.places
    yield "diramoja_live_typing_dropped_total", (), live.presence.counts.dropped
