"""The peer: FastStream on the same NATS and PostgreSQL, doing the same writes, by its own documented means.

`batches`: a pull subscriber with batch=True, one transaction a batch, acknowledged after it.
`one_by_one`: a subscriber with one message a handler, one transaction a message.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
import asyncpg
import msgspec
from faststream.nats import JStream, NatsBroker, PullSub
from nats.js.api import ConsumerConfig, DeliverPolicy

from benchmarks.servers import Bench

BATCH = 500
SCHEMA = """
CREATE TABLE IF NOT EXISTS peer_state (id text PRIMARY KEY, total bigint NOT NULL);
CREATE TABLE IF NOT EXISTS peer_event (id bigint GENERATED ALWAYS AS IDENTITY, agent text, total bigint);
CREATE TABLE IF NOT EXISTS peer_request (id text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS peer_progress (id int PRIMARY KEY, count bigint NOT NULL);
INSERT INTO peer_progress VALUES (1, 0) ON CONFLICT DO NOTHING;
"""


class _Added(msgspec.Struct):
    id: str
    agent: str
    amount: int


type Timed = Callable[[int, Callable[[], Awaitable[None]]], Awaitable[Any]]


async def _write(database: asyncpg.Connection, batch: Sequence[_Added]) -> None:
    """New states from the stored ones, events, request rows and progress, in one transaction."""
    async with database.transaction():
        agents = sorted({each.agent for each in batch})
        rows = await database.fetch("SELECT id, total FROM peer_state WHERE id = ANY($1)", agents)
        states = {row["id"]: row["total"] for row in rows}
        events = []
        for each in batch:
            states[each.agent] = states.get(each.agent, 0) + each.amount
            events.append((each.agent, states[each.agent]))
        await database.execute(
            "INSERT INTO peer_state SELECT * FROM unnest($1::text[], $2::bigint[])"
            " ON CONFLICT (id) DO UPDATE SET total = excluded.total",
            agents,
            [states[agent] for agent in agents],
        )
        await database.execute(
            "INSERT INTO peer_event (agent, total) SELECT * FROM unnest($1::text[], $2::bigint[])",
            [agent for agent, _ in events],
            [total for _, total in events],
        )
        await database.execute(
            "INSERT INTO peer_request SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", [each.id for each in batch]
        )
        await database.execute("UPDATE peer_progress SET count = count + $1 WHERE id = 1", len(batch))


async def batches(bench: Bench, count: int, timed: Timed) -> Any:
    """FastStream's batch mode."""
    return await _measure(bench, count, timed, batch=True)


async def one_by_one(bench: Bench, count: int, timed: Timed) -> Any:
    """One message a handler."""
    return await _measure(bench, count, timed, batch=False)


async def _measure(bench: Bench, count: int, timed: Timed, *, batch: bool) -> Any:
    name = bench.unique("peer")
    broker = NatsBroker(bench.nats_url, logger=None)
    database = await asyncpg.connect(bench.postgres_url)
    await database.execute(SCHEMA)
    done = 0
    stream = JStream(name=name, subjects=[f"{name}.*"])
    pull = PullSub(batch_size=BATCH, batch=batch)
    config = ConsumerConfig(durable_name=name, deliver_policy=DeliverPolicy.ALL, max_ack_pending=10_000)

    async def handle_batch(messages: list[dict[str, Any]]) -> None:
        nonlocal done
        await _write(database, [msgspec.convert(each, _Added) for each in messages])
        done += len(messages)

    async def handle_one(message: dict[str, Any]) -> None:
        nonlocal done
        await _write(database, [msgspec.convert(message, _Added)])
        done += 1

    await broker.connect()
    await _preload(bench, stream, name, count)
    subscriber = broker.subscriber(f"{name}.*", stream=stream, pull_sub=pull, durable=name, config=config)
    subscriber(handle_batch if batch else handle_one)

    async def work() -> None:
        await broker.start()
        while done < count:
            await anyio.sleep(0.005)

    try:
        return await timed(count, work)
    finally:
        await broker.stop()
        await database.close()


async def _preload(bench: Bench, stream: JStream, name: str, count: int) -> None:
    client = await bench.nats_client()
    jetstream = client.jetstream()
    await jetstream.add_stream(name=name, subjects=[f"{name}.*"])
    for start in range(0, count, 500):
        async with anyio.create_task_group() as tasks:
            for number in range(start, min(count, start + 500)):
                body = msgspec.json.encode(_Added(f"{name}:{number}", f"cnt_{number % 1000}", 1))
                tasks.start_soon(jetstream.publish, f"{name}.add", body)
    await client.close()
