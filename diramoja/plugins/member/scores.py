"""What counts for a member: published posts and their quality (F1, F2), likes and decided reports (F3, F4)."""

from datetime import datetime

from diramoja.core import Context, Decision, Put
from diramoja.plugins.member.contracts import CountLike, CountPost, CountReport, RatePost
from diramoja.plugins.member.rules import day_of, decayed, report_weight, reputation
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import PRESENT, Filed, Liker, Member, OwnPost, RatedPost, member
from diramoja.plugins.topic.contracts import PostPublished

__all__ = ["reputation_now", "weigh", "weight_of_reports"]

NO_WEIGHT = (0.0, 0.0)


def weigh(state: Member, good: float, bad: float, context: Context) -> Member:
    """The member with so much more for and against; both fade first. Nothing falls below 0."""
    half_life = context.settings(MemberSettings).reputation_half_life_days
    kept = [decayed(each, state.weighed_at, context.now, half_life) for each in (state.good, state.bad)]
    return state.but(good=max(0.0, kept[0] + good), bad=max(0.0, kept[1] + bad), weighed_at=context.now)


def reputation_now(state: Member, now: datetime, settings: MemberSettings) -> float:
    """F3, not rounded."""
    half_life = settings.reputation_half_life_days
    good, bad = (decayed(each, state.weighed_at, now, half_life) for each in (state.good, state.bad))
    return reputation(good, bad, settings)


def weight_of_reports(state: Member, now: datetime, settings: MemberSettings) -> float:
    """F4."""
    outcomes = state.report_outcomes
    return report_weight(outcomes.count("c"), len(outcomes), now - state.member_since, settings)


# --- posts ---


@member.on(*PRESENT)
def count_post(state: Member, message: CountPost, context: Context) -> Decision:
    """For the contributions shown, and the days with a post."""
    today = day_of(context.now)
    first = today - context.settings(MemberSettings).engagement_posts_window_days
    days = state.post_days
    if today not in days:
        days = (*(day for day in days if day > first), today)
    posts, comments = state.posts + (not message.is_reply), state.comments + message.is_reply
    counted = state.but(posts=posts, comments=comments, post_days=days)
    return counted if message.thirds is None else _rated(counted, message.post, message.thirds, context)


@member.on(*PRESENT)
def rate_post(state: Member, message: RatePost, context: Context) -> Decision:
    """The last posts count; an older one that is rated anew does not come back."""
    return _rated(state, message.post, message.thirds, context)


def _rated(state: Member, post: str, thirds: int, context: Context) -> tuple[Member | Put, ...]:
    row = context.row(OwnPost, post) or OwnPost(post)
    if row.thirds == thirds:
        return (state,)
    put = Put(row.but(thirds=thirds))
    rated = RatedPost(post, thirds)
    if row.thirds is None:
        most = context.settings(MemberSettings).engagement_quality_posts
        return state.but(recent=(*state.recent, rated)[-most:]), put
    return state.but(recent=tuple(rated if each.post == post else each for each in state.recent)), put


@member.on(*PRESENT)
def count_like(state: Member, message: CountLike, context: Context) -> Decision:
    """The first likers of a post, and of each of them a few likes a month."""
    settings = context.settings(MemberSettings)
    post = context.row(OwnPost, message.post) or OwnPost(message.post)
    liker, month = context.row(Liker, message.liker), f"{context.now:%Y-%m}"
    liked = liker.count if liker and liker.month == month else 0
    counts = (
        message.liker not in (context.id, *post.likers)
        and len(post.likers) < settings.reputation_likers_per_post
        and liked < settings.reputation_likes_per_month
    )
    if not counts:
        return None
    return (
        weigh(state, settings.reputation_like, 0.0, context),
        Put(post.but(likers=(*post.likers, message.liker))),
        Put(Liker(message.liker, month, liked + 1)),
    )


# --- reports ---


@member.on(*PRESENT)
def count_report(state: Member, message: CountReport, context: Context) -> Decision:
    """Told again with another outcome, the first one takes its weight back."""
    settings = context.settings(MemberSettings)
    earlier = context.row(Filed, message.report)
    if earlier and earlier.outcome == message.outcome:
        return None
    weighed = state
    if earlier:
        half_life = settings.reputation_half_life_days
        good, bad = (decayed(each, earlier.at, context.now, half_life) for each in _weights(earlier.outcome, settings))
        weighed = weigh(weighed, -good, -bad, context)
    weighed = weigh(weighed, *_weights(message.outcome, settings), context)
    number = earlier.number if earlier else state.reports_decided
    noted = _noted(weighed, number, "c" if message.outcome == "confirmed" else "u", settings.reports_counted)
    return noted, Put(Filed(message.report, message.outcome, number, context.now))


def _weights(outcome: str, settings: MemberSettings) -> tuple[float, float]:
    """What a report counts for and against its reporter."""
    if outcome == "confirmed":
        return settings.reputation_report_confirmed, 0.0
    return (0.0, settings.reputation_bad_faith) if outcome == "bad_faith" else NO_WEIGHT


def _noted(state: Member, number: int, mark: str, most: int) -> Member:
    """The outcome of report `number` among the last ones; a new one comes at the end."""
    outcomes = state.report_outcomes
    if number == state.reports_decided:
        return state.but(reports_decided=number + 1, report_outcomes=(outcomes + mark)[-most:])
    place = number - (state.reports_decided - len(outcomes))
    if place < 0:
        return state
    return state.but(report_outcomes=outcomes[:place] + mark + outcomes[place + 1 :])


def on_published(event: PostPublished) -> list[tuple[str, CountPost]]:
    """Its author counts it."""
    return [(event.author, CountPost(event.post, event.reply_to is not None, event.thirds))]


member.hears(PostPublished, to=on_published)
