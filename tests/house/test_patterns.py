"""A pattern of the API says where a text ends: `$` alone lets a line feed through behind it."""

import json
from collections.abc import Iterator

from diramoja.fields import MAYBE_TEXT, TEXT
from tools.reference.pages import ROOT

END = r"$(?!\n)"


def patterns(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        found = part.get("pattern")
        yield from [found] if isinstance(found, str) else []
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from patterns(each)


def test_nothing_comes_after_the_end() -> None:
    found = {*patterns(json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text()))}
    assert len(found) > 10
    of_lines = {TEXT, MAYBE_TEXT}  # They may hold line feeds, and so may their end.
    assert [each for each in found - of_lines if "$" in each and not each.endswith(END)] == []
