"""What concerns a member, and what could: the feed and the recommendations. Flagged posts are in neither.

Each source of the feed brings its newest entries along an index, so that the work is bounded however many there are.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.pages import Moment, paged, place
from diramoja.plugins.member.contracts import not_walled
from diramoja.plugins.topic.insight_queries import related_topics
from diramoja.plugins.topic.keywords import excerpt
from diramoja.plugins.topic.views import FeedItem

__all__ = ["RecommendedType", "feed", "recommendations"]

type RecommendedType = Literal["topic", "post"]

OUTSIDE_EVERY = 5
"""Every fifth recommendation is from outside one's interests, so that these do not close in on themselves."""
EXCERPT_CHARS = 200
RECENT = timedelta(days=7)
FOLLOWED = 3
SIMILAR_REASON, INTEREST_REASON, OUTSIDE_REASON = "similar", "interest", "outside"

_POST_FIELDS = (
    "'post' AS type, p.id, p.topic, t.title, p.body AS text, t.category, p.author, p.created_at, {reason} AS reason"
)
_UNMUTED = "NOT EXISTS (SELECT 1 FROM member_mute q WHERE q.member = $1 AND q.other = {author})"
_SHOWN = (
    f"p.status = 'published' AND p.flag_reason = '' AND p.author <> $1 AND {not_walled('$1', 'p.author')}"
    f" AND {_UNMUTED.format(author='p.author')}"
)
_BEFORE = "($2::timestamptz IS NULL OR (p.created_at, p.id) < ($2, $3))"

_FEED = f"""
WITH followed AS (
    SELECT f.topic FROM topic_follower f JOIN topic t ON t.id = f.topic WHERE f.member = $1
    ORDER BY t.active_at DESC LIMIT 100
), own AS (
    SELECT topic AS id FROM topic_text WHERE created_by = $1 ORDER BY created_at DESC LIMIT 100
), interest AS (
    SELECT DISTINCT unnest(interests) AS category FROM member WHERE id = $1
), place AS (
    SELECT id AS topic, 'own_topic' AS reason FROM own
    UNION ALL SELECT topic, 'followed_topic' FROM followed WHERE topic NOT IN (SELECT id FROM own)
), item AS (
    SELECT posts.*, 1 AS rank FROM place JOIN LATERAL (
        SELECT {_POST_FIELDS.format(reason="place.reason")} FROM post p JOIN topic t ON t.id = p.topic
        WHERE p.topic = place.topic AND {_SHOWN} AND {_BEFORE} ORDER BY p.number DESC LIMIT $4
    ) posts ON true
    UNION ALL SELECT posts.*, 0 FROM (
        SELECT {_POST_FIELDS.format(reason="'mention'")}
        FROM post_mention m JOIN post p ON p.id = m.post JOIN topic t ON t.id = p.topic
        WHERE m.member = $1 AND {_SHOWN} AND {_BEFORE} ORDER BY m.at DESC LIMIT $4
    ) posts
    UNION ALL SELECT posts.*, 2 FROM (
        SELECT member FROM member_following WHERE follower = $1 ORDER BY since DESC LIMIT 200
    ) f JOIN LATERAL (
        SELECT {_POST_FIELDS.format(reason="'followed_member'")} FROM post p JOIN topic t ON t.id = p.topic
        WHERE p.author = f.member AND {_SHOWN} AND {_BEFORE} ORDER BY p.created_at DESC LIMIT $4
    ) posts ON true
    UNION ALL SELECT topics.*, 3 FROM interest JOIN LATERAL (
        SELECT 'topic' AS type, p.id, p.id AS topic, p.title, x.description AS text, p.category, p.created_by AS author,
            p.created_at, 'interest' AS reason
        FROM topic p JOIN topic_text x ON x.topic = p.id
        WHERE p.category = interest.category AND p.created_by <> $1 AND p.phase NOT IN ('flagged', 'archived')
            AND {not_walled("$1", "p.created_by")} AND {_UNMUTED.format(author="p.created_by")} AND {_BEFORE}
        ORDER BY p.created_at DESC LIMIT $4
    ) topics ON true
), first AS (
    SELECT DISTINCT ON (id) * FROM item ORDER BY id, rank
)
SELECT first.*, reason IN ('mention', 'followed_member')
    AND category NOT IN (SELECT category FROM interest) AND topic NOT IN (SELECT topic FROM place) AS outside
FROM first ORDER BY created_at DESC, id DESC LIMIT $4
"""  # noqa: S608  # put together from constants

