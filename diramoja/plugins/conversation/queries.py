"""Reads of conversations; only for those who take part, and without those whom a block keeps apart."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import DeniedError, MissingError
from diramoja.core.ports.database import Database
from diramoja.pages import Moment, Number, paged, place
from diramoja.plugins.conversation.contracts import ConversationView, Disclosed, MessageView, ParticipantView
from diramoja.plugins.conversation.seals import Seals
from diramoja.plugins.member.contracts import not_walled, walled_off

__all__ = [
    "check_members",
    "conversation_list",
    "conversation_of",
    "disclosed_by",
    "may_write",
    "message_list",
    "one_conversation",
    "one_message",
    "takes_part",
]

_LARGEST = 2**31 - 1
_CONVERSATION = f"""
SELECT c.*, own.read, own.joined, seats.members, seats.marks, CASE WHEN c.is_group THEN (
    SELECT count(*) FROM conversation_message m
    WHERE m.conversation = c.id AND m.number > own.read AND m.sender IN ({walled_off("$1")})
) ELSE 0 END AS unseen FROM conversation_member own
JOIN conversation c ON c.id = own.conversation
CROSS JOIN LATERAL (
    SELECT array_agg(p.member ORDER BY p.since, p.member) AS members,
        array_agg(p.read ORDER BY p.since, p.member) AS marks
    FROM conversation_member p WHERE p.conversation = c.id AND {not_walled("$1", "p.member")}
) seats
WHERE own.member = $1
"""  # noqa: S608  # fixed text
"""Without those whom a block keeps apart from the reader; a conversation of two is then with nobody, and not listed.
`unseen`: messages after the reader's mark that a block hides."""
_WITH_SOMEBODY = "(c.is_group OR cardinality(seats.members) = 2)"
_MESSAGE = f"""
SELECT m.* FROM conversation_message m
JOIN conversation_member own ON own.conversation = m.conversation AND own.member = $1
JOIN conversation c ON c.id = m.conversation
WHERE m.number > own.joined AND (NOT c.is_group OR {not_walled("$1", "m.sender")})
"""  # noqa: S608  # fixed text
"""In a conversation of two the words stay after a block; in a group those of whoever is walled off do not show."""


async def takes_part(db: Database, conversation: str, reader: Reader) -> bool:
    """Whether the reader may hear what goes on there."""
    row = await db.one(
        "SELECT 1 AS one FROM conversation_member WHERE conversation = $1 AND member = $2", conversation, reader.member
    )
    return row is not None


async def may_write(db: Database, conversation: str, reader: Reader) -> bool:
    """Whether the reader takes part and, in a conversation of two, no block stands between them."""
    return await db.one(f"{_CONVERSATION} AND c.id = $2 AND {_WITH_SOMEBODY}", reader.member, conversation) is not None


async def check_members(db: Database, reader: Reader, members: Sequence[str]) -> None:
    """Before a conversation begins: all are members, and no block stands between them and the reader.

    The conversation's agents decide the same again; here it gets its answer at once.

    Raises:
        MissingError: one is no member.
        DeniedError: `blocked`.
    """
    rows = await db.fetch(
        f"SELECT m.id, {not_walled('$1', 'm.id')} AS free FROM member m WHERE m.id = ANY($2::text[])",  # noqa: S608
        reader.member,
        list(members),
    )
    if missing := sorted(set(members) - {row["id"] for row in rows}):
        raise MissingError(f"There is no member {missing[0]}.", code="member_missing")
    if not all(row["free"] for row in rows):
        raise DeniedError("You cannot write to this member.", code="blocked")


async def conversation_list(db: Database, reader: Reader, page: PageQuery) -> Page[ConversationView]:
    """One's own, the most recently active first."""
    at, id = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(
        f"{_CONVERSATION} AND {_WITH_SOMEBODY}"
        " AND ($2::timestamptz IS NULL OR (c.active_at, c.id) < ($2, $3))"
        " ORDER BY c.active_at DESC, c.id DESC LIMIT $4",
        reader.member,
        at,
        id,
        page.limit + 1,
    )
    return paged(rows, page, _conversation, "active_at", "id")


async def one_conversation(db: Database, reader: Reader, id: str) -> ConversationView:
    """One of one's own.

    Raises:
        MissingError: there is none that the reader takes part in.
    """
    row = await db.one(f"{_CONVERSATION} AND c.id = $2", reader.member, id)
    if row is None:
        raise MissingError("You take part in no such conversation.", code="conversation_missing")
    return _conversation(row)


async def message_list(db: Database, reader: Reader, id: str, *, seals: Seals, page: PageQuery) -> Page[MessageView]:
    """What was said since the reader joined, last first.

    Raises:
        MissingError: there is no such conversation that the reader takes part in.
    """
    await one_conversation(db, reader, id)
    (before,) = place(page, tuple[Number]) or (_LARGEST,)
    rows = await db.fetch(
        f"{_MESSAGE} AND m.conversation = $2 AND m.number < $3 ORDER BY m.number DESC LIMIT $4",
        reader.member,
        id,
        before,
        page.limit + 1,
    )
    return paged(rows, page, partial(_message, seals=seals), "number")


async def one_message(db: Database, reader: Reader, seals: Seals, id: str) -> MessageView:
    """A message that the reader may see.

    Raises:
        MissingError: there is none.
    """
    row = await db.one(f"{_MESSAGE} AND m.id = $2", reader.member, id)
    if row is None:
        raise MissingError(f"There is no message {id}.", code="message_missing")
    return _message(row, seals)


async def conversation_of(db: Database, reader: Reader, message: str) -> str:
    """Where a message was said that the reader may see.

    Raises:
        MissingError: there is none.
    """
    row = await db.one(f"{_MESSAGE} AND m.id = $2", reader.member, message)
    if row is None:
        raise MissingError(f"There is no message {message}.", code="message_missing")
    return str(row["conversation"])


async def disclosed_by(db: Database, reader: Reader, seals: Seals, chosen: Mapping[str, str]) -> tuple[Disclosed, ...]:
    """The chosen messages as text: plain ones as they are, sealed ones as the reporter says that they read.

    Raises:
        MissingError: one is none that the reader may see.
    """
    rows = await db.fetch(f"{_MESSAGE} AND m.id = ANY($2::text[]) ORDER BY m.number", reader.member, list(chosen))
    if missing := sorted(set(chosen) - {row["id"] for row in rows}):
        raise MissingError(f"There is no message {missing[0]}.", code="message_missing")
    views = [_message(row, seals) for row in rows]
    return tuple(Disclosed(each.id, each.body if each.encoding == "plain" else chosen[each.id]) for each in views)


def _conversation(row: Mapping[str, Any]) -> ConversationView:
    return ConversationView(
        id=row["id"],
        title=row["title"],
        is_group=row["is_group"],
        created_by=row["created_by"],
        members=tuple(ParticipantView(*each) for each in zip(row["members"], row["marks"], strict=True)),
        last_number=row["last_number"],
        unread=row["last_number"] - row["read"] - row["unseen"],
        created_at=row["created_at"],
        last_at=row["last_at"],
    )


def _message(row: Mapping[str, Any], seals: Seals) -> MessageView:
    body = row["body"] if row["status"] == "sent" else ""
    return MessageView(
        id=row["id"],
        conversation_id=row["conversation"],
        number=row["number"],
        sender_id=row["sender"],
        body=seals.open(row["conversation"], body) if row["encoding"] == "plain" else body,
        encoding=row["encoding"],
        status=row["status"],
        reply_to=row["reply_to"],
        created_at=row["created_at"],
    )
