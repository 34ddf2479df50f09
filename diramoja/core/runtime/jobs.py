"""The job runner: takes due jobs, runs them beside each other within bounds, and sends their results as commands.

A result is published before its job is marked done; a crash between the two repeats the job, and the repeated result
is dropped by its request row: the effect happens once.
"""

import contextlib
import random
from collections.abc import Callable, Sequence
from datetime import timedelta

import anyio
import structlog

from diramoja.core.envelope import Envelope, pack
from diramoja.core.errors import DiramojaError, MessageError
from diramoja.core.ids import check_id, short
from diramoja.core.jobs import Job
from diramoja.core.messages import MAX_BODY_BYTES, Command, Message, decode, encode
from diramoja.core.ports.broker import Outgoing
from diramoja.core.ports.records import JobStore
from diramoja.core.ports.rows import JobRow
from diramoja.core.runtime.assemble import AUDIENCE_JOB, Audience
from diramoja.core.runtime.environment import Environment
from diramoja.core.runtime.settle import NUDGE

__all__ = ["JobRunner"]

log = structlog.get_logger(__name__)

AUDIENCE_PAGE = 500
LONGEST_BACKOFF_S = 3600.0
LEASE_S = 20.0
"""After so long at the most the job of a runner that ended is taken again; one that lives extends the lease."""
EXTENDED_EVERY_S = 5.0
LOCK_MARGIN_S = 5.0
BROKEN_ATTEMPTS = 8
"""Attempts of a job whose own code raises outside of its run: `failed`, or the query of an audience; and those beyond
its own for which a runner ended while it ran.
"""


