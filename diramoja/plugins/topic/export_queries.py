"""What is held of a member around topics, for their export."""

from collections.abc import Mapping, Sequence
from typing import Any

from diramoja.core import Holding
from diramoja.core.ports.rows import RowKey
from diramoja.pages import holding
from diramoja.plugins.topic.state import Participant, Reaction, Supporter, topic
from diramoja.ports.forgetting import Forgetting

__all__ = ["HOLDINGS"]

LOOKS = 20
"""Looks into the tables of one page: what members did here has no index by member, which every reaction would pay."""
SHOWN = (Reaction.wire_name, Supporter.wire_name, Participant.wire_name)


async def _acts(member: str, after: str, limit: int, places: Forgetting) -> tuple[Sequence[Mapping[str, Any]], str]:
    """Reactions, support and taking part, found by looking through the rows of all topics."""
    place = RowKey(*after.split(" ")) if after else RowKey(topic.name, "", "", "")
    acts: list[Mapping[str, Any]] = []
    for _ in range(LOOKS):
        found, last = await places.rows_naming(member, place, limit - len(acts))
        acts += [_act(each, member) for each in found if each.kind == topic.name and each.collection in SHOWN]
        if last is None or last.kind != topic.name:
            return acts, ""
        place = last
        if len(acts) >= limit:
            break
    return acts, " ".join(place)


def _act(row: RowKey, member: str) -> Mapping[str, Any]:
    """A reaction's key is post, axis and member."""
    parts = row.key.split(":") if row.collection == Reaction.wire_name else []
    named = {"post": parts[0], "axis": parts[1]} if parts else {}
    return {"what": row.collection, "topic": row.agent, **named}


HOLDINGS = [
    holding(
        "topics",
        "SELECT t.id, t.title, x.description, t.category, t.tags, t.created_at, t.phase FROM topic_text x"
        " JOIN topic t ON t.id = x.topic WHERE x.created_by = $1 AND t.id > $2 ORDER BY t.id LIMIT $3",
        "id",
    ),
    holding("posts", "SELECT * FROM post WHERE author = $1 AND id > $2 ORDER BY id LIMIT $3", "id"),
    holding(
        "revisions",
        "SELECT r.* FROM post_revision r JOIN post p ON p.id = r.post WHERE p.author = $1 AND r.id > $2"
        " ORDER BY r.id LIMIT $3",
        "id",
    ),
    holding(
        "topics_followed",
        "SELECT topic, since FROM topic_follower WHERE member = $1 AND topic > $2 ORDER BY topic LIMIT $3",
        "topic",
    ),
    holding(
        "mentions", "SELECT id, post, at FROM post_mention WHERE member = $1 AND id > $2 ORDER BY id LIMIT $3", "id"
    ),
    holding(
        "drafts",
        "SELECT id, topic, title, created_at FROM topic_draft WHERE created_by = $1 AND id > $2 ORDER BY id LIMIT $3",
        "id",
    ),
    holding("amendments", "SELECT * FROM draft_amendment WHERE author = $1 AND id > $2 ORDER BY id LIMIT $3", "id"),
    Holding("acts", _acts),
]
