"""Edits, shares, flags, trends and proposals through the agents that take part; also where the worker dies."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import attrs
import pytest

from diramoja.core import Plugin
from diramoja.core.ports.database import Database
from diramoja.plugins.information import hooks as information_hooks
from diramoja.plugins.member import hooks as member_hooks
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import Join, SubmitEdit, SubmitPost, SubmitShare
from diramoja.plugins.moderator import hooks as moderator_hooks
from diramoja.plugins.topic import hooks as topic_hooks
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.contracts import (
    OpenTopic,
    PostChanged,
    PostPublished,
    PostReceived,
    PostShared,
    React,
    SupportReached,
    SupportTopic,
    TopicArchived,
    TopicClosed,
    TopicCooled,
    TopicTrending,
)
from diramoja.plugins.topic.settings import TopicSettings
from diramoja.plugins.topic.state import Mention, Post
from diramoja.ports.classifier import Assessment, Classifier
from diramoja.testing.runtime import Runtime

TOPIC, OTHER = "top_1", "top_2"
AUTHORS = (*(f"mem_{letter}" for letter in "abcdefghijklmnopqrst"), "mem_amina")
SOURCE = "See https://clinics.example.org/hours"


class Ear:
    """A classifier that minds capital letters."""

    async def assess(self, texts: Sequence[str]) -> Sequence[Assessment]:
        return [Assessment(0.7 * text.isupper(), 0.9, 0, ("shouting",), "ear 1") for text in texts]


class People:
    """The database in which jobs look up members; all are members in good standing."""

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        names = args[0] if "username" in sql else []
        return [{"id": f"mem_{name}"} for name in names if f"mem_{name}" in AUTHORS]

    async def one(self, sql: str, *args: Any) -> Mapping[str, Any]:
        return {"n": len(AUTHORS)}

    async def execute(self, sql: str, *args: Any) -> int:
        return 0

    async def stream(self, sql: str, *args: Any, page: int = 1000) -> AsyncIterator[Mapping[str, Any]]:
        """Nobody has the interest of a topic."""
        nobody: tuple[Mapping[str, Any], ...] = ()
        for row in nobody:
            yield row


MEMBERS = attrs.evolve(member_hooks.register_plugin(), views=[])
TOPICS, MODERATION, INFORMATION = (
    hooks.register_plugin() for hooks in (topic_hooks, moderator_hooks, information_hooks)
)
EASY = TopicSettings(trending_account_days=0, trending_min_participation=10, trending_min_quality=50, support_min=5)


def deployed(runtime: Runtime, *plugins: Plugin) -> None:
    runtime.deploy(MEMBERS, TOPICS, *plugins, settings=[EASY], ports={Classifier: Ear(), Database: People()})
    for author in AUTHORS:
        runtime.send(member, author, Join(author.removeprefix("mem_")), sender=author)
    for id in (TOPIC, OTHER):
        opening = OpenTopic("Clinics", "Where?", "healthcare", policy_proposal=True)
        runtime.send(topic, id, opening, sender="mem_a")


def write(runtime: Runtime, post: str, body: str, author: str = "mem_b", *, reply_to: str | None = None) -> None:
    runtime.send(member, author, SubmitPost(TOPIC, post, body, reply_to), sender=author)


def row(runtime: Runtime, post: str, where: str = TOPIC) -> Post:
    found = runtime.row(topic, where, Post, post)
    assert found is not None
    return found


ALL = (MODERATION, INFORMATION)


def test_an_edit_goes_the_way_of_a_post_before_others_see_it(runtime: Runtime) -> None:
    deployed(runtime, *ALL)
    write(runtime, "pst_1", "Near the market.")
    sent = runtime.send(member, "mem_b", SubmitEdit(TOPIC, "pst_1", "BEHIND THE MARKET!"), sender="mem_b")
    assert (sent.status, sent.answer["edit"]["status"]) == (200, "pending")
    assert (row(runtime, "pst_1").body, row(runtime, "pst_1").edit_status) == ("Near the market.", "held")
    write(runtime, "pst_2", "Near the school.")
    runtime.send(member, "mem_b", SubmitEdit(TOPIC, "pst_2", "Behind the school."), sender="mem_b")
    assert (row(runtime, "pst_2").body, row(runtime, "pst_2").edit_status) == ("Behind the school.", None)
    assert [event.body for event in runtime.events(PostChanged)] == ["Behind the school."]
    assert len(runtime.events(PostPublished)) == 2 and len(runtime.events(PostReceived)) == 4
    assert runtime.dead_letters() == []


@pytest.mark.parametrize("plugins", [(), (MODERATION,), (INFORMATION,), ALL])
def test_an_edit_waits_only_for_what_is_deployed(runtime: Runtime, plugins: Sequence[Plugin]) -> None:
    deployed(runtime, *plugins)
    write(runtime, "pst_1", "Near the market.")
    runtime.send(member, "mem_b", SubmitEdit(TOPIC, "pst_1", "Behind it."), sender="mem_b")
    assert row(runtime, "pst_1").body == "Behind it."


def test_a_share_of_a_flagged_post_is_warned_of_and_told(runtime: Runtime) -> None:
    deployed(runtime, *ALL)
    write(runtime, "pst_1", "Read https://daily-hoax.example/now")
    assert "daily-hoax.example" in row(runtime, "pst_1").flag_reason
    share = SubmitShare(TOPIC, "pst_1", "pst_9", OTHER, "Look.")
    warned = runtime.send(member, "mem_c", share, sender="mem_c")
    assert warned.reject is not None and (warned.reject.code, warned.status) == ("share_flagged", 409)
    sent = runtime.send(member, "mem_c", share.but(is_acknowledged=True), sender="mem_c")
    assert (sent.status, sent.answer["shared"]) == (201, {"post_id": "pst_1", "topic_id": TOPIC})
    assert row(runtime, "pst_9", OTHER).status == "published"
    [shared] = runtime.events(PostShared)
    assert (shared.topic, shared.sharer, shared.into, shared.is_flagged) == (TOPIC, "mem_c", OTHER, True)


def test_those_named_are_found_by_a_job(runtime: Runtime) -> None:
    deployed(runtime, *ALL)
    write(runtime, "pst_1", "@amina and @nobody, see.")
    assert runtime.row(topic, TOPIC, Mention, "pst_1:mem_amina") is not None


def test_a_discussion_trends_at_the_mark_once_cools_closes_and_is_archived(runtime: Runtime) -> None:
    deployed(runtime, *ALL)
    for number, author in enumerate(AUTHORS):
        write(runtime, f"pst_{number}", SOURCE, author)
        write(runtime, f"rep_{number}", "Yes.", AUTHORS[number - 1], reply_to=f"pst_{number}")
    assert runtime.events(TopicTrending) == []
    runtime.advance(minutes=15)
    assert (runtime.state(topic, TOPIC).phase, len(runtime.events(TopicTrending))) == ("trending", 1)
    runtime.advance(hours=6)
    assert runtime.state(topic, TOPIC).phase == "active"
    runtime.advance(days=15)
    assert (runtime.state(topic, TOPIC).phase, len(runtime.events(TopicCooled))) == ("cooling_down", 1)
    runtime.advance(days=30)
    assert [event.topic for event in runtime.events(TopicClosed)] == [TOPIC]
    runtime.advance(days=365)
    assert [event.topic for event in runtime.events(TopicArchived)] == [TOPIC]
    assert (runtime.state(topic, OTHER).phase, len(runtime.events(TopicTrending))) == ("new", 1)
    assert runtime.dead_letters() == []


@pytest.mark.parametrize("seed", range(8))
def test_what_is_counted_is_right_whatever_crashes(seed: int) -> None:
    runtime = Runtime(seed=seed, crash_ratio=0.05)
    try:
        deployed(runtime, *ALL)
        for number, author in enumerate(AUTHORS[:10]):
            write(runtime, f"pst_{number}", SOURCE, author)
        for number, author in enumerate(AUTHORS[:10]):
            write(runtime, f"rep_{number}", "Yes.", author, reply_to=f"pst_{(number + 1) % 10}")
            runtime.send(member, author, SubmitEdit(TOPIC, f"pst_{number}", f"Edit {number}."), sender=author)
            runtime.send(topic, TOPIC, React(f"pst_{number}", "agree"), sender=AUTHORS[10 + number % 5])
            runtime.send(topic, TOPIC, SupportTopic(), sender=author)
        runtime.settle()
        assert runtime.crashes > 0
        state = runtime.state(topic, TOPIC)
        tally = state.tally
        assert (tally.posts, tally.authors, tally.roots, tally.answered, tally.sourced) == (20, 10, 10, 10, 0)
        assert (state.supporters, state.pulse.members) == (10, 15)
        assert [event.needed for event in runtime.events(SupportReached)] == [5]
        assert [row(runtime, f"pst_{number}").body for number in range(10)] == [f"Edit {n}." for n in range(10)]
        assert runtime.dead_letters() == []
    finally:
        runtime.close()
