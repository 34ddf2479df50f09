"""Jobs and wide hearings whose own code is broken or slow: they fail by themselves, and the runner goes on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Literal

import anyio
import pytest

from diramoja.core import AgentKind, Call, Command, Context, Decision, Event, Plugin, State, View, job
from diramoja.core.registry import Ports
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.jobs import JobRunner
from diramoja.core.runtime.settings import RuntimeSettings
from diramoja.testing.runtime import Runtime
from tests.support.waiting import eventually

PAGES = 100


class Order(Command):
    what: str


class Shout(Command):
    pass


class Delivered(Command):
    what: str


class Shouted(Event, name="shop.shouted"):
    first: str


class Parcel(View):
    what: str


class Page(View):
    number: int


class TakePage(Command):
    number: int


class Shop(State):
    phase: Literal["absent"] = "absent"
    delivered: tuple[str, ...] = ()


def gave_up(parcel: Parcel, code: str) -> Command:
    if parcel.what == "failed raises":
        raise RuntimeError("as asked")
    return Delivered(f"failed: {code}")


@job(Parcel, attempts=2, timeout_s=5, failed=gave_up)
async def deliver(parcel: Parcel) -> Any:
    given: dict[str, Any] = {"nonsense": "a text", "large": Delivered("x" * 70_000), "huge": Delivered("x" * 300_000)}
    if parcel.what == "exits":
        raise SystemExit(3)
    if parcel.what == "cancels":
        raise asyncio.CancelledError
    if parcel.what == "slow":
        await anyio.sleep(60)
    if parcel.what in {"raises", "failed raises"}:
        raise RuntimeError("as asked")
    return given.get(parcel.what, Delivered(parcel.what))


@job(Parcel, timeout_s=600)
async def ship(parcel: Parcel) -> None:
    """Beside the other, for its patience."""


@job(Page)
async def turn_page(page: Page) -> TakePage:
    return TakePage(page.number)


shop = AgentKind("shop", Shop, prefix="shp")


@shop.on("absent")
def order(state: Shop, message: Order, context: Context) -> Decision:
    return Call(deliver, Parcel(message.what))


@shop.on("absent")
def delivered(state: Shop, message: Delivered, context: Context) -> Decision:
    return state.but(delivered=(*state.delivered, message.what[:30]))


@shop.on("absent")
def take_page(state: Shop, message: TakePage, context: Context) -> Decision:
    more = (Call(turn_page, Page(message.number + 1), key=f"page:{message.number}"),) if message.number < PAGES else ()
    return state.but(delivered=(f"page {message.number}",)), *more


@shop.on("absent")
def shout(state: Shop, message: Shout, context: Context) -> Decision:
    return Shouted("shp_1")


async def nobody(event: Shouted) -> AsyncIterator[str]:
    for agent in ("shp_1", "shp_2"):
        if agent == event.first:
            raise RuntimeError("as asked")
        yield agent


shop.hears(Shouted, across=nobody, tell=lambda event: Delivered("heard"))


@pytest.fixture
def stage(runtime: Runtime) -> Runtime:
    runtime.deploy(Plugin(name="shops", kinds=[shop], jobs=[deliver, ship, turn_page]))
    return runtime


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("raises", "failed: RuntimeError"),
        ("exits", "failed: SystemExit"),
        ("cancels", "failed: runner_ended"),
        ("nonsense", "failed: TypeError"),
        ("large", "failed: message_too_large"),
        ("huge", "failed: message_too_large"),
    ],
)
def test_a_broken_job_is_reported_to_its_agent(stage: Runtime, what: str, told: str) -> None:
    stage.send(shop, "shp_1", Order(what))
    stage.send(shop, "shp_2", Order("tea"))
    stage.advance(hours=1)
    assert stage.state(shop, "shp_1").delivered == (told,)
    assert stage.state(shop, "shp_2").delivered == ("tea",)


def test_pages_without_end_are_turned_by_job_after_job(stage: Runtime) -> None:
    stage.send(shop, "shp_1", TakePage(1))
    stage.advance(hours=1)
    assert stage.state(shop, "shp_1").delivered == (f"page {PAGES}",)
    assert max(len(row.causation) for row in stage.records.jobs.values()) < 100


def test_a_job_whose_report_raises_too_ends(stage: Runtime) -> None:
    stage.send(shop, "shp_1", Order("failed raises"))
    stage.advance(days=1)
    (row,) = stage.records.jobs.values()
    assert (row.state, row.error, row.attempts) == ("failed", "RuntimeError", 8)


def test_an_audience_that_cannot_be_read_ends_and_stops_nobody(stage: Runtime) -> None:
    stage.send(shop, "shp_1", Shout())
    stage.send(shop, "shp_2", Order("tea"))
    stage.advance(days=1)
    assert [row.state for row in stage.records.jobs.values()].count("failed") == 1
    assert stage.state(shop, "shp_2").delivered == ("tea",)


def test_a_job_that_ends_runner_after_runner_is_given_up(stage: Runtime) -> None:
    stage.send(shop, "shp_1", Order("tea"), settle=False)
    stage._do(stage._alive())
    assert stage._worker is not None
    stage._do(stage._worker.step())
    for _ in range(10):  # What is left of a runner that its job ended.
        assert (
            len(stage._do(stage.records.take_jobs(dict.fromkeys(stage.registry.jobs, 1), stage.clock.now(), 10))) == 1
        )
        stage.clock.advance(timedelta(seconds=2))
    stage.settle()
    assert stage.state(shop, "shp_1").delivered == ("failed: runner_ended",)


def test_a_job_whose_runner_died_waits_for_no_longer_than_its_own_timeout(stage: Runtime) -> None:
    stage.send(shop, "shp_1", Order("tea"), settle=False)
    stage._do(stage._alive())
    assert stage._worker is not None
    stage._do(stage._worker.step())
    assert len(stage._do(runner_of(stage, RuntimeSettings())._take(10))) == 1
    stage.clock.advance(timedelta(seconds=9))
    assert stage._do(runner_of(stage, RuntimeSettings())._take(10)) == []
    stage.clock.advance(timedelta(seconds=2))
    stage.settle()
    assert stage.state(shop, "shp_1").delivered == ("tea",)


def test_a_job_that_cancels_itself_keeps_no_slot(stage: Runtime) -> None:
    async def watch() -> None:
        runner = runner_of(stage, RuntimeSettings(job_slots=1, poll_s=0.01))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.run)
            await eventually(lambda: [row.state for row in stage.records.jobs.values()] == ["running", "done"])
            tasks.cancel_scope.cancel()

    for what in ("cancels", "tea"):
        stage.send(shop, "shp_1", Order(what), settle=False)
    stage._do(stage._alive())
    assert stage._worker is not None
    stage._do(stage._worker.step())
    stage._do(watch())


def runner_of(stage: Runtime, settings: RuntimeSettings) -> JobRunner:
    return JobRunner(Environment(stage.registry, Ports(stage._provided), settings))


def test_a_runner_is_woken_by_the_worker_that_commits_a_job(stage: Runtime) -> None:
    async def watch() -> None:
        runner = runner_of(stage, RuntimeSettings(poll_s=10))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.run)
            await eventually(lambda: bool(stage.broker.listeners))
            assert stage._worker is not None
            await stage._worker.step()
            await eventually(lambda: [row.state for row in stage.records.jobs.values()] == ["done"])
            tasks.cancel_scope.cancel()

    stage.send(shop, "shp_1", Order("tea"), settle=False)
    stage._do(stage._alive())
    stage._do(watch())


def test_a_slow_job_holds_up_no_other(stage: Runtime) -> None:
    async def watch() -> None:
        runner = runner_of(stage, RuntimeSettings(job_slots=2, poll_s=0.01))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.run)
            await eventually(lambda: [row.state for row in stage.records.jobs.values()] == ["running", *["done"] * 5])
            tasks.cancel_scope.cancel()

    for what in ("slow", *"abcde"):
        stage.send(shop, "shp_1", Order(what), settle=False)
    stage._do(stage._alive())
    assert stage._worker is not None
    stage._do(stage._worker.step())
    stage._do(watch())
