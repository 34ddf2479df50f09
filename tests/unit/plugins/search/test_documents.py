from collections.abc import Sequence
from datetime import datetime

import attrs
import pytest

from diramoja.core import Event, Meta
from diramoja.plugins.event.contracts import EventCancelled, EventChanged, EventOpened, Visibility
from diramoja.plugins.search.projections import search_documents
from diramoja.plugins.topic.contracts import PostChanged, PostPublished, PostStatus, TopicChanged, TopicCreated
from diramoja.ports.search import Document, Found, SearchQuery


@attrs.define
class Shelf:
    """The search port as a dictionary."""

    documents: dict[str, Document] = attrs.field(factory=dict)

    async def index(self, documents: Sequence[Document]) -> None:
        self.documents.update({document.id: document for document in documents})

    async def remove(self, ids: Sequence[str]) -> None:
        for id in ids:
            self.documents.pop(id, None)

    async def find(self, query: SearchQuery) -> Found:
        raise NotImplementedError

    async def suggest(self, prefix: str, limit: int) -> Sequence[str]:
        raise NotImplementedError


def published(now: datetime, post: str = "pst_1") -> PostPublished:
    return PostPublished("top_1", post, "mem_b", "Here.", None, now, "Clinics", "healthcare")


def changed(now: datetime, status: PostStatus, body: str = "") -> PostChanged:
    return PostChanged("top_1", "pst_1", "mem_b", status, body, None, now, "Clinics", "healthcare")


async def feed(shelf: Shelf, now: datetime, *events: Event) -> None:
    meta = Meta("topic", "top_1", 0, 1, None, now, "", "")
    await search_documents.feed([(event, meta) for event in events], shelf)


async def test_a_topic_is_found_by_its_description_and_tags(now: datetime) -> None:
    shelf = Shelf()
    await feed(shelf, now, TopicCreated("top_1", "Clinics", "Where?", "healthcare", ("rural",), False, "mem_a", now))
    assert shelf.documents["top_1"] == Document("top_1", "topic", "Clinics", "Where? rural", "healthcare", "mem_a", now)


async def test_a_topic_that_is_reworded_is_found_by_its_new_words(now: datetime) -> None:
    shelf = Shelf()
    created = TopicCreated("top_1", "Clinics", "Where?", "healthcare", (), False, "mem_a", now)
    await feed(shelf, now, created, TopicChanged("top_1", "Nurses", "When?", "healthcare", ("night",), "mem_a", now))
    assert shelf.documents["top_1"] == Document("top_1", "topic", "Nurses", "When? night", "healthcare", "mem_a", now)


async def test_a_post_is_found_under_its_topics_title(now: datetime) -> None:
    shelf = Shelf()
    await feed(shelf, now, published(now))
    assert shelf.documents["pst_1"] == Document("pst_1", "post", "Clinics", "Here.", "healthcare", "mem_b", now)


@pytest.mark.parametrize("status", ["hidden", "removed", "deleted", "held"])
async def test_a_post_that_is_shown_no_more_is_not_found(now: datetime, status: PostStatus) -> None:
    shelf = Shelf()
    await feed(shelf, now, published(now), published(now, "pst_2"))
    await feed(shelf, now, changed(now, status))
    assert list(shelf.documents) == ["pst_2"]


async def test_the_last_news_of_a_batch_counts(now: datetime) -> None:
    shelf = Shelf()
    await feed(shelf, now, published(now), changed(now, "hidden"), changed(now, "published", "Here."))
    assert list(shelf.documents) == ["pst_1"]
    await feed(shelf, now, published(now), changed(now, "hidden"))
    assert shelf.documents == {}


def meeting[E: (EventOpened, EventChanged)](of: type[E], now: datetime, title: str, visibility: Visibility) -> E:
    return of("evt_1", "rally", title, "At the square.", visibility, "mem_o", now, ("healthcare",), now)


async def test_a_public_event_is_found_until_it_is_called_off(now: datetime) -> None:
    shelf = Shelf()
    await feed(shelf, now, meeting(EventOpened, now, "Rally", "public"), meeting(EventChanged, now, "March", "public"))
    words = "At the square. healthcare"
    assert shelf.documents["evt_1"] == Document("evt_1", "event", "March", words, "healthcare", "mem_o", now)
    await feed(shelf, now, EventCancelled("evt_1", "March", "Rain.", "mem_o"))
    assert shelf.documents == {}


@pytest.mark.parametrize("visibility", ["members_only", "invite_only"])
async def test_an_event_for_some_is_not_found(now: datetime, visibility: Visibility) -> None:
    shelf = Shelf()
    await feed(
        shelf, now, meeting(EventOpened, now, "Rally", visibility), meeting(EventChanged, now, "March", visibility)
    )
    assert shelf.documents == {}
