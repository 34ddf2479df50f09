"""Workers that must not claim: of a stream that was lost and made anew, and where a newer worker has written."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.adapters.postgres.ports import open_postgres
from diramoja.adapters.postgres.settings import PostgresSettings
from diramoja.core.errors import ConflictError
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.clock import Clock, SystemClock
from diramoja.core.ports.records import Operations, Records
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.housekeeping import Housekeeper
from diramoja_community.control import repair_broker
from tests.support import counters
from tests.support.nats_server import NatsServer
from tests.support.worker_stage import SLACK, Stage, two_workers

JOINED = 64


async def unfit(stage: Stage) -> list[str]:
    rows = await stage.database.fetch("SELECT unfit FROM worker WHERE lease_until > now() ORDER BY started_at")
    return [row["unfit"] for row in rows]


async def until_unfit(stage: Stage, wanted: list[str]) -> None:
    with anyio.fail_after(10 * SLACK):
        while await unfit(stage) != wanted:  # noqa: ASYNC110  # of another process
            await anyio.sleep(0.05)


async def recreate(nats_server: NatsServer, stage: Stage) -> None:
    """COMMANDS is deleted and made again, as by a server whose disk was lost; nothing of it is left."""
    import nats

    client = await nats.connect(nats_server.url)
    await client.jetstream().delete_stream("COMMANDS")
    await client.close()
    await stage.broker.prepare()


async def in_hand(stage: Stage, work: Any) -> Any:
    """Call with the environment of a process that is no worker."""
    async with (
        open_postgres(PostgresSettings(url=stage.urls[0])) as opened,
        open_broker(NatsSettings(url=stage.urls[1])) as broker,
    ):
        provided: dict[type, object] = {Records: opened["records"], Operations: opened["operations"]}
        provided |= {Broker: broker, Clock: SystemClock()}
        return await work(Environment(Registry.of([counters.plugin]), Ports(provided)))


async def test_a_recreated_stream_is_refused_and_repaired_without_loss(stage: Stage, nats_server: NatsServer) -> None:
    await two_workers(stage)
    await stage.send(600)
    await stage.until_answered()
    await recreate(nats_server, stage)
    await stage.send(300)  # Their numbers are those of commands that were decided.
    await until_unfit(stage, ["stream_changed", "stream_changed"])
    await in_hand(stage, lambda environment: Housekeeper(environment).step())  # It must not purge by the old cursors.
    await in_hand(stage, repair_broker)
    await stage.until_answered(30)
    await stage.send(100)
    await stage.until_answered(30)
    await stage.check()
    with pytest.raises(ConflictError, match="Nothing was done"):
        await in_hand(stage, repair_broker)


async def test_a_worker_that_has_not_noticed_goes_on_after_the_repair(stage: Stage, nats_server: NatsServer) -> None:
    worker = await stage.start_worker()
    await stage.until_owns(worker, JOINED, 10 * SLACK)
    await stage.send(200)
    await stage.until_answered()
    await recreate(nats_server, stage)
    await in_hand(stage, repair_broker)
    await stage.send(100)
    await stage.until_answered(30)
    await stage.check()


async def test_a_stream_that_lost_its_end_is_refused_and_repaired(stage: Stage) -> None:
    worker = await stage.start_worker()
    await stage.until_owns(worker, JOINED, 10 * SLACK)
    await stage.send(50)
    await stage.until_answered()
    await stage.database.execute("UPDATE partition SET cursor = cursor + 1000, epoch = epoch + 1, owner = ''")
    await until_unfit(stage, ["stream_changed"])
    await in_hand(stage, repair_broker)
    await stage.send(50)
    await stage.until_answered()
    await stage.check()


async def test_an_older_worker_stands_down_for_one_that_writes_a_newer_version(stage: Stage, tmp_path: Path) -> None:
    old = await stage.start_worker()
    await stage.until_owns(old, JOINED, 10 * SLACK)
    await stage.send(100)
    await stage.until_answered()
    await stage.database.execute("UPDATE written_version SET version = 2 WHERE name = 'counter/entry'")
    await until_unfit(stage, ["superseded"])
    await stage.until_owns(old, 0, 10 * SLACK)
    await stage.database.execute("UPDATE written_version SET version = 1")
    await stage.until_owns(old, JOINED, 10 * SLACK)
    await stage.database.execute("INSERT INTO written_version VALUES ('kind_of_another_plugin', 1)")
    await until_unfit(stage, ["superseded"])
    await in_hand(stage, lambda environment: environment.ports.get(Operations).adopt_versions({"counter": 1}))
    await stage.until_owns(old, JOINED, 10 * SLACK)
    await stage.send(100)
    await stage.until_answered()
    await stage.check()
    assert "worker_unfit" in (tmp_path / "worker.log").read_text()
