"""Many members answer yes to one event at once, for a few seats, while workers and gateways are killed.

    python -m tests.chaos.stampede [--members 10000] [--seats 500] [--seed N] [--every S] [--workers N]

All goes over HTTP; whoever gets no answer asks again with the same key. Afterwards some who have a seat take their
answer back, all at once too. What must be: not one seat too many or too few, nobody twice, the line and then those who
are promoted out of it in the order in which the broker accepted their answers, and every answer true. Exits with 1
where it is not so.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import attrs
import httpx
import msgspec
import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from diramoja.core.envelope import Envelope, unpack
from tests.chaos.stage import Stage

__all__ = ["Outcome", "Stampede", "run"]

SLOTS = 192
"""Requests under way."""
AGAIN_S = 0.1
ANSWER_S = 8.0
QUIET_S = 180.0
FIRST_S = 0.3
"""Until the first kill."""
WITHDRAWN = 5
"""One in so many seats is given back."""
PASSWORD = "a long sentence that nobody guesses"  # of members who live for a minute
UNDER_WAY = frozenset({429, 503})
QUIET = """
SELECT (SELECT count(*) FROM request WHERE status IS NULL AND id NOT LIKE 'j:%') + (SELECT count(*) FROM tell)
     + (SELECT count(*) FROM job WHERE state IN ('ready', 'running'))
