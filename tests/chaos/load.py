"""The clients: they act as a gateway does, try again with the same keys, and write down all that they know."""

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import msgspec

from diramoja.adapters.nats.broker import NatsBroker, open_broker
from diramoja.adapters.nats.settings import NatsSettings
from diramoja.core.envelope import Envelope, pack
from diramoja.core.errors import DiramojaError
from diramoja.core.messages import encode
from diramoja.core.ports.broker import Outgoing
from tests.chaos.plugin import HOW, Note

__all__ = ["Client"]

AGENTS = 400
AGAIN_S = 0.1
REPEATED = 0.02
"""Share of the acknowledged commands that are sent once more, some time later."""
REMEMBERED = 500

type Command = tuple[str, str, str, str]
"""id, agent, how, other"""


class Client:
    """One of several; each has a log of its own."""

    def __init__(self, name: str, url: str, file: Path, seed: int) -> None:
        self._name = name
        self._url = url
        self._file = file
        self._dice = random.Random(seed)
        self._number = 0
        self._old: list[Command] = []
        self.acked = 0

    async def run(self, *, rate: float, stop: asyncio.Event, gate: asyncio.Event, evils: list[str]) -> None:
        """Send until `stop`, at most `rate` commands a second; `evils` are sent once each as they come.

        While `gate` is closed nothing new is begun.
        """
        with self._file.open("ab", buffering=0) as log:
            async with open_broker(NatsSettings(url=self._url, deadline_s=2)) as broker:
                while not stop.is_set():
                    await gate.wait()
                    begun = time.monotonic()
                    batch = self._batch(self._dice.choice((1, 5, 50, 100)), evils)
                    await self._send(broker, log, batch)
                    await asyncio.sleep(max(0, len(batch) / rate - (time.monotonic() - begun)))

    def _batch(self, size: int, evils: list[str]) -> list[Command]:
        batch = [self._one(self._dice.choice(HOW)) for _ in range(size)]
        if evils:
            batch.append(self._one(evils.pop()))
        return batch

    def _one(self, how: str) -> Command:
        self._number += 1
        agent, other = (f"led_{self._dice.randrange(AGENTS)}" for _ in range(2))
        return f"{self._name}:k{self._number}", agent, how, other

    async def _send(self, broker: NatsBroker, log: IO[bytes], batch: Sequence[Command]) -> None:
        self._write(log, "send", batch)
        while True:
            try:
                await broker.publish([_outgoing(each) for each in batch])
                break
            except DiramojaError:
                await asyncio.sleep(AGAIN_S)
        self._write(log, "ack", batch)
        self.acked += len(batch)
        self._old = (self._old + list(batch))[-REMEMBERED:]
        again = self._dice.choices(self._old, k=max(1, round(len(batch) * REPEATED)))
        try:
            await broker.publish([_outgoing(each) for each in again])
        except DiramojaError:
            return

    def _write(self, log: IO[bytes], what: str, batch: Sequence[Command]) -> None:
        now = time.monotonic()
        log.write(b"".join(msgspec.json.encode([what, now, *each[:3]]) + b"\n" for each in batch))


def _outgoing(command: Command) -> Outgoing:
    id, agent, how, other = command
    body = encode(Note(id, how, other))
    sender = id.partition(":")[0]
    envelope = Envelope(id, 1, body, sender=sender, request=id, digest=b"d", correlation=id)
    return Outgoing(f"cmd.ledger.{agent}.note", pack(envelope))
