"""The in-memory runtime: the worker's own turn over memory, a virtual clock and crashes by seed.

def test_a_talk_closes_at_its_end(runtime):
    runtime.deploy(plugin)
    runtime.send(talk, "tlk_1", AnnounceTalk("Clinics", ends_at=runtime.in_(hours=1)))
    runtime.advance(hours=2)
    assert runtime.state(talk, "tlk_1").phase == "closed"
"""

import asyncio
import itertools
import random
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import attrs
import msgspec

from diramoja.core.agents import AgentKind
from diramoja.core.decisions import Reject
from diramoja.core.envelope import Envelope, pack
from diramoja.core.ids import partition_of
from diramoja.core.messages import Command, Event, Record, Row, State, View, decode, encode
from diramoja.core.plugin import Plugin
from diramoja.core.ports.broker import Broker, Outgoing
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.records import EventLog, JobStore, Operations, Records
from diramoja.core.ports.rows import AgentKey, DeadLetter, RowKey
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.jobs import JobRunner
from diramoja.core.runtime.ownership import Heartbeat, new_worker
from diramoja.core.runtime.settings import RuntimeSettings
from diramoja.core.runtime.views import ViewFeeder
from diramoja.core.runtime.worker import Worker
from diramoja.core.settings import Settings
from diramoja.testing.memory import MemoryBroker, MemoryRecords, VirtualClock

__all__ = ["Crash", "Runtime", "Sent"]

QUIET_ROUNDS = 10_000


class Crash(BaseException):
    """A worker that dies at a crash point; what it had not committed is gone."""


@attrs.frozen
class Sent:
    """A command that was sent, by its request."""

    request: str
    runtime: "Runtime"

    @property
    def status(self) -> int | None:
        """Status of the answer; None while there is none."""
        row = self.runtime.records.request.get(self.request)
        return row.status if row else None

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return self.status is not None

    @property
    def answer(self) -> Any:
        """The answer's JSON as builtins; None where it is empty or missing."""
        row = self.runtime.records.request.get(self.request)
        return msgspec.json.decode(row.answer) if row and row.answer else None

    def read[V: View](self, view: type[V]) -> V:
        """The answer as a view."""
        row = self.runtime.records.request[self.request]
        return msgspec.json.decode(row.answer or b"", type=view)

    @property
    def reject(self) -> Reject | None:
        """The rejection, if it is one."""
        if self.status is None or self.status < HTTPStatus.BAD_REQUEST:
            return None
        return Reject(self.answer["code"], self.answer["detail"], self.status)


