"""What came of a vote, as a value: counted, published, disputed, in effect."""

from datetime import timedelta

import msgspec

from diramoja.plugins.member.contracts import MemberSettings
from diramoja.plugins.vote.agent import vote
from diramoja.plugins.vote.contracts import DecideDispute, FileDispute, ResultsPublished, VoteTookEffect
from diramoja.plugins.vote.irregularities import find_irregularities
from diramoja.plugins.vote.messages import (
    BoxCounted,
    OpenDispute,
    PrepareRunOff,
    SettleDispute,
    TakeOpinion,
    TakeResult,
)
from diramoja.plugins.vote.participation import report_participation
from diramoja.plugins.vote.results import TakeEffect
from diramoja.plugins.vote.state import AuditEntry, Wording
from diramoja.plugins.vote.tally import CountAgain, NoteUncounted, count_ballots
from tests.support.lone_agent import LoneAgent
from tests.support.vote_course import CLOSES, LEADER, MEMBER, OFFICER, OTHER, SETTINGS, WON, Course, code, said

# --- counted, published, disputed ---


def test_the_count_begins_with_the_last_station() -> None:
    course = Course().closed()
    course.at(CLOSES, BoxCounted(1, 70))
    assert course.at(CLOSES, BoxCounted(1, 70)).calls == []
    played = course.at(CLOSES, BoxCounted(2, 70))
    assert [each.job for each in played.calls] == [count_ballots, find_irregularities, report_participation]
    assert (course.state.phase, course.state.votes_cast) == ("tallying", 140)


def test_a_count_that_fails_is_seen_and_tried_again() -> None:
    course = Course().closed()
    for station in (1, 2):
        course.at(CLOSES, BoxCounted(station, 70))
    played = course.at(CLOSES, NoteUncounted(1, "ballots_incomplete"))
    assert [(each.what, each.detail) for each in played.puts if isinstance(each, AuditEntry)] == [
        ("count_failed", "ballots_incomplete")
    ]
    assert [each.command for each in played.reminders] == [CountAgain()]
    assert [each.job for each in course.at(CLOSES, CountAgain()).calls] == [count_ballots]
    course.at(CLOSES, TakeResult(1, WON))
    assert course.at(CLOSES, CountAgain()).calls == []
    assert course.state.phase == "results_published"


def test_results_are_published_and_take_effect_after_the_time_for_disputes() -> None:
    course = Course().counted(WON)
    (published,) = course.agent.said(ResultsPublished)
    assert (published.outcome, published.winners, published.ballots) == ("decided", (1,), 140)
    assert published.effective_at == CLOSES + timedelta(hours=72)
    played = course.at(published.effective_at, TakeEffect())
    (effect,) = played.events
    assert isinstance(effect, VoteTookEffect) and effect.winner_texts == ("Yes",)
    assert course.at(published.effective_at, TakeEffect()).events == []


def test_without_quorum_nothing_is_won() -> None:
    course = Course().counted(msgspec.structs.replace(WON, ballots=119))
    assert (course.state.outcome, course.state.winners) == ("no_quorum", ())


def test_each_on_the_roll_disputes_once_and_in_time() -> None:
    course = Course().counted(WON)
    played = course(MEMBER, FileDispute("dsp_1", "My ballot is missing."))
    (told,) = played.tells
    assert isinstance(told.command, OpenDispute) and told.answers
    assert set(told.command.excluded) == {LEADER, MEMBER}
    assert code(course(MEMBER, FileDispute("dsp_2", "My ballot is missing."))) == "dispute_filed"
    course.now = CLOSES + timedelta(hours=72)
    assert code(course(OTHER, FileDispute("dsp_3", "My ballot is missing."))) == "dispute_late"


