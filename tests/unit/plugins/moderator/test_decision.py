from datetime import datetime, timedelta

import pytest

from diramoja.core import RemindAfter, RemindAt, Tell
from diramoja.plugins.moderator.case import case
from diramoja.plugins.moderator.case_contracts import (
    Action,
    ActionTaken,
    CaseEscalated,
    CaseOrigin,
    ClaimCase,
    CountRelease,
    DecideCase,
    ForgetSanction,
    JoinCase,
    OpenCase,
    PostAction,
    WarningIssued,
)
from diramoja.plugins.moderator.case_state import Case, Exhibit, Reported, Reporters, Sanction
from diramoja.plugins.moderator.contracts import EndCase, Evidence, Report
from diramoja.plugins.moderator.decision import ForgetCase
from diramoja.plugins.moderator.settings import ModerationSettings
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.topic.contracts import ModeratePost
from diramoja.testing.play import Played
from tests.support.lone_agent import LoneAgent

OFFICIAL = ("moderator", "official")
FORGET_CASE = RemindAfter(timedelta(days=365), ForgetCase())


def opened(origin: CaseOrigin = "report", toxicity: float = 0.0) -> LoneAgent[Case]:
    agent = LoneAgent(case, "cas_1", has=["notification"], settings=[ModerationSettings()])
    matter = "pst_1:mem_b" if origin == "sharing" else ""
    evidence = Evidence("top_1", "pst_1", "mem_b", "Here.")
    agent.take(OpenCase(origin, evidence, "Tone.", toxicity, matter=matter))
    return agent


def decision(action: Action, **more: object) -> DecideCase:
    return DecideCase(action, "respect", "2026-01", "It attacks a person.").but(**more)


def refusal(played: Played[Case]) -> tuple[str, int] | None:
    return (played.reject.code, played.reject.status) if played.reject else None


def posted(agent: LoneAgent[Case]) -> list[PostAction]:
    return [each.command.action for each in agent.tells if isinstance(each.command, ModeratePost)]


def notices(agent: LoneAgent[Case], member: str) -> list[Notify]:
    told = [each.command for each in agent.tells if (each.kind, each.agent) == ("inbox", member)]
    return [each for each in told if isinstance(each, Notify)]


def test_a_warning_lapses_and_can_be_appealed(now: datetime) -> None:
    agent = opened()
    agent.take(decision("warn"), sender="mem_m")
    [taken], [warning], [sanction] = agent.said(ActionTaken), agent.said(WarningIssued), agent.all_rows(Sanction)
    assert (taken.action, taken.by, taken.author, taken.sanction) == ("warn", "person", "mem_b", sanction.id)
    assert warning.lapses_at == taken.ends_at == sanction.ends_at == now + timedelta(days=180)
    assert warning.appeal_until == taken.appeal_until == sanction.appeal_until == now + timedelta(days=14)
    assert posted(agent) == []
    [notice] = notices(agent, "mem_b")
    assert notice.notice_class == "statutory"
    assert notice.text.format(**notice.values) == (
        "Moderators warned you (rule: Respect people). It attacks a person. The warning lapses on 2026-06-30."
        " You can appeal until 2026-01-15."
    )


@pytest.mark.parametrize(
    ("origin", "action", "post_action", "done"),
    [
        ("report", "publish", None, ["publish"]),
        ("report", "hide", None, ["hide"]),
        ("report", "warn", None, []),
        ("report", "warn", "remove", ["remove"]),
        ("held", "warn", None, ["remove"]),
        ("held", "warn", "publish", ["publish"]),
        ("sharing", "publish", None, []),
        ("sharing", "warn", None, []),
    ],
)
def test_what_becomes_of_the_post(
    origin: CaseOrigin, action: Action, post_action: PostAction | None, done: list[PostAction]
) -> None:
    agent = opened(origin)
    agent.take(decision(action, post_action=post_action), sender="mem_m")
    assert agent.state.phase == "decided" and posted(agent) == done
    matter = "pst_1:mem_b" if origin == "sharing" else "pst_1"
    assert Tell("screening", "top_1", EndCase(matter)) in agent.tells


@pytest.mark.parametrize("action", ["restrict", "suspend"])
@pytest.mark.parametrize(
    ("days", "code"), [(None, "term_invalid"), (0, "term_invalid"), (366, "term_invalid"), (7, None)]
)
def test_a_restriction_has_a_term(now: datetime, action: Action, days: int | None, code: str | None) -> None:
    ends = None if days is None else now + timedelta(days=days)
    agent = opened()
    refused = refusal(agent.take(decision(action, term_ends=ends), sender="mem_m"))
    assert (refused and refused[0]) == code
    if code is None:
        assert agent.said(ActionTaken)[0].ends_at == ends


