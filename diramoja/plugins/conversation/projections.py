"""Conversations as rows of the read model; bodies stay sealed."""

from datetime import datetime

from diramoja.core import Personal, Record, record
from diramoja.plugins.conversation.state import Conversation, Message, Participant, conversation

__all__ = [
    "ConversationRecord",
    "MessageRecord",
    "ParticipantRecord",
    "conversation_rows",
    "message_rows",
    "participant_rows",
]


class ConversationRecord(Record):
    """A conversation. `active_at`: last message, or creation."""

    id: str
    title: str
    is_group: bool
    created_by: Personal[str]
    created_at: datetime
    last_at: datetime | None
    active_at: datetime
    last_number: int


class ParticipantRecord(Record):
    """Who takes part; they see what is after `joined` and have read up to `read`."""

    conversation: str
    member: Personal[str]
    joined: int
    read: int
    since: datetime


class MessageRecord(Record):
    """A message; `body` is sealed, and "" once it is deleted."""

    id: str
    conversation: str
    number: int
    sender: Personal[str]
    body: Personal[str]
    encoding: str
    status: str
    reply_to: str | None
    created_at: datetime


@record("conversation", key="id", of=conversation)
def conversation_rows(agent: str, state: Conversation) -> ConversationRecord | None:
    """One row a conversation that began."""
    if state.phase != "open":
        return None
    return ConversationRecord(
        id=agent,
        title=state.title,
        is_group=state.is_group,
        created_by=state.created_by,
        created_at=state.created_at,
        last_at=state.last_at,
        active_at=state.last_at or state.created_at,
        last_number=state.last_number,
    )


@record("conversation_member", key=("conversation", "member"), of=Participant)
def participant_rows(agent: str, row: Participant) -> ParticipantRecord:
    """One row somebody who takes part."""
    return ParticipantRecord(agent, row.member, row.joined, row.read, row.since)


@record("conversation_message", key="id", of=Message)
def message_rows(agent: str, row: Message) -> MessageRecord:
    """One row a message."""
    return MessageRecord(
        id=row.id,
        conversation=agent,
        number=row.number,
        sender=row.sender,
        body=row.body,
        encoding=row.encoding,
        status=row.status,
        reply_to=row.reply_to,
        created_at=row.created_at,
    )