class Runtime:
    """One deployment in memory. With `crash_ratio` the worker dies at that share of its crash points, by the seed."""

    def __init__(self, seed: int = 0, crash_ratio: float = 0.0) -> None:
        self.clock = VirtualClock()
        self.records = MemoryRecords(self.clock)
        self.broker = MemoryBroker(self.clock)
        self.runtime_settings = RuntimeSettings(poll_s=0.01)
        self.crash_ratio = crash_ratio
        self.crashes = 0
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._keys = itertools.count(1)
        self._plugins: list[Plugin] = []
        self._settings: dict[type, Settings] = {}
        self._provided: dict[type, object] = {Clock: self.clock, Broker: self.broker}
        self._provided |= dict.fromkeys((Records, Operations, JobStore, EventLog), self.records)
        self._worker: Worker | None = None
        self._loop = asyncio.new_event_loop()

    def use(self, records: MemoryRecords) -> None:
        """Take other records, such as ones that fail."""
        self.records = records
        self._provided |= dict.fromkeys((Records, Operations, JobStore, EventLog), records)

    def reseed(self, seed: int, crash_ratio: float) -> None:
        """Crash from now on, by this seed."""
        self._random.seed(seed)
        self.crash_ratio = crash_ratio

    # --- composing ---

    def deploy(
        self,
        *plugins: Plugin,
        settings: Sequence[Settings] = (),
        ports: dict[type, object] | None = None,
    ) -> None:
        """The plugins, their settings and the ports that their facts, jobs and views ask for."""
        self._plugins.extend(plugins)
        self._settings.update({type(each): each for each in settings})
        self._provided.update(ports or {})
        self.restart()

    @property
    def registry(self) -> Registry:
        """The deployment's registry."""
        return Registry.of(self._plugins, self._settings)

    def close(self) -> None:
        """End; the fixture calls it."""
        self.restart()
        self._loop.close()

    # --- acting ---

    def send(
        self,
        kind: AgentKind[Any] | str,
        agent: str,
        command: Command,
        *,
        sender: str = "mem_test",
        roles: Sequence[str] = (),
        key: str = "",
        settle: bool = True,
    ) -> Sent:
        """Send a command as a gateway does; the same key again is a retry. Settles unless told not to."""
        name = kind if isinstance(kind, str) else kind.name
        request = f"{sender}:{key or f'k{next(self._keys)}'}"
        envelope = Envelope(
            id=request,
            version=command.schema_version,
            body=encode(command),
            sender=sender,
            correlation=request,
            roles=tuple(roles),
            request=request,
            digest=f"{name}:{agent}:".encode() + encode(command),
        )
        self._do(self.broker.publish([Outgoing(f"cmd.{name}.{agent}.{command.wire_name}", pack(envelope))]))
        if settle:
            self.settle()
        return Sent(request, self)

    def control(self, kind: AgentKind[Any], agent: str, verb: str) -> None:
        """Pause, resume or restart an agent: `_pause`, `_resume`, `_restart`."""
        envelope = Envelope(id=f"ctl-{next(self._keys)}", version=1, body=b"{}")
        self._do(self.broker.publish([Outgoing(f"cmd.{kind.name}.{agent}.{verb}", pack(envelope))]))
        self.settle()

    def settle(self) -> None:
        """Let everything that can happen now happen: commands, tells, jobs, views."""
        for _ in range(QUIET_ROUNDS):
            if not self._do(self._round()):
                return
        raise AssertionError(f"Not quiet after {QUIET_ROUNDS} rounds: agents tell each other for ever.")

    def in_(self, **delta: float) -> datetime:
        """The time after so many days, hours, minutes or seconds."""
        return self.clock.now() + timedelta(**delta)

    def advance(self, **delta: float) -> None:
        """Move the clock on, from one due reminder or job to the next."""
        until = self.in_(**delta)
        self.settle()
        while (due := self._next_due()) is not None and due <= until:
            self.clock.advance(max(timedelta(), due - self.clock.now()))
            self.settle()
        self.clock.advance(until - self.clock.now())
        self.settle()

    def restart(self) -> None:
        """Lose the worker as by kill -9; the next one takes over."""
        if self._worker is not None:
            self._do(self.records.retire(self._worker.id))
            self._do(self._worker.abandon())
        self._worker = None

    # --- looking ---

    @property
    def agents_in_memory(self) -> int:
        """Agents that the worker holds; the others are loaded when they are needed."""
        return self._worker.agents_in_memory if self._worker else 0

    def state[S: State](self, kind: AgentKind[S], agent: str) -> S:
        """The committed state; the absent one where nothing is stored."""
        row = self.records.snapshot.get(AgentKey(kind.name, agent))
        return decode(kind.state, row.body, row.version) if row and row.body else kind.absent

    def row[R: Row](self, kind: AgentKind[Any], agent: str, collection: type[R], key: str) -> R | None:
        """A committed own row."""
        row = self.records.own.get(RowKey(kind.name, agent, collection.wire_name, key))
        return decode(collection, row.body or b"", row.version) if row else None

    def events[E: Event](self, event: type[E]) -> list[E]:
        """All committed events of a class, in the order of commits."""
        rows = self.records.event_log
        return [decode(event, row.body, row.version) for row in rows if row.name == event.wire_name]

    def table[R: Record](self, name: str, record: type[R]) -> list[R]:
        """Rows of the read model by key."""
        return [decode(record, body) for _, body in sorted(self.records.tables.get(name, {}).items())]

    def dead_letters(self) -> list[DeadLetter]:
        """All dead letters."""
        return list(self.records.dead.values())

    # --- inside ---

    def _do[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    async def _round(self) -> int:
        try:
            worker = await self._alive()
            done = await worker.step()
            done += await worker.publish_now()
            return done + await self._runner.step() + await self._feeder.step()
        except Crash:
            self.crashes += 1
            dead, self._worker = self._worker, None
            if dead is not None:
                await self.records.retire(dead.id)
                await dead.abandon()
            return 1

    async def _alive(self) -> Worker:
        if self._worker is None:
            settings = self.runtime_settings
            environment = Environment(self.registry, Ports({**self._provided, Registry: self.registry}), settings)
            heartbeat = Heartbeat(self.records, new_worker("worker"), settings.lease_s, settings.beat_s)
            await heartbeat.start()
            self._worker = Worker(environment, heartbeat, by_hand=True, crash=self._maybe_crash)
            self._runner = JobRunner(environment, self._random.random)
            self._feeder = ViewFeeder(environment)
        return self._worker

    def _maybe_crash(self, _point: str) -> None:
        if self.crash_ratio and self._random.random() < self.crash_ratio:
            raise Crash

    def _next_due(self) -> datetime | None:
        dues = [row.due for row in self.records.reminders.values() if row.due is not None]
        jobs = self.records.jobs.values()
        dues += [self.records.job_locks[job.id] if job.state == "running" else job.due for job in jobs if job.is_open]
        return min(dues, default=None)

    def partition(self, kind: AgentKind[Any], agent: str) -> int:
        """The partition of an agent."""
        return partition_of(kind.name, agent)
