"""Who takes part in a conversation of two or of a group: begun, joined, left, blocked."""

from diramoja.core import Context, Decision, Put, Reject, Remove, Reply, Tell
from diramoja.plugins.conversation.contracts import (
    AddMember,
    Admit,
    ConversationChanged,
    ConversationView,
    NoteWall,
    OpenGroup,
    OpenPair,
    ParticipantView,
    RemoveMember,
    Vouch,
)
from diramoja.plugins.conversation.settings import ConversationSettings
from diramoja.plugins.conversation.state import BLOCKED, MISSING, Conversation, Participant, conversation, pair_id
from diramoja.plugins.member.contracts import WallChanged

__all__: list[str] = []


@conversation.on("absent")
def open_pair(state: Conversation, message: OpenPair, context: Context) -> Decision:
    if context.id != pair_id(context.sender, message.member) or context.sender == message.member:
        return Reject("conversation_invalid", "A conversation takes another member.", 400)
    if state.walls:
        return BLOCKED
    opened = state.but(
        phase="open",
        created_by=context.sender,
        created_at=context.now,
        members=(context.sender, message.member),
    )
    seats = [_seat(member, opened, context) for member in opened.members]
    return opened, *map(Put, seats), Reply(_view(opened, context, seats), status=201)


@conversation.on("open")
def find_pair(state: Conversation, message: OpenPair, context: Context) -> Decision:
    if context.sender not in state.members:
        return MISSING
    return BLOCKED if state.walls else Reply(_view(state, context, _seats(state, context)))


@conversation.on("absent")
def open_group(state: Conversation, message: OpenGroup, context: Context) -> Decision:
    invited = sorted({*message.members} - {context.sender})
    if len(invited) >= context.settings(ConversationSettings).members_max:
        return _full(context)
    opened = state.but(
        phase="open",
        title=message.title,
        is_group=True,
        created_by=context.sender,
        created_at=context.now,
        members=(context.sender,),
    )
    seat = _seat(context.sender, opened, context)
    asked = [Tell("conversation", pair_id(context.sender, each), Vouch(context.id, each)) for each in invited]
    return opened, Put(seat), *asked, Reply(_view(opened, context, [seat]), status=201)


@conversation.on("open")
def add_member(state: Conversation, message: AddMember, context: Context) -> Decision:
    if context.sender not in state.members:
        return MISSING
    if not state.is_group or context.sender != state.created_by:
        return Reject("not_creator", "Whoever began a group takes others into it.", 403)
    if message.member in state.members:
        return Reply(_view(state, context, _seats(state, context)))
    vouch = Vouch(context.id, message.member)
    return Tell("conversation", pair_id(context.sender, message.member), vouch, answers=True)


@conversation.on("absent", "open")
def vouch(state: Conversation, message: Vouch, context: Context) -> Decision:
    """Asked by a group, of the conversation of whoever takes in and whoever is taken in."""
    if context.told_by != "conversation":
        return Reject("denied", "Groups ask this.", 403)
    return BLOCKED if state.walls else Tell("conversation", message.group, Admit(message.member), answers=True)


@conversation.on("open")
def admit(state: Conversation, message: Admit, context: Context) -> Decision:
    if context.told_by != "conversation" or context.sender != pair_id(state.created_by, message.member):
        return Reject("denied", "Whoever began a group takes others into it.", 403)
    if message.member in state.members:
        return Reply(_view(state, context, _seats(state, context)))
    if len(state.members) >= context.settings(ConversationSettings).members_max:
        return _full(context)
    grown = state.but(members=(*state.members, message.member))
    seat = _seat(message.member, grown, context)
    view = _view(grown, context, [*_seats(state, context), seat])
    return grown, Put(seat), ConversationChanged(context.id, grown.members), Reply(view)


@conversation.on("open")
def remove_member(state: Conversation, message: RemoveMember, context: Context) -> Decision:
    if context.sender not in state.members:
        return MISSING
    if not state.is_group:
        return Reject("pair_stays", "A conversation of two stays; block the other to hear no more.")
    if context.sender not in (message.member, state.created_by):
        return Reject("not_creator", "Whoever began a group takes others out of it.", 403)
    if message.member not in state.members:
        return None
    left = tuple(each for each in state.members if each != message.member)
    successor = left[0] if left and state.created_by == message.member else state.created_by
    shrunk = state.but(members=left, created_by=successor, phase="open" if left else "closed")
    return shrunk, Remove(Participant, message.member), ConversationChanged(context.id, left)


@conversation.on("absent", "open")
def note_wall(state: Conversation, message: NoteWall, context: Context) -> Decision:
    walls = {*state.walls, message.member} if message.is_up else {*state.walls} - {message.member}
    return state.but(walls=tuple(sorted(walls)))


def _after_wall(event: WallChanged) -> list[tuple[str, NoteWall]]:
    if event.wall != "block":
        return []
    return [(pair_id(event.member, event.other), NoteWall(event.member, event.is_up))]


conversation.hears(WallChanged, to=_after_wall)


def _full(context: Context) -> Reject:
    most = context.settings(ConversationSettings).members_max
    return Reject("conversation_full", f"At most {most} members take part in a group.")


def _seat(member: str, state: Conversation, context: Context) -> Participant:
    last = state.last_number
    return Participant(member, joined=last, read=last, told=last, since=context.now)


def _seats(state: Conversation, context: Context) -> list[Participant]:
    return [seat for member in state.members if (seat := context.row(Participant, member))]


def _view(state: Conversation, context: Context, seats: list[Participant]) -> ConversationView:
    own = next((seat for seat in seats if seat.member == context.sender), None)
    return ConversationView(
        id=context.id,
        title=state.title,
        is_group=state.is_group,
        created_by=state.created_by,
        members=tuple(ParticipantView(seat.member, seat.read) for seat in seats),
        last_number=state.last_number,
        unread=state.last_number - own.read if own else 0,
        created_at=state.created_at,
        last_at=state.last_at,
    )
