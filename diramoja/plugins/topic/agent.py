"""The topic: its phases, its posts and what members do with them."""

from datetime import UTC, datetime
from typing import Literal

import msgspec

from diramoja.core import AgentKind, Context, Decision, Personal, Put, Reject, Remove, Reply, Row, State, Tell
from diramoja.plugins.information.contracts import CheckPost, PostChecked
from diramoja.plugins.moderator.contracts import Evidence, FileReport, PostCleared, Report
from diramoja.plugins.topic.contracts import (
    CloseTopic,
    DeletePost,
    FollowTopic,
    ModeratePost,
    OpenTopic,
    PostChanged,
    PostPublished,
    PostReceived,
    PostStatus,
    PostView,
    React,
    ReportPost,
    TakePost,
    TakeVerdict,
    TopicClosed,
    TopicCreated,
    TopicView,
    UnfollowTopic,
    Unreact,
)
from diramoja.plugins.topic.rules import NO_REACTIONS, axis_of, recounted

__all__ = ["Follower", "Opening", "Participant", "Post", "Reaction", "Topic", "post_view", "topic", "topic_view"]

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Opening(Row):
    """The text that opened the topic; apart from the state, which is written with every post."""

    id: str
    description: str


class Post(Row):
    """A post. `number` counts the posts of the topic in the order in which it took them, from 1.

    `shown`: it was published once, so that it is announced as new only once.
    """

    id: str
    author: Personal[str]
    body: str
    status: PostStatus
    number: int
    created_at: datetime
    reply_to: str | None = None
    shown: bool = False
    reason: str = ""
    reply_count: int = 0
    reactions: dict[str, int] = msgspec.field(default_factory=lambda: dict(NO_REACTIONS))


class Reaction(Row):
    """One per member, post and axis: stance (agree, disagree, pass) or like."""

    id: str
    member: Personal[str]
    kind: str


class Participant(Row):
    """A member of whom a post was published here."""

    member: Personal[str]


class Follower(Row):
    """A member who follows."""

    member: Personal[str]


class Topic(State, version=1):
    """What a topic knows. `taken` counts all posts, `post_count` the published ones."""

    phase: Literal["absent", "new", "active", "closed"] = "absent"
    title: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    policy_proposal: bool = False
    created_by: Personal[str] = ""
    created_at: datetime = _NEVER
    last_post_at: datetime | None = None
    taken: int = 0
    post_count: int = 0
    participation_count: int = 0
    follower_count: int = 0
    close_reason: str = ""


topic = AgentKind("topic", Topic, prefix="top", rows=[Opening, Post, Reaction, Participant, Follower])

# --- the topic itself ---


@topic.on("absent")
def open_topic(state: Topic, message: OpenTopic, context: Context) -> Decision:
    opened = state.but(
        phase="new",
        title=message.title,
        category=message.category,
        tags=message.tags,
        policy_proposal=message.policy_proposal,
        created_by=context.sender,
        created_at=context.now,
    )
    created = TopicCreated(
        topic=context.id,
        title=message.title,
        description=message.description,
        category=message.category,
        tags=message.tags,
        policy_proposal=message.policy_proposal,
        author=context.sender,
        created_at=context.now,
    )
    view = topic_view(context.id, opened, message.description)
    return opened, Put(Opening("opening", message.description)), created, Reply(view, status=201)


@topic.on("new", "active")
def close_topic(state: Topic, message: CloseTopic, context: Context) -> Decision:
    if context.sender != state.created_by and "moderator" not in context.roles:
        return Reject("not_creator", "Its creator or a moderator closes a topic.", 403)
    return state.but(phase="closed", close_reason=message.reason), TopicClosed(context.id, message.reason)


@topic.on("new", "active", "closed")
def follow(state: Topic, message: FollowTopic, context: Context) -> Decision:
    if context.row(Follower, context.sender):
        return None
    return state.but(follower_count=state.follower_count + 1), Put(Follower(context.sender))


