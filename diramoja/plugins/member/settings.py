"""Settings of the member plugin."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from diramoja.core import Settings
from diramoja.core.errors import InvalidError

__all__ = ["MemberSettings", "check_region"]

type Days = Annotated[int, Meta(ge=1, le=3_650)]
type Count = Annotated[int, Meta(ge=1, le=1_000)]
type Score = Annotated[int, Meta(ge=0, le=100)]
type Share = Annotated[float, Meta(ge=0, le=1)]
type Weight = Annotated[float, Meta(ge=0, le=100)]
type RegionId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$(?!\n)")]
type RegionText = Annotated[str, Meta(min_length=1, max_length=80)]

_PLACES = (("north", "North"), ("south", "South"), ("east", "East"), ("west", "West"), ("centre", "Centre"))


def _default_regions() -> dict[RegionId, dict[Literal["name", "parent"], RegionText]]:
    places: dict[RegionId, dict[Literal["name", "parent"], RegionText]] = {id: {"name": name} for id, name in _PLACES}
    return places | {"nairobi": {"name": "Nairobi", "parent": "centre"}}


class MemberSettings(Settings, frozen=True, kw_only=True):
    """Limits of what a member does, the constants of F1, F3 and F4, and the regions.

    Attributes:
        regions: id → {name, parent}; the tree of regions that a profile may name. A region without a parent is a root.
        following_max: members that one member can follow.
        walls_max: members that one member can block or mute.
        seats_max: bodies that one member can be in.
        occasional_after_days: without activity; the member is occasional then.
        inactive_after_days: the same, for inactive.
        dormant_after_days: the same, for dormant.
        reengage_below_score: members with less engagement (F1) are written to when they stay away.
        reengage_after_days: without activity, until they are.
        reengage_every_days: until they are again.
        reengage_times: without a reaction, at most.
        reengage_topics: topics that it names.
        suggestion_valid_days: how long a suggested topic is still worth a notice.
        promotion: what high engagement leads to: an offer, the name of active member at once, or nothing.
        promotion_above_score: engagement above which it does.
        promotion_after_days: for so long without a break.
        engagement_weight_posts: F1, weight of the days with a published post.
        engagement_weight_votes: F1, weight of the votes taken part in.
        engagement_weight_events: F1, weight of the events attended.
        engagement_weight_quality: F1, weight of the quality of posts.
        engagement_posts_window_days: F1, days that are looked at for posts.
        engagement_votes_window_days: F1, days that are looked at for votes.
        engagement_posts_days: F1, days with a post that are full marks.
        engagement_events_window_days: F1, within which events count.
        engagement_events: F1, events attended in 90 days that are full marks.
        engagement_quality_posts: F1, last posts whose mean quality counts.
        engagement_quality_least: F1, posts below which quality does not count.
        engagement_half_life_days: F1, in which half of the way to the present value is gone.
        reputation_half_life_days: F3, of what counts for and against a member.
        reputation_prior: F3, what counts for and against everybody from the beginning.
        reputation_report_confirmed: F3, for a report that people confirmed.
        reputation_like: F3, for each member who likes a post.
        reputation_likers_per_post: F3, of whom so many count.
        reputation_likes_per_month: F3, likes of one member that count in a month.
        reputation_removal: F3, against, for a post that people removed.
        reputation_restriction: F3, against, for a restriction.
        reputation_suspension: F3, against, for a suspension or ban.
        reputation_bad_faith: F3, against, for a report in bad faith.
        report_weight_least: F4, of a reporter whose reports are never confirmed, in the limit.
        report_weight_young: F4, of a young account.
        report_young_days: F4, age below which an account is young.
        reports_counted: F4, last decided reports that count.
        low_reputation_score: reputation (F3) below which posts a day are limited.
        low_reputation_posts_per_day: posts a day then.
        sanction_kept_days: after its term, until it is forgotten.
        erase_after_days: from when a member leaves until they are erased; so long they may come back.
        export_days: how long an export can be read.
        exports_max: exports of one member that can be read at a time.
    """

    regions: Mapping[RegionId, Mapping[Literal["name", "parent"], RegionText]] = msgspec.field(
        default_factory=_default_regions
    )
    following_max: Annotated[int, Meta(ge=1, le=1_000_000)] = 5_000
    walls_max: Annotated[int, Meta(ge=1, le=100_000)] = 1_000
    seats_max: Annotated[int, Meta(ge=1, le=1_000)] = 50
    occasional_after_days: Days = 7
    inactive_after_days: Days = 30
    dormant_after_days: Days = 90
    reengage_below_score: Score = 20
    reengage_after_days: Days = 30
    reengage_every_days: Days = 90
    reengage_times: Annotated[int, Meta(ge=0, le=10)] = 2
    reengage_topics: Annotated[int, Meta(ge=1, le=10)] = 3
    suggestion_valid_days: Days = 7
    promotion: Literal["suggest", "automatic", "off"] = "suggest"
    promotion_above_score: Score = 80
    promotion_after_days: Days = 28
    engagement_weight_posts: Share = 0.30
    engagement_weight_votes: Share = 0.30
    engagement_weight_events: Share = 0.20
    engagement_weight_quality: Share = 0.20
    engagement_posts_window_days: Annotated[int, Meta(ge=1, le=90)] = 28
    engagement_votes_window_days: Annotated[int, Meta(ge=1, le=730)] = 180
    engagement_posts_days: Count = 8
    engagement_events_window_days: Annotated[int, Meta(ge=1, le=365)] = 90
    engagement_events: Count = 3
    engagement_quality_posts: Annotated[int, Meta(ge=1, le=100)] = 20
    engagement_quality_least: Count = 3
    engagement_half_life_days: Days = 7
    reputation_half_life_days: Days = 180
    reputation_prior: Annotated[float, Meta(gt=0, le=1_000)] = 10
    reputation_report_confirmed: Weight = 0.5
    reputation_like: Weight = 0.2
    reputation_likers_per_post: Annotated[int, Meta(ge=0, le=100)] = 5
    reputation_likes_per_month: Annotated[int, Meta(ge=0, le=100)] = 3
    reputation_removal: Weight = 2
    reputation_restriction: Weight = 4
    reputation_suspension: Weight = 8
    reputation_bad_faith: Weight = 0.5
    report_weight_least: Share = 0.25
    report_weight_young: Share = 0.1
    report_young_days: Days = 7
    reports_counted: Count = 100
    low_reputation_score: Score = 30
    low_reputation_posts_per_day: Count = 10
    sanction_kept_days: Days = 365
    erase_after_days: Annotated[int, Meta(ge=1, le=90)] = 14
    export_days: Annotated[int, Meta(ge=1, le=30)] = 7
    exports_max: Annotated[int, Meta(ge=1, le=20)] = 3

    def __post_init__(self) -> None:
        """Check that the regions are a tree and the thresholds in order."""
        for id, entry in self.regions.items():
            seen = {id}
            if "name" not in entry:
                raise ValueError(f"region {id} has no name")
            while (parent := entry.get("parent", "")) != "":
                if parent not in self.regions or parent in seen:
                    raise ValueError(f"region {id} does not lead to a root: {parent} is missing or comes twice")
                seen.add(parent)
                entry = self.regions[parent]  # noqa: PLW2901  # the walk up
        if not self.occasional_after_days <= self.inactive_after_days <= self.dormant_after_days:
            raise ValueError("a member is occasional first, then inactive, then dormant")


def check_region(region: str, settings: MemberSettings) -> None:
    """Raises InvalidError (`region_unknown`) where this is no region of the deployment; "" is none and allowed."""
    if region and region not in settings.regions:
        raise InvalidError("There is no such region.", code="region_unknown", cure="Take an id of GET /v1/regions.")
