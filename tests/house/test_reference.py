"""docs/reference says what the code says."""

import re

import msgspec

from tools.reference.http import openapi
from tools.reference.messages import asyncapi
from tools.reference.pages import ROOT, pages, stale


def test_the_reference_agrees_with_the_code() -> None:
    old = [str(path.relative_to(ROOT)) for path in stale(pages())]
    assert not old, "run `make docs`"


def test_every_reference_within_the_messages_leads_somewhere() -> None:
    document = asyncapi()
    text = msgspec.json.encode(document).decode()
    for where in ("messages", "schemas"):
        for part in text.split(f'"$ref":"#/components/{where}/')[1:]:
            assert part.partition('"')[0] in document["components"][where]


def test_a_status_that_a_route_speaks_of_is_among_its_answers() -> None:
    """In its words: 409 `vote_open`."""
    document = openapi()
    missing = [
        f"{method} {path}: {status}"
        for path, item in document["paths"].items()
        for method, operation in item.items()
        for status in re.findall(r"\b([2-5]\d\d) `", operation.get("description", ""))
        if status not in operation["responses"]
    ]
    assert not missing
