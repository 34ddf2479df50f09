"""docs/reference says what the code says."""

import msgspec

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
