"""Members who cast ballots over HTTP into `diramoja up`, for `benchmarks.ballots`."""

import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec

from benchmarks.instance import PASSWORD, PLUGINS, PROGRAM, Member, Platform, open_platform
from benchmarks.table import Figure
from benchmarks.timing import MICROSECONDS, CpuMeter

__all__ = ["over_http"]

VOTERS = 64
OPTIONS = 10
OPEN_S = 60.0
"""A vote is open for a minute at least."""
LONGEST_S = 60.0
CREATED, OK = 201, 200


async def over_http(folder: Path, *, casting_s: float) -> list[Figure]:
    """Ballots a second of a public and a pseudonymous vote, and how soon after the close their results are public."""
    settings = ("vote.duration_min_minutes=1", "gateway.votes_per_hour=0", f"deployment.plugins={PLUGINS},vote")
    figures: list[Figure] = []
    async with open_platform(folder, *settings) as platform, platform.members(VOTERS + 1) as members:
        officer, *voters = members
        leader = await with_office(platform, officer, voters)
        opens_at = datetime.now(UTC) + timedelta(seconds=3)
        made = {each: await scheduled(leader, each, opens_at) for each in ("public", "pseudonymous")}
        await anyio.sleep((opens_at - datetime.now(UTC)).total_seconds() + 0.5)
        last = {}
        for anonymity, vote in made.items():
            rate, cpu, last[anonymity] = await cast(voters, vote, casting_s, anonymity)
            figures += [rate, cpu]
        figures += [await settled(leader, vote, last[anonymity], anonymity) for anonymity, vote in made.items()]
    return figures


async def with_office(platform: Platform, officer: Member, voters: Sequence[Member]) -> Member:
    """Make the voters members in good standing; the administrator, by the command, names the officer."""
    file = platform.data.parent / "password"
    file.write_text(PASSWORD)
    settings = [word for setting in platform.options for word in ([] if setting == "--set" else ["--set", setting])]
    line = [*PROGRAM, "--data", str(platform.data), *settings, "admin", "create", "benchboss"]
    more = ["--email", "boss@example.org", "--password-file", str(file)]
    await anyio.run_process([*line, *more], stdin=subprocess.DEVNULL)
    boss = await signed_in(platform, "benchboss")
    await done(boss, "PUT", f"/v1/members/{await id_of(officer)}/roles/membership_officer")
    officer = await signed_in(platform, "bench0")
    for number, voter in enumerate(voters):
        level = {"level": "member" if number else "leader", "standing": "good", "reason": "For a benchmark."}
        await done(officer, "PATCH", f"/v1/members/{await id_of(voter)}/membership", level)
    return await signed_in(platform, "bench1")


async def signed_in(platform: Platform, username: str) -> Member:
    """Anew, with the roles of now."""
    async with httpx.AsyncClient(base_url=platform.url, verify=platform.tls) as client:
        answer = await client.post("/v1/auth/login", json={"username": username, "password": PASSWORD})
        answer.raise_for_status()
        return Member(platform.address, answer.json()["access_token"])


async def done(member: Member, method: str, path: str, body: object = None) -> Any:
    """What is answered.

    Raises:
        RuntimeError: it is refused.
    """
    status, answer = await member.ask(method, path, body)
    if status >= httpx.codes.BAD_REQUEST:
        raise RuntimeError(f"{method} {path}: {status} {answer.decode()}")
    return msgspec.json.decode(answer) if answer else None


async def id_of(member: Member) -> str:
    """Whose connection it is."""
    return str((await done(member, "GET", "/v1/me"))["id"])


async def scheduled(leader: Member, anonymity: str, opens_at: datetime) -> str:
    """The id of a vote that opens then."""
    body = {
        "title": f"A {anonymity} vote",
        "vote_type": "poll",
        "options": [f"Option {number}" for number in range(1, OPTIONS + 1)],
        "voting_method": "ranked_choice",
        "anonymity_level": anonymity,
        "revote": True,
        "opens_at": opens_at.isoformat(),
        "closes_at": (opens_at + timedelta(seconds=OPEN_S)).isoformat(),
    }
    vote = str((await done(leader, "POST", "/v1/votes", body))["id"])
    await done(leader, "POST", f"/v1/votes/{vote}/schedule", {})
    return vote


async def cast(
    voters: Sequence[Member], vote: str, casting_s: float, anonymity: str
) -> tuple[Figure, Figure, Counter[tuple[int, ...]]]:
    """All of them again and again for so long; what counts in the end are their last ballots."""
    end, taken, last = time.perf_counter() + casting_s, 0, dict[int, tuple[int, ...]]()

    async def one(place: int) -> None:
        nonlocal taken
        number = place
        while time.perf_counter() < end:
            number += 1
            choices = tuple((number + rank) % OPTIONS + 1 for rank in range(OPTIONS))
            status, answer = await voters[place].ask("POST", f"/v1/votes/{vote}/ballots", {"choices": choices})
            if status != CREATED:
                raise RuntimeError(f"A ballot was refused: {status} {answer.decode()}")
            taken += 1
            last[place] = choices

    meter = CpuMeter()
    async with anyio.create_task_group() as tasks:
        for place in range(len(voters)):
            tasks.start_soon(one, place)
    used = sum(seconds for name, seconds in meter.seconds().items() if name != "self")
    rate = Figure(f"over HTTP, {len(voters)} members, {anonymity}", [taken / casting_s], "ballots/s")
    return rate, Figure(f"{anonymity}: CPU", [MICROSECONDS * used / taken], "us/ballot"), Counter(last.values())


async def settled(leader: Member, vote: str, last: Counter[tuple[int, ...]], anonymity: str) -> Figure:
    """Wait for the results; what was published must be the last ballots.

    Raises:
        RuntimeError: it is something else.
    """
    with anyio.fail_after(OPEN_S + LONGEST_S):
        while (view := await done(leader, "GET", f"/v1/votes/{vote}"))["published_at"] is None:  # noqa: ASYNC110  # HTTP
            await anyio.sleep(0.25)
    page = await done(leader, "GET", f"/v1/votes/{vote}/ballots?limit=100")
    if {tuple(item["choices"]): item["ballots"] for item in page["items"]} != last:
        raise RuntimeError("What was published is not what was cast.")
    took = datetime.fromisoformat(view["published_at"]) - datetime.fromisoformat(view["closes_at"])
    return Figure(f"{anonymity}: from the close to the results", [took.total_seconds()], "s")
