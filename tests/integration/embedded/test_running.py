"""Starting, stopping and starting again."""

import asyncio
import stat
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import nats
import nats.errors
import nats.js.errors
import pytest
import redis.asyncio

from diramoja.adapters.embedded import EmbeddedServers, EmbeddedSettings, ServerEvent, read_endpoint
from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.core.ids import PARTITIONS
from diramoja.core.ports.broker import Outgoing
from tests.integration.embedded.instances import left_running, nats_answers, postgres_answers
from tests.support.waiting import eventually


async def test_data_is_there_after_a_stop_and_a_start_on_the_same_ports(folder: Path) -> None:
    async with EmbeddedServers.start(folder, servers=("postgres", "nats", "valkey")) as servers:
        before = dict(servers.urls)
        assert {status.state for status in servers.status().values()} == {"ready"}
        await postgres_answers(before["postgres"], "create table kept as select 7 as n")
        client = await nats.connect(before["nats"])
        await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
        await client.jetstream().publish("kept", b"7")
        await client.close()
        cache = redis.asyncio.from_url(before["valkey"])
        await cache.set("kept", "7")
        await cache.aclose()
    assert not left_running(folder)

    events: list[ServerEvent] = []
    async with EmbeddedServers.start(folder, None, events.append, servers=("postgres", "nats", "valkey")) as servers:
        assert servers.urls == before
        assert await postgres_answers(before["postgres"], "select n from kept") == 7
        client = await nats.connect(before["nats"])
        assert (await client.jetstream().stream_info("KEPT")).state.messages == 1
        await client.close()
        cache = redis.asyncio.from_url(before["valkey"])
        assert await cache.get("kept") == b"7"
        await cache.aclose()
    assert {event.name for event in events} == {"starting", "ready", "stopped"}
    assert all(event.exit_code == 0 for event in events if event.name == "stopped")


async def test_only_the_servers_asked_for_are_started(folder: Path) -> None:
    async with EmbeddedServers.start(folder, servers=("nats",)) as servers:
        assert set(servers.status()) == {"nats"}
        assert set(left_running(folder).values()) == {"nats-server"}
        assert "postgres" not in servers.urls
    async with EmbeddedServers.start(folder, servers=()) as servers:
        assert not servers.urls
        assert not left_running(folder)


async def test_the_durable_settings_are_on_and_the_role_of_the_url_is_no_superuser(folder: Path) -> None:
    async with EmbeddedServers.start(folder, servers=("postgres", "nats")) as servers:
        url = servers.urls["postgres"]
        for name, value in {"fsync": "on", "synchronous_commit": "on", "jit": "off", "server_encoding": "UTF8"}.items():
            assert await postgres_answers(url, f"show {name}") == value
        assert await postgres_answers(url, "select lower('ÄÖ')") == "äö"
        assert not await postgres_answers(url, "select rolsuper from pg_roles where rolname = current_user")
        assert await postgres_answers(servers.urls["postgres_admin"], "show is_superuser") == "on"
    assert '"sync_interval": "always"' in (folder / "run" / "nats.conf").read_text()


async def test_passwords_are_asked_for_and_are_in_private_files(folder: Path) -> None:
    async with EmbeddedServers.start(folder) as servers:
        url = servers.urls["postgres"]
        with pytest.raises(asyncpg.InvalidPasswordError):
            await postgres_answers(url.replace(url.split(":")[2].split("@")[0], "wrong"))
        with pytest.raises(nats.errors.Error):
            await nats_answers(f"nats://{servers.urls['nats'].split('@')[1]}")
        for path in ("secrets.json", "endpoint.json", "run/nats.conf"):
            assert stat.S_IMODE((folder / path).stat().st_mode) == 0o600
        logs = "".join(path.read_text() for path in (folder / "logs").iterdir())
        assert servers.urls["nats"].split(":")[2].split("@")[0] not in logs


async def test_each_role_of_nats_may_do_its_own_part_only(folder: Path) -> None:
    async with EmbeddedServers.start(folder, servers=("nats",)) as servers:
        admin = await nats.connect(servers.urls["nats"])
        await admin.jetstream().add_stream(name="COMMANDS", subjects=["cmd.>", "tell.>", "job.>"])
        own = {"gateway": "cmd.a.b.c", "worker": "tell.a.b.c", "jobs": "job.a.b.c"}
        for role, subject in own.items():
            refusals: list[str] = []
            refused = asyncio.Event()

            async def take(error: Exception, refusals: list[str] = refusals, refused: asyncio.Event = refused) -> None:
                refusals.append(str(error))
                if len(refusals) == 3:
                    refused.set()

            client = await nats.connect(servers.urls[f"nats_{role}"], error_cb=take)
            assert (await client.jetstream().publish(subject, b"")).stream == "COMMANDS"
            for other in (*(set(own.values()) - {subject}), "$JS.API.STREAM.DELETE.COMMANDS"):
                await client.publish(other, b"")
            await asyncio.wait_for(refused.wait(), 5)
            assert all("permissions violation" in refusal.lower() for refusal in refusals)
            await client.close()
        await admin.close()


