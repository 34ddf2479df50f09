from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.core import RemindAfter
from diramoja.core.ids import is_id
from diramoja.plugins.information.agent import (
    Information,
    Note,
    after_screening,
    information,
    sources_again,
    sources_now,
)
from diramoja.plugins.information.contracts import CheckPost, NoteAttached, PostChecked, PostFlagged, SourceView
from diramoja.plugins.information.rules import (
    MAX_CLAIMS,
    MAX_DOMAINS,
    candidates_in,
    claims_in,
    domains_in,
    source_id,
    source_of,
)
from diramoja.plugins.information.settings import InformationSettings
from diramoja.plugins.moderator.contracts import PostCleared
from diramoja.plugins.notification.contracts import Notify
from tests.support.lone_agent import LoneAgent

SOURCES = InformationSettings().sources


def watching() -> LoneAgent[Information]:
    return LoneAgent(information, "top_1", settings=[InformationSettings()])


def test_a_post_without_links_is_checked_and_passed_on() -> None:
    played = watching().take(CheckPost("pst_1", "mem_b", "Here.", "held", "Tone."))
    assert played.events == [PostChecked("top_1", "pst_1", "held", "Tone.", (), ())]
    assert (played.puts, played.state.checked) == ([], 1)


def test_a_flagged_source_is_flagged_with_a_note_and_the_post_goes_on() -> None:
    played = watching().take(CheckPost("pst_1", "mem_b", "Look: https://www.daily-hoax.example/x?y=1", "cleared"))
    checked, flagged, attached = played.events
    assert isinstance(checked, PostChecked) and checked.outcome == "cleared"
    assert checked.domains == ("daily-hoax.example",)
    assert isinstance(flagged, PostFlagged) and (flagged.domain, flagged.author) == ("daily-hoax.example", "mem_b")
    [note] = played.puts
    assert isinstance(note, Note) and isinstance(attached, NoteAttached)
    assert (note.id, note.writer, note.sources) == (attached.note, "", ("https://factcheck.example/daily-hoax",))
    assert played.state.flagged == 1


def test_a_trusted_source_is_no_news() -> None:
    played = watching().take(CheckPost("pst_1", "mem_b", "See https://www.who.int/data.", "cleared"))
    assert [type(event) for event in played.events] == [PostChecked]


def test_every_screened_post_is_checked() -> None:
    cleared = PostCleared("top_1", "pst_1", "mem_b", "Here.", "hidden", "Tone.", last=False)
    assert after_screening(cleared) == [("top_1", CheckPost("pst_1", "mem_b", "Here.", "hidden", "Tone."))]


@pytest.mark.parametrize(
    ("body", "domains"),
    [
        ("http://Example.ORG:8080/a#b and https://example.org again", ["example.org"]),
        ("(https://a.example/x), <https://b.example>", ["a.example", "b.example"]),
        ("https://who.int@daily-hoax.example/who.int", ["daily-hoax.example"]),
        ("read daily-hoax.example, not example.org", ["daily-hoax.example"]),
        ("news.daily-hoax.example/today", ["news.daily-hoax.example"]),
        ("mail me at a@daily-hoax.example", []),
        ("http://[:: is broken, e.g. this", []),
        ("no links here. Really.Not", []),
    ],
)
def test_domains_are_found(body: str, domains: list[str]) -> None:
    assert domains_in(body, SOURCES) == domains


def test_a_listed_domain_covers_those_below_it_and_no_lookalike() -> None:
    flagged = source_of("m.news.daily-hoax.example", SOURCES)
    assert flagged is not None and flagged.rating == "flagged"
    assert source_of("notdaily-hoax.example", SOURCES) is None
    assert source_of("example", SOURCES) is None


@pytest.mark.parametrize(
    "claim",
    [
        "Unemployment rose by 12.5% in two years.",
        "According to the ministry the clinics are closed.",
        "The vaccine causes more harm than the illness.",
        "Serikali ilitumia bilioni 3, yaani 40 asilimia ya bajeti.",
        "They spent $ 4 on every household here.",
    ],
)
def test_a_sentence_that_can_be_checked_is_a_claim(claim: str) -> None:
    assert claims_in(f"I am not happy about this at all. {claim} Let us talk.") == [claim]


@pytest.mark.parametrize(
    "body", ["I think we should be kinder to each other.", "Did unemployment rise by 12.5% in two years?", "100%", ""]
)
def test_opinions_and_questions_are_no_claims(body: str) -> None:
    assert claims_in(body) == []


