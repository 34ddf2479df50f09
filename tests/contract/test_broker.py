"""The contract of the broker port, on every broker."""

import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator

import anyio
import anyio.lowlevel
import pytest

from diramoja.core.errors import InvalidError, LimitedError
from diramoja.core.ids import PARTITIONS, partition_of
from diramoja.core.ports.broker import Broker, Incoming, Intake, Outgoing
from tests.contract.broker_backends import BACKENDS, Backend, Open
from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], NatsServer]]:
    started: list[NatsServer] = []

    def server() -> NatsServer:
        if not started:
            started.append(NatsServer(tmp_path_factory.mktemp("nats")))
        return started[0]

    yield server
    for each in started:
        each.stop()


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def backend(request: pytest.FixtureRequest) -> Backend:
    chosen: Backend = request.param
    needed = request.node.get_closest_marker("needs")
    if needed is not None and needed.args[0] in chosen.lacks:
        pytest.skip(f"{chosen.name}: {chosen.lacks[needed.args[0]]}")
    return chosen


@pytest.fixture
def connect(backend: Backend, nats_server: Callable[[], NatsServer]) -> Open:
    return backend.begin(nats_server)


@pytest.fixture
async def broker(connect: Open) -> AsyncIterator[Broker]:
    async with connect() as opened:
        await opened.prepare()
        yield opened


@pytest.fixture
async def intake(broker: Broker) -> AsyncIterator[Intake]:
    opened = broker.intake()
    yield opened
    await opened.shut()


def agents_of(*partitions: int) -> list[str]:
    """For each partition a member that lies there."""
    found = {partition_of("member", f"mem_{n}"): f"mem_{n}" for n in range(2_000)}
    return [found[partition] for partition in partitions]


def command(agent: str, data: bytes = b"{}", verb: str = "join", origin: str = "cmd") -> Outgoing:
    return Outgoing(f"{origin}.member.{agent}.{verb}", data)


async def take(intake: Intake, count: int, limit: int = 500) -> list[Incoming]:
    """So many messages, in the order in which they come."""
    taken: list[Incoming] = []
    with anyio.fail_after(10):
        while len(taken) < count:
            await intake.wait(0.1)
            taken += intake.take(min(limit, count - len(taken)))
    return taken


async def open_all(intake: Intake, after: int = 0) -> None:
    async with anyio.create_task_group() as tasks:
        for partition in range(PARTITIONS):
            tasks.start_soon(intake.open, partition, after)


async def test_prepare_twice_keeps_what_is_there(broker: Broker) -> None:
    await broker.publish([command("mem_1")])
    before = await broker.commands()
    await broker.prepare()
    assert await broker.commands() == before


async def test_new_stream_is_empty_and_starts_at_one(broker: Broker) -> None:
    info = await broker.commands()
    assert (info.first_seq, info.last_seq, info.messages) == (1, 0, 0)
    assert info.created.utcoffset() is not None


async def test_message_arrives_with_all_its_parts(broker: Broker, intake: Intake) -> None:
    await intake.open(partition_of("member", "mem_1"), 0)
    await broker.publish([command("mem_1", b"body", "follow", "tell")])
    [message] = await take(intake, 1)
    assert message[1:2] + message[3:] == (1, "tell", "member", "mem_1", "follow", b"body")
    assert message.partition == partition_of("member", "mem_1")
    assert abs(message.at.timestamp() - time.time()) < 60


@pytest.mark.parametrize("count", [1, 7, 8, 500, 2_300])
async def test_messages_of_a_partition_keep_their_order(broker: Broker, intake: Intake, count: int) -> None:
    [agent] = agents_of(5)
    await intake.open(5, 0)
    for origin in ("cmd", "tell"):
        await broker.publish([command(agent, b"%d" % n, origin=origin) for n in range(count)])
    taken = await take(intake, 2 * count)
    assert [message.data for message in taken] == [b"%d" % n for n in range(count)] * 2
    assert [message.seq for message in taken] == list(range(1, 2 * count + 1))


