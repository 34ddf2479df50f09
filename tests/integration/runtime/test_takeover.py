"""Real servers, real worker processes, killed and frozen: nothing is lost, nothing happens twice."""

import signal
import sys
import time

import anyio

from tests.support.nats_server import NatsServer
from tests.support.postgres_server import PostgresServer
from tests.support.worker_stage import SLACK, Stage, reconnected, two_workers

TAKEOVER_S = 3.0


async def test_a_killed_worker_is_succeeded_within_3_s(stage: Stage) -> None:
    first, second = await two_workers(stage)
    await stage.send(1_000)
    stage.workers[first].kill()
    await stage.send(1_000)
    took = await stage.until_owns(second, 64, TAKEOVER_S * SLACK)
    sys.stdout.write(f"taken over after a kill in {took:.2f} s\n")
    await stage.send(200)
    await stage.until_answered()
    await stage.check()


async def test_a_worker_frozen_inside_a_transaction_cannot_hold_up_its_successor_nor_write(stage: Stage) -> None:
    first, second = await two_workers(stage)
    await stage.send(500)
    stage.freeze_file(first).touch()
    await stage.send(1_000)
    end = time.monotonic() + 5 * SLACK
    while stage.freeze_file(first).exists():
        assert time.monotonic() < end
        await anyio.sleep(0.01)
    took = await stage.until_owns(second, 64, TAKEOVER_S * SLACK)
    sys.stdout.write(f"taken over from a frozen transaction in {took:.2f} s\n")
    await stage.until_answered()
    stage.workers[first].send_signal(signal.SIGCONT)
    await stage.send(500)
    await stage.until_answered()
    await stage.check()


async def test_a_retried_key_gets_the_first_answer_after_restarts(stage: Stage) -> None:
    worker = await stage.start_worker()
    await stage.send(300)
    await stage.until_answered()
    end = time.monotonic() + 10 * SLACK
    while len(stage.hints) < len(stage.sent):
        assert time.monotonic() < end
        await anyio.sleep(0.05)
    first = {id: hints[0] for id, hints in stage.hints.items()}
    stage.workers[worker].kill()
    await stage.start_worker()
    await stage.send(0, again=list(stage.sent))
    end = time.monotonic() + 10 * SLACK
    while not all(len(hints) > 1 for hints in stage.hints.values()):
        assert time.monotonic() < end
        await anyio.sleep(0.05)
    assert all(hint == first[id] for id, hints in stage.hints.items() for hint in hints)
    await stage.check()


async def test_a_worker_that_ends_in_order_gives_its_partitions_back_at_once(stage: Stage) -> None:
    first, second = await two_workers(stage)
    stage.workers[first].send_signal(signal.SIGTERM)
    assert await stage.until_owns(second, 64, 2.0 * SLACK) < 2.0 * SLACK
    assert stage.workers[first].wait(10) == 0


async def test_servers_that_are_killed_and_started_again_lose_nothing(
    stage: Stage, nats_server: NatsServer, postgres: PostgresServer
) -> None:
    await two_workers(stage)
    await stage.send(500)
    nats_server.kill()
    nats_server.start()
    await stage.send(500)
    postgres.kill()
    postgres.start()
    stage.database.terminate()
    stage.database = await reconnected(stage.urls[0])
    await stage.send(500)
    await stage.until_answered(30)
    await stage.check()


async def test_a_worker_ends_though_the_database_is_away(stage: Stage, postgres: PostgresServer) -> None:
    worker = await stage.start_worker()
    await stage.until_owns(worker, 64, 10 * SLACK)
    postgres.kill()
    try:
        await stage.send(50)
        await anyio.sleep(0.5)
        stage.workers[worker].send_signal(signal.SIGTERM)
        code = await anyio.to_thread.run_sync(lambda: stage.workers[worker].wait(15 * SLACK))
    finally:
        postgres.start()
    assert code == 0
    stage.database.terminate()
    stage.database = await reconnected(stage.urls[0])
    await stage.start_worker()
    await stage.until_answered()
    await stage.check()
