"""Edits of posts: the next text is screened while the old one is shown."""

from datetime import datetime, timedelta
from typing import Any

from diramoja.core import Context, Decision, Put, Reject, Reply
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.topic.contracts import EditPost, TakeVerdict
from diramoja.plugins.topic.counting import recounted
from diramoja.plugins.topic.news import changed, mentioning, missing, screening_of
from diramoja.plugins.topic.review import alarmed
from diramoja.plugins.topic.rules import NO_REACTIONS
from diramoja.plugins.topic.scores import is_sourced
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import OPEN, Post, Revision, Topic, post_view, topic

__all__ = ["after_edit", "edit_verdict"]


@topic.on(*OPEN)
def edit_post(state: Topic, message: EditPost, context: Context) -> Decision:
    post = context.row(Post, message.post_id)
    if post is None or post.status == "deleted" or (post.author != message.author and not post.is_published):
        return missing(message.post_id)
    if refusal := _refusal(post, message, context):
        return refusal
    if message.body == post.body:
        return Reply(post_view(context.id, post))
    edited = post.but(edit_body=message.body, edit_status="pending", edit_reason="")
    screening = screening_of(post, message.body, context, post.revision + 1)
    if screening:
        return Put(edited), *screening, Reply(post_view(context.id, edited))
    effects = after_edit(state, edited, context)
    shown = next(each.row for each in effects if isinstance(each, Put) and isinstance(each.row, Post))
    return *effects, Reply(post_view(context.id, shown))


def _refusal(post: Post, message: EditPost, context: Context) -> Reject | None:
    if post.author != message.author:
        return Reject("not_author", "Only its author edits a post.", 403)
    if post.status == "pending" or post.edit_status == "pending":
        return Reject("edit_pending", "Its last text is still being screened: try again in a moment.")
    if not post.is_published or post.edit_status:
        return Reject("post_held", "People look at this post: it can be edited once they decided.")
    if post.revision >= context.settings(TopicSettings).revisions_max:
        return Reject("revisions_full", "It was edited too often.")
    return None


def edit_verdict(state: Topic, post: Post, message: TakeVerdict, context: Context) -> Decision:
    """What screening and check say of the next text."""
    if not post.is_published:  # It was withdrawn meanwhile, and the edit with it.
        return Put(post.but(edit_body="", edit_status=None))
    if message.outcome == "cleared":
        return after_edit(state, post, context)
    held = post.but(edit_status=message.outcome, edit_reason=message.reason)
    notice = Notify(
        kind="post.edit_held",
        notice_class="personal",
        subject=Subject("post", post.id),
        text="Your edit in {topic} is not shown yet. {reason}",
        values={"topic": state.title, "reason": message.reason},
        key=f"{post.id}:edit:{post.revision}",
    )
    return Put(held), *alarmed(state, post.author, context), *notify(context, post.author, notice)


def after_edit(state: Topic, post: Post, context: Context) -> tuple[Any, ...]:
    """The edit is shown. The text before it is kept, with its reactions, unless it was a quick one without any.

    A flag goes with the text it was about; of an edit that people let through it stays.
    """
    settings = context.settings(TopicSettings)
    quick = timedelta(minutes=settings.quiet_edit_minutes)
    is_quiet = post.revision == 1 and not any(post.reactions.values()) and context.now - post.created_at <= quick
    edited = post.but(
        body=post.edit_body,
        edit_body="",
        edit_status=None,
        edit_reason="",
        edited_at=context.now,
        flag_reason="" if post.edit_status == "pending" else post.flag_reason,
        is_sourced=is_sourced(post.edit_body, settings),
    )
    kept: tuple[Put, ...] = ()
    if not is_quiet:
        edited = edited.but(revision=post.revision + 1, reactions=dict(NO_REACTIONS))
        kept = (Put(_revision(post, context.now)),)
    counted, effects = recounted(state, context, post, edited)
    return counted, *effects, *kept, changed(state, edited, context), *mentioning(edited)


def _revision(post: Post, now: datetime) -> Revision:
    return Revision(
        id=f"{post.id}:{post.revision}",
        post=post.id,
        number=post.revision,
        author=post.author,
        body=post.body,
        reactions=post.reactions,
        written_at=(post.edited_at if post.revision > 1 else None) or post.created_at,
        replaced_at=now,
    )
