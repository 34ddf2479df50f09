"""The tutorial, followed literally."""

import pytest

from tests.support.following import follow, shown_in_order
from tools.reference.pages import ROOT

TUTORIAL = ROOT / "docs" / "tutorial" / "first-agent.md"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that the terminal shows."""
    return follow(tmp_path_factory.mktemp("tutorial"), [TUTORIAL])


def test_every_step_of_the_tutorial_shows_what_it_says(followed: str) -> None:
    expected = [
        "diramoja-greeting written",
        "agent.py",
        "2 passed",
        "diramoja-greeting",
        "ready http://127.0.0.1:",
        '"code":"greeting_missing"',
        '"username":"amina"',
        '{"count":1,"latest":"Karibu!"}',
        '{"count":2,"latest":"Habari?"}',
        '{"count":2,"latest":"Habari?"}',
        "5 passed",
        "ready http://127.0.0.1:",
        '{"count":2,"latest":"Habari?"}',
        '"code":"greeting_shouted"',
        '{"count":3,"latest":"Kwaheri!"}',
        '"name":"greeting.note.added"',
        '"seq":2',
        '"code":"greeting_closed"',
        "closed",
        '{"count":1,"latest":"Hodi!"}',
        '"text": "Hodi!"',
    ]
    shown_in_order(followed, expected)
