"""Reads of topics and posts; each knows its reader."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal

import attrs
import msgspec

from diramoja.core import Page, PageQuery, Reader
from diramoja.core.errors import MissingError
from diramoja.core.ports.database import Database
from diramoja.pages import Moment, Number, bind, paged, place
from diramoja.plugins.member.contracts import not_walled
from diramoja.plugins.topic.state import OPEN
from diramoja.plugins.topic.views import EditView, PostView, RevisionView, SharedPost, SupportView, TopicView

__all__ = [
    "Actor",
    "PostSort",
    "TopicSort",
    "actor_on",
    "check_reply",
    "check_topic",
    "may_write",
    "one_post",
    "one_topic",
    "post_list",
    "revision_list",
    "topic_list",
    "topic_of_post",
]

type TopicSort = Literal["new", "active", "trending"]
type PostSort = Literal["new", "old", "top"]

_TOPIC = (
    "SELECT t.id, t.title, x.description, t.category, t.tags, t.policy_proposal, t.created_by, t.phase,"
    " t.participation_count, t.post_count, t.follower_count, t.created_at, t.last_post_at, t.active_at, t.close_reason,"
    " t.moderation_level, t.quality_score, t.trending_score, t.sentiment_score, t.pinned_posts, t.supporters,"
    " t.support_needed, t.support_reached_at, t.support_decide_by, t.support_decision, t.support_reason,"
    " t.event_id,"
    " t.voting_attached,"
    " coalesce((SELECT v.views FROM topic_viewed v WHERE v.topic = t.id), 0) AS views_count"
    " FROM topic t JOIN topic_text x ON x.topic = t.id"
)
_SORT: Mapping[TopicSort, tuple[str, ...]] = {
    "new": ("created_at",),
    "active": ("active_at",),
    "trending": ("trending_score", "active_at"),
}

_POST = (
    "SELECT id, topic, number, author, body, status, reason, reply_to, reply_count, agree, disagree, passes, likes,"
    " top, created_at, revision, edited_at, edit_body, edit_status, edit_reason, shared_post, shared_topic,"
    " share_count, flag_reason FROM post"
)
_VISIBLE = (
    f"(status = 'published' OR (status <> 'deleted' AND ($2 OR author = $1))) AND {not_walled('$1', 'post.author')}"
)
"""Others see what is published, but of whom a wall stands between; its author and moderators see it in every status
but deleted."""
_ORDER: Mapping[PostSort, tuple[str, str]] = {
    "new": ("number < $4::bigint", "number DESC"),
    "old": ("number > $4::bigint", "number"),
    "top": ("(top, number) < ($4::bigint, $5::bigint)", "top DESC, number DESC"),
}


async def topic_list(
    db: Database, reader: Reader, page: PageQuery, *, sort: TopicSort, category: str | None, tag: str | None
) -> Page[TopicView]:
    """Topics, the newest, the most recently active, or those in which many act now, the most first; behind no wall.

    Raises:
        InvalidError: the cursor is of another list.
    """
    columns = _SORT[sort]
    args: list[Any] = [reader.member]
    wanted = [not_walled("$1", "t.created_by")]
    wanted += ["t.trending_score > 0"] if sort == "trending" else []
    wanted += [f"t.category = ${bind(args, category)}"] if category is not None else []
    wanted += [f"t.tags @> ARRAY[${bind(args, tag)}::text]"] if tag is not None else []
    shape = tuple[Moment, str] if len(columns) == 1 else tuple[Number, Moment, str]
    if values := place(page, shape):
        after = ", ".join(f"${bind(args, value)}" for value in values)
        wanted.append(f"({', '.join(f't.{column}' for column in (*columns, 'id'))}) < ({after})")
    order = ", ".join(f"t.{column} DESC" for column in (*columns, "id"))
    sql = f"{_TOPIC} WHERE {' AND '.join(wanted)} ORDER BY {order} LIMIT ${bind(args, page.limit + 1)}"
    rows = await db.fetch(sql, *args)
    return paged(rows, page, _topic, *columns, "id")


async def one_topic(db: Database, reader: Reader, id: str) -> TopicView:
    """A topic.

    Raises:
        MissingError: there is none, or a wall stands between.
    """
    row = await db.one(f"{_TOPIC} WHERE t.id = $2 AND {not_walled('$1', 't.created_by')}", reader.member, id)
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
    values = place(page, tuple[Number, Number] if sort == "top" else tuple[Number]) or ()
    where = f"topic = $3 AND {_VISIBLE}" + (f" AND {after}" if values else "")
    limit = f"LIMIT {page.limit + 1:d}"
    args = (*_reader(reader), topic_id, *values)
    rows = await db.fetch(f"{_POST} WHERE {where} ORDER BY {order} {limit}", *args)
    if not rows:
        await one_topic(db, reader, topic_id)
    return paged(rows, page, partial(_post, reader=reader), *(("top", "number") if sort == "top" else ("number",)))


async def one_post(db: Database, reader: Reader, id: str) -> PostView:
    """A post that the reader may see.

    Raises:
        MissingError: there is none.
    """
    row = await db.one(f"{_POST} WHERE id = $3 AND {_VISIBLE}", *_reader(reader), id)
    if row is None:
        raise MissingError(f"There is no post {id}.", code="post_missing")
    return _post(row, reader)


async def revision_list(db: Database, reader: Reader, id: str, page: PageQuery) -> Page[RevisionView]:
    """The texts of a post that the reader may see, the one that is shown first.

    Raises:
        InvalidError: the cursor is of another list.
        MissingError: there is no such post.
    """
    post = await one_post(db, reader, id)
    number = post.revision or 1
    shown = RevisionView(number, post.body, post.reactions, post.edited_at or post.created_at, None)
    (before,) = place(page, tuple[Number]) or (number,)
    rows = await db.fetch(
        "SELECT * FROM post_revision WHERE post = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
        id,
        before,
        page.limit + 1,
    )
    views = [] if page.after else [shown]
    views += [
        RevisionView(row["number"], row["body"], _reactions(row), row["written_at"], row["replaced_at"]) for row in rows
    ]
    items = views[: page.limit]
    return Page(items, PageQuery.cursor(items[-1].number) if len(views) > page.limit else None)


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


@attrs.frozen
class Actor:
    """Where a post is, and since when the one who acts on it is a member."""

    topic: str
    member_since: datetime | None


async def actor_on(db: Database, reader: Reader, id: str) -> Actor:
    """For acting on a post that is there for this reader.

    Raises:
        MissingError: there is none, or a wall stands between.
    """
    sql = "SELECT topic, (SELECT m.member_since FROM member m WHERE m.id = $1) AS member_since FROM post WHERE id = $3"
    row = await db.one(f"{sql} AND {_VISIBLE}", *_reader(reader), id)
    if row is None:
        raise MissingError(f"There is no post {id}.", code="post_missing")
    return Actor(row["topic"], row["member_since"])


async def check_topic(db: Database, reader: Reader, id: str) -> None:
    """Before somebody writes into a topic: whether there is one, the topic decides; here a wall looks as if not.

    Raises:
        MissingError: a wall stands between the reader and its creator.
    """
    walled = f"NOT {not_walled('$1', 't.created_by')}"
    row = await db.one(f"SELECT 1 FROM topic t WHERE t.id = $2 AND {walled}", reader.member, id)  # noqa: S608  # constants
    if row is not None:
        raise MissingError(f"There is no topic {id}.", code="topic_missing")


async def may_write(db: Database, topic: str, reader: Reader) -> bool:
    """Whether posts can be written there, and no wall stands between the reader and its creator."""
    free = not_walled("$1", "t.created_by")
    sql = f"SELECT 1 FROM topic t WHERE t.id = $2 AND t.phase = ANY($3::text[]) AND {free}"  # noqa: S608  # constants
    return await db.one(sql, reader.member, topic, list(OPEN)) is not None


async def check_reply(db: Database, reader: Reader, id: str) -> None:
    """Before a reply: whether there is the post that it answers, the topic decides; here a wall looks as if not.

    Raises:
        MissingError: a wall stands between the reader and the author.
    """
    row = await db.one(f"SELECT 1 FROM post WHERE id = $2 AND NOT {not_walled('$1', 'post.author')}", reader.member, id)  # noqa: S608  # constants
    if row is not None:
        raise MissingError(f"There is no post {id}.", code="post_missing")


def _reader(reader: Reader) -> tuple[str, bool]:
    return reader.member, reader.has("moderator")


_SUPPORT = ("needed", "reached_at", "decide_by", "decision", "reason")


def _topic(row: Mapping[str, Any]) -> TopicView:
    shown = (name for name in TopicView.__struct_fields__ if name in row and (name != "close_reason" or row[name]))
    view = msgspec.convert({name: row[name] for name in shown}, TopicView)
    if not view.policy_proposal:
        return view
    return view.but(support=msgspec.convert({name: row[f"support_{name}"] for name in _SUPPORT}, SupportView))


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
        reactions=_reactions(row),
        reply_count=row["reply_count"],
        reason=row["reason"] if inside and row["reason"] else msgspec.UNSET,
        revision=row["revision"] if row["revision"] > 1 else msgspec.UNSET,
        edited_at=row["edited_at"] or msgspec.UNSET,
        edit=_edit(row) if inside and row["edit_status"] else msgspec.UNSET,
        shared=SharedPost(row["shared_post"], row["shared_topic"]) if row["shared_post"] else msgspec.UNSET,
        share_count=row["share_count"] or msgspec.UNSET,
        flag_reason=row["flag_reason"] or msgspec.UNSET,
    )


def _edit(row: Mapping[str, Any]) -> EditView:
    return EditView(row["edit_body"], row["edit_status"], row["edit_reason"])


def _reactions(row: Mapping[str, Any]) -> dict[str, int]:
    return {"agree": row["agree"], "disagree": row["disagree"], "pass": row["passes"], "like": row["likes"]}
