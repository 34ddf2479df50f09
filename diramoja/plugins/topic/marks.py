"""What a topic does with time: scores on the quarter of an hour, trends, escalation, cooling, closing, closing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from diramoja.core import Command, Context, Decision, Event, Put, RemindAfter, RemindAt
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.topic.contracts import (
    TakeSentiment,
    TopicArchived,
    TopicClosed,
    TopicCooled,
    TopicEscalated,
    TopicTrending,
)
from diramoja.plugins.topic.scores import QUARTER_S, baseline_of, trending
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import LIVING, OPEN, Baseline, Opening, Topic, quarter_of, topic

__all__ = ["ArchiveTopic", "CloseQuietTopic", "CoolTopic", "ForgetReactions", "TakeMark", "armed", "closing"]

BELOW_TWICE = 2


class TakeMark(Command):
    """The next quarter of an hour has come: compute the scores. Told by the topic to itself."""


class CoolTopic(Command):
    """Cool down, if nobody wrote meanwhile. Told by the topic to itself."""


class CloseQuietTopic(Command):
    """Close a topic that cooled down and stayed so. Told by the topic to itself."""


class ArchiveTopic(Command):
    """Archive a topic that is closed for long. Told by the topic to itself."""


class ForgetReactions(Command):
    """Who reacted to what was said here is over; the counts stay. Told by the topic to itself."""


def armed(state: Topic, context: Context) -> tuple[Topic, tuple[RemindAt, ...]]:
    """Wait for the next quarter of an hour, unless that is waited for already."""
    if state.is_marked or state.phase not in OPEN:
        return state, ()
    due = datetime.fromtimestamp((quarter_of(context.now) + 1) * QUARTER_S, UTC)
    return state.but(is_marked=True), (RemindAt(due, TakeMark()),)


def closing(context: Context) -> tuple[RemindAfter, RemindAfter]:
    """When a topic that is closed now is archived, and forgets who reacted."""
    settings = context.settings(TopicSettings)
    return (
        RemindAfter(timedelta(days=settings.archive_days), ArchiveTopic()),
        RemindAfter(timedelta(days=settings.reactions_kept_days), ForgetReactions()),
    )


@topic.on(*OPEN)
def take_mark(state: Topic, message: TakeMark, context: Context) -> Decision:
    settings = context.settings(TopicSettings)
    pulse = state.pulse.at(quarter_of(context.now))
    known = context.row(Baseline, "baseline")
    slot, counts = baseline_of(known.slot if known else 0, known.counts if known else (), pulse)
    score = 0 if state.phase == "flagged" else trending(pulse.members, sum(counts) / len(counts), settings)
    puts = [Put(Baseline("baseline", slot, counts))] if pulse.ended else []
    scored = state.but(pulse=pulse.settled(), trending_score=score, is_marked=False)
    moved, news = _moved(scored, context)
    ready, told = _ready(moved, context)
    if pulse.members or ready.phase == "trending":
        again, reminders = armed(ready, context)
        return again, *puts, *news, *told, *reminders
    return ready, *puts, *news, *told, *_cooling(ready, context)


def _moved(state: Topic, context: Context) -> tuple[Topic, list[Event]]:
    """Into the trend, or out of it."""
    settings = context.settings(TopicSettings)
    if state.phase == "trending":
        below = state.below + 1 if state.trending_score < settings.trending_leave_score else 0
        return (state.but(phase="active", below=0) if below >= BELOW_TWICE else state.but(below=below)), []
    enters = (
        state.phase == "active"
        and state.trending_score >= settings.trending_enter_score
        and state.pulse.members >= settings.trending_min_members
        and state.participation_count >= settings.trending_min_participation
        and state.quality_score > settings.trending_min_quality
    )
    if not enters:
        return state, []
    news = TopicTrending(context.id, state.title, state.category, state.tags, state.created_by)
    return state.but(phase="trending", below=0), [news]


def _ready(state: Topic, context: Context) -> tuple[Topic, list[Any]]:
    """Once: the creator alone is told that the discussion is ready for a vote."""
    settings = context.settings(TopicSettings)
    is_ready = (
        not state.is_escalated
        and state.phase in ("active", "trending")
        and state.participation_count >= settings.escalation_min_participation
        and state.quality_score > settings.escalation_min_quality
        and (not context.has("sentiment") or (state.sentiment_score or 0) > 0)
    )
    if not is_ready:
        return state, []
    opening = context.row(Opening, "opening")
    escalated = TopicEscalated(
        topic=context.id,
        title=state.title,
        description=opening.description if opening else "",
        category=state.category,
        policy_proposal=state.policy_proposal,
        author=state.created_by,
    )
    notice = Notify(
        kind="topic.ready",
        notice_class="personal",
        subject=Subject("topic", context.id),
        text="Your topic {title} is ready for a vote: {members} members took part and its quality is {quality} of 100.",
        values={
            "title": state.title,
            "members": str(state.participation_count),
            "quality": str(state.quality_score),
        },
    )
    return state.but(is_escalated=True), [escalated, *notify(context, state.created_by, notice)]


def _cooling(state: Topic, context: Context) -> list[RemindAt]:
    if state.last_post_at is None or state.phase not in ("active", "cooling_down"):
        return []
    quiet = timedelta(days=context.settings(TopicSettings).cooling_days)
    return [RemindAt(state.last_post_at + quiet, CoolTopic())] if state.phase == "active" else []


@topic.on("active", "trending")
def cool(state: Topic, message: CoolTopic, context: Context) -> Decision:
    settings = context.settings(TopicSettings)
    last = state.last_post_at or state.created_at
    due = last + timedelta(days=settings.cooling_days)
    if context.now < due or state.phase == "trending":
        return RemindAt(max(due, context.now + timedelta(days=1)), CoolTopic())
    after = timedelta(days=settings.closing_days)
    notice = Notify(
        kind="topic.cooled",
        notice_class="personal",
        subject=Subject("topic", context.id),
        text="Nobody wrote in your topic {title} for {days} days. It closes on {date} unless somebody does.",
        values={
            "title": state.title,
            "days": str(settings.cooling_days),
            "date": (context.now + after).date().isoformat(),
        },
        key=f"{context.id}:cooled:{last.isoformat()}",
    )
    return (
        state.but(phase="cooling_down"),
        TopicCooled(context.id, context.now + after),
        *notify(context, state.created_by, notice),
        RemindAfter(after, CloseQuietTopic()),
    )


@topic.on("cooling_down")
def close_quiet(state: Topic, message: CloseQuietTopic, context: Context) -> Decision:
    settings = context.settings(TopicSettings)
    reason = f"Nobody wrote for {settings.cooling_days + settings.closing_days} days."
    return state.but(phase="closed", close_reason=reason), TopicClosed(context.id, reason), *closing(context)


@topic.on("closed")
def archive(state: Topic, message: ArchiveTopic, context: Context) -> Decision:
    return state.but(phase="archived"), TopicArchived(context.id)


@topic.on(*LIVING)
def take_sentiment(state: Topic, message: TakeSentiment, context: Context) -> Decision:
    changed = state.but(sentiment_score=message.score)
    again, reminders = armed(changed, context)
    return again, *reminders