def test_nobody_is_a_party_and_a_judge_whichever_came_first() -> None:
    """One agent decides both in its order, so two requests of the same moment are one after the other."""
    course = Course().counted(WON)
    course(MEMBER, FileDispute("dsp_1", "My ballot is missing."))
    opinion = DecideDispute("dsp_1", "annul", "It has to be.")
    (told,) = course(OTHER, opinion).tells
    assert (told.kind, told.agent, told.answers) == ("dispute", "dsp_1", True)
    assert told.command == TakeOpinion(OTHER, "annul", "It has to be.")
    assert code(course(OTHER, FileDispute("dsp_2", "My ballot is missing."))) == "recused"
    course(OFFICER, FileDispute("dsp_3", "My ballot is missing."))
    for member in (MEMBER, OFFICER, LEADER):
        assert code(course(member, opinion)) == "recused"
    for dispute in ("dsp_1", "dsp_3"):
        course.at(CLOSES, SettleDispute(dispute, "reject", "It is there."))
    assert code(course(OTHER, opinion)) == "dispute_decided"


def test_a_rejected_dispute_lets_the_result_take_effect() -> None:
    course = Course().counted(WON)
    course(MEMBER, FileDispute("dsp_1", "My ballot is missing."))
    over = CLOSES + timedelta(hours=72)
    assert course.at(over, TakeEffect()).events == []
    played = course.at(over + timedelta(days=2), SettleDispute("dsp_1", "reject", "It is there."))
    assert VoteTookEffect in said(played)
    assert course.state.phase == "results_published"


def test_of_several_decisions_the_strongest_counts_once_all_are_made() -> None:
    course = Course().counted(WON)
    for number, member in enumerate((MEMBER, OTHER, OFFICER)):
        course(member, FileDispute(f"dsp_{number}", "My ballot is missing."))
    course.at(CLOSES, SettleDispute("dsp_0", "recount", "To be sure."))
    course.at(CLOSES, SettleDispute("dsp_1", "reject", "No."))
    assert course.state.phase == "disputed"
    played = course.at(CLOSES, SettleDispute("dsp_2", "reject", "No."))
    assert [each.payload.number for each in played.calls] == [2]
    assert course.at(CLOSES, TakeResult(1, WON)).events == []
    again = course.at(CLOSES + timedelta(days=1), TakeResult(2, WON))
    assert said(again) == [ResultsPublished]
    assert course.state.effective_at == CLOSES + timedelta(days=4)


def test_a_run_off_is_prepared_once_it_cannot_be_disputed_and_held_when_people_say() -> None:
    course = Course(majority="absolute").counted(WON.but(outcome="run_off", winners=(), run_off=(1, 2)))
    played = course.at(CLOSES + timedelta(hours=72), TakeEffect())
    (told,) = [each for each in played.tells if isinstance(each.command, PrepareRunOff)]
    draft = LoneAgent(vote, told.agent, has=["notification"], settings=[SETTINGS, MemberSettings()])
    draft.take(told.command, now=course.now)
    wording = draft.row(Wording, "wording")
    assert wording is not None and [each.text for each in wording.options] == ["Yes", "No"]
    assert (draft.state.phase, draft.state.created_by, draft.state.terms.opens_at) == ("draft", LEADER, None)
    assert (draft.state.terms.majority, draft.state.terms.options) == ("absolute", 2)


def test_an_annulled_vote_never_takes_effect() -> None:
    course = Course().counted(WON)
    course(MEMBER, FileDispute("dsp_1", "My ballot is missing."))
    course.at(CLOSES, SettleDispute("dsp_1", "annul", "Ballots were lost."))
    assert (course.state.phase, course.state.outcome, course.state.winners) == ("results_published", "annulled", ())
    assert course.at(CLOSES + timedelta(hours=73), TakeEffect()).events == []
    assert code(course(OTHER, FileDispute("dsp_2", "Why was this annulled?"))) == "vote_annulled"


def test_whatever_is_done_is_written_down_with_who_did_it() -> None:
    course = Course().counted(WON)
    entries = sorted(course.agent.all_rows(AuditEntry), key=lambda each: each.number)
    assert [(each.what, each.by) for each in entries] == [
        ("created", LEADER),
        ("scheduled", LEADER),
        ("roll_frozen", ""),
        ("opened", ""),
        ("closed", ""),
        ("results_published", ""),
    ]
