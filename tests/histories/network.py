"""The ways between people and platform, and between platform and servers: cut, slow, or holding everything back."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import httpx

from tests.chaos.proxy import Proxy
from tests.support.nats_server import NatsServer
from tests.support.postgres_server import PostgresServer

__all__ = ["Network", "network"]

LONGEST_S = 3.0
"""Of a fault; longer than a lease, shorter than a client's patience."""
SLOW_S = 0.2


@attrs.define
class Network:
    """`lay` the last way when the platform is there."""

    ways: dict[str, Proxy]
    settings: tuple[str, ...]
    """What tells the platform to go through them."""
    faults: Counter[str] = attrs.field(factory=Counter)

    async def lay(self, url: str) -> str:
        """A way to this URL; returns the URL that goes through it."""
        port = httpx.URL(url).port
        assert port is not None
        self.ways["people"] = proxy = Proxy(port)
        await proxy.start()
        return f"http://127.0.0.1:{proxy.port}"

    async def trouble(self, every_s: float, dice: random.Random) -> None:
        """One fault after the other until cancelled; 0: none."""
        while every_s:
            await asyncio.sleep(every_s * dice.uniform(0.5, 1.5))
            name, how = dice.choice(sorted(self.ways)), dice.choice(("cut", "slow", "hold"))
            self.faults[f"{how}: {name}"] += 1
            proxy, for_s = self.ways[name], dice.random() * LONGEST_S
            if how == "cut":
                proxy.cut()
            else:
                await (proxy.slow(dice.random() * SLOW_S, for_s) if how == "slow" else proxy.hold(for_s))

    def calm(self) -> None:
        """Whatever was in the way is gone."""
        for proxy in self.ways.values():
            proxy.free()


@asynccontextmanager
async def network(folder: Path) -> AsyncIterator[Network]:
    """Servers of its own, and the ways to them."""
    nats, postgres = await asyncio.to_thread(lambda: (NatsServer(folder), PostgresServer()))
    ways = {"nats": Proxy(nats.port), "postgres": Proxy(postgres.port)}
    for proxy in ways.values():
        await proxy.start()
    database = postgres.url().replace(str(postgres.port), str(ways["postgres"].port))
    made = Network(ways, (f"nats.url=nats://127.0.0.1:{ways['nats'].port}", f"postgres.url={database}"))
    try:
        yield made
    finally:
        for proxy in made.ways.values():
            await proxy.stop()
        await asyncio.to_thread(nats.stop)
        await asyncio.to_thread(postgres.stop)
