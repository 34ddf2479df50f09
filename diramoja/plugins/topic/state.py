"""What a topic knows: its state, its own rows and its kind; the handlers are in agent and the modules beside it."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from diramoja.core import AgentKind, Context, Personal, Row, State
from diramoja.fields import NEVER
from diramoja.plugins.topic.rules import NO_REACTIONS
from diramoja.plugins.topic.scores import QUARTER_S, Pulse, Tally
from diramoja.plugins.topic.views import (
    EditStatus,
    EditView,
    HeldView,
    ModerationLevel,
    PostStatus,
    PostView,
    SharedPost,
    SupportDecision,
    SupportView,
    TopicView,
)

__all__ = [
    "ALL",
    "LIVING",
    "OPEN",
    "Alarms",
    "Baseline",
    "Contribution",
    "Follower",
    "Mention",
    "Opening",
    "Pace",
    "Participant",
    "Post",
    "Reaction",
    "Revision",
    "Supporter",
    "Term",
    "Topic",
    "Wording",
    "post_view",
    "quarter_of",
    "topic",
    "topic_view",
]

OPEN = ("new", "active", "trending", "cooling_down", "flagged")
"""Phases in which it is written to."""
LIVING = (*OPEN, "closed")
ALL = (*LIVING, "archived")


class Opening(Row):
    """The text that opened the topic, and its keywords; apart from the state, which is written with every post."""

    id: str
    description: str
    terms: tuple[str, ...] = ()
    author: Personal[str] = ""
    at: datetime = NEVER


class Wording(Row):
    """What the topic is to say: its first words while it is pending, the next ones while it is edited.

    `held`: why others do not see it yet; None once people decided against it.
    """

    id: str
    author: Personal[str]
    title: str
    description: str
    category: str
    tags: tuple[str, ...]
    held: HeldView | None = HeldView("pending")


class Term(Row):
    """A keyword of title, description and tags. `weight` 0 to 2.2."""

    term: str
    weight: float


class Post(Row, omit_defaults=True):
    """A post. `number` counts the posts of the topic in the order in which it took them, from 1.

    Attributes:
        shown: it was published once, so that it is announced as new only once.
        answers: published replies by others, among `reply_count`.
        is_mature: its author's account was old enough to move a trend.
        flag_reason: it shares a flagged source; "" otherwise.
        revision: number of the text that is shown; the reactions are to this one.
        edit_body: the next text, while others do not see it; `edit_status` says how it stands.
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
    answers: int = 0
    is_sourced: bool = False
    is_mature: bool = False
    flag_reason: str = ""
    revision: int = 1
    edited_at: datetime | None = None
    edit_body: str = ""
    edit_status: EditStatus | None = None
    edit_reason: str = ""
    shared: SharedPost | None = None
    share_count: int = 0

    @property
    def is_published(self) -> bool:
        """Whether all may see it."""
        return self.status == "published"

    @property
    def thirds(self) -> int:
        """F2 in thirds: not removed; has a source or the length; answered by somebody else."""
        return (self.status != "removed") + self.is_sourced + (self.answers > 0)


class Revision(Row):
    """A text that a post had, with the reactions to it."""

    id: str
    post: str
    number: int
    author: Personal[str]
    body: str
    reactions: dict[str, int]
    written_at: datetime
    replaced_at: datetime


class Reaction(Row):
    """One per member, post and axis: stance (agree, disagree, pass) or like; to one revision of the post."""

    id: str
    member: Personal[str]
    kind: str
    revision: int = 1


class Participant(Row, omit_defaults=True):
    """A member who acted here: of whom a post was published (`is_author`), or who reacted.

    Attributes:
        posts: published now.
        acted: quarter of an hour, counted since 1970, of the last act that moves the trend; 0: none.
    """

    member: Personal[str]
    is_author: bool = False
    posts: int = 0
    acted: int = 0


class Contribution(Row):
    """An author's published posts that others answered, and those with a source or the length; if there are any."""

    member: Personal[str]
    answered: int
    sourced: int


class Pace(Row):
    """When the last post of an author was taken in while moderation was raised."""

    member: Personal[str]
    at: datetime


class Follower(Row):
    """A member who follows."""

    member: Personal[str]
    since: datetime = NEVER


class Supporter(Row):
    """A member who supports the policy proposal."""

    member: Personal[str]


