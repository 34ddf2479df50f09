"""How active a member is: engagement from day to day (F1), falling silent, being asked back, the offer of a name."""

from datetime import UTC, datetime, timedelta

from diramoja.core import Call, Command, Context, Decision, Event, RemindAt, View, job
from diramoja.core.decisions import Effect
from diramoja.core.ports.database import Database
from diramoja.fields import NEVER
from diramoja.plugins.member.contracts import PromotionOffered, SuggestTopic
from diramoja.plugins.member.queries import members_interested, topics_since
from diramoja.plugins.member.rules import (
    Doings,
    activity_turns,
    approached,
    engagement,
    engagement_components,
    events_of,
    votes_since,
)
from diramoja.plugins.member.settings import MemberSettings
from diramoja.plugins.member.state import (
    DAY,
    FREE,
    PRESENT,
    Member,
    ReviewActivity,
    be,
    member,
    phase_of,
)
from diramoja.plugins.notification.contracts import Notify, Subject, notify
from diramoja.plugins.topic.contracts import TopicCreated, TopicTrending

__all__ = ["Reengage", "TopicHint", "doings", "find_topics"]

SETTLED = 0.05
"""Engagement so near to what it moves to is there."""
MOST_STEPS = 400
"""Days that one review makes up for: after a longer outage nothing is left of the old value."""


_FADING = ("posts", "events")
"""Components of F1 that depend on the day."""


class TopicHint(View):
    """A topic that could interest somebody."""

    id: str
    title: str


class FindTopics(Command):
    """Which topics were opened in these interests since then."""

    interests: tuple[str, ...]
    since: datetime
    most: int


class Reengage(Command):
    """What was found for a member who stays away; nothing found, nothing said."""

    topics: tuple[TopicHint, ...]


def doings(state: Member, now: datetime, settings: MemberSettings) -> Doings:
    """What F1 looks at."""
    votes = votes_since(state.vote_days, state.voted_days, now, settings)
    events = events_of(state.event_days, state.event_open_on, now, settings)
    return Doings(state.post_days, [each.thirds for each in state.recent], votes, events)


# --- day by day ---


@member.on(*PRESENT)
def review_activity(state: Member, message: ReviewActivity, context: Context) -> Decision:
    """Engagement moves on by the days that passed; comes again while anything can change by itself."""
    settings = context.settings(MemberSettings)
    stepped, moves = _stepped(state, context.now, settings)
    promoted, offer = _promoted(stepped, context)
    asked, call = _asked_back(promoted, context)
    at = _next_look(asked, context, moves=moves)
    looked = asked.but(review_at=at)
    phased = be(looked, phase_of(looked, context.now, settings), "By the time without activity.", context)
    return *phased, *offer, *call, *([RemindAt(at, ReviewActivity())] if at else [])


