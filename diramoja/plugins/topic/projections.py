"""Topics, posts and drafts as rows of the read model."""

from datetime import datetime

from diramoja.core import Personal, Record, record
from diramoja.plugins.topic.draft_state import Amendment, Draft, Version, draft
from diramoja.plugins.topic.rules import top_score
from diramoja.plugins.topic.state import (
    Contribution,
    Follower,
    Mention,
    Opening,
    Post,
    Revision,
    Term,
    Topic,
    topic,
)

__all__ = ["RECORDS", "PostRecord", "TopicRecord"]


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
    moderation_level: str
    quality_score: int
    trending_score: int
    sentiment_score: int | None
    pinned_posts: tuple[str, ...]
    supporters: int
    support_needed: int
    support_reached_at: datetime | None
    support_decide_by: datetime | None
    support_decision: str | None
    support_reason: str
    event_id: str
    voting_attached: str | None


class TopicTextRecord(Record):
    """The text that opened a topic; written once, and when it is changed."""

    topic: str
    description: str
    created_by: Personal[str]
    created_at: datetime


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
    revision: int
    edited_at: datetime | None
    edit_body: str
    edit_status: str | None
    edit_reason: str
    shared_post: str | None
    shared_topic: str | None
    share_count: int
    flag_reason: str


class RevisionRecord(Record):
    """A text that a post had."""

    id: str
    post: str
    number: int
    author: Personal[str]
    body: str
    agree: int
    disagree: int
    passes: int
    likes: int
    written_at: datetime
    replaced_at: datetime


class TermRecord(Record):
    """A keyword of a topic."""

    topic: str
    term: str
    weight: float


class ContributionRecord(Record):
    """What an author contributed to a topic."""

    topic: str
    member: Personal[str]
    answered: int
    sourced: int


class FollowerRecord(Record):
    """Who follows a topic; shown to the follower only."""

    topic: str
    member: Personal[str]
    since: datetime


class MentionRecord(Record):
    """Whom a post names."""

    id: str
    post: str
    member: Personal[str]
    at: datetime


class DraftRecord(Record):
    """A draft without its text."""

    id: str
    topic: str
    title: str
    created_by: Personal[str]
    created_at: datetime
    version: int
    open_amendments: int


class VersionRecord(Record):
    """A text of a draft."""

    draft: str
    number: int
    text: str
    sha256: str
    diff: str
    author: Personal[str]
    amendment: str
    created_at: datetime


class AmendmentRecord(Record):
    """A change that somebody proposed to a draft."""

    id: str
    draft: str
    author: Personal[str]
    version: int
    from_line: int
    to_line: int
    text: str
    reason: str
    diff: str
    status: str
    decision_reason: str
    decided_at: datetime | None
    created_at: datetime


@record("topic", key="id", of=topic)
def topic_rows(agent: str, state: Topic) -> TopicRecord | None:
    """One row a topic that was opened."""
    if state.phase in ("absent", "pending"):
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
        moderation_level=state.moderation_level,
        quality_score=state.quality_score,
        trending_score=state.trending_score,
        sentiment_score=state.sentiment_score,
        pinned_posts=state.pinned,
        supporters=state.supporters,
        support_needed=state.support_needed,
        support_reached_at=state.support_reached_at,
        support_decide_by=state.support_decide_by,
        support_decision=state.support_decision,
        support_reason=state.support_reason,
        event_id=state.event_id,
        voting_attached=state.voting_attached,
    )


@record("topic_text", key="topic", of=Opening)
def topic_texts(agent: str, row: Opening) -> TopicTextRecord:
    """One row a topic."""
    return TopicTextRecord(agent, row.description, row.author, row.at)


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
        revision=row.revision,
        edited_at=row.edited_at,
        edit_body=row.edit_body,
        edit_status=row.edit_status,
        edit_reason=row.edit_reason,
        shared_post=row.shared.post_id if row.shared else None,
        shared_topic=row.shared.topic_id if row.shared else None,
        share_count=row.share_count,
        flag_reason=row.flag_reason,
    )


@record("post_revision", key="id", of=Revision)
def revision_rows(agent: str, row: Revision) -> RevisionRecord:
    """One row a text that was replaced."""
    return RevisionRecord(
        id=row.id,
        post=row.post,
        number=row.number,
        author=row.author,
        body=row.body,
        agree=row.reactions["agree"],
        disagree=row.reactions["disagree"],
        passes=row.reactions["pass"],
        likes=row.reactions["like"],
        written_at=row.written_at,
        replaced_at=row.replaced_at,
    )


@record("topic_term", key=("topic", "term"), of=Term)
def term_rows(agent: str, row: Term) -> TermRecord:
    """One row a keyword."""
    return TermRecord(agent, row.term, row.weight)


@record("topic_contribution", key=("topic", "member"), of=Contribution)
def contribution_rows(agent: str, row: Contribution) -> ContributionRecord:
    """One row an author of whom a post was answered or has a source or the length."""
    return ContributionRecord(agent, row.member, row.answered, row.sourced)


@record("topic_follower", key=("topic", "member"), of=Follower)
def follower_rows(agent: str, row: Follower) -> FollowerRecord:
    """One row a follower."""
    return FollowerRecord(agent, row.member, row.since)


@record("post_mention", key="id", of=Mention)
def mention_rows(agent: str, row: Mention) -> MentionRecord:
    """One row a member named in a post."""
    return MentionRecord(row.id, row.post, row.member, row.at)


@record("topic_draft", key="id", of=draft)
def draft_rows(agent: str, state: Draft) -> DraftRecord | None:
    """One row a draft that is open."""
    if state.phase != "open":
        return None
    return DraftRecord(
        id=agent,
        topic=state.topic,
        title=state.title,
        created_by=state.created_by,
        created_at=state.created_at,
        version=state.version,
        open_amendments=state.waiting,
    )


@record("draft_version", key=("draft", "number"), of=Version)
def version_rows(agent: str, row: Version) -> VersionRecord:
    """One row a version."""
    return VersionRecord(
        agent, row.number, row.text, row.sha256, row.diff, row.author, row.amendment, row.created_at
    )  # fmt: skip


@record("draft_amendment", key="id", of=Amendment)
def amendment_rows(agent: str, row: Amendment) -> AmendmentRecord | None:
    """One row an amendment that all may see."""
    if row.held:
        return None
    return AmendmentRecord(
        id=row.id,
        draft=agent,
        author=row.author,
        version=row.version,
        from_line=row.from_line,
        to_line=row.to_line,
        text=row.text,
        reason=row.reason,
        diff=row.diff,
        status=row.status,
        decision_reason=row.decision_reason,
        decided_at=row.decided_at,
        created_at=row.created_at,
    )


RECORDS = [
    topic_rows,
    topic_texts,
    post_rows,
    revision_rows,
    term_rows,
    contribution_rows,
    follower_rows,
    mention_rows,
    draft_rows,
    version_rows,
    amendment_rows,
]
