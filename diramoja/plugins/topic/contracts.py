"""Topics and posts: messages; those of drafts are in draft_contracts, the views and words in views."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Command, Event, Personal
from diramoja.fields import Category
from diramoja.plugins.moderator.contracts import Verdict
from diramoja.plugins.topic.views import (
    Comment,
    Description,
    HeldView,
    ModerationLevel,
    OptionalId,
    PostBody,
    PostStatus,
    PostView,
    ReactionKind,
    Reason,
    ReportReason,
    ReportText,
    SharedPost,
    SupportDecision,
    Tags,
    Title,
    TopicPhase,
    TopicView,
)

__all__ = [
    "CloseTopic", "CountShare", "DecideSupport", "DeletePost", "EditPost", "EditTopic", "EndReview", "FlagTopic",
    "FollowTopic", "HeldView", "MarkFlagged", "ModeratePost", "ModerationChanged", "NoteRemoval", "OpenTopic",
    "PinPost", "PostBody", "PostChanged", "PostPublished", "PostReceived", "PostShared", "PostStatus",
    "PostView", "React", "ReactionKind", "ReportPost", "ReportReason", "ReportText", "SharePost",
    "SupportDecided", "SupportReached", "SupportTopic", "TakePost", "TakeSentiment", "TakeShare", "TakeVerdict",
    "TopicArchived", "TopicChanged", "TopicClosed", "TopicCooled", "TopicCreated", "TopicEscalated",
    "TopicFlagged", "TopicPhase", "TopicTrending", "TopicView", "ToxicDetected", "UnfollowTopic", "UnpinPost",
    "Unreact", "UnsupportTopic",
]  # fmt: skip

# --- from members ---


class OpenTopic(Command):
    """Open a topic; its sender becomes the creator. `event_id`: out of which event it came. Answers a TopicView."""

    title: Title
    description: Description
    category: Category
    tags: Tags = ()
    policy_proposal: bool = False
    event_id: OptionalId = ""


class TakePost(Command):
    """Take a post in as `pending`. Told by its author, a member, or sent by an importer. Answers a PostView.

    The same `post_id` again is answered with the post as it is. `member_since` is the author's: the doing of young
    accounts, and of those whose age is not said, moves no trend.
    """

    post_id: str
    author: Personal[str]
    body: PostBody
    reply_to: str | None = None
    member_since: datetime | None = None


class SharePost(Command):
    """Share a published post into the topic `into`, as the post `share_id` there; told by the sharer, a member.

    Answers a PostView. One that shares a flagged source is refused (`share_flagged`) until it `is_acknowledged`.
    """

    post_id: str
    share_id: str
    into: str
    author: Personal[str]
    comment: Comment = ""
    is_acknowledged: bool = False
    member_since: datetime | None = None


class EditPost(Command):
    """Give an own published post another text; the old one is shown until it is screened and checked. A PostView."""

    post_id: str
    author: Personal[str]
    body: PostBody


class EditTopic(Command):
    """Change what is given; by its creator or a moderator, the level by a moderator alone. Answers a TopicView."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    moderation_level: ModerationLevel | UnsetType = UNSET


class PinPost(Command):
    """Show a published post first; by the topic's creator, a leader or a moderator; again changes nothing."""

    post_id: str


class UnpinPost(Command):
    """Pin it no more; one that is not pinned is no error."""

    post_id: str


class SupportTopic(Command):
    """Support a policy proposal as the sender; again changes nothing."""


class UnsupportTopic(Command):
    """Take the support back; none is no error."""


class DecideSupport(Command):
    """Answer a proposal that found enough supporters, as an official; the reason is published. Answers a TopicView."""

    decision: SupportDecision
    reason: Reason


class FlagTopic(Command):
    """Put the topic under review, as a moderator: it is written to, and neither trends nor is it recommended."""

    reason: Reason


class EndReview(Command):
    """End the review; by a moderator, or by the topic itself when nobody did in time."""

    reason: Reason = "Nobody decided in time."


class React(Command):
    """React as the sender. Agree, disagree and pass replace each other; like is apart; again changes nothing."""

    post_id: str
    kind: ReactionKind
    member_since: datetime | None = None


class Unreact(Command):
    """Take back the sender's reaction; one that is not there is no error."""

    post_id: str
    kind: ReactionKind


class DeletePost(Command):
    """Delete the sender's own post: its text goes."""

    post_id: str


class ReportPost(Command):
    """Report a post to the moderators; told by the reporter, a member; handed on with the post as it is."""

    report_id: str
    post_id: str
    reason: ReportReason
    text: ReportText = ""
    weight: float = 1.0
    region: str = ""


class FollowTopic(Command):
    """Follow as the sender; again changes nothing."""


class UnfollowTopic(Command):
    """Follow no more; not following is no error."""


class CloseTopic(Command):
    """End the discussion; by its creator or a moderator."""

    reason: Reason


# --- from other agents ---


class TakeVerdict(Command):
    """What screening and check say of a pending post; ignored once people have decided. `reason` is for the author."""

    post_id: str
    outcome: Verdict
    reason: str = ""


