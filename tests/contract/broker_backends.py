"""The brokers that the contract suite runs on."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import attrs

from diramoja.adapters.nats.broker import open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.clock import SystemClock
from diramoja.testing.memory import MemoryBroker
from tests.support.nats_server import NatsServer

__all__ = ["BACKENDS", "Backend"]

type Open = Callable[[], AbstractAsyncContextManager[Broker]]


@attrs.frozen
class Backend:
    """A way to get a fresh broker, and what it does otherwise than NATS: reasons to skip a test.

    Attributes:
        begin: given a function that starts the shared server, returns what opens connections to one fresh broker.
        lacks: feature → why it is not there.
    """

    name: str
    begin: Callable[[Callable[[], NatsServer]], Open]
    lacks: dict[str, str] = attrs.field(factory=dict)


def _memory(server: Callable[[], NatsServer]) -> Open:
    broker = MemoryBroker(SystemClock())

    @asynccontextmanager
    async def connect() -> AsyncIterator[Broker]:
        yield broker

    return connect


def _nats(server: Callable[[], NatsServer]) -> Open:
    settings = NatsSettings(url=server().url, prefix=f"t{secrets.token_hex(6)}")

    @asynccontextmanager
    async def connect() -> AsyncIterator[Broker]:
        async with open_broker(settings) as broker:
            yield broker

    return connect


BACKENDS = [
    Backend("nats", _nats),
    Backend(
        "memory",
        _memory,
        {
            "waiting": "time does not pass by itself in memory",
            "bounds": "the test's clock and stream are one process: what is stored is in memory anyway",
            "checks": "only tests publish to it, with subjects of the core",
        },
    ),
]
