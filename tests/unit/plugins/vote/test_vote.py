"""Votes as values: who may draft, schedule and call off what; when it opens, reminds, closes."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec import UNSET

from diramoja.core import RemindAt
from diramoja.plugins.member.contracts import MemberSettings
from diramoja.plugins.topic.contracts import TopicEscalated
from diramoja.plugins.vote.agent import after_escalation, vote
from diramoja.plugins.vote.cancelling import CloseSoon, CloseVote, OpenVote, UrgeQuorum
from diramoja.plugins.vote.contracts import (
    BallotAccepted,
    CancelVote,
    DecideObjection,
    EditVote,
    ExtendVote,
    FileObjection,
    QuorumMissing,
    RollFrozen,
    ScheduleVote,
    TallyUpdated,
    VoteClosed,
    VoteClosingSoon,
    VoteExtended,
    VoteOpened,
)
from diramoja.plugins.vote.course import NotePulse, feel_pulse
from diramoja.plugins.vote.irregularities import find_irregularities
from diramoja.plugins.vote.messages import ExtendBox, NoteTurnout, PrepareBox, PrepareVote, SealBox, TakeKey, TakeRoll
from diramoja.plugins.vote.roll import CorrectRoll, FixRoll, correct_roll, freeze_roll
from diramoja.plugins.vote.rules import terms_hash
from diramoja.plugins.vote.sealing import make_key
from diramoja.plugins.vote.state import Wording
from diramoja.plugins.vote.views import ObjectionView, OptionView, VoteView
from diramoja.plugins.vote.words import VoteOption
from tests.support.lone_agent import LoneAgent
from tests.support.vote_course import CLOSES, LEADER, MEMBER, NOW, OFFICER, OPENS, OTHER, SETTINGS, Course, code, said

# --- drafted ---


def test_a_draft_says_what_will_be_asked() -> None:
    view = Course().created.reply
    assert isinstance(view, VoteView)
    assert view.options == (OptionView(1, "Yes"), OptionView(2, "No"), OptionView(3, "Later"))
    assert (view.phase, view.created_by, view.roll_size, view.turnout) == ("draft", LEADER, 0, 0)


@pytest.mark.parametrize(
    ("terms", "refused"),
    [
        ({"anonymity_level": "anonymous"}, "secret_ballot_unavailable"),
        ({"on_persons": True, "anonymity_level": "pseudonymous"}, "persons_need_public"),
        ({"on_persons": True}, "candidates_unfit"),
        ({"options": (VoteOption("Ayo", "mem_a"), "No")}, "candidates_unfit"),
        (
            {"options": (VoteOption("A", "mem_a"), VoteOption("B", "mem_a"), "No"), "on_persons": True},
            "candidate_twice",
        ),
        ({"live_tally": True, "vote_type": "binding_vote"}, "live_tally_refused"),
        ({"live_tally": True, "revote": True}, "live_tally_refused"),
        ({"live_tally": True, "anonymity_level": "pseudonymous"}, "live_tally_refused"),
        ({"delegation": True, "on_persons": True, "options": (VoteOption("A", "mem_a"), "No")}, "delegation_refused"),
        ({"tie_rule": "casting_vote"}, "casting_member_unfit"),
        ({"casting_member": MEMBER}, "casting_member_unfit"),
        ({"seats": 3}, "seats_too_many"),
        ({"opens_at": NOW}, "opens_in_the_past"),
        ({"closes_at": OPENS + timedelta(minutes=4)}, "vote_too_short"),
        ({"closes_at": OPENS + timedelta(days=367)}, "vote_too_long"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(terms: dict[str, Any], refused: str) -> None:
    course = Course(**terms)
    assert code(course.created) == refused
    assert course.state.phase == "absent"


def test_a_vote_on_persons_may_be_public() -> None:
    course = Course(on_persons=True, options=(VoteOption("Ayo", "mem_a"), VoteOption("Bahati", "mem_b")))
    assert course.state.terms.candidates == ("mem_a", "mem_b")


def test_a_draft_is_changed_by_its_creator_and_officers_alone() -> None:
    course = Course()
    assert code(course(MEMBER, EditVote(title="Other"))) == "not_creator"
    view = course(LEADER, EditVote(title="Hospitals", options=("A", "B"))).reply
    assert isinstance(view, VoteView)
    assert (view.title, len(view.options), view.quorum_ratio) == ("Hospitals", 2, 0.3)
    assert code(course(LEADER, EditVote(anonymity_level="anonymous"))) == "secret_ballot_unavailable"


def test_a_discussion_that_is_ready_makes_one_draft_that_people_complete() -> None:
    event = TopicEscalated("top_1", "Clinics", "For all.", "healthcare", policy_proposal=True, author=MEMBER)
    [(id, prepared)] = after_escalation(event)
    assert id == after_escalation(event)[0][0]
    draft = LoneAgent(vote, id, settings=[SETTINGS, MemberSettings()])
    draft.take(prepared, now=NOW)
    assert (draft.state.phase, draft.state.created_by, draft.state.terms.topic) == ("draft", MEMBER, "top_1")
    assert draft.take(ScheduleVote(), sender=LEADER, roles=["leader"], now=NOW).reject is not None
    assert draft.take(EditVote(title="Clinics for all"), sender=MEMBER, now=NOW).reject is None
    full = EditVote(options=("Yes", "No"), opens_at=OPENS, closes_at=CLOSES)
    assert draft.take(full, sender=MEMBER, now=NOW).reject is None
    assert draft.take(ScheduleVote(), sender=MEMBER, roles=["member"], now=NOW).reject is not None
    assert draft.take(ScheduleVote(), sender=LEADER, roles=["leader"], now=NOW).state.phase == "scheduled"


# --- scheduled ---


@pytest.mark.parametrize(
    ("vote_type", "sender", "roles", "refused"),
    [
        ("policy_vote", LEADER, ["member"], "not_leader"),
        ("binding_vote", LEADER, ["member"], "not_leader"),
        ("poll", LEADER, ["member"], ""),
        ("poll", OTHER, ["member"], "not_creator"),
        ("straw_poll", OTHER, ["official"], ""),
    ],
)
def test_people_with_an_office_schedule_what_decides(
    vote_type: str, sender: str, roles: list[str], refused: str
) -> None:
    assert code(Course(vote_type=vote_type)(sender, ScheduleVote(), roles)) == refused


def test_what_was_looked_up_of_a_draft_is_of_the_draft_that_is_scheduled() -> None:
    """Else who changes it in between evades the statutes, which ask about category, seats and method."""
    course = Course()
    looked_at = course.state.terms
    assert course(LEADER, EditVote(topic_id="top_budget", voting_method="approval")).reject is None
    assert code(course(LEADER, ScheduleVote(category="", drafted=looked_at))) == "draft_changed"
    assert code(course(LEADER, ScheduleVote(category="budget", drafted=course.state.terms))) == ""


@pytest.mark.parametrize(
    "swapped",
    [EditVote(title="Clinics?"), EditVote(description="All."), EditVote(options=("No", "Yes")), EditVote(revote=True)],
    ids=lambda each: ", ".join(name for name in each.__struct_fields__ if getattr(each, name) is not UNSET),
)
def test_nothing_is_scheduled_but_what_was_read_where_its_reader_says_what_that_was(swapped: EditVote) -> None:
    course = Course()
    assert isinstance(read := course.created.reply, VoteView)
    assert len(read.draft_hash) == 64
    changed = course(LEADER, swapped).reply
    assert isinstance(changed, VoteView) and changed.draft_hash != read.draft_hash
    assert code(course(OTHER, ScheduleVote(draft_hash=read.draft_hash), ["official"])) == "draft_changed"
    scheduled = course(OTHER, ScheduleVote(draft_hash=changed.draft_hash), ["official"]).reply
    assert isinstance(scheduled, VoteView) and (scheduled.phase, scheduled.draft_hash) == ("scheduled", "")


def test_a_draft_shows_how_its_ballots_will_be_filled_in() -> None:
    course = Course(voting_method="score", form="grade")
    assert isinstance(view := course.created.reply, VoteView)
    assert (view.form, view.grades) == ("grade", SETTINGS.grades_max)
    ranked = course(LEADER, EditVote(voting_method="schulze", form="rank")).reply
    assert isinstance(ranked, VoteView) and (ranked.form, ranked.grades) == ("rank", 0)


def test_a_draft_of_software_takes_no_time_that_cannot_be_shown() -> None:
    draft = LoneAgent(vote, "vot_1", settings=[SETTINGS, MemberSettings()])
    prepared = PrepareVote("top_1", "Clinics", "", "healthcare", policy_proposal=False, author=MEMBER)
    draft.take(prepared, now=NOW)
    late = EditVote(closes_at=datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=14))))
    assert code(draft.take(late, sender=MEMBER, now=NOW)) == "opens_too_late"


def test_who_stands_moves_no_close() -> None:
    stands = (VoteOption("Ayo", LEADER), VoteOption("Bahati", "mem_b"))
    course = Course(on_persons=True, options=stands).opened()
    night = ExtendVote(OPENS, OPENS + timedelta(hours=8), "The line was cut.")
    course.now = OPENS + timedelta(hours=9)
    assert code(course(LEADER, night, ["official"])) == "recused"
    assert code(course(OTHER, night, ["official"])) == ""


def test_a_scheduled_vote_is_fixed_and_has_its_roll_written() -> None:
    course = Course()
    played = course(LEADER, ScheduleVote())
    assert [each.job for each in played.calls] == [freeze_roll]
    assert played.reminders == [RemindAt(OPENS, OpenVote())]
    wording = course.agent.row(Wording, "wording")
    assert wording is not None
    assert course.state.terms_hash == terms_hash("Clinics", "", wording.options, course.state.terms)
    assert code(course(LEADER, EditVote(title="Other"))) == "vote_frozen"
    assert code(course(LEADER, ScheduleVote())) == "vote_scheduled"


def test_the_frozen_roll_fixes_the_stations_and_sets_them_up() -> None:
    course = Course()
    course(LEADER, ScheduleVote())
    played = course.at(NOW, TakeRoll(401, "hash"))
    boxes = [(each.agent, each.command) for each in played.tells]
    assert [agent for agent, _ in boxes] == ["vot_1-1", "vot_1-2", "vot_1-3"]
    assert all(isinstance(each, PrepareBox) and each.station == n for n, (_, each) in enumerate(boxes, 1))
    assert (course.state.roll_size, course.state.quorum_needed) == (401, 121)
    assert said(played) == [RollFrozen]


def test_a_vote_that_is_not_public_waits_for_its_key() -> None:
    course = Course(anonymity_level="pseudonymous")
    played = course(LEADER, ScheduleVote())
    assert {each.job for each in played.calls} == {freeze_roll, make_key}
    assert course.at(NOW, TakeRoll(10, "hash")).tells == []
    waiting = course.at(OPENS, OpenVote())
    assert waiting.state.phase == "scheduled" and len(waiting.reminders) == 1
    assert len(course.at(OPENS, TakeKey("key")).tells) == 1
    assert course.at(OPENS, OpenVote()).state.phase == "open"


def test_nobody_has_a_casting_vote_among_many() -> None:
    course = Course(tie_rule="casting_vote", casting_member=MEMBER)
    course(LEADER, ScheduleVote())
    course.at(NOW, TakeRoll(31, "hash"))
    assert course.state.phase == "cancelled"


def test_a_vote_without_anybody_on_its_roll_is_called_off() -> None:
    course = Course().opened(size=0)
    assert (course.state.phase, course.state.cancel_reason) == ("cancelled", "Nobody is on the roll.")


# --- objections ---


def test_an_objection_is_answered_by_another_person() -> None:
    course = Course().scheduled()
    filed = course(MEMBER, FileObjection("obj_1", "missing", MEMBER, "My dues are paid.")).reply
    assert isinstance(filed, ObjectionView) and filed.decision is None
    decide = DecideObjection("obj_1", "uphold", "They are.")
    assert code(course(MEMBER, decide, ["membership_officer"])) == "recused"
    played = course(OFFICER, decide)
    assert [(each.job, each.payload.member, each.payload.is_added) for each in played.calls] == [
        (correct_roll, MEMBER, True)
    ]
    assert isinstance(played.calls[0].payload, CorrectRoll)
    assert code(course(OFFICER, decide)) == "objection_decided"
    corrected = course.at(NOW, TakeRoll(401, "other", "obj_1", 1))
    assert corrected.tells == []
    assert (course.state.roll_size, course.state.roll_hash, course.state.stations) == (401, "other", 2)
    course.at(NOW, TakeRoll(403, "third", "obj_3", 3))
    course.at(NOW, TakeRoll(402, "second", "obj_2", 2))
    assert (course.state.roll_size, course.state.roll_hash) == (403, "third")


def test_the_hash_that_is_shown_is_of_the_roll_by_which_ballots_come() -> None:
    """A correction that was written before the opening may be told after it."""
    course = Course().scheduled()
    opened = course.at(OPENS, OpenVote())
    assert [each.payload.version for each in opened.calls if isinstance(each.payload, FixRoll)] == [0]
    told = course.at(OPENS, TakeRoll(401, "true", version=1))
    assert (course.state.roll_size, course.state.roll_hash, course.state.quorum_needed) == (401, "true", 121)
    assert (said(told), told.tells) == ([RollFrozen], [])
    assert [each.job for each in told.calls] == [find_irregularities]
    course.at(OPENS, TakeRoll(402, "older", "obj_1", 1))
    assert course.state.roll_hash == "true"


def test_a_rejected_objection_changes_nothing_and_late_ones_are_refused() -> None:
    course = Course().scheduled()
    course(MEMBER, FileObjection("obj_1", "not_eligible", OTHER, "They left."))
    assert course(OFFICER, DecideObjection("obj_1", "reject", "They did not.")).calls == []
    assert code(course(OFFICER, DecideObjection("obj_2", "reject", "?"))) == "objection_missing"
    assert code(course(MEMBER, FileObjection("obj_3", "missing", MEMBER, "Dues are paid."))) == ""
    course.now = OPENS - timedelta(hours=23)
    assert code(course(MEMBER, FileObjection("obj_4", "missing", MEMBER, "Late."))) == "objections_over"
    course.now = OPENS - timedelta(minutes=59)
    assert code(course(OFFICER, DecideObjection("obj_3", "uphold", "They are."))) == "objections_over"


@pytest.mark.parametrize(("vote_type", "refused"), [("policy_vote", "opens_too_soon"), ("poll", "")])
def test_what_decides_leaves_time_for_objections(vote_type: str, refused: str) -> None:
    course = Course(vote_type=vote_type, opens_at=NOW + timedelta(hours=24))
    course.now = NOW + timedelta(seconds=1)
    assert code(course(LEADER, ScheduleVote())) == refused


# --- open ---


def test_an_open_vote_reminds_itself_of_what_comes() -> None:
    course = Course().scheduled()
    played = course.at(OPENS, OpenVote())
    (opened,) = played.events
    assert isinstance(opened, VoteOpened) and opened.roll_size == 400
    due = {type(each.command): each.at for each in played.reminders if isinstance(each, RemindAt)}
    assert due == {
        CloseVote: CLOSES,
        CloseSoon: CLOSES - timedelta(hours=16.8),
        UrgeQuorum: CLOSES - timedelta(hours=6),
    }


def test_turnout_is_told_in_batches_and_the_tally_only_where_it_may_be() -> None:
    course = Course().opened()
    assert course.at(OPENS, NoteTurnout(1, 5)).events == [BallotAccepted("vot_1", 5, 400)]
    live = Course(vote_type="poll", live_tally=True).opened()
    live.at(OPENS, NoteTurnout(1, 2, (1, 0, 1)))
    played = live.at(OPENS, NoteTurnout(2, 1, (0, 1, 0)))
    assert played.events == [BallotAccepted("vot_1", 3, 400), TallyUpdated("vot_1", 3, (1, 1, 1))]


@pytest.mark.parametrize(("ballots", "urged"), [(119, [QuorumMissing]), (120, [])])
def test_a_missing_quorum_is_urged_once(ballots: int, urged: list[type]) -> None:
    course = Course().opened()
    course.at(OPENS, NoteTurnout(1, ballots))
    soon = course.at(CLOSES - timedelta(hours=16.8), CloseSoon())
    assert [isinstance(each, VoteClosingSoon) and each.reminds for each in soon.events] == [True]
    assert said(course.at(CLOSES - timedelta(hours=6), UrgeQuorum())) == urged
    assert said(course.at(CLOSES - timedelta(hours=5), UrgeQuorum())) == []


def test_where_both_reminders_fall_together_there_is_one() -> None:
    course = Course(closes_at=OPENS + timedelta(days=1)).opened()
    late = OPENS + timedelta(hours=21.6)
    assert course.at(late, UrgeQuorum()).reminders != []
    (soon,) = course.at(late, CloseSoon()).events
    assert isinstance(soon, VoteClosingSoon) and not soon.reminds
    assert said(course.at(late, UrgeQuorum())) == [QuorumMissing]


def test_who_decides_what_also_calls_it_off() -> None:
    course = Course().opened()
    assert code(course(MEMBER, CancelVote("No."))) == "not_creator"
    assert code(course(LEADER, CancelVote("No."), ["member"])) == "not_leader"
    played = course(LEADER, CancelVote("The text has an error."))
    assert [each.command for each in played.tells] == [SealBox(is_cancelled=True)] * 2
    assert course.state.phase == "cancelled"
    assert code(course(LEADER, CancelVote("Again."))) == "vote_cancelled"


# --- outages ---


def test_a_close_asks_for_an_outage_first() -> None:
    course = Course().opened()
    asked = course.at(CLOSES, CloseVote())
    assert [(each.job, each.payload.closing) for each in asked.calls] == [(feel_pulse, True)]
    assert course.state.phase == "open"
    played = course.at(CLOSES, NotePulse(60, closing=True))
    assert said(played) == [VoteClosed]
    assert [each.command for each in played.tells] == [SealBox()] * 2


def test_a_close_that_a_clock_ahead_reminded_of_comes_in_time() -> None:
    course = Course().opened()
    course.at(CLOSES, CloseVote())
    early = course.at(CLOSES - timedelta(seconds=2), NotePulse(60, closing=True))
    assert (said(early), course.state.phase) == ([], "open")
    assert early.reminders == [RemindAt(CLOSES, CloseVote())]
    course.at(CLOSES, CloseVote())
    assert said(course.at(CLOSES, NotePulse(60, closing=True))) == [VoteClosed]


def test_an_outage_moves_the_close_by_as_long() -> None:
    course = Course().opened()
    course.at(OPENS + timedelta(hours=1), NoteTurnout(1, 1))
    assert course.at(OPENS + timedelta(hours=2), NotePulse(16 * 60, closing=False)).events == []
    played = course.at(OPENS + timedelta(hours=3), NotePulse(21 * 60, closing=False))
    assert said(played) == [VoteExtended]
    assert [each.command for each in played.tells] == [ExtendBox(CLOSES + timedelta(minutes=20))] * 2
    assert course.at(CLOSES, CloseVote()).calls == []
    course.at(CLOSES + timedelta(minutes=20), CloseVote())
    assert said(course.at(CLOSES + timedelta(minutes=20), NotePulse(60, closing=True))) == [VoteClosed]


def test_where_ballots_were_taken_there_was_no_outage() -> None:
    course = Course().opened()
    course.at(OPENS + timedelta(hours=3), NoteTurnout(1, 1))
    assert course.at(OPENS + timedelta(hours=3, minutes=5), NotePulse(3_600, closing=False)).events == []


def test_an_official_extends_for_a_silence_alone() -> None:
    course = Course().opened()
    hour = timedelta(hours=1)
    for at in (0.1, 0.2, 0.3, 2, 2.1):
        course.at(OPENS + at * hour, NoteTurnout(1, 1))
    course.now = OPENS + 3 * hour

    def extend(since: float, until: float) -> str:
        return code(course(OTHER, ExtendVote(OPENS + since * hour, OPENS + until * hour, "Cut off."), ["official"]))

    assert extend(0.5, 0.6) == "outage_too_short"
    assert extend(2.5, 3.5) == "outage_ahead"
    assert extend(0.2, 1.5) == "outage_unseen"
    assert extend(0.5, 1.5) == ""
    assert course.state.closes_at == CLOSES + hour
    assert extend(0.5, 1.5) == "outage_unseen"
