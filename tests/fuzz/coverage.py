"""The decoders under a fuzzer that is led by coverage: `python -m tests.fuzz.coverage [--seconds S] [DECODER ...]`.

Needs atheris, which the development environment has on Linux. Each decoder gets a process of its own, which libFuzzer
ends, and the field names of all messages as its dictionary; inputs that reach new branches of our own code are kept and
varied. What is found is shown with its bytes.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs
import msgspec

from tests.fuzz.decoders import DECODERS, MESSAGES

__all__ = ["Outcome", "run"]

LONGEST_BYTES = 2_000
SLOWEST_INPUT_S = 2
PROGRAM = ("-m", "tests.fuzz.led")


@attrs.frozen
class Outcome:
    """What one decoder's run came to: calls, branches that were reached, and the report where something was found."""

    decoder: str
    calls: int
    branches: int
    found: str


def run(decoder: str, seconds: int, seed: int, folder: Path, *, program: Sequence[str] = PROGRAM) -> Outcome:
    """One decoder for so long, in a process of its own."""
    words = folder / "words"
    words.write_text("".join(f'"\\"{each}\\":"\n' for each in _field_names()))
    flags = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LONGEST_BYTES}", f"-timeout={SLOWEST_INPUT_S}"]
    flags += [f"-dict={words}", f"-artifact_prefix={folder}/", "-print_final_stats=1"]
    ran = subprocess.run(
        [sys.executable, *program, decoder, *flags],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=seconds * 3 + 120,
    )
    said = ran.stdout + ran.stderr
    calls = re.search(r"stat::number_of_executed_units:\s+(\d+)", said)
    branches = re.findall(r"cov: (\d+)", said)
    found = "" if ran.returncode == 0 and calls else said[-4000:]
    return Outcome(decoder, int(calls[1]) if calls else 0, int(branches[-1]) if branches else 0, found)


def _field_names() -> list[str]:
    return sorted({field.encode_name for each in MESSAGES for field in msgspec.structs.fields(each)})


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.coverage", description=__doc__.partition("\n")[0])
    parser.add_argument("decoders", nargs="*", metavar="DECODER", help=f"some of {', '.join(DECODERS)}; else all")
    parser.add_argument("--seconds", type=int, default=30, help="for each decoder")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    outcomes = []
    for decoder in given.decoders or DECODERS:
        with tempfile.TemporaryDirectory(prefix="fuzz") as made:
            outcomes.append(outcome := run(decoder, given.seconds, given.seed, Path(made)))
        sys.stdout.write(f"{decoder:10} {outcome.calls:12,} calls {outcome.branches:6,} branches\n{outcome.found}")
        sys.stdout.flush()
    return int(any(each.found for each in outcomes))


if __name__ == "__main__":
    sys.exit(main())
