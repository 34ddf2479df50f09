"""Whatever comes in whatever order: a vote stays in its table of phases, and what must hold of it does."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from diramoja.core import Command
from diramoja.plugins.member.contracts import MemberSettings
from diramoja.plugins.vote.agent import vote
from diramoja.plugins.vote.cancelling import CloseSoon, CloseVote, OpenVote, TakePulse, UrgeQuorum
from diramoja.plugins.vote.contracts import (
    CancelVote,
    CreateVote,
    DecideDispute,
    DecideObjection,
    EditVote,
    ExtendVote,
    FileDispute,
    FileObjection,
    QuorumMissing,
    ResultsPublished,
    ScheduleVote,
    VoteClosed,
    VoteClosingSoon,
    VoteOpened,
    VoteTookEffect,
)
from diramoja.plugins.vote.course import NotePulse
from diramoja.plugins.vote.irregularities import Irregularity, NoteIrregularities
from diramoja.plugins.vote.messages import (
    BoxCounted,
    NoteTurnout,
    PrepareVote,
    SettleDispute,
    TakeKey,
    TakeResult,
    TakeRoll,
)
from diramoja.plugins.vote.results import TakeEffect
from diramoja.plugins.vote.retention import ForgetRoll, ForgetRollHash, LetVotersGo
from diramoja.plugins.vote.settings import VoteSettings
from diramoja.plugins.vote.state import AuditEntry, BoxSeal, Disputer, Judge, Vote, Wording
from diramoja.plugins.vote.tally import CountAgain, NoteUncounted
from diramoja.plugins.vote.views import Tallied
from diramoja.plugins.vote.words import Terms
from tests.support.lone_agent import LoneAgent

ALLOWED = {
    "absent": {"draft"},
    "draft": {"scheduled", "cancelled"},
    "scheduled": {"open", "cancelled"},
    "open": {"closing_soon", "closed", "cancelled"},
    "closing_soon": {"closed", "cancelled"},
    "closed": {"tallying"},
    "tallying": {"results_published"},
    "results_published": {"disputed"},
    "disputed": {"results_published", "tallying"},
    "cancelled": set[str](),
}
SETTINGS = VoteSettings(station_members=200)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
OPENS, CLOSES = START + timedelta(hours=26), START + timedelta(hours=54)
OPENING = CreateVote("Clinics", "policy_vote", ("Yes", "No"), OPENS, CLOSES, quorum_ratio=0.1, revote=True)
TALLIED = Tallied(outcome="decided", ballots=60, valid=60, votes=(40, 20), winners=(1,))

people = st.sampled_from(["mem_a", "mem_b", "mem_c"])
stations = st.integers(1, 2)
numbers = st.integers(1, 3)
commands: st.SearchStrategy[Command] = st.one_of(
    st.just(OPENING),
    st.just(PrepareVote("top_1", "Clinics", "", "healthcare", policy_proposal=True, author="mem_a")),
    st.sampled_from([EditVote(title="Other"), EditVote(options=("A", "B", "C")), CancelVote("Why.")]),
    st.just(ScheduleVote()),
    st.builds(
        TakeRoll, st.sampled_from([0, 400, 401]), st.just("hash"), st.sampled_from(["", "obj_1"]), st.integers(0, 2)
    ),
    st.just(TakeKey("key")),
    st.builds(FileObjection, st.just("obj_1"), st.just("missing"), people, st.just("Dues are paid.")),
    st.builds(DecideObjection, st.just("obj_1"), st.sampled_from(["uphold", "reject"]), st.just("So.")),
    st.just(OpenVote()),
    st.builds(NoteTurnout, stations, st.integers(1, 30)),
    st.sampled_from([CloseSoon(), UrgeQuorum(), TakePulse(), CloseVote(), OpenVote()]),
    st.builds(NotePulse, st.sampled_from([60, 5_000]), closing=st.booleans()),
    st.just(NotePulse(60, closing=True)),
    st.builds(ExtendVote, st.just(OPENS), st.just(OPENS + timedelta(hours=1)), st.just("Cut off.")),
    st.builds(BoxCounted, stations, st.integers(0, 60)),
    st.sampled_from([LetVotersGo(), ForgetRoll(), ForgetRollHash()]),
    st.just(NoteIrregularities((Irregularity("turnout"),), ("mem_a",))),
    st.builds(TakeResult, numbers, st.sampled_from([TALLIED, Tallied(), TALLIED.but(ballots=39)])),
    st.builds(FileDispute, st.sampled_from(["dsp_1", "dsp_2"]), st.just("My ballot is missing.")),
    st.builds(DecideDispute, st.just("dsp_1"), st.sampled_from(["reject", "annul"]), st.just("So.")),
    st.builds(SettleDispute, st.just("dsp_1"), st.sampled_from(["reject", "recount", "annul"]), st.just("So.")),
    st.builds(NoteUncounted, numbers, st.just("ballots_incomplete")),
    st.sampled_from([TakeEffect(), CountAgain()]),
)
waits = st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(minutes=20), timedelta(hours=3)])
histories = st.lists(st.tuples(commands, people, st.booleans(), waits), max_size=40)
LIKELY: list[Command] = [
    OPENING, ScheduleVote(), TakeRoll(400, "hash"), OpenVote(), NoteTurnout(1, 60), CloseSoon(), CloseVote(),
    NotePulse(60, closing=True), BoxCounted(1, 30), BoxCounted(2, 30), TakeResult(1, TALLIED), TakeEffect(),
]  # fmt: skip
"""What leads through; random commands come between."""
TIMES = [START, START, START, OPENS, OPENS, CLOSES - timedelta(hours=1), *[CLOSES] * 5, CLOSES + timedelta(hours=80)]


@settings(max_examples=200, deadline=None)
@given(history=histories, steps=st.integers(0, len(LIKELY)))
def test_no_sequence_of_commands_leaves_the_table(
    history: list[tuple[Command, str, bool, timedelta]], steps: int
) -> None:
    agent = LoneAgent(vote, "vot_1", has=["notification"], settings=[SETTINGS, MemberSettings()])
    for command, now in zip(LIKELY[:steps], TIMES, strict=False):
        _take(agent, command, "mem_a", now, office=True)
    now = TIMES[steps - 1] if steps else START
    for command, person, office, wait in history:
        now += wait
        _take(agent, command, person, now, office=office)
    _check(agent)


def _take(agent: LoneAgent[Vote], command: Command, person: str, now: datetime, *, office: bool) -> None:
    before, wording = agent.state, agent.row(Wording, "wording")
    roles = ["member", *(["leader", "official", "membership_officer"] if office else [])]
    agent.take(command, sender=person, roles=roles, now=now)
    after = agent.state
    assert after.phase == before.phase or after.phase in ALLOWED[before.phase]
    assert after.closes_at >= before.closes_at or before.phase in ("absent", "draft")
    if before.terms_hash:
        assert (after.terms, after.title, after.terms_hash) == (before.terms, before.title, before.terms_hash)
        assert agent.row(Wording, "wording") == wording


def _check(agent: LoneAgent[Vote]) -> None:
    state = agent.state
    entries = sorted(each.number for each in agent.all_rows(AuditEntry))
    assert entries == list(range(1, state.entries + 1))
    assert (state.terms == Terms()) == (state.phase == "absent") or state.phase == "draft"
    for once in (VoteOpened, VoteClosingSoon, QuorumMissing, VoteClosed, VoteTookEffect):
        assert len(agent.said(once)) <= 1
    judges, parties = agent.all_rows(Judge), agent.all_rows(Disputer)
    assert {each.member for each in judges}.isdisjoint(each.member for each in parties)
    assert len(agent.all_rows(BoxSeal)) == state.sealed <= state.stations
    assert state.disputes_open >= 0
    assert (state.disputes_open > 0) == (state.phase == "disputed")
    results = agent.said(ResultsPublished)
    assert bool(results) == (state.outcome is not None)
    for effect in agent.said(VoteTookEffect):
        assert effect.outcome == results[-1].outcome != "annulled"
    if state.outcome == "no_quorum":
        assert state.winners == ()
