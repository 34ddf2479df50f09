"""What an event says of itself. Where there is screening, others see it after that; what is reported, people look at.

The words are title, description, place, categories and what there is to read. Where people take them away, the event
stays, under the name of its type: members who have a seat may still come, and the organizer finds other words.
"""

from typing import Any

from diramoja.core import Context, Decision, Put, Reject, Remove, Reply, Tell
from diramoja.plugins.event.contracts import EventChanged, EventOpened, EventView, ReportEvent
from diramoja.plugins.event.state import OVER, TOLD, Gathering, Guest, Opening, Wording, event, event_view
from diramoja.plugins.member.contracts import WeighReport
from diramoja.plugins.moderator.contracts import Evidence, Report, ScreenText
from diramoja.plugins.topic.contracts import HeldView, ModeratePost, TakeVerdict

__all__ = [
    "TEXTS",
    "asked",
    "counted",
    "news",
    "opening_of",
    "view",
    "wording_decided",
    "wording_judged",
    "words_of",
]

TEXTS = ("description", "location", "virtual_link", "related_topics", "resources")
"""Fields that are kept in the row of texts."""


# --- screened ---


def asked(words: Wording, context: Context) -> Tell:
    """Whoever sent the words waits for what comes of it."""
    return Tell("screening", context.id, ScreenText(words.id, words.author, words.text), answers=True)


def wording_judged(state: Gathering, message: TakeVerdict, context: Context) -> Decision:
    """Software cleared, held or hid the next words; the old ones are shown until people decide."""
    words = context.row(Wording, message.post_id)
    if words is None or words.held is None or words.held.status != "pending":
        return None
    if message.outcome == "cleared":
        return *_applied(state.but(wording=""), words, context), Remove(Wording, words.id)
    held = HeldView(message.outcome, message.reason)
    return Put(words.but(held=held)), Reply(event_view(context, state).but(held=held))


def wording_decided(state: Gathering, message: ModeratePost, context: Context) -> Decision:
    """People decided about the next words, or about those that are shown, by the id of the event."""
    words = context.row(Wording, message.post_id)
    is_published = message.action == "publish"
    if message.post_id == context.id:
        return _given_back(state, words, context) if is_published else _taken_away(state, context)
    if words is None:
        return None
    decided = state.but(wording="")
    return *(_applied(decided, words, context) if is_published else (decided,)), Remove(Wording, words.id)


def _taken_away(state: Gathering, context: Context) -> Decision:
    """They are kept for those who decide an appeal."""
    taken, bare = words_of(state, opening_of(context), context.id), _bare(state, context)
    if taken.text == bare.text:
        return None
    return *_applied(state, bare, context), Put(taken.but(held=None))


def _given_back(state: Gathering, words: Wording | None, context: Context) -> Decision:
    """An appeal was granted; what the organizer wrote instead stays."""
    if words is None:
        return None
    is_bare = words_of(state, opening_of(context), context.id).text == _bare(state, context).text
    return *(_applied(state, words, context) if is_bare else ()), Remove(Wording, words.id)


def _bare(state: Gathering, context: Context) -> Wording:
    return Wording(context.id, state.organizer, state.event_type.replace("_", " "))


def _applied(state: Gathering, words: Wording, context: Context) -> tuple[Any, ...]:
    """All see them. What is called off is no news."""
    changed = counted(state, context).but(title=words.title, categories=words.categories)
    texts = opening_of(context).but(description=words.description, location=words.location, resources=words.resources)
    told = [] if state.phase == "cancelled" else [news(EventChanged, changed, texts, context)]
    return changed, Put(texts), *told, Reply(view(changed, texts, context))


# --- reported ---


@event.on(*TOLD, *OVER)
def report_event(state: Gathering, message: ReportEvent, context: Context) -> Decision:
    """Moderators see what it says, and why it was called off."""
    if not context.has("moderator"):
        return Reject("moderation_missing", "Nobody moderates here.", 404)
    takes_part = context.row(Guest, context.sender) is not None
    report = Report(message.report_id, context.sender, message.reason, message.text, takes_part=takes_part)
    words = words_of(state, opening_of(context), context.id).text
    body = "\n\n".join(filter(None, (words, state.cancel_reason)))
    evidence = Evidence(context.id, context.id, state.organizer, body, place="event")
    return Tell("member", context.sender, WeighReport(report, evidence), answers=True)


# --- parts of decisions ---


def opening_of(context: Context) -> Opening:
    """The texts of an event that is planned."""
    texts = context.row(Opening, "opening")
    assert texts is not None
    return texts


def words_of(state: Gathering, texts: Opening, id: str = "") -> Wording:
    """The words of an event, as this."""
    return Wording(
        id, state.organizer, state.title, texts.description, texts.location, state.categories, texts.resources
    )


def counted(state: Gathering, context: Context) -> Gathering:
    """Calendars take what has the higher number."""
    return state.but(sequence=state.sequence + 1, changed_at=context.now)


def view(state: Gathering, texts: Opening, context: Context) -> EventView:
    """As its organizer sees it, with texts that are being written."""
    return event_view(context, state).but(**{name: getattr(texts, name) for name in TEXTS})


def news[E: (EventOpened, EventChanged)](of: type[E], state: Gathering, texts: Opening, context: Context) -> E:
    """That it is open, or has changed."""
    return of(
        event=context.id,
        event_type=state.event_type,
        title=state.title,
        description=texts.description,
        visibility=state.visibility,
        organizer=state.organizer,
        starts_at=state.starts_at,
        categories=state.categories,
        created_at=state.created_at,
    )
