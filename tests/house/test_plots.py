"""The plots in the documentation are those of the formulas as they are."""

from pathlib import Path

import pytest

from tools.plots import FOLDER, PLOTS


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_up_to_date_and_shown(name: str, tmp_path: Path) -> None:
    PLOTS[name](tmp_path / name)
    assert (tmp_path / name).read_text() == (FOLDER / name).read_text(), "Run python -m tools.plots."
    pages = "".join(page.read_text() for page in FOLDER.parent.glob("*.md"))
    assert f"plots/{name}" in pages