@topic.on("new", "active", "closed")
def unfollow(state: Topic, message: UnfollowTopic, context: Context) -> Decision:
    if not context.row(Follower, context.sender):
        return None
    return state.but(follower_count=state.follower_count - 1), Remove(Follower, context.sender)


# --- posts ---


@topic.on("new", "active")
def take_post(state: Topic, message: TakePost, context: Context) -> Decision:
    known = context.row(Post, message.post_id)
    if known:
        return Reply(post_view(context.id, known)) if known.author == message.author else _missing(message.post_id)
    parent = context.row(Post, message.reply_to) if message.reply_to is not None else None
    if message.reply_to is not None and (parent is None or parent.status != "published"):
        return _missing(message.reply_to)
    post = Post(
        id=message.post_id,
        author=message.author,
        body=message.body,
        status="pending",
        number=state.taken + 1,
        created_at=context.now,
        reply_to=message.reply_to,
    )
    taken = state.but(taken=post.number)
    addressee = parent.author if parent else ""
    received = PostReceived(context.id, post.id, post.author, post.body, post.reply_to, post.created_at, addressee)
    if context.has("moderator"):  # It hears what was received.
        return taken, Put(post), received, Reply(post_view(context.id, post), status=201)
    if context.has("information"):
        check = Tell("information", context.id, CheckPost(post.id, post.author, post.body, "cleared"))
        return taken, Put(post), received, check, Reply(post_view(context.id, post), status=201)
    view = post_view(context.id, post.but(status="published"))
    return received, *_shown(taken, post, context), Reply(view, status=201)


