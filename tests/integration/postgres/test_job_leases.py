"""A job of many minutes: it stays with a runner that lives, and is taken again soon after that one ended."""

from collections.abc import AsyncIterator
from typing import Any, Literal

import anyio
import pytest

from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.postgres.client import Connection
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core import AgentKind, Plugin, State, View, job
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.clock import Clock, SystemClock
from diramoja.core.ports.records import JobStore
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime import jobs
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.jobs import JobRunner
from diramoja.core.runtime.settings import RuntimeSettings
from tests.contract.records.rows import job as job_row
from tests.contract.records.rows import worker, writes
from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually

LONG = 3
"""Leases that a job of the test takes."""


class Parcel(View):
    pass


BEGUN: list[str] = []


@job(Parcel, timeout_s=600)
async def fetch(parcel: Parcel) -> None:
    BEGUN.append("once more")
    await anyio.sleep(LONG * jobs.LEASE_S)


class Talk(State):
    phase: Literal["absent"] = "absent"


talk = AgentKind("talk", Talk, prefix="tlk")
plugin = Plugin(name="talks", kinds=[talk], jobs=[fetch])


@pytest.fixture
async def environment(settings: PostgresSettings, tmp_path: Any) -> AsyncIterator[Environment]:
    server = NatsServer(tmp_path)
    async with open_postgres(settings) as opened, open_broker(NatsSettings(url=server.url)) as broker:
        records: Any = opened["records"]
        await records.beat(worker(), 60)
        (mark,) = await records.claim("wrk_a", [0], 60)
        await records.commit(writes([mark], jobs=[job_row(name=fetch.name)]))
        ports: dict[type, object] = {JobStore: opened["jobs"], Broker: broker, Clock: SystemClock()}
        yield Environment(Registry.of([plugin]), Ports(ports), RuntimeSettings(poll_s=0.05))
    server.stop()


async def test_it_stays_with_a_runner_that_lives_and_is_taken_from_one_that_ended(
    environment: Environment, beside: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LEASE_S", 1.0)
    monkeypatch.setattr(jobs, "EXTENDED_EVERY_S", 0.2)
    BEGUN.clear()

    async def ends_as_if_killed(scope: anyio.CancelScope) -> None:
        with scope:
            await JobRunner(environment).run()

    async with anyio.create_task_group() as tasks:
        first = anyio.CancelScope()
        tasks.start_soon(ends_as_if_killed, first)
        await eventually(lambda: len(BEGUN) == 1)
        tasks.start_soon(ends_as_if_killed, anyio.CancelScope())
        await anyio.sleep(2 * jobs.LEASE_S)  # Time itself is what is tried: the lease would be over by now.
        assert len(BEGUN) == 1
        first.cancel()
        await eventually(lambda: len(BEGUN) == 2)
        tasks.cancel_scope.cancel()
    (row,) = await beside.fetch("SELECT state, attempts FROM job")
    assert (row["state"], row["attempts"]) == ("running", 2)
