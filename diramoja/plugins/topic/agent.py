"""The topic itself: closed, followed, pinned to; and whom it hears.

How it is opened and changed, its posts, marks, reviews and supporters are handled in the modules beside this one, which
are imported here.
"""

from typing import Any

from diramoja.core import Context, Decision, Put, Reject, Remove, Tell
from diramoja.plugins.information.contracts import PostChecked, PostFlagged
from diramoja.plugins.moderator.case_contracts import ActionTaken
from diramoja.plugins.moderator.contracts import PostCleared
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.topic import edits, forgetting, marks, posts, reactions, review, shares, support, wording
from diramoja.plugins.topic.audiences import NoteMentioned
from diramoja.plugins.topic.contracts import (
    CloseTopic,
    FollowTopic,
    MarkFlagged,
    NoteRemoval,
    PinPost,
    TakeVerdict,
    TopicClosed,
    UnfollowTopic,
    UnpinPost,
)
from diramoja.plugins.topic.draft_contracts import OpenDraft, StartDraft
from diramoja.plugins.topic.keywords import excerpt
from diramoja.plugins.topic.marks import closing
from diramoja.plugins.topic.news import missing
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import (
    ALL,
    LIVING,
    OPEN,
    Follower,
    Mention,
    Post,
    Topic,
    topic,
)

__all__ = ["HANDLED_IN", "after_check", "after_screening", "topic"]

HANDLED_IN = (edits, forgetting, marks, posts, reactions, review, shares, support, wording)
"""The modules whose handlers belong to the kind."""


@topic.on(*OPEN)
def close_topic(state: Topic, message: CloseTopic, context: Context) -> Decision:
    if context.sender != state.created_by and "moderator" not in context.roles:
        return Reject("not_creator", "Its creator or a moderator closes a topic.", 403)
    closed = state.but(phase="closed", close_reason=message.reason, trending_score=0)
    return closed, TopicClosed(context.id, message.reason), *closing(context)


@topic.on(*LIVING)
def follow(state: Topic, message: FollowTopic, context: Context) -> Decision:
    if context.row(Follower, context.sender):
        return None
    return state.but(follower_count=state.follower_count + 1), Put(Follower(context.sender, context.now))


@topic.on(*ALL)
def unfollow(state: Topic, message: UnfollowTopic, context: Context) -> Decision:
    if not context.row(Follower, context.sender):
        return None
    return state.but(follower_count=state.follower_count - 1), Remove(Follower, context.sender)


# --- pins ---


@topic.on(*LIVING)
def pin(state: Topic, message: PinPost, context: Context) -> Decision:
    if refusal := _may_pin(state, context):
        return refusal
    post = context.row(Post, message.post_id)
    if post is None or not post.is_published:
        return missing(message.post_id)
    if post.id in state.pinned:
        return None
    if len(state.pinned) >= context.settings(TopicSettings).pins_max:
        return Reject("pins_full", "No more posts can be pinned here.")
    return state.but(pinned=(*state.pinned, post.id))


@topic.on(*LIVING)
def unpin(state: Topic, message: UnpinPost, context: Context) -> Decision:
    if refusal := _may_pin(state, context):
        return refusal
    return state.but(pinned=tuple(each for each in state.pinned if each != message.post_id))


def _may_pin(state: Topic, context: Context) -> Reject | None:
    if context.sender == state.created_by or not context.roles.isdisjoint(("leader", "official", "moderator")):
        return None
    return Reject("not_creator", "Its creator, a leader or a moderator pins posts.", 403)


# --- drafts and mentions ---


@topic.on("new", "active", "trending", "cooling_down")
def start_draft(state: Topic, message: StartDraft, context: Context) -> Decision:
    if not state.policy_proposal:
        return Reject("not_a_proposal", "Only a policy proposal has drafts.")
    if context.sender != state.created_by and context.roles.isdisjoint(("leader", "official")):
        return Reject("not_creator", "Its creator, a leader or an official begins a draft.", 403)
    if state.drafts >= context.settings(TopicSettings).drafts_max:
        return Reject("drafts_full", "This topic has enough drafts.")
    opened = OpenDraft(context.id, message.title, message.text, context.sender)
    return state.but(drafts=state.drafts + 1), Tell("draft", message.draft_id, opened, answers=True)


@topic.on(*LIVING)
def note_mentioned(state: Topic, message: NoteMentioned, context: Context) -> Decision:
    post = context.row(Post, message.post)
    if post is None or not post.is_published:
        return None
    effects: list[Any] = []
    for member in message.members:
        mention = Mention(f"{post.id}:{member}", post.id, member, post.created_at)
        if context.row(Mention, mention.id):
            continue
        notice = Notify(
            kind="post.mentioned",
            notice_class="personal",
            subject=Subject("post", post.id),
            text="A post in {topic} names you: {excerpt}",
            values={"topic": state.title, "excerpt": excerpt(post.body)},
            about=post.author,
        )
        effects += [Put(mention), *notify(context, member, notice)]
    return tuple(effects)


# --- who is heard ---


def after_screening(event: PostCleared) -> list[tuple[str, TakeVerdict]]:
    """The verdict, unless a check follows that will pass it on."""
    return [(event.topic, TakeVerdict(event.post, event.outcome, event.reason))] if event.last else []


def after_check(event: PostChecked) -> list[tuple[str, TakeVerdict]]:
    """The verdict of the screening, passed on by the check."""
    return [(event.topic, TakeVerdict(event.post, event.outcome, event.reason))]


def after_flag(event: PostFlagged) -> list[tuple[str, MarkFlagged]]:
    """The broker found a flagged source in it."""
    return [(event.topic, MarkFlagged(event.post, event.reason))]


def after_action(event: ActionTaken) -> list[tuple[str, NoteRemoval]]:
    """People removed a post; not words of the topic itself."""
    is_removal = event.action == "remove" and event.by == "person" and event.topic not in ("", event.post)
    return [(event.topic, NoteRemoval(event.post, event.author))] if is_removal else []


topic.hears(PostCleared, to=after_screening)
topic.hears(PostChecked, to=after_check)
topic.hears(PostFlagged, to=after_flag)
topic.hears(ActionTaken, to=after_action)
