"""Reactions to posts: agree, disagree and pass replace each other; like is apart."""

from diramoja.core import Context, Decision, Put, RemindAt, Remove, Tell
from diramoja.plugins.member.contracts import CountLike
from diramoja.plugins.topic.contracts import React, Unreact
from diramoja.plugins.topic.counting import acted, is_mature
from diramoja.plugins.topic.marks import armed
from diramoja.plugins.topic.news import missing
from diramoja.plugins.topic.rules import axis_of, recounted
from diramoja.plugins.topic.state import OPEN, Participant, Post, Reaction, Topic, quarter_of, topic

__all__: list[str] = []


@topic.on(*OPEN)
def react(state: Topic, message: React, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or not post.is_published:
        return missing(message.post_id)
    key = f"{post.id}:{axis_of(message.kind)}:{context.sender}"
    earlier = context.row(Reaction, key)
    if earlier and earlier.revision < post.revision:
        earlier = None  # It stays counted with the text that it was about.
    if earlier and earlier.kind == message.kind:
        return None
    reactions = recounted(post.reactions, gone=earlier.kind if earlier else None, come=message.kind)
    put = Put(post.but(reactions=reactions)), Put(Reaction(key, context.sender, message.kind, post.revision))
    likes = message.kind == "like" and post.author != context.sender
    told = (Tell("member", post.author, CountLike(post.id, context.sender)),) if likes else ()
    if post.flag_reason or not is_mature(message.member_since, context):
        return *put, *told
    return *put, *told, *_moving(state, context)


def _moving(state: Topic, context: Context) -> tuple[Topic | Put | RemindAt, ...]:
    """One account moves the trend once, however much it does."""
    person = context.row(Participant, context.sender) or Participant(context.sender)
    if person.acted >= quarter_of(context.now):
        return ()
    moved, person = acted(state, person, context)
    marked, reminders = armed(moved, context)
    return marked, Put(person), *reminders


@topic.on(*OPEN)
def unreact(state: Topic, message: Unreact, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or not post.is_published:
        return missing(message.post_id)
    key = f"{post.id}:{axis_of(message.kind)}:{context.sender}"
    earlier = context.row(Reaction, key)
    if earlier is None or earlier.kind != message.kind or earlier.revision < post.revision:
        return None
    return Put(post.but(reactions=recounted(post.reactions, gone=message.kind))), Remove(Reaction, key)
