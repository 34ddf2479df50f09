"""The peer: FastStream on the same NATS and PostgreSQL, by its own documented means.

`batches`: a pull subscriber with batch=True, one transaction a batch, acknowledged after it.
`one_by_one`: a push subscriber with a queue, one message a handler, one transaction a message, in order. (The pull
subscriber with one message a request is half as fast.)

Both do for a command what our turn does: drop a repeat by its request row, read the state, write the new state, one
event, the answered request and the progress, and then publish the event to a stream and wait until it is stored: all
events of a batch at once. Theirs are fewer and narrower indexes, and a crash between the two loses events.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import attrs
import msgspec
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from nats.js.api import ConsumerConfig, DeliverPolicy

from benchmarks.servers import Bench
from benchmarks.timing import Run, timed

__all__ = ["batches", "one_by_one"]

BATCH = 500
AGENTS = 1_000
PUBLISH_AT_ONCE = 500
DIGEST = b"0123456789abcdef"
NO_CONTENT = 204

SCHEMA = """
CREATE TABLE IF NOT EXISTS peer_state (
    agent text PRIMARY KEY, revision bigint NOT NULL, at timestamptz NOT NULL, body bytea NOT NULL
) WITH (fillfactor = 80);
CREATE TABLE IF NOT EXISTS peer_event (
    agent text NOT NULL, revision bigint NOT NULL, name text NOT NULL, at timestamptz NOT NULL,
    causation text NOT NULL, body bytea NOT NULL, PRIMARY KEY (agent, revision)
);
CREATE TABLE IF NOT EXISTS peer_request (
    id text PRIMARY KEY, digest bytea NOT NULL, status integer, answer bytea, at timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS peer_progress (stream text PRIMARY KEY, count bigint NOT NULL);
"""
NEW = """
INSERT INTO peer_request (id, digest, status, answer, at)
SELECT id, $2, $3, '', $4 FROM unnest($1::text[]) AS id ON CONFLICT (id) DO NOTHING RETURNING id
"""
STATES = "SELECT agent, revision, body FROM peer_state WHERE agent = ANY($1::text[])"
PUT_STATES = """
INSERT INTO peer_state (agent, revision, at, body)
SELECT a, r, $4, b FROM unnest($1::text[], $2::bigint[], $3::bytea[]) AS t (a, r, b)
ON CONFLICT (agent) DO UPDATE SET revision = EXCLUDED.revision, at = EXCLUDED.at, body = EXCLUDED.body
"""
PUT_EVENTS = """
INSERT INTO peer_event (agent, revision, name, at, causation, body)
SELECT a, r, 'counter.added', $5, c, b FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[]) AS t (a, r, c, b)
"""
PROGRESS = """
INSERT INTO peer_progress VALUES ($1, $2)
ON CONFLICT (stream) DO UPDATE SET count = peer_progress.count + EXCLUDED.count
"""


class Add(msgspec.Struct):
    """The command."""

    id: str
    agent: str
    amount: int


class Total(msgspec.Struct):
    """State and event."""

    total: int = 0


@attrs.define
class _Writer:
    """Decides and writes in one transaction, then publishes."""

    database: asyncpg.Connection
    broker: NatsBroker
    stream: str
    publishes: bool
    done: int = 0

    async def write(self, commands: Sequence[Add]) -> None:
        """All of them or none."""
        now = datetime.now(UTC)
        async with self.database.transaction():
            ids = [each.id for each in commands]
            new = {row["id"] for row in await self.database.fetch(NEW, ids, DIGEST, NO_CONTENT, now)}
            events = await self._decide([each for each in commands if each.id in new], now)
            await self.database.execute(PROGRESS, self.stream, len(commands))
        if self.publishes:
            await self._publish(events)
        self.done += len(commands)

    async def _publish(self, events: Sequence[tuple[str, int, str, bytes]]) -> None:
        publications = [
            self.broker.publish(body, f"{self.stream}_events.{agent}", stream=f"{self.stream}_events")
            for agent, _, _, body in events
        ]
        await asyncio.gather(*publications)

    async def _decide(self, commands: Sequence[Add], now: datetime) -> list[tuple[str, int, str, bytes]]:
        agents = sorted({each.agent for each in commands})
        stored = await self.database.fetch(STATES, agents)
        states = {agent: (revision, msgspec.json.decode(body, type=Total)) for agent, revision, body in stored}
        events: list[tuple[str, int, str, bytes]] = []
        for each in commands:
            revision, state = states.get(each.agent, (0, Total()))
            states[each.agent] = revision + 1, Total(state.total + each.amount)
            events.append((each.agent, revision + 1, each.id, msgspec.json.encode(states[each.agent][1])))
        revisions = [states[agent][0] for agent in agents]
        bodies = [msgspec.json.encode(states[agent][1]) for agent in agents]
        await self.database.execute(PUT_STATES, agents, revisions, bodies, now)
        await self.database.execute(PUT_EVENTS, *map(list, zip(*events, strict=True)), now)
        return events


async def batches(bench: Bench, count: int, *, publishes: bool = True) -> Run:
    """FastStream's batch mode."""
    async with _prepared(bench, count, publishes=publishes) as (broker, writer, stream):
        subscribe = broker.subscriber(
            f"{stream.name}.*",
            stream=stream,
            pull_sub=PullSub(batch_size=BATCH, batch=True),
            durable=stream.name,
            config=_consumer(),
            ack_policy=AckPolicy.NACK_ON_ERROR,
        )

        @subscribe
        async def handle(messages: list[dict[str, Any]]) -> None:
            await writer.write([_command(each) for each in messages])

        return await _run(broker, count, lambda: writer.done)