class ModeratePost(Command):
    """A decision of people about a post, told by a case or sent by an importer; it outranks every verdict.

    `on_appeal`: it takes an earlier one back, which may have been about other words.
    """

    post_id: str
    action: Literal["publish", "hide", "remove"]
    reason: str = ""
    on_appeal: bool = False


class TakeShare(Command):
    """Take in a post that shares another one; told by the topic of that one. Answers a PostView."""

    post_id: str
    author: Personal[str]
    comment: Comment
    shared: SharedPost
    member_since: datetime | None = None


class CountShare(Command):
    """A post of this topic was shared; told by the topic that took the share in."""

    post_id: str
    sharer: Personal[str]
    into: str


class MarkFlagged(Command):
    """A post shares a flagged source: its link still leads to it, and its spread is slowed."""

    post_id: str
    reason: str


class NoteRemoval(Command):
    """People removed a post; many by several authors raise the level of moderation."""

    post_id: str
    author: Personal[str]


class TakeSentiment(Command):
    """How the discussion sounds now (F8), from whoever measures it; None while too few wrote."""

    score: Annotated[int, Meta(ge=-100, le=100)] | None


# --- events ---


class TopicCreated(Event, name="topic.created"):
    """A topic is open for posts. `event_id`: out of which event it came."""

    topic: str
    title: str
    description: str
    category: str
    tags: tuple[str, ...]
    policy_proposal: bool
    author: Personal[str]
    created_at: datetime
    event_id: str = ""


class TopicChanged(Event, name="topic.changed", live=True):
    """Title, description, category or tags are others now."""

    topic: str
    title: str
    description: str
    category: str
    tags: tuple[str, ...]
    author: Personal[str]
    created_at: datetime
    event_id: str = ""


class PostReceived(Event, name="topic.post.received"):
    """A text that nobody but its author and moderators may see yet: a new post, or the next revision of one.

    `addressee`: the author of the post it answers.
    """

    topic: str
    post: str
    author: Personal[str]
    body: Personal[str]
    reply_to: str | None
    created_at: datetime
    addressee: Personal[str] = ""
    revision: int = 1


class PostPublished(Event, name="topic.post.published", live=True):
    """A post is seen by all for the first time; once per post. `title` and `category` are the topic's.

    `thirds`: what it is worth so far (F2), so that nothing more need be told of it; changes come as RatePost.
    """

    topic: str
    post: str
    author: Personal[str]
    body: Personal[str]
    reply_to: str | None
    created_at: datetime
    title: str
    category: str
    thirds: int = 1


class PostChanged(Event, name="topic.post.changed", live=True):
    """A post that was published is shown no more, or again; `body` is empty unless it is published again."""

    topic: str
    post: str
    author: Personal[str]
    status: PostStatus
    body: Personal[str]
    reply_to: str | None
    created_at: datetime
    title: str
    category: str


class PostShared(Event, name="topic.post.shared"):
    """A member shared a published post of this topic. `is_flagged`: it shares a flagged source, and they were told."""

    topic: str
    post: str
    author: Personal[str]
    body: Personal[str]
    sharer: Personal[str]
    into: str
    is_flagged: bool


class TopicTrending(Event, name="topic.trending", live=True):
    """Many act in it now and it is of quality; once per entering."""

    topic: str
    title: str
    category: str
    tags: tuple[str, ...]
    author: Personal[str]


class TopicCooled(Event, name="topic.cooled", live=True):
    """Nobody wrote for a while; it is closed at `closes_at` unless somebody does."""

    topic: str
    closes_at: datetime


class SupportReached(Event, name="topic.support.reached", live=True):
    """A policy proposal found enough supporters: an official schedules a vote or refuses with a reason, in time."""

    topic: str
    title: str
    supporters: int
    needed: int
    decide_by: datetime


class SupportDecided(Event, name="topic.support.decided", live=True):
    """An official answered a proposal that found enough supporters."""

    topic: str
    title: str
    decision: SupportDecision
    reason: str


class TopicEscalated(Event, name="topic.escalated"):
    """The discussion is ready for a vote; its creator is told, and a draft of one may be prepared. Once."""

    topic: str
    title: str
    description: str
    category: str
    policy_proposal: bool
    author: Personal[str]


class ToxicDetected(Event, name="topic.toxic.detected"):
    """Software held or hid many posts of several authors within hours."""

    topic: str
    posts: int
    authors: int


class TopicFlagged(Event, name="topic.flagged", live=True):
    """Moderators look at the topic; or no more, when `is_over`."""

    topic: str
    reason: str
    at: datetime
    is_over: bool = False


class ModerationChanged(Event, name="topic.moderation.changed", live=True):
    """Its level of moderation is another: above `open` each author waits between two posts."""

    topic: str
    level: ModerationLevel
    reason: str
    at: datetime


class TopicClosed(Event, name="topic.closed", live=True):
    """No more posts and reactions."""

    topic: str
    reason: str


class TopicArchived(Event, name="topic.archived", live=True):
    """A year went by without anything happening in it."""

    topic: str
