"""A member is gone: where they stood is nobody; ballots stay; nobody votes for them, nor they for others."""

from datetime import timedelta

from diramoja.plugins.member.contracts import MemberLeaving
from diramoja.plugins.member.forgetting_contracts import FORMER, ForgetMember
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.vote.agent import vote
from diramoja.plugins.vote.ballot_box_state import BallotBox, ballot_box
from diramoja.plugins.vote.contracts import FileObjection
from diramoja.plugins.vote.delegation_state import Delegation, Delegations, Trust, delegation
from diramoja.plugins.vote.forgetting import FindDelegators, TellDelegators, after_leaving
from diramoja.plugins.vote.state import AuditEntry, Objection
from diramoja.testing.play import play
from tests.support.vote_course import LEADER, MEMBER, NOW, OTHER, Course


def test_a_vote_goes_on_without_the_name_of_who_made_it() -> None:
    course = Course().scheduled()
    course(MEMBER, FileObjection("obj_1", "missing", MEMBER, "My dues are paid."))
    rows = tuple((each.wire_name, each.key) for each in course.agent.all_rows(AuditEntry))
    course.agent.take(ForgetMember(LEADER, "keep", rows), now=NOW)
    course.agent.take(ForgetMember(MEMBER, "keep", (("objection", "obj_1"),)), now=NOW)
    objection = course.agent.row(Objection, "obj_1")
    assert objection is not None and (objection.member, objection.filed_by) == (FORMER, FORMER)
    assert (course.state.created_by, course.state.scheduled_by, course.state.phase) == (FORMER, FORMER, "scheduled")
    assert {each.by for each in course.agent.all_rows(AuditEntry)} == {FORMER, ""}
    assert vote.handler("forget_member", "draft") is not None


def test_ballots_stay_as_they_were_cast() -> None:
    played = play(ballot_box, BallotBox(phase="open"), ForgetMember(MEMBER, "keep", (("ballot", MEMBER),)))
    assert (played.state.phase, played.puts, played.removes) == ("open", [], [])


def test_who_counts_on_a_delegate_is_told_as_soon_as_they_leave() -> None:
    at = NOW + timedelta(days=14)
    [(agent, seek)] = after_leaving(MemberLeaving(MEMBER, at))
    asked = play(delegation, Delegations(phase="open"), seek, id=agent, has=["notification"])
    assert [each.payload for each in asked.calls] == [FindDelegators(MEMBER, at)]
    found = TellDelegators(MEMBER, at, (("dlg_1", OTHER, "housing"), ("dlg_2", LEADER, "vot_1")))
    played = play(delegation, Delegations(phase="open"), found, id=agent, has=["notification"])
    notices = [(each.agent, each.command.kind) for each in played.tells if isinstance(each.command, Notify)]
    assert notices == [(OTHER, "vote.delegate_leaving"), (LEADER, "vote.delegate_leaving")]
    assert [each.payload for each in played.calls] == [FindDelegators(MEMBER, at, "dlg_2")]
    assert (played.puts, played.removes) == ([], [])


def test_who_leaves_and_comes_back_all_day_long_is_told_of_once_a_day() -> None:
    keys = []
    for later in (timedelta(), timedelta(minutes=5), timedelta(days=1)):
        found = TellDelegators(MEMBER, NOW + timedelta(days=14) + later, (("dlg_1", OTHER, "housing"),))
        (told,) = play(delegation, Delegations(phase="open"), found, has=["notification"]).tells
        assert isinstance(told.command, Notify)
        keys.append(told.command.key)
    assert keys[0] == keys[1] != keys[2]


def test_delegations_of_and_to_whoever_is_gone_end() -> None:
    def made(id: str, member: str, delegate: str) -> Delegation:
        return Delegation(id, member, delegate, "housing", "category", (), NOW, NOW + timedelta(days=9))

    own, to, other = made("1", MEMBER, OTHER), made("2", OTHER, MEMBER), made("3", OTHER, LEADER)
    rows = [own, to, other, Trust(MEMBER, (own,)), Trust(OTHER, (to, other))]
    named = (("delegation", "1"), ("delegation", "2"), ("trust", MEMBER), ("trust", OTHER))
    forget = ForgetMember(MEMBER, "keep", named)
    played = play(delegation, Delegations(phase="open"), forget, rows=rows, has=["notification"])
    (told,) = played.tells
    assert isinstance(told.command, Notify)
    assert (told.agent, told.command.kind, told.command.values) == (OTHER, "vote.delegate_gone", {"scope": "housing"})
    assert played.puts == [Trust(OTHER, (other,))]
    assert {(each.collection, each.key) for each in played.removes} == {
        (Delegation, "1"),
        (Delegation, "2"),
        (Trust, MEMBER),
    }