async def one_by_one(bench: Bench, count: int) -> Run:
    """One message a handler, in order."""
    async with _prepared(bench, count) as (broker, writer, stream):
        subscribe = broker.subscriber(
            f"{stream.name}.*",
            stream=stream,
            queue=stream.name,
            config=_consumer(),
            ack_policy=AckPolicy.NACK_ON_ERROR,
        )

        @subscribe
        async def handle(message: dict[str, Any]) -> None:
            await writer.write([_command(message)])

        return await _run(broker, count, lambda: writer.done)


def _command(message: dict[str, Any]) -> Add:
    return msgspec.convert(message, Add)


def _consumer() -> ConsumerConfig:
    return ConsumerConfig(deliver_policy=DeliverPolicy.ALL, max_ack_pending=10_000)


@asynccontextmanager
async def _prepared(
    bench: Bench, count: int, *, publishes: bool = True
) -> AsyncIterator[tuple[NatsBroker, _Writer, JStream]]:
    """A stream that holds all commands, a connection, and a broker that is not started."""
    name = bench.unique("peer")
    await _preload(bench, name, count)
    database = await asyncpg.connect(bench.postgres_url)
    await database.execute(SCHEMA)
    # Without its validation by pydantic it is faster; msgspec checks the commands, as it does ours.
    broker = NatsBroker(bench.nats_url, logger=None, apply_types=False)
    try:
        yield (
            broker,
            _Writer(database, broker, name, publishes),
            JStream(name=name, subjects=[f"{name}.*"], declare=False),
        )
    finally:
        await broker.stop()
        await database.close()


async def _run(broker: NatsBroker, count: int, progress: Callable[[], int]) -> Run:
    await broker.start()
    return await timed(count, progress)


async def _preload(bench: Bench, name: str, count: int) -> None:
    client = await bench.nats_client()
    jetstream = client.jetstream()
    await jetstream.add_stream(name=name, subjects=[f"{name}.*"])
    await jetstream.add_stream(name=f"{name}_events", subjects=[f"{name}_events.*"])
    for start in range(0, count, PUBLISH_AT_ONCE):
        numbers = range(start, min(count, start + PUBLISH_AT_ONCE))
        bodies = [msgspec.json.encode(Add(f"{name}:{number}", f"cnt_{number % AGENTS}", 1)) for number in numbers]
        await asyncio.gather(*(jetstream.publish(f"{name}.add", body) for body in bodies))
    await client.close()
