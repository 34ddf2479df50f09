"""Joining, profile, privacy, consents, level and standing; what members write on its way to topics."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET

from diramoja.core import Command, Tell
from diramoja.core.errors import InvalidError
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.body_contracts import BodyRole, Seat
from diramoja.plugins.member.contracts import (
    AnswerPromotion,
    ConsentChanged,
    ContentReported,
    CountPost,
    Join,
    LevelChanged,
    MemberView,
    Privacy,
    PrivacyChange,
    ReportContent,
    SetConsents,
    SetMembership,
    StandingChanged,
    StateChanged,
    SubmitEdit,
    SubmitPost,
    SubmitShare,
    SubmitTopic,
    UpdateProfile,
    WeighReport,
    check_region,
)
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import Consent, InForce, Member, MembershipChange
from diramoja.plugins.member.views import ConsentsView, ConsentView, NoteSeat
from diramoja.plugins.moderator.contracts import Evidence, FileReport, Report
from diramoja.plugins.topic.contracts import EditPost, OpenTopic, ReportPost, SharePost, TakePost
from diramoja.testing.play import Played, play

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACTIVE = Member(phase="active", username="amina", region="north", last_active_at=NOW, weighed_at=NOW)
SETTINGS = MemberSettings()


def told(state: Member, command: Command, *, sender: str = "mem_a", **more: Any) -> Played[Member]:
    return play(member, state, command, id="mem_a", sender=sender, settings=[more.pop("with_", SETTINGS)], **more)


def test_joining_makes_a_supporter_and_again_changes_nothing() -> None:
    joined = told(Member(), Join("amina", ("healthcare",), "north"), sender="")
    assert (joined.state.membership_level, joined.state.region, joined.status) == ("supporter", "north", 201)
    again = told(joined.state, Join("amina"))
    assert (again.state, again.events) == (joined.state, [])


def test_a_region_is_one_of_the_deployment_or_none() -> None:
    assert told(Member(), Join("amina", region="atlantis")).state.region == ""
    unknown = told(ACTIVE, UpdateProfile(region="atlantis"))
    assert unknown.reject and (unknown.reject.code, unknown.reject.status) == ("region_unknown", 400)
    assert told(ACTIVE, UpdateProfile(region="")).state.region == ""
    check_region("", SETTINGS)
    check_region("nairobi", SETTINGS)
    with pytest.raises(InvalidError, match="no such region"):
        check_region("atlantis", SETTINGS)


def test_a_profile_is_changed_by_its_member_only_and_what_is_not_given_stays() -> None:
    changed = told(ACTIVE, UpdateProfile(interests=("economy",)))
    assert (changed.state.interests, changed.state.region) == (("economy",), "north")
    refused = told(ACTIVE, UpdateProfile(region="south"), sender="mem_b")
    assert refused.reject and refused.reject.status == 403


def test_privacy_is_changed_part_by_part() -> None:
    first = told(ACTIVE, UpdateProfile(privacy=PrivacyChange(region="nobody")))
    then = told(first.state, UpdateProfile(privacy=PrivacyChange(activity="everyone")))
    assert then.state.privacy == Privacy(region="nobody", activity="everyone")
    assert isinstance(then.reply, MemberView) and then.reply.privacy == then.state.privacy


def test_a_consent_keeps_the_time_when_it_was_given_and_is_published_once() -> None:
    given = told(ACTIVE, SetConsents(campaign=True), now=NOW)
    assert given.events == [ConsentChanged("mem_a", "campaign", is_given=True)]
    again = told(ACTIVE, SetConsents(campaign=True, connect=False), rows=given.puts, now=NOW + timedelta(days=9))
    assert again.puts == [Consent("connect", is_given=False, at=NOW + timedelta(days=9))]
    assert again.reply == ConsentsView(
        ConsentView(is_given=True, at=NOW), ConsentView(at=NOW + timedelta(days=9)), ConsentView()
    )
    assert told(ACTIVE, SetConsents(campaign=True), sender="mem_b").reject


def test_level_and_standing_change_with_a_reason_that_is_kept() -> None:
    after = told(ACTIVE, SetMembership("dues", level="member", standing="arrears"), sender="mem_off", now=NOW)
    assert after.events == [LevelChanged("mem_a", "member", "dues"), StandingChanged("mem_a", "arrears", "dues")]
    change = MembershipChange("mem_a:1", NOW, "mem_off", "member", "arrears", verified=False, reason="dues")
    assert after.puts == [change]
    again = told(after.state, SetMembership("again", level="member"), sender="mem_off")
    assert (again.events, again.puts) == ([], [])
    assert isinstance(after.reply, MemberView) and after.reply.standing == "arrears"
    kept = (after.reply.age_group, after.reply.privacy, after.reply.moderation, after.reply.activity)
    assert kept == (UNSET,) * 4
    verified = told(after.state, SetMembership("seen the papers", verified=True), sender="mem_off")
    assert verified.state.verified and [row.key for row in verified.puts] == ["mem_a:2"]


def test_nobody_sets_their_own_level() -> None:
    own = told(ACTIVE, SetMembership("me", level="official"), roles=["membership_officer"])
    assert own.reject and (own.reject.code, own.reject.status) == ("own_membership", 403)


def test_an_offer_is_taken_declined_or_not_there_and_an_officers_grant_ends_it() -> None:
    offered = ACTIVE.but(promotion="offered", membership_level="member")
    taken = told(offered, AnswerPromotion(accept=True))
    assert isinstance(taken.reply, MemberView) and taken.reply.recognised
    assert taken.state.membership_level == "member"
    assert told(taken.state, AnswerPromotion(accept=False)).state.promotion == "none"
    missing = told(ACTIVE, AnswerPromotion(accept=True))
    assert missing.reject and missing.reject.code == "promotion_missing"
    assert told(offered, AnswerPromotion(accept=True), sender="mem_b").reject
    granted = told(taken.state, SetMembership("asked", level="active_member"), sender="mem_off")
    assert (granted.state.membership_level, granted.state.promotion) == ("active_member", "none")


@pytest.mark.parametrize(("role", "seats"), [("chair", (Seat("bod_1", "chair"),)), (None, ())])
def test_a_body_says_who_is_in_it(role: BodyRole | None, seats: tuple[Seat, ...]) -> None:
    seated = ACTIVE.but(seats=(Seat("bod_1", "member"),))
    assert told(seated, NoteSeat("bod_1", role), sender="bod_1").state.seats == seats


# --- what they write ---


def test_a_post_goes_on_to_its_topic_with_the_author_and_the_answer() -> None:
    after = told(ACTIVE, SubmitPost("top_1", "pst_1", "hello"))
    [sent] = after.tells
    assert (sent.kind, sent.agent, sent.answers) == ("topic", "top_1", True)
    assert sent.command == TakePost("pst_1", "mem_a", "hello", None, ACTIVE.member_since)


def test_the_second_post_of_a_day_changes_nothing_of_its_author() -> None:
    first = told(ACTIVE.but(phase="dormant", last_active_at=NOW - timedelta(days=100)), SubmitPost("t", "p", "x"))
    assert first.state.phase == "active" and first.events == [StateChanged("mem_a", "active", "Active again.")]
    assert told(first.state, SubmitPost("t", "p", "x")).state is first.state


def test_shares_and_edits_go_on_to_the_topic_of_the_post_unless_restricted() -> None:
    [shared] = told(ACTIVE, SubmitShare("top_1", "pst_1", "pst_2", "top_2", "Look")).tells
    assert (shared.agent, shared.answers) == ("top_1", True)
    assert shared.command == SharePost("pst_1", "pst_2", "top_2", "mem_a", "Look", member_since=ACTIVE.member_since)
    [edited] = told(ACTIVE, SubmitEdit("top_1", "pst_1", "better")).tells
    assert edited.command == EditPost("pst_1", "mem_a", "better")
    force = InForce("san_1", "restricted", None, "Spam.")
    for command in (SubmitShare("top_1", "pst_1", "pst_2", "top_2"), SubmitEdit("top_1", "pst_1", "better")):
        refused = told(ACTIVE.but(phase="restricted", in_force=(force,)), command)
        assert refused.reject and refused.reject.code == "restricted"


@pytest.mark.parametrize(("sender", "standing"), [("mem_b", "good"), ("mem_a", "suspended_by_body")])
def test_nobody_posts_for_another_or_while_suspended(sender: str, standing: str) -> None:
    for command in (SubmitPost("top_1", "pst_1", "hello"), ReportContent("top_1", "pst_1", "rep_1", "spam")):
        after = told(ACTIVE.but(standing=standing), command, sender=sender)
        assert after.reject and after.reject.status == 403
        assert after.tells == []


def test_whoever_is_restricted_reads_until_when_and_why_and_may_still_report() -> None:
    until = NOW + timedelta(days=3)
    state = ACTIVE.but(phase="restricted", in_force=(InForce("san_1", "restricted", until, "It attacked people."),))
    refused = told(state, SubmitPost("top_1", "pst_1", "hello"))
    assert refused.reject and (refused.reject.code, refused.reject.status) == ("restricted", 403)
    assert refused.reject.detail == "You are restricted until 04 January 2026, 00:00 UTC: It attacked people."
    assert told(state, ReportContent("top_1", "pst_1", "rep_1", "spam")).tells
    assert told(state, SubmitPost("top_1", "pst_1", "hello"), now=until).tells
    banned = state.but(phase="suspended", in_force=(InForce("san_2", "suspended", None, "Threats."),))
    report = told(banned, ReportContent("top_1", "pst_1", "rep_1", "spam"))
    assert report.reject and report.reject.detail == "You are suspended without a term: Threats."


def test_a_topic_goes_on_with_its_creator_unless_suspended() -> None:
    command = SubmitTopic("top_1", "Clinics", "Where?", "healthcare", ("a",), policy_proposal=True)
    [sent] = told(ACTIVE, command).tells
    assert (sent.agent, sent.answers) == ("top_1", True)
    assert sent.command == OpenTopic("Clinics", "Where?", "healthcare", ("a",), policy_proposal=True)
    suspended = told(ACTIVE.but(standing="suspended_by_body"), command)
    assert suspended.reject and suspended.reject.code == "suspended"


def test_a_report_goes_on_with_its_weight_and_is_published_without_its_reporter() -> None:
    old = ACTIVE.but(member_since=NOW - timedelta(days=30), report_outcomes="cc")
    after = told(old, ReportContent("top_1", "pst_1", "rep_1", "spam", "again and again"))
    [sent] = after.tells
    assert sent.command == ReportPost("rep_1", "pst_1", "spam", "again and again", 0.25 + 0.75 * 3 / 4, "north")
    assert sent.answers and after.events == [ContentReported("top_1", "pst_1", "spam")]


def test_a_report_of_a_message_is_weighed_for_its_reporter_alone() -> None:
    old = ACTIVE.but(member_since=NOW - timedelta(days=30), report_outcomes="cc")
    evidence = Evidence("con_1", "msg_1", "mem_b", "You fool", place="conversation")
    weigh = WeighReport(Report("rep_1", "mem_a", "spam", "", takes_part=True), evidence)
    after = told(old, weigh, sender="con_1", told_by="conversation")
    weighed = Report("rep_1", "mem_a", "spam", "", 0.25 + 0.75 * 3 / 4, "north", takes_part=True)
    assert after.tells == [Tell("screening", "con_1", FileReport(weighed, evidence), answers=True)]
    for reporter, told_by in (("mem_a", ""), ("mem_b", "conversation")):
        report = WeighReport(Report("rep_1", reporter, "spam", ""), evidence)
        refused = told(old, report, sender="con_1", told_by=told_by).reject
        assert refused is not None and refused.status == 403


def test_low_reputation_limits_posts_a_day_and_the_next_day_is_a_new_one() -> None:
    state, limited = ACTIVE.but(bad=30.0), MemberSettings(low_reputation_posts_per_day=2)
    for _ in range(2):
        state = told(state, SubmitPost("t", "p", "x"), with_=limited).state
    refused = told(state, SubmitPost("t", "p", "x"), with_=limited)
    assert refused.reject and (refused.reject.code, refused.reject.status) == ("posts_limited", 429)
    assert told(state, SubmitPost("t", "p", "x"), with_=limited, now=NOW + timedelta(days=1)).tells
    assert told(ACTIVE, CountPost("p", is_reply=True)).state.comments == 1