@topic.on("new", "active", "closed")
def take_verdict(state: Topic, message: TakeVerdict, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or post.status != "pending":
        return None
    if message.outcome == "cleared":
        return _shown(state, post, context)
    return Put(post.but(status=message.outcome, reason=message.reason))


@topic.on("new", "active", "closed")
def moderate_post(state: Topic, message: ModeratePost, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or post.status == "deleted":
        return _missing(message.post_id)
    if message.action == "publish":
        return None if post.status == "published" else _shown(state, post, context)
    status: PostStatus = "hidden" if message.action == "hide" else "removed"
    return _withdrawn(state, post, post.but(status=status, reason=message.reason), context)


@topic.on("new", "active", "closed")
def delete_post(state: Topic, message: DeletePost, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or post.status == "deleted":
        return _missing(message.post_id)
    if post.author != context.sender:
        if post.status != "published":  # Others do not learn that it is there.
            return _missing(message.post_id)
        return Reject("not_author", "Only its author deletes a post.", 403)
    return _withdrawn(state, post, post.but(status="deleted", body="", reason=""), context)


@topic.on("new", "active", "closed")
def report_post(state: Topic, message: ReportPost, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or post.status != "published":
        return _missing(message.post_id)
    if not context.has("moderator"):
        return Reject("moderation_missing", "Nobody moderates here.", 404)
    report = Report(
        id=message.report_id,
        reporter=context.sender,
        reason=message.reason,
        text=message.text,
        weight=message.weight,
        region=message.region,
        takes_part=bool(context.row(Participant, context.sender) or context.row(Follower, context.sender)),
    )
    parent = context.row(Post, post.reply_to) if post.reply_to else None
    evidence = Evidence(context.id, post.id, post.author, post.body, parent.author if parent else "")
    return Tell("screening", context.id, FileReport(report, evidence), answers=True)


# --- reactions ---


@topic.on("new", "active")
def react(state: Topic, message: React, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or post.status != "published":
        return _missing(message.post_id)
    key = f"{post.id}:{axis_of(message.kind)}:{context.sender}"
    earlier = context.row(Reaction, key)
    if earlier and earlier.kind == message.kind:
        return None
    reactions = recounted(post.reactions, gone=earlier.kind if earlier else None, come=message.kind)
    return Put(post.but(reactions=reactions)), Put(Reaction(key, context.sender, message.kind))


@topic.on("new", "active")
def unreact(state: Topic, message: Unreact, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or post.status != "published":
        return _missing(message.post_id)
    key = f"{post.id}:{axis_of(message.kind)}:{context.sender}"
    earlier = context.row(Reaction, key)
    if earlier is None or earlier.kind != message.kind:
        return None
    return Put(post.but(reactions=recounted(post.reactions, gone=message.kind))), Remove(Reaction, key)


# --- who is heard ---


def after_screening(event: PostCleared) -> list[tuple[str, TakeVerdict]]:
    """The verdict, unless a check follows that will pass it on."""
    return [(event.topic, TakeVerdict(event.post, event.outcome, event.reason))] if event.last else []


def after_check(event: PostChecked) -> list[tuple[str, TakeVerdict]]:
    """The verdict of the screening, passed on by the check."""
    return [(event.topic, TakeVerdict(event.post, event.outcome, event.reason))]


topic.hears(PostCleared, to=after_screening)
topic.hears(PostChecked, to=after_check)

# --- parts of decisions ---


def _missing(post: str) -> Reject:
    return Reject("post_missing", f"There is no post {post} here.", 404)


def _shown(state: Topic, post: Post, context: Context) -> tuple[Topic | Put | PostPublished | PostChanged, ...]:
    """The post becomes visible: counts, and the news of it."""
    parent = context.row(Post, post.reply_to) if post.reply_to else None
    newcomer = context.row(Participant, post.author) is None
    answered = post.author != state.created_by
    counted = state.but(
        phase="active" if state.phase == "new" and answered else state.phase,
        post_count=state.post_count + 1,
        participation_count=state.participation_count + newcomer,
        last_post_at=context.now,
    )
    puts = [Put(post.but(status="published", shown=True, reason=""))]
    puts += [Put(parent.but(reply_count=parent.reply_count + 1))] if parent else []
    puts += [Put(Participant(post.author))] if newcomer else []
    return counted, *puts, _news(state, post, context)


def _news(state: Topic, post: Post, context: Context) -> PostPublished | PostChanged:
    if post.shown:
        return _changed(state, post.but(status="published"), context)
    return PostPublished(
        topic=context.id,
        post=post.id,
        author=post.author,
        body=post.body,
        reply_to=post.reply_to,
        created_at=post.created_at,
        title=state.title,
        category=state.category,
    )


def _changed(state: Topic, post: Post, context: Context) -> PostChanged:
    return PostChanged(
        topic=context.id,
        post=post.id,
        author=post.author,
        status=post.status,
        body=post.body if post.status == "published" else "",
        reply_to=post.reply_to,
        created_at=post.created_at,
        title=state.title,
        category=state.category,
    )


def _withdrawn(state: Topic, post: Post, gone: Post, context: Context) -> Decision:
    """Others see the post no more; news only if they could."""
    if post.status != "published":
        return Put(gone)
    parent = context.row(Post, post.reply_to) if post.reply_to else None
    counted = state.but(post_count=state.post_count - 1)
    puts = [Put(gone), Put(parent.but(reply_count=parent.reply_count - 1))] if parent else [Put(gone)]
    return counted, *puts, _changed(state, gone, context)


# --- views ---


def topic_view(id: str, state: Topic, description: str) -> TopicView:
    """A topic as readers see it."""
    return TopicView(
        id=id,
        title=state.title,
        description=description,
        category=state.category,
        tags=state.tags,
        policy_proposal=state.policy_proposal,
        created_by=state.created_by,
        phase=state.phase,
        participation_count=state.participation_count,
        post_count=state.post_count,
        follower_count=state.follower_count,
        created_at=state.created_at,
        last_post_at=state.last_post_at,
    )


def post_view(topic_id: str, post: Post) -> PostView:
    """A post as its author sees it."""
    return PostView(
        id=post.id,
        topic_id=topic_id,
        author_id=post.author,
        body=post.body,
        status=post.status,
        created_at=post.created_at,
        reply_to=post.reply_to,
        reactions=post.reactions,
        reply_count=post.reply_count,
        reason=post.reason or msgspec.UNSET,
    )
