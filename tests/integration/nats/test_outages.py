"""The broker while its server dies, freezes, forgets or refuses."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.to_thread
import nats
import pytest
from nats.aio.client import Client

from diramoja.adapters.nats import intake as intake_module
from diramoja.adapters.nats.broker import NatsBroker, open_broker
from diramoja.adapters.nats.intake import NatsIntake
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.core.errors import ConflictError, OutcomeUnknownError, SettingsError, UnavailableError
from diramoja.core.ids import PARTITIONS
from diramoja.core.ports.broker import Incoming, Intake, Outgoing
from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually


def commands(first: int, count: int) -> list[Outgoing]:
    return [Outgoing(f"cmd.member.mem_{n % 97}.join", b"%d" % n) for n in range(first, first + count)]


async def open_all(intake: Intake) -> None:
    async with anyio.create_task_group() as tasks:
        for partition in range(PARTITIONS):
            tasks.start_soon(intake.open, partition, 0)


class Load:
    """Publishes until it is told to stop, 3 messages and 20 in turn, and takes what comes."""

    def __init__(self, broker: NatsBroker) -> None:
        self.broker = broker
        self.stored: set[int] = set()
        self.unknown: set[int] = set()
        self.refused: set[int] = set()
        self.taken: list[Incoming] = []
        self.next = 0
        self.stopped = False

    async def publish(self) -> None:
        self.stopped = False
        count = 20
        while not self.stopped:
            count = 23 - count
            numbers = range(self.next, self.next + count)
            self.next += count
            try:
                await self.broker.publish(commands(numbers.start, count))
                self.stored.update(numbers)
            except OutcomeUnknownError:
                self.unknown.update(numbers)
            except UnavailableError:
                self.refused.update(numbers)
                await anyio.sleep(0.01)

    async def take(self, intake: Intake) -> None:
        while True:
            await intake.wait(0.1)
            self.taken += intake.take(200)

    async def until_stored(self, count: int) -> None:
        """Until so many more than now are stored."""
        goal = len(self.stored) + count
        await eventually(lambda: len(self.stored) >= goal)

    async def until_taken(self, count: int) -> None:
        """Until so many more than now are taken."""
        goal = len(self.taken) + count
        await eventually(lambda: len(self.taken) >= goal)

    def check(self) -> None:
        """Every stored one once, none that was refused, each partition in order."""
        numbers = [int(message.data) for message in self.taken]
        assert len(numbers) == len(set(numbers))
        assert self.stored <= set(numbers) <= self.stored | self.unknown
        assert not self.refused & set(numbers)
        for partition in range(PARTITIONS):
            order = [message.seq for message in self.taken if message.partition == partition]
            assert order == sorted(order)


async def test_server_killed_and_restarted_under_load_loses_and_repeats_nothing(server: NatsServer) -> None:
    async with open_broker(NatsSettings(url=server.url)) as broker:
        await broker.prepare()
        intake = broker.intake()
        await open_all(intake)
        load = Load(broker)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(load.take, intake)
            for _ in range(3):
                async with anyio.create_task_group() as publishing:
                    publishing.start_soon(load.publish)
                    await load.until_stored(500)
                    server.kill()
                    await eventually(lambda: not broker.connected())
                    await anyio.sleep(0.1)
                    await anyio.to_thread.run_sync(server.start)
                    began = time.monotonic()
                    await load.until_stored(1)
                    assert time.monotonic() - began < 2
                    load.stopped = True
            last = (await broker.commands()).last_seq
            await eventually(lambda: len(load.taken) == last)
            tasks.cancel_scope.cancel()
        load.check()
        assert load.unknown or load.refused
        await intake.shut()


async def test_publish_in_flight_when_the_server_dies_ends_unknown_or_stored(server: NatsServer) -> None:
    async with open_broker(NatsSettings(url=server.url)) as broker:
        await broker.prepare()
        server.freeze()
        began = time.monotonic()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_expect_unknown, broker, 1)
            tasks.start_soon(_expect_unknown, broker, 5)
            tasks.start_soon(_expect_unknown, broker, 500)
            await anyio.sleep(0.05)
            server.kill()
        assert time.monotonic() - began < 2
        with pytest.raises(UnavailableError) as refused:
            await broker.publish(commands(0, 1))
        assert not isinstance(refused.value, OutcomeUnknownError)


async def _expect_unknown(broker: NatsBroker, count: int) -> None:
    with pytest.raises(OutcomeUnknownError):
        await broker.publish(commands(0, count))


async def test_frozen_server_ends_every_call_by_its_deadline(server: NatsServer) -> None:
    async with open_broker(NatsSettings(url=server.url, deadline_s=0.3)) as broker:
        await broker.prepare()
        intake = broker.intake()
        await intake.open(1, 0)
        server.freeze()
        with anyio.fail_after(3):
            await _expect_unknown(broker, 2)
            await _expect_unknown(broker, 20)
            for call in (broker.commands(), broker.prepare(), broker.purge_commands(1, 1), intake.open(2, 0)):
                with pytest.raises(UnavailableError):
                    await call
            await broker.hint("reply.gateway", b"")
            with pytest.raises(UnavailableError):
                await broker.listen("reply.gateway", lambda subject, data: None)
        server.thaw()
        await eventually(lambda: _answers(broker))
        await intake.shut()


async def _answers(broker: NatsBroker) -> bool:
    try:
        return (await broker.commands()).last_seq >= 0
    except UnavailableError:
        return False


async def test_batch_cut_off_by_a_crash_is_all_or_nothing(server: NatsServer) -> None:
    async with open_broker(NatsSettings(url=server.url)) as broker:
        await broker.prepare()
        for round_ in range(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_publish_whatever_comes, broker, 1_000)
                await anyio.sleep(0.002 * (round_ + 1))
                server.kill()
            await anyio.to_thread.run_sync(server.start)
            await eventually(broker.connected)
            assert (await broker.commands()).messages % 1_000 == 0


async def _publish_whatever_comes(broker: NatsBroker, count: int) -> None:
    try:
        await broker.publish(commands(0, count))
    except UnavailableError:
        return


async def test_consumers_deleted_behind_our_back_are_made_again(server: NatsServer) -> None:
    async with open_broker(NatsSettings(url=server.url)) as broker:
        await broker.prepare()
        intake = broker.intake()
        await open_all(intake)
        load = Load(broker)
        admin = await nats.connect(server.url)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(load.take, intake)
            async with anyio.create_task_group() as publishing:
                publishing.start_soon(load.publish)
                for _ in range(3):
                    for consumer in await admin.jetstream().consumers_info("COMMANDS"):
                        await admin.jetstream().delete_consumer("COMMANDS", consumer.name)
                    await load.until_taken(300)
                load.stopped = True
            last = (await broker.commands()).last_seq
            await eventually(lambda: len(load.taken) == last)
            tasks.cancel_scope.cancel()
        load.check()
        await intake.shut()
        await eventually(lambda: _no_consumers(broker, admin))
        await admin.close()


async def _no_consumers(broker: NatsBroker, admin: Client) -> bool:
    return not await admin.jetstream().consumers_info("COMMANDS")


async def test_stream_with_another_configuration_is_refused_with_the_difference(server: NatsServer) -> None:
    async with open_broker(NatsSettings(url=server.url)) as broker:
        await broker.prepare()
    async with open_broker(NatsSettings(url=server.url, events_max_age_h=48)) as broker:
        with pytest.raises(ConflictError, match=r"EVENTS has another configuration: max_age is 86400\d+ and should be"):
            await broker.prepare()
    admin = await nats.connect(server.url)
    config = (await admin.jetstream().stream_info("COMMANDS")).config
    await admin.jetstream().update_stream(config.evolve(max_age=3_600, max_msgs=1_000))
    await admin.close()
    async with open_broker(NatsSettings(url=server.url)) as broker:
        with pytest.raises(ConflictError, match=r"max_msgs is 1000 and should be -1; max_age is") as refused:
            await broker.prepare()
        assert refused.value.code == "stream_mismatch"


async def test_stream_whose_subjects_are_taken_is_refused(server: NatsServer) -> None:
    admin = await nats.connect(server.url)
    await admin.jetstream().add_stream(name="OTHER", subjects=["cmd.>"])
    await admin.close()
    async with open_broker(NatsSettings(url=server.url)) as broker:
        with pytest.raises(ConflictError, match="overlap"):
            await broker.prepare()


async def test_prepare_by_several_at_once_makes_one_stream(server: NatsServer) -> None:
    async with open_broker(NatsSettings(url=server.url)) as one, open_broker(NatsSettings(url=server.url)) as two:
        async with anyio.create_task_group() as tasks:
            for broker in (one, two, one, two):
                tasks.start_soon(broker.prepare)
        assert await one.commands() == await two.commands()


async def test_server_without_jetstream_is_named(start: Callable[..., NatsServer]) -> None:
    server = start("accounts { A { users: [ { user: a, password: a } ] } }\nno_auth_user: a")
    async with open_broker(NatsSettings(url=server.url, deadline_s=0.5)) as broker:
        with pytest.raises(UnavailableError):
            await broker.prepare()
        with pytest.raises(UnavailableError):
            await broker.publish(commands(0, 1))


def _with_user(password: str) -> str:
    return f'authorization {{ users: [ {{ user: gateway, password: "{password}" }} ] }}'


async def test_password_comes_from_a_file(start: Callable[..., NatsServer], tmp_path: Path) -> None:
    server = start(_with_user("s3cr3t"))
    secret = tmp_path / "password"
    secret.write_text("s3cr3t\n")
    async with open_broker(NatsSettings(url=server.url, user="gateway", password_file=str(secret))) as broker:
        await broker.prepare()
    secret.write_text("wrong")
    settings = NatsSettings(url=server.url, user="gateway", password_file=str(secret), connect_timeout_s=0.5)
    with pytest.raises(UnavailableError, match=f"127.0.0.1:{server.port}"):
        async with open_broker(settings):
            pass
    with pytest.raises(SettingsError, match="cannot be read"):
        async with open_broker(NatsSettings(url=server.url, user="gateway", password_file=str(tmp_path / "none"))):
            pass


async def test_server_that_refuses_us_for_a_while_is_tried_for_ever(start: Callable[..., NatsServer]) -> None:
    server = start(_with_user("old"))
    async with open_broker(NatsSettings(url=server.url.replace("://", "://gateway:old@"))) as broker:
        await broker.prepare()
        intake = broker.intake()
        await open_all(intake)
        server.kill()
        server.configure(_with_user("new"))
        await anyio.to_thread.run_sync(server.start)
        await anyio.sleep(0.5)
        assert not broker.connected()
        server.kill()
        server.configure(_with_user("old"))
        await anyio.to_thread.run_sync(server.start)
        await eventually(broker.connected)
        await broker.publish(commands(0, 20))
        load = Load(broker)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(load.take, intake)
            await load.until_taken(20)
            tasks.cancel_scope.cancel()
        await intake.shut()


async def test_error_line_of_the_server_ends_in_a_new_connection(server: NatsServer) -> None:
    async with open_broker(NatsSettings(url=server.url)) as broker:
        await broker.prepare()
        heard: list[bytes] = []
        await broker.listen("reply.gateway", lambda subject, data: heard.append(data))
        with contextlib.suppress(UnavailableError):
            await broker._link.write(b"NONSENSE\r\n")
        await eventually(lambda: not broker.connected())
        await eventually(broker.connected)
        await broker.publish(commands(0, 1))
        await broker.hint("reply.gateway", b"still there")
        await eventually(lambda: heard == [b"still there"])


async def test_consumer_that_falls_silent_is_made_again(server: NatsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(intake_module, "SILENCE_S", 0.5)
    async with open_broker(NatsSettings(url=server.url)) as broker:
        await broker.prepare()
        intake = broker.intake()
        assert isinstance(intake, NatsIntake)
        await intake.open(3, 0)
        [feed] = intake._feeds.values()
        await eventually(lambda: feed.asked > 0)
        lost = feed.consumer
        monkeypatch.setattr(intake, "_by_consumer", {})  # As if nothing of it arrived any more.
        await eventually(lambda: feed.consumer != lost and feed.live)
        await intake.shut()


async def test_no_server_is_an_error_without_the_password(capsys: pytest.CaptureFixture[str]) -> None:
    settings = NatsSettings(url="nats://gateway:s3cr3t@127.0.0.1:1", connect_timeout_s=0.3)
    with pytest.raises(UnavailableError) as refused:
        async with open_broker(settings):
            pass
    assert "127.0.0.1:1" in str(refused.value)
    assert "s3cr3t" not in str(refused.value) + repr(refused.value.__cause__) + "".join(capsys.readouterr())
