from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.core import PageQuery
from diramoja.core.errors import InvalidError
from diramoja.plugins.information.agent import Information, Note, after_screening, information
from diramoja.plugins.information.contracts import CheckPost, NoteAttached, PostChecked, PostFlagged
from diramoja.plugins.information.queries import source_list
from diramoja.plugins.information.rules import MAX_CLAIMS, MAX_DOMAINS, claims_in, domains_in, source_of
from diramoja.plugins.information.settings import InformationSettings
from diramoja.plugins.moderator.contracts import PostCleared
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


def test_sources_are_paged_by_domain() -> None:
    seen: list[str] = []
    page = PageQuery(limit=5)
    while True:
        found = source_list(SOURCES, page, rating=None)
        seen += [source.domain for source in found.items]
        if found.next_cursor is None:
            break
        page = PageQuery.read(5, found.next_cursor)
    assert seen == sorted(SOURCES)
    assert {source.rating for source in source_list(SOURCES, PageQuery(), rating="flagged").items} == {"flagged"}


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidError):
        source_list(SOURCES, PageQuery(after=(1, 2)), rating=None)
