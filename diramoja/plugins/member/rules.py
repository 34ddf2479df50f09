"""Scores of a member (F1, F3, F4) and how active one is; pure.

Weights and half-lives come from the settings; scores are rounded once, where they are shown.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from diramoja.plugins.member.contracts import MemberPhase
from diramoja.plugins.member.settings import MemberSettings

__all__ = [
    "Component",
    "Doings",
    "activity_phase",
    "activity_turns",
    "approached",
    "day_of",
    "decayed",
    "engagement",
    "engagement_components",
    "events_of",
    "report_weight",
    "reputation",
    "sanction_weight",
    "votes_since",
]

THIRDS = 3
"""Parts of F2."""


@attrs.frozen
class Doings:
    """What F1 looks at. None: the component does not exist for the member.

    Attributes:
        post_days: days (see `day_of`) with a published post.
        post_thirds: F2 in thirds of the last posts, 0 to 3 each.
        votes: (taken part in, closed with the member on the roll) in 180 days.
        events: attended in 90 days; None where none was open to them.
    """

    post_days: Sequence[int] = ()
    post_thirds: Sequence[int] = ()
    votes: tuple[int, int] | None = None
    events: int | None = None


@attrs.frozen
class Component:
    """One of F1: `value` 0..1, with its weight."""

    value: float
    weight: float


def day_of(at: datetime) -> int:
    """The day in UTC, as a number."""
    return at.toordinal()


def votes_since(
    vote_days: Sequence[int], voted_days: Sequence[int], now: datetime, settings: MemberSettings
) -> tuple[int, int]:
    """(taken part in, closed) within the window, from the days on which they were closed."""
    first = day_of(now) - settings.engagement_votes_window_days
    taken, closed = (sum(day > first for day in days) for days in (voted_days, vote_days))
    return taken, closed


def engagement_components(doings: Doings, now: datetime, settings: MemberSettings) -> dict[str, Component]:
    """Name → component, of those that exist for the member. Source: F1."""
    today, window = day_of(now), settings.engagement_posts_window_days
    days = sum(today - window < day <= today for day in doings.post_days)
    posts = min(1.0, days / settings.engagement_posts_days)
    found = {"posts": Component(posts, settings.engagement_weight_posts)}
    if doings.votes is not None and doings.votes[1] > 0:
        taken, closed = doings.votes
        found["votes"] = Component((1 + taken) / (2 + closed), settings.engagement_weight_votes)
    if doings.events is not None:
        attended = min(1.0, doings.events / settings.engagement_events)
        found["events"] = Component(attended, settings.engagement_weight_events)
    thirds = doings.post_thirds[-settings.engagement_quality_posts :]
    if len(thirds) >= settings.engagement_quality_least:
        found["quality"] = Component(sum(thirds) / (THIRDS * len(thirds)), settings.engagement_weight_quality)
    return found


def events_of(days: Sequence[int], open_on: int, now: datetime, settings: MemberSettings) -> int | None:
    """Of the last events attended, by their days, those in the window; None where none was open to them in it."""
    first = day_of(now) - settings.engagement_events_window_days
    return sum(day > first for day in days) if open_on > first else None


def engagement(components: Sequence[Component]) -> float:
    """0..100: what engagement comes nearer to from day to day. Source: F1."""
    weight = sum(each.weight for each in components)
    return 100 * sum(each.weight * each.value for each in components) / weight if weight else 0.0


def approached(score: float, raw: float, half_life_days: float) -> float:
    """The score a day later: nearer to `raw` by a fixed share. Source: F1, E + (1 - 2^(-1/7))(raw - E)."""
    return score + (1 - 2 ** (-1 / half_life_days)) * (raw - score)


def decayed(value: float, since: datetime, now: datetime, half_life_days: float) -> float:
    """A counter after a while; time does not run backwards."""
    days = max(timedelta(), now - since) / timedelta(days=1)
    return value * 2 ** (-days / half_life_days)


def reputation(good: float, bad: float, settings: MemberSettings) -> float:
    """0..100, 50 in the beginning. Source: F3, beta reputation (Jøsang & Ismail 2002)."""
    prior = settings.reputation_prior
    return 100 * (prior + good) / (2 * prior + good + bad)


def sanction_weight(action: str, settings: MemberSettings) -> float:
    """What a decision of people counts against a member. Source: F3."""
    return {
        "remove": settings.reputation_removal,
        "restrict": settings.reputation_restriction,
        "suspend": settings.reputation_suspension,
        "ban": settings.reputation_suspension,
    }.get(action, 0.0)


def report_weight(confirmed: int, decided: int, age: timedelta, settings: MemberSettings) -> float:
    """0..1, by the last decided reports of a member and the age of the account. Source: F4."""
    if age < timedelta(days=settings.report_young_days):
        return settings.report_weight_young
    least = settings.report_weight_least
    return least + (1 - least) * (confirmed + 1) / (decided + 2)


def activity_turns(last: datetime, settings: MemberSettings) -> list[tuple[datetime, MemberPhase]]:
    """When a member who does nothing more becomes what."""
    return [
        (last + timedelta(days=settings.occasional_after_days), "occasional"),
        (last + timedelta(days=settings.inactive_after_days), "inactive"),
        (last + timedelta(days=settings.dormant_after_days), "dormant"),
    ]


def activity_phase(last: datetime, now: datetime, settings: MemberSettings) -> MemberPhase:
    """Active, occasional, inactive or dormant, by the time without activity."""
    phase: MemberPhase = "active"
    for at, then in activity_turns(last, settings):
        if at <= now:
            phase = then
    return phase