_TOPICS = f"""
SELECT 'topic' AS type, t.id, t.id AS topic, t.title, x.description AS text, t.category, t.created_by AS author,
    t.created_at FROM {{source}} JOIN topic_text x ON x.topic = t.id
WHERE t.phase IN ('new', 'active', 'trending', 'cooling_down') AND t.created_by <> $1
    AND {not_walled("$1", "t.created_by")} AND {_UNMUTED.format(author="t.created_by")}
    AND NOT EXISTS (SELECT 1 FROM topic_follower f WHERE f.topic = t.id AND f.member = $1)
ORDER BY t.trending_score DESC, t.active_at DESC, t.id DESC LIMIT $2
"""  # noqa: S608  # put together from constants
_POSTS = f"""
SELECT {_POST_FIELDS.format(reason="''")} FROM (
    SELECT t.* FROM {{source}} WHERE t.phase IN ('new', 'active', 'trending', 'cooling_down')
    ORDER BY t.trending_score DESC, t.active_at DESC, t.id DESC LIMIT 50
) t JOIN LATERAL (
    SELECT p.* FROM (SELECT * FROM post WHERE topic = t.id ORDER BY number DESC LIMIT 100) p
    WHERE p.created_at > $3 AND {_SHOWN} ORDER BY p.top DESC, p.number DESC LIMIT 3
) p ON true ORDER BY p.top DESC, p.created_at DESC, p.id DESC LIMIT $2
"""  # noqa: S608  # put together from constants
_INSIDE = (
    "(SELECT DISTINCT unnest(interests) AS category FROM member WHERE id = $1) i JOIN LATERAL"
    " (SELECT * FROM topic WHERE topic.category = i.category ORDER BY active_at DESC LIMIT 100) t ON true"
)
_OUTSIDE = (
    "(SELECT * FROM topic WHERE category NOT IN (SELECT unnest(interests) FROM member WHERE id = $1)"
    " ORDER BY active_at DESC LIMIT 100) t"
)
"""The last active topics of each interest, and of what is none; the most trending of these come first."""


async def feed(db: Database, reader: Reader, page: PageQuery) -> Page[FeedItem]:
    """Posts in own and followed topics, by followed members and naming one; topics in one's interests. Newest first.

    Raises:
        InvalidError: the cursor is of another list.
    """
    at, id = place(page, tuple[Moment, str]) or (None, "")
    rows = await db.fetch(_FEED, reader.member, at, id, page.limit + 1)
    return paged(rows, page, lambda row: _item(row, row["reason"], outside=row["outside"]), "created_at", "id")


async def recommendations(
    db: Database, reader: Reader, clock: Clock, *, kind: RecommendedType, limit: int
) -> Page[FeedItem]:
    """What one does not follow yet: in one's interests, like what one follows, and some of neither. One page."""
    sql, more = (_TOPICS, ()) if kind == "topic" else (_POSTS, (clock.now() - RECENT,))
    inside = await db.fetch(sql.format(source=_INSIDE), reader.member, limit, *more)
    outside = await db.fetch(sql.format(source=_OUTSIDE), reader.member, limit, *more)
    similar = await _similar(db, reader) if kind == "topic" else []
    near = [_item(row, INTEREST_REASON) for row in inside]
    known = {item.id for item in near}
    likes = [_item(row, SIMILAR_REASON) for row in outside if row["id"] in similar]
    far = [_item(row, OUTSIDE_REASON, outside=True) for row in outside if row["id"] not in similar]
    return Page(_mixed([*near, *(item for item in likes if item.id not in known)], far, limit))


async def _similar(db: Database, reader: Reader) -> set[str]:
    """Topics with keywords in common with those that the reader followed last."""
    rows = await db.fetch(
        "SELECT topic FROM topic_follower WHERE member = $1 ORDER BY since DESC LIMIT $2", reader.member, FOLLOWED
    )
    return {view.id for row in rows for view in (await related_topics(db, reader, row["topic"], FOLLOWED)).items}


def _mixed(near: Sequence[FeedItem], far: Sequence[FeedItem], limit: int) -> list[FeedItem]:
    """Every fifth one from afar; what one side lacks the other fills."""
    inside, outside = list(near), list(far)
    mixed: list[FeedItem] = []
    while len(mixed) < limit and (inside or outside):
        turn = outside if (len(mixed) + 1) % OUTSIDE_EVERY == 0 else inside
        mixed.append((turn or inside or outside).pop(0))
    return mixed


def _item(row: Mapping[str, Any], reason: str, *, outside: bool = False) -> FeedItem:
    return FeedItem(
        type=row["type"],
        id=row["id"],
        topic_id=row["topic"],
        title=row["title"],
        excerpt=excerpt(row["text"], EXCERPT_CHARS),
        category=row["category"],
        author_id=row["author"],
        created_at=row["created_at"],
        reason=reason,
        outside_bubble=outside,
    )
