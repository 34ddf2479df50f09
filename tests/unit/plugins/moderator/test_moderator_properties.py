"""No sequence of commands leaves the table of phases, and what always holds of a case holds."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from diramoja.core import Command
from diramoja.plugins.member.forgetting_contracts import ForgetMember
from diramoja.plugins.moderator.case import case
from diramoja.plugins.moderator.case_contracts import (
    ActionTaken,
    AppealDecided,
    AppealFiled,
    AskReview,
    ClaimCase,
    DecideAppeal,
    DecideCase,
    EscalateCase,
    FileAppeal,
    JoinCase,
    LapseCase,
    MarkOverdue,
    OpenCase,
    ReleaseCase,
    ReviewCase,
    ReviseCase,
    TellReporters,
    WarningIssued,
)
from diramoja.plugins.moderator.case_state import Appeal, Case, Reported, Sanction
from diramoja.plugins.moderator.contracts import Evidence, Report
from diramoja.plugins.moderator.settings import ModerationSettings
from tests.support.lone_agent import LoneAgent

START = datetime(2026, 1, 1, tzinfo=UTC)
EVIDENCE = Evidence("top_1", "pst_1", "mem_author", "Here.", "mem_addressee")
REPORT = Report("rep_1", "mem_c", "spam", "Ads.")
WAITING = {"open", "claimed", "escalated"}
ALLOWED = {
    "absent": {"open", "escalated"},
    "open": {"claimed", "escalated", "decided"},
    "claimed": {"open", "escalated", "decided"},
    "escalated": {"claimed", "decided"},
    "decided": {"appealed"},
    "appealed": {"confirmed", "overturned"},
    "confirmed": set[str](),
    "overturned": set[str](),
}
PEOPLE = ["mem_author", "mem_addressee", "mem_c", "mem_m", "mem_n", "mem_o"]


def decisions() -> st.SearchStrategy[Command]:
    return st.builds(
        DecideCase,
        st.sampled_from(["publish", "hide", "remove", "warn", "restrict", "suspend", "ban"]),
        st.just("respect"),
        st.just("2026-01"),
        st.just("So."),
        term_ends=st.sampled_from([None, START + timedelta(days=30)]),
        authority=st.sampled_from(["topic", "regional", "global"]),
    )


COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.sampled_from(
        [
            OpenCase("held", EVIDENCE, "Tone.", 0.7),
            OpenCase("hidden", EVIDENCE, "Tone.", 0.95),
            OpenCase("sharing", EVIDENCE, "Shared.", matter="pst_1:mem_author"),
            OpenCase("report", EVIDENCE, "Reported.", report=REPORT),
            JoinCase(REPORT, "Changed."),
            ReviseCase("Worse.", "Tone.", 0.95, 0.5),
            ClaimCase(),
            ClaimCase("global"),
            ReleaseCase(),
            EscalateCase("Not sure."),
            EscalateCase("Not sure.", "regional"),
            TellReporters(0),
            LapseCase(),
            MarkOverdue(),
            ForgetMember("mem_n", "keep", (("reported", "mem_n"),)),
            FileAppeal("last", "No."),
            FileAppeal("last", "No."),
            DecideAppeal("last", granted=True, reason="Yes.", authority="global"),
            DecideAppeal("last", granted=False, reason="No."),
            AskReview(),
            ReviewCase("hide", "respect", "2026-01"),
        ]
    ),
    decisions(),
)


def named(agent: LoneAgent[Case], command: Command) -> Command:
    """With the ids of what the case decided last."""
    sanctions, appeals = agent.all_rows(Sanction), agent.all_rows(Appeal)
    if isinstance(command, FileAppeal):
        return command.but(sanction=sanctions[-1].id if sanctions else "none")
    if isinstance(command, DecideAppeal):
        return command.but(appeal=appeals[-1].id if appeals else "none")
    return command


steps = st.tuples(COMMANDS, st.sampled_from(PEOPLE), st.sampled_from([("moderator",), ("moderator", "official")]))


@settings(max_examples=300, deadline=None)
@given(history=st.lists(steps, max_size=30))
def test_no_sequence_of_commands_leaves_the_table(history: list[tuple[Command, str, tuple[str, ...]]]) -> None:
    agent = LoneAgent(case, "cas_1", settings=[ModerationSettings()])
    for number, (command, sender, roles) in enumerate(history):
        before = agent.state.phase
        now = START + timedelta(minutes=number)
        agent.take(named(agent, command), sender=sender, roles=roles, now=now)
        assert agent.state.phase == before or agent.state.phase in ALLOWED[before]
        assert (agent.state.phase == "claimed") <= (agent.state.claimed_by != "")
    by_people = [taken for taken in agent.said(ActionTaken) if taken.by == "person"]
    decided = agent.state.phase not in {*WAITING, "absent"}
    lapsed = [taken for taken in agent.said(ActionTaken) if taken.by == "software" and taken.action == "publish"]
    assert len(by_people) + len(lapsed) == decided
    assert {taken.action for taken in agent.said(ActionTaken) if taken.by == "software"} <= {"hide", "publish"}
    holds_of_sanctions(agent, by_people)


def holds_of_sanctions(agent: LoneAgent[Case], by_people: list[ActionTaken]) -> None:
    state = agent.state
    parties = {"mem_author", "mem_addressee"}
    assert not parties & {*state.took_part, state.decided_by}
    if any(taken.action == "ban" for taken in by_people):
        assert len(set(state.took_part)) == 2
    assert len(agent.said(WarningIssued)) == sum(taken.action == "warn" for taken in by_people)
    assert len(agent.said(AppealFiled)) == len(agent.all_rows(Appeal))
    settled = [each for each in agent.all_rows(Appeal) if each.state != "filed"]
    assert len(agent.said(AppealDecided)) == len(settled)
    assert state.report_count == len(agent.all_rows(Reported))
    if state.phase == "overturned":
        assert agent.all_rows(Sanction)[-1].state == "lifted"
