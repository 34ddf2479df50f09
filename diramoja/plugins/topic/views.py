"""Words and views of topics, posts and drafts; other plugins find them in contracts."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from diramoja.core import Personal, View
from diramoja.fields import ID, MAYBE_TEXT, TEXT

__all__ = [
    "AgentId", "AmendmentStatus", "AmendmentText", "AmendmentView", "Comment", "ContributorView",
    "Description", "DraftText", "DraftView", "EditStatus", "EditView", "FeedItem", "HeldView", "Line",
    "ModerationLevel", "OptionalId", "PostBody", "PostStatus", "PostView", "ReactionKind", "Reason", "RelatedView",
    "ReportReason",
    "ReportText", "RevisionView", "SharedPost", "SummaryLine", "SummaryView", "SupportDecision", "SupportView",
    "Tag", "Tags", "Title", "TopicPhase", "TopicView", "VersionView",
]  # fmt: skip

type PostBody = Annotated[
    str, Meta(min_length=1, max_length=10_000, pattern=TEXT, examples=["The clinic at the market closes at noon."])
]
type Title = Annotated[str, Meta(min_length=3, max_length=200, pattern=TEXT, examples=["Opening hours of clinics"])]
type Description = Annotated[
    str, Meta(max_length=4_000, pattern=MAYBE_TEXT, examples=["When should they be open, and who pays?"])
]
type Reason = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=TEXT, examples=["The council decided."])]
type Comment = Annotated[str, Meta(max_length=2_000, pattern=MAYBE_TEXT, examples=["Of use here too."])]
type Tag = Annotated[str, Meta(pattern=r"^\w[\w-]{0,39}$(?!\n)", examples=["rural"])]
type Tags = Annotated[tuple[Tag, ...], Meta(max_length=10)]

type ReportReason = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9_]{1,39}$(?!\n)", description="spam, insult, hate, false, ...", examples=["spam"])
]
type ReportText = Annotated[
    str, Meta(max_length=2_000, pattern=MAYBE_TEXT, examples=["The same advertisement in every topic."])
]

type TopicPhase = Literal[
    "absent", "pending", "new", "active", "trending", "cooling_down", "flagged", "closed", "archived"
]
type ModerationLevel = Literal["open", "moderated", "restricted"]
type SupportDecision = Literal["scheduled", "refused"]
type PostStatus = Literal["pending", "published", "held", "hidden", "removed", "deleted"]
type ReactionKind = Literal["agree", "disagree", "pass", "like"]
type EditStatus = Literal["pending", "held", "hidden"]

type AmendmentStatus = Literal["proposed", "accepted", "rejected"]
type DraftText = Annotated[
    str, Meta(min_length=1, max_length=40_000, pattern=TEXT, examples=["Clinics stay open until eight."])
]
type AmendmentText = Annotated[str, Meta(max_length=10_000, pattern=MAYBE_TEXT, examples=["until nine."])]
type AgentId = Annotated[str, Meta(pattern=ID, examples=["top_0mq3v8x1kz6b4w9t7n2c"])]
type OptionalId = Annotated[str, Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9_:@+=-]{0,127})?$(?!\n)")]
type Line = Annotated[int, Meta(ge=0, le=10_000)]


class SharedPost(View):
    """Which post a post shares."""

    post_id: str
    topic_id: str


class SupportView(View):
    """How a policy proposal fares: how many supporters put it before an official, and what came of it."""

    needed: int
    reached_at: datetime | None = None
    decide_by: datetime | None = None
    decision: SupportDecision | None = None
    reason: str = ""


class TopicView(View):
    """A topic. `participation_count` is distinct authors of published posts; `post_count` published posts.

    `views_count`: how often it was looked at, as of some seconds ago.
    `quality_score` (F5) and `trending_score` (F6) 0 to 100; `sentiment_score` -100 to 100, None where nobody measures
    it or too few wrote. `support` is shown of policy proposals. `voting_attached`: the vote about it, where there is
    one. `event_id`: the event out of which it came; "" for none.
    """

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
    moderation_level: ModerationLevel = "open"
    quality_score: int = 0
    trending_score: int = 0
    sentiment_score: int | None = None
    pinned_posts: tuple[str, ...] = ()
    supporters: int = 0
    views_count: int = 0
    support: SupportView | UnsetType = UNSET
    voting_attached: str | None = None
    event_id: str = ""
    held: "HeldView | UnsetType" = UNSET


class HeldView(View):
    """Why others do not see yet what somebody wrote; answered to its author."""

    status: EditStatus
    reason: str = ""


class EditView(View):
    """An edit that others do not see yet; shown to its author and to moderators."""

    body: str
    status: EditStatus
    reason: str = ""


class PostView(View):
    """A post. `reason`: why it is held, hidden or removed; shown to its author and to moderators only.

    `flag_reason`: it shares a flagged source; sharing it asks for an acknowledgement.
    """

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
    revision: int | UnsetType = UNSET
    edited_at: datetime | UnsetType = UNSET
    edit: EditView | UnsetType = UNSET
    shared: SharedPost | UnsetType = UNSET
    share_count: int | UnsetType = UNSET
    flag_reason: str | UnsetType = UNSET


class AmendmentView(View):
    """A change that somebody proposes to a draft: lines `from` to `to` of `version` become `text`; see `diff`."""

    id: str
    draft_id: str
    author_id: Personal[str]
    version: int
    from_line: int = msgspec.field(name="from")
    to_line: int = msgspec.field(name="to")
    text: str
    reason: str
    status: AmendmentStatus
    diff: str
    created_at: datetime
    decision_reason: str = ""
    decided_at: datetime | None = None
    held: HeldView | UnsetType = UNSET


class VersionView(View):
    """A version of a draft. `sha256` of its UTF-8 text, in hexadecimal; `diff` to the version before, unified."""

    number: int
    text: str
    sha256: str
    diff: str
    author_id: Personal[str]
    created_at: datetime
    amendment_id: str = ""


class DraftView(View):
    """A draft of a policy as it reads now."""

    id: str
    topic_id: str
    title: str
    created_by: Personal[str]
    version: int
    text: str
    sha256: str
    created_at: datetime
    open_amendments: int = 0
    held: HeldView | UnsetType = UNSET


class RevisionView(View):
    """A text of a post, with the reactions to it; `replaced_at` is None of the text that is shown."""

    number: int
    body: str
    reactions: dict[str, int]
    written_at: datetime
    replaced_at: datetime | None


class ContributorView(View):
    """What an author contributed: published posts, those that others answered, those with a source or the length."""

    member_id: Personal[str]
    username: Personal[str]
    posts: int
    answered: int
    sourced: int


class RelatedView(View):
    """A topic with keywords in common, the rarer the better; `score` orders, and compares within one answer only."""

    id: str
    title: str
    category: str
    phase: TopicPhase
    shared_terms: tuple[str, ...]
    score: float


class SummaryLine(View):
    """A sentence of a post."""

    post_id: str
    author_id: Personal[str]
    text: str


class SummaryView(View):
    """Sentences of posts that say what many posts are about, in their order; and what many posts mention besides.

    `posts_read`: of how many posts; the most agreed with and liked, at most 3 of one author and 100 in all.
    """

    topic_id: str
    posts_read: int
    lines: tuple[SummaryLine, ...]
    subtopics: tuple[str, ...]


class FeedItem(View):
    """Something that concerns one, and why. `outside_bubble`: in no interest, and in no topic of one's own or followed.

    `reason`: own_topic, followed_topic, mention, followed_member, interest, similar or outside.
    """

    type: Literal["topic", "post"]
    id: str
    topic_id: str
    title: str
    excerpt: str
    category: str
    author_id: Personal[str]
    created_at: datetime
    reason: str
    outside_bubble: bool
