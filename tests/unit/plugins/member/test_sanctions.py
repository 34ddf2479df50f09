"""Restrictions and suspensions by people: with a term, back when it ends or an appeal is granted."""

from datetime import datetime, timedelta
from typing import Literal

import attrs
import pytest

from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import (
    Join,
    LiftSanction,
    MemberRestored,
    MemberRestricted,
    SubmitPost,
    TakeSanction,
)
from diramoja.plugins.member.hooks import register_plugin
from diramoja.plugins.member.sanctions import EndSanction, NoteFlag, on_action, on_appeal, on_warning
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import Member, Sanction
from diramoja.plugins.moderator.case_contracts import Action, ActionTaken, AppealDecided, WarningIssued
from diramoja.testing.play import play
from diramoja.testing.runtime import Runtime

MEMBERS = attrs.evolve(register_plugin(), views=[])
SETTINGS = MemberSettings()


@pytest.fixture
def stage(runtime: Runtime) -> Runtime:
    runtime.deploy(MEMBERS)
    runtime.send(member, "mem_a", Join("amina"), sender="")
    return runtime


def take(stage: Runtime, id: str, action: str, days: int | None) -> None:
    ends = None if days is None else stage.in_(days=days)
    stage.send(member, "mem_a", TakeSanction(id, action, "It was hateful.", ends), sender="")  # type: ignore[arg-type]


def lift(stage: Runtime, id: str) -> None:
    stage.send(member, "mem_a", LiftSanction(id), sender="")


def amina(stage: Runtime) -> Member:
    return stage.state(member, "mem_a")


def refusal(stage: Runtime) -> str:
    answer = stage.send(member, "mem_a", SubmitPost("top_1", "pst_1", "hello"), sender="mem_a", settle=True)
    return answer.reject.code if answer.reject else ""


def test_a_restriction_ends_with_its_term(stage: Runtime) -> None:
    take(stage, "san_1", "restrict", 3)
    assert (amina(stage).phase, refusal(stage)) == ("restricted", "restricted")
    stage.advance(days=2)
    assert amina(stage).phase == "restricted"
    stage.advance(days=1)
    assert amina(stage).phase == "active" and amina(stage).in_force == ()
    assert [event.phase for event in stage.events(MemberRestricted)] == ["restricted"]
    assert stage.events(MemberRestored) == [MemberRestored("mem_a", "san_1", "term")]


def test_the_same_decision_told_twice_counts_once(stage: Runtime) -> None:
    for _ in range(2):
        take(stage, "san_1", "suspend", 3)
    assert (amina(stage).bad, len(amina(stage).in_force)) == (8.0, 1)


def test_the_strongest_of_several_holds_and_the_next_when_it_ends(stage: Runtime) -> None:
    take(stage, "san_1", "restrict", 10)
    take(stage, "san_2", "suspend", 3)
    assert amina(stage).phase == "suspended"
    stage.advance(days=4)
    assert amina(stage).phase == "restricted" and stage.events(MemberRestored) == []
    stage.advance(days=7)
    assert amina(stage).phase == "occasional"
    assert [event.sanction for event in stage.events(MemberRestored)] == ["san_1"]


def test_a_ban_has_no_term_and_ends_by_an_appeal(stage: Runtime) -> None:
    take(stage, "san_1", "ban", None)
    stage.advance(days=1_000)
    assert amina(stage).phase == "suspended"
    lift(stage, "san_1")
    assert amina(stage).phase == "dormant"
    assert stage.events(MemberRestored) == [MemberRestored("mem_a", "san_1", "appeal")]


@pytest.mark.parametrize(
    ("action", "weight"), [("remove", 2), ("restrict", 4), ("suspend", 8), ("ban", 8), ("hide", 0)]
)
def test_a_decision_weighs_and_an_overturned_one_takes_it_back(stage: Runtime, action: str, weight: float) -> None:
    take(stage, "san_0", "remove", None)
    take(stage, "san_1", action, 60)
    assert amina(stage).bad == pytest.approx(2 + weight)
    stage.advance(days=30)
    lift(stage, "san_1")
    lift(stage, "san_1")
    assert amina(stage).bad * 2 ** (0 if weight else -30 / 180) == pytest.approx(2 * 2 ** (-30 / 180))


def test_a_term_that_ended_is_not_ended_again_by_an_appeal_but_the_weight_goes(stage: Runtime) -> None:
    take(stage, "san_1", "restrict", 3)
    stage.advance(days=4)
    lift(stage, "san_1")
    assert amina(stage).bad == pytest.approx(0, abs=1e-9)
    assert len(stage.events(MemberRestored)) == 1


def test_a_warning_lapses_and_counts_while_it_is_in_force(stage: Runtime) -> None:
    take(stage, "san_1", "warn", 180)
    take(stage, "san_2", "warn", 200)
    assert (amina(stage).warnings, amina(stage).phase, amina(stage).bad) == (2, "active", 0)
    lift(stage, "san_2")
    stage.advance(days=181)
    assert amina(stage).warnings == 0


def test_sanctions_are_forgotten_a_year_after_their_term(stage: Runtime) -> None:
    take(stage, "san_1", "restrict", 3)
    take(stage, "san_2", "remove", None)
    stage.advance(days=360)
    assert stage.row(member, "mem_a", Sanction, "san_1")
    stage.advance(days=20)
    assert [stage.row(member, "mem_a", Sanction, id) for id in ("san_1", "san_2")] == [None, None]
    assert not [name for _, _, name in stage.records.reminders if name.startswith(("end:", "forget:"))]


def test_the_member_is_told_when_it_is_over(now: datetime) -> None:
    row = Sanction("san_1", "restrict", "why", now - timedelta(days=3), now, 4.0)
    force = TakeSanction("san_1", "restrict", "why", now)
    state = play(member, Member(phase="active"), force, now=now - timedelta(days=3), settings=[SETTINGS]).state
    ended = play(
        member, state, EndSanction("san_1"), id="mem_a", rows=[row], now=now, settings=[SETTINGS], has=["notification"]
    )
    assert [(told.agent, told.command.kind) for told in ended.tells] == [("mem_a", "member.restored")]  # type: ignore[attr-defined]


def action(kind: Action, by: Literal["person", "software"] = "person", sanction: str = "san_1") -> ActionTaken:
    return ActionTaken("cas_1", "top_1", "pst_1", "mem_a", kind, "respect", "1", "why", by, sanction)


def test_what_is_heard_of_moderation() -> None:
    assert on_action(action("restrict")) == [("mem_a", TakeSanction("san_1", "restrict", "why"))]
    assert on_action(action("remove", sanction="")) == [("mem_a", TakeSanction("cas_1", "remove", "why"))]
    assert on_action(action("publish")) == on_action(action("warn")) == on_action(action("publish", "software")) == []
    assert on_action(action("hide", "software")) == [("mem_a", NoteFlag())]


def test_warnings_and_appeals_are_heard(now: datetime) -> None:
    warning = WarningIssued("san_1", "mem_a", "respect", "1", "why", now, now)
    assert on_warning(warning) == [("mem_a", TakeSanction("san_1", "warn", "why", now))]
    decided = AppealDecided("cas_1", "san_1", "mem_a", "remove", granted=True, reason="It was a quotation.")
    assert on_appeal(decided) == [("mem_a", LiftSanction("san_1"))]
    assert on_appeal(decided.but(granted=False)) == []
