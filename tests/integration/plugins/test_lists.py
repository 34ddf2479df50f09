"""The lists on a real PostgreSQL: rows as the turn projects them, read page by page, by readers who may see them."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta

import msgspec
import pytest

from diramoja.core import Page, PageQuery, Plugin, Reader
from diramoja.core.errors import InvalidError, MissingError
from diramoja.core.ports.database import Database
from diramoja.plugins.information.hooks import register_plugin as information
from diramoja.plugins.information.projections import note_visibility
from diramoja.plugins.information.queries import note_list
from diramoja.plugins.member.hooks import register_plugin as members
from diramoja.plugins.moderator.hooks import register_plugin as moderator
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.contracts import DeletePost, OpenTopic, PostView, React, ReportPost, TakePost
from diramoja.plugins.topic.hooks import register_plugin as topics
from diramoja.plugins.topic.queries import PostSort, one_post, one_topic, post_list, topic_list, topic_of_post
from diramoja.testing.runtime import Runtime
from tests.support.read_model import read_model

GUEST = Reader()
AUTHOR = Reader("mem_1", frozenset({"guest", "supporter"}))
MODERATOR = Reader("mem_m", frozenset({"guest", "supporter", "moderator"}))
PLUGINS: Sequence[Plugin] = (members(), topics(), moderator(), information())
FLAGGED = "Read https://daily-hoax.example/now"


class Nowhere:
    """A database for the views of the runtime in memory."""

    async def execute(self, sql: str, *args: object) -> int:
        return 0


def played() -> Runtime:
    """25 topics; the first with 30 posts of 3 members: one held, one deleted, one with a note, some liked."""
    runtime = Runtime()
    runtime.deploy(*PLUGINS, ports={Database: Nowhere()})
    for number in range(25):
        opening = OpenTopic(f"Topic {number}", f"Why {number}", ("health", "economy")[number % 2], (f"t{number % 3}",))
        runtime.send(topic, f"top_{number:02d}", opening, sender="mem_a")
        runtime.clock.advance(timedelta(seconds=1))
    for number in range(30):
        body = {3: "you scumbag", 7: FLAGGED}.get(number, f"Post {number}")
        reply_to = "pst_00" if number == 9 else None
        post = TakePost(f"pst_{number:02d}", f"mem_{number % 3}", body, reply_to)
        runtime.send(topic, "top_00", post, sender=post.author)
        runtime.clock.advance(timedelta(seconds=1))
    for number in (5, 11):
        for member in range(number):
            runtime.send(topic, "top_00", React(f"pst_{number:02d}", "like"), sender=f"mem_{member}")
    runtime.send(topic, "top_00", DeletePost("pst_04"), sender="mem_1")
    runtime.send(topic, "top_00", ReportPost("rep_1", "pst_05", "spam", "Ads."), sender="mem_9")
    assert runtime.dead_letters() == []
    return runtime


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    made = played()
    yield made
    made.close()


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def db(runtime: Runtime, anyio_backend: str) -> AsyncIterator[Database]:
    async with read_model(runtime, PLUGINS) as database:
        yield database


async def all_posts(db: Database, reader: Reader, sort: PostSort, limit: int) -> list[PostView]:
    found: list[PostView] = []
    page = PageQuery(limit)
    while True:
        answer: Page[PostView] = await post_list(db, reader, "top_00", page, sort=sort)
        assert len(answer.items) <= limit
        found += answer.items
        if answer.next_cursor is None:
            return found
        page = PageQuery.read(limit, answer.next_cursor)


@pytest.mark.parametrize("limit", [1, 7, 28, 100])
async def test_posts_are_paged_without_gap_or_repeat(db: Database, limit: int) -> None:
    seen = [f"pst_{number:02d}" for number in range(30) if number not in (3, 4)]
    assert [post.id for post in await all_posts(db, GUEST, "old", limit)] == seen
    assert [post.id for post in await all_posts(db, GUEST, "new", limit)] == seen[::-1]
    top = [post.id for post in await all_posts(db, GUEST, "top", limit)]
    assert top[:2] == ["pst_11", "pst_05"] and top[2:] == [post for post in seen[::-1] if post not in top[:2]]


async def test_a_held_post_is_listed_for_its_author_and_moderators_only(db: Database) -> None:
    author = Reader("mem_0", AUTHOR.roles)
    for reader, sees in ((GUEST, False), (AUTHOR, False), (author, True), (MODERATOR, True)):
        held = [post for post in await all_posts(db, reader, "old", 100) if post.id == "pst_03"]
        assert bool(held) == sees
        if held:
            assert held[0].status == "held" and "Held" in str(held[0].reason)


async def test_a_single_post_is_seen_as_in_the_list(db: Database) -> None:
    post = await one_post(db, GUEST, "pst_11")
    assert post.reactions == {"agree": 0, "disagree": 0, "pass": 0, "like": 11}
    assert (await one_post(db, GUEST, "pst_00")).reply_count == 1
    assert (await one_post(db, MODERATOR, "pst_03")).status == "held"
    for reader, id in ((GUEST, "pst_03"), (AUTHOR, "pst_04"), (MODERATOR, "pst_04"), (GUEST, "pst_x")):
        with pytest.raises(MissingError) as missing:
            await one_post(db, reader, id)
        assert missing.value.code == "post_missing"


async def test_the_topic_of_a_post_is_found_or_missing(db: Database) -> None:
    author = Reader("mem_0", AUTHOR.roles)
    for reader, id in ((GUEST, "pst_11"), (author, "pst_03"), (MODERATOR, "pst_03")):
        assert await topic_of_post(db, reader, id) == "top_00"
    for reader, id in ((GUEST, "pst_x"), (MODERATOR, "pst_x"), (GUEST, "pst_03"), (AUTHOR, "pst_03")):
        with pytest.raises(MissingError):
            await topic_of_post(db, reader, id)


async def test_topics_are_paged_new_and_active(db: Database) -> None:
    ids = [f"top_{number:02d}" for number in reversed(range(25))]
    found: list[str] = []
    page = PageQuery(4)
    while True:
        answer = await topic_list(db, GUEST, page, sort="new", category=None, tag=None)
        found += [each.id for each in answer.items]
        if answer.next_cursor is None:
            break
        page = PageQuery.read(4, answer.next_cursor)
    assert found == ids
    active = await topic_list(db, GUEST, PageQuery(2), sort="active", category=None, tag=None)
    assert [each.id for each in active.items] == ["top_00", "top_24"]


async def test_topics_are_found_by_category_and_tag(db: Database) -> None:
    both = await topic_list(db, GUEST, PageQuery(), sort="new", category="health", tag="t1")
    assert {each.id for each in both.items} == {"top_04", "top_10", "top_16", "top_22"}
    assert both.items[0].tags[0] == "t1" and both.items[0].description == "Why 22"
    assert (await topic_list(db, GUEST, PageQuery(), sort="new", category="' OR 1=1 --", tag=None)).items == []


async def test_a_topic_shows_its_counts(db: Database) -> None:
    view = await one_topic(db, GUEST, "top_00")
    assert (view.phase, view.post_count, view.participation_count) == ("active", 28, 3)
    for missing in (one_topic(db, GUEST, "top_x"), post_list(db, GUEST, "top_x", PageQuery(), sort="new")):
        with pytest.raises(MissingError):
            await missing


@pytest.mark.parametrize("after", [("x",), (1, 2, 3), ("a", "b"), (10**30,), ("2026-01-01T00:00:00", 5)])
async def test_a_cursor_of_another_list_is_refused(db: Database, after: tuple[str | int, ...]) -> None:
    page = PageQuery(after=after)
    with pytest.raises(InvalidError):
        await post_list(db, GUEST, "top_00", page, sort="new")
    if len(after) != 2 or after[0] == "a":
        with pytest.raises(InvalidError):
            await topic_list(db, GUEST, page, sort="new", category=None, tag=None)


async def test_a_note_is_seen_where_its_post_is(db: Database, runtime: Runtime) -> None:
    flagger = Reader("mem_1", AUTHOR.roles)
    assert (await note_list(db, GUEST, "pst_07", PageQuery())).items == []
    [note] = (await note_list(db, flagger, "pst_07", PageQuery())).items
    assert note.author_id is None and "daily-hoax.example" in note.text
    await feed_notes(db, runtime)
    assert (await note_list(db, GUEST, "pst_07", PageQuery())).items == [note]


async def feed_notes(db: Database, runtime: Runtime) -> None:
    rows = runtime.records.event_log
    batch = [
        (msgspec.json.decode(row.body, type=event), None)
        for row in rows
        for event in note_visibility.events
        if event.wire_name == row.name
    ]
    await note_visibility.feed(batch, db)
