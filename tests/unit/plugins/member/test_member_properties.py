"""No sequence of commands leaves the table of phases, and what is counted is what is there."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from diramoja.core import Command, Row
from diramoja.plugins.member.activity import Reengage, TopicHint
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import (
    AnswerPromotion,
    BlockMember,
    CountLike,
    CountPost,
    CountReport,
    FollowMember,
    Join,
    LiftSanction,
    MuteMember,
    PrivacyChange,
    RatePost,
    ReportContent,
    SetConsents,
    SetMembership,
    SubmitEdit,
    SubmitPost,
    SubmitShare,
    SubmitTopic,
    SuggestTopic,
    TakeSanction,
    UnblockMember,
    UnfollowMember,
    UnmuteMember,
    UpdateProfile,
)
from diramoja.plugins.member.forgetting import EraseMember, ForgetPlaces
from diramoja.plugins.member.forgetting_contracts import ForgetMember
from diramoja.plugins.member.leaving import AskExport, ForgetExport, LeaveCommunity, ReturnToCommunity
from diramoja.plugins.member.sanctions import EndSanction, ForgetSanction, NoteFlag
from diramoja.plugins.member.scores import reputation_now
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import FREE, Export, Following, Member, ReviewActivity, Sanction, Wall, in_force
from diramoja.plugins.member.views import NoteSeat
from diramoja.plugins.member.walls import FaceWall
from diramoja.testing.play import play

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = MemberSettings(following_max=2, walls_max=2)
ACTIONS = some.sampled_from(["hide", "remove", "warn", "restrict", "suspend", "ban"])
IDS = some.sampled_from(["san_1", "san_2", "san_3"])
ENDS = some.none() | some.integers(-1, 60).map(lambda days: BEGIN + timedelta(days=days))
OTHERS = some.sampled_from(["mem_a", "mem_b", "mem_c", "mem_d"])

COMMANDS = some.one_of(
    some.sampled_from(
        [
            Join("amina"),
            UpdateProfile(region="south", privacy=PrivacyChange(region="nobody")),
            SetConsents(campaign=True),
            SetMembership("r", level="member"),
            AnswerPromotion(accept=True),
            SubmitPost("top_1", "pst_1", "hello"),
            SubmitTopic("top_1", "Clinics", "", "healthcare"),
            SubmitShare("top_1", "pst_1", "pst_2", "top_2"),
            SubmitEdit("top_1", "pst_1", "better"),
            ReportContent("top_1", "pst_1", "rep_1", "spam"),
            ReviewActivity(),
            Reengage((TopicHint("top_1", "Clinics"),)),
            SuggestTopic("top_1", "Clinics", "healthcare", "mem_b"),
            NoteFlag(),
            NoteSeat("bod_1", "chair"),
            NoteSeat("bod_1", None),
            FaceWall(is_up=True),
            FaceWall(is_up=False),
            CountPost("pst_1", is_reply=False),
            LeaveCommunity("delete"),
            ReturnToCommunity(),
            EraseMember(),
            ForgetPlaces("rows", (("member", "mem_a", "following", "mem_b"),), None),
            AskExport("exp_1"),
            ForgetExport("exp_1"),
        ]
    ),
    *(
        some.builds(each, OTHERS)
        for each in (FollowMember, UnfollowMember, BlockMember, UnblockMember, MuteMember, UnmuteMember)
    ),
    some.builds(TakeSanction, IDS, ACTIONS, some.just("why"), ENDS),
    some.builds(
        lambda other: ForgetMember(other, "keep", (("following", other), ("wall", other), ("liker", other))), OTHERS
    ),
    some.builds(LiftSanction, IDS),
    some.builds(EndSanction, IDS),
    some.builds(ForgetSanction, IDS),
    some.builds(CountReport, some.just("rep_1"), some.sampled_from(["confirmed", "unfounded", "bad_faith"])),
    some.builds(RatePost, some.just("pst_1"), some.integers(0, 3)),
    some.builds(CountLike, some.just("pst_1"), OTHERS),
)
STEPS = some.tuples(COMMANDS, some.sampled_from(["mem_a", "mem_b", ""]), some.integers(0, 20))


@given(some.lists(STEPS, max_size=40))
def test_no_sequence_of_commands_leaves_the_phases_or_miscounts(steps: list[tuple[Command, str, int]]) -> None:
    state, rows, now = Member(), dict[tuple[str, str], Row](), BEGIN
    for command, sender, days in steps:
        now += timedelta(days=days)
        if isinstance(command, ForgetMember) and command.member == "mem_a":  # Only others are told so.
            continue
        after = play(
            member,
            state,
            command,
            id="mem_a",
            sender=sender,
            rows=list(rows.values()),
            settings=[SETTINGS],
            now=now,
            has=["notification"],
        )
        state = after.state
        rows |= {(row.wire_name, row.key): row for row in after.puts}
        for gone in after.removes:
            rows.pop((gone.collection.wire_name, gone.key), None)
        _check(state, list(rows.values()), now)


def _check(state: Member, rows: list[Row], now: datetime) -> None:
    assert state.phase in member.phases
    if state.phase == "erased":
        assert (state.username, state.interests, state.region, state.seats) == ("", (), "", ())
        return
    assert state.exports == sum(isinstance(row, Export) for row in rows)
    walls = [row for row in rows if isinstance(row, Wall)]
    following = {row.member for row in rows if isinstance(row, Following)}
    assert state.following == len(following) <= 2
    assert state.walls == sum(wall.blocks or wall.mutes for wall in walls) <= 2
    assert not following & {wall.member for wall in walls if wall.blocks or wall.blocked_by}
    assert "mem_a" not in following | {wall.member for wall in walls if wall.blocks or wall.mutes}
    sanctions = {row.id: row for row in rows if isinstance(row, Sanction)}
    standing = {row.id: row.action for row in sanctions.values() if row.status == "in_force"}
    assert state.warnings == list(standing.values()).count("warn")
    holding = {id for id, action in standing.items() if action in ("restrict", "suspend", "ban")}
    assert [each.sanction for each in state.in_force] == sorted(holding, key=[*sanctions].index)
    if (holds := in_force(state, now)) is not None:
        assert holds.phase in (state.phase, "restricted") and state.phase not in FREE
    assert state.in_force or state.phase not in ("restricted", "suspended")
    assert state.good >= 0 and state.bad >= 0 and 0 <= state.engagement <= 100
    assert 0 < reputation_now(state, now, SETTINGS) < 100
    assert len(state.seats) <= 1 and state.promotion in ("none", "offered", "taken")
