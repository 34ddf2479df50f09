"""The great faults: a stream that is made anew, and a disk that is full."""

import asyncio
import contextlib
import random
import subprocess

import nats
from nats.aio.client import Client

from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.clock import Clock, SystemClock
from diramoja.core.ports.records import Operations, Records
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.environment import Environment
from diramoja_community.control import repair_broker
from tests.chaos.plugin import plugin
from tests.chaos.stage import Stage

__all__ = ["fill_disk", "make_stream_anew"]

QUIET_S = 300.0
REFUSED_S = 15.0
FULL_S = 3.0
UNDER_WAY = """
SELECT (SELECT count(*) FROM request WHERE status IS NULL) + (SELECT count(*) FROM tell)
     + (SELECT count(*) FROM reminder WHERE due < now() + interval '30 seconds')
     + (SELECT count(*) FROM job WHERE state IN ('ready', 'running'))
"""
UNFIT = "SELECT count(*) FROM worker WHERE unfit = 'stream_changed' AND lease_until > now()"


async def make_stream_anew(stage: Stage, _dice: random.Random) -> None:
    """Delete COMMANDS and make it again while nothing is in it; all workers must refuse it until it is repaired.

    What is in a stream that somebody deletes is lost: that is not what is tested.
    """
    stage.gate.clear()
    try:
        await asyncio.sleep(2)
        await _until(stage, UNDER_WAY, QUIET_S, lambda value: value == 0)
        client = await nats.connect(stage.nats.url)
        left = await _unread(stage, client)
        assert not left, f"{left} commands are not decided"
        await client.jetstream().delete_stream("COMMANDS")
        async with open_broker(NatsSettings(url=stage.nats.url)) as broker:
            await broker.prepare()
            await client.close()
            stage.gate.set()  # What comes in now waits.
            await _until(stage, UNFIT, REFUSED_S, bool)
            async with open_postgres(PostgresSettings(url=stage.postgres.url())) as opened:
                ports: dict[type, object] = {
                    Records: opened["records"],
                    Operations: opened["operations"],
                    Broker: broker,
                    Clock: SystemClock(),
                }
                await repair_broker(Environment(Registry.of([plugin]), Ports(ports)))
    finally:
        stage.gate.set()


async def _unread(stage: Stage, client: Client) -> int:
    """Commands behind the cursors of their partitions."""
    end = asyncio.get_running_loop().time() + QUIET_S
    left = 1
    while left and asyncio.get_running_loop().time() < end:
        last = (await client.jetstream().stream_info("COMMANDS")).state.last_seq
        highest = await stage.value("SELECT max(cursor) FROM partition")
        left = 0 if last in {0, highest} else 1
        await asyncio.sleep(0.2)
    return left


async def _until(stage: Stage, sql: str, within_s: float, holds: object) -> None:
    assert callable(holds)
    async with asyncio.timeout(within_s):
        while True:
            value = await stage.value(sql)
            if value is not None and holds(value):
                return
            await asyncio.sleep(0.2)


async def fill_disk(stage: Stage, _dice: random.Random) -> None:
    """Nothing more can be written by NATS and PostgreSQL; afterwards the operator starts both anew."""
    stage.disk.fill()
    await asyncio.sleep(FULL_S)
    stage.disk.empty()
    with contextlib.suppress(subprocess.SubprocessError):
        stage.nats.kill()
    await asyncio.to_thread(stage.nats.start)
    if stage.postgres.ended:
        await asyncio.to_thread(stage.postgres.start)
