"""HTTP of conversations. Plain bodies are sealed here, and opened here for those who take part."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.openapi import ResponseSpec
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import Meta

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.errors import InvalidError
from diramoja.core.keys import Keys
from diramoja.core.ports.database import Database
from diramoja.plugins.conversation.contracts import (
    AddMember,
    ConversationView,
    DeleteMessage,
    Encoding,
    MarkRead,
    MessageView,
    OpenGroup,
    OpenPair,
    RemoveMember,
    ReportMessage,
    SendMessage,
    Title,
)
from diramoja.plugins.conversation.queries import (
    check_members,
    conversation_list,
    conversation_of,
    disclosed_by,
    message_list,
    one_conversation,
    one_message,
)
from diramoja.plugins.conversation.seals import seals_of
from diramoja.plugins.conversation.settings import ConversationSettings
from diramoja.plugins.conversation.state import pair_id
from diramoja.plugins.moderator.contracts import ReportView
from diramoja.plugins.topic.contracts import ReportReason, ReportText

__all__ = ["Conversations", "Messages"]

DISCLOSED_CHARS = 20_000


type MemberId = Annotated[str, Meta(min_length=1, max_length=128)]
type MessageId = Annotated[str, Meta(min_length=1, max_length=128)]
type PlainBody = Annotated[
    str, Meta(min_length=1, max_length=8_000, pattern=r"^(?=[\s\S]*\S)", examples=["Shall we meet at six?"])
]


class NewConversation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """With whom: one other, or with a title (or several) a group."""

    member_ids: Annotated[tuple[MemberId, ...], Meta(min_length=1, max_length=100, examples=[["mem_7k2p9x"]])]
    title: Title = ""


class NewMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said. With `sealed` the body is what clients made of it, as text, such as base64."""

    body: PlainBody
    encoding: Encoding = "plain"
    reply_to: MessageId | None = None


class ReadMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last message that was read."""

    up_to: MessageId


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message for the moderators to see. `body`: what a sealed one says."""

    id: MessageId
    body: Annotated[str, Meta(max_length=8_000)] = ""


class MessageReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, and which messages moderators may see; the reported one is among them in any case."""

    reason: ReportReason
    text: ReportText = ""
    disclosed: Annotated[tuple[Shown, ...], Meta(max_length=20)] = ()


class Conversations(Controller):
    """Conversations of two and of groups."""

    path = "/conversations"
    tags = ["Conversations"]  # noqa: RUF012  # Litestar reads it from the class

    @post(
        "/",
        permission="conversation.write",
        limit="posts",
        summary="Begin a conversation",
        responses={HTTP_200_OK: ResponseSpec(ConversationView, description="The two have one: this.")},
    )
    async def begin(self, data: NewConversation, db: Database, reader: Reader, send: Send) -> ConversationView:
        """With one other, or a group: with a title, or of more than two. 403 `blocked` where a block stands between."""
        await check_members(db, reader, data.member_ids)
        others = sorted({*data.member_ids} - {reader.member})
        if not others:
            raise InvalidError("A conversation takes another member.", code="conversation_invalid")
        if len(others) == 1 and not data.title:
            paired: ConversationView = await send(
                "conversation", pair_id(reader.member, others[0]), OpenPair(others[0])
            )
            return paired
        group: ConversationView = await send("conversation", send.new_id("con"), OpenGroup(data.title, tuple(others)))
        return group

    @get("/", permission="conversation.own", summary="One's own conversations")
    async def list_conversations(self, db: Database, reader: Reader, page: PageQuery) -> Page[ConversationView]:
        """The most recently active first."""
        return await conversation_list(db, reader, page)

    @get("/{conversation_id:str}", permission="conversation.own", summary="One conversation")
    async def get_conversation(self, conversation_id: str, db: Database, reader: Reader) -> ConversationView:
        """With who takes part and how far they have read."""
        return await one_conversation(db, reader, conversation_id)

    @put("/{conversation_id:str}/members/{member_id:str}", permission="conversation.write", summary="Take somebody in")
    async def add(
        self, conversation_id: str, member_id: str, *, db: Database, reader: Reader, send: Send
    ) -> ConversationView:
        """By whoever began the group. They see what is said from then on."""
        await check_members(db, reader, [member_id])
        await send("conversation", conversation_id, AddMember(member_id))
        return await one_conversation(db, reader, conversation_id)

    @delete(
        "/{conversation_id:str}/members/{member_id:str}",
        permission="conversation.own",
        open_to="suspended",
        summary="Leave a group",
    )
    async def remove(self, conversation_id: str, member_id: str, send: Send) -> None:
        """Or be taken out by whoever began it."""
        await send("conversation", conversation_id, RemoveMember(member_id))

    @post("/{conversation_id:str}/messages", permission="conversation.write", limit="posts", summary="Say something")
    async def say(
        self,
        conversation_id: str,
        data: NewMessage,
        *,
        db: Database,
        reader: Reader,
        send: Send,
        keys: Keys,
        settings: ConversationSettings,
    ) -> MessageView:
        """The body means nothing to the server; a plain one is sealed before it is stored."""
        seals, id = seals_of(keys, settings), send.new_id("msg")
        body = seals.seal(conversation_id, data.body) if data.encoding == "plain" else data.body
        await send("conversation", conversation_id, SendMessage(id, body, data.encoding, data.reply_to))
        return await one_message(db, reader, seals, id)

    @get("/{conversation_id:str}/messages", permission="conversation.own", summary="What was said")
    async def list_messages(
        self,
        conversation_id: str,
        db: Database,
        *,
        reader: Reader,
        page: PageQuery,
        keys: Keys,
        settings: ConversationSettings,
    ) -> Page[MessageView]:
        """Since one takes part, last first."""
        return await message_list(db, reader, conversation_id, seals=seals_of(keys, settings), page=page)

    @delete(
        "/{conversation_id:str}/messages/{message_id:str}",
        permission="conversation.own",
        open_to="suspended",
        summary="Delete a message",
    )
    async def delete_message(self, conversation_id: str, message_id: str, send: Send) -> None:
        """One's own: its body goes, for all."""
        await send("conversation", conversation_id, DeleteMessage(message_id))

    @put(
        "/{conversation_id:str}/read",
        permission="conversation.own",
        open_to="suspended",
        status_code=HTTP_204_NO_CONTENT,
        summary="Say how far one has read",
    )
    async def read(self, conversation_id: str, data: ReadMark, send: Send) -> None:
        """Never back; the others see it."""
        await send("conversation", conversation_id, MarkRead(data.up_to))


class Messages(Controller):
    """Single messages."""

    path = "/messages/{message_id:str}"
    tags = ["Conversations"]  # noqa: RUF012  # Litestar reads it from the class

    @post(
        "/reports",
        permission="conversation.own",
        open_to="restricted",
        status_code=HTTP_201_CREATED,
        summary="Report a message",
        responses={HTTP_200_OK: ResponseSpec(ReportView, description="You reported it before: the same report.")},
    )
    async def report(
        self,
        message_id: str,
        data: MessageReport,
        *,
        db: Database,
        reader: Reader,
        send: Send,
        keys: Keys,
        settings: ConversationSettings,
    ) -> ReportView:
        """Moderators see the messages that are disclosed, and nothing else of the conversation."""
        conversation = await conversation_of(db, reader, message_id)
        chosen = {message_id: ""} | {each.id: each.body for each in data.disclosed}
        disclosed = await disclosed_by(db, reader, seals_of(keys, settings), chosen)
        if sum(len(each.body) for each in disclosed) > DISCLOSED_CHARS:
            raise InvalidError(
                f"At most {DISCLOSED_CHARS:,} characters are disclosed at once.", code="disclosed_too_long"
            )
        command = ReportMessage(send.new_id("rep"), message_id, data.reason, data.text, disclosed)
        view: ReportView = await send("conversation", conversation, command)
        return view
