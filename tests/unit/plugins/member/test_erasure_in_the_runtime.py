"""Somebody is erased while workers die: every row and state that named them, in every kind, and the log."""

import attrs
import pytest

from diramoja.plugins.conversation.agent import conversation
from diramoja.plugins.conversation.contracts import OpenGroup, OpenPair, SendMessage
from diramoja.plugins.conversation.hooks import register_plugin as conversations
from diramoja.plugins.conversation.state import pair_id
from diramoja.plugins.member import forgetting
from diramoja.plugins.member.agent import member
from diramoja.plugins.member.contracts import BlockMember, FollowMember, Join, SubmitPost, SubmitTopic
from diramoja.plugins.member.hooks import register_plugin as members
from diramoja.plugins.member.leaving import LeaveCommunity
from diramoja.plugins.topic.agent import topic
from diramoja.plugins.topic.contracts import FollowTopic, React
from diramoja.plugins.topic.hooks import register_plugin as topics
from diramoja.plugins.topic.state import Post, Reaction
from diramoja.ports.forgetting import Forgetting
from diramoja.testing.runtime import Runtime

WHO, OTHER = "mem_gone1", "mem_other"
PLACES, POSTS = 10, 35
"""How much is told of at once here; more than that."""


@pytest.fixture
def lived(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """Somebody who did whatever members do."""
    monkeypatch.setattr(forgetting, "PLACES", PLACES)
    plugins = [attrs.evolve(each(), views=()) for each in (members, topics, conversations)]
    runtime.deploy(*plugins, ports={Forgetting: runtime.records})
    for who in (WHO, OTHER):
        runtime.send(member, who, Join(f"name_of_{who}"), sender=who)
    for writer, id in ((WHO, "top_1"), (OTHER, "top_2")):
        runtime.send(member, writer, SubmitTopic(id, "Opening hours", "When?", "healthcare"), sender=writer)
    for number in range(POSTS):
        post = SubmitPost("top_2", f"pst_{number}", f"Word {number}")
        runtime.send(member, WHO, post, sender=WHO, settle=False)
    runtime.send(member, OTHER, SubmitPost("top_1", "pst_o", "My word"), sender=OTHER)
    runtime.send(topic, "top_1", React("pst_o", "like"), sender=WHO)
    runtime.send(topic, "top_2", React("pst_1", "agree"), sender=OTHER)
    runtime.send(topic, "top_2", FollowTopic(), sender=WHO)
    runtime.send(member, OTHER, FollowMember(WHO), sender=OTHER)
    runtime.send(conversation, pair_id(WHO, OTHER), OpenPair(OTHER), sender=WHO)
    runtime.send(conversation, pair_id(WHO, OTHER), SendMessage("msg_1", "sealed words", "plain"), sender=WHO)
    runtime.send(conversation, "con_group", OpenGroup("Clinics", (OTHER,)), sender=WHO)
    runtime.send(member, WHO, BlockMember("mem_third"), sender=WHO)
    return runtime


def naming(runtime: Runtime, word: str) -> list[str]:
    stored = [(str(key), row.body) for key, row in runtime.records.own.items()]
    stored += [(str(key), row.body) for key, row in runtime.records.snapshot.items()]
    rows = [key for key, body in stored if word.encode() in (body or b"") or word in key]
    tables = [
        f"{name}{key}"
        for name, table in runtime.records.tables.items()
        for key, row in table.items()
        if word.encode() in row
    ]
    events = [row.name for row in runtime.records.event_log if word in repr(row)]
    return rows + tables + events


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("posts", ["keep", "delete"])
def test_whoever_is_erased_is_named_nowhere_however_often_workers_die(lived: Runtime, posts: str, seed: int) -> None:
    runtime = lived
    assert len(naming(runtime, WHO)) > POSTS
    runtime.send(member, WHO, LeaveCommunity(posts), sender=WHO)  # type: ignore[arg-type]  # one of the two
    runtime.reseed(seed, 0.05)
    runtime.advance(days=16)
    assert runtime.crashes > 0
    assert naming(runtime, WHO) == [f"AgentKey(kind='member', agent='{WHO}')"]
    assert naming(runtime, f"name_of_{WHO}") == naming(runtime, "sealed words") == []
    assert runtime.dead_letters() == []
    assert runtime.state(member, WHO).looked == 2
    shown = runtime.state(topic, "top_2").post_count
    texts = [runtime.row(topic, "top_2", Post, f"pst_{number}") for number in range(POSTS)]
    assert (shown, sum(bool(each and each.body) for each in texts)) == ((POSTS,) * 2 if posts == "keep" else (0, 0))
    assert {each.author for each in texts if each} == {"mem_former"}
    kept = runtime.row(topic, "top_1", Post, "pst_o")
    assert kept and kept.reactions["like"] == 1
    assert [key for key in runtime.records.own if key.collection == Reaction.wire_name and WHO in key.key] == []
    assert runtime.state(member, OTHER).following == 0