@given(st.text(max_size=500))
def test_any_text_is_taken_and_the_result_is_bounded(body: str) -> None:
    assert len(domains_in(body, SOURCES)) <= MAX_DOMAINS
    assert len(claims_in(body)) <= MAX_CLAIMS


@pytest.mark.parametrize("body", ["https://" * 1_250, "a." * 5_000, "1 " * 5_000, "x" * 10_000, "http://a.b/" * 900])
def test_a_long_hostile_text_is_read_in_time_that_grows_with_it(body: str) -> None:
    assert len(domains_in(body, SOURCES)) <= MAX_DOMAINS
    assert len(claims_in(body)) <= MAX_CLAIMS


def test_an_own_list_replaces_the_one_shipped(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text('domain,rating,reason,evidence_url\nWWW.Bad.example,flagged,"Lies, often",\n', encoding="utf-8")
    assert list(InformationSettings(sources_file=str(file)).sources) == ["bad.example"]


@pytest.mark.parametrize("row", ["bad.example,maybe,,", "bad,flagged,,", ",flagged,,", "bad.example"])
def test_a_list_with_a_row_that_is_none_names_the_line(tmp_path: Path, row: str) -> None:
    (tmp_path / "own.csv").write_text(f"domain,rating,reason,evidence_url\n{row}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        InformationSettings(sources_file=str(tmp_path / "own.csv"))


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sources_file"):
        InformationSettings(sources_file=str(tmp_path / "none.csv"))


# --- sources that two people rated ---


HOAX = SourceView("new-hoax.example", "flagged", "Invented interviews.", "https://factcheck.example/new")
SHARED = CheckPost("pst_1", "mem_b", "Read https://news.new-hoax.example/now", "cleared", addressee="mem_p")


def test_a_confirmed_source_is_flagged_and_the_sharer_is_told_why() -> None:
    agent = LoneAgent(information, "top_1", has=["notification"], settings=[InformationSettings()])
    played = agent.take(SHARED, facts={sources_now: (HOAX,)})
    [flagged] = [event for event in played.events if isinstance(event, PostFlagged)]
    assert (flagged.domain, flagged.addressee) == ("new-hoax.example", "mem_p")
    [told] = played.tells
    assert isinstance(told.command, Notify) and (told.kind, told.agent) == ("inbox", "mem_b")
    assert told.command.text.format(**told.command.values) == (
        "Your post shares new-hoax.example, a flagged source: Invented interviews."
        " It stays, with a note, and is not recommended further."
    )


def test_what_people_said_goes_before_the_file() -> None:
    trusted = HOAX.but(domain="daily-hoax.example", rating="trusted")
    played = watching().take(SHARED.but(body="https://daily-hoax.example"), facts={sources_now: (trusted,)})
    assert [type(event) for event in played.events] == [PostChecked]


def test_sources_that_could_not_be_looked_up_are_looked_up_later() -> None:
    agent = watching()
    played = agent.take(SHARED)
    [again] = played.reminders
    assert [type(event) for event in played.events] == [PostChecked]
    assert again == RemindAfter(timedelta(seconds=5), again.command, "sources:pst_1")
    later = agent.take(again.command, facts={sources_again: (HOAX,)})
    assert [type(event) for event in later.events] == [PostFlagged, NoteAttached]
    assert agent.state.flagged == 1 and later.reminders == []


def test_looking_up_again_comes_to_an_end() -> None:
    agent = watching()
    reminders = agent.take(SHARED).reminders
    seconds: list[float] = []
    while reminders:
        [again] = reminders
        assert isinstance(again, RemindAfter)
        seconds.append(again.after.total_seconds())
        reminders = agent.take(again.command).reminders
    assert seconds == [5, 10, 20, 40, 80, 160]


def test_a_post_without_a_domain_is_not_looked_up_again() -> None:
    assert watching().take(SHARED.but(body="Nothing to see.")).reminders == []
    assert watching().take(SHARED, facts={sources_now: ()}).reminders == []


@given(body=st.text(max_size=300))
def test_candidates_hold_every_domain_that_is_looked_for(body: str) -> None:
    assert {domain for domain in domains_in(body, SOURCES) if "." in domain} <= candidates_in(body)


def test_candidates_are_the_domains_and_those_above() -> None:
    assert candidates_in("See https://a.b.example/x and c.example.") == {"a.b.example", "b.example", "c.example"}
    assert len(candidates_in(" ".join(f"https://a.b.c{number}.example" for number in range(500)))) == 200


def test_a_source_has_one_agent_however_it_is_written() -> None:
    assert source_id("WWW.Daily-Hoax.example") == source_id("daily-hoax.example") != source_id("hoax.example")
    assert is_id(source_id("daily-hoax.example"))
