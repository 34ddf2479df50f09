"""The list of votes as a page."""

from diramoja.core import Page
from diramoja.plugins.vote.count_queries import Listed
from diramoja.plugins.vote.list_page import list_page
from diramoja.ports.texts import filled
from tests.support.a_vote import HOSTILE, a_vote

RUNNING = a_vote().but(id="vot_open", phase="open", published_at=None, turnout=1_234, roll_size=5_000)
COMING = a_vote().but(id="vot_coming", phase="scheduled", published_at=None)
DECIDED = a_vote().but(id="vot_over", outcome="decided", winners=(3, 1))
FAILED = a_vote().but(id="vot_failed", outcome="no_quorum")
CALLED_OFF = a_vote().but(id="vot_off", phase="cancelled", published_at=None)


def test_list_has_what_is_open_what_comes_and_what_was_decided() -> None:
    over = Page([DECIDED, FAILED, CALLED_OFF], "next")
    page = list_page(Listed([RUNNING], [COMING], over, is_first=True), filled)
    parts = page.split("<section>")
    assert "/votes/vot_open" in parts[1]
    assert "Closes 2026-03-04 12:00 UTC. 1,234 of 5,000 have voted." in parts[1]
    assert "/votes/vot_coming" in parts[2]
    assert "Opens 2026-03-01 12:00 UTC." in parts[2]
    assert "Chosen: &lt;img src=x onerror=alert(1)&gt;, Ayo. Closed 2026-03-04 12:00 UTC." in parts[3]
    assert "Too few took part: nothing is decided. Closed" in parts[3]
    assert '<p dir="auto">Cancelled.</p>' in parts[3]
    assert HOSTILE not in page
    assert '<a href="/votes?cursor=next">Older results</a>' in page


def test_further_pages_have_results_only_and_lead_back() -> None:
    page = list_page(Listed([], [], Page([DECIDED]), is_first=False), filled)
    assert "Open now" not in page
    assert '<a href="/votes">The newest votes</a>' in page
    assert "Older results" not in page


def test_an_empty_list_says_so() -> None:
    assert list_page(Listed([], [], Page([]), is_first=True), filled).count("None at the moment.") == 3
