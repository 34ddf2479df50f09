"""Clients over HTTP: they write some notes at a time, and ask any gateway again with the same key until it answers.

Their log has the same form as that of `load.Client`; what is acknowledged was answered, so it is committed.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import httpx
import msgspec

from tests.chaos.plugin import HOW

__all__ = ["WebClient"]

AGENTS = 400
AGAIN_S = 0.1
SLOTS = 24
ANSWER_S = 8.0
WANTED = {"reject": 409}
RETRIED = frozenset({503, 429})


class WebClient:
    """One member."""

    def __init__(self, name: str, token: str, urls: Sequence[str], file: Path) -> None:
        self._name = name
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._urls = urls
        self._file = file
        self._dice = random.Random(str(file))
        self._number = 0
        self.acked = 0
        self.odd: list[str] = []
        """Answers that should not have been."""

    async def run(self, *, rate: float, stop: asyncio.Event, gate: asyncio.Event) -> None:
        """Write until `stop`, at most `rate` notes a second; while `gate` is closed nothing new is begun."""
        limits = httpx.Limits(keepalive_expiry=2.0)
        with self._file.open("ab", buffering=0) as log:
            async with httpx.AsyncClient(timeout=ANSWER_S, limits=limits) as http, asyncio.TaskGroup() as tasks:
                for _ in range(SLOTS):
                    tasks.create_task(self._slot(http, log, SLOTS / rate, (stop, gate)))

    async def _slot(
        self, http: httpx.AsyncClient, log: IO[bytes], every_s: float, until: tuple[asyncio.Event, asyncio.Event]
    ) -> None:
        stop, gate = until
        while not stop.is_set():
            await gate.wait()
            begun = time.monotonic()
            self._number += 1
            agent, other = (f"led_{self._dice.randrange(AGENTS)}" for _ in range(2))
            await self._write(http, log, (f"h{self._number}", agent, self._dice.choice(HOW), other))
            await asyncio.sleep(max(0.0, every_s - (time.monotonic() - begun)))

    async def _write(self, http: httpx.AsyncClient, log: IO[bytes], note: tuple[str, str, str, str]) -> None:
        key, agent, how, other = note
        id = f"{self._name}:{key}"
        body = msgspec.json.encode({"token": id, "how": how, "other": other})
        self._note(log, ["send", time.monotonic(), id, agent, how])
        while True:
            url = f"{self._dice.choice(self._urls)}/v1/ledgers/{agent}/notes"
            try:
                answer = await http.post(url, content=body, headers=self._headers | {"idempotency-key": key})
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in RETRIED:
                break
            await asyncio.sleep(AGAIN_S)
        self._note(log, ["ack", time.monotonic(), id])
        self.acked += 1
        if answer.status_code != WANTED.get(how, 200):
            self.odd.append(f"{id} {how}: {answer.status_code} {answer.text[:200]}")

    def _note(self, log: IO[bytes], entry: list[object]) -> None:
        log.write(msgspec.json.encode(entry) + b"\n")
