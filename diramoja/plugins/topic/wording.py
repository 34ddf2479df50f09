"""What a topic says of itself, when it is opened and later. Where there is screening, others see it after that."""

from typing import Any

from msgspec import UNSET

from diramoja.core import Context, Decision, Put, Reject, Remove, Reply, Tell
from diramoja.plugins.moderator.contracts import ScreenText
from diramoja.plugins.topic.contracts import (
    EditTopic,
    ModeratePost,
    ModerationChanged,
    OpenTopic,
    TakeVerdict,
    TopicChanged,
    TopicCreated,
)
from diramoja.plugins.topic.keywords import keywords, tags_of
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import OPEN, Opening, Term, Topic, Wording, topic, topic_view
from diramoja.plugins.topic.views import HeldView

__all__ = ["wording_decided", "wording_judged"]

_KEY = "wording"


# --- the opening ---


@topic.on("absent")
def open_topic(state: Topic, message: OpenTopic, context: Context) -> Decision:
    settings = context.settings(TopicSettings)
    first = Wording(_KEY, context.sender, message.title, message.description, message.category, message.tags)
    pending = state.but(
        phase="pending",
        title=message.title,
        category=message.category,
        tags=message.tags,
        policy_proposal=message.policy_proposal,
        event_id=message.event_id,
        created_by=context.sender,
        created_at=context.now,
        support_needed=settings.support_min if message.policy_proposal else 0,
    )
    if not context.has("moderator"):
        return _opened(pending, first, context)
    return pending, Put(first), _asked(first, context)


def _opened(state: Topic, first: Wording, context: Context) -> tuple[Any, ...]:
    """The topic is there for all."""
    terms = keywords(first.title, first.description, first.tags)
    derived = context.settings(TopicSettings).tags_derived
    opened = state.but(phase="new", tags=tags_of(terms, first.category, first.tags, derived))
    created = TopicCreated(
        topic=context.id,
        title=first.title,
        description=first.description,
        category=first.category,
        tags=opened.tags,
        policy_proposal=state.policy_proposal,
        author=first.author,
        created_at=state.created_at,
        event_id=state.event_id,
    )
    opening = Opening("opening", first.description, tuple(terms), first.author, state.created_at)
    view = topic_view(context, opened).but(description=first.description)
    return opened, Put(opening), *_terms(terms), created, Reply(view, status=201)


@topic.on("pending")
def opening_judged(state: Topic, message: TakeVerdict, context: Context) -> Decision:
    """Software cleared, held or hid it."""
    first = context.row(Wording, _KEY)
    if message.post_id != context.id or first is None or first.held is None or first.held.status != "pending":
        return None
    if message.outcome == "cleared":
        return *_opened(state, first, context), Remove(Wording, _KEY)
    held = first.but(held=HeldView(message.outcome, message.reason))
    view = topic_view(context, state).but(description=first.description, held=held.held or UNSET)
    return Put(held), Reply(view, status=201)


@topic.on("pending")
def opening_decided(state: Topic, message: ModeratePost, context: Context) -> Decision:
    """People let it be opened, or not; what they decide of an appeal comes the same way."""
    first = context.row(Wording, _KEY)
    if message.post_id != context.id or first is None:
        return None
    if message.action == "publish":
        return *_opened(state, first, context), Remove(Wording, _KEY)
    return Put(first.but(held=None))


# --- changes ---


@topic.on(*OPEN)
def edit_topic(state: Topic, message: EditTopic, context: Context) -> Decision:
    if refusal := _refusal(state, message, context):
        return refusal
    opening = context.row(Opening, "opening") or Opening("opening", "")
    after = _levelled(state, message, context)
    levelled = after[0] if after else state
    following = _following(levelled, opening, message, context)
    if (following.title, following.description, following.category, following.tags) == _shown(levelled, opening):
        return *after, Reply(topic_view(context, levelled))
    if not context.has("moderator") or "moderator" in context.roles:
        return *after[1:], *_reworded(levelled, following, context)
    if context.row(Wording, _KEY):
        return Reject("edit_pending", "Its last change is still being looked at.")
    return *after, Put(following), _asked(following, context)


