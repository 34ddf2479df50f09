"""What can be found: topics and public events, and posts while everybody may see them."""

from datetime import datetime

from diramoja.core import Batch, Event, view
from diramoja.plugins.event.contracts import EventCancelled, EventChanged, EventOpened
from diramoja.plugins.topic.contracts import PostChanged, PostPublished, TopicChanged, TopicCreated
from diramoja.ports.search import Document, Search

__all__ = ["search_documents"]


@view(on=[TopicCreated, TopicChanged, PostPublished, PostChanged, EventOpened, EventChanged, EventCancelled])
async def search_documents(events: Batch, search: Search) -> None:
    """Index what is visible, remove what no longer is; of several news about one document the last counts."""
    latest: dict[str, Document | None] = {}
    for event, _ in events:
        id, document = _document(event)
        latest[id] = document
    documents = [document for document in latest.values() if document is not None]
    gone = [id for id, document in latest.items() if document is None]
    if documents:
        await search.index(documents)
    if gone:
        await search.remove(gone)


def _document(event: Event) -> tuple[str, Document | None]:
    if isinstance(event, TopicCreated | TopicChanged):
        return event.topic, Document(
            id=event.topic,
            kind="topic",
            title=event.title,
            body=" ".join((event.description, *event.tags)),
            category=event.category,
            author=event.author,
            created_at=event.created_at,
        )
    if isinstance(event, EventOpened | EventChanged | EventCancelled):
        return event.event, _event(event)
    assert isinstance(event, PostPublished | PostChanged)
    if isinstance(event, PostChanged) and event.status != "published":
        return event.post, None
    return event.post, _post(event, event.created_at)


def _post(event: PostPublished | PostChanged, created_at: datetime) -> Document:
    return Document(
        id=event.post,
        kind="post",
        title=event.title,
        body=event.body,
        category=event.category,
        author=event.author,
        created_at=created_at,
    )


def _event(event: EventOpened | EventChanged | EventCancelled) -> Document | None:
    """Only what everybody may see: who finds an event is not asked whether they are invited."""
    if isinstance(event, EventCancelled) or event.visibility != "public":
        return None
    return Document(
        id=event.event,
        kind="event",
        title=event.title,
        body=" ".join((event.description, *event.categories)),
        category=event.categories[0] if event.categories else "",
        author=event.organizer,
        created_at=event.created_at,
    )
