"""Shares: a post in one topic that refers to a post in another. The source is asked, the target takes it in."""

from diramoja.core import Context, Decision, Put, Reject, Reply, Tell
from diramoja.plugins.topic.contracts import CountShare, PostShared, SharePost, TakeShare
from diramoja.plugins.topic.counting import is_mature
from diramoja.plugins.topic.news import missing
from diramoja.plugins.topic.posts import taken_in
from diramoja.plugins.topic.scores import is_sourced
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import ALL, OPEN, Post, Topic, post_view, topic
from diramoja.plugins.topic.views import SharedPost

__all__: list[str] = []


@topic.on(*ALL)
def share_post(state: Topic, message: SharePost, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or not post.is_published:
        return missing(message.post_id)
    if post.flag_reason and not message.is_acknowledged:
        detail = f"{post.flag_reason} Share it all the same by acknowledging this."
        return Reject("share_flagged", detail)
    share = TakeShare(
        message.share_id,
        message.author,
        message.comment,
        SharedPost(post.id, context.id),
        message.member_since,
    )
    return Tell("topic", message.into, share, answers=True)


@topic.on(*OPEN)
def take_share(state: Topic, message: TakeShare, context: Context) -> Decision:
    known = context.row(Post, message.post_id)
    if known:
        is_own = known.author == message.author
        return Reply(post_view(context.id, known), status=201) if is_own else missing(message.post_id)
    post = Post(
        id=message.post_id,
        author=message.author,
        body=message.comment,
        status="pending",
        number=state.taken + 1,
        created_at=context.now,
        is_sourced=is_sourced(message.comment, context.settings(TopicSettings)),
        is_mature=is_mature(message.member_since, context),
        shared=message.shared,
    )
    taken = taken_in(state, post, context)
    if isinstance(taken, Reject):
        return taken
    count = CountShare(message.shared.post_id, message.author, context.id)
    return *taken, Tell("topic", message.shared.topic_id, count)


@topic.on(*ALL)
def count_share(state: Topic, message: CountShare, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None:
        return None
    news = PostShared(
        topic=context.id,
        post=post.id,
        author=post.author,
        body=post.body,
        sharer=message.sharer,
        into=message.into,
        is_flagged=bool(post.flag_reason),
    )
    return Put(post.but(share_count=post.share_count + 1)), news
