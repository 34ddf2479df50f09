"""What looks unusual about a vote: each rule on its own; noted once, told to officials, deciding nothing."""

from datetime import timedelta
from typing import Any

import pytest

from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.vote.cancelling import CloseVote
from diramoja.plugins.vote.course import NotePulse
from diramoja.plugins.vote.irregularities import (
    FindIrregularities,
    Irregularity,
    NoteIrregularities,
    burst_in,
    find_irregularities,
    is_recent,
    is_turnout_odd,
)
from diramoja.plugins.vote.messages import BoxCounted, NoteTurnout, TakeRoll
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import AuditEntry, Pace
from diramoja.plugins.vote.tally import NoteUncounted
from diramoja.testing.play import Played
from tests.support.vote_course import CLOSES, LEADER, NOW, OPENS, WON, Course

SETTINGS = VoteSettings()
QUIET = {1: 200, 2: 120, 3: 60, 4: 20}
BURST = Irregularity("burst", {"ballots": "80", "usual": "< 5", "at": "2026-03-05 10:00 UTC"})


def paced(most: int, minutes: dict[int, int] | None = None) -> Pace:
    counted = QUIET if minutes is None else minutes
    return Pace("pace", counted | {most: 1}, most, OPENS + timedelta(hours=1))


def wanted(played: Played[Any]) -> list[FindIrregularities]:
    return [each.payload for each in played.calls if each.job is find_irregularities]


# --- rules ---


@pytest.mark.parametrize(
    ("most", "roll_size", "is_found"),
    [(19, 400, False), (20, 400, True), (20, 1_000, False), (21, 1_000, True), (200, 100_000, False)],
)
def test_a_burst_is_far_above_the_other_minutes_and_a_share_of_the_roll(
    most: int, roll_size: int, *, is_found: bool
) -> None:
    assert (burst_in(paced(most), roll_size, SETTINGS) is not None) == is_found


def test_a_vote_whose_minutes_are_all_full_has_no_burst() -> None:
    busy = {100 + n: 3 for n in range(60)}
    assert burst_in(paced(240, busy), 5_000, SETTINGS) is None
    assert burst_in(paced(600, busy), 5_000, SETTINGS) is not None


def test_one_minute_is_no_burst_whatever_its_size() -> None:
    assert burst_in(paced(300, {}), 400, SETTINGS) is None
    assert burst_in(Pace("pace"), 400, SETTINGS) is None


def test_a_burst_is_told_in_fives_and_nothing_below_five() -> None:
    found = burst_in(paced(83), 400, SETTINGS)
    assert found == BURST


@pytest.mark.parametrize(
    ("recent", "ballots", "is_found"), [(19, 100, False), (20, 200, True), (20, 201, False), (500, 5_000, True)]
)
def test_new_levels_are_many_in_number_and_in_share(recent: int, ballots: int, *, is_found: bool) -> None:
    assert is_recent(recent, ballots, SETTINGS) == is_found


@pytest.mark.parametrize(
    ("told", "sealed", "is_odd"), [(10, 10, False), (10, 12, False), (10, 9, True), (10, 401, True)]
)
def test_stations_lose_no_ballots_and_take_none_from_elsewhere(told: int, sealed: int, *, is_odd: bool) -> None:
    assert is_turnout_odd(told, sealed, 400) == is_odd


# --- in the course of a vote ---


def sealed(course: Course, *ballots: int) -> Played[Any]:
    """Closed, and its two stations sealed with so many."""
    course.at(CLOSES, CloseVote())
    course.at(CLOSES, NotePulse(60, closing=True))
    played = [course.at(CLOSES, BoxCounted(number, each)) for number, each in enumerate(ballots, start=1)]
    return played[-1]


def test_the_minutes_of_a_vote_are_judged_when_it_is_sealed_and_then_forgotten() -> None:
    course = Course().opened()
    for minute in range(40):
        course.at(OPENS + timedelta(minutes=minute, seconds=5), NoteTurnout(1, 1))
        course.at(OPENS + timedelta(minutes=minute, seconds=25), NoteTurnout(2, 1))
    course.at(OPENS + timedelta(minutes=60), NoteTurnout(1, 50))
    course.at(OPENS + timedelta(minutes=60, seconds=9), NoteTurnout(1, 33))
    assert any(isinstance(row, Pace) for row in course.agent.rows.values())
    found = wanted(sealed(course, 123, 40))
    assert found == [FindIrregularities("vot_1", NOW, (BURST.but(values={**BURST.values, "usual": "< 5"}),), True)]
    assert not any(isinstance(row, Pace) for row in course.agent.rows.values())
    assert course.state.minute_ballots == 0


def test_stations_that_lost_ballots_are_found_when_they_are_sealed() -> None:
    course = Course().opened()
    course.at(OPENS + timedelta(minutes=1), NoteTurnout(1, 10))
    assert wanted(sealed(course, 9, 0)) == [FindIrregularities("vot_1", NOW, (Irregularity("turnout"),), True)]


def test_a_count_that_finds_other_ballots_is_told() -> None:
    course = Course().opened()
    sealed(course, 9, 0)
    assert wanted(course.at(CLOSES, NoteUncounted(1, "ballots_incomplete"))) == [
        FindIrregularities("vot_1", NOW, (Irregularity("stations"),))
    ]
    assert wanted(course.at(CLOSES, NoteUncounted(1, "timeout"))) == []


def test_only_a_roll_that_is_changed_late_is_told() -> None:
    course = Course().scheduled()
    early = course.at(OPENS - timedelta(hours=24), TakeRoll(401, "hash", "obj_1", 1))
    late = course.at(OPENS - timedelta(hours=23), TakeRoll(402, "hash", "obj_2", 2))
    assert (wanted(early), wanted(late)) == (
        [],
        [FindIrregularities("vot_1", NOW, (Irregularity("late_roll", {"hours": "24"}),))],
    )


# --- noted ---


def test_it_is_noted_in_plain_words_and_told_to_each_official_once() -> None:
    course = Course().counted(WON)
    officials = ("mem_off_1", LEADER, "mem_off_2")
    before = (course.state.phase, course.state.outcome, course.state.winners)
    played = course.at(CLOSES, NoteIrregularities((BURST,), officials))
    again = course.at(CLOSES, NoteIrregularities((BURST,), officials))
    [entry] = [row for row in played.puts if isinstance(row, AuditEntry)]
    assert entry.what == "irregularity" and entry.by == ""
    assert entry.detail.startswith("In the vote Clinics about 80 ballots came within one minute (2026-03-05 10:00 UTC)")
    told = [(each.agent, each.command.kind) for each in played.tells if isinstance(each.command, Notify)]
    assert told == [("mem_off_1", "vote.irregularity"), ("mem_off_2", "vote.irregularity")]
    assert (again.puts, again.tells) == ([], [])
    assert (course.state.phase, course.state.outcome, course.state.winners) == before


def test_what_could_not_be_looked_for_is_noted_too() -> None:
    course = Course().counted(WON)
    played = course.at(CLOSES, NoteIrregularities((), code="timeout"))
    assert [row.what for row in played.puts if isinstance(row, AuditEntry)] == ["irregularities_not_looked_for"]
