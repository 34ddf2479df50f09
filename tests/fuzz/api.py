"""Every route with generated requests, each as every role: no 500, nothing that the OpenAPI description does not say.

    python -m tests.fuzz.api [--requests N] [--seed N] [--role ROLE ...] [--phases PHASE,...] [--record FILE]

Schemathesis generates: parameters at their bounds and beyond, random valid and invalid bodies, sequences of calls that
use what earlier answers gave. One role leads, and what it sends is sent as every other one too (`tests.fuzz.as_each`);
the roles lead in turn, each with its share of the requests. They meet in one world (`tests.fuzz.world`), where there
is one of everything already. Whoever lost their role on the way is replaced.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import attrs

from tests.fuzz.world import World, world

__all__ = ["PHASES", "Outcome", "fuzz"]

type Counts = dict[str, dict[str, dict[str, int]]]
"""Answers by role, operation and status."""

EXCLUDED = (
    "/v1/live/poll",
    "/v1/agents/{kind}/pause",
    "/v1/agents/{kind}/{agent_id}/pause",
    "/v1/simulation/clock",
)
"""The first waits for events (tests/unit/community/test_live_gateway.py has it), two make all others wait, and time
would run away."""
LEAVING = "V1MeLeave"
"""Whoever leaves may write no more: nothing would be tried after it."""
PHASES = "fuzzing,stateful"
"""There are `examples` and `coverage` as well; coverage makes texts of the longest length, most of the time."""
EXAMPLES = 8
"""Of each operation in a turn; there are as many turns as the requests need."""
QUICK = ["--max-examples", "1", "--phases", "fuzzing"]
LOOKS_EVERY_S = 5.0
TELLS_EVERY_S = 60.0
CONFIG = """\
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]

[phases.stateful.inference]
algorithms = ["dependency-analysis"]

"""
"""A 503 is described and says when to come again: a machine at its limit may give it. There are no Location headers to
learn from, and of an answer with a malformed address schemathesis would die while it looks for some."""


@attrs.frozen
class Outcome:
    """What came while one role led; `found` is what was wrong, and `report` what schemathesis printed."""

    counts: Counts
    found: str
    report: str
    failed: bool


def fuzz(made: World, role: str, *, cases: int, seed: int, folder: Path, phases: str = PHASES) -> Outcome:
    """So many requests that this role leads; 0: a few of each route."""
    folder.mkdir()
    (folder / "schemathesis.toml").write_text(CONFIG + made.configuration())
    _write_people(made, folder)
    with (folder / "report").open("w") as report:
        process = subprocess.Popen(
            _command(made, seed, phases if cases else ""),
            stdin=subprocess.DEVNULL,
            stdout=report,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=os.environ
            | {
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "SCHEMATHESIS_HOOKS": "tests.fuzz.as_each",
                "DIRAMOJA_FUZZ_FOLDER": str(folder),
                "DIRAMOJA_FUZZ_ROLE": role,
                "DIRAMOJA_FUZZ_CASES": str(cases),
            },
        )
    try:
        _look_after(made, process, role, folder)
    finally:
        process.terminate()
        process.wait(30)
    counts, found = (folder / each for each in ("counts.json", "found.txt"))
    came: Counts = json.loads(counts.read_text()) if counts.exists() else {}
    return Outcome(
        came,
        found.read_text() if found.exists() else "",
        (folder / "report").read_text(),
        found.exists() or _total(came.get(role, {}).values()) < max(cases, 1),
    )


def _command(made: World, seed: int, phases: str) -> list[str]:
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", "schemathesis.toml", "run"]
    command += [f"{made.platform.url}/schema/openapi.json", "--checks", "as_each", "--seed", str(seed), "--no-color"]
    turns = ["--max-time", "100000", "--max-examples", str(EXAMPLES), "--phases", phases]
    command += turns if phases else QUICK
    command += ["--continue-on-failure", "--generation-database", "none", "--request-timeout", "20"]
    command += ["--suppress-health-check", "all", "--warnings", "off", "--exclude-operation-id", LEAVING]
    return command + [word for path in EXCLUDED for word in ("--exclude-path", path)]


def _look_after(made: World, process: subprocess.Popen[bytes], role: str, folder: Path) -> None:
    """Until it ends: replace whoever lost their role, and say how far it is."""
    told_at = time.monotonic()
    while process.poll() is None:
        try:
            process.wait(LOOKS_EVERY_S)
        except subprocess.TimeoutExpired:
            if made.replace_the_fallen():
                _write_people(made, folder)
        counts = folder / "counts.json"
        if time.monotonic() > told_at + TELLS_EVERY_S and counts.exists():
            told_at = time.monotonic()
            sys.stdout.write(f"  {role} leads: {_total(json.loads(counts.read_text()).get(role, {}).values()):,}\n")
            sys.stdout.flush()


def _write_people(made: World, folder: Path) -> None:
    new = folder / "people.new"
    new.write_text(json.dumps({role: person.token if person else "" for role, person in made.people.items()}))
    new.replace(folder / "people.json")


def _total(statuses: Iterable[dict[str, int]]) -> int:
    return sum(number for each in statuses for number in each.values())


def _sum(all_counts: Iterable[Counts]) -> Counts:
    """All in one."""
    summed: Counts = {}
    for counts in all_counts:
        for role, operations in counts.items():
            for operation, statuses in operations.items():
                of = summed.setdefault(role, {}).setdefault(operation, {})
                summed[role][operation] = dict(Counter(of) + Counter(statuses))
    return summed


def _show(counts: Counts) -> None:
    """A table by role, and what nobody ever did."""
    for role, operations in counts.items():
        by_status = sum((Counter(each) for each in operations.values()), Counter[str]())
        sys.stdout.write(f"{role:18} {by_status.total():9,} {dict(sorted(by_status.items()))}\n")
    tried = sorted({operation for each in counts.values() for operation in each})
    never = [each for each in tried if not any(_accepted(of.get(each, {})) for of in counts.values())]
    sys.stdout.write(f"{len(tried)} operations; never accepted: {', '.join(never) or 'none'}\n")
    sys.stdout.flush()


def _accepted(statuses: dict[str, int]) -> bool:
    return any(each < "400" for each in statuses)


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.api", description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=4_000, help="as each role")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--role", action="append", help="leads; else all in turn")
    parser.add_argument("--phases", default=PHASES)
    parser.add_argument("--record", type=Path, help="a line of JSON is added to this file for each role that led")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))  # So that no platform is left behind.
    all_counts, failed = [], False
    with tempfile.TemporaryDirectory(prefix="fuzz") as temporary, world(Path(temporary)) as made:
        roles = given.role or list(made.people)
        for role in roles:
            cases = max(given.requests // len(roles), 1)
            folder = Path(temporary) / role
            outcome = fuzz(made, role, cases=cases, seed=given.seed, folder=folder, phases=given.phases)
            all_counts.append(outcome.counts)
            failed |= outcome.failed
            sys.stdout.write(outcome.found or (outcome.report if outcome.failed else ""))
            if given.record:
                line = {"led_by": role, "seed": given.seed, "counts": outcome.counts, "found": outcome.found}
                with given.record.open("a") as file:
                    file.write(json.dumps(line) + "\n")
    _show(_sum(all_counts))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
