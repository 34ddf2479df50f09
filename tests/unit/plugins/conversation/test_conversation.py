"""Conversations as values: who takes part, what is refused, who is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diramoja.core import Command, Row
from diramoja.core.errors import InternalError
from diramoja.plugins.conversation.agent import conversation
from diramoja.plugins.conversation.contracts import (
    AddMember,
    Admit,
    ConversationView,
    DeleteMessage,
    Disclosed,
    MarkRead,
    MessageChanged,
    MessageSent,
    MessagesRead,
    NoteWall,
    OpenGroup,
    OpenPair,
    RemoveMember,
    ReportMessage,
    SendMessage,
    Vouch,
)
from diramoja.plugins.conversation.seals import Seals
from diramoja.plugins.conversation.settings import ConversationSettings
from diramoja.plugins.conversation.state import Conversation, Message, Participant, pair_id
from diramoja.plugins.member.contracts import WeighReport
from diramoja.plugins.notification.contracts import Notify
from diramoja.plugins.topic.contracts import ModeratePost
from diramoja.testing.play import Played, play

A, B, C = "mem_a", "mem_b", "mem_c"
PAIR = pair_id(A, B)
SETTINGS = ConversationSettings(members_max=3, unanswered_max=2)


class World:
    """One conversation, played command by command."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.state = Conversation()
        self.rows: dict[tuple[type[Row], str], Row] = {}

    def __call__(self, sender: str, command: Command, told_by: str = "") -> Played[Conversation]:
        played = play(
            conversation,
            self.state,
            command,
            id=self.id,
            sender=sender,
            told_by=told_by,
            rows=list(self.rows.values()),
            settings=[SETTINGS],
            has=["notification", "moderator"],
        )
        if played.reject is None:
            self.state = played.state
            for row in played.puts:
                self.rows[type(row), row.key] = row
            for gone in played.removes:
                self.rows.pop((gone.collection, gone.key), None)
        return played

    def body(self, id: str) -> str:
        message = self.rows[Message, id]
        assert isinstance(message, Message)
        return message.body

    def told(self, played: Played[Conversation]) -> list[str]:
        return [each.agent for each in played.tells if isinstance(each.command, Notify)]


@pytest.fixture
def pair() -> World:
    made = World(PAIR)
    assert made(A, OpenPair(B)).status == 201
    return made


@pytest.fixture
def group() -> World:
    made = World("con_group")
    asked = made(A, OpenGroup("Clinic", (B, C, A))).tells
    assert [(each.agent, each.command) for each in asked] == [
        (pair_id(A, each), Vouch("con_group", each)) for each in (B, C)
    ]
    for each in (B, C):
        made(pair_id(A, each), Admit(each), told_by="conversation")
    return made


def say(number: int, body: str = "sealed", reply_to: str | None = None) -> SendMessage:
    return SendMessage(f"msg_{number}", body, "plain", reply_to)


def code(played: Played[Conversation]) -> str:
    return played.reject.code if played.reject else ""


def test_two_have_one_conversation_whoever_begins(pair: World) -> None:
    assert pair_id(B, A) == PAIR
    again = pair(B, OpenPair(A))
    assert again.status == 200
    assert isinstance(again.reply, ConversationView)
    assert {each.member_id for each in again.reply.members} == {A, B}


@pytest.mark.parametrize(("sender", "member"), [(A, A), (C, B)])
def test_nobody_begins_with_themselves_or_for_others(sender: str, member: str) -> None:
    assert code(World(PAIR)(sender, OpenPair(member))) == "conversation_invalid"


def test_a_block_counts_before_and_after_they_met(pair: World) -> None:
    pair(A, say(1))
    pair("", NoteWall(B, is_up=True))
    assert code(pair(A, say(2))) == code(pair(B, say(3))) == code(pair(A, OpenPair(B))) == "blocked"
    pair("", NoteWall(B, is_up=False))
    assert code(pair(B, say(3))) == ""
    strangers = World(PAIR)
    strangers("", NoteWall(A, is_up=True))
    assert code(strangers(B, OpenPair(A))) == "blocked"
    assert code(strangers("con_group", Vouch("con_group", A), told_by="conversation")) == "blocked"