@pytest.mark.parametrize(
    ("origin", "given", "code"),
    [
        ("report", decision("remove", rule="nothing"), "rule_unknown"),
        ("report", decision("remove", guidelines_version="1999"), "guidelines_version_unknown"),
        ("report", decision("remove", post_action="publish"), "action_unfit"),
        ("report", decision("remove", bad_faith=True), "action_unfit"),
        ("sharing", decision("remove"), "action_unfit"),
        ("sharing", decision("warn", post_action="hide"), "action_unfit"),
    ],
)
def test_what_does_not_go_together_is_refused(origin: CaseOrigin, given: DecideCase, code: str) -> None:
    agent = opened(origin)
    assert refusal(agent.take(given, sender="mem_m")) == (code, 400)
    assert agent.state.phase == "open" and agent.said(ActionTaken) == []


def test_a_term_on_anything_else_is_refused(now: datetime) -> None:
    refused = opened().take(decision("warn", term_ends=now + timedelta(days=1)), sender="mem_m")
    assert refusal(refused) == ("term_invalid", 400)


def test_a_ban_takes_two_officials() -> None:
    agent = opened()
    assert refusal(agent.take(decision("ban"), sender="mem_m", roles=["moderator"])) == ("not_official", 403)
    agent.take(ClaimCase(), sender="mem_o")
    played = agent.take(decision("ban"), sender="mem_o", roles=OFFICIAL)
    assert agent.state.phase == "escalated" and agent.said(ActionTaken) == []
    assert isinstance(played.events[0], CaseEscalated) and played.tells == [
        Tell("moderator", "mem_o", CountRelease("cas_1"))
    ]
    for command in (decision("ban"), decision("publish"), ClaimCase()):
        assert refusal(agent.take(command, sender="mem_o", roles=OFFICIAL)) == ("recused", 403)
    assert refusal(agent.take(decision("ban"), sender="mem_m", roles=["moderator"])) == ("not_official", 403)
    banned = agent.take(decision("ban"), sender="mem_q", roles=OFFICIAL)
    [taken] = agent.said(ActionTaken)
    assert (taken.action, taken.ends_at) == ("ban", None)
    assert banned.reminders == [FORGET_CASE]
    assert agent.state.took_part == ("mem_o", "mem_q") and agent.state.decided_by == "mem_q"


def test_a_second_official_may_decide_otherwise() -> None:
    agent = opened()
    agent.take(decision("ban"), sender="mem_o", roles=OFFICIAL)
    agent.take(decision("warn"), sender="mem_q", roles=OFFICIAL)
    assert [each.action for each in agent.said(ActionTaken)] == ["warn"]


def test_what_software_hid_is_superseded_or_lifted_by_people(now: datetime) -> None:
    for action, state in (("publish", "lifted"), ("remove", "superseded")):
        agent = opened("hidden", 0.95)
        [before] = agent.all_rows(Sanction)
        assert (before.by, before.action, before.state) == ("software", "hide", "standing")
        agent.take(decision(action), sender="mem_m", now=now + timedelta(hours=1))  # type: ignore[arg-type]
        after = agent.row(Sanction, before.id)
        assert after is not None and after.state == state
        assert len(agent.all_rows(Sanction)) == (1 if action == "publish" else 2)


def test_a_sanction_is_forgotten_a_year_after_its_term(now: datetime) -> None:
    agent = opened()
    played = agent.take(decision("restrict", term_ends=now + timedelta(days=7)), sender="mem_m")
    [sanction] = agent.all_rows(Sanction)
    forget = RemindAt(now + timedelta(days=372), ForgetSanction(sanction.id), f"forget:{sanction.id}")
    assert played.reminders == [forget, FORGET_CASE]
    assert agent.take(ForgetCase()).reminders == [RemindAfter(timedelta(days=30), ForgetCase())]
    assert agent.all_rows(Exhibit) and agent.state.author == "mem_b"
    agent.take(forget.command)
    assert agent.all_rows(Sanction) == [] and agent.state.phase == "decided"


def test_a_case_forgets_texts_reporters_and_names_once_no_sanction_is_kept() -> None:
    agent = opened()
    for number in range(101):
        agent.take(JoinCase(Report(f"rep_{number}", f"mem_r{number}", "spam", "My words"), "Here."))
    agent.take(decision("publish"), sender="mem_m")
    assert (len(agent.all_rows(Reported)), len(agent.all_rows(Reporters))) == (101, 2)
    pages = [ForgetCase()]
    for command in pages:
        played = agent.take(command)
        pages += [tell.command for tell in played.tells if isinstance(tell.command, ForgetCase)]
    assert pages == [ForgetCase(0), ForgetCase(1), ForgetCase(2)]
    assert (agent.rows, agent.state.author, agent.state.decided_by, agent.state.took_part) == ({}, "", "", ())
    assert (agent.state.action, agent.state.phase) == ("publish", "decided")


def test_the_author_is_told_that_a_held_post_is_published() -> None:
    agent = opened("held", 0.7)
    agent.take(decision("publish"), sender="mem_m")
    assert [each.kind for each in notices(agent, "mem_b")] == ["moderation.post.published"]
    quiet = opened("report")
    quiet.take(decision("publish"), sender="mem_m")
    assert notices(quiet, "mem_b") == []
