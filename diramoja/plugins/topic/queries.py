"""Reads of topics and posts; each knows its reader."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import InvalidError, MissingError
from diramoja.core.ports.database import Database
from diramoja.plugins.topic.contracts import PostView, TopicView

__all__ = ["PostSort", "TopicSort", "one_post", "one_topic", "post_list", "topic_list", "topic_of_post"]

type TopicSort = Literal["new", "active"]
type PostSort = Literal["new", "old", "top"]

_TOPIC = (
    "SELECT t.id, t.title, x.description, t.category, t.tags, t.policy_proposal, t.created_by, t.phase,"
    " t.participation_count, t.post_count, t.follower_count, t.created_at, t.last_post_at, t.active_at, t.close_reason"
    " FROM topic t JOIN topic_text x ON x.topic = t.id"
)
_SORT_COLUMN: Mapping[TopicSort, str] = {"new": "created_at", "active": "active_at"}

_POST = (
    "SELECT id, topic, number, author, body, status, reason, reply_to, reply_count, agree, disagree, passes, likes,"
    " top, created_at FROM post"
)
_VISIBLE = "(status = 'published' OR (status <> 'deleted' AND ($2 OR author = $1)))"
"""Others see what is published; its author and moderators see it in every status but deleted."""
_ORDER: Mapping[PostSort, tuple[str, str]] = {
    "new": ("number < $4::bigint", "number DESC"),
    "old": ("number > $4::bigint", "number"),
    "top": ("(top, number) < ($4::bigint, $5::bigint)", "top DESC, number DESC"),
}


async def topic_list(
    db: Database, page: PageQuery, *, sort: TopicSort, category: str | None, tag: str | None
) -> Page[TopicView]:
    """Topics, the newest or the most recently active first.

    Raises:
        InvalidError: the cursor is of another list.
    """
    column = _SORT_COLUMN[sort]
    args: list[Any] = []
    wanted = [f"t.{name} ${_add(args, value)}" for name, value in (("category =", category),) if value is not None]
    wanted += [f"t.tags @> ARRAY[${_add(args, tag)}::text]"] if tag is not None else []
    if page.after:
        at, id = _time_and_id(page.after)
        wanted.append(f"(t.{column}, t.id) < (${_add(args, at)}, ${_add(args, id)})")
    where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    order = f" ORDER BY t.{column} DESC, t.id DESC LIMIT ${_add(args, page.limit + 1)}"
    rows = await db.fetch(_TOPIC + where + order, *args)
    last = rows[page.limit - 1] if len(rows) > page.limit else None
    cursor = PageQuery.cursor(last[column].isoformat(), last["id"]) if last else None
    return Page([_topic(row) for row in rows[: page.limit]], cursor)


async def one_topic(db: Database, id: str) -> TopicView:
    """A topic.

    Raises:
        MissingError: there is none.
    """
    row = await db.one(f"{_TOPIC} WHERE t.id = $1", id)
    if row is None:
        raise MissingError(f"There is no topic {id}.", code="topic_missing")
    return _topic(row)


async def post_list(db: Database, reader: Reader, topic_id: str, page: PageQuery, *, sort: PostSort) -> Page[PostView]:
    """Posts of a topic that the reader may see.

    Raises:
        InvalidError: the cursor is of another list.
        MissingError: there is no such topic.
    """
    after, order = _ORDER[sort]
    place = _numbers(page.after, 2 if sort == "top" else 1)
    where = f"topic = $3 AND {_VISIBLE}" + (f" AND {after}" if place else "")
    limit = f"LIMIT {page.limit + 1:d}"
    args = (*_reader(reader), topic_id, *place)
    rows = await db.fetch(f"{_POST} WHERE {where} ORDER BY {order} {limit}", *args)
    if not rows:
        await one_topic(db, topic_id)
    last = rows[page.limit - 1] if len(rows) > page.limit else None
    values = (last["top"], last["number"]) if last and sort == "top" else (last["number"],) if last else ()
    return Page(
        [_post(row, reader) for row in rows[: page.limit]],
        PageQuery.cursor(*values) if last else None,
    )


async def one_post(db: Database, reader: Reader, id: str) -> PostView:
    """A post that the reader may see.

    Raises:
        MissingError: there is none.
    """
    row = await db.one(f"{_POST} WHERE id = $3 AND {_VISIBLE}", *_reader(reader), id)
    if row is None:
        raise MissingError(f"There is no post {id}.", code="post_missing")
    return _post(row, reader)


async def topic_of_post(db: Database, reader: Reader, id: str) -> str:
    """The topic that has this post, whose commands the topic judges; a deleted one's for its author to repeat them.

    Raises:
        MissingError: there is none, or none that this reader may know of; the answers are the same.
    """
    row = await db.one(
        "SELECT topic FROM post WHERE id = $3 AND (status = 'published' OR $2 OR author = $1)", *_reader(reader), id
    )
    if row is None:
        raise MissingError(f"There is no post {id}.", code="post_missing")
    return str(row["topic"])


def _reader(reader: Reader) -> tuple[str, bool]:
    return reader.member, reader.has("moderator")


def _topic(row: Mapping[str, Any]) -> TopicView:
    shown = (name for name in TopicView.__struct_fields__ if name != "close_reason" or row[name])
    return msgspec.convert({name: row[name] for name in shown}, TopicView)


def _post(row: Mapping[str, Any], reader: Reader) -> PostView:
    inside = reader.has("moderator") or row["author"] == reader.member
    return PostView(
        id=row["id"],
        topic_id=row["topic"],
        author_id=row["author"],
        body=row["body"],
        status=row["status"],
        created_at=row["created_at"],
        reply_to=row["reply_to"],
        reactions={
            "agree": row["agree"],
            "disagree": row["disagree"],
            "pass": row["passes"],
            "like": row["likes"],
        },
        reply_count=row["reply_count"],
        reason=row["reason"] if inside and row["reason"] else msgspec.UNSET,
    )


def _add(args: list[Any], value: object) -> int:
    args.append(value)
    return len(args)


def _time_and_id(after: Sequence[str | int | float]) -> tuple[datetime, str]:
    try:
        at, id = after
        return datetime.fromisoformat(str(at)), str(id)
    except ValueError as error:
        raise InvalidError("This cursor is of another list.", code="cursor_invalid") from error


def _numbers(after: Sequence[str | int | float], count: int) -> tuple[int, ...]:
    if after and (len(after) != count or not all(isinstance(value, int) for value in after)):
        raise InvalidError("This cursor is of another list.", code="cursor_invalid")
    return tuple(int(value) for value in after)
