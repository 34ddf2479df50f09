"""A second of the fuzzer that is led by coverage, and that it finds what a decoder does not document."""

from pathlib import Path

import pytest

from tests.fuzz.coverage import run

pytest.importorskip("atheris", reason="atheris has wheels for Linux only")

BROKEN = """
import runpy
from tests.fuzz import decoders
def breaks(data):
    if data[:1] == b"d" and data[1:2] == b"m":
        raise KeyError(data)
decoders.DECODERS["id"] = breaks
runpy.run_module("tests.fuzz.led", run_name="__main__")
"""


def test_led_by_coverage_a_frame_is_read_or_refused(tmp_path: Path) -> None:
    outcome = run("frame", 1, 1, tmp_path)
    assert not outcome.found, outcome.found
    assert outcome.calls > 100 and outcome.branches > 10


def test_an_error_that_is_not_documented_is_found(tmp_path: Path) -> None:
    outcome = run("id", 20, 1, tmp_path, program=("-c", BROKEN))
    assert "KeyError" in outcome.found
