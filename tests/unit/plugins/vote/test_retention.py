"""What a vote lets go, and when: who voted, who was on the roll, its hash; nothing while people are still at it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from diramoja.core import RemindAfter, RemindAt
from diramoja.plugins.vote.ballot_box import ForgetBallots, ForgetVoters, find_ballots
from diramoja.plugins.vote.ballot_box_state import Ballot, BallotBox, ballot_box
from diramoja.plugins.vote.contracts import CancelVote, FileDispute
from diramoja.plugins.vote.messages import BoxCounted, TakeResult
from diramoja.plugins.vote.retention import ForgetRoll, ForgetRollHash, LetVotersGo, drop_roll
from diramoja.testing.play import Played, play
from tests.support.vote_course import CLOSES, LEADER, MEMBER, NOW, WON, Course

KEPT = (LetVotersGo, ForgetRoll, ForgetRollHash)
LATE = CLOSES + timedelta(days=93)


def terms(played: Played[Any]) -> dict[type, datetime]:
    return {type(r.command): r.at for r in played.reminders if isinstance(r, RemindAt) and isinstance(r.command, KEPT)}


def published() -> Course:
    return Course().counted(WON)


def test_the_terms_begin_with_the_results() -> None:
    course = Course().closed()
    for station in (1, 2):
        course.at(CLOSES, BoxCounted(station, 70))
    assert terms(course.at(CLOSES, TakeResult(1, WON))) == {
        LetVotersGo: CLOSES + timedelta(days=3 + 90),
        ForgetRoll: CLOSES + timedelta(days=365),
        ForgetRollHash: CLOSES + timedelta(days=2_556),
    }


def test_a_vote_that_is_called_off_lets_its_roll_go_too_if_it_has_one() -> None:
    off = Course().scheduled()(LEADER, CancelVote("A mistake."))
    assert terms(off) == {ForgetRoll: NOW + timedelta(days=365), ForgetRollHash: NOW + timedelta(days=2_556)}
    assert terms(Course()(LEADER, CancelVote("A mistake."))) == {}


def test_who_voted_is_forgotten_by_every_station() -> None:
    played = published().at(LATE, LetVotersGo())
    assert [(each.agent, each.command) for each in played.tells] == [
        ("vot_1-1", ForgetVoters()),
        ("vot_1-2", ForgetVoters()),
    ]
    assert [call.payload.with_roll for call in played.calls if call.job is drop_roll] == [False]


def test_the_roll_goes_and_its_size_stays_with_the_result() -> None:
    course = published()
    played = course.at(LATE, ForgetRoll())
    assert [call.payload.with_roll for call in played.calls if call.job is drop_roll] == [True]
    course.at(LATE, ForgetRollHash())
    assert (course.state.roll_hash, course.state.roll_size, course.state.winners) == ("", 400, (1,))


@pytest.mark.parametrize("command", [LetVotersGo(), ForgetRoll()])
def test_nothing_goes_while_a_dispute_is_open(command: LetVotersGo | ForgetRoll) -> None:
    course = published()
    course(MEMBER, FileDispute("dsp_1", "My ballot is not in the record."))
    assert course.state.phase == "disputed"
    played = course.at(LATE, command)
    assert (played.calls, played.tells, played.reminders) == ([], [], [RemindAfter(timedelta(days=30), command)])


def test_a_station_forgets_all_its_voters_page_by_page() -> None:
    sealed = BallotBox(phase="sealed", vote="vot_1", station=1)
    forgetting = play(ballot_box, sealed, ForgetVoters(), id="vot_1-1")
    assert [(call.job, call.payload.all) for call in forgetting.calls] == [(find_ballots, True)]
    rows = [Ballot(member, "1", "r") for member in ("mem_a", "mem_b")]
    page = ForgetBallots(("mem_a", "mem_b"), more=True)
    gone = play(ballot_box, forgetting.state, page, id="vot_1-1", rows=rows)
    assert [each.key for each in gone.removes] == ["mem_a", "mem_b"]
    assert [call.payload.all for call in gone.calls] == [True]