async def test_open_after_a_sequence_starts_right_after_it(broker: Broker, intake: Intake) -> None:
    agent, other = agents_of(5, 6)
    await broker.publish([command(agent if n % 2 else other, b"%d" % n) for n in range(1, 21)])
    await intake.open(5, 10)
    assert [message.seq for message in await take(intake, 5)] == [11, 13, 15, 17, 19]


async def test_open_again_begins_anew(broker: Broker, intake: Intake) -> None:
    [agent] = agents_of(5)
    await broker.publish([command(agent, b"%d" % n) for n in range(20)])
    await intake.open(5, 0)
    assert len(await take(intake, 12)) == 12
    await intake.open(5, 3)
    assert [message.seq for message in await take(intake, 17)] == list(range(4, 21))
    assert intake.take(10) == []


async def test_close_drops_what_was_prefetched(broker: Broker, intake: Intake) -> None:
    agent, other = agents_of(5, 6)
    await broker.publish([command(agent), command(other)])
    await intake.open(5, 0)
    await intake.open(6, 0)
    await take(intake, 1)
    await intake.close(5)
    await intake.close(5)
    await broker.publish([command(agent), command(other, b"last")])
    await eventually(lambda: any(message.data == b"last" for message in intake.take(10)))
    assert intake.take(10) == []


async def test_partition_that_is_not_open_stays_out(broker: Broker, intake: Intake) -> None:
    agent, other = agents_of(5, 6)
    await intake.open(6, 0)
    await broker.publish([command(agent), command(other)])
    assert [message.agent for message in await take(intake, 1)] == [other]
    assert intake.take(10) == []


async def test_partition_with_thousands_does_not_starve_another(broker: Broker, intake: Intake) -> None:
    many, few = agents_of(5, 6)
    await broker.publish([command(many, b"%d" % n) for n in range(10_000)])
    await broker.publish([command(few, b"%d" % n) for n in range(50)])
    await intake.open(5, 0)
    await intake.open(6, 0)
    taken: list[Incoming] = []
    while sum(message.partition == 6 for message in taken) < 50:
        taken += await take(intake, 20)
    assert len(taken) < 2_000


async def test_every_partition_is_served_when_the_limit_is_small(broker: Broker, intake: Intake) -> None:
    agents = agents_of(*range(PARTITIONS))
    await broker.publish([command(agent) for agent in agents for _ in range(3)])
    await open_all(intake)
    taken = await take(intake, 3 * PARTITIONS, limit=7)
    assert Counter(message.partition for message in taken) == dict.fromkeys(range(PARTITIONS), 3)


async def test_server_and_ids_agree_on_the_partition(broker: Broker, intake: Intake) -> None:
    dice = random.Random(7)
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:@+=-"
    pairs = {
        ("".join(dice.choices(alphabet[:26], k=dice.randint(1, 12))), "".join(dice.choices(alphabet, k=length)))
        for length in dice.choices(range(1, 129), k=1_000)
    }
    await open_all(intake)
    await broker.publish([Outgoing(f"cmd.{kind}.{agent}.check", b"") for kind, agent in pairs])
    taken = await take(intake, len(pairs))
    assert {(message.kind, message.agent) for message in taken} == pairs
    assert [m for m in taken if m.partition != partition_of(m.kind, m.agent)] == []


async def test_any_bytes_pass_through_untouched(broker: Broker, intake: Intake) -> None:
    [agent] = agents_of(5)
    bodies = [
        b"",
        b"\r\n",
        b"PUB x 1\r\n\r\n",
        bytes(range(256)) * 4,
        b"\xff\xfe{",
        b"NATS/1.0 503\r\n\r\n",
        b"x" * 65_536,
    ]
    await intake.open(5, 0)
    await broker.publish([command(agent, body) for body in bodies])
    for body in bodies:
        await broker.publish([command(agent, body)])
    assert [message.data for message in await take(intake, 2 * len(bodies))] == bodies * 2