def _levelled(state: Topic, message: EditTopic, context: Context) -> tuple[Any, ...]:
    """The topic at another level, and the news of that; nothing where none is given."""
    level = message.moderation_level
    if level is UNSET:
        return ()
    levelled = state.but(moderation_level=level, base_level=level)
    news = ModerationChanged(context.id, level, "A moderator set it.", context.now)
    return levelled, *([news] if level != state.moderation_level else [])


def _following(state: Topic, opening: Opening, message: EditTopic, context: Context) -> Wording:
    title, description, category, tags = _shown(state, opening)
    return Wording(
        _KEY,
        context.sender,
        title if message.title is UNSET else message.title,
        description if message.description is UNSET else message.description,
        category if message.category is UNSET else message.category,
        tags if message.tags is UNSET else message.tags,
    )


def _shown(state: Topic, opening: Opening) -> tuple[str, str, str, tuple[str, ...]]:
    return state.title, opening.description, state.category, state.tags


def _refusal(state: Topic, message: EditTopic, context: Context) -> Reject | None:
    is_moderator = "moderator" in context.roles
    if context.sender != state.created_by and not is_moderator:
        return Reject("not_creator", "Its creator or a moderator changes a topic.", 403)
    if message.moderation_level is not UNSET and not is_moderator:
        return Reject("not_moderator", "A moderator sets the level of moderation.", 403)
    texts = (message.title, message.description, message.category)
    if state.supporters and any(text is not UNSET for text in texts):
        return Reject("topic_supported", "Members support this proposal as it is: open another one.")
    return None


def _reworded(state: Topic, following: Wording, context: Context) -> tuple[Any, ...]:
    """Its keywords anew, and the news of it. Tags stay as the creator left them."""
    opening = context.row(Opening, "opening") or Opening("opening", "")
    terms = keywords(following.title, following.description, following.tags)
    changed = state.but(title=following.title, category=following.category, tags=following.tags)
    news = TopicChanged(
        topic=context.id,
        title=changed.title,
        description=following.description,
        category=changed.category,
        tags=changed.tags,
        author=state.created_by,
        created_at=state.created_at,
        event_id=state.event_id,
    )
    gone = [Remove(Term, term) for term in opening.terms if term not in terms]
    kept = Put(opening.but(description=following.description, terms=tuple(terms)))
    view = topic_view(context, changed).but(description=following.description)
    return changed, kept, *gone, *_terms(terms), news, Reply(view)


def wording_judged(state: Topic, message: TakeVerdict, context: Context) -> Decision:
    """Software cleared, held or hid the next words; the old ones are shown until people decide."""
    following = context.row(Wording, _KEY)
    if following is None or following.held is None or following.held.status != "pending":
        return None
    if message.outcome == "cleared":
        return _applied(state, following, context)
    held = following.but(held=HeldView(message.outcome, message.reason))
    return Put(held), Reply(topic_view(context, state).but(held=held.held or UNSET))


def wording_decided(state: Topic, message: ModeratePost, context: Context) -> Decision:
    """People decided about the next words. Of what they did not let through nothing is kept."""
    following = context.row(Wording, _KEY)
    if following is None:
        return None
    return _applied(state, following, context) if message.action == "publish" else Remove(Wording, _KEY)


def _applied(state: Topic, following: Wording, context: Context) -> tuple[Any, ...]:
    """Unless nobody may change it any more."""
    if state.phase not in OPEN or state.supporters:
        return Remove(Wording, _KEY), Reply(topic_view(context, state))
    return *_reworded(state, following, context), Remove(Wording, _KEY)


# --- parts of decisions ---


def _asked(wording: Wording, context: Context) -> Tell:
    """Whoever sent the words waits for what comes of it."""
    text = "\n\n".join(filter(None, (wording.title, wording.description, " ".join(wording.tags))))
    return Tell("screening", context.id, ScreenText(context.id, wording.author, text), answers=True)


def _terms(terms: dict[str, float]) -> list[Put]:
    return [Put(Term(term, weight)) for term, weight in terms.items()]
