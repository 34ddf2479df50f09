"""A vote played through before it is opened."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from diramoja.core.errors import InvalidError
from diramoja.plugins.member.contracts import MemberSettings
from diramoja.plugins.vote.agent import vote
from diramoja.plugins.vote.contracts import ScheduleVote
from diramoja.plugins.vote.preview import PLATFORM, lines_of, majority_of, preview_of
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import Vote
from diramoja.plugins.vote.statutes import Motion, Statute
from diramoja.plugins.vote.words import BodySeat, RollRule, Terms
from diramoja.testing.play import Played, play

MAY = datetime(2026, 5, 1, tzinfo=UTC)
TERMS = Terms(
    vote_type="binding_vote",
    majority="two_thirds",
    quorum_ratio=0.3,
    options=2,
    opens_at=MAY + timedelta(days=14),
    closes_at=MAY + timedelta(days=21),
    roll=RollRule(regions=("north",), member_days=90),
)
STATUTES = (
    Statute(article="§ 7", notice_days=14, called_by=("official",)),
    Statute(article="§ 8", vote_types=("binding_vote",), quorum_ratio=0.5),
)


def motion(role: str = "official", **terms: Any) -> Motion:
    return Motion(TERMS.but(**terms), MAY, frozenset({role}))


def test_the_phases_come_with_their_dates() -> None:
    preview = preview_of("Clinics", motion(), 400, VoteSettings())
    assert [(step.phase, step.at - MAY) for step in preview.steps] == [
        ("scheduled", timedelta(0)),
        ("", timedelta(days=13)),
        ("open", timedelta(days=14)),
        ("closing_soon", timedelta(days=20, hours=7.2)),
        ("", timedelta(days=20, hours=18)),
        ("closed", timedelta(days=21)),
        ("results_published", timedelta(days=21)),
        ("", timedelta(days=24)),
    ]


def test_quorum_and_majority_are_in_ballots() -> None:
    preview = preview_of("Clinics", motion(), 400, VoteSettings())
    assert (preview.roll_size, preview.quorum_needed) == (400, 120)
    assert (preview.majority_at_quorum, preview.majority_of_all) == (80, 267)


@pytest.mark.parametrize(
    ("majority", "valid", "needed"),
    [("plurality", 10, 6), ("absolute", 11, 6), ("two_thirds", 9, 6), ("two_thirds", 10, 7), ("of_roll", 10, 21)],
)
def test_a_majority_is_enough_and_one_less_is_not(majority: Any, valid: int, needed: int) -> None:
    assert majority_of(majority, valid, 40) == needed


def test_each_rule_passes_or_fails_by_its_article() -> None:
    preview = preview_of("Clinics", motion(), 400, VoteSettings(statutes=STATUTES))
    assert [(each.article, each.rule, each.is_met) for each in preview.rules] == [
        (PLATFORM, "terms", True),
        ("§ 7", "called_by", True),
        ("§ 7", "notice", True),
        ("§ 8", "quorum", False),
    ]
    assert not preview.is_allowed
    text = lines_of(preview)
    assert "  FAIL  § 8: a quorum of at least 0.5, not 0.3" in text
    assert "  2026-05-15 00:00 UTC  open               Ballots are taken; everybody on the roll is told." in text
    assert "            only in the regions north" in text
    assert text[-1] == "It would be refused."


def test_what_the_platform_itself_refuses_is_said_too() -> None:
    preview = preview_of("Clinics", motion(opens_at=None, closes_at=None), 0, VoteSettings())
    (finding,) = preview.rules
    assert (finding.article, finding.rule, finding.is_met) == (PLATFORM, "opens_in_the_past", False)
    assert [step.phase for step in preview.steps] == ["scheduled"]


def test_all_that_the_platform_refuses_is_said() -> None:
    terms = {"voting_method": "score", "tie_rule": "casting_vote", "casting_member": "mem_x"}
    unfit = [InvalidError("score cannot test this.", code="method_unfit")]
    preview = preview_of("Clinics", motion("member", **terms), 31, VoteSettings(), unfit=unfit)
    assert [each.rule for each in preview.rules] == ["not_leader", "method_unfit", "casting_member_unfit"]
    assert not preview.is_allowed


def test_a_roll_with_nobody_on_it_is_pointed_out() -> None:
    said = lines_of(preview_of("Clinics", motion(), 0, VoteSettings()))
    assert "            Nobody could vote: look at the regions and bodies." in said


def test_a_vote_without_a_quorum_and_without_statutes_may_be_scheduled() -> None:
    preview = preview_of("Clinics", motion(quorum_ratio=0.0), 400, VoteSettings())
    assert (preview.is_allowed, preview.quorum_needed, lines_of(preview)[-1]) == (True, 0, "It may be scheduled.")


# --- refused by the vote itself ---


def schedule(command: ScheduleVote, *statutes: Statute, role: str = "official") -> Played[Vote]:
    draft = Vote(phase="draft", title="Clinics", terms=TERMS, created_by="mem_a")
    settings = VoteSettings(statutes=statutes)
    return play(
        vote, draft, command, id="vot_1", sender="mem_a", roles=[role], now=MAY, settings=[settings, MemberSettings()]
    )


def test_a_vote_that_would_break_the_statutes_is_not_scheduled() -> None:
    refused = schedule(ScheduleVote(), *STATUTES).reject
    assert refused is not None
    assert (refused.code, refused.status) == ("against_statutes", 409)
    assert refused.detail == "§ 8: a quorum of at least 0.5, not 0.3."


def test_seats_and_category_are_what_the_route_looked_up() -> None:
    by_board = Statute(article="§ 9", categories=("healthcare",), called_by_bodies=("bod_board",))
    assert schedule(ScheduleVote(category="economy"), by_board).reject is None
    refused = schedule(ScheduleVote(category="healthcare"), by_board).reject
    assert refused is not None
    assert refused.detail == "§ 9: scheduled by body bod_board, not by somebody else."
    seated = ScheduleVote(category="healthcare", seats=(BodySeat("bod_board", "member"),))
    assert schedule(seated, by_board).state.phase == "scheduled"
