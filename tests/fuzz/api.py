"""Every route with generated requests, each as every role: no 500, nothing that the OpenAPI description does not say.

    python -m tests.fuzz.api [--requests N] [--seed N] [--role ROLE ...] [--at-once N] [--record FILE]

Schemathesis generates: parameters at their bounds and beyond, random valid and invalid bodies, sequences of calls that
use what earlier answers gave. One role leads, and what it sends is sent as every other one too (`tests.fuzz.as_each`);
the roles lead in turn, each with its share of the requests. They meet in one world (`tests.fuzz.world`), where there
is one of everything already. Whoever lost their role on the way is replaced.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import httpx

from tests.fuzz.world import ROLES, World, world

__all__ = ["PHASES", "Outcome", "Run", "fuzz", "write_people"]

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
LOOKS_EVERY_S, ENDS_WITHIN_S = 5.0, 10.0
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

    role: str
    counts: Counts
    found: str
    report: str
    failed: bool


@attrs.frozen
class Run:
    """Schemathesis at work, a role leading. `cases`: it ends after so many requests; 0: after a few of each route."""

    role: str
    cases: int
    folder: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, made: World, role: str, *, cases: int, seed: int, folder: Path, phases: str = PHASES) -> "Run":
        """On a folder of its own, that is made. Beside it is who the roles are (`write_people`)."""
        folder.mkdir()
        (folder / "schemathesis.toml").write_text(CONFIG + made.configuration())
        hooks = {
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "SCHEMATHESIS_HOOKS": "tests.fuzz.as_each",
            "DIRAMOJA_FUZZ_FOLDER": str(folder),
            "DIRAMOJA_FUZZ_ROLE": role,
            "DIRAMOJA_FUZZ_CASES": str(cases),
        }
        with (folder / "report").open("w") as report:
            process = subprocess.Popen(
                _command(made, seed, phases if cases else ""),
                stdin=subprocess.DEVNULL,
                stdout=report,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=os.environ | hooks,
            )
        return cls(role, cases, folder, process)

    @property
    def is_over(self) -> bool:
        return self.process.poll() is not None

    def so_far(self) -> Counts:
        file = self.folder / "counts.json"
        came: Counts = json.loads(file.read_bytes()) if file.exists() else {}
        return came

    def stop(self) -> Outcome:
        """At once, or after its end."""
        self.process.terminate()
        try:
            self.process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        file, counts = self.folder / "found.txt", self.so_far()
        found = file.read_text() if file.exists() else ""
        is_short = _total(counts.get(self.role, {}).values()) < max(self.cases, 1)
        return Outcome(self.role, counts, found, (self.folder / "report").read_text(), bool(found) or is_short)


def _command(made: World, seed: int, phases: str) -> list[str]:
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", "schemathesis.toml", "run"]
    command += [f"{made.platform.url}/schema/openapi.json", "--checks", "as_each", "--seed", str(seed), "--no-color"]
    turns = ["--max-time", "100000", "--max-examples", str(EXAMPLES), "--phases", phases]
    command += turns if phases else QUICK
    command += ["--continue-on-failure", "--generation-database", "none", "--request-timeout", "20"]
    command += ["--suppress-health-check", "all", "--warnings", "off", "--exclude-operation-id", LEAVING]
    return command + [word for path in EXCLUDED for word in ("--exclude-path", path)]


def write_people(made: World, folder: Path) -> None:
    """Who the roles are, for all runs with folders in this one; whole or not at all."""
    new = folder / "people.new"
    new.write_text(json.dumps({role: person.token if person else "" for role, person in made.people.items()}))
    new.replace(folder / "people.json")


def fuzz(made: World, roles: Sequence[str], folder: Path, given: argparse.Namespace) -> Iterator[Outcome]:
    """Each role leads for its share of the requests, some at a time; what came as soon as it is there."""
    waiting, running = list(roles), list[Run]()
    write_people(made, folder)
    told_at = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < given.at_once:
                role = waiting.pop(0)
                options: dict[str, Any] = {"cases": max(given.requests // len(roles), 1), "seed": given.seed}
                running.append(Run.start(made, role, **options, folder=folder / role, phases=given.phases))
            time.sleep(LOOKS_EVERY_S)
            with contextlib.suppress(httpx.TransportError):  # The machine is slow: later.
                if made.replace_the_fallen():
                    write_people(made, folder)
            for run in [each for each in running if each.is_over]:
                running.remove(run)
                yield run.stop()
            if time.monotonic() > told_at + TELLS_EVERY_S:
                told_at = time.monotonic()
                _tell(
                    ", ".join(f"{each.role} {_total(each.so_far().get(each.role, {}).values()):,}" for each in running)
                )
    except KeyboardInterrupt:
        _tell("stopped")
    for run in running:
        yield run.stop()


def _tell(line: str) -> None:
    sys.stdout.write(f"  {line}\n")
    sys.stdout.flush()


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
    parser.add_argument("--role", choices=ROLES, action="append", help="leads; else all in turn")
    parser.add_argument("--at-once", type=int, default=2, help="so many roles lead at the same time")
    parser.add_argument("--phases", default=PHASES)
    parser.add_argument("--record", type=Path, help="a line of JSON is added to this file for each role that led")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # So that no platform is left behind.
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="fuzz") as temporary, world(Path(temporary)) as made:
        for outcome in fuzz(made, given.role or ROLES, Path(temporary), given):
            outcomes.append(outcome)
            _tell(f"{outcome.role} has led")
            sys.stdout.write(outcome.found or (outcome.report if outcome.failed else ""))
            if given.record:
                line = {"led_by": outcome.role, "seed": given.seed, "counts": outcome.counts, "found": outcome.found}
                with given.record.open("a") as file:
                    file.write(json.dumps(line) + "\n")
    _show(_sum(each.counts for each in outcomes))
    return int(any(each.failed for each in outcomes))


if __name__ == "__main__":
    sys.exit(main())
