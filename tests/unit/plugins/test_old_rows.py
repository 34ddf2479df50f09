"""What earlier versions stored, or sent and did not come to, is read as what it means now."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from diramoja.core.messages import decode
from diramoja.plugins.event.audiences import FindGuests, TellGuests
from diramoja.plugins.event.state import Opening
from diramoja.plugins.event.views import Resource
from diramoja.plugins.vote.state import Lot
from diramoja.plugins.vote.views import LotDraw

URL = "https://example.org/a.pdf"
AT = datetime(2031, 5, 1, 12, tzinfo=UTC)


def lot(**fields: Any) -> Lot:
    return decode(Lot, msgspec.json.encode({"id": "lot", "secrets": [], "seed": "", **fields}), 1)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("Agenda", "Agenda"),
        ("Agenda\nof the day\n", "Agenda of the day"),
        ("a\x85b\u2028\tc", "a b c"),
        ("\x80", URL),
    ],
)
def test_titles_of_what_there_is_to_read_are_one_line(was: str, now: str) -> None:
    texts = {"id": "opening", "description": "a\nb", "location": "", "virtual_link": "", "related_topics": []}
    stored = msgspec.json.encode({**texts, "resources": [{"title": was, "url": URL}]})
    read = decode(Opening, stored, 1)
    assert (read.description, read.resources) == ("a\nb", (Resource(now, URL),))
    assert decode(Opening, msgspec.json.encode(read)) == read


def test_what_one_officer_drew_is_kept_with_its_minutes() -> None:
    read = lot(order=[2, 1], minutes="From a hat.", drawn_by="mem_a", drawn_at=AT)
    assert (read.order, read.drawn_at) == ((2, 1), AT)
    assert read.draws == (LotDraw("mem_a", (2, 1), "From a hat.", AT),)
    assert lot(order=[], minutes="", drawn_by="", drawn_at=None).draws == ()


def test_guests_who_were_found_are_told() -> None:
    sent = {"notice": "reminder", "about": "24", "states": ["confirmed"], "members": ["mem_a"], "has_more": False}
    read = decode(TellGuests, msgspec.json.encode(sent), 1)
    assert read == TellGuests(FindGuests("", "reminder", "24", ("confirmed",)), ("mem_a",), has_more=False)
