"""Hooks of schemathesis: what it sends as one role goes out as every other as well, and is checked in the same way.

To make up a request takes ten times as long as to answer it. Its process is told where `people.json` is (tokens by
role, which may be written anew at any time); it writes what came into a folder: `counts.json`, and `found.txt`.
"""

import atexit
import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import attrs
import schemathesis
import urllib3
from schemathesis.checks import CheckContext, run_checks
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks as built_in

FOLDER = Path(os.environ["DIRAMOJA_FUZZ_FOLDER"])
LEADING = os.environ["DIRAMOJA_FUZZ_ROLE"]
CASES = int(os.environ["DIRAMOJA_FUZZ_CASES"])
"""After so many it ends; 0: it ends by itself."""
WRITES_EVERY_S = 2.0
FOUND_MAX = 200
KEYLESS = 0.9
"""Of the requests: a key that was used for another one is refused."""
SHOWN = 2_000
"""Of a body."""
CHECKS = [
    schemathesis.checks.not_a_server_error,
    built_in.status_code_conformance,
    built_in.content_type_conformance,
    built_in.response_headers_conformance,
    built_in.response_schema_conformance,
]


@attrs.define
class _Run:
    """What came so far: answers by role, operation and status."""

    counts: dict[str, dict[str, dict[int, int]]] = attrs.field(factory=dict)
    tokens: dict[str, str] = attrs.field(factory=dict)
    read_at: int = 0
    cases: int = 0
    found: int = 0
    written_at: float = 0.0
    chance: random.Random = attrs.field(factory=lambda: random.Random(LEADING))
    http: urllib3.PoolManager = attrs.field(factory=lambda: urllib3.PoolManager(timeout=20, retries=False))

    def look(self) -> None:
        """Read the tokens where they are others now."""
        file = FOLDER.parent / "people.json"
        changed = file.stat().st_mtime_ns
        if changed != self.read_at:
            self.tokens, self.read_at = json.loads(file.read_bytes()), changed

    def count(self, role: str, operation: str, status: int) -> None:
        of = self.counts.setdefault(role, {}).setdefault(operation, {})
        of[status] = of.get(status, 0) + 1

    def write(self) -> None:
        """For the program that started this one; whole or not at all."""
        new = FOLDER / "counts.new"
        new.write_text(json.dumps(self.counts))
        new.replace(FOLDER / "counts.json")
        self.written_at = time.monotonic()

    def note(self, found: str) -> None:
        self.found += 1
        if self.found <= FOUND_MAX:
            with (FOLDER / "found.txt").open("a") as file:
                file.write(found + "\n\n")


RUN = _Run()
atexit.register(RUN.write)
signal.signal(signal.SIGINT, signal.default_int_handler)  # A shell's background job is started deaf to it.


@schemathesis.hook
def before_call(_context: Any, case: Any, **_options: Any) -> None:
    """As the leading role; a guest sends what is made up, tokens too. Keys made up are mostly the same one."""
    RUN.look()
    if RUN.chance.random() < KEYLESS:
        case.headers.pop("Idempotency-Key", None)
    if token := RUN.tokens[LEADING]:
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.check
def as_each(ctx: CheckContext, response: Response, case: Any) -> None:
    """Of the leading role's answer, and of each other one to the same request.

    Raises:
        AssertionError: something is wrong with one of them.
    """
    found = [_judge(ctx, response, case, LEADING)]
    others = [each for each in RUN.tokens if each != LEADING]
    RUN.chance.shuffle(others)
    found += [_judge(ctx, _again(response, RUN.tokens[role]), case, role) for role in others]
    RUN.cases += 1
    if time.monotonic() > RUN.written_at + WRITES_EVERY_S:
        RUN.write()
    if CASES and RUN.cases == CASES:
        os.kill(os.getpid(), signal.SIGINT)  # It ends in good order, with its report.
    assert not any(found), "\n".join(found)


def _again(response: Response, token: str) -> Response:
    request: Any = response.request
    headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    began = time.monotonic()
    answer = RUN.http.request(request.method, request.url, body=request.body, headers=headers, redirect=False)
    given = {name: answer.headers.getlist(name) for name in answer.headers}
    return Response(answer.status, given, answer.data, request, time.monotonic() - began, verify=True)


def _judge(ctx: CheckContext, response: Response, case: Any, role: str) -> str:
    """Count it; what is wrong with it, or ""."""
    RUN.count(role, case.operation.label, response.status_code)
    wrong: list[str] = []
    run_checks(
        case=case,
        response=response,
        ctx=ctx,
        checks=CHECKS,
        on_failure=lambda name, _found, failure: wrong.append(f"{name}: {failure}"),
    )
    if not wrong:
        return ""
    sent: Any = response.request
    lines = [f"as {role}: {sent.method} {sent.url}", repr((sent.body or b"")[:SHOWN]), *wrong]
    found = "\n".join([*lines, repr(response.content[:SHOWN])])
    RUN.note(found)
    return found
