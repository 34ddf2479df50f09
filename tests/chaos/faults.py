"""The faults, drawn by the seed. Each does its worst, waits, and puts things right again."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable

from tests.chaos.great import fill_disk, make_stream_anew
from tests.chaos.stage import Child, Stage
from tests.support.cache_server import CacheServer
from tests.support.nats_server import NatsServer
from tests.support.postgres_server import PostgresServer

__all__ = ["FAULTS", "GREAT", "SERVERS", "Fault"]

type Fault = Callable[[Stage, random.Random], Awaitable[None]]

FREEZE_S = 3.5
"""Longer than a lease."""
LONGEST_FREEZE_S = 10.0
OUTAGE_S = 15.0
"""Longer than any lease, deadline and patience of a caller."""
JUMPS_S = (-900.0, -30.0, 2.0, 900.0)


async def _bounce(server: NatsServer | PostgresServer | CacheServer, away_s: float) -> None:
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(away_s)
    await asyncio.to_thread(server.start)


async def _pause(server: NatsServer | CacheServer, dice: random.Random) -> None:
    server.freeze()
    await asyncio.sleep(dice.choice((0.5, 3.0)))
    server.thaw()


def _one(stage: Stage, dice: random.Random) -> Child:
    return dice.choice(stage.workers)


async def kill_worker(stage: Stage, dice: random.Random) -> None:
    _one(stage, dice).send(signal.SIGKILL)


async def freeze_worker(stage: Stage, dice: random.Random) -> None:
    await _freeze(_one(stage, dice), dice)


async def _freeze(child: Child, dice: random.Random) -> None:
    process = child.process
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(dice.choice((1.0, FREEZE_S)))
    process.send_signal(signal.SIGCONT)


async def kill_gateway(stage: Stage, dice: random.Random) -> None:
    dice.choice(stage.gateways).send(signal.SIGKILL)


async def freeze_gateway(stage: Stage, dice: random.Random) -> None:
    await _freeze(dice.choice(stage.gateways), dice)


async def kill_cache(stage: Stage, dice: random.Random) -> None:
    await _bounce(stage.cache, dice.random() * 3)


async def freeze_cache(stage: Stage, dice: random.Random) -> None:
    await _pause(stage.cache, dice)


async def wrong_clock(stage: Stage, dice: random.Random) -> None:
    """The clocks of all workers jump, and back."""
    file = stage.folder / "clock"
    file.write_text(str(dice.choice(JUMPS_S)))
    await asyncio.sleep(dice.uniform(1, 4))
    file.write_text("0")


async def long_outage_of_nats(stage: Stage, _dice: random.Random) -> None:
    await _bounce(stage.nats, OUTAGE_S)


async def long_outage_of_postgres(stage: Stage, _dice: random.Random) -> None:
    await _bounce(stage.postgres, OUTAGE_S)


async def freeze_in_commit(stage: Stage, dice: random.Random) -> None:
    """The worst moments: decided and not begun, or all statements sent and no COMMIT."""
    worker = _one(stage, dice)
    process = worker.process
    worker.freeze_file.write_text(dice.choice(("before", "inside")))
    await asyncio.sleep(FREEZE_S)
    if not worker.freeze_file.exists():  # It was frozen: let it sleep until others have gone on with its partitions.
        await stage.until_succeeded(process.pid, LONGEST_FREEZE_S)
        await asyncio.sleep(1)
    process.send_signal(signal.SIGCONT)
    worker.freeze_file.unlink(missing_ok=True)


async def kill_nats(stage: Stage, dice: random.Random) -> None:
    await _bounce(stage.nats, dice.random() * 2)


async def freeze_nats(stage: Stage, dice: random.Random) -> None:
    await _pause(stage.nats, dice)


async def kill_postgres(stage: Stage, dice: random.Random) -> None:
    await _bounce(stage.postgres, dice.random() * 2)


async def freeze_postgres(stage: Stage, dice: random.Random) -> None:
    stage.signal_postgres(signal.SIGSTOP)
    await asyncio.sleep(dice.choice((0.5, 3.0)))
    stage.signal_postgres(signal.SIGCONT)


async def cut_connections(stage: Stage, dice: random.Random) -> None:
    dice.choice((stage.to_nats, stage.to_postgres)).cut()


async def slow_connections(stage: Stage, dice: random.Random) -> None:
    await dice.choice((stage.to_nats, stage.to_postgres)).slow(0.05, 2.0)


async def half_open_connections(stage: Stage, dice: random.Random) -> None:
    await dice.choice((stage.to_nats, stage.to_postgres)).hold(dice.choice((1.0, 4.0)))


FAULTS: dict[str, tuple[Fault, int, str]] = {
    "kill a worker": (kill_worker, 4, "worker"),
    "freeze a worker": (freeze_worker, 2, "worker"),
    "freeze a worker in its commit": (freeze_in_commit, 3, "worker"),
    "kill nats-server": (kill_nats, 2, "nats"),
    "freeze nats-server": (freeze_nats, 1, "nats"),
    "kill PostgreSQL": (kill_postgres, 2, "postgres"),
    "freeze PostgreSQL": (freeze_postgres, 1, "postgres"),
    "cut connections": (cut_connections, 2, ""),
    "slow connections": (slow_connections, 1, "proxy"),
    "half-open connections": (half_open_connections, 1, "proxy"),
    "kill a gateway": (kill_gateway, 2, "gateway"),
    "freeze a gateway": (freeze_gateway, 1, "gateway"),
    "kill Valkey": (kill_cache, 1, "valkey"),
    "freeze Valkey": (freeze_cache, 1, "valkey"),
    "a wrong clock": (wrong_clock, 1, "clock"),
}
"""By name: the fault, how often it is drawn, and what only one fault at a time may hold."""

GREAT: dict[str, Fault] = {
    "NATS away for long": long_outage_of_nats,
    "PostgreSQL away for long": long_outage_of_postgres,
    "COMMANDS made anew": make_stream_anew,
    "a full disk": fill_disk,
}
"""Those that take long, only in long campaigns: one after the other, and no other server is hurt meanwhile."""
SERVERS = frozenset({"nats", "postgres", "proxy"})
"""What others may hold of them."""
