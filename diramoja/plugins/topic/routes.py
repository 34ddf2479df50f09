"""HTTP of topics and posts; drafts and feeds are in modules beside this one."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.openapi import ResponseSpec
from litestar.params import PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import Meta

from diramoja.core import Page, PageQuery, Reader, Send
from diramoja.core.ports.database import Database
from diramoja.plugins.member.contracts import ReportContent, SubmitEdit, SubmitPost, SubmitShare, SubmitTopic
from diramoja.plugins.moderator.contracts import ReportView
from diramoja.plugins.topic.contracts import (
    CloseTopic,
    DecideSupport,
    DeletePost,
    EditTopic,
    EndReview,
    FlagTopic,
    FollowTopic,
    OpenTopic,
    PinPost,
    React,
    SupportTopic,
    UnfollowTopic,
    UnpinPost,
    Unreact,
    UnsupportTopic,
)
from diramoja.plugins.topic.insight_queries import contributors, related_topics, summary_of
from diramoja.plugins.topic.queries import (
    PostSort,
    TopicSort,
    actor_on,
    check_reply,
    check_topic,
    one_post,
    one_topic,
    post_list,
    revision_list,
    topic_list,
    topic_of_post,
)
from diramoja.plugins.topic.viewing import count_view
from diramoja.plugins.topic.views import (
    AgentId,
    Comment,
    ContributorView,
    PostBody,
    PostView,
    ReactionKind,
    RelatedView,
    ReportReason,
    ReportText,
    RevisionView,
    SummaryView,
    TopicView,
)

__all__ = ["Posts", "Topics"]

type Kind = Annotated[ReactionKind, PathParameter(description="agree, disagree, pass or like")]


class NewPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A post to be written."""

    body: PostBody
    reply_to: Annotated[str, Meta(max_length=128)] | None = None


class NewText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another text for a post."""

    body: PostBody


class NewShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a post is shared to. `acknowledged`: one knows that it shares a flagged source."""

    topic_id: AgentId
    comment: Comment = ""
    acknowledged: bool = False


class NewReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report to be filed."""

    reason: ReportReason
    text: ReportText = ""


class Topics(Controller):
    """Topics, and posts to them."""

    path = "/topics"
    tags = ["Topics"]  # noqa: RUF012  # Litestar reads it from the class

    @post("/", permission="topic.open", open_to="agent", limit="posts", summary="Open a topic")
    async def open_topic(self, data: OpenTopic, send: Send, reader: Reader) -> TopicView:
        """The sender is its creator."""
        submitted = SubmitTopic(send.new_id("top"), *(getattr(data, name) for name in data.__struct_fields__))
        view: TopicView = await send("member", reader.member, submitted)
        return view

    @get("/", permission="topic.read", summary="Topics")
    async def list_topics(
        self,
        *,
        db: Database,
        reader: Reader,
        page: PageQuery,
        category: Annotated[str | None, QueryParameter(max_length=40)] = None,
        tag: Annotated[str | None, QueryParameter(max_length=40)] = None,
        sort: Annotated[TopicSort, QueryParameter(description="new, active: last posted to, or trending")] = "new",
    ) -> Page[TopicView]:
        """Newest or most recently active first; `trending` are those in which more act than usual."""
        return await topic_list(db, reader, page, sort=sort, category=category, tag=tag)

    @get("/{topic_id:str}", permission="topic.read", summary="One topic")
    async def get_topic(self, topic_id: str, db: Database, reader: Reader) -> TopicView:
        """How often it was looked at is counted, never by whom; the number is some seconds old."""
        view = await one_topic(db, reader, topic_id)
        await count_view(db, topic_id)
        return view

    @patch("/{topic_id:str}", permission="topic.edit", summary="Change a topic")
    async def edit_topic(self, topic_id: str, data: EditTopic, send: Send) -> TopicView:
        """By its creator or a moderator, the level of moderation by a moderator. What is not given stays."""
        view: TopicView = await send("topic", topic_id, data)
        return view

    @get("/{topic_id:str}/related", permission="topic.read", summary="Related topics")
    async def list_related(self, topic_id: str, db: Database, reader: Reader, page: PageQuery) -> Page[RelatedView]:
        """Those with keywords in common, the closest first; one page."""
        return await related_topics(db, reader, topic_id, page.limit)

    @get("/{topic_id:str}/contributors", permission="topic.read", summary="Key contributors")
    async def list_contributors(
        self, topic_id: str, db: Database, reader: Reader, page: PageQuery
    ) -> Page[ContributorView]:
        """Those whose posts others answered most come first, however many they wrote; one page."""
        return await contributors(db, reader, topic_id, page.limit)

    @get("/{topic_id:str}/summary", permission="topic.read", summary="A summary")
    async def get_summary(self, topic_id: str, db: Database, reader: Reader) -> SummaryView:
        """Sentences of posts, chosen by software for what they share with other posts; nothing is reworded."""
        return await summary_of(db, reader, topic_id)

    @put(
        "/{topic_id:str}/follow",
        permission="topic.follow",
        open_to="restricted",
        status_code=HTTP_204_NO_CONTENT,
        summary="Follow",
    )
    async def follow(self, topic_id: str, db: Database, reader: Reader, send: Send) -> None:
        """Again changes nothing."""
        await check_topic(db, reader, topic_id)
        await send("topic", topic_id, FollowTopic())

    @delete("/{topic_id:str}/follow", permission="topic.follow", open_to="suspended", summary="Follow no more")
    async def unfollow(self, topic_id: str, send: Send) -> None:
        """Again changes nothing."""
        await send("topic", topic_id, UnfollowTopic())

    @put(
        "/{topic_id:str}/support",
        permission="topic.support",
        open_to="restricted",
        limit="votes",
        status_code=HTTP_204_NO_CONTENT,
        summary="Support a policy proposal",
    )
    async def support(self, topic_id: str, db: Database, reader: Reader, send: Send) -> None:
        """Again changes nothing. Shown as a count; enough of them put it before an official."""
        await check_topic(db, reader, topic_id)
        await send("topic", topic_id, SupportTopic())

    @delete(
        "/{topic_id:str}/support",
        permission="topic.support",
        open_to="suspended",
        limit="votes",
        summary="Take support back",
    )
    async def unsupport(self, topic_id: str, send: Send) -> None:
        """None is no error."""
        await send("topic", topic_id, UnsupportTopic())

    @post(
        "/{topic_id:str}/support/decision",
        permission="topic.answer",
        status_code=HTTP_200_OK,
        summary="Answer a proposal that found enough supporters",
    )
    async def decide_support(self, topic_id: str, data: DecideSupport, send: Send) -> TopicView:
        """By an official who did not make it: a vote is scheduled, or it is refused; the reason is published."""
        view: TopicView = await send("topic", topic_id, data)
        return view

    @put("/{topic_id:str}/pins/{post_id:str}", permission="topic.pin", status_code=HTTP_204_NO_CONTENT, summary="Pin")
    async def pin(self, topic_id: str, post_id: str, send: Send) -> None:
        """By the creator, a leader or a moderator; again changes nothing."""
        await send("topic", topic_id, PinPost(post_id))

    @delete("/{topic_id:str}/pins/{post_id:str}", permission="topic.pin", summary="Pin no more")
    async def unpin(self, topic_id: str, post_id: str, send: Send) -> None:
        """One that is not pinned is no error."""
        await send("topic", topic_id, UnpinPost(post_id))

    @put(
        "/{topic_id:str}/review",
        permission="topic.review",
        status_code=HTTP_204_NO_CONTENT,
        summary="Put a topic under review",
    )
    async def flag(self, topic_id: str, data: FlagTopic, send: Send) -> None:
        """It is written to and neither trends nor is recommended, until the review ends, at the latest by itself."""
        await send("topic", topic_id, data)

    @post(
        "/{topic_id:str}/review/end",
        permission="topic.review",
        status_code=HTTP_204_NO_CONTENT,
        summary="End the review of a topic",
    )
    async def end_review(self, topic_id: str, data: EndReview, send: Send) -> None:
        """It goes on as before."""
        await send("topic", topic_id, data)

    @post("/{topic_id:str}/close", permission="topic.close", status_code=HTTP_204_NO_CONTENT, summary="Close a topic")
    async def close(self, topic_id: str, data: CloseTopic, send: Send) -> None:
        """By its creator or a moderator."""
        await send("topic", topic_id, data)

    @post("/{topic_id:str}/posts", permission="post.write", open_to="agent", limit="posts", summary="Post to a topic")
    async def write_post(self, topic_id: str, data: NewPost, *, db: Database, send: Send, reader: Reader) -> PostView:
        """Taken in as pending; others see it once it is screened and checked."""
        await check_topic(db, reader, topic_id)
        if data.reply_to is not None:
            await check_reply(db, reader, data.reply_to)
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

    @patch("/", permission="post.write", open_to="agent", limit="posts", summary="Edit an own post")
    async def edit_post(self, *, post_id: str, data: NewText, db: Database, reader: Reader, send: Send) -> PostView:
        """Others see the old text until the new one is screened and checked. Reactions stay with the text they meet."""
        submitted = SubmitEdit((await actor_on(db, reader, post_id)).topic, post_id, data.body)
        view: PostView = await send("member", reader.member, submitted)
        return view

    @get("/revisions", permission="topic.read", summary="The texts of a post")
    async def list_revisions(self, post_id: str, db: Database, reader: Reader, page: PageQuery) -> Page[RevisionView]:
        """The one that is shown first, then those before it with the reactions to them."""
        return await revision_list(db, reader, post_id, page)

    @post("/shares", permission="post.write", open_to="agent", limit="posts", summary="Share a post to a topic")
    async def share(self, *, post_id: str, data: NewShare, db: Database, reader: Reader, send: Send) -> PostView:
        """A post there that refers to this one. Of a flagged source: 409 `share_flagged` until acknowledged."""
        await check_topic(db, reader, data.topic_id)
        submitted = SubmitShare(
            topic_id=(await actor_on(db, reader, post_id)).topic,
            post_id=post_id,
            share_id=send.new_id("pst"),
            into=data.topic_id,
            comment=data.comment,
            is_acknowledged=data.acknowledged,
        )
        view: PostView = await send("member", reader.member, submitted)
        return view

    @delete("/", permission="post.write", open_to="suspended", summary="Delete an own post")
    async def delete_post(self, post_id: str, db: Database, reader: Reader, send: Send) -> None:
        """Its text goes."""
        await send("topic", await topic_of_post(db, reader, post_id), DeletePost(post_id))

    @put(
        "/reactions/{kind:str}",
        permission="post.react",
        open_to="restricted",
        limit="votes",
        status_code=HTTP_204_NO_CONTENT,
        summary="React to a post",
    )
    async def react(self, *, post_id: str, kind: Kind, db: Database, reader: Reader, send: Send) -> None:
        """Agree, disagree and pass replace each other; like is apart."""
        actor = await actor_on(db, reader, post_id)
        await send("topic", actor.topic, React(post_id, kind, actor.member_since))

    @delete(
        "/reactions/{kind:str}",
        permission="post.react",
        open_to="suspended",
        limit="votes",
        summary="Take a reaction back",
    )
    async def unreact(self, *, post_id: str, kind: Kind, db: Database, reader: Reader, send: Send) -> None:
        """One that is not there is no error."""
        await send("topic", await topic_of_post(db, reader, post_id), Unreact(post_id, kind))

    @post(
        "/reports",
        permission="post.report",
        open_to="agent",
        status_code=HTTP_201_CREATED,
        summary="Report a post to moderators",
        responses={HTTP_200_OK: ResponseSpec(ReportView, description="You reported it before: the same report.")},
    )
    async def report(self, *, post_id: str, data: NewReport, db: Database, reader: Reader, send: Send) -> ReportView:
        """The answer shows neither the case nor other reports."""
        where = await topic_of_post(db, reader, post_id)
        command = ReportContent(where, post_id, send.new_id("rep"), data.reason, data.text)
        view: ReportView = await send("member", reader.member, command)
        return view
