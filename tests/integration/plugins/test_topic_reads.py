"""Feeds, related topics, contributors, summaries, revisions and drafts on a real PostgreSQL, as the turn projects them.

Two readers see what stands behind a wall between them: nothing.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import attrs
import msgspec
import pytest

from diramoja.core import PageQuery, Plugin, Reader
from diramoja.core.errors import InvalidError, MissingError
from diramoja.core.ports.database import Database
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import FollowMember, Join, SubmitEdit, SubmitPost, SubmitShare
from diramoja.plugins.member.hooks import register_plugin as members
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.audiences import (
    CountStanding,
    FindMentioned,
    FindOfficials,
    NoteMentioned,
    WeighSupport,
    count_standing,
    find_mentioned,
    find_officials,
)
from diramoja.plugins.topic.contracts import FollowTopic, MarkFlagged, OpenTopic, PinPost, React, SupportTopic
from diramoja.plugins.topic.draft import draft
from diramoja.plugins.topic.draft_contracts import DecideAmendment, ProposeAmendment, StartDraft
from diramoja.plugins.topic.draft_queries import (
    amendment_list,
    draft_list,
    draft_of_amendment,
    one_draft,
    version_list,
)
from diramoja.plugins.topic.feed_queries import feed, recommendations
from diramoja.plugins.topic.hooks import register_plugin as topics
from diramoja.plugins.topic.insight_queries import contributors, related_topics, summary_of
from diramoja.plugins.topic.queries import actor_on, one_post, one_topic, post_list, revision_list, topic_list
from diramoja.plugins.topic.texts import sha256
from diramoja.plugins.topic.views import FeedItem
from diramoja.testing.runtime import Runtime
from tests.support.read_model import copied, read_model

PLUGINS: Sequence[Plugin] = (attrs.evolve(members(), views=[]), topics())
"""Without the search of members, which is not read here."""
SUPPORTER = frozenset({"guest", "supporter"})
PEOPLE = {"mem_amina": ("healthcare",), "mem_juma": ("economy",), "mem_neema": (), "mem_wali": ("healthcare",)}
AMINA, JUMA, NEEMA, WALLED = (Reader(id, SUPPORTER) for id in PEOPLE)
GUEST = Reader()
TEXT = "\n".join(f"Article {number}" for number in range(1, 6))


class NoMembers:
    """A database in which the jobs of the runtime in memory find nobody."""

    async def fetch(self, sql: str, *args: object) -> list[Any]:
        return []

    async def one(self, sql: str, *args: object) -> None:
        return None

    async def execute(self, sql: str, *args: object) -> int:
        return 0

    async def stream(self, sql: str, *args: object, page: int = 1000) -> AsyncIterator[Mapping[str, Any]]:
        """Nobody has the interest of a topic."""
        nobody: tuple[Mapping[str, Any], ...] = ()
        for row in nobody:
            yield row


def played() -> Runtime:
    runtime = Runtime()
    runtime.deploy(*PLUGINS, ports={Database: NoMembers()})
    for id, interests in PEOPLE.items():
        runtime.send(member, id, Join(id.removeprefix("mem_"), interests), sender=id)
    openings = (
        ("top_clinics", "mem_neema", OpenTopic("Clinics in villages", "Nurses at night.", "healthcare", (), True)),
        ("top_nurses", "mem_amina", OpenTopic("Night nurses", "For every clinic.", "healthcare")),
        ("top_buses", "mem_juma", OpenTopic("Buses", "To the market.", "transport")),
        ("top_prices", "mem_wali", OpenTopic("Clinics and prices", "Nurses cost.", "economy")),
    )
    for id, author, opening in openings:
        runtime.send(topic, id, opening, sender=author)
        runtime.clock.advance(timedelta(minutes=1))
    posts = (
        ("pst_1", "mem_amina", "top_clinics", "Our village clinic closes at noon every day.", None),
        ("pst_2", "mem_juma", "top_clinics", "The clinic of our village closes much too early.", "pst_1"),
        ("pst_3", "mem_wali", "top_clinics", "Nurses leave the village, @amina, before the night.", None),
        ("pst_4", "mem_juma", "top_buses", "The bus at seven is full. See https://buses.example.org/seven", None),
        ("pst_5", "mem_neema", "top_buses", "Read https://hoax.example/now", None),
        ("pst_6", "mem_neema", "top_nurses", "Night nurses need a safe way home.", None),
    )
    for id, author, where, body, parent in posts:
        runtime.send(member, author, SubmitPost(where, id, body, parent), sender=author)
        runtime.clock.advance(timedelta(minutes=1))
    act(runtime)
    assert runtime.dead_letters() == []
    return runtime


def act(runtime: Runtime) -> None:
    runtime.send(topic, "top_clinics", NoteMentioned("pst_3", ("mem_amina",)))
    runtime.send(topic, "top_buses", MarkFlagged("pst_5", "It shares hoax.example, a flagged source."))
    runtime.send(topic, "top_clinics", FollowTopic(), sender="mem_juma")
    runtime.send(topic, "top_clinics", React("pst_1", "like"), sender="mem_neema")
    runtime.send(member, "mem_amina", FollowMember("mem_juma"), sender="mem_amina")
    runtime.clock.advance(timedelta(hours=1))
    runtime.send(member, "mem_amina", SubmitEdit("top_clinics", "pst_1", "It closes at one."), sender="mem_amina")
    runtime.send(member, "mem_juma", SubmitShare("top_buses", "pst_4", "pst_7", "top_nurses"), sender="mem_juma")
    runtime.send(topic, "top_clinics", PinPost("pst_1"), sender="mem_neema")
    runtime.send(topic, "top_clinics", SupportTopic(), sender="mem_juma")
    runtime.send(topic, "top_clinics", StartDraft("dft_1", "Night clinics", TEXT), sender="mem_neema")
    runtime.clock.advance(timedelta(minutes=1))
    for id, author, line in (("amd_1", "mem_juma", 2), ("amd_2", "mem_wali", 4), ("amd_3", "mem_juma", 2)):
        amendment = ProposeAmendment(id, 0, line, line, f"Article {line} by {id}", "Clearer.")
        runtime.send(draft, "dft_1", amendment, sender=author)
        runtime.clock.advance(timedelta(minutes=1))
    runtime.send(draft, "dft_1", DecideAmendment("amd_1", is_accepted=True, reason="Yes."), sender="mem_neema")


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
        walls = [
            {"member": one, "other": other} for one, other in (("mem_amina", "mem_wali"), ("mem_wali", "mem_amina"))
        ]
        columns = await database.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'member_wall'"
        )
        more = {"is_own": True, "since": "2026-01-01T00:00:00Z"}
        known = {row["column_name"] for row in columns}
        await copied(
            database,
            "member_wall",
            [msgspec.json.encode(wall | {name: more[name] for name in more if name in known}) for wall in walls],
        )
        yield database


async def whole_feed(db: Database, reader: Reader, limit: int = 100) -> list[FeedItem]:
    found: list[FeedItem] = []
    page = PageQuery(limit)
    while True:
        answer = await feed(db, reader, page)
        found += answer.items
        if answer.next_cursor is None:
            return found
        page = PageQuery.read(limit, answer.next_cursor)


async def test_the_feed_says_what_concerns_one_and_why(db: Database) -> None:
    assert [(item.id, item.reason, item.outside_bubble) for item in await whole_feed(db, AMINA)] == [
        ("pst_7", "own_topic", False),
        ("pst_6", "own_topic", False),
        ("pst_4", "followed_member", True),
        ("pst_2", "followed_member", False),
        ("top_clinics", "interest", False),
    ]
    juma = {item.id: item.reason for item in await whole_feed(db, JUMA)}
    assert juma == {"pst_1": "followed_topic", "pst_3": "followed_topic", "top_prices": "interest"}


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_the_feed_is_paged_without_gap_or_repeat(db: Database, limit: int) -> None:
    assert await whole_feed(db, AMINA, limit) == await whole_feed(db, AMINA)


async def test_a_mention_by_one_who_is_not_walled_is_in_the_feed(db: Database) -> None:
    await db.execute("INSERT INTO post_mention VALUES ('pst_3', 'mem_neema', now(), 'pst_3:mem_neema')")
    found = {item.id: item.reason for item in await whole_feed(db, NEEMA)}
    await db.execute("DELETE FROM post_mention WHERE member = 'mem_neema'")
    assert found["pst_3"] == "mention"


async def test_recommendations_are_of_ones_interests_and_some_of_others(db: Database, runtime: Runtime) -> None:
    found = (await recommendations(db, NEEMA, runtime.clock, kind="topic", limit=10)).items
    assert [(item.id, item.outside_bubble) for item in found][-1][1] is True
    assert {item.id for item in found} == {"top_nurses", "top_buses", "top_prices"}
    juma = (await recommendations(db, JUMA, runtime.clock, kind="topic", limit=10)).items
    assert [(item.id, item.reason) for item in juma] == [("top_prices", "interest"), ("top_nurses", "similar")]
    posts = (await recommendations(db, AMINA, runtime.clock, kind="post", limit=10)).items
    assert "pst_5" not in {item.id for item in posts}  # It shares a flagged source.
    assert {"pst_2", "pst_6"} <= {item.id for item in posts}


async def test_related_topics_share_keywords(db: Database) -> None:
    found = (await related_topics(db, JUMA, "top_clinics", 10)).items
    assert {item.id for item in found} == {"top_nurses", "top_prices"}
    assert {"clinic", "nurse"} <= set(found[0].shared_terms)
    assert (await related_topics(db, JUMA, "top_buses", 10)).items == []
    with pytest.raises(MissingError):
        await related_topics(db, JUMA, "top_x", 10)


async def test_contributors_are_ordered_by_answers(db: Database) -> None:
    found = (await contributors(db, JUMA, "top_clinics", 10)).items
    assert [(item.username, item.posts, item.answered) for item in found] == [
        ("amina", 1, 1),
    ]
    buses = (await contributors(db, JUMA, "top_buses", 10)).items
    assert [(item.username, item.answered, item.sourced) for item in buses] == [("juma", 0, 1)]


async def test_a_summary_quotes_posts(db: Database) -> None:
    found = await summary_of(db, JUMA, "top_clinics")
    assert found.posts_read == 3
    assert {line.post_id for line in found.lines} <= {"pst_1", "pst_2", "pst_3"} and found.lines
    assert "clinic" not in found.subtopics


async def test_revisions_keep_text_and_reactions(db: Database) -> None:
    shown, old = (await revision_list(db, JUMA, "pst_1", PageQuery())).items
    assert (shown.number, shown.body, shown.reactions["like"], shown.replaced_at) == (2, "It closes at one.", 0, None)
    assert (old.number, old.reactions["like"], old.replaced_at) == (1, 1, shown.written_at)
    first = await revision_list(db, JUMA, "pst_1", PageQuery(1))
    assert first.next_cursor is not None
    assert (await revision_list(db, JUMA, "pst_1", PageQuery.read(1, first.next_cursor))).items == [old]
    post = await one_post(db, JUMA, "pst_1")
    assert (post.revision, post.edited_at, post.body) == (2, shown.written_at, "It closes at one.")


async def test_a_share_refers_to_its_post(db: Database) -> None:
    share = await one_post(db, GUEST, "pst_7")
    assert msgspec.to_builtins(share)["shared"] == {"post_id": "pst_4", "topic_id": "top_buses"}
    assert (await one_post(db, GUEST, "pst_4")).share_count == 1
    flagged = await one_post(db, GUEST, "pst_5")
    assert "hoax.example" in str(flagged.flag_reason)


async def test_a_topic_shows_pins_supporters_and_scores(db: Database) -> None:
    view = await one_topic(db, GUEST, "top_clinics")
    assert (view.pinned_posts, view.supporters, view.moderation_level) == (("pst_1",), 1, "open")
    assert view.support.needed == 20  # type: ignore[union-attr]  # set of a proposal
    assert 0 < view.quality_score < 100
    other = await one_topic(db, GUEST, "top_buses")
    assert other.support is msgspec.UNSET


async def test_topics_are_paged_by_trend(db: Database) -> None:
    await db.execute("UPDATE topic SET trending_score = 70 WHERE id IN ('top_buses', 'top_nurses')")
    found, page = list[str](), PageQuery(1)
    while True:
        answer = await topic_list(db, GUEST, page, sort="trending", category=None, tag=None)
        found += [view.id for view in answer.items]
        if answer.next_cursor is None:
            break
        page = PageQuery.read(1, answer.next_cursor)
    assert len(found) == 2 and set(found) == {"top_buses", "top_nurses"}
    wrong = PageQuery(1, ("2026-01-01T00:00:00Z", "top_buses"))
    with pytest.raises(InvalidError):
        await topic_list(db, GUEST, wrong, sort="trending", category=None, tag=None)


async def test_a_draft_is_read_with_versions_hashes_and_diffs(db: Database) -> None:
    [view] = (await draft_list(db, GUEST, "top_clinics", PageQuery())).items
    assert (view.version, view.open_amendments, view.sha256) == (2, 2, sha256(view.text))
    last, first = (await version_list(db, GUEST, "dft_1", PageQuery())).items
    assert first.text == TEXT and last.text == view.text
    assert "-Article 2\n+Article 2 by amd_1" in last.diff
    found = (await amendment_list(db, GUEST, "dft_1", PageQuery())).items
    assert [(item.id, item.status) for item in found] == [
        ("amd_3", "proposed"),
        ("amd_2", "proposed"),
        ("amd_1", "accepted"),
    ]
    assert msgspec.to_builtins(found[0])["from"] == 2
    assert await draft_of_amendment(db, "amd_2") == "dft_1"
    with pytest.raises(MissingError):
        await one_draft(db, GUEST, "dft_x")


async def test_nobody_sees_what_stands_behind_a_wall(db: Database, runtime: Runtime) -> None:
    assert "pst_3" not in [
        post.id for post in (await post_list(db, AMINA, "top_clinics", PageQuery(), sort="new")).items
    ]
    with pytest.raises(MissingError):
        await one_post(db, AMINA, "pst_3")
    with pytest.raises(MissingError):
        await actor_on(db, AMINA, "pst_3")
    with pytest.raises(MissingError):
        await revision_list(db, WALLED, "pst_1", PageQuery())
    with pytest.raises(MissingError):
        await one_topic(db, AMINA, "top_prices")
    listed = await topic_list(db, AMINA, PageQuery(), sort="new", category=None, tag=None)
    recommended = await recommendations(db, AMINA, runtime.clock, kind="topic", limit=100)
    similar = await related_topics(db, AMINA, "top_clinics", 100)
    for items in (listed.items, recommended.items, similar.items, await whole_feed(db, AMINA)):
        assert items and {"top_prices", "pst_3"}.isdisjoint(item.id for item in items)
    assert [item.member_id for item in (await contributors(db, WALLED, "top_clinics", 9)).items] == []
    assert "mem_wali" not in [line.author_id for line in (await summary_of(db, AMINA, "top_clinics")).lines]
    amended = await amendment_list(db, AMINA, "dft_1", PageQuery())
    assert [item.id for item in amended.items] == ["amd_3", "amd_1"]
    assert {item.topic_id for item in await whole_feed(db, WALLED)}.isdisjoint({"top_nurses"})


async def test_a_feed_leaves_out_whom_one_muted(db: Database, runtime: Runtime) -> None:
    await db.execute("INSERT INTO member_mute VALUES ('mem_amina', 'mem_juma', now())")
    found = await whole_feed(db, AMINA)
    recommended = await recommendations(db, AMINA, runtime.clock, kind="topic", limit=100)
    await db.execute("DELETE FROM member_mute")
    assert [item.id for item in found] == ["pst_6", "top_clinics"]
    assert "top_buses" not in [item.id for item in recommended.items]


async def test_jobs_look_up_members(db: Database) -> None:
    named = await find_mentioned.run(FindMentioned("pst_1", "mem_juma", ("amina", "juma", "nobody")), db)
    assert named == NoteMentioned("pst_1", ("mem_amina",))
    assert await find_officials.run(FindOfficials("topic.support"), db) is None
    await db.execute("UPDATE member SET membership_level = 'member' WHERE id <> 'mem_wali'")
    await db.execute("UPDATE member SET standing = 'arrears' WHERE id = 'mem_juma'")
    assert await count_standing.run(CountStanding(), db) == WeighSupport(2)
