"""What is held of a member in conversations, for their export: their own words, and with whom they talk."""

from collections.abc import Mapping, Sequence
from typing import Any

from diramoja.core import Holding
from diramoja.core.keys import Keys
from diramoja.core.ports.database import Database
from diramoja.pages import holding
from diramoja.plugins.conversation.seals import seals_of
from diramoja.plugins.conversation.settings import ConversationSettings

__all__ = ["HOLDINGS"]

MESSAGES = (
    "SELECT m.* FROM conversation_message m JOIN conversation_member own ON own.conversation = m.conversation"
    " AND own.member = $1 WHERE m.sender = $1 AND m.status = 'sent' AND m.id > $2 ORDER BY m.id LIMIT $3"
)


async def _messages(  # noqa: PLR0917  # the last three are ports by their annotation
    member: str, after: str, limit: int, db: Database, keys: Keys, settings: ConversationSettings
) -> tuple[Sequence[Mapping[str, Any]], str]:
    """Plain bodies as they were written; sealed ones as the clients made them. What others said is theirs."""
    rows = await db.fetch(MESSAGES, member, after, limit)
    seals = seals_of(keys, settings)
    opened = [
        {**row, "body": seals.open(row["conversation"], row["body"]) if row["encoding"] == "plain" else row["body"]}
        for row in map(dict, rows)
    ]
    return opened, str(rows[-1]["id"]) if len(rows) == limit else ""


HOLDINGS = [
    holding(
        "conversations",
        "SELECT c.id, c.title, c.is_group, c.created_at, p.since, p.read FROM conversation_member p"
        " JOIN conversation c ON c.id = p.conversation WHERE p.member = $1 AND c.id > $2 ORDER BY c.id LIMIT $3",
        "id",
    ),
    Holding("messages", _messages),
]