class Mention(Row):
    """A member named in a post with `@`."""

    id: str
    post: str
    member: Personal[str]
    at: datetime


class Baseline(Row):
    """Members acting in each slot of 2 hours over 7 days, the last full one, `slot`, first."""

    id: str
    slot: int
    counts: tuple[int, ...]


class Alarms(Row):
    """Posts that people removed, or software held or hid, within the window: (time, author), at most 500."""

    id: str
    entries: tuple[tuple[datetime, str], ...]


def _second(fields: dict[str, Any]) -> dict[str, Any]:
    """What was counted before there were scores stays; the scores begin with the next post."""
    return fields


class Topic(State, version=2, upcasts={1: _second}, omit_defaults=True):
    """What a topic knows. `taken` counts all posts, `post_count` the published ones.

    Attributes:
        resumes: the phase that a review interrupted.
        base_level: the level of moderation that moderators set; `moderation_level` may be raised above it.
        below: values of F6 in a row that were low enough to end the trend.
        is_marked: the next quarter of an hour is waited for.
        support_needed: supporters that put the proposal before an official, as last known.
    """

    phase: Literal[
        "absent", "pending", "new", "active", "trending", "cooling_down", "flagged", "closed", "archived"
    ] = "absent"
    title: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    policy_proposal: bool = False
    created_by: Personal[str] = ""
    created_at: datetime = NEVER
    last_post_at: datetime | None = None
    taken: int = 0
    post_count: int = 0
    participation_count: int = 0
    follower_count: int = 0
    close_reason: str = ""
    resumes: Literal["", "new", "active", "trending", "cooling_down"] = ""
    moderation_level: ModerationLevel = "open"
    base_level: ModerationLevel = "open"
    review_reason: str = ""
    tally: Tally = Tally()
    pulse: Pulse = Pulse()
    quality_score: int = 0
    trending_score: int = 0
    sentiment_score: int | None = None
    below: int = 0
    is_marked: bool = False
    is_escalated: bool = False
    pinned: tuple[str, ...] = ()
    supporters: int = 0
    support_needed: int = 0
    support_weighed_at: datetime | None = None
    support_reached_at: datetime | None = None
    support_decide_by: datetime | None = None
    support_decision: SupportDecision | None = None
    support_reason: str = ""
    voting_attached: str | None = None
    drafts: int = 0
    event_id: str = ""


topic = AgentKind(
    "topic",
    Topic,
    prefix="top",
    rows=[
        Opening, Wording, Term, Post, Revision, Reaction, Participant, Contribution, Follower,
        Supporter, Mention, Baseline, Alarms, Pace,
    ],
)  # fmt: skip


def quarter_of(at: datetime) -> int:
    """The quarter of an hour since 1970 in which a time lies."""
    return int(at.timestamp()) // QUARTER_S


def topic_view(context: Context, state: Topic) -> TopicView:
    """A topic as readers see it."""
    opening = context.row(Opening, "opening")
    return TopicView(
        id=context.id,
        title=state.title,
        description=opening.description if opening else "",
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
        moderation_level=state.moderation_level,
        quality_score=state.quality_score,
        trending_score=state.trending_score,
        sentiment_score=state.sentiment_score,
        pinned_posts=state.pinned,
        supporters=state.supporters,
        support=support_view(state) if state.policy_proposal else msgspec.UNSET,
        event_id=state.event_id,
        voting_attached=state.voting_attached,
    )


def support_view(state: Topic) -> SupportView:
    """How the proposal fares."""
    return SupportView(
        needed=state.support_needed,
        reached_at=state.support_reached_at,
        decide_by=state.support_decide_by,
        decision=state.support_decision,
        reason=state.support_reason,
    )


def post_view(topic_id: str, post: Post) -> PostView:
    """A post as its author sees it."""
    edit = EditView(post.edit_body, post.edit_status, post.edit_reason) if post.edit_status else msgspec.UNSET
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
        revision=post.revision if post.revision > 1 else msgspec.UNSET,
        edited_at=post.edited_at or msgspec.UNSET,
        edit=edit,
        shared=post.shared or msgspec.UNSET,
        share_count=post.share_count or msgspec.UNSET,
        flag_reason=post.flag_reason or msgspec.UNSET,
    )
