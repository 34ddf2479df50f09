"""What is said in a conversation: messages, read receipts, reports. Who takes part is handled in `participants`."""

from diramoja.core import Context, Decision, Put, Reject, Tell
from diramoja.plugins.conversation import forgetting, participants
from diramoja.plugins.conversation.contracts import (
    DeleteMessage,
    MarkRead,
    MessageChanged,
    MessageSent,
    MessagesRead,
    ReportMessage,
    SendMessage,
)
from diramoja.plugins.conversation.settings import ConversationSettings
from diramoja.plugins.conversation.state import (
    BLOCKED,
    MISSING,
    Conversation,
    Message,
    Participant,
    conversation,
)
from diramoja.plugins.member.contracts import WeighReport
from diramoja.plugins.moderator.contracts import Evidence, Report
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.topic.contracts import ModeratePost

__all__ = ["HANDLED_IN", "conversation"]

HANDLED_IN = (forgetting, participants)
"""The modules whose handlers belong to the kind."""

TWO = 2
"""A group of so many is as good as a pair: a title opens no way around the bound on words to a stranger."""


@conversation.on("open")
def send_message(state: Conversation, message: SendMessage, context: Context) -> Decision:
    if refusal := _may_not_send(state, message, context):
        return refusal
    said = Message(
        id=message.message_id,
        number=state.last_number + 1,
        sender=context.sender,
        body=message.body,
        encoding=message.encoding,
        status="sent",
        reply_to=message.reply_to,
        created_at=context.now,
    )
    grown = state.but(
        last_number=said.number,
        last_at=context.now,
        last_sender=context.sender,
        has_answer=state.has_answer or state.last_sender not in ("", context.sender),
    )
    return (
        grown,
        Put(said),
        *_told(state, said, context),
        MessageSent(context.id, said.id, said.number, context.sender),
    )


@conversation.on("open")
def delete_message(state: Conversation, message: DeleteMessage, context: Context) -> Decision:
    said = _seen(state, message.message_id, context)
    if said is None:
        return _no_message(message.message_id)
    if said.sender != context.sender:
        return Reject("not_author", "Only its author deletes a message.", 403)
    if said.status == "deleted":
        return None
    return Put(said.but(status="deleted", body="")), MessageChanged(context.id, said.id, "deleted")


@conversation.on("open")
def mark_read(state: Conversation, message: MarkRead, context: Context) -> Decision:
    said, seat = _seen(state, message.up_to, context), context.row(Participant, context.sender)
    if said is None or seat is None:
        return _no_message(message.up_to)
    if said.number <= seat.read:
        return None
    return Put(seat.but(read=said.number)), MessagesRead(context.id, context.sender, said.id)


@conversation.on("open")
def report_message(state: Conversation, message: ReportMessage, context: Context) -> Decision:
    """Moderators get the chosen messages as their reporter could read them, and nothing else of the conversation."""
    if not context.has("moderator"):
        return Reject("moderation_missing", "Nobody moderates here.", 404)
    shown = {each.message: each.body for each in message.disclosed}
    seen = [_seen(state, id, context) for id in shown]
    about = _seen(state, message.message_id, context)
    if about is None or about.id not in shown or None in seen:
        return _no_message(message.message_id)
    lines = [f"{each.sender}: {shown[each.id]}" for each in sorted(filter(None, seen), key=lambda each: each.number)]
    report = Report(message.report_id, context.sender, message.reason, message.text, takes_part=True)
    evidence = Evidence(context.id, about.id, about.sender, "\n".join(lines), place="conversation")
    return Tell("member", context.sender, WeighReport(report, evidence), answers=True)


@conversation.on("open", "closed")
def moderate_message(state: Conversation, message: ModeratePost, context: Context) -> Decision:
    """A decision of people; the body stays sealed for those who decide an appeal."""
    said = context.row(Message, message.post_id)
    status = "sent" if message.action == "publish" else "removed"
    if said is None or said.status in ("deleted", status):
        return None
    changed = said.but(status=status)
    return Put(changed), MessageChanged(context.id, said.id, changed.status)


def _may_not_send(state: Conversation, message: SendMessage, context: Context) -> Reject | None:
    if context.sender not in state.members:
        return MISSING
    if state.walls:
        return BLOCKED
    if message.reply_to is not None and _seen(state, message.reply_to, context) is None:
        return _no_message(message.reply_to)
    most = context.settings(ConversationSettings).unanswered_max
    if len(state.members) <= TWO and not state.has_answer and state.last_sender in ("", context.sender):
        return _unanswered(most) if state.last_number >= most else None
    return None


def _unanswered(most: int) -> Reject:
    return Reject("unanswered", f"After {most} messages without an answer, wait for one.", 403)


def _seen(state: Conversation, id: str, context: Context) -> Message | None:
    """A message that its asker may see: they take part, and had joined by then."""
    seat, said = context.row(Participant, context.sender), context.row(Message, id)
    return said if seat and said and said.number > seat.joined else None


def _no_message(id: str) -> Reject:
    return Reject("message_missing", f"There is no message {id} here.", 404)


def _told(state: Conversation, said: Message, context: Context) -> list[Put | Tell]:
    """Those who had read everything are told once, until they have read again; one's own message is read."""
    effects: list[Put | Tell] = []
    for member in state.members:
        seat = context.row(Participant, member)
        if seat is None:
            continue
        if member == said.sender:
            effects.append(Put(seat.but(read=said.number, told=said.number)))
        elif seat.told <= seat.read:
            effects.append(Put(seat.but(told=said.number)))
            effects += notify(context, member, _notice(said, context))
    return effects


def _notice(said: Message, context: Context) -> Notify:
    return Notify(
        kind="conversation.message",
        notice_class="personal",
        subject=Subject("conversation", context.id),
        text="You have new messages.",
        key=f"{context.id}:{said.number}",
        about=said.sender,
    )
