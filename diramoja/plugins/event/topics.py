"""Topics that came out of an event: whoever took part says so when they open one, and the event names it."""

from diramoja.core import Command, Context, Decision, Personal
from diramoja.plugins.event.contracts import TopicSpunOff
from diramoja.plugins.event.settings import EventSettings
from diramoja.plugins.event.state import OVER, TOLD, Gathering, Guest, event
from diramoja.plugins.event.views import SpunOff
from diramoja.plugins.topic.contracts import TopicChanged, TopicCreated

__all__ = ["NoteTopic", "NoteTopicTitle", "after_change", "after_topic"]


class NoteTopic(Command):
    """A topic says that it came out of this event."""

    topic: str
    title: str
    author: Personal[str]


class NoteTopicTitle(Command):
    """A topic that says that it came out of this event has this title now."""

    topic: str
    title: str


@event.on(*TOLD, "completed")
def note_topic(state: Gathering, message: NoteTopic, context: Context) -> Decision:
    """The word of who has a seat or helps is taken; of others the event says nothing."""
    guest = context.row(Guest, message.author)
    takes_part = state.is_staff(message.author) or (guest is not None and guest.state == "confirmed")
    is_known = any(each.id == message.topic for each in state.topics)
    if not takes_part or is_known or len(state.topics) >= context.settings(EventSettings).spun_off_max:
        return None
    named = state.but(topics=(*state.topics, SpunOff(message.topic, message.title)))
    return named, TopicSpunOff(context.id, message.topic, message.title)


@event.on(*TOLD, *OVER)
def note_topic_title(state: Gathering, message: NoteTopicTitle, context: Context) -> Decision:
    """The event names it as it is called now."""
    named = tuple(SpunOff(each.id, message.title) if each.id == message.topic else each for each in state.topics)
    return state.but(topics=named) if named != state.topics else None


def after_topic(event: TopicCreated) -> list[tuple[str, NoteTopic]]:
    """To the event that a topic names."""
    return [(event.event_id, NoteTopic(event.topic, event.title, event.author))] if event.event_id else []


def after_change(event: TopicChanged) -> list[tuple[str, NoteTopicTitle]]:
    """To the event that the topic names."""
    return [(event.event_id, NoteTopicTitle(event.topic, event.title))] if event.event_id else []


event.hears(TopicCreated, to=after_topic)
event.hears(TopicChanged, to=after_change)