def test_only_who_takes_part_writes_and_reads(pair: World) -> None:
    pair(A, say(1))
    assert code(pair(C, say(2))) == "conversation_missing"
    assert code(pair(C, MarkRead("msg_1"))) == code(pair(C, DeleteMessage("msg_1"))) == "message_missing"
    assert code(pair(B, DeleteMessage("msg_1"))) == "not_author"


def test_words_to_a_stranger_are_few_until_they_answer(pair: World) -> None:
    assert [code(pair(A, say(number))) for number in (1, 2, 3)] == ["", "", "unanswered"]
    assert code(pair(B, say(4))) == ""
    assert [code(pair(A, say(number))) for number in (5, 6, 7, 8)] == [""] * 4


def test_a_group_of_two_is_no_way_around_that(group: World) -> None:
    group(C, RemoveMember(C))
    assert [code(group(A, say(number))) for number in (1, 2, 3)] == ["", "", "unanswered"]
    assert code(group(B, say(4))) == ""
    assert code(group(A, say(5))) == ""


def test_everybody_is_told_once_until_they_have_read(group: World) -> None:
    assert group.told(group(A, say(1))) == [B, C]
    assert group.told(group(A, say(2))) == []
    group(B, MarkRead("msg_2"))
    assert group.told(group(A, say(3))) == [B]
    assert group.told(group(C, say(4))) == [A]


def test_no_event_holds_what_was_said(pair: World) -> None:
    said = pair(A, say(1, "a secret"))
    assert said.events == [MessageSent(PAIR, "msg_1", 1, A)]
    assert "a secret" not in repr(said.events) + repr(said.tells)


def test_a_receipt_never_goes_back(pair: World) -> None:
    for number in (1, 2):
        pair(A, say(number))
    assert pair(B, MarkRead("msg_2")).events == [MessagesRead(PAIR, B, "msg_2")]
    assert pair(B, MarkRead("msg_1")).events == []


def test_who_joins_later_sees_what_comes_then() -> None:
    group = World("con_group")
    group(A, OpenGroup("", ()))
    group(A, say(1))
    group(pair_id(A, B), Admit(B), told_by="conversation")
    group(A, say(2))
    assert code(group(B, MarkRead("msg_1"))) == code(group(B, say(3, reply_to="msg_1"))) == "message_missing"
    assert code(group(B, say(3, reply_to="msg_2"))) == ""


def test_a_group_has_its_bound_and_only_its_beginner_takes_others_in(group: World) -> None:
    assert code(group(B, AddMember("mem_d"))) == "not_creator"
    assert group(A, AddMember("mem_d")).tells[0].answers
    full = group(pair_id(A, "mem_d"), Admit("mem_d"), told_by="conversation")
    assert code(full) == "conversation_full"
    assert code(World("con_x")(A, OpenGroup("", (B, C, "mem_d")))) == "conversation_full"
    assert code(group("mem_d", Admit("mem_d"))) == code(group(B, Vouch("con_group", B))) == "denied"
    assert code(group(pair_id(B, "mem_d"), Admit("mem_d"), told_by="conversation")) == "denied"


def test_a_group_outlives_its_beginner_and_ends_with_the_last(group: World) -> None:
    assert code(group(B, RemoveMember(C))) == "not_creator"
    group(A, RemoveMember(A))
    assert (group.state.members, group.state.created_by) == ((B, C), B)
    group(B, RemoveMember(C))
    group(B, RemoveMember(B))
    assert group.state.phase == "closed"


def test_a_pair_cannot_be_left(pair: World) -> None:
    assert code(pair(A, RemoveMember(A))) == "pair_stays"


def test_a_deleted_message_has_no_body_and_stays_deleted(pair: World) -> None:
    pair(A, say(1))
    assert pair(A, DeleteMessage("msg_1")).events == [MessageChanged(PAIR, "msg_1", "deleted")]
    assert pair.body("msg_1") == ""
    assert pair("cas_1", ModeratePost("msg_1", "publish")).events == []


