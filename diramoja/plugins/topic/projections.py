"""Topics and posts as rows of the read model."""

from datetime import datetime

from diramoja.core import Personal, Record, record
from diramoja.plugins.topic.agent import Opening, Post, Topic, topic
from diramoja.plugins.topic.rules import top_score

__all__ = ["PostRecord", "TopicRecord", "TopicTextRecord", "post_rows", "topic_rows", "topic_texts"]


class TopicRecord(Record):
    """A topic without its description. `active_at`: last post, or creation."""

    id: str
    phase: str
    title: str
    category: str
    tags: tuple[str, ...]
    policy_proposal: bool
    created_by: Personal[str]
    created_at: datetime
    last_post_at: datetime | None
    active_at: datetime
    post_count: int
    participation_count: int
    follower_count: int
    close_reason: str


class TopicTextRecord(Record):
    """The text that opened a topic; written once."""

    topic: str
    description: str


class PostRecord(Record):
    """A post with its counts; `top` is the order of sort=top."""

    id: str
    topic: str
    number: int
    author: Personal[str]
    body: str
    status: str
    reason: str
    reply_to: str | None
    reply_count: int
    agree: int
    disagree: int
    passes: int
    likes: int
    top: int
    created_at: datetime


@record("topic", key="id", of=topic)
def topic_rows(agent: str, state: Topic) -> TopicRecord | None:
    """One row a topic that was opened."""
    if state.phase == "absent":
        return None
    return TopicRecord(
        id=agent,
        phase=state.phase,
        title=state.title,
        category=state.category,
        tags=state.tags,
        policy_proposal=state.policy_proposal,
        created_by=state.created_by,
        created_at=state.created_at,
        last_post_at=state.last_post_at,
        active_at=state.last_post_at or state.created_at,
        post_count=state.post_count,
        participation_count=state.participation_count,
        follower_count=state.follower_count,
        close_reason=state.close_reason,
    )


@record("topic_text", key="topic", of=Opening)
def topic_texts(agent: str, row: Opening) -> TopicTextRecord:
    """One row a topic."""
    return TopicTextRecord(agent, row.description)


@record("post", key="id", of=Post)
def post_rows(agent: str, row: Post) -> PostRecord:
    """One row a post."""
    return PostRecord(
        id=row.id,
        topic=agent,
        number=row.number,
        author=row.author,
        body=row.body,
        status=row.status,
        reason=row.reason,
        reply_to=row.reply_to,
        reply_count=row.reply_count,
        agree=row.reactions["agree"],
        disagree=row.reactions["disagree"],
        passes=row.reactions["pass"],
        likes=row.reactions["like"],
        top=top_score(row.reactions),
        created_at=row.created_at,
    )
