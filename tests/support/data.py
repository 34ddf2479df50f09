"""Real data sets: read in place, never copied; a test that needs them skips where they are absent."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("DIRAMOJA_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))


def data(*parts: str) -> Path:
    """A file or folder of the data sets; skips the test where it is absent."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no data set {'/'.join(parts)} (set DIRAMOJA_TEST_DATA to the folder that holds it)")
    return path
