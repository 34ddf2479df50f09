"""Settings of topics."""

from typing import Annotated

from msgspec import Meta

from diramoja.core import Settings

__all__ = ["TopicSettings"]

type Ratio = Annotated[float, Meta(ge=0, le=1)]
type Score = Annotated[int, Meta(ge=0, le=100)]
type Count = Annotated[int, Meta(ge=0, le=1_000_000)]
type Days = Annotated[int, Meta(ge=1, le=3_650)]
type Hours = Annotated[int, Meta(ge=1, le=720)]
type Minutes = Annotated[int, Meta(ge=0, le=10_080)]


class TopicSettings(Settings, frozen=True, kw_only=True):
    """Scores of topics, and the thresholds at which they do something by themselves.

    Attributes:
        source_min_chars: a post of this length counts like one with a source (F2, F5).
        quality_half_authors: authors at which a topic reaches half of its quality (F5).
        quality_clean_weight: weight of the share of posts that people did not remove (F5).
        quality_diversity_weight: weight of how evenly the posts spread over the authors (F5).
        quality_reply_weight: weight of the share of top-level posts that others answered (F5).
        quality_source_weight: weight of the share of posts with a source or the length (F5).
        quality_reply_full_ratio: share of answered posts that counts in full (F5).
        quality_source_full_ratio: share of sourced posts that counts in full (F5).
        trending_scale: points of F6 for one standard deviation above the usual.
        trending_account_days: only accounts of at least this age move a trend; 0 lets all move it.
        trending_enter_score: from this F6 on a topic may trend.
        trending_leave_score: below this F6, twice in a row, it trends no more.
        trending_min_members: with fewer acting in 2 hours it does not begin to trend.
        trending_min_participation: with fewer authors it does not begin to trend.
        trending_min_quality: F5 must be above this to begin to trend.
        escalation_min_participation: authors from which a discussion may be ready for a vote.
        escalation_min_quality: F5 must be above this for it.
        support_min: supporters that a policy proposal needs at least.
        support_ratio: share of the members in good standing that it needs, where that is more.
        support_decision_days: within so many days an official answers it.
        cooling_days: after so many days without a post a topic cools down.
        closing_days: after so many further days it is closed.
        archive_days: after so many days closed it is archived.
        reactions_kept_days: after the close, until who reacted is forgotten; the counts stay.
        removal_ratio: share of the posts, removed by people within the window, that raises moderation.
        removal_min_authors: authors of removed posts within the window that raise moderation.
        removal_window_hours: the window of both.
        toxic_min_posts: posts held or hidden by software within the window that put a topic under review.
        raised_hours: after so many hours a raised level of moderation falls back.
        review_hours: a review that nobody ended by then ends by itself.
        moderated_wait_minutes: between two posts of an author where the level is moderated.
        restricted_wait_minutes: the same where it is restricted.
        quiet_edit_minutes: an edit so soon after the post, and before any reaction, replaces its text without a trace.
        revisions_max: revisions of one post.
        pins_max: pinned posts of a topic.
        tags_derived: tags taken from title and description, beside those given.
        drafts_max: drafts of policies in one topic.
        amendments_max: accepted amendments of one draft.
    """

    source_min_chars: Annotated[int, Meta(ge=1, le=10_000)] = 280
    quality_half_authors: Annotated[int, Meta(ge=1, le=1_000)] = 5
    quality_clean_weight: Ratio = 0.30
    quality_diversity_weight: Ratio = 0.25
    quality_reply_weight: Ratio = 0.25
    quality_source_weight: Ratio = 0.20
    quality_reply_full_ratio: Annotated[float, Meta(gt=0, le=1)] = 0.6
    quality_source_full_ratio: Annotated[float, Meta(gt=0, le=1)] = 0.4
    trending_scale: Annotated[float, Meta(gt=0, le=100)] = 20.0
    trending_account_days: Annotated[int, Meta(ge=0, le=3_650)] = 7
    trending_enter_score: Score = 60
    trending_leave_score: Score = 30
    trending_min_members: Count = 10
    trending_min_participation: Count = 50
    trending_min_quality: Score = 80
    escalation_min_participation: Count = 100
    escalation_min_quality: Score = 80
    support_min: Annotated[int, Meta(ge=1, le=1_000_000)] = 20
    support_ratio: Ratio = 0.02
    support_decision_days: Days = 14
    cooling_days: Days = 14
    closing_days: Days = 30
    archive_days: Days = 365
    reactions_kept_days: Days = 365
    removal_ratio: Ratio = 0.05
    removal_min_authors: Annotated[int, Meta(ge=1, le=100)] = 3
    removal_window_hours: Hours = 6
    toxic_min_posts: Annotated[int, Meta(ge=1, le=400)] = 5
    raised_hours: Hours = 24
    review_hours: Hours = 72
    moderated_wait_minutes: Minutes = 5
    restricted_wait_minutes: Minutes = 30
    quiet_edit_minutes: Minutes = 15
    revisions_max: Annotated[int, Meta(ge=1, le=200)] = 50
    pins_max: Annotated[int, Meta(ge=1, le=50)] = 5
    tags_derived: Annotated[int, Meta(ge=0, le=10)] = 5
    drafts_max: Annotated[int, Meta(ge=1, le=100)] = 20
    amendments_max: Annotated[int, Meta(ge=1, le=500)] = 200

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            ValueError: the weights of F5 do not add up to 1, or a topic would leave a trend where it enters it.
        """
        weights = (
            self.quality_clean_weight,
            self.quality_diversity_weight,
            self.quality_reply_weight,
            self.quality_source_weight,
        )
        if abs(sum(weights) - 1) > 1e-9:  # noqa: PLR2004  # what sums of such fractions miss by
            raise ValueError("the four quality weights add up to 1")
        if self.trending_leave_score >= self.trending_enter_score:
            raise ValueError("trending_leave_score is below trending_enter_score")
