"""A count as text and as a picture."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

import pytest

from diramoja.counting import BUILT_IN, Count, Majority, Profile, Ties
from diramoja.counting.picture import MOST_BARS, picture
from diramoja.counting.text import explain, figure, introduction, round_title

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("x")</script> & \x07\ufffe'


def stv() -> Count:
    ballots = {(1, 2, 3): 8, (3,): 3, (4,): 3, (2,): 1, (): 2}
    names = ["Ayo", "Bahati", HOSTILE, "Dalili"]
    return BUILT_IN["scottish_stv"].count(Profile.of("ranking", names, ballots, seats=2, title="Who is to chair?"))


def any_count(name: str) -> Count:
    method = BUILT_IN[name]
    ballots: dict[tuple[int, ...], int] = {(1, 2, 3): 3, (2, 1, 3): 3, (3, 2, 1): 2}
    return method.count(Profile.of(method.form, ["Ayo", "Bahati", "Chausiku"], ballots))


# --- text ---


def test_figures_are_exact() -> None:
    assert figure(123456789, 0) == "123,456,789"
    assert figure(123456789, 5) == "1,234.56789"
    assert figure(5, 5) == "0.00005"


def test_text_says_what_every_round_did() -> None:
    lines = explain(stv())
    assert lines[0] == "Who is to chair?"
    assert "Ballots: 17, blank among them: 2. To be chosen: 2 of 4 options." in lines
    assert "Votes that suffice for a seat: 6.00000." in lines
    assert "2. The surplus of Ayo goes to the next choices" in lines
    assert "   Votes handed on: 2.00000 to Bahati." in lines
    assert any(line.startswith("   Fewest votes: Bahati, ") and "in round 1 and is out." in line for line in lines)
    assert lines[-1].startswith("Chosen: Ayo, ")


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_method_is_explained(name: str) -> None:
    count = any_count(name)
    lines = explain(count)
    assert all("…" not in line for line in lines), "every placeholder is filled"
    assert lines[-1].startswith("Chosen: " if count.outcome == "decided" else "The votes are equal")


def test_text_of_schulze_shows_the_duels() -> None:
    lines = explain(any_count("schulze"))
    assert lines[-6:-2] == [
        "              1    2    3",
        "1 Ayo         -    3    6",
        "2 Bahati      5    -    6",
        "3 Chausiku    2    2    -",
    ]


@pytest.mark.parametrize(
    ("ties", "majority", "last"),
    [
        (Ties("lot"), Majority(), "The votes are equal and the tie is not decided yet. Between: A, B. Certain: none."),
        (Ties("status_quo"), Majority(), "The votes are equal, so nothing changes. Between: A, B. Certain: none."),
        (Ties("run_off"), Majority(), "A run-off has to decide between: A, B."),
        (Ties("casting_vote", casting=(2,)), Majority(), "Chosen: B."),
        (Ties("lot"), Majority("absolute"), "A run-off has to decide between: A, B."),
        (Ties("lot"), Majority("two_thirds"), "No option has the majority that was asked for: nothing is chosen."),
    ],
)
def test_text_of_ties_and_majorities(ties: Ties, majority: Majority, last: str) -> None:
    profile = Profile.of("ranking", "ABC", {(1,): 4, (2,): 4, (3,): 1})
    count = BUILT_IN["plurality"].count(profile, ties=ties, majority=majority)
    assert explain(count)[-1] == last
    decided = count.outcome == "decided"
    assert any("elected" in line.casefold() for line in explain(count)) is decided, "being first is not being elected"
    equal = count.tie is not None and bool(count.tie.contested)
    assert sum(line.endswith("  undecided") for line in explain(count)) == (2 if equal else 0)
    assert any("ahead" in line.casefold() for line in explain(count)) is not (decided or equal)
    assert ("#0f766e" in picture(count)) is decided


def test_nobody_is_called_elected_without_the_majority() -> None:
    even = Profile.of("ranking", ["Yes", "No"], {(1,): 1, (2,): 1})
    lines = explain(BUILT_IN["plurality"].count(even, majority=Majority("two_thirds")))
    assert "   Yes  1  ahead" in lines
    assert lines[-2:] == [
        "Yes has 1 of 2 votes and needed 2: the majority is missed.",
        "No option has the majority that was asked for: nothing is chosen.",
    ]
    assert not any(word in line.lower() for line in lines for word in ("elected", "the same are chosen"))


def test_text_of_blank_ballots() -> None:
    count = BUILT_IN["plurality"].count(Profile.of("ranking", "AB", {(): 3}))
    assert explain(count)[-1] == "All ballots are blank, or there are none: nothing is chosen."
    assert "<svg" in picture(count)


def test_text_is_translated_by_whoever_asks() -> None:
    def say(text: str, values: Mapping[str, str]) -> str:
        return f"[{text[:9]}|{','.join(values.values())}]"

    assert introduction(any_count("plurality"), say) == ["[Ballots: |8,0,1,3]"]
    assert round_title(stv(), stv().rounds[1], say) == "[The surpl|Ayo]"
    assert "[The surpl|Ayo]" in picture(stv(), say)


# --- picture ---


def texts(root: ET.Element) -> str:
    return " ".join(each.text or "" for each in root.iter(f"{SVG}text"))


@pytest.mark.parametrize("name", BUILT_IN)
def test_picture_is_svg_with_title_and_words_and_without_script(name: str) -> None:
    count = any_count(name)
    text = picture(count)
    root = ET.fromstring(text)
    title, words = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert words is not None
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {words.attrib['id']}"
    assert root.attrib["role"] == "img"
    assert "Chausiku" in (words.text or "")
    assert "Ayo" in texts(root)
    assert re.search(r"<script|style=|\son\w+=|href", text) is None


def test_picture_escapes_whatever_an_option_is_called() -> None:
    root = ET.fromstring(picture(stv()))
    assert not [each for each in root.iter() if each.tag.endswith("script")]
    assert '<script>alert("x")</script>' in (root.findtext(f"{SVG}desc") or "")


def test_bars_are_as_long_as_votes_are_many() -> None:
    root = ET.fromstring(picture(stv()))
    bars = [float(each.attrib["width"]) for each in root.iter(f"{SVG}rect") if each.attrib.get("rx")][:4]
    assert bars == pytest.approx([bars[0] * votes / 8 for votes in (8, 1, 3, 3)], abs=0.1)


def test_picture_of_schulze_shows_who_wins_each_duel() -> None:
    root = ET.fromstring(picture(any_count("schulze")))
    duels = [each for each in root.iter(f"{SVG}rect") if each.attrib.get("class") == "duel"]
    winning = [each for each in duels if each.attrib["fill"] != "#c7cfcc"]
    assert (len(duels), len(winning)) == (6, 3)
    assert "2 Bahati - 1: 5, 3: 6" in (root.findtext(f"{SVG}desc") or "")


def test_large_count_is_drawn_in_part_and_says_so() -> None:
    options = 80
    ballots = {(n,): n for n in range(1, options + 1)}
    count = BUILT_IN["instant_runoff"].count(Profile.of("ranking", [f"O{n}" for n in range(options)], ballots))
    assert len(count.rounds) * options > MOST_BARS
    root = ET.fromstring(picture(count))
    assert len(root.findall(f"{SVG}g")) == 2
    assert f"{len(count.rounds) - 2} rounds in between are not drawn" in (root.findtext(f"{SVG}desc") or "")
