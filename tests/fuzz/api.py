"""Every route with generated requests, as each role: no 500, and nothing that the OpenAPI description does not say.

    python -m tests.fuzz.api [--seconds S] [--seed N] [--role ROLE ...] [--phases PHASE,...]

Schemathesis generates: examples, every parameter at its bounds and beyond, random valid and invalid bodies, sequences
of calls over the links of the description. A failure is shown with the curl that repeats it.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import attrs

from tests.support.community import Community, Person, community, until

__all__ = ["CHECKS", "ROLES", "Outcome", "fuzz", "people"]

ROLES = ("guest", "supporter", "active_member", "leader", "official", "moderator", "membership_officer", "admin")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "use_after_free",
)
EXCLUDED = ("/v1/live/poll", "/v1/agents/{kind}/pause", "/v1/agents/{kind}/{agent_id}/pause")
"""The first waits for events (tests/unit/community/test_live_gateway.py has it), the others make all others wait."""
LEAVING = "V1MeLeave"
"""Whoever leaves may write no more: nothing would be tried after it."""


PHASES = "examples,coverage,fuzzing,stateful"
"""Coverage makes texts of the longest length allowed, for most of a short run; `fuzzing,stateful` is without."""
QUICK = ["--max-examples", "5", "--phases", "examples,fuzzing"]
CONFIG = """\
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""
"""A 503 is described and says when to come again: a machine at its limit may give it."""


@attrs.frozen
class Outcome:
    """What one role's run came to; `report` is what schemathesis printed."""

    role: str
    requests: int
    statuses: dict[str, int]
    failed: bool
    report: str


def people(platform: Community) -> dict[str, Person | None]:
    """Somebody of each role."""
    admin = platform.administrator()
    officer = platform.promote(admin, platform.join("fuzz_officer"), "membership_officer")
    return {
        "guest": None,
        "supporter": platform.join("fuzz_supporter"),
        **{level: _of_level(platform, officer, level) for level in ("active_member", "leader", "official")},
        "moderator": platform.promote(admin, platform.join("fuzz_moderator")),
        "membership_officer": officer,
        "admin": admin,
    }


def _of_level(platform: Community, officer: Person, level: str) -> Person:
    person = platform.join(f"fuzz_{level}")
    answer = officer.call("PATCH", f"/v1/members/{person.id}/membership", {"level": level, "reason": "Elected."})
    assert answer.status_code == 200, answer.text
    until(lambda: level in person.call("GET", "/v1/me/account").json()["roles"])
    return platform.sign_in(person.username)


def fuzz(
    platform: Community,
    role: str,
    person: Person | None,
    *,
    seconds: float,
    seed: int,
    folder: Path,
    phases: str = PHASES,
) -> Outcome:
    """One role for so long; 0: a few cases of each route, the same by the same seed."""
    report = folder / f"{role}.ndjson"
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    program = str(Path(sys.executable).parent / "schemathesis")
    command = [program, "--config-file", str(config), "run", f"{platform.url}/schema/openapi.json"]
    command += ["--checks", ",".join(CHECKS), "--seed", str(seed), "--no-color"]
    command += ["--max-time", str(int(seconds)), "--phases", phases] if seconds else QUICK
    command += ["--continue-on-failure", "--generation-database", "none", "--request-timeout", "20"]
    command += ["--suppress-health-check", "all", "--warnings", "off", "--report", "ndjson"]
    command += ["--report-ndjson-path", str(report)]
    for path in EXCLUDED:
        command += ["--exclude-path", path]
    command += ["--exclude-operation-id", LEAVING]
    if person is not None:
        command += ["--header", f"Authorization: Bearer {person.token}"]
    ran = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds * 3 + 300,
        cwd=folder,
    )
    requests, statuses = _counted(report)
    return Outcome(role, requests, statuses, ran.returncode != 0, ran.stdout + ran.stderr)


def _counted(report: Path) -> tuple[int, dict[str, int]]:
    statuses: dict[str, int] = {}
    for line in report.read_text().splitlines():
        for recorded in _responses(json.loads(line)):
            statuses[recorded] = statuses.get(recorded, 0) + 1
    return sum(statuses.values()), dict(sorted(statuses.items()))


def _responses(event: object) -> list[str]:
    if isinstance(event, dict):
        own = [str(event["status_code"])] if isinstance(event.get("status_code"), int) else []
        return own + [each for value in event.values() for each in _responses(value)]
    return [each for value in event for each in _responses(value)] if isinstance(event, list) else []


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.api", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120, help="for each role")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--role", choices=ROLES, action="append")
    parser.add_argument("--phases", default=PHASES)
    given = parser.parse_args()
    failed = False
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))  # So that no platform is left behind.
    with tempfile.TemporaryDirectory(prefix="fuzz") as made, community(Path(made)) as platform:
        everybody = people(platform)
        for role in given.role or ROLES:
            outcome = fuzz(
                platform,
                role,
                everybody[role],
                seconds=given.seconds,
                seed=given.seed,
                folder=Path(made),
                phases=given.phases,
            )
            failed |= outcome.failed
            if outcome.failed:
                sys.stdout.write(outcome.report)
            sys.stdout.write(f"{role}: {outcome.requests:,} requests {outcome.statuses}\n")
            sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
