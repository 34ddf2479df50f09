"""HTTP of topics and posts."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.openapi import ResponseSpec
from litestar.params import PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import Meta

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.ports.database import Database
from diramoja.plugins.member.contracts import SubmitPost, SubmitTopic
from diramoja.plugins.moderator.contracts import ReportView
from diramoja.plugins.topic.contracts import (
    CloseTopic,
    DeletePost,
    FollowTopic,
    OpenTopic,
    PostBody,
    PostView,
    React,
    ReactionKind,
    ReportPost,
    ReportReason,
    ReportText,
    TopicView,
    UnfollowTopic,
    Unreact,
)
from diramoja.plugins.topic.queries import (
    PostSort,
    TopicSort,
    one_post,
    one_topic,
    post_list,
    topic_list,
    topic_of_post,
)

__all__ = ["Posts", "Topics"]

type Kind = Annotated[ReactionKind, PathParameter(description="agree, disagree, pass or like")]


class NewPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A post to be written."""

    body: PostBody
    reply_to: Annotated[str, Meta(max_length=128)] | None = None


class NewReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report to be filed."""

    reason: ReportReason
    text: ReportText = ""


class Topics(Controller):
    """Topics, and posts to them."""

    path = "/topics"
    tags = ["Topics"]  # noqa: RUF012  # Litestar reads it from the class

    @post("/", permission="topic.open", limit="posts", summary="Open a topic")
    async def open_topic(self, data: OpenTopic, send: Send, reader: Reader) -> TopicView:
        """The sender is its creator."""
        submitted = SubmitTopic(send.new_id("top"), *(getattr(data, name) for name in data.__struct_fields__))
        view: TopicView = await send("member", reader.member, submitted)
        return view

    @get("/", permission="topic.read", summary="Topics")
    async def list_topics(
        self,
        db: Database,
        page: PageQuery,
        category: Annotated[str | None, QueryParameter(max_length=40)] = None,
        tag: Annotated[str | None, QueryParameter(max_length=40)] = None,
        *,
        sort: Annotated[TopicSort, QueryParameter(description="new, or active: last posted to")] = "new",
    ) -> Page[TopicView]:
        """Newest or most recently active first."""
        return await topic_list(db, page, sort=sort, category=category, tag=tag)

    @get("/{topic_id:str}", permission="topic.read", summary="One topic")
    async def get_topic(self, topic_id: str, db: Database) -> TopicView:
        """A topic."""
        return await one_topic(db, topic_id)

    @put("/{topic_id:str}/follow", permission="topic.follow", status_code=HTTP_204_NO_CONTENT, summary="Follow")
    async def follow(self, topic_id: str, send: Send) -> None:
        """Again changes nothing."""
        await send("topic", topic_id, FollowTopic())

    @delete("/{topic_id:str}/follow", permission="topic.follow", summary="Follow no more")
    async def unfollow(self, topic_id: str, send: Send) -> None:
        """Again changes nothing."""
        await send("topic", topic_id, UnfollowTopic())

    @post("/{topic_id:str}/close", permission="topic.close", status_code=HTTP_204_NO_CONTENT, summary="Close a topic")
    async def close(self, topic_id: str, data: CloseTopic, send: Send) -> None:
        """By its creator or a moderator."""
        await send("topic", topic_id, data)

    @post("/{topic_id:str}/posts", permission="post.write", limit="posts", summary="Post to a topic")
    async def write_post(self, topic_id: str, data: NewPost, send: Send, reader: Reader) -> PostView:
        """Taken in as pending; others see it once it is screened and checked."""
        submitted = SubmitPost(topic_id, send.new_id("pst"), data.body, data.reply_to)
        view: PostView = await send("member", reader.member, submitted)
        return view

    @get("/{topic_id:str}/posts", permission="topic.read", summary="Posts of a topic")
    async def list_posts(
        self,
        topic_id: str,
        db: Database,
        reader: Reader,
        page: PageQuery,
        *,
        sort: Annotated[PostSort, QueryParameter(description="new, old or top: most agreement and likes")] = "new",
    ) -> Page[PostView]:
        """Those that the reader may see; one's own in every status."""
        return await post_list(db, reader, topic_id, page, sort=sort)


class Posts(Controller):
    """Single posts."""

    path = "/posts/{post_id:str}"
    tags = ["Topics"]  # noqa: RUF012  # Litestar reads it from the class

    @get("/", permission="topic.read", summary="One post")
    async def get_post(self, post_id: str, db: Database, reader: Reader) -> PostView:
        """A post that the reader may see."""
        return await one_post(db, reader, post_id)

    @delete("/", permission="post.write", summary="Delete an own post")
    async def delete_post(self, post_id: str, db: Database, reader: Reader, send: Send) -> None:
        """Its text goes."""
        await send("topic", await topic_of_post(db, reader, post_id), DeletePost(post_id))

    @put(
        "/reactions/{kind:str}",
        permission="post.react",
        limit="votes",
        status_code=HTTP_204_NO_CONTENT,
        summary="React to a post",
    )
    async def react(self, *, post_id: str, kind: Kind, db: Database, reader: Reader, send: Send) -> None:
        """Agree, disagree and pass replace each other; like is apart."""
        await send("topic", await topic_of_post(db, reader, post_id), React(post_id, kind))

    @delete("/reactions/{kind:str}", permission="post.react", limit="votes", summary="Take a reaction back")
    async def unreact(self, *, post_id: str, kind: Kind, db: Database, reader: Reader, send: Send) -> None:
        """One that is not there is no error."""
        await send("topic", await topic_of_post(db, reader, post_id), Unreact(post_id, kind))

    @post(
        "/reports",
        permission="post.report",
        status_code=HTTP_201_CREATED,
        summary="Report a post to moderators",
        responses={HTTP_200_OK: ResponseSpec(ReportView, description="You reported it before: the same report.")},
    )
    async def report(self, *, post_id: str, data: NewReport, db: Database, reader: Reader, send: Send) -> ReportView:
        """The answer shows neither the case nor other reports."""
        command = ReportPost(send.new_id("rep"), post_id, data.reason, data.text)
        view: ReportView = await send("topic", await topic_of_post(db, reader, post_id), command)
        return view
