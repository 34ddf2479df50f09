"""How to hold a vote and an event, followed literally."""

import re

import pytest

from tests.support.following import follow, shown_in_order
from tools.reference.pages import ROOT

HOW_TO = ROOT / "docs" / "how-to"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that the terminal shows; the page about events goes on where the other ends."""
    return follow(tmp_path_factory.mktemp("meeting"), [HOW_TO / "hold-a-vote.md", HOW_TO / "hold-an-event.md"])


def test_every_step_shows_what_it_says(followed: str) -> None:
    expected = [
        "ready http://127.0.0.1:",
        "secretary has the role membership_officer.",
        "official\nmember\nmember\n",
        "roll      3 members",
        "It may be scheduled.",
        "scheduled",
        "revote_not_allowed",
        "decided",
        "<title>Opening hours of clinics",
        "Chosen: Until ten.",
        "the same\n",
        "True",
        '"what":"took_effect"',
        "open_registration",
        "confirmed\nwaitlisted\n1\n",
        "50",
        "accepted\naccepted\n",
        '"feedback_score":null',
        "2",
    ]
    shown_in_order(followed, expected)
    assert "Traceback" not in followed


def test_hash_that_is_worked_out_is_the_one_that_is_published(followed: str) -> None:
    worked_out, published = re.findall(r"^[0-9a-f]{64}$", followed, re.MULTILINE)[-2:]
    assert worked_out == published