def _stepped(state: Member, now: datetime, settings: MemberSettings) -> tuple[Member, bool]:
    """One step for each whole day since the last review; and whether the next days bring another value.

    They do not once no post and no event is left in its window: of what counts then, only votes depend on the day, see
    `_next_look`.
    """
    begun = state.reviewed_at if state.reviewed_at > NEVER else now
    days = max(0, (now - begun) // DAY)
    score = state.engagement
    at = begun + DAY * max(0, days - MOST_STEPS)
    for _ in range(min(days, MOST_STEPS)):
        at += DAY
        raw = engagement([*engagement_components(doings(state, at, settings), at, settings).values()])
        score = approached(score, raw, settings.engagement_half_life_days)
    components = engagement_components(doings(state, now, settings), now, settings)
    raw = engagement([*components.values()])
    fades = any(components[name].value > 0 for name in _FADING if name in components)
    moves = fades or abs(raw - score) >= SETTLED
    return state.but(engagement=score if moves else raw, reviewed_at=at), moves


def _next_look(state: Member, context: Context, *, moves: bool) -> datetime | None:
    """When something changes by itself again: tomorrow while there is something to decay."""
    settings = context.settings(MemberSettings)
    if moves:
        return state.reviewed_at + DAY
    ahead = [at for at, _ in activity_turns(state.last_active_at, settings)]
    window = settings.engagement_votes_window_days
    ahead += [datetime.fromordinal(day + window).replace(tzinfo=UTC) for day in set(state.vote_days)]
    if state.reengaged < settings.reengage_times:
        ahead.append(_ask_back_at(state, settings))
    return min((at for at in ahead if at > context.now), default=None)


# --- asked back ---


def _ask_back_at(state: Member, settings: MemberSettings) -> datetime:
    """After so long without activity, and so long after the last time."""
    quiet = state.last_active_at + timedelta(days=settings.reengage_after_days)
    if state.reengaged_at is None:
        return quiet
    return max(quiet, state.reengaged_at + timedelta(days=settings.reengage_every_days))


def _asked_back(state: Member, context: Context) -> tuple[Member, tuple[Call[FindTopics], ...]]:
    """Look for topics, where the member stays away and was not asked too often."""
    settings = context.settings(MemberSettings)
    due = (
        state.phase in FREE
        and round(state.engagement) < settings.reengage_below_score
        and state.reengaged < settings.reengage_times
        and _ask_back_at(state, settings) <= context.now
    )
    if not due or not context.has("notification") or not state.interests:
        return state, ()
    wanted = FindTopics(state.interests, state.last_active_at, settings.reengage_topics)
    asked = state.but(reengaged=state.reengaged + 1, reengaged_at=context.now)
    return asked, (Call(find_topics, wanted, key="reengage"),)


@job(FindTopics, timeout_s=10)
async def find_topics(payload: FindTopics, db: Database) -> Command:
    """The newest topics in the member's interests."""
    found = await topics_since(db, payload.interests, payload.since, payload.most)
    return Reengage(tuple(TopicHint(id, title) for id, title in found))


@member.on(*PRESENT)
def reengage(state: Member, message: Reengage, context: Context) -> Decision:
    """Said once; where nothing was found, that time does not count."""
    if not message.topics:
        return state.but(reengaged=max(0, state.reengaged - 1))
    settings = context.settings(MemberSettings)
    if state.last_active_at + timedelta(days=settings.reengage_after_days) > context.now:
        return None
    first = message.topics[0]
    return notify(
        context,
        context.id,
        Notify(
            kind="member.reengagement",
            notice_class="participation",
            subject=Subject("topic", first.id),
            text="We have not heard from you for {days} days. New in what interests you: {topics}",
            values={
                "days": str((context.now - state.last_active_at) // DAY),
                "topics": " · ".join(topic.title for topic in message.topics),
            },
            key=f"reengagement:{context.now:%Y-%m-%d}",
            valid_until=context.now + timedelta(days=settings.suggestion_valid_days),
        ),
    )


# --- the offer of a name ---


def _promoted(state: Member, context: Context) -> tuple[Member, tuple[Event | Effect, ...]]:
    """A member with high engagement for long may be called active; the level stays an officer's to give."""
    settings = context.settings(MemberSettings)
    if state.engagement <= settings.promotion_above_score:
        return state.but(high_since=None), ()
    since = state.high_since or context.now
    high = state.but(high_since=since)
    long = context.now - since >= timedelta(days=settings.promotion_after_days)
    open_to = state.membership_level == "member" and state.standing == "good" and state.promotion == "none"
    if not (long and open_to) or settings.promotion == "off":
        return high, ()
    is_taken = settings.promotion == "automatic"
    return (
        high.but(promotion="taken" if is_taken else "offered"),
        (PromotionOffered(context.id, is_taken), *notify(context, context.id, _offer(context, is_taken=is_taken))),
    )


def _offer(context: Context, *, is_taken: bool) -> Notify:
    settings = context.settings(MemberSettings)
    return Notify(
        kind="member.promotion",
        notice_class="personal",
        subject=Subject("member", context.id),
        text="Your engagement has been above {score} for {days} days: you are called an active member now."
        if is_taken
        else "Your engagement has been above {score} for {days} days: you may be called an active member.",
        values={"score": str(settings.promotion_above_score), "days": str(settings.promotion_after_days)},
        key=f"promotion:{context.now:%Y-%m-%d}",
    )


# --- new topics ---


@member.on(*FREE, "restricted")
def suggest_topic(state: Member, message: SuggestTopic, context: Context) -> Decision:
    """Once a topic; whoever opened it knows, and whoever lost the interest meanwhile need not."""
    if message.author == context.id or message.category not in state.interests:
        return None
    valid = timedelta(days=context.settings(MemberSettings).suggestion_valid_days)
    return notify(
        context,
        context.id,
        Notify(
            kind="topic.suggested",
            notice_class="participation",
            subject=Subject("topic", message.topic),
            text="A new topic in {interest}, which interests you: {title}",
            values={"interest": message.category, "title": message.title},
            valid_until=context.now + valid,
            about=message.author,
        ),
    )


@member.on("suspended")
def suggest_nothing(state: Member, message: SuggestTopic, context: Context) -> Decision:
    """Whoever cannot take part is not invited."""
    return None


def suggestion(event: TopicCreated | TopicTrending) -> SuggestTopic:
    """For everybody with that interest; of one topic each is told once, so a trend reaches those who came since."""
    return SuggestTopic(event.topic, event.title, event.category, event.author)


member.hears(TopicCreated, across=members_interested, tell=suggestion)
member.hears(TopicTrending, across=members_interested, tell=suggestion)