"""
PROMOTED = "SELECT member FROM notice WHERE kind = 'event.promoted'"
LIVE = "SELECT count(*) FROM worker WHERE lease_until > now()"
NEWS = """
SELECT convert_from(body, 'UTF8')::json ->> 'member' AS member FROM event_log
WHERE kind = 'event' AND name = $1 ORDER BY partition, seq
"""


@attrs.frozen
class Stampede:
    """What is done."""

    seed: int
    members: int = 10_000
    seats: int = 500
    kill_every_s: float = 3.0
    workers: int = 2


@attrs.define
class Outcome:
    """What came of it. `wrong`: what must not be, in words."""

    wrong: list[str]
    kills: Counter[str]
    repeats: int
    answered_s: float
    withdrawn_s: float
    confirmed: int
    waiting: int


@attrs.define
class _Run:
    plan: Stampede
    stage: Stage
    http: httpx.AsyncClient
    accepted: list[str] = attrs.field(factory=list)
    """Members by the place of their answer in the stream."""
    answers: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    kills: Counter[str] = attrs.field(factory=Counter)
    wrong: list[str] = attrs.field(factory=list)
    repeats: int = 0
    event: str = ""
    dice: random.Random = attrs.field(factory=random.Random)

    # --- over HTTP ---

    async def call(self, method: str, path: str, *, who: str, key: str, body: Any = None) -> Any:
        """The answer in the end, asked for until there is one."""
        headers = {"idempotency-key": key} | ({"authorization": f"Bearer {self.stage.token(who)}"} if who else {})
        while True:
            url = self.dice.choice(self.stage.gateway_urls) + path
            try:
                answer = await self.http.request(method, url, json=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in UNDER_WAY:
                break
            self.repeats += 1
            await asyncio.sleep(AGAIN_S)
        if answer.is_error:
            self.wrong.append(f"{method} {path} by {who}: {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.content else None

    async def join(self, number: int) -> str:
        body = {"username": f"guest_{number}", "email": f"guest_{number}@example.org", "password": PASSWORD}
        made = await self.call("POST", "/v1/members", who="", key=f"join{number}", body=body)
        return str(made["id"])

    async def plan_event(self, organizer: str) -> None:
        body = {
            "event_type": "rally",
            "title": "Five hundred seats",
            "starts_at": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
            "duration_minutes": 90,
            "capacity": self.plan.seats,
        }
        self.event = (await self.call("POST", "/v1/events", who=organizer, key="plan", body=body))["id"]
        await self.call("POST", f"/v1/events/{self.event}/open", who=organizer, key="open")

    async def yes(self, member: str) -> None:
        path = f"/v1/events/{self.event}/rsvp"
        self.answers[member] = await self.call("PUT", path, who=member, key="yes", body={"answer": "yes"})

    async def withdraw(self, member: str) -> None:
        await self.call("DELETE", f"/v1/events/{self.event}/rsvp", who=member, key="back")

    async def all_at_once[T](self, do: Callable[[T], Coroutine[Any, Any, Any]], items: Sequence[T]) -> list[Any]:
        slots = asyncio.Semaphore(SLOTS)

        async def one(item: T) -> Any:
            async with slots:
                return await do(item)

        return await asyncio.gather(*map(one, items))

    # --- meanwhile ---

    async def listen(self, client: Client) -> None:
        """Who was accepted when, as the stream has it; a repeat is none."""
        seen: set[str] = set()

        async def note(message: Msg) -> None:
            envelope = unpack(Envelope, message.data)
            if envelope.id not in seen:
                seen.add(envelope.id)
                self.accepted.append(envelope.sender)

        subject = f"p.*.cmd.event.{self.event}.rsvp"
        await client.jetstream().subscribe(subject, stream="COMMANDS", ordered_consumer=True, cb=note)

    async def torment(self) -> None:
        """Until cancelled: kill a worker at once, then again and again, now and then a gateway, once all are up."""
        wait_s = FIRST_S
        while True:
            await asyncio.sleep(wait_s)
            while await self.stage.value(LIVE) != self.plan.workers:  # noqa: ASYNC110  # the database's
                await asyncio.sleep(0.3)
            wait_s = self.dice.uniform(0.5, 1.5) * self.plan.kill_every_s
            name = self.dice.choice(["worker", "worker", "worker", "gateway"]) if self.kills else "worker"
            child = self.dice.choice(self.stage.workers if name == "worker" else self.stage.gateways)
            child.send(signal.SIGKILL)
            self.kills[name] += 1

    async def until_quiet(self) -> None:
        end = time.monotonic() + QUIET_S
        while await self.stage.value(QUIET) != 0:  # the database's
            if time.monotonic() > end:
                self.wrong.append("It did not become quiet.")
                return
            await asyncio.sleep(0.3)

    # --- what must be ---

    async def check_seats(self) -> None:
        """After the answers."""
        seats = self.plan.seats
        rows = await self._rows("SELECT * FROM event_guest WHERE event = $1 ORDER BY number, seat", self.event)
        confirmed = [row["member"] for row in rows if row["state"] == "confirmed"]
        line = [row["member"] for row in rows if row["state"] == "waitlisted"]
        self.expect("answers accepted once each", sorted(self.accepted), sorted(self.answers))
        self.expect("members with a row", sorted(row["member"] for row in rows), sorted(self.answers))
        self.expect("seats", len(confirmed), min(seats, len(self.answers)))
        self.expect("seats by acceptance", confirmed, self.accepted[:seats])
        self.expect("line by acceptance", line, self.accepted[seats:])
        self.expect("news of seats", await self._news("event.rsvp.confirmed"), confirmed)
        self.expect("news of the line", await self._news("event.waitlisted"), line)
        told = {member: answer["position"] for member, answer in self.answers.items()}
        self.expect("answers", told, dict.fromkeys(confirmed) | {each: n for n, each in enumerate(line, 1)})
        (event,) = await self._rows("SELECT * FROM event WHERE id = $1", self.event)
        self.expect("counts", (event["registered_count"], event["waiting_count"]), (len(confirmed), len(line)))
        self.expect("dead letters", await self.stage.value("SELECT count(*) FROM dead_letter"), 0)

    async def check_promoted(self, gone: Sequence[str]) -> None:
        """After some gave their seats back."""
        promoted = self.accepted[self.plan.seats :][: len(gone)]
        rows = await self._rows("SELECT * FROM event_guest WHERE event = $1 ORDER BY seat", self.event)
        confirmed = [row["member"] for row in rows if row["state"] == "confirmed"]
        self.expect("promoted by acceptance", await self._news("event.promoted"), promoted)
        stayed = [each for each in self.accepted[: self.plan.seats] if each not in set(gone)]
        self.expect("seats after", confirmed, stayed + promoted)
        end, told = time.monotonic() + QUIET_S, await self._rows(PROMOTED)
        while (
            len(told) < len(promoted) and time.monotonic() < end
        ):  # They wait in the stream, where nobody counts them.
            await asyncio.sleep(0.2)
            told = await self._rows(PROMOTED)
        self.expect("promoted and told once", sorted(row["member"] for row in told), sorted(promoted))
        self.expect("dead letters", await self.stage.value("SELECT count(*) FROM dead_letter"), 0)

    def expect(self, what: str, found: Any, wanted: Any) -> None:
        if found != wanted:
            self.wrong.append(f"{what}: {str(found)[:300]} and not {str(wanted)[:300]}")

    async def _rows(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        database = await asyncpg.connect(self.stage.postgres.url())
        try:
            return list(await database.fetch(sql, *arguments))
        finally:
            await database.close()

    async def _news(self, name: str) -> list[str]:
        return [row["member"] for row in await self._rows(NEWS, name)]


async def run(plan: Stampede, folder: Path) -> Outcome:
    """Play it on servers of its own in this folder."""
    stage = Stage(folder, plan.workers, "", with_plugins=True)
    limits = httpx.Limits(max_connections=SLOTS, keepalive_expiry=2.0)
    try:
        await stage.open()
        async with httpx.AsyncClient(timeout=ANSWER_S, limits=limits) as http:
            client = await nats.connect(stage.nats.url)
            try:
                return await _played(_Run(plan, stage, http, dice=random.Random(plan.seed)), client)
            finally:
                await client.close()
    finally:
        await stage.close()


async def _played(run: _Run, client: Client) -> Outcome:
    organizer, *members = await run.all_at_once(run.join, range(run.plan.members + 1))
    await run.plan_event(organizer)
    await run.listen(client)
    torment = asyncio.create_task(run.torment())
    begun = time.monotonic()
    await run.all_at_once(run.yes, members)
    answered_s = time.monotonic() - begun
    await run.until_quiet()
    await run.check_seats()
    gone = run.dice.sample(run.accepted[: run.plan.seats], run.plan.seats // WITHDRAWN)
    begun = time.monotonic()
    await run.all_at_once(run.withdraw, gone)
    withdrawn_s = time.monotonic() - begun
    torment.cancel()
    await run.until_quiet()
    await run.check_promoted(gone)
    seats = min(run.plan.seats, len(members))
    return Outcome(run.wrong, run.kills, run.repeats, answered_s, withdrawn_s, seats, len(members) - seats)


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.stampede", description=__doc__.partition("\n")[0])
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--seats", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--every", type=float, default=3, help="seconds from all are up to the next kill, in the mean")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    plan = Stampede(given.seed, given.members, given.seats, given.every, given.workers)
    with tempfile.TemporaryDirectory(prefix="stampede") as folder:
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))  # So that no server is left behind.
        outcome = asyncio.run(run(plan, Path(folder)))
    show(plan, outcome)
    return 1 if outcome.wrong else 0


def show(plan: Stampede, outcome: Outcome) -> None:
    """What came of it, and a line of JSON."""
    kills = ", ".join(f"{count} {name}s" for name, count in outcome.kills.most_common())
    said = [
        f"seed {plan.seed}: {plan.members:,} members, {plan.seats:,} seats; killed: {kills or 'nothing'}",
        f"  {outcome.confirmed:,} confirmed, {outcome.waiting:,} in line; {outcome.repeats:,} requests asked again",
        f"  all answered in {outcome.answered_s:.1f} s, {plan.members / outcome.answered_s:,.0f} answers/s",
        f"  a fifth of the seats given back in {outcome.withdrawn_s:.1f} s",
        f"wrong: {len(outcome.wrong)}",
        *(f"  {each}" for each in outcome.wrong[:40]),
        msgspec.json.encode(attrs.asdict(plan) | attrs.asdict(outcome)).decode(),
    ]
    sys.stdout.write("\n".join(said) + "\n")


if __name__ == "__main__":
    sys.exit(main())