class JobRunner:
    """Runs jobs until `stop`; or one round by hand with `step`."""

    def __init__(self, environment: Environment, jitter: Callable[[], float] = random.random) -> None:  # noqa: S311  # not a secret
        self._registry = environment.registry
        self._store = environment.ports.get(JobStore)
        self._broker = environment.broker
        self._ports = environment.ports
        self._settings = environment.settings
        self._clock = environment.clock
        self._jitter = jitter
        self._stopping = False
        self._running: set[JobRow] = set()
        self._news = anyio.Event()
        self._hearings = {each.name: each for hearings in self._registry.hearings.values() for each in hearings}
        leases = {name: min(job.timeout_s + LOCK_MARGIN_S, LEASE_S) for name, job in self._registry.jobs.items()}
        self._leases_s = leases | {AUDIENCE_JOB: LEASE_S}

    async def run(self) -> None:
        """Work until `stop`; a job that takes long holds up its slot only."""
        async with anyio.create_task_group() as beside:
            beside.start_soon(self._listen)
            beside.start_soon(self._extend_leases)
            async with anyio.create_task_group() as tasks:
                while not self._stopping:
                    self._news = anyio.Event()
                    for row in (rows := await self._take_free()):
                        self._running.add(row)
                        tasks.start_soon(self._in_slot, row)
                    if not rows:
                        with anyio.move_on_after(self._settings.poll_s):
                            await self._news.wait()
            beside.cancel_scope.cancel()

    async def _extend_leases(self) -> None:
        """What takes long stays with a runner that lives; an audience extends its own, page by page."""
        while True:
            await anyio.sleep(EXTENDED_EVERY_S)
            for row in [each for each in self._running if each.name != AUDIENCE_JOB]:
                with contextlib.suppress(DiramojaError):
                    await self._store.advance_job(row, row.payload, LEASE_S)

    async def _listen(self) -> None:
        """Workers say when they have committed jobs; without their word the next look finds them."""
        with contextlib.suppress(DiramojaError):
            await self._broker.listen(NUDGE, lambda _subject, _data: self._news.set())

    async def _take_free(self) -> Sequence[JobRow]:
        """Due jobs for the slots that are free."""
        try:
            return await self._take(self._settings.job_slots - len(self._running))
        except DiramojaError as error:
            log.warning("jobs_unavailable", code=error.code)
            return ()

    async def _in_slot(self, row: JobRow) -> None:
        try:
            await self._one(row)
        finally:
            self._running.discard(row)
            self._news.set()

    def stop(self) -> None:
        """End after the jobs that run now."""
        self._stopping = True
        self._news.set()

    async def step(self) -> int:
        """Take what is due and run it; the number of jobs run."""
        rows = await self._take(self._settings.job_slots)
        async with anyio.create_task_group() as tasks:
            for row in rows:
                tasks.start_soon(self._one, row)
        return len(rows)

    async def _take(self, limit: int) -> Sequence[JobRow]:
        now = self._clock.now()
        return await self._store.take_jobs(self._leases_s, now, limit)

    async def _one(self, row: JobRow) -> None:
        try:
            if row.name == AUDIENCE_JOB:
                await self._tell_audience(row)
            else:
                await self._attempt(row, self._registry.jobs[row.name])
        except (Exception, SystemExit) as error:  # the border: what a plugin brings must not end the runner
            if isinstance(error, DiramojaError) and error.retryable:
                log.warning("job_interrupted", job=row.name, code=error.code)  # Taken again after its lease.
            else:
                log.exception("job_broken", job=row.name)
                await self._put_off(row, type(error).__name__)

    async def _put_off(self, row: JobRow, code: str) -> None:
        with contextlib.suppress(DiramojaError):
            if row.attempts < BROKEN_ATTEMPTS:
                due = self._clock.now() + timedelta(seconds=self._backoff_s(1.0, row.attempts))
                await self._store.retry_job(row, due, code)
            else:
                await self._store.end_job(row, "failed", code)

    async def _attempt(self, row: JobRow, job: Job[Message]) -> None:
        try:
            _check_attempts(row, job)
            with anyio.fail_after(job.timeout_s):
                result = await self._ports.call(job.run, decode(job.payload, row.payload, row.version))
            results = [_outgoing(row, row.kind, row.agent, result)] if result is not None else []
        except (Exception, SystemExit) as error:  # noqa: BLE001  # the border: a failed attempt
            await self._failed(row, job, error)
            return
        await self._broker.publish(results)
        await self._store.end_job(row, "done")

    async def _failed(self, row: JobRow, job: Job[Message], error: BaseException) -> None:
        if not await self._store.holds_job(row):
            return  # It slept beyond its lease: another attempt will tell.
        code = error.code if isinstance(error, DiramojaError) else type(error).__name__
        final = isinstance(error, MessageError) or (isinstance(error, DiramojaError) and not error.retryable)
        due = self._clock.now() + timedelta(seconds=self._backoff_s(job.backoff_s, row.attempts))
        log.warning("job_failed", job=row.name, id=row.id, attempt=row.attempts, error=code)
        if not final and row.attempts < job.attempts and due < row.deadline:
            await self._store.retry_job(row, due, code)
            return
        told: Command | None = None
        with contextlib.suppress(MessageError):  # Not even what was asked for can be read.
            told = job.failed(decode(job.payload, row.payload, row.version), code)
        if told is not None:
            await self._broker.publish([_outgoing(row, row.kind, row.agent, told)])
        await self._store.end_job(row, "failed", code)

    def _backoff_s(self, base_s: float, attempts: int) -> float:
        """Exponential with full jitter (mean `base_s` before the second attempt)."""
        return min(LONGEST_BACKOFF_S, base_s * 2.0**attempts) * self._jitter()

    async def _tell_audience(self, row: JobRow) -> None:
        """Tell the agents that a query names, in chunks; told twice after a crash, heard once."""
        audience = decode(Audience, row.payload)
        hearing = self._hearings.get(audience.hearing)
        if hearing is None or hearing.across is None or hearing.tell is None:
            await self._store.end_job(row, "failed", "hearing_missing")
            return
        event = decode(hearing.event, audience.body, audience.version)
        command = hearing.tell(event)
        chunk: list[Outgoing] = []
        place = 0
        async for agent in self._ports.call(hearing.across, event):
            place += 1
            if place <= audience.told:
                continue
            chunk.append(_outgoing(row, hearing.kind, agent, command))
            if len(chunk) == AUDIENCE_PAGE:
                await self._broker.publish(chunk)
                await self._store.advance_job(row, encode(audience.but(told=place)), LEASE_S)
                chunk = []
        await self._broker.publish(chunk)
        await self._store.end_job(row, "done")


def _check_attempts(row: JobRow, job: Job[Message]) -> None:
    if row.attempts > job.attempts + BROKEN_ATTEMPTS:
        raise MessageError("Runner after runner ended while it ran.", code="runner_ended")


def _outgoing(row: JobRow, kind: str, agent: str, command: Command) -> Outgoing:
    """A result as a command, whose id is made of the job's so that repeats are dropped.

    Raises:
        TypeError: it is no command.
        MessageError: it is longer than a command may be.
    """
    if not isinstance(command, Command):
        raise TypeError(f"A job gives a command or nothing, not {type(command).__name__}.")
    body = encode(command)
    if len(body) > MAX_BODY_BYTES:
        raise MessageError(f"A result {command.wire_name} of {len(body)} bytes.", code="message_too_large")
    envelope = _envelope(row, agent, body, command.schema_version)
    return Outgoing(f"job.{kind}.{check_id(agent)}.{command.wire_name}", pack(envelope))


def _envelope(row: JobRow, agent: str, body: bytes, version: int) -> Envelope:
    id = f"j:{row.id}:{short(row.causation)}:{agent}"
    return Envelope(
        id=id,
        version=version,
        body=body,
        sender=row.agent,
        correlation=row.correlation,
        causation=row.causation,
        hops=row.hops,  # A job is no tell: what it looks up page by page has no end that could be known.
        request=id,
        told_by="job",
    )
