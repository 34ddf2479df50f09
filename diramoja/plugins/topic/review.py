"""Moderation of a whole topic: reviews, and the level that rises when much had to be removed, and falls back.

Moderators hear of both by the events; here the authors concerned are told.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

from diramoja.core import Cancel, Command, Context, Decision, Put, Reject, RemindAfter, Tell
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.topic.contracts import (
    EndReview,
    FlagTopic,
    ModerationChanged,
    NoteRemoval,
    TopicFlagged,
    ToxicDetected,
)
from diramoja.plugins.topic.marks import armed
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import LIVING, OPEN, Alarms, Topic, topic
from diramoja.plugins.topic.views import ModerationLevel

__all__ = ["LowerModeration", "alarmed"]

ENTRIES = 500
RAISED: dict[ModerationLevel, ModerationLevel] = {
    "open": "moderated",
    "moderated": "restricted",
    "restricted": "restricted",
}


class LowerModeration(Command):
    """The raised level falls back. Told by the topic to itself."""


# --- the level ---


@topic.on(*OPEN)
def note_removal(state: Topic, message: NoteRemoval, context: Context) -> Decision:
    alarms, entries = _noted("removed", message.author, context)
    settings = context.settings(TopicSettings)
    authors = {author for _, author in entries}
    posts = state.tally.posts + state.tally.removed
    many = len(entries) >= settings.removal_ratio * posts and len(authors) >= settings.removal_min_authors
    if not many or state.moderation_level == "restricted":
        return Put(alarms)
    level = RAISED[state.moderation_level]
    news = ModerationChanged(context.id, level, "Many posts of several authors were removed.", context.now)
    wait = settings.moderated_wait_minutes if level == "moderated" else settings.restricted_wait_minutes
    return (
        state.but(moderation_level=level),
        Put(alarms.but(entries=())),
        news,
        *_authors_told(state, authors, wait, context),
        RemindAfter(timedelta(hours=settings.raised_hours), LowerModeration()),
    )


def _authors_told(state: Topic, authors: set[str], wait: int, context: Context) -> list[Tell]:
    notice = Notify(
        kind="topic.raised",
        notice_class="personal",
        subject=Subject("topic", context.id),
        text="Posts of yours and of others were removed from {title}. For now each member waits {minutes} minutes"
        " between two posts there.",
        values={"title": state.title, "minutes": str(wait)},
        key=f"topic.raised:{context.id}:{context.command_id}",
    )
    return [tell for author in sorted(authors) for tell in notify(context, author, notice)]


@topic.on(*LIVING)
def lower_moderation(state: Topic, message: LowerModeration, context: Context) -> Decision:
    if state.moderation_level == state.base_level:
        return None
    level = state.base_level
    return state.but(moderation_level=level), ModerationChanged(
        context.id, level, "It was quiet for a while.", context.now
    )


# --- the review ---


@topic.on("new", "active", "trending", "cooling_down")
def flag_topic(state: Topic, message: FlagTopic, context: Context) -> Decision:
    if "moderator" not in context.roles:
        return Reject("not_moderator", "A moderator puts a topic under review.", 403)
    return under_review(state, message.reason, context)


@topic.on("flagged")
def end_review(state: Topic, message: EndReview, context: Context) -> Decision:
    if context.sender != context.id and "moderator" not in context.roles:
        return Reject("not_moderator", "A moderator ends a review.", 403)
    resumed, reminders = armed(state.but(phase=state.resumes or "active", resumes="", review_reason=""), context)
    news = TopicFlagged(context.id, message.reason, context.now, is_over=True)
    return resumed, news, Cancel(EndReview.wire_name), *reminders


def under_review(state: Topic, reason: str, context: Context) -> tuple[Any, ...]:
    """Out of trends and recommendations until people decided, or nobody did in time."""
    hours = context.settings(TopicSettings).review_hours
    flagged = state.but(
        phase="flagged", resumes=state.phase, review_reason=reason, trending_score=0, below=0, is_marked=False
    )
    notice = Notify(
        kind="topic.review",
        notice_class="personal",
        subject=Subject("topic", context.id),
        text="Your topic {title} is under review: {reason} It can be written to, and is not recommended meanwhile.",
        values={"title": state.title, "reason": reason},
        key=f"topic.review:{context.id}:{context.command_id}",
    )
    return (
        flagged,
        TopicFlagged(context.id, reason, context.now),
        RemindAfter(timedelta(hours=hours), EndReview()),
        *notify(context, state.created_by, notice),
    )


def alarmed(state: Topic, author: str, context: Context) -> tuple[Any, ...]:
    """After software held or hid a post; many of several authors within hours put the topic under review."""
    alarms, entries = _noted("toxic", author, context)
    settings = context.settings(TopicSettings)
    authors = {each for _, each in entries}
    many = len(entries) >= max(settings.toxic_min_posts, settings.removal_ratio * state.taken)
    if not many or len(authors) < settings.removal_min_authors or state.phase not in OPEN or state.phase == "flagged":
        return (Put(alarms),)
    reason = "Software held or hid many posts of several authors within hours."
    detected = ToxicDetected(context.id, len(entries), len(authors))
    return Put(alarms.but(entries=())), detected, *under_review(state, reason, context)


def _noted(
    id: Literal["removed", "toxic"], author: str, context: Context
) -> tuple[Alarms, tuple[tuple[datetime, str], ...]]:
    known = context.row(Alarms, id)
    since = context.now - timedelta(hours=context.settings(TopicSettings).removal_window_hours)
    recent = [entry for entry in (known.entries if known else ()) if entry[0] > since]
    entries = (*recent, (context.now, author))[-ENTRIES:]
    return Alarms(id, entries), entries
