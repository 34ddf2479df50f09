"""A chain of messages as a tree."""

from datetime import UTC, datetime

from diramoja.core.ids import partition_of
from diramoja_community.chain import chain_of

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_told_command_hangs_on_the_step_of_the_agent_that_told_it() -> None:
    member, topic = partition_of("member", "mem_1"), partition_of("topic", "top_1")
    root = chain_of(
        "req",
        [
            (AT, "request", "", "", "req 201", ""),
            (AT, "event", "member", "mem_1", "member.posted", "req"),
            (AT, "event", "topic", "top_1", "topic.post.received", f"t{member}-7"),
            (AT, "event", "screening", "top_1", "moderation.post.cleared", f"t{topic}-3"),
        ],
    )
    assert [link.name for link in root.links] == ["req 201", "member.posted"]
    (received,) = root.steps
    (cleared,) = received.steps
    assert [received.links[0].name, cleared.links[0].name] == ["topic.post.received", "moderation.post.cleared"]


def test_command_whose_cause_recorded_nothing_hangs_on_the_root() -> None:
    root = chain_of("req", [(AT, "event", "topic", "top_1", "topic.closed", "t99-1")])
    assert [step.command for step in root.steps] == ["t99-1"]
