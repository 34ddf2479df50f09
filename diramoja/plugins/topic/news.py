"""What is said of a post: to whoever screens it, to the author of its parent, to those it names, to all."""

import re
from typing import Any

from diramoja.core import Call, Context, Event, Reject, Tell
from diramoja.plugins.information.contracts import CheckPost
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.topic.audiences import NAMES, FindMentioned, find_mentioned
from diramoja.plugins.topic.contracts import PostChanged, PostReceived
from diramoja.plugins.topic.keywords import excerpt
from diramoja.plugins.topic.state import Post, Topic

__all__ = ["changed", "mentioning", "missing", "received_as", "replied", "screening_of"]

_MENTION = re.compile(r"(?<![\w@])@([a-z][a-z0-9_]{2,29})")


def received_as(post: Post, body: str, context: Context, revision: int = 1) -> PostReceived:
    """The news of a text that only its author and moderators may see."""
    parent = context.row(Post, post.reply_to) if post.reply_to else None
    return PostReceived(
        topic=context.id,
        post=post.id,
        author=post.author,
        body=body,
        reply_to=post.reply_to,
        created_at=post.created_at,
        addressee=parent.author if parent else "",
        revision=revision,
    )


def screening_of(post: Post, body: str, context: Context, revision: int = 1) -> tuple[Event | Tell, ...]:
    """Who is asked about a text: the moderator, who hears what was received, or else the broker; () for nobody."""
    received = received_as(post, body, context, revision)
    if context.has("moderator"):
        return (received,)
    if context.has("information"):
        return received, Tell(
            "information", context.id, CheckPost(post.id, post.author, body, "cleared", addressee=received.addressee)
        )
    return ()


def missing(post: str) -> Reject:
    """There is none, or none that the sender may see."""
    return Reject("post_missing", f"There is no post {post} here.", 404)


def mentioning(post: Post) -> tuple[Call[Any], ...]:
    """Look for the members whom a text that is shown now names with `@`."""
    names = tuple(dict.fromkeys(_MENTION.findall(post.body)))[:NAMES] if "@" in post.body else ()
    return (Call(find_mentioned, FindMentioned(post.id, post.author, names), key=post.id),) if names else ()


def replied(state: Topic, post: Post, context: Context) -> tuple[Tell, ...]:
    """Tell the author of what a post answers."""
    parent = context.row(Post, post.reply_to) if post.reply_to else None
    if parent is None or parent.author == post.author:
        return ()
    notice = Notify(
        kind="post.replied",
        notice_class="personal",
        subject=Subject("post", post.id),
        text="Your post in {topic} has a reply: {excerpt}",
        values={"topic": state.title, "excerpt": excerpt(post.body)},
        about=post.author,
    )
    return notify(context, parent.author, notice)


def changed(state: Topic, post: Post, context: Context) -> PostChanged:
    """The news that a post is shown no more, again, or with another text."""
    return PostChanged(
        topic=context.id,
        post=post.id,
        author=post.author,
        status=post.status,
        body=post.body if post.is_published else "",
        reply_to=post.reply_to,
        created_at=post.created_at,
        title=state.title,
        category=state.category,
    )
