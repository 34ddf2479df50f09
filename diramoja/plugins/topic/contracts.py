"""Topics and posts: messages and views."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Command, Event, Personal, View

__all__ = [
    "CloseTopic",
    "DeletePost",
    "FollowTopic",
    "ModeratePost",
    "OpenTopic",
    "PostBody",
    "PostChanged",
    "PostPublished",
    "PostReceived",
    "PostShared",
    "PostStatus",
    "PostView",
    "React",
    "ReactionKind",
    "ReportPost",
    "ReportReason",
    "ReportText",
    "TakePost",
    "TakeVerdict",
    "TopicClosed",
    "TopicCreated",
    "TopicPhase",
    "TopicView",
    "UnfollowTopic",
    "Unreact",
    "Verdict",
]

_NO_CONTROLS = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_TEXT = r"^(?=[\s\S]*\S)" + _NO_CONTROLS
"""Not blank; of the control characters only tab, line feed and carriage return."""

type PostBody = Annotated[
    str, Meta(min_length=1, max_length=10_000, pattern=_TEXT, examples=["The clinic at the market closes at noon."])
]
type Title = Annotated[str, Meta(min_length=3, max_length=200, pattern=_TEXT, examples=["Opening hours of clinics"])]
type Description = Annotated[
    str, Meta(max_length=4_000, pattern="^" + _NO_CONTROLS, examples=["When should they be open, and who pays?"])
]
type Reason = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=_TEXT, examples=["The council decided."])]
type Category = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]{1,39}$",
        description="healthcare, education, economy, environment, social_justice, ...",
        examples=["healthcare"],
    ),
]
type Tag = Annotated[str, Meta(pattern=r"^\w[\w-]{0,39}$", examples=["rural"])]
type Tags = Annotated[tuple[Tag, ...], Meta(max_length=10)]

type ReportReason = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9_]{1,39}$", description="spam, insult, hate, false, ...", examples=["spam"])
]
type ReportText = Annotated[
    str, Meta(max_length=2_000, pattern="^" + _NO_CONTROLS, examples=["The same advertisement in every topic."])
]

type TopicPhase = Literal["absent", "new", "active", "closed"]
type PostStatus = Literal["pending", "published", "held", "hidden", "removed", "deleted"]
type ReactionKind = Literal["agree", "disagree", "pass", "like"]
type Verdict = Literal["cleared", "held", "hidden"]

# --- from members ---


class OpenTopic(Command):
    """Open a topic; its sender becomes the creator. Answers a TopicView."""

    title: Title
    description: Description
    category: Category
    tags: Tags = ()
    policy_proposal: bool = False


class TakePost(Command):
    """Take a post in as `pending`. Told by its author, a member, or sent by an importer. Answers a PostView.

    The same `post_id` again is answered with the post as it is.
    """

    post_id: str
    author: Personal[str]
    body: PostBody
    reply_to: str | None = None


class React(Command):
    """React as the sender. Agree, disagree and pass replace each other; like is apart; again changes nothing."""

    post_id: str
    kind: ReactionKind


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
    """A decision of people about a post, told by a case or sent by an importer; it outranks every verdict."""

    post_id: str
    action: Literal["publish", "hide", "remove"]
    reason: str = ""


# --- events ---


class TopicCreated(Event, name="topic.created"):
    """A topic is open for posts."""

    topic: str
    title: str
    description: str
    category: str
    tags: tuple[str, ...]
    policy_proposal: bool
    author: Personal[str]
    created_at: datetime


class PostReceived(Event, name="topic.post.received"):
    """A post that nobody but its author and moderators may see yet. `addressee`: the author of the post it answers."""

    topic: str
    post: str
    author: Personal[str]
    body: str
    reply_to: str | None
    created_at: datetime
    addressee: Personal[str] = ""


class PostPublished(Event, name="topic.post.published", live=True):
    """A post is seen by all for the first time; once per post. `title` and `category` are the topic's."""

    topic: str
    post: str
    author: Personal[str]
    body: str
    reply_to: str | None
    created_at: datetime
    title: str
    category: str


class PostChanged(Event, name="topic.post.changed", live=True):
    """A post that was published is shown no more, or again; `body` is empty unless it is published again."""

    topic: str
    post: str
    author: Personal[str]
    status: PostStatus
    body: str
    reply_to: str | None
    created_at: datetime
    title: str
    category: str


class PostShared(Event, name="topic.post.shared"):
    """A member shared a published post of this topic. `is_flagged`: it shares a flagged source, and they were told."""

    topic: str
    post: str
    author: Personal[str]
    body: str
    sharer: Personal[str]
    into: str
    is_flagged: bool


class TopicClosed(Event, name="topic.closed", live=True):
    """No more posts and reactions."""

    topic: str
    reason: str


# --- views ---


class TopicView(View):
    """A topic. `participation_count` is distinct authors of published posts; `post_count` published posts."""

    id: str
    title: str
    description: str
    category: str
    tags: tuple[str, ...]
    policy_proposal: bool
    created_by: Personal[str]
    phase: TopicPhase
    participation_count: int
    post_count: int
    follower_count: int
    created_at: datetime
    last_post_at: datetime | None = None
    close_reason: str | UnsetType = UNSET


class PostView(View):
    """A post. `reason`: why it is held, hidden or removed; shown to its author and to moderators only."""

    id: str
    topic_id: str
    author_id: Personal[str]
    body: str
    status: PostStatus
    created_at: datetime
    reply_to: str | None
    reactions: dict[str, int]
    reply_count: int
    reason: str | UnsetType = UNSET