@pytest.mark.parametrize("others", [0, 3, 20])
async def test_oversized_message_is_refused_and_nothing_stored(broker: Broker, others: int) -> None:
    messages = [command("mem_1")] * others + [command("mem_1", b"x" * (2 * 1024 * 1024))]
    with pytest.raises(LimitedError):
        await broker.publish(messages)
    assert (await broker.commands()).messages == 0


@pytest.mark.needs("checks")
@pytest.mark.parametrize(
    "subject",
    [
        "cmd.member.mem_1",
        "cmd.member.mem_1.join.now",
        "cmd.member..join",
        "cmd.member.mem 1.join",
        "cmd.member.*.join",
        "cmd.member.mem_1.>",
        "cmd.member.mem_1.join\r\nPUB evil 0",
        "cmd.member.mem_1.j\x00",
        "cmd.member.m\u00e9m.join",
        "cmd.member." + "x" * 5_000 + ".join",
        "$JS.API.STREAM.DELETE",
        "",
    ],
)
async def test_subject_that_is_none_is_refused_and_nothing_stored(broker: Broker, subject: str) -> None:
    with pytest.raises(InvalidError):
        await broker.publish([command("mem_1"), Outgoing(subject, b"")])
    assert (await broker.commands()).messages == 0


async def test_publish_of_nothing_does_nothing(broker: Broker) -> None:
    await broker.publish([])
    assert (await broker.commands()).messages == 0


@pytest.mark.needs("waiting")
async def test_wait_returns_when_a_message_comes(broker: Broker, intake: Intake) -> None:
    [agent] = agents_of(5)
    await intake.open(5, 0)
    assert not await intake.wait(0.02)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(broker.publish, [command(agent)])
        assert await intake.wait(5)
    assert len(intake.take(10)) == 1


@pytest.mark.needs("waiting")
async def test_wake_ends_a_wait_at_once(intake: Intake) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.lowlevel.checkpoint)
        intake.wake()
        with anyio.fail_after(2):
            assert not await intake.wait(10)
    assert not await intake.wait(0.01)


@pytest.mark.needs("bounds")
async def test_prefetch_is_bounded_by_messages_and_bytes(broker: Broker, intake: Intake) -> None:
    small, large = agents_of(5, 6)
    await broker.publish([command(small) for _ in range(1_000)])
    for _ in range(4):
        await broker.publish([command(large, b"x" * 60_000) for _ in range(10)])
    await intake.open(5, 0)
    await intake.open(6, 0)
    taken: list[Incoming] = []
    for _ in range(50):
        taken += await take(intake, 1)
    batch = intake.take(100_000)
    assert Counter(message.partition for message in batch)[5] <= 256
    assert Counter(message.partition for message in batch)[6] <= 512 * 1024 // 60_000
    everything = taken + batch + await take(intake, 1_040 - len(taken) - len(batch))
    assert sorted(message.seq for message in everything) == list(range(1, 1_041))


async def test_message_larger_than_the_buffer_still_comes(broker: Broker, intake: Intake) -> None:
    [agent] = agents_of(5)
    sizes = [10, 900_000, 20, 900_000, 900_000, 30]
    for size in sizes:
        await broker.publish([command(agent, b"x" * size)])
    await intake.open(5, 0)
    assert [len(message.data) for message in await take(intake, len(sizes))] == sizes


