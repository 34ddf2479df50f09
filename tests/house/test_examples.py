"""Examples in the docs are files, and they run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.reference.pages import ROOT

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
QUOTED = re.compile(r"^```python (docs/examples/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?:\]\(|src=\")((?!https?:|#)[^)\"\s]+)")

PLACE = re.compile(r"`((?:diramoja|apps|contrib|tests|tools|docs)/[\w./-]*)`")
TEST = re.compile(r"`(test_\w{20,})`")

ALONE = [each for each in EXAMPLES if "sys.argv" not in each.read_text(encoding="utf-8")]


@pytest.mark.parametrize("example", ALONE, ids=lambda each: each.name)
def test_an_example_runs(example: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(example)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda each: str(each.relative_to(ROOT)))
def test_a_page_quotes_its_examples_as_they_are(page: Path) -> None:
    for name, quoted in QUOTED.findall(page.read_text(encoding="utf-8")):
        assert quoted in (ROOT / name).read_text(encoding="utf-8"), f"{name} reads otherwise"


@pytest.mark.parametrize("page", PAGES, ids=lambda each: str(each.relative_to(ROOT)))
def test_a_page_links_to_what_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    dead = [link for link in LINK.findall(text) if not (page.parent / link.partition("#")[0]).exists()]
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=lambda each: str(each.relative_to(ROOT)))
def test_a_page_names_files_and_tests_that_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [place for place in PLACE.findall(text) if not (ROOT / place).exists()] == []
    tests = "\n".join(each.read_text(encoding="utf-8") for each in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name in TEST.findall(text) if f"def {name}(" not in tests] == []
