"""Conversations: messages and views."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from diramoja.core import Command, Event, Personal, View
from diramoja.fields import MAYBE_LINE

__all__ = [
    "AddMember",
    "Admit",
    "ConversationChanged",
    "ConversationView",
    "DeleteMessage",
    "Disclosed",
    "Encoding",
    "MarkRead",
    "MessageChanged",
    "MessageSent",
    "MessageStatus",
    "MessageView",
    "MessagesRead",
    "NoteWall",
    "OpenGroup",
    "OpenPair",
    "ParticipantView",
    "RemoveMember",
    "ReportMessage",
    "SendMessage",
    "Title",
    "Vouch",
]

type Encoding = Literal["plain", "sealed"]
"""`plain`: the gateway seals it and opens it for those who take part. `sealed`: the clients did, end to end."""
type MessageStatus = Literal["sent", "deleted", "removed"]
type Title = Annotated[str, Meta(max_length=120, pattern=MAYBE_LINE, examples=["Clinic volunteers"])]


class Disclosed(View):
    """A message that its reporter shows to moderators, as text."""

    message: str
    body: str


# --- from members ---


class OpenPair(Command):
    """Begin, or find, the conversation of the sender and one other. Answers a ConversationView; 403 `blocked`."""

    member: Personal[str]


class OpenGroup(Command):
    """Begin a group; those invited are in once it is known that no block stands between. Answers a ConversationView."""

    title: Title
    members: tuple[Personal[str], ...]


class AddMember(Command):
    """Take somebody into a group; by whoever began it. Answers a ConversationView; 403 `blocked`."""

    member: Personal[str]


class RemoveMember(Command):
    """Leave a group, or be taken out of it by whoever began it. Not being in it is no error."""

    member: Personal[str]


class SendMessage(Command):
    """Say something. `body` is opaque: sealed by the gateway or by the clients."""

    message_id: str
    body: Annotated[str, Meta(max_length=48_000)]
    encoding: Encoding
    reply_to: str | None = None


class DeleteMessage(Command):
    """Delete an own message: its body goes."""

    message_id: str


class MarkRead(Command):
    """The sender has read up to this message; never back."""

    up_to: str


class ReportMessage(Command):
    """Show chosen messages to moderators; they see nothing else. Answers a ReportView."""

    report_id: str
    message_id: str
    reason: str
    text: str
    disclosed: tuple[Disclosed, ...]


# --- between conversations ---


class Vouch(Command):
    """Told by a group to the conversation of two: may the one take the other in? Tells Admit, or rejects."""

    group: str
    member: Personal[str]


class Admit(Command):
    """Told by the conversation of two: no block stands between them."""

    member: Personal[str]


class NoteWall(Command):
    """One of the two blocked the other, or took it back."""

    member: Personal[str]
    is_up: bool


# --- events: without a word of what was said ---


class MessageSent(Event, name="conversation.message.sent", live=True):
    """Somebody said something; who takes part reads it over HTTP."""

    conversation: str
    message: str
    number: int
    member: Personal[str]


class MessageChanged(Event, name="conversation.message.changed", live=True):
    """A message is deleted, removed, or back."""

    conversation: str
    message: str
    status: MessageStatus


class MessagesRead(Event, name="conversation.read", live=True):
    """A read receipt: everything up to this message."""

    conversation: str
    member: Personal[str]
    up_to: str


class ConversationChanged(Event, name="conversation.changed", live=True):
    """Somebody came or went."""

    conversation: str
    members: tuple[Personal[str], ...]


# --- views ---


class ParticipantView(View):
    """Who takes part, and the number of the last message that they have read."""

    member_id: Personal[str]
    read_number: int


class ConversationView(View):
    """A conversation as one of its members sees it. `unread`: messages after one's own mark that no block hides."""

    id: str
    title: str
    is_group: bool
    created_by: Personal[str]
    members: tuple[ParticipantView, ...]
    last_number: int
    unread: int
    created_at: datetime
    last_at: datetime | None


class MessageView(View):
    """A message. `body` is empty once it is deleted or removed; with `sealed` only clients can read it."""

    id: str
    conversation_id: str
    number: int
    sender_id: Personal[str]
    body: Personal[str]
    encoding: Encoding
    status: MessageStatus
    reply_to: str | None
    created_at: datetime