async def test_purge_deletes_only_below_and_only_the_partition(broker: Broker, intake: Intake) -> None:
    agent, other = agents_of(5, 6)
    await broker.publish([command(agent if n % 2 else other, b"%d" % n) for n in range(1, 21)])
    await broker.purge_commands(5, 12)
    info = await broker.commands()
    assert (info.last_seq, info.messages) == (20, 15 - 1)
    await intake.open(5, 0)
    await intake.open(6, 0)
    taken = await take(intake, info.messages)
    assert [message.seq for message in taken if message.partition == 5] == [13, 15, 17, 19]
    assert [message.seq for message in taken if message.partition == 6] == list(range(2, 21, 2))
    await broker.purge_commands(5, 21)
    await broker.purge_commands(6, 21)
    emptied = await broker.commands()
    assert (emptied.first_seq, emptied.last_seq, emptied.messages) == (21, 20, 0)


async def test_hint_reaches_listeners_in_order(broker: Broker) -> None:
    heard: list[tuple[str, bytes]] = []

    async def later(subject: str, data: bytes) -> None:
        await anyio.lowlevel.checkpoint()
        heard.append((subject, data))

    first = await broker.listen("reply.gateway_1", later)
    for n in range(50):
        await broker.hint("reply.gateway_1", b"%d" % n)
    await broker.hint("reply.gateway_2", b"not ours")
    await eventually(lambda: len(heard) == 50)
    assert heard == [("reply.gateway_1", b"%d" % n) for n in range(50)]
    await first.end()
    await first.end()
    await broker.hint("reply.gateway_1", b"after the end")
    await eventually(lambda: len(heard) == 50)


async def test_live_events_are_heard_and_quiet_ones_not(broker: Broker) -> None:
    heard: list[tuple[str, bytes]] = []
    await broker.listen("live.topic.*", lambda subject, data: heard.append((subject, data)))
    await broker.publish([Outgoing("event.quiet.topic.top_1", b"quiet"), Outgoing("event.live.topic.top_1", b"one")])
    await broker.publish([Outgoing("event.live.topic.top_2", b"%d" % n) for n in range(20)])
    await broker.publish([Outgoing("event.live.member.mem_1", b"another kind")])
    await eventually(lambda: len(heard) == 21)
    assert heard == [("live.topic.top_1", b"one")] + [("live.topic.top_2", b"%d" % n) for n in range(20)]


async def test_listener_that_raises_hears_the_next(broker: Broker, backend: Backend) -> None:
    if backend.name == "memory":
        pytest.skip("memory: a test's own listener fails its test")
    heard: list[bytes] = []

    def listener(subject: str, data: bytes) -> None:
        heard.append(data)
        raise ValueError

    await broker.listen("reply.gateway_1", listener)
    await broker.hint("reply.gateway_1", b"1")
    await broker.hint("reply.gateway_1", b"2")
    await eventually(lambda: heard == [b"1", b"2"])


async def test_two_intakes_see_the_same_messages(connect: Open, broker: Broker, intake: Intake) -> None:
    [agent] = agents_of(5)
    async with connect() as other:
        second = other.intake()
        await intake.open(5, 0)
        await second.open(5, 0)
        await other.publish([command(agent, b"%d" % n) for n in range(30)])
        assert await take(intake, 30) == await take(second, 30)
        await second.shut()


async def test_intake_that_was_shut_gives_nothing(broker: Broker) -> None:
    [agent] = agents_of(5)
    intake = broker.intake()
    await intake.open(5, 0)
    await broker.publish([command(agent) for _ in range(10)])
    await take(intake, 1)
    await intake.shut()
    await broker.publish([command(agent)])
    assert intake.take(10) == []


async def test_intake_that_was_shut_begins_anew(broker: Broker, intake: Intake) -> None:
    (agent,) = agents_of(5)
    await broker.publish([command(agent, b"first"), command(agent, b"second")])
    await intake.open(5, 0)
    seen = await take(intake, 2)
    await intake.shut()
    await intake.open(5, seen[0].seq)
    assert [message.data for message in await take(intake, 1)] == [seen[1].data]
    await broker.publish([command(agent, b"third")])
    assert len(await take(intake, 1)) == 1


async def test_broker_is_connected(broker: Broker) -> None:
    assert broker.connected()