def test_moderators_see_what_is_disclosed_and_nothing_else(pair: World) -> None:
    for number, body in ((1, "sealed 1"), (2, "sealed 2"), (3, "sealed 3")):
        pair(A if number < 3 else B, say(number, body))
    shown = (Disclosed("msg_3", "no"), Disclosed("msg_2", "I hate you"))
    told = pair(B, ReportMessage("rep_1", "msg_2", "hate", "", shown)).tells[0]
    assert (told.kind, told.agent, told.answers) == ("member", B, True)
    assert isinstance(told.command, WeighReport)
    assert told.command.evidence.body == f"{A}: I hate you\n{B}: no"
    assert told.command.evidence.place == "conversation"
    assert "sealed" not in repr(told)
    assert code(pair(C, ReportMessage("rep_2", "msg_2", "hate", "", shown))) == "message_missing"
    assert code(pair(B, ReportMessage("rep_3", "msg_1", "hate", "", shown))) == "message_missing"


def test_people_remove_a_message_and_bring_it_back(pair: World) -> None:
    pair(A, say(1))
    assert pair("cas_1", ModeratePost("msg_1", "remove")).events == [MessageChanged(PAIR, "msg_1", "removed")]
    assert pair("cas_1", ModeratePost("msg_1", "remove")).events == []
    assert pair("cas_1", ModeratePost("msg_1", "publish")).events == [MessageChanged(PAIR, "msg_1", "sent")]
    assert pair.body("msg_1") == "sealed"


COMMANDS = st.one_of(
    st.builds(OpenPair, st.sampled_from([A, B, C])),
    st.builds(OpenGroup, st.just("t"), st.sets(st.sampled_from([A, B, C, "mem_d", "mem_e"])).map(tuple)),
    st.builds(AddMember, st.sampled_from([A, B, C])),
    st.builds(RemoveMember, st.sampled_from([A, B, C])),
    st.builds(Admit, st.sampled_from([A, B, C, "mem_d"])),
    st.builds(Vouch, st.just("con_1"), st.sampled_from([A, B])),
    st.builds(NoteWall, st.sampled_from([A, B]), st.booleans()),
    st.builds(say, st.integers(1, 6)),
    st.builds(MarkRead, st.integers(1, 6).map("msg_{}".format)),
    st.builds(DeleteMessage, st.integers(1, 6).map("msg_{}".format)),
    st.builds(ModeratePost, st.integers(1, 6).map("msg_{}".format), st.sampled_from(["publish", "remove"])),
)


@given(st.lists(st.tuples(st.sampled_from([A, B, C, pair_id(A, B)]), COMMANDS), max_size=30))
def test_no_sequence_of_commands_breaks_a_conversation(steps: list[tuple[str, Command]]) -> None:
    world = World(PAIR)
    for sender, command in steps:
        if conversation.handler(command.wire_name, world.state.phase) is None:
            continue
        before = world.state
        played = world(sender, command, told_by="conversation" if sender.startswith("con_") else "")
        after = world.state
        assert len(after.members) <= 3
        assert (
            set(after.members)
            == {
                row.member
                for (kind, _), row in world.rows.items()
                if kind is Participant and isinstance(row, Participant)
            }
            or after.phase == "absent"
        )
        assert after.last_number >= before.last_number
        assert after.last_number - before.last_number == sum(isinstance(each, MessageSent) for each in played.events)
        assert (before.phase, after.phase) in {
            ("absent", "absent"), ("absent", "open"), ("open", "open"), ("open", "closed"), ("closed", "closed"),
        }  # fmt: skip


@given(st.text(min_size=1, max_size=200), st.text(alphabet="abc_", min_size=1, max_size=20))
def test_a_sealed_body_opens_in_its_conversation_only(body: str, other: str) -> None:
    seals = Seals(b"k" * 32)
    sealed = seals.seal("con_1", body)
    assert seals.open("con_1", sealed) == body
    assert seals.seal("con_1", body) != sealed
    with pytest.raises(InternalError, match="another key"):
        seals.open(f"con_{other}", sealed)
    with pytest.raises(InternalError, match="another key"):
        Seals(b"x" * 32).open("con_1", sealed)