async def test_a_worker_reads_and_purges_commands_and_a_gateway_does_neither(folder: Path) -> None:
    async with EmbeddedServers.start(folder, EmbeddedSettings(nats_prefix="blue"), servers=("nats",)) as servers:
        admin = await nats.connect(servers.urls["nats"])
        await admin.jetstream().add_stream(name="blueCOMMANDS", subjects=["blue.cmd.>"])
        gateway = await nats.connect(servers.urls["nats_gateway"], error_cb=_ignore)
        await gateway.jetstream().publish("blue.cmd.a.b.c", b"1")
        worker = await nats.connect(servers.urls["nats_worker"])
        reader = await worker.jetstream().pull_subscribe("blue.cmd.>", durable="reader", stream="blueCOMMANDS")
        messages = await reader.fetch(1, timeout=5)
        await messages[0].ack_sync(timeout=5)
        await worker.jetstream().purge_stream("blueCOMMANDS")
        with pytest.raises((nats.errors.TimeoutError, nats.js.errors.NotFoundError)):
            await gateway.jetstream(timeout=0.3).purge_stream("blueCOMMANDS")
        for client in (admin, gateway, worker):
            await client.close()


async def test_the_adapter_works_as_each_role(folder: Path) -> None:
    async with EmbeddedServers.start(folder, servers=("nats",)) as servers, AsyncExitStack() as stack:
        brokers = {
            role: await stack.enter_async_context(open_broker(NatsSettings(url=servers.urls[url])))
            for role, url in {"admin": "nats", "gateway": "nats_gateway", "worker": "nats_worker"}.items()
        }
        gateway, worker = brokers["gateway"], brokers["worker"]
        for broker in brokers.values():  # The administrator first: it makes the streams.
            await broker.prepare()
        heard: list[str] = []
        await gateway.listen("live.*.*", lambda subject, data: heard.append(subject))
        await gateway.listen("reply.gw.*", lambda subject, data: heard.append(subject))
        await gateway.publish([Outgoing(f"cmd.talk.t{n}.open", b"") for n in range(20)])
        await worker.publish([Outgoing("tell.talk.t1.rate", b"")])
        await worker.publish([Outgoing("event.live.talk.t1", b"")])
        await worker.hint("reply.gw.7", b"")
        await eventually(lambda: sorted(heard) == ["live.talk.t1", "reply.gw.7"])

        intake = worker.intake()
        for partition in range(PARTITIONS):
            await intake.open(partition, 0)
        taken: list[str] = []

        def take() -> bool:
            taken.extend(incoming.origin for incoming in intake.take(100))
            return len(taken) == 21

        await eventually(take)
        assert taken.count("tell") == 1
        await worker.purge_commands(0, 100)
        await intake.shut()


async def _ignore(error: Exception) -> None:
    """A refusal is what the test waits for."""


async def test_a_folder_with_a_long_path_is_served_over_tcp(tmp_path: Path) -> None:
    folder = tmp_path / ("long " * 12 + "ünd 'quoted'") / "data"
    async with EmbeddedServers.start(folder, servers=("postgres", "nats", "valkey")) as servers:
        assert servers.status()["postgres"].port
        assert "127.0.0.1" in servers.urls["postgres"]
        assert await postgres_answers(servers.urls["postgres"]) == 1
        assert await nats_answers(servers.urls["nats"])
        assert len(left_running(folder)) > 3
    assert not left_running(folder)


async def test_the_endpoint_is_there_while_the_instance_runs(folder: Path) -> None:
    assert read_endpoint(folder) is None
    async with EmbeddedServers.start(folder, servers=("nats",)) as servers:
        servers.announce(http="http://127.0.0.1:8000")
        endpoint = read_endpoint(folder)
        assert endpoint is not None
        assert endpoint.urls == servers.urls
        assert endpoint.notes == {"http": "http://127.0.0.1:8000"}
    assert read_endpoint(folder) is None


async def test_a_large_log_is_put_aside_at_the_start(folder: Path) -> None:
    (folder / "logs").mkdir(parents=True)
    log = folder / "logs" / "nats.log"
    log.write_bytes(b"x" * (2**20 + 1))
    async with EmbeddedServers.start(folder, EmbeddedSettings(log_size_mib=1), servers=("nats",)):
        assert log.with_name("nats.log.1").stat().st_size > 2**20
        assert 0 < log.stat().st_size < 2**20


async def test_an_error_of_the_block_reaches_the_caller_as_it_is(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with EmbeddedServers.start(folder, servers=("nats",)):
            raise ZeroDivisionError
    assert not left_running(folder)


async def test_a_listener_that_raises_does_not_end_the_watching(folder: Path) -> None:
    def fail(event: ServerEvent) -> None:
        raise ZeroDivisionError

    async with EmbeddedServers.start(folder, None, fail, servers=("nats",)) as servers:
        assert await nats_answers(servers.urls["nats"])
