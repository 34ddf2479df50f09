"""The whole chain of a post in memory: from the member to publication; also where the worker dies."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from diramoja.core import Plugin
from diramoja.core.ports.database import Database
from diramoja.plugins.information import hooks as information_hooks
from diramoja.plugins.information.projections import NoteRecord
from diramoja.plugins.member import hooks as member_hooks
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import Join, SubmitPost
from diramoja.plugins.moderator import hooks as moderator_hooks
from diramoja.plugins.moderator.case import case
from diramoja.plugins.moderator.case_contracts import CaseOpened, ClaimCase, DecideCase
from diramoja.plugins.moderator.contracts import PostCleared
from diramoja.plugins.search import hooks as search_hooks
from diramoja.plugins.topic import hooks as topic_hooks
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.contracts import OpenTopic, PostPublished, PostReceived, React, ReportPost
from diramoja.plugins.topic.projections import PostRecord
from diramoja.plugins.topic.state import Post
from diramoja.ports.classifier import Assessment, Classifier
from diramoja.ports.search import Search
from diramoja.testing.runtime import Runtime, Sent
from tests.support.shelf import Shelf

TOPIC = "top_1"
FLAGGED = "Read https://daily-hoax.example/now"


class Ear:
    """A classifier that minds capital letters; it can be away."""

    def __init__(self) -> None:
        self.away = False

    async def assess(self, texts: Sequence[str]) -> Sequence[Assessment]:
        if self.away:
            raise TimeoutError
        return [Assessment(0.7 * text.isupper(), 0.9, 0, ("shouting",), "ear 1") for text in texts]


class Visibility:
    """The statement that the view of the notes sends to the database, among those of others; there is nobody in it."""

    def __init__(self) -> None:
        self.visible: dict[str, bool] = {}

    async def execute(self, sql: str, *args: list[str] | list[bool]) -> int:
        if "information_note" not in sql:
            return 0
        self.visible.update(zip(map(str, args[0]), map(bool, args[1]), strict=True))
        return len(args[0])

    async def fetch(self, sql: str, *args: object) -> list[Mapping[str, Any]]:
        return []

    async def stream(self, sql: str, *args: object, page: int = 1000) -> AsyncIterator[Mapping[str, Any]]:
        for row in await self.fetch(sql):
            yield row


MEMBERS, TOPICS, MODERATION = (hooks.register_plugin() for hooks in (member_hooks, topic_hooks, moderator_hooks))
INFORMATION, SEARCH = information_hooks.register_plugin(), search_hooks.register_plugin()
ALL = (TOPICS, MODERATION, INFORMATION, SEARCH)
AUTHORS = ("mem_a", "mem_b", "mem_c", "mem_d")


def deployed(runtime: Runtime, *plugins: Plugin) -> tuple[Ear, Shelf, Visibility]:
    ear, shelf, visibility = Ear(), Shelf(), Visibility()
    runtime.deploy(MEMBERS, *plugins, ports={Classifier: ear, Search: shelf, Database: visibility})
    runtime.send(topic, TOPIC, OpenTopic("Clinics", "Where?", "healthcare"), sender="mem_a")
    for author in AUTHORS:
        runtime.send(member, author, Join(author), sender=author)
    return ear, shelf, visibility


def write(runtime: Runtime, post: str, body: str, author: str = "mem_b", *, settle: bool = True) -> Sent:
    return runtime.send(member, author, SubmitPost(TOPIC, post, body), sender=author, settle=settle)


def status(runtime: Runtime, post: str) -> str:
    row = runtime.row(topic, TOPIC, Post, post)
    assert row is not None
    return row.status


def test_a_post_is_screened_checked_and_published(runtime: Runtime) -> None:
    _, shelf, _ = deployed(runtime, *ALL)
    sent = write(runtime, "pst_1", "Near the market.")
    assert (sent.status, sent.answer["status"]) == (201, "pending")
    assert [event.post for event in runtime.events(PostPublished)] == ["pst_1"]
    assert set(shelf.documents) == {TOPIC, *AUTHORS, "pst_1"}
    [record] = runtime.table("post", PostRecord)
    assert (record.status, record.number, record.topic) == ("published", 1, TOPIC)
    assert runtime.dead_letters() == []


def test_a_toxic_post_is_seen_by_nobody_until_a_moderator_publishes_it(runtime: Runtime) -> None:
    _, shelf, _ = deployed(runtime, *ALL)
    write(runtime, "pst_1", "NEAR THE MARKET!")
    assert status(runtime, "pst_1") == "held"
    row = runtime.row(topic, TOPIC, Post, "pst_1")
    assert row is not None and "shouting" in row.reason
    assert set(shelf.documents) == {TOPIC, *AUTHORS} and runtime.events(PostPublished) == []

    [opened] = runtime.events(CaseOpened)
    runtime.send(case, opened.case, ClaimCase(), sender="mem_m", roles=["moderator"])
    decision = DecideCase("publish", "respect", "2026-01", "Loud but fair.")
    decided = runtime.send(case, opened.case, decision, sender="mem_m", roles=["moderator"])
    assert (decided.status, decided.answer["action"]) == (200, "publish")
    assert status(runtime, "pst_1") == "published"
    assert set(shelf.documents) == {TOPIC, *AUTHORS, "pst_1"}


def test_a_held_post_that_nobody_reviews_is_published_after_a_day(runtime: Runtime) -> None:
    deployed(runtime, *ALL)
    write(runtime, "pst_1", "NEAR THE MARKET!")
    runtime.advance(hours=23)
    assert status(runtime, "pst_1") == "held"
    runtime.advance(hours=2)
    assert status(runtime, "pst_1") == "published"


def test_a_flagged_source_brings_a_note_and_a_case_and_the_post_stays(runtime: Runtime) -> None:
    _, _, visibility = deployed(runtime, *ALL)
    write(runtime, "pst_1", FLAGGED)
    [note] = runtime.table("information_note", NoteRecord)
    assert (note.post, note.topic, note.author) == ("pst_1", TOPIC, "mem_b")
    assert status(runtime, "pst_1") == "published" and visibility.visible == {"pst_1": True}
    assert [opened.origin for opened in runtime.events(CaseOpened)] == ["information"]


def test_a_report_is_answered_by_the_screening_and_opens_a_case(runtime: Runtime) -> None:
    deployed(runtime, *ALL)
    write(runtime, "pst_1", "Near the market.")
    sent = runtime.send(topic, TOPIC, ReportPost("rep_1", "pst_1", "spam"), sender="mem_c")
    assert (sent.status, sent.answer) == (201, {"id": "rep_1", "status": "received"})
    [opened] = runtime.events(CaseOpened)
    recused = runtime.send(case, opened.case, ClaimCase(), sender="mem_c", roles=["moderator"])
    assert recused.reject is not None and (recused.reject.code, recused.status) == ("recused", 403)
    runtime.send(case, opened.case, DecideCase("remove", "spam", "2026-01", "Ads."), sender="mem_m")
    assert status(runtime, "pst_1") == "removed"


@pytest.mark.parametrize(
    "plugins", [(TOPICS,), (TOPICS, MODERATION), (TOPICS, INFORMATION), (TOPICS, MODERATION, INFORMATION)]
)
def test_a_topic_waits_only_for_what_is_deployed(runtime: Runtime, plugins: Sequence[Plugin]) -> None:
    deployed(runtime, *plugins)
    sent = write(runtime, "pst_1", "Near the market.")
    assert sent.answer["status"] == ("pending" if len(plugins) > 1 else "published")
    assert status(runtime, "pst_1") == "published"
    assert len(runtime.events(PostPublished)) == 1 and runtime.dead_letters() == []


def test_without_the_classifier_the_words_decide(runtime: Runtime) -> None:
    ear, _, _ = deployed(runtime, *ALL)
    ear.away = True
    write(runtime, "pst_1", "NEAR THE MARKET!")
    write(runtime, "pst_2", "you scumbag")
    assert (status(runtime, "pst_1"), status(runtime, "pst_2")) == ("published", "held")


@pytest.mark.parametrize("seed", range(12))
def test_every_post_takes_effect_once_and_in_order_whatever_crashes(seed: int) -> None:
    runtime = Runtime(seed=seed, crash_ratio=0.05)
    try:
        _, shelf, _ = deployed(runtime, *ALL)
        posts = [f"pst_{number:02d}" for number in range(30)]
        for number, post in enumerate(posts):
            body = "NEAR THE MARKET!" if number % 10 == 3 else FLAGGED if number % 10 == 7 else f"Place {number}."
            write(runtime, post, body, AUTHORS[number % 4], settle=number % 6 == 5)
        runtime.settle()
        for number in range(8):
            runtime.send(topic, TOPIC, React("pst_00", "agree"), sender=f"mem_r{number}", settle=False)
        runtime.settle()

        assert runtime.crashes > 0
        received = [event.post for event in runtime.events(PostReceived)]
        calm = [post for post in received if int(post[4:]) % 10 != 3]
        assert sorted(received) == posts
        assert [event.post for event in runtime.events(PostCleared)] == received
        assert [event.post for event in runtime.events(PostPublished)] == calm
        assert set(shelf.documents) == {TOPIC, *AUTHORS, *calm}
        assert [opened.origin for opened in runtime.events(CaseOpened)].count("held") == 3
        assert len(runtime.table("information_note", NoteRecord)) == 3
        state = runtime.state(topic, TOPIC)
        assert (state.taken, state.post_count, state.participation_count) == (30, 27, 4)
        assert sum(runtime.state(member, author).posts for author in AUTHORS) == 27
        assert runtime.table("post", PostRecord)[0].agree == 8
        assert runtime.dead_letters() == []
    finally:
        runtime.close()
