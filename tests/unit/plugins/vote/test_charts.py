"""Counts and turnouts as tables with bars: what is in them, and that they add up."""

import re
from xml.etree import ElementTree as ET

import pytest

from diramoja.counting import BUILT_IN, Count, Profile, Ties
from diramoja.plugins.vote.charts import duels, grades, percent, rounds, share_of, turnout_charts, turnout_line
from diramoja.plugins.vote.views import ParticipationView, TurnoutCell
from diramoja.ports.texts import filled

BALLOTS = {(1, 2, 3): 8, (3, 2): 3, (4, 1): 3, (2,): 1, (): 2}


def count_by(method: str, seats: int = 1) -> Count:
    profile = Profile.of("ranking", ["Ayo", "Bahati", "<Chausiku>", "Dalili"], BALLOTS, seats=seats)
    return BUILT_IN[method].count(profile, seats=seats, ties=Ties("lot", bytes(32)))


def cells(table: str) -> list[list[str]]:
    """The texts of a table, row by row; it has to be well formed."""
    root = ET.fromstring(table)
    return [["".join(cell.itertext()).strip() for cell in row] for row in root.iter("tr")]


def lengths(table: str) -> list[float]:
    return [float(each) for each in re.findall(r'<rect width="([0-9.]+)%"', table)]


def test_rounds_have_bars_shares_and_changes() -> None:
    profile = Profile.of("ranking", ["Ayo", "<Bahati>", "Chausiku"], {(1,): 5, (2,): 4, (3, 2): 2, (3,): 1})
    first, second = (each.partition("<ul>")[0] for each in rounds(BUILT_IN["instant_runoff"].count(profile), filled))
    assert cells(first) == [
        ["Option", "Votes", "Share"],
        ["Ayo", "5", "41.7 %"],
        ["<Bahati>", "4", "33.3 %"],
        ["Chausiku", "3", "25.0 %"],
    ]
    assert cells(second) == [
        ["Option", "Votes", "Change", "Share"],
        ["Ayo", "5", "", "45.5 %"],
        ["<Bahati> elected", "6", "+2", "54.5 %"],
        ["Chausiku out", "0", "\u22123", "0.0 %"],
        ["Without a further choice", "1", "+1", ""],
    ]
    assert lengths(first) == pytest.approx([500 / 6, 400 / 6, 300 / 6], abs=0.1), "bars mean the same in all rounds"
    assert lengths(second) == pytest.approx([500 / 6, 100], abs=0.1)


def test_transferable_votes_show_the_quota_and_what_has_gone() -> None:
    *_, last = rounds(count_by("scottish_stv", seats=2), filled)
    rows = {row[0].split()[0]: row[1:] for row in cells(last.partition("<ul>")[0])}
    assert "<line " in last, "the quota crosses the bars"
    votes = [float(row[0]) for name, row in rows.items() if name != "Option"]
    assert sum(votes) == pytest.approx(15), "every valid ballot is somewhere"
    changes = [float(row[1].replace("\u2212", "-") or 0) for name, row in rows.items() if name != "Option"]
    assert sum(changes) == pytest.approx(0)


def test_share_of_a_winner_is_of_what_the_method_counts() -> None:
    assert share_of(count_by("plurality"), 1) == (8, 15)
    assert share_of(count_by("schulze"), 1)[1] == 0
    assert (percent(1, 3), percent(1, 0)) == ("33.3 %", "")


def test_grades_are_parts_of_one_bar_with_their_numbers() -> None:
    profile = Profile.of("grades", ["Ayo", "Bahati"], {(5, 0): 3, (2, 5): 1})
    count = BUILT_IN["majority_judgement"].count(profile)
    assert count.grading
    table = grades(count, count.grading, filled)
    assert cells(table)[1:] == [["Ayo", "0", "0", "1", "0", "0", "3"], ["Bahati", "3", "0", "0", "0", "0", "1"]]
    assert re.findall(r'width="(\d+)%" height="14" class="(g\d)"', table) == [
        ("25", "g2"), ("75", "g5"), ("75", "g0"), ("25", "g5"),
    ]  # fmt: skip


def test_duels_name_the_options_by_number_and_mark_who_wins() -> None:
    count = count_by("schulze")
    assert count.pairwise
    table = duels(count, count.pairwise, filled)
    assert cells(table)[:2] == [["", "1", "2", "3", "4"], ["1 Ayo", "", "11", "11", "8"]]
    assert table.count('class="n in"') == 6


REPORT = ParticipationView(
    "vot_1",
    60,
    40,
    by_region=(TurnoutCell("", 15, 5), TurnoutCell("north"), TurnoutCell("south", 45, 35)),
    by_level=(TurnoutCell("leader"), TurnoutCell("member")),
    by_age_group=(TurnoutCell("18_24", 20, 10), TurnoutCell("under_18", 20, 10), TurnoutCell("65_plus", 20, 20)),
)


def test_turnout_is_shown_by_group_and_what_is_withheld_is_said() -> None:
    charts = turnout_charts(REPORT, {"north": "The <North>", "south": "The South"}, filled)
    assert "The &lt;North&gt;" in charts
    assert '<p dir="auto">Turnout by membership: too few people to be shown.</p>' in charts
    assert "no figures are shown" in charts
    by_region, by_age = (cells(each) for each in re.findall(r'<div class="scroll".*?</div>', charts))
    assert by_region[1:] == [
        ["The <North>", "too few people to be shown"],
        ["The South", "35", "45", "78 %"],
        ["Not said", "5", "15", "33 %"],
    ]
    assert [row[0] for row in by_age[1:]] == ["under 18", "18 to 24", "65 and older"]


def test_turnout_has_the_quorum_as_a_line() -> None:
    line = turnout_line(40, 60, 30, filled)
    assert cells(line)[1] == ["Everybody on the roll", "40", "60", "66.7 %"]
    assert '<line x1="50%"' in line
    assert "<line" not in turnout_line(40, 60, 0, filled)
    assert "<line" not in turnout_line(0, 0, 0, filled), "of a roll that is not written yet"
