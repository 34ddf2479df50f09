"""Rows of the read model come and go with what they are made from."""

from collections.abc import Iterator

import pytest

from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.audiences import NoteMentioned
from diramoja.plugins.topic.contracts import DeletePost, EditPost, OpenTopic, React, TakePost
from diramoja.plugins.topic.hooks import register_plugin
from diramoja.plugins.topic.projections import MentionRecord, RevisionRecord
from diramoja.testing.runtime import Runtime


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    made = Runtime()
    made.deploy(register_plugin())
    made.send(topic, "top_1", OpenTopic("Clinics", "", "healthcare"), sender="mem_a")
    made.send(topic, "top_1", TakePost("pst_1", "mem_b", "Here."), sender="mem_b")
    made.send(topic, "top_1", React("pst_1", "agree"), sender="mem_c")
    yield made
    made.close()


def test_the_texts_of_a_post_go_with_it(runtime: Runtime) -> None:
    runtime.send(topic, "top_1", EditPost("pst_1", "mem_b", "There."), sender="mem_b")
    assert [(row.id, row.body) for row in runtime.table("post_revision", RevisionRecord)] == [("pst_1:1", "Here.")]
    runtime.send(topic, "top_1", DeletePost("pst_1"), sender="mem_b")
    assert runtime.table("post_revision", RevisionRecord) == []
    assert runtime.dead_letters() == []


def test_a_mention_has_the_key_of_its_row(runtime: Runtime) -> None:
    runtime.send(topic, "top_1", NoteMentioned("pst_1", ("mem_c",)))
    assert [row.id for row in runtime.table("post_mention", MentionRecord)] == ["pst_1:mem_c"]
